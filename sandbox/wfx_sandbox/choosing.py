"""Which workflow of its module a target means."""

from __future__ import annotations

import difflib
import inspect
import re
from types import ModuleType

from wfx.authoring import Step, Workflow
from wfx_sandbox.errors import WorkflowMissing
from wfx_sandbox.program import SandboxProgram


def chosen(program: SandboxProgram, imported: ModuleType, module: str, wanted: str | None) -> str:
    """
    The name of the workflow of a module that a target means.

    Raises:
        WorkflowMissing: It means none, or says not which.
    """
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
