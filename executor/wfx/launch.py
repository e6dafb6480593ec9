"""The beginning of a run: its arguments checked and encoded, its `run_created` appended."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wfx import __version__
from wfx.codec import encode, equal
from wfx.errors import AlreadyExists, InvalidArguments, NotFound
from wfx.events import FORMAT, NewEvent, RunCreated
from wfx.ids import new_id
from wfx.queues import check_priority

if TYPE_CHECKING:
    from wfx.program import Program
    from wfx.values import Json
    from wfx.world import World

DEPLOYMENT_VARIABLE = "WFX_DEPLOYMENT_ID"
_ID_MAX = 255


def run_created(
    program: Program,
    workflow_name: str,
    args: Sequence[object],
    kwargs: Mapping[str, object] | None = None,
    *,
    priority: int = 0,
) -> RunCreated:
    """
    The first event of a run of this workflow with these arguments.

    Raises:
        NotFound: The program has no such workflow.
        InvalidArguments: The arguments do not fit the workflow's signature.
        EncodeError: An argument cannot be written to the log.
    """
    spec = program.workflows.get(workflow_name)
    if spec is None:
        known = ", ".join(sorted(program.workflows)) or "none"
        raise NotFound(what="workflow", id=workflow_name, hint=f"the program has {known}")
    positional, named = spec.signature.bind(tuple(args), dict(kwargs or {}))
    values, keywords = spec.signature.validate(positional, named)
    encoded = {name: encode(value, path=f"input.{name}") for name, value in keywords.items()}
    context: dict[str, Json] = {
        "format": FORMAT,
        "wfxVersion": __version__,
        "digest": program.digest,
        **program.fingerprint,
    }
    if priority:
        context["priority"] = priority
    return RunCreated(
        deployment_id=os.environ.get(DEPLOYMENT_VARIABLE) or program.digest,
        workflow_name=workflow_name,
        input=[encode(value, path=f"input[{index}]") for index, value in enumerate(values)],
        kwargs=encoded or None,
        execution_context=context,
    )


def start_run(
    world: World,
    program: Program,
    workflow_name: str,
    args: Sequence[object],
    kwargs: Mapping[str, object] | None = None,
    *,
    run_id: str | None = None,
    priority: int = 0,
) -> str:
    """
    Create a run, pending: a worker that has its workflow will begin it. Returns its id.

    Args:
        run_id: An id of the caller's own: the same call again finds the same run.
        priority: Runs, and steps of runs, with a smaller number are taken first.

    Raises:
        NotFound, InvalidArguments, EncodeError: See `run_created`; nothing is appended. An
            id or a priority that no world would keep is an invalid argument too.
        AlreadyExists: There is a run of this id with another workflow or arguments.
    """
    check_asked(run_id, priority)
    created = run_created(program, workflow_name, args, kwargs, priority=priority)
    if run_id is None:
        run_id = new_id("wrun")
        world.events.create(run_id, NewEvent(created))
        return run_id
    try:
        world.events.create(run_id, NewEvent(created))
    except AlreadyExists:
        there = world.runs.get(run_id)
        differs = None
        if there.workflow_name != workflow_name:
            differs = f"it is a run of {there.workflow_name}, not of {workflow_name}"
        elif not equal([there.input, there.kwargs], [created.input, created.kwargs]):
            differs = "it was started with other arguments"
        if differs is not None:
            hint = f"{differs}; look at it with `wfx runs show {run_id}`, or choose another id"
            raise AlreadyExists(what="run", id=run_id, hint=hint) from None
    return run_id


def check_asked(run_id: str | None, priority: int) -> None:
    """
    Check that every world can keep a run of this id and priority.

    Raises:
        InvalidArguments: It cannot; an id stands in lines, file names and indexes.
    """
    try:
        check_priority(priority)
    except ValueError as error:
        raise InvalidArguments(name="the run's priority", reason=str(error)) from None
    if run_id is not None and not _is_id(run_id):
        shown = run_id if len(run_id) <= _ID_MAX else f"{run_id[:40]}…"
        raise InvalidArguments(
            name="the run's id",
            reason=f"{shown!r} is none: it has 1 to {_ID_MAX} characters that can be printed, and "
            "no space at its ends",
        )


def _is_id(text: str) -> bool:
    return 1 <= len(text) <= _ID_MAX and text.isprintable() and text == text.strip()
