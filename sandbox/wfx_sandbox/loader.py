"""
From TARGET to a program: find the file, judge it, import it on the host, compile it.

TARGET is `package.module:workflow` or `path/file.py:workflow`; the workflow may be left out
when the module has exactly one. The name of a workflow is the same either way.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from wfx.authoring import Step, Workflow
from wfx.errors import LoadError
from wfx.program import StepSpec, WorkflowSpec
from wfx_sandbox import host
from wfx_sandbox.analysis import Analysis
from wfx_sandbox.choosing import chosen
from wfx_sandbox.compile import CompiledModule, compile_module
from wfx_sandbox.errors import Finding, ProgramRefused
from wfx_sandbox.locating import located, split_target
from wfx_sandbox.policy import POLICY_VERSION
from wfx_sandbox.program import Parts, SandboxProgram
from wfx_sandbox.project import Project
from wfx_sandbox.reaching import analyses_of, import_closure, too_deep
from wfx_sandbox.settings import Settings
from wfx_sandbox.sharing import shareable
from wfx_sandbox.trees import room_for_deep_trees


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
    where, workflow = split_target(target)
    project, module = located(where, app_dir, settings)
    program, imported = _load(project, module)
    return LoadedTarget(program, chosen(program, imported, module, workflow))


def load_program(module_or_path: str | Path, *, app_dir: Path) -> SandboxProgram:
    """
    Load a module with all its workflows.

    Raises:
        LoadError: A subclass that says what is wrong and what to do.
    """
    project, module = located(str(module_or_path), app_dir, None)
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
    project, module = located(str(module_or_path), app_dir or Path.cwd(), settings)
    analyses = analyses_of(project, module, {})
    return _findings(analyses, project)[0]


def _load(project: Project, main: str) -> tuple[SandboxProgram, ModuleType]:
    project.claim(main)
    first = analyses_of(project, main, {})  # what the host import may have to refresh
    imported = host.import_module(main, project, import_closure(project, main, first))
    host_steps = {
        name: _named(name, Step) for name in {*first, main} if _host_module(name) is not None
    }
    variables = {name: frozenset(found) for name, found in host_steps.items()}
    analyses = analyses_of(project, main, variables)
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
        unshared=lambda: {
            name: compile_module(each, reused=_reused(analyses))[0]
            for name, each in analyses.items()
        },
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
    return sys.modules.get(name)


def _named(module: str, kind: type) -> dict[str, Any]:
    found = _host_module(module)
    return {
        name: value
        for name, value in (vars(found) if found is not None else {}).items()
        if isinstance(value, kind)
    }


def _reused(analyses: dict[str, Analysis]) -> frozenset[str]:
    return frozenset(name for each in analyses.values() for name in each.source.callees.reused)


def _findings(
    analyses: dict[str, Analysis], project: Project
) -> tuple[list[Finding], dict[str, CompiledModule]]:
    findings: list[Finding] = []
    modules: dict[str, CompiledModule] = {}
    with room_for_deep_trees():
        shared, reused = shareable(analyses, project), _reused(analyses)
        for name, analysis in analyses.items():
            try:
                modules[name], refused = compile_module(analysis, shared[name], reused)
            except RecursionError:
                raise too_deep(analysis.source.place) from None
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
