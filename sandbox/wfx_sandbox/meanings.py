"""What a global name of a module means, through the imports of a project's modules."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from wfx_sandbox.analysis import Analysis, Project, Statement
from wfx_sandbox.scopes import Use

GlobalName = tuple[str, str]
"""A module, and a global name of it."""


class Meanings:
    """
    The modules that workflow code needs, and those that are imported with them.

    Args:
        needed: The analyses of modules that workflow code needs.
        look: The analysis of a local module that workflow code does not need so far, or None
            if it has none.
    """

    def __init__(
        self,
        project: Project,
        needed: Mapping[str, Analysis],
        look: Callable[[str], Analysis | None],
    ) -> None:
        self._project = project
        self.analyses: dict[str, Analysis] = dict(needed)
        self.routes: dict[str, list[tuple[str, int]]] = {name: [] for name in needed}
        """By module, the imports that lead to it from one that is needed: module and place."""
        self._bindings: dict[str, dict[str, list[Statement]]] = {}
        waiting = list(needed)
        for name in waiting:
            for place, target in self._imports(name):
                if target not in self.routes and (analysis := look(target)) is not None:
                    self.analyses[target] = analysis
                    self.routes[target] = [*self.routes[name], (name, place)]
                    waiting.append(target)

    def _imports(self, module: str) -> Iterator[tuple[int, str]]:
        for place, statement in enumerate(self.analyses[module].statements):
            if statement.kind == "import":
                parts = statement.module.split(".")
                targets = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
                if statement.imported is not None:
                    targets.append(f"{statement.module}.{statement.imported}")
                for each in targets:
                    if self._project.kind_of(each) == "local":
                        yield place, each

    def bound(self, name: GlobalName) -> list[Statement]:
        """The statements of module level that bind a name."""
        module, variable = name
        if module not in self._bindings:
            bindings = self._bindings[module] = {}
            for statement in self.analyses[module].statements:
                for each in statement.binds:
                    bindings.setdefault(each, []).append(statement)
        return self._bindings[module].get(variable, [])

    def of(self, module: str, use: Use) -> tuple[GlobalName, list[str]] | None:
        """The global that a use ends at, through imports of local modules, and what is left."""
        name, attributes = (module, use.name), list(use.attributes)
        for _ in range(len(self.analyses) + 1):
            bound = self.bound(name)
            if not bound:
                return None
            last = bound[-1]
            if last.kind != "import":
                return name, attributes
            target, parts = last.module, [last.imported] if last.imported else []
            if isinstance(last.node, ast.Import) and last.node.names[0].asname is None:
                target = last.module.partition(".")[0]
            attributes = [*parts, *attributes]
            while attributes and f"{target}.{attributes[0]}" in self.analyses:
                target = f"{target}.{attributes.pop(0)}"
            if target not in self.analyses or not attributes:
                return None
            name = (target, attributes.pop(0))
        return None


def is_mutable(statement: Statement) -> bool:
    """Whether what a statement binds may be an object that changes."""
    if statement.kind == "bind":
        value = getattr(statement.node, "value", None)
        return value is not None and not is_constant(value)
    return statement.kind == "function" and is_decorated(statement)


def is_decorated(statement: Statement) -> bool:
    """Whether a statement is a definition with decorators."""
    return bool(getattr(statement.node, "decorator_list", ()))


def is_constant(node: ast.expr) -> bool:
    """Whether an expression has the form of a value that never changes."""
    if isinstance(node, ast.Tuple):
        return all(map(is_constant, node.elts))
    if isinstance(node, ast.UnaryOp):
        return is_constant(node.operand)
    if isinstance(node, ast.BinOp):
        return is_constant(node.left) and is_constant(node.right)
    return isinstance(node, ast.Constant | ast.Name | ast.Attribute | ast.Lambda | ast.JoinedStr)
