"""
From a workflow, as a caller has it in hand, to the program it is part of.

A caller has the decorated function or a TARGET. A run needs the module's program: for the
digest and fingerprint it begins with, and to be executed here. Each module is loaded once.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wfx.authoring import Step, Workflow, module_name
from wfx.binding import bound, is_migrated, unbound
from wfx.errors import LoadError

if TYPE_CHECKING:
    from wfx.entities import Run
    from wfx.program import Program


class Programs:
    """
    The programs of one client.

    Args:
        app_dir: Where module names begin; the working directory if None.
        loaded: Programs that are there already.
    """

    def __init__(self, app_dir: Path | None = None, loaded: Iterable[Program] = ()) -> None:
        self._app_dir = app_dir
        self._loaded = list(loaded)
        self._by_module: dict[tuple[Path, str], Program] = {}
        self._by_target: dict[tuple[Path, str], tuple[Program, str]] = {}
        self._lock = threading.Lock()

    def of_workflow(self, workflow: Workflow[..., Any] | str) -> tuple[Program, str]:
        """
        The program a workflow is part of, and the workflow's name.

        Args:
            workflow: The decorated function, a TARGET, or the name of a workflow of a
                program that is loaded already.

        Raises:
            LoadError: It cannot be loaded; the message says why.
        """
        given: object = workflow  # what callers without a type checker hand in
        if not isinstance(given, (str, Workflow)):
            name = getattr(given, "__qualname__", None) or repr(given)
            raise LoadError(f"{name} is {_kind(given)}; give a function marked @workflow")
        name = workflow if isinstance(workflow, str) else workflow.spec.name
        for program in self._loaded:
            if name in program.workflows:
                return program, name
        if isinstance(workflow, str):
            return self._target(workflow)
        module, app_dir = _home(workflow, self._app_dir)
        if workflow.spec.func.__module__ == "__main__":
            # A script is its module: a second import would make every class twice.
            sys.modules.setdefault(module, sys.modules["__main__"])
        program = self._load(module, app_dir)
        if name not in program.workflows:
            known = ", ".join(sorted(program.workflows)) or "none"
            raise LoadError(
                f"{module} has no workflow {name!r} at its top level; it has: {known}. "
                "A workflow that is made inside a function cannot be found again."
            )
        return program, name

    def of_run(self, run: Run, workflow: Workflow[..., Any] | str | None = None) -> Program:
        """
        The program that has the workflow of a run.

        Args:
            workflow: Where its code is; found by the run's workflow name if None.

        Raises:
            LoadError: Its code cannot be loaded, or is not where it was looked for.
        """
        name = bound(run.workflow_name, run.execution_context)
        migrated = is_migrated(run.execution_context)
        try:
            program, _ = self.of_workflow(workflow or name)
        except LoadError:
            if migrated and workflow is None and ":" not in name:
                # A name of the old program says nothing about where a port may be.
                raise LoadError(f"{run.run_id} was migrated, and {unbound(name)}") from None
            raise
        if name in program.workflows:
            return program
        known = ", ".join(sorted(program.workflows))
        if migrated:
            raise LoadError(
                f"{run.run_id} was migrated, and {unbound(name)}. The code given has: "
                f"{known or 'no workflow'}"
            )
        raise LoadError(
            f"{run.run_id} is a run of the workflow {name!r}, and the code given has none of that "
            f"name; it has: {known or 'none'}. If it was moved or renamed, give it back its name: "
            f"@workflow(name={name!r}), and its steps theirs, as the log has them"
        )

    def of_module(self, module: str) -> Program:
        """
        The program of a module or path.

        Raises:
            LoadError: It cannot be loaded; the message says why.
        """
        return self._load(module, self._app_dir or Path.cwd())

    def _target(self, text: str) -> tuple[Program, str]:
        app_dir = self._app_dir or Path.cwd()
        key = (app_dir.resolve(), text)
        with self._lock:
            if key not in self._by_target:
                from wfx_sandbox import load_target

                target = load_target(text, app_dir=app_dir)
                self._by_target[key] = cast("Program", target.program), target.workflow_name
            return self._by_target[key]

    def _load(self, module: str, app_dir: Path) -> Program:
        key = (app_dir.resolve(), module)
        with self._lock:
            if key not in self._by_module:
                from wfx_sandbox import load_program

                program = load_program(module, app_dir=app_dir)
                self._by_module[key] = cast("Program", program)
            return self._by_module[key]


def _kind(given: object) -> str:
    """What somebody gave who should have given a workflow."""
    if isinstance(given, Step):
        return "a step, which only a workflow can start"
    if inspect.isfunction(given):
        return "a plain function"
    return "a class" if isinstance(given, type) else f"an object of type {type(given).__name__}"


def _home(workflow: Workflow[..., Any], app_dir: Path | None) -> tuple[str, Path]:
    """The module of a decorated function, and the directory its name begins in."""
    func = workflow.spec.func
    module = module_name(func)
    if app_dir is not None:
        return module, app_dir
    file = getattr(sys.modules.get(func.__module__), "__file__", None)
    path = Path(file or func.__code__.co_filename).resolve()
    parts = path.with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    wanted = tuple(module.split("."))
    if not path.is_file() or parts[-len(wanted) :] != wanted:
        raise LoadError(
            f"workflow {workflow.spec.name} comes from {path}, which is not where a module "
            f"{module!r} would be. Put it into a module of its own, or say Client(app_dir=…)."
        )
    return module, Path(*parts[: -len(wanted)])
