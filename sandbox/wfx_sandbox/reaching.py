"""Which local modules a program is made of: those that workflow code needs, and all for steps."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from wfx.errors import LoadError
from wfx_sandbox.analyse import analyse
from wfx_sandbox.analysis import Analysis, Demand
from wfx_sandbox.changes import changes
from wfx_sandbox.losses import losses
from wfx_sandbox.meanings import Meanings
from wfx_sandbox.project import Project, parents_of
from wfx_sandbox.source import Source
from wfx_sandbox.trees import room_for_deep_trees

_MODULES_MAX: Final = 2000
"""More local modules than this in one program are a mistake of ours or theirs."""


def analyses_of(
    project: Project,
    main: str,
    host_steps: dict[str, frozenset[str]],
) -> dict[str, Analysis]:
    """
    The main module analysed and, by what it needs, the local modules it imports.

    Raises:
        LoadError: One of them cannot be analysed.
    """
    demands: dict[str, Demand] = {main: Demand()}
    done: dict[str, Analysis] = {}
    beside: dict[str, Analysis | None] = {}

    def look(module: str) -> Analysis | None:
        """A module that is imported, and of which nothing is needed so far."""
        if module not in beside and len(beside) < _MODULES_MAX:
            try:
                beside[module] = _analysis(project, main, module, Demand(), host_steps)
            except (LoadError, KeyError):
                beside[module] = None  # importing it on the host says why
        return beside.get(module)

    queue = [main]
    while queue:
        while queue:
            name = queue.pop()
            if len(done) > _MODULES_MAX:
                raise LoadError(f"{main} imports more than {_MODULES_MAX} local modules")
            done[name] = _analysis(project, main, name, demands[name], host_steps)
            queue.extend(_demanded(project, name, done[name], demands))
        meanings = Meanings(project, done, look)
        for name, places in changes(meanings).items():
            demand = demands.setdefault(name, Demand())
            if not places <= demand.changes:
                demand.changes |= places
                queue.append(name)
    done[main].findings.extend(losses(meanings))
    return done


def _analysis(
    project: Project,
    main: str,
    name: str,
    demand: Demand,
    host_steps: dict[str, frozenset[str]],
) -> Analysis:
    try:
        with room_for_deep_trees():
            return analyse(
                project.source(name),
                project,
                demand=demand,
                host_steps=host_steps.get(name, frozenset()),
                settings=project.settings,
            )
    except SyntaxError as error:
        raise LoadError(_syntax(project, name, error)) from None
    except RecursionError:
        raise too_deep(_place(project, name)) from None
    except (UnicodeDecodeError, ValueError) as error:
        raise LoadError(f"{_place(project, name)} is no Python source: {error}") from None


def _demanded(
    project: Project, name: str, analysis: Analysis, demands: dict[str, Demand]
) -> Iterator[str]:
    """Modules of which more is needed now than was known before."""
    wanted = dict(analysis.demands)
    for module in [*wanted, name]:
        for parent in parents_of(module):
            if project.kind_of(parent) == "local":
                wanted.setdefault(parent, Demand())
    for module, demand in wanted.items():
        before = demands.get(module)
        if before is None:
            demands[module] = Demand(set(demand.names), demand.everything)
            yield module
        elif not demand.names <= before.names or (demand.everything and not before.everything):
            before.names |= demand.names
            before.everything = before.everything or demand.everything
            yield module


def import_closure(project: Project, main: str, analyses: dict[str, Analysis]) -> set[str]:
    """Every local module that importing `main` may import, for steps too."""
    found: set[str] = set()
    queue = [main, *analyses]
    while queue and len(found) < _MODULES_MAX:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        try:
            source = project.source(name)
            tree = source.tree
        except (KeyError, SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            for module in _imported(node, source):
                if module not in found and project.kind_of(module) == "local":
                    queue.extend([module, *parents_of(module)])
    return found


def _imported(node: ast.AST, source: Source) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = source.absolute(node)
    return [base, *(f"{base}.{alias.name}" for alias in node.names)] if base else []


def _place(project: Project, name: str) -> str:
    path = project.path_of(name)
    return name if path is None else project.place_of(path)


def too_deep(place: str) -> LoadError:
    """The error of a source whose syntax tree cannot be walked."""
    return LoadError(
        f"{place} holds an expression that is nested too deeply to be judged, such as a chain of "
        "thousands of operators, attributes or calls: split it into several statements"
    )


def _syntax(project: Project, name: str, error: SyntaxError) -> str:
    place = _place(project, name)
    if error.lineno is None:
        return f"{place} is no Python source: {error.msg}"
    shown = ""
    if error.text:
        text = error.text.rstrip()
        stripped = text.lstrip()
        column = max(0, (error.offset or 1) - 1 - (len(text) - len(stripped)))
        shown = f"\n    {stripped}\n    {' ' * column}^"
    return f"{place}:{error.lineno}: SyntaxError: {error.msg}{shown}"
