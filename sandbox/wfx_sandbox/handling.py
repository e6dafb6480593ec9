"""
What a piece of code does with an object that it names: reads it, changes it, or hands it on.

Judged by the form alone. Whoever is handed an object, or a part of it, may change that.
"""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Final, Literal

from wfx_sandbox.trees import walk

Handling = Literal["reads", "hands on a part", "hands on", "changes"]

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef

_CHANGERS: Final = frozenset(
    name
    for each in (list, dict, set, deque, defaultdict, bytearray)
    for name in dir(each)
    if not name.startswith("_")
    and not hasattr(tuple, name)
    and not hasattr(frozenset, name)
    and not hasattr(bytes, name)
    and name not in ("get", "items", "keys", "values", "fromkeys", "maxlen", "default_factory")
) | {"register", "subscribe", "connect", "on"}
"""Methods that change what they are called of."""

_READERS: Final = frozenset(
    name
    for each in (tuple, dict, frozenset, str, bytes, int)
    for name in dir(each)
    if name not in _CHANGERS
)
_LOOKING: Final = frozenset(
    name for name in dir(builtins) if name.islower() and name not in ("setattr", "delattr", "next")
) - {"map", "filter", "iter", "reversed", "zip", "enumerate", "super", "getattr", "vars"}
"""Builtins that give nothing out of which the object could be changed."""


class Handlings:
    """Answers for the places in one statement."""

    def __init__(self, statement: ast.stmt) -> None:
        self._statement = statement
        self._parents: Mapping[int, ast.AST] = {
            id(child): node for node in walk(statement) for child in ast.iter_child_nodes(node)
        }

    def depth(self, node: ast.expr) -> int:
        """How many functions are around a node: those that must be called to get there."""
        found = 0
        inner: ast.AST = node
        while (outer := self._parents.get(id(inner))) is not None:
            if isinstance(outer, ast.Lambda):
                found += 1
            elif isinstance(outer, _FUNCTIONS):
                found += inner in outer.body  # its decorators run without it
            inner = outer
        return found

    def of(self, node: ast.expr) -> Handling:
        """What becomes of the object named by `node`: a name, with attributes after it or not."""
        part = False
        while True:
            parent = self._parents.get(id(node))
            if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
                return "reads" if isinstance(node, ast.Name) else "changes"
            if isinstance(node, ast.Attribute) and _is_called(node, parent):
                if node.attr in _CHANGERS:
                    return "changes"
                return "reads" if node.attr in _READERS else "hands on"
            if isinstance(parent, ast.Attribute) or (
                isinstance(parent, ast.Subscript) and parent.value is node
            ):
                part = True
                node = parent
                continue
            given = self._given(node, parent)
            return "hands on a part" if part and given == "hands on" else given

    def _given(self, node: ast.expr, parent: ast.AST | None) -> Handling:
        if isinstance(parent, ast.keyword):
            if parent.arg is None:
                return "reads"  # `f(**options)`
            parent = self._parents.get(id(parent))
        if isinstance(parent, ast.Call) and parent.func is not node:
            name = parent.func.id if isinstance(parent.func, ast.Name) else ""
            if name in ("setattr", "delattr") and parent.args[:1] == [node]:
                return "changes"
            return "reads" if name in _LOOKING else "hands on"
        handed = ast.Return | ast.Yield | ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.arguments
        holding = ast.List | ast.Tuple | ast.Dict | ast.Set | ast.IfExp | ast.BoolOp | ast.Starred
        if isinstance(parent, holding):
            return self._given(parent, self._parents.get(id(parent)))
        return "hands on" if isinstance(parent, handed) else "reads"


def _is_called(node: ast.expr, parent: ast.AST | None) -> bool:
    return isinstance(parent, ast.Call) and parent.func is node
