"""
`try: import x … except ImportError: …`, decided before anything runs.

A module that is refused to workflow code is, for it, a module that is not installed. So where
an author wrote what to do without it, workflow code does that, and nothing is tainted. The
host import decides for itself: steps have whatever is installed. Conditions on
`sys.version_info` are decided too, since only one side of them can run here.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from typing import Final

from wfx_sandbox.trees import copied, walk

_IMPORTS: Final = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})

Refused = Callable[[ast.Import | ast.ImportFrom], bool]


def resolved(body: list[ast.stmt], refused: Refused) -> list[ast.stmt]:
    """
    The statements with such decisions taken; the same list if there are none to take.

    Args:
        refused: Whether workflow code cannot have what this import names.
    """
    if not any(_is_decision(each) for statement in body for each in walk(statement)):
        return body
    chooser = _Chooser(refused)
    return chooser.statements([copied(each) for each in body])


def _is_decision(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return _version_test(node.test) is not None
    return (
        isinstance(node, ast.Try)
        and any(isinstance(each, ast.Import | ast.ImportFrom) for each in node.body)
        and _handler(node) is not None
    )


def _handler(node: ast.Try) -> ast.ExceptHandler | None:
    """The handler that a missing module ends in."""
    for handler in node.handlers:
        caught = handler.type
        if caught is None:
            return handler
        each = caught.elts if isinstance(caught, ast.Tuple) else [caught]
        if any(isinstance(one, ast.Name) and one.id in _IMPORTS for one in each):
            return handler
    return None


class _Chooser(ast.NodeTransformer):
    def __init__(self, refused: Refused) -> None:
        self._refused = refused

    def statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        chosen: list[ast.stmt] = []
        for each in body:
            made = self.visit(each)
            chosen.extend(made if isinstance(made, list) else [made])
        return chosen

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        verdict = _version_test(node.test)
        if verdict is None:
            return self.generic_visit(node)
        return self._or_pass(node.body if verdict else node.orelse, node)

    def visit_Try(self, node: ast.Try) -> ast.AST | list[ast.stmt]:
        handler = _handler(node)
        if handler is None:
            return self.generic_visit(node)
        before: list[ast.stmt] = []
        for statement in node.body:
            if isinstance(statement, ast.Import | ast.ImportFrom) and self._refused(statement):
                return self._or_pass([*before, *_without_error(handler), *node.finalbody], node)
            before.append(statement)
        return self.generic_visit(node)

    def _or_pass(self, body: Sequence[ast.stmt], like: ast.stmt) -> list[ast.stmt]:
        return self.statements(list(body)) or [ast.copy_location(ast.Pass(), like)]


def _without_error(handler: ast.ExceptHandler) -> list[ast.stmt]:
    """The handler's statements; the error it may name is one without anything to tell."""
    if handler.name is None:
        return handler.body
    used = any(
        isinstance(each, ast.Name) and each.id == handler.name
        for statement in handler.body
        for each in walk(statement)
    )
    if not used:
        return handler.body
    error = ast.parse("ImportError('not available to workflow code')", mode="eval").body
    assign = ast.Assign([ast.Name(handler.name, ast.Store())], error)
    for each in walk(assign):
        ast.copy_location(each, handler)
    return [assign, *handler.body]


_COMPARE: Final[dict[type[ast.cmpop], Callable[[object, object], bool]]] = {
    ast.GtE: lambda a, b: a >= b,  # type: ignore[operator]  # tuples
    ast.Gt: lambda a, b: a > b,  # type: ignore[operator]  # tuples
    ast.LtE: lambda a, b: a <= b,  # type: ignore[operator]  # tuples
    ast.Lt: lambda a, b: a < b,  # type: ignore[operator]  # tuples
}


def _version_test(test: ast.expr) -> bool | None:
    """What `sys.version_info >= (3, 12)` is here; None for any other test."""
    if not (
        isinstance(test, ast.Compare)
        and len(test.ops) == 1
        and isinstance(test.left, ast.Attribute)
        and test.left.attr == "version_info"
        and isinstance(test.left.value, ast.Name)
        and test.left.value.id == "sys"
        and isinstance(test.comparators[0], ast.Tuple)
    ):
        return None
    compare = _COMPARE.get(type(test.ops[0]))
    parts = [
        each.value if isinstance(each, ast.Constant) else None for each in test.comparators[0].elts
    ]
    if compare is None or not all(type(each) is int for each in parts):
        return None
    return compare(tuple(sys.version_info[: max(3, len(parts))]), tuple(parts))
