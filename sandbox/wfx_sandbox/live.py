"""The statements of a module that can run in the sandbox, one for each imported name."""

from __future__ import annotations

import ast
from collections.abc import Iterable


def live(body: Iterable[ast.stmt]) -> Iterable[ast.stmt]:
    """Statements with imports split by name, without blocks that never run here."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            if not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
                yield from each_import(node)
        elif isinstance(node, ast.If) and _never_true(node.test):
            yield from live(node.orelse)
        elif not isinstance(node, ast.Pass):
            yield node


def each_import(node: ast.Import | ast.ImportFrom) -> list[ast.Import | ast.ImportFrom]:
    """An import statement as one statement for each name."""
    found: list[ast.Import | ast.ImportFrom] = []
    for alias in node.names:
        new: ast.Import | ast.ImportFrom
        if isinstance(node, ast.Import):
            new = ast.Import([alias])
        else:
            new = ast.ImportFrom(node.module, [alias], node.level)
        found.append(ast.copy_location(new, node))
    return found


def _never_true(test: ast.expr) -> bool:
    if isinstance(test, ast.Name):
        return test.id == "TYPE_CHECKING"
    if isinstance(test, ast.Attribute):
        return test.attr == "TYPE_CHECKING"
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and len(test.comparators) == 1
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value == "__main__"
    )
