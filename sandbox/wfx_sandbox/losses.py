"""
What workflow code misses, because the statement that would change it cannot run in the sandbox.

`TABLE.update(json.load(open("table.json")))`, a decorator that makes a client and fills a table: in
plain Python the table is full when the workflow begins, here it would be empty, and nobody would
say so. Where the form tells that something is changed this is an error; where it is only handed
to somebody who may, a warning.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from wfx_sandbox.analysis import Statement, Taint
from wfx_sandbox.changes import left_out
from wfx_sandbox.errors import Finding
from wfx_sandbox.handling import Handlings
from wfx_sandbox.meanings import GlobalName, Meanings, is_constant, is_mutable
from wfx_sandbox.scopes import Use
from wfx_sandbox.trees import walk

_MAKING: Final = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__"})
"""Methods that run without being named."""


_CONTAINERS: Final = frozenset({"dict", "list", "set", "defaultdict", "deque", "OrderedDict"})


def losses(meanings: Meanings) -> Iterator[Finding]:
    """A finding for every change of what workflow code uses that will not happen."""
    for module, index, statement in left_out(meanings):
        analysis = meanings.analyses[module]
        execution = _Execution(meanings, module, statement)
        taint = analysis.unclean.get(index) or execution.taint
        if taint is None:
            continue
        for name, (node, surely) in execution.changed.items():
            yield analysis.source.finding(
                node,
                "WFX224",
                f"this {'changes' if surely else 'may change'} `{name}`, which workflow code uses, "
                f"but it does not run in the sandbox, because it uses `{taint.subject}`.",
                severity="error" if surely else "warning",
            )


class _Execution:
    """What executing a statement of module level does to what workflow code uses."""

    def __init__(self, meanings: Meanings, module: str, statement: Statement) -> None:
        self.taint: Taint | None = None
        """What workflow code cannot have on the way."""
        self.changed: dict[str, tuple[ast.expr, bool]] = {}
        """By name, the place in the statement that leads there, and whether it is sure."""
        self._meanings = meanings
        self._statement = statement
        self._seen: set[GlobalName] = set()
        self._handlings: dict[int, Handlings] = {}
        bases = getattr(statement.node, "bases", ())
        for use in statement.uses:
            if use.when != "called":
                self._handle(module, statement, use, use.node, depth=0)
                hook = any(use.node is base for base in bases)
                calls = 2 if self._is_decorator_made_by_a_call(use) else 1
                if use.called or hook or self._is_decorator(use):
                    self._follow(module, use, use.node, calls)

    def _is_decorator(self, use: Use) -> bool:
        return any(use.node is each for each in getattr(self._statement.node, "decorator_list", ()))

    def _is_decorator_made_by_a_call(self, use: Use) -> bool:
        decorators = getattr(self._statement.node, "decorator_list", ())
        return any(isinstance(each, ast.Call) and each.func is use.node for each in decorators)

    def _follow(self, module: str, use: Use, root: ast.expr, depth: int) -> None:
        """What runs because of a use, with that many functions inside each other."""
        meaning = self._meanings.of(module, use)
        if meaning is None or meaning[0] in self._seen:
            return
        name = meaning[0]
        self._seen.add(name)
        known = self._meanings.analyses[name[0]]
        self.taint = self.taint or known.taints.get(name[1]) or known.call_taints.get(name[1])
        for each in self._meanings.bound(name):
            for rebound in each.rebinds:
                if any(b.needed for b in self._meanings.bound((name[0], rebound))):
                    self.changed.setdefault(rebound, (root, True))
            for inner in each.uses:
                if each.kind == "class" and not _runs(each.node, inner.node, use.attributes):
                    continue
                self._handle(name[0], each, inner, root, depth)
                self._follow(name[0], inner, root, 1)

    def _handle(self, module: str, where: Statement, use: Use, root: ast.expr, depth: int) -> None:
        """Note what a place in a statement changes."""
        handlings = self._handlings.setdefault(id(where), Handlings(where.node))
        handling = handlings.of(use.node)
        meaning = self._meanings.of(module, use)
        if handling == "reads" or meaning is None:
            return
        name, attributes = meaning
        needed = [each for each in self._meanings.bound(name) if each.needed]
        surely = handling == "changes" and handlings.depth(use.node) <= depth
        if attributes and any(each.kind == "class" for each in needed):
            pass  # `Config.debug = True`, `Table.add(…)`
        elif not any(is_mutable(each) and not self._is_logger(name[0], each) for each in needed):
            return
        elif handling != "changes" and where.kind == "bind" and not any(map(_holds, needed)):
            return  # `client = Client(SETTINGS)`
        elif handling == "hands on a part" and all(map(_holds_constants, needed)):
            return  # `client = Client(URLS["orders"])`
        if surely or name[1] not in self.changed:
            self.changed[name[1]] = root, surely

    def _is_logger(self, module: str, statement: Statement) -> bool:
        """Handlers of loggers are the host's affair."""
        return any(
            bound.kind == "import" and bound.module.partition(".")[0] == "logging"
            for use in statement.uses
            for bound in self._meanings.bound((module, use.name))
        )


def _holds(statement: Statement) -> bool:
    """Whether what a statement binds is there to be filled."""
    value = getattr(statement.node, "value", None)
    if isinstance(value, ast.Call):
        return getattr(value.func, "attr", getattr(value.func, "id", "")) in _CONTAINERS
    displays = ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp
    return isinstance(value, displays)


def _holds_constants(statement: Statement) -> bool:
    """Whether what a statement binds holds nothing that could be filled."""
    value = getattr(statement.node, "value", None)
    if isinstance(value, ast.Dict):
        return all(map(is_constant, value.values))
    return isinstance(value, ast.List | ast.Tuple) and all(map(is_constant, value.elts))


def _runs(cls: ast.stmt, node: ast.expr, attributes: tuple[str, ...]) -> bool:
    """Whether a place in a class is run by making or extending it, or by a method's name."""
    for each in getattr(cls, "body", ()):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            inner is node for inner in walk(each)
        ):
            return each.name in _MAKING or each.name in attributes
    return False
