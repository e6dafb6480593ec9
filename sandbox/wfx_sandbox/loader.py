"""
From TARGET to a program: find the file, judge it, import it on the host, compile it.

TARGET is `package.module:workflow` or `path/file.py:workflow`; the workflow may be left out
when the module has exactly one. The name of a workflow is the same either way.
"""

from __future__ import annotations

import difflib
import hashlib
import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from wfx.authoring import Step, Workflow
from wfx.errors import LoadError
from wfx.program import StepSpec, WorkflowSpec
from wfx_sandbox import host
from wfx_sandbox.analyse import Analysis, Demand, analyse
from wfx_sandbox.changes import Changes
from wfx_sandbox.compile import CompiledModule, compile_module
from wfx_sandbox.errors import (
    Finding,
    ModuleMissing,
    ProgramRefused,
    TargetError,
    WorkflowMissing,
)
from wfx_sandbox.policy import POLICY_VERSION
from wfx_sandbox.program import Parts, SandboxProgram
from wfx_sandbox.project import Project
from wfx_sandbox.settings import Settings, read_settings
from wfx_sandbox.sharing import shareable
from wfx_sandbox.source import Source
from wfx_sandbox.trees import room_for_deep_trees

_MODULES_MAX: Final = 2000
"""More local modules than this in one program are a mistake of ours or theirs."""


@dataclass(frozen=True, slots=True)
class LoadedTarget:
    """A program and the workflow of it that TARGET named."""

    program: SandboxProgram
    workflow_name: str


def load_target(target: str, *, app_dir: Path, settings: Settings | None = None) -> LoadedTarget:
    """
    Load what TARGET names.

    Args:
        settings: Instead of those of the project's `pyproject.toml`.

    Raises:
        LoadError: A subclass that says what is wrong and what to do.
    """
    where, workflow = _split(target)
    project, module = _located(where, app_dir, settings)
    program, imported = _load(project, module)
    return LoadedTarget(program, _chosen(program, imported, module, workflow))


def load_program(
    module_or_path: str | Path, *, app_dir: Path, settings: Settings | None = None
) -> SandboxProgram:
    """
    Load a module with all its workflows.

    Args:
        settings: Instead of those of the project's `pyproject.toml`.

    Raises:
        LoadError: A subclass that says what is wrong and what to do.
    """
    project, module = _located(str(module_or_path), app_dir, settings)
    return _load(project, module)[0]


def check(
    module_or_path: str | Path,
    *,
    app_dir: Path | None = None,
    settings: Settings | None = None,
) -> list[Finding]:
    """
    Everything the sandbox refuses in a module, without importing it.

    Args:
        app_dir: Where module names begin; the working directory if None.
        settings: Instead of those of the project's `pyproject.toml`.

    Raises:
        LoadError: If there is no such module, or it does not parse.
    """
    project, module = _located(str(module_or_path), app_dir or Path.cwd(), settings)
    analyses = _analyse(project, module, {})
    return _findings(analyses, project)[0]


# -- finding ------------------------------------------------------------------------------


def _split(target: str) -> tuple[str, str | None]:
    where, colon, workflow = target.rpartition(":")
    if not colon or workflow.endswith(".py") or "/" in workflow or "\\" in workflow:
        where, workflow = target, ""
    if not where.strip():
        raise TargetError(
            f"{target!r} names no module: write package.module:workflow or path/file.py:workflow"
        )
    return where.strip(), workflow.strip() or None


def _located(where: str, app_dir: Path, settings: Settings | None) -> tuple[Project, str]:
    app_dir = app_dir.resolve()
    settings = read_settings(app_dir) if settings is None else settings
    if where.endswith(".py") or "/" in where or "\\" in where:
        return _located_file(where, app_dir, settings)
    project = Project(app_dir, settings=settings)
    if not all(part.isidentifier() for part in where.split(".")):
        raise TargetError(
            f"{where!r} is no module name: write package.module:workflow or path/file.py:workflow"
        )
    if project.kind_of(where) != "local" or project.path_of(where) is None:
        raise ModuleMissing(_no_module(where, project))
    return project, where


