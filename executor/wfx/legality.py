"""
Whether a log is legal: the transition tables over all of its events.

It finds what `wfx.projection.fold` finds, and keeps nothing of a step, hook or wait but its
status: whoever only reads a log, as a replay does, needs no entities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from wfx.events import Event, HookConflict, Subject
from wfx.machine import check_run_permits, next_hook_status, next_step_status, next_wait_status
from wfx.projection import out_of_place, project_run, without_id

if TYPE_CHECKING:
    from wfx.entities import Run, RunStatus

_NEXT: Final[Mapping[Subject, Callable[..., Any]]] = {
    Subject.STEP: next_step_status,
    Subject.HOOK: next_hook_status,
    Subject.WAIT: next_wait_status,
}


def check_log(events: Iterable[Event]) -> Run | None:
    """
    Check that the positions of a whole log are dense and each event legal; its run at the end.

    Raises:
        IllegalEvent: At the first event the transition table does not let follow.
        CorruptLog: If a position is missing or doubled, or the runs are mixed.
    """
    run: Run | None = None
    status: RunStatus | None = None
    run_id: str | None = None
    statuses: dict[Subject, dict[str, Any]] = {subject: {} for subject in _NEXT}
    for expected, event in enumerate(events):
        run_id = run_id or event.run_id
        position, data = event.position, event.data
        if position != expected or event.run_id != run_id:
            raise out_of_place(event, expected, run_id)
        subject = data.subject
        if subject is Subject.RUN:
            run = project_run(run, run_id, data, event.created_at, position=position)
            status = run.status
            continue
        check_run_permits(status, data, position=position)
        if subject is Subject.EFFECT or type(data) is HookConflict:
            continue
        id = event.correlation_id
        if id is None:
            raise without_id(event)
        of_kind = statuses[subject]
        of_kind[id] = _NEXT[subject](of_kind.get(id), data, position=position)
    return run
