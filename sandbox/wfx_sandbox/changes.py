"""
Which statements of module level change what workflow code uses, though it never names them.

A decorator that puts functions into a table, a loop that fills one, the import of a module whose
functions register themselves: left out, the table would be empty in the sandbox and full in
plain Python. What such a statement does at once must be clean, whatever modules it leads to;
otherwise it belongs to the steps.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wfx_sandbox.scopes import Use

if TYPE_CHECKING:
    from wfx_sandbox.analyse import Analysis, Project, Statement

_Name = tuple[str, str]
"""A module, and a global name of it."""


class Changes:
    """
    Looks for such statements in the modules of a project.

    Args:
        look: The analysis of a local module that workflow code does not need so far, or None
            if it has none.
    """

    def __init__(self, project: Project, look: Callable[[str], Analysis | None]) -> None:
        self._project = project
        self._look = look
        self._analyses: dict[str, Analysis] = {}
        self._bindings: dict[str, dict[str, list[Statement]]] = {}

    def found(self, needed: Mapping[str, Analysis]) -> dict[str, set[int]]:
        """By module, the places of statements that should run as well, imports included."""
        self._analyses = dict(needed)
        self._bindings = {}
        routes = self._routes(needed)
        places: dict[str, set[int]] = {}
        for module, analysis in self._analyses.items():
            for index, statement in enumerate(analysis.statements):
                if not self._may_change(module, index, statement):
                    continue
                places.setdefault(module, set()).add(index)
                for importer, place in routes.get(module, ()):
                    if not self._analyses[importer].statements[place].needed:
                        places.setdefault(importer, set()).add(place)
        return places

    # -- modules ---------------------------------------------------------------------------

    def _routes(self, needed: Mapping[str, Analysis]) -> dict[str, list[tuple[str, int]]]:
        """By module, the imports that lead to it from one that is needed; adds analyses."""
        routes: dict[str, list[tuple[str, int]]] = {name: [] for name in needed}
        waiting = list(needed)
        for name in waiting:
            for place, target in self._imports(name):
                if target not in routes:
                    analysis = self._look(target)
                    if analysis is not None:
                        self._analyses[target] = analysis
                        routes[target] = [*routes[name], (name, place)]
                        waiting.append(target)
        return routes

    def _imports(self, module: str) -> Iterator[tuple[int, str]]:
        for place, statement in enumerate(self._analyses[module].statements):
            if statement.kind == "import":
                parts = statement.module.split(".")
                targets = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
                if statement.imported is not None:
                    targets.append(f"{statement.module}.{statement.imported}")
                for each in targets:
                    if self._project.kind_of(each) == "local":
                        yield place, each

    # -- statements ------------------------------------------------------------------------

    def _may_change(self, module: str, index: int, statement: Statement) -> bool:
        analysis = self._analyses[module]
        if statement.needed or index in analysis.unclean:
            return False
        if statement.kind not in ("effect", "compound", "bind") and not _is_decorated(statement):
            return False
        if statement.kind in ("class", "step", "workflow"):
            return False
        uses = [use for use in statement.uses if use.when != "called"]
        return any(
            self._reaches(module, statement, use) or self._sets_decimals(module, use)
            for use in uses
        )

    def _sets_decimals(self, module: str, use: Use) -> bool:
        """Whether a use is of the context by which all decimals of the run are rounded."""
        bound = self._bound((module, use.name))
        if not bound or bound[-1].kind != "import" or bound[-1].module != "decimal":
            return False
        imported = bound[-1].imported
        spelled = imported if imported is not None else next(iter(use.attributes), "")
        return spelled in ("getcontext", "setcontext")

    def _reaches(self, module: str, statement: Statement, use: Use) -> bool:
        start = self._meaning(module, use)
        if start is None:
            return False
        name, attributes = start
        plain_value = statement.kind == "bind" and bool(statement.binds) and not use.called
        found = (
            bool(attributes)
            and not plain_value
            and any(each.needed for each in self._bound(name) if each.kind != "import")
        )  # `table.register`, `Config.debug = True`
        if not found and plain_value:
            return False
        seen: set[_Name] = set()
        waiting = [name]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            known = self._analyses[name[0]]
            if name[1] in known.taints or name[1] in known.call_taints:
                return False
            for each in self._bound(name):
                found = found or (each.needed and _is_mutable(each))
                meanings = [self._meaning(name[0], inner) for inner in each.uses]
                waiting.extend(meaning[0] for meaning in meanings if meaning is not None)
        return found

    def _bound(self, name: _Name) -> list[Statement]:
        module, variable = name
        if module not in self._bindings:
            bindings = self._bindings[module] = {}
            for statement in self._analyses[module].statements:
                for each in statement.binds:
                    bindings.setdefault(each, []).append(statement)
        return self._bindings[module].get(variable, [])

    def _meaning(self, module: str, use: Use) -> tuple[_Name, list[str]] | None:
        """The global that a use ends at, through imports of local modules, and what is left."""
        name, attributes = (module, use.name), list(use.attributes)
        for _ in range(len(self._analyses) + 1):
            bound = self._bound(name)
            if not bound:
                return None
            last = bound[-1]
            if last.kind != "import":
                return name, attributes
            target, parts = last.module, [last.imported] if last.imported else []
            if isinstance(last.node, ast.Import) and last.node.names[0].asname is None:
                target = last.module.partition(".")[0]
            attributes = [*parts, *attributes]
            while attributes and f"{target}.{attributes[0]}" in self._analyses:
                target = f"{target}.{attributes.pop(0)}"
            if target not in self._analyses or not attributes:
                return None
            name = (target, attributes.pop(0))
        return None


def _is_decorated(statement: Statement) -> bool:
    node: Any = statement.node
    return bool(getattr(node, "decorator_list", ()))


def _is_mutable(statement: Statement) -> bool:
    """Whether what a statement binds may be an object that changes."""
    if statement.kind == "bind":
        value = getattr(statement.node, "value", None)
        return value is not None and not _is_constant(value)
    return statement.kind == "function" and _is_decorated(statement)


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return all(map(_is_constant, node.elts))
    if isinstance(node, ast.UnaryOp):
        return _is_constant(node.operand)
    if isinstance(node, ast.BinOp):
        return _is_constant(node.left) and _is_constant(node.right)
    return isinstance(node, ast.Constant | ast.Name | ast.Attribute | ast.Lambda | ast.JoinedStr)