def _no_module(name: str, project: Project) -> str:
    near = difflib.get_close_matches(name, _module_names(project), 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    if not near and project.kind_of(name) in ("facade", "wfx"):
        hint = " It is a module of Python or of wfx, not one of yours."
    return (
        f"there is no module {name!r} in {project.app_dir}.{hint}\n"
        "A target is a module below the app directory, or the path of a .py file."
    )


def _module_names(project: Project) -> list[str]:
    names: list[str] = []
    for path in project.app_dir.glob("**/*.py"):
        parts = path.relative_to(project.app_dir).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        if parts and all(part.isidentifier() for part in parts):
            names.append(".".join(parts))
        if len(names) >= _MODULES_MAX:
            break
    return names


def _located_file(where: str, app_dir: Path, settings: Settings) -> tuple[Project, str]:
    path = Path(where)
    path = (path if path.is_absolute() else app_dir / path).resolve()
    if path.is_dir():
        raise ModuleMissing(f"{where} is a directory: name a .py file in it")
    if not path.is_file():
        near = difflib.get_close_matches(
            path.name, [each.name for each in path.parent.glob("*.py")], 1
        )
        hint = f" Did you mean {Path(where).with_name(near[0])}?" if near else ""
        raise ModuleMissing(f"there is no file {where} (looked for {path}).{hint}")
    if path.suffix != ".py":
        raise TargetError(f"{where} is no Python file: its name does not end in .py")
    if path.is_relative_to(app_dir):
        parts = path.relative_to(app_dir).with_suffix("").parts
        if parts[-1] == "__init__" and len(parts) > 1:
            parts = parts[:-1]
        project = Project(app_dir, settings=settings)
    else:
        parts = (path.stem,)
        project = Project(app_dir, (path.parent,), settings)
    name = ".".join(parts)
    if not all(part.isidentifier() for part in parts):
        bad = next(part for part in parts if not part.isidentifier())
        raise TargetError(
            f"{where} has no module name, because {bad!r} is no Python name: rename it"
        )
    found = project.path_of(name)
    if found is None or found.resolve() != path:
        other = "nothing" if found is None else str(found)
        raise TargetError(
            f"{where} would be the module {name!r}, but that name means {other}: rename one"
        )
    return project, name


# -- judging and loading ------------------------------------------------------------------


def _load(project: Project, main: str) -> tuple[SandboxProgram, ModuleType]:
    project.claim(main)
    first = _analyse(project, main, {})  # what the host import may have to refresh
    imported = host.import_module(main, project, _project_closure(project, main, first))
    host_steps = {
        name: _named(name, Step) for name in {*first, main} if _host_module(name) is not None
    }
    variables = {name: frozenset(found) for name, found in host_steps.items()}
    analyses = _analyse(project, main, variables)
    findings, modules = _findings(analyses, project)
    if errors := [each for each in findings if each.severity == "error"]:
        raise ProgramRefused(errors)

    steps: dict[tuple[str, str], StepSpec] = {}
    workflows: dict[str, WorkflowSpec] = {}
    places: dict[str, tuple[str, str]] = {}
    for name, analysis in analyses.items():
        for variable, found in _named(name, Step).items():
            steps[name, variable] = found.spec
        for statement in analysis.statements:
            if statement.kind == "step" and statement.module and statement.imported:
                elsewhere = getattr(_host_module(statement.module), statement.imported, None)
                if isinstance(elsewhere, Step):
                    steps[statement.module, statement.imported] = elsewhere.spec
        for variable, workflow in _named(name, Workflow).items():
            if variable in analysis.workflows and workflow.spec.name not in workflows:
                workflows[workflow.spec.name] = workflow.spec
                places[workflow.spec.name] = (name, variable)
    parts = Parts(
        project=project,
        main=main,
        modules=modules,
        unshared=lambda: {name: compile_module(each)[0] for name, each in analyses.items()},
        steps=steps,
        placeholders={name: each.placeholders for name, each in analyses.items()},
        workflow_places=places,
    )
    program = SandboxProgram(
        parts,
        digest=_digest(analyses, project.settings),
        workflows=workflows,
        steps={spec.name: spec for spec in steps.values()},
    )
    return program, imported


def _host_module(name: str) -> ModuleType | None:
    import sys

    return sys.modules.get(name)


def _named(module: str, kind: type) -> dict[str, Any]:
    found = _host_module(module)
    return {
        name: value
        for name, value in (vars(found) if found is not None else {}).items()
        if isinstance(value, kind)
    }


def _analyse(
    project: Project,
    main: str,
    host_steps: dict[str, frozenset[str]],
) -> dict[str, Analysis]:
    """Analyse the main module and, by what it needs, the local modules it imports."""
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

    changes = Changes(project, look)
    queue = [main]
    while queue:
        while queue:
            name = queue.pop()
            if len(done) > _MODULES_MAX:
                raise LoadError(f"{main} imports more than {_MODULES_MAX} local modules")
            done[name] = _analysis(project, main, name, demands[name], host_steps)
            queue.extend(_demanded(project, name, done[name], demands))
        for name, places in changes.found(done).items():
            demand = demands.setdefault(name, Demand())
            if not places <= demand.changes:
                demand.changes |= places
                queue.append(name)
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
        raise _too_deep(_place(project, name)) from None
    except (UnicodeDecodeError, ValueError) as error:
        raise LoadError(f"{_place(project, name)} is no Python source: {error}") from None


def _demanded(
    project: Project, name: str, analysis: Analysis, demands: dict[str, Demand]
) -> Iterator[str]:
    """Modules of which more is needed now than was known before."""
    wanted = dict(analysis.demands)
    for module in [*wanted, name]:
        for parent in _parents(module):
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


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _project_closure(project: Project, main: str, analyses: dict[str, Analysis]) -> set[str]:
    """Every local module that importing `main` may import, for steps too."""
    import ast

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
                    queue.extend([module, *_parents(module)])
    return found


def _imported(node: object, source: Source) -> Iterable[str]:
    import ast

    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = source.absolute(node)
    return [base, *(f"{base}.{alias.name}" for alias in node.names)] if base else []


def _place(project: Project, name: str) -> str:
    path = project.path_of(name)
    return name if path is None else project.place_of(path)


def _too_deep(place: str) -> LoadError:
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


def _findings(
    analyses: dict[str, Analysis], project: Project
) -> tuple[list[Finding], dict[str, CompiledModule]]:
    findings: list[Finding] = []
    modules: dict[str, CompiledModule] = {}
    with room_for_deep_trees():
        shared = shareable(analyses, project)
        for name, analysis in analyses.items():
            try:
                modules[name], refused = compile_module(analysis, shared[name])
            except RecursionError:
                raise _too_deep(analysis.source.place) from None
            except SystemError as error:
                # Of the compiler, for what an author is not to blame for.
                raise LoadError(
                    f"{analysis.source.place} makes the compiler of Python "
                    f"{platform.python_version()} fail ({error}): another version of Python may "
                    "not, or write the part that was changed last in another way"
                ) from None
            findings.extend([*analysis.findings, *refused])
    findings.sort(key=lambda each: (each.file, each.line, each.col))
    return findings, modules


def _digest(analyses: dict[str, Analysis], settings: Settings) -> str:
    content = hashlib.sha256(f"policy {POLICY_VERSION}\n{settings.digest}".encode())
    for name in sorted(analyses):
        content.update(f"{name} {analyses[name].source.digest}\n".encode())
    return content.hexdigest()


# -- choosing the workflow ----------------------------------------------------------------


def _chosen(program: SandboxProgram, imported: ModuleType, module: str, wanted: str | None) -> str:
    here = {
        variable: name
        for name, (where, variable) in program.parts.workflow_places.items()
        if where == module
    }
    for variable, value in vars(imported).items():  # workflows imported from elsewhere
        if isinstance(value, Workflow) and value.spec.name in program.workflows:
            here.setdefault(variable, value.spec.name)
    listed = ", ".join(sorted(here))
    if wanted is None:
        if len(here) == 1:
            return next(iter(here.values()))
        if not here:
            raise WorkflowMissing(
                f"{module} has no workflow: mark an `async def` with @workflow (from wfx)"
            )
        first = sorted(here)[0]
        raise WorkflowMissing(
            f"{module} has {len(here)} workflows: {listed}. Say which, as in {module}:{first}"
        )
    if wanted in here:
        return here[wanted]
    for name in here.values():
        if wanted == name or name.partition(":")[2] == wanted:
            return name
    value = getattr(imported, wanted, None)
    have = f" Workflows in {module}: {listed}." if here else f" {module} has no workflows."
    if value is not None or hasattr(imported, wanted):
        raise WorkflowMissing(f"{wanted!r} in {module} is {_described(value)}{have}")
    near = difflib.get_close_matches(wanted, here, 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise WorkflowMissing(f"{module} has no workflow {wanted!r}.{hint}{have}")


def _described(value: object) -> str:
    import inspect

    if isinstance(value, Step):
        return "a step, which only a workflow can start: await it from one."
    if isinstance(value, Workflow):
        return "a workflow of a module that is not part of this project."
    if inspect.iscoroutinefunction(value):
        return "an `async def` function, but no workflow: mark it with @workflow (from wfx)."
    if inspect.isclass(value):
        return "a class: a workflow is an `async def` function marked with @workflow."
    if callable(value):
        return "a plain function: a workflow is an `async def` function marked with @workflow."
    kind = re.sub(r"^builtins\.", "", f"{type(value).__module__}.{type(value).__qualname__}")
    return f"an object of type {kind}, not a workflow."
