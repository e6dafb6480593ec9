"""Questions about the form of a piece of code, answered without looking beyond it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

from wfx_sandbox import names
from wfx_sandbox.trees import walk


def receiver_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, bool] | None:
    """
    A method's `self`, if it is worth and safe to check it only once.

    Returns:
        Its name, and whether attributes of it are assigned.
    """
    positional = [*node.args.posonlyargs, *node.args.args]
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)
    if not positional or static or len(node.args.defaults) == len(positional):
        return None
    receiver = positional[0].arg
    loads = stores = False
    for statement in node.body:
        for each in walk(statement):
            if receiver in _binds(each):
                return None
            if (
                isinstance(each, ast.Attribute)
                and isinstance(each.value, ast.Name)
                and each.value.id == receiver
            ):
                stores = stores or not isinstance(each.ctx, ast.Load)
                loads = loads or names.is_private(each.attr)
    return (receiver, stores) if loads or stores else None


def _binds(node: ast.AST) -> Sequence[str | None]:
    """Names that this one node binds, in any scope and form."""
    if isinstance(node, ast.Name):
        return () if isinstance(node.ctx, ast.Load) else (node.id,)
    if isinstance(node, ast.Global | ast.Nonlocal):
        return node.names
    if isinstance(node, ast.alias):
        return ((node.asname or node.name).split(".")[0],)
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, ast.MatchMapping):
        return (node.rest,)
    name = getattr(node, "name", None)  # handlers, definitions, patterns, type parameters
    return (name,) if isinstance(name, str) else ()


def is_docstring(node: ast.stmt) -> bool:
    """Whether a statement is only a text."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def is_range(node: ast.expr) -> bool:
    """A call of `range`."""
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"
    )


def is_abc_meta(node: ast.expr) -> bool:
    """`ABCMeta`, however it is imported."""
    spelled = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return spelled == "ABCMeta"


def is_exception(node: ast.expr) -> bool:
    """Whether a class is an exception, by its name."""
    spelled = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return spelled.endswith(("Error", "Exception", "ExceptionGroup", "Warning"))


def is_dict_view(node: ast.expr) -> bool:
    """A call of `keys` or `items` without arguments."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("keys", "items")
        and not node.args
        and not node.keywords
    )


CONSUMERS: Final = frozenset(
    {"list", "tuple", "sorted", "set", "frozenset", "len", "dict", "enumerate", "sum", "any",
     "all", "max", "min", "zip", "iter", "next"}
)  # fmt: skip
"""Builtins that only iterate over what they are given, or count it."""


def is_str(node: ast.expr) -> bool:
    """The builtin `str`, by its name."""
    return isinstance(node, ast.Name) and node.id == "str"


_SINGLETONS: Final = frozenset({"Ellipsis", "NotImplemented", "self", "cls"})


def is_singleton(node: ast.expr) -> bool:
    """Whether `is` with this needs no guard, because it is no number and no text."""
    if isinstance(node, ast.Constant):
        return node.value is None or isinstance(node.value, bool) or node.value is ...
    return isinstance(node, ast.Name) and node.id in _SINGLETONS


def asks_identity(node: ast.Compare) -> bool:
    """Whether a chain of comparisons asks whether two values are one object."""
    operands = [node.left, *node.comparators]
    return any(
        isinstance(op, ast.Is | ast.IsNot) and not is_singleton(left) and not is_singleton(right)
        for left, op, right in zip(operands, node.ops, operands[1:], strict=False)
    )


def may_be_locale(spec: ast.expr) -> bool:
    """Whether a format specification may be `n`, which follows the locale."""
    last = spec.values[-1] if isinstance(spec, ast.JoinedStr) and spec.values else None
    return not isinstance(last, ast.Constant) or str(last.value).endswith("n")


def may_be_text(left: ast.expr, right: ast.expr) -> bool:
    """Whether `left % right` may format text that shows objects."""
    if isinstance(right, ast.Constant) or isinstance(left, ast.Constant):
        return isinstance(left, ast.Constant) and isinstance(left.value, str | bytes)
    return True
