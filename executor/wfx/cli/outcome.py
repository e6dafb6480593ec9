"""Saying what became of a run: its result, its failure, or why it is parked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wfx.cli import output, words
from wfx.cli.errors import Exit
from wfx.cli.shapes import parked_object
from wfx.divergence.report import report_from_json
from wfx.divergence.telling import report_lines
from wfx.entities import RunStatus
from wfx.plain import plain
from wfx.world import CODE_REASONS

if TYPE_CHECKING:
    from wfx.client import RunState
    from wfx.divergence.report import DivergenceReport
    from wfx.entities import Run
    from wfx.values import Json


def told(state: RunState, given_world: str | None, as_json: bool) -> int:
    """The result of a run that ended, or why it is parked."""
    run = state.run
    if run.status is RunStatus.COMPLETED:
        shown = plain(run.output)
        if as_json:
            output.json_object({"runId": run.run_id, "status": "completed", "output": shown})
        else:
            output.value(shown)
        return Exit.DONE
    if run.status is RunStatus.FAILED:
        return _no_result(run, "failed", _failure(run), run.error or {}, as_json)
    if run.status is RunStatus.CANCELLED:
        reason = f": {run.cancel_reason}" if run.cancel_reason else ""
        error: dict[str, Json] = {"code": "run-cancelled", "message": run.cancel_reason or ""}
        return _no_result(run, "cancelled", f"{run.run_id} was cancelled{reason}", error, as_json)
    assert state.parked is not None
    release = words.command("release", run.run_id, world=given_world)
    changed = "when its code has changed, or " if state.parked.reason in CODE_REASONS else ""
    then = f"It goes on {changed}after `{release}`."
    report = report_from_json(state.parked.detail)
    if report is None:
        text = f"{run.run_id} is parked ({state.parked.reason}): {state.parked.message}\n{then}"
        return _no_result(run, "parked", text, parked_object(state.parked), as_json)
    output.error(f"{run.run_id} is parked: its code diverged from its log")
    _tell_divergence(report)
    output.note(f"\n{then}")
    return _no_result(run, "parked", None, parked_object(state.parked), as_json)


def _tell_divergence(report: DivergenceReport) -> None:
    """The report of a divergence, for the person who waits."""
    output.note(f"  {report.workflow} at position {report.position}")
    for parts in report_lines(report):
        output.styled_note(parts)


def _failure(run: Run) -> str:
    error = run.error or {}
    text = f"{run.run_id} failed: {words.error_line(error)}"
    stack = words.stack_of(error)
    return f"{text}\n\n{stack}" if stack else text


def _no_result(
    run: Run, status: str, text: str | None, error: dict[str, Json], as_json: bool
) -> int:
    if text is not None:
        output.error(text)
    if as_json:
        output.json_object({"runId": run.run_id, "status": status, "error": error})
    return Exit.FAILED
