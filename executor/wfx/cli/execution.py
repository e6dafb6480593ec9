"""Executing a run at the command line, and saying what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wfx.cli import output, supervision, words
from wfx.cli.errors import Exit
from wfx.cli.outcome import told
from wfx.cli.quiet import own_stdout
from wfx.cli.shapes import waiting_object
from wfx.cli.signals import interruptible
from wfx.client.driving import Drive, Left, drive
from wfx.errors import RunParked, WorldUnavailable
from wfx.worlds import world_url

if TYPE_CHECKING:
    from wfx.cli.progress import Progress
    from wfx.client import Client, RunState
    from wfx.program import Program


@dataclass(frozen=True, slots=True)
class Execution:
    """A run to be executed."""

    client: Client
    run_id: str
    program: Program | None
    """None when the run has ended, so that no code is needed."""
    workflow_name: str
    target: str
    """How its code is named in a command to type."""
    app_dir: Path | None = None
    resumed: bool = False


def execute(execution: Execution, *, given_world: str | None, stay: bool, as_json: bool) -> int:
    """
    Execute a run, print what became of it, and return the exit code.

    Raises:
        RunHeld: Another process is executing it.
        WorldUnavailable: The world does not answer any more.
    """
    if execution.program is None:
        output.note(f"{execution.run_id} {execution.workflow_name} had ended before")
        return told(execution.client.state(execution.run_id), given_world, as_json)
    driving = Drive(
        execution.client.world,
        execution.program,
        execution.run_id,
        stay=stay,
        alone=execution.resumed,
    )
    # Before anybody knows of the run: who has seen its id can interrupt it in good order.
    with interruptible(driving.stop, last_words=_how_to_resume(execution, given_world)):
        if not execution.resumed:
            output.note(f"{execution.run_id} {execution.workflow_name}")
        supervision.tell(
            world=world_url(given_world),
            as_json=as_json,
            resume=_resume_command(execution, given_world),
        )
        supervision.limit_memory([execution.program])
        return _executed(execution, driving, given_world, as_json)


def _executed(execution: Execution, driving: Drive, given_world: str | None, as_json: bool) -> int:
    left, announced = None, False
    try:
        with own_stdout(), _progress(execution, given_world) as progress:
            driving.observer = progress
            left = drive(driving)
        announced = progress.announced
    except RunParked:
        pass  # told below, as the run stands
    except WorldUnavailable:
        output.note(_how_to_resume(execution, given_world))
        raise
    state = execution.client.state(execution.run_id)
    if left is not None and not state.run.ended and state.parked is None:
        if left is not Left.STOPPED and not announced:
            _announce(execution, state, given_world)
        return _suspended(execution, state, given_world, as_json)
    return told(state, given_world, as_json)


def _progress(execution: Execution, given_world: str | None) -> Progress:
    from wfx.cli.progress import Progress

    shows = Progress
    if output.is_terminal():
        from wfx.cli.live import LiveProgress

        shows = LiveProgress
    return shows(execution, given_world)


# -- saying what became of it -------------------------------------------------------------


def _resume_command(execution: Execution, given_world: str | None) -> str:
    parts = ("run", "--resume", execution.run_id, execution.target)
    return words.command(*parts, world=given_world, app_dir=execution.app_dir)


def _how_to_resume(execution: Execution, given_world: str | None) -> str:
    return f"{execution.run_id} is resumable: {_resume_command(execution, given_world)}"


def _announce(execution: Execution, state: RunState, given_world: str | None) -> None:
    now = datetime.now(UTC)
    waits = words.waits(
        state.waiting_for, now=now, workflow_name=execution.workflow_name, world=given_world
    )
    for line in waits.lines(now):
        output.note(f"  {line}")


def _suspended(
    execution: Execution, state: RunState, given_world: str | None, as_json: bool
) -> int:
    output.note(_how_to_resume(execution, given_world))
    if as_json:
        shown = {"waitingFor": waiting_object(state.waiting_for)}
        output.json_object({"runId": execution.run_id, "status": "suspended", **shown})
    return Exit.SUSPENDED
