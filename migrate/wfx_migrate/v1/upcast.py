"""
From the rows and events of v1 to events of today: pure functions.

v1 has no run events and no `step_created`, mutates rows beside its log, and lets the two
contradict each other. What follows decides, by numbers that the reference of legacy formats
gives its decisions (D-1 …), what each of it becomes; `TABLE` sums it up and the report
quotes it. Nothing here guesses in silence: an event carries in `legacy` where each of its
fields came from and what is unknown, a `Note` says what was noticed about the run, and a
`Quarantine` why it cannot be converted at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wfx.errors import EncodeError
from wfx_migrate.v1.conversion import Conversion
from wfx_migrate.v1.model import BadRow, LegacyRun, Problem
from wfx_migrate.v1.notes import NoteKind, Paused, Quarantine, Upcast
from wfx_migrate.v1.order import Placed
from wfx_migrate.v1.reading import StoredEvents, clock_shift
from wfx_migrate.v1.upcast_hooks import hooks
from wfx_migrate.v1.upcast_run import created, end, pauses, settle_status, started
from wfx_migrate.v1.upcast_steps import steps
from wfx_migrate.v1.upcast_waits import waits
from wfx_migrate.v1.values import BadValue

TABLE: Final[tuple[tuple[str, str, str], ...]] = (
    ("run_created", "run row: createdAt, workflowName, deploymentId, input", ""),
    ("run_started", "run row: startedAt; else workflow_started", "D-17"),
    ("run_completed", "run row: completedAt, output; else workflow_completed", "D-17"),
    ("run_failed", "run row: completedAt, error; else workflow_failed", "D-3 D-17"),
    ("run_cancelled", "run row: completedAt, else updatedAt", "D-18"),
    ("step_created", "step row: createdAt, stepName, input", "D-4 D-7"),
    ("step_started", "step_started, its attempt counted", "D-8"),
    ("step_retrying", "step_failed without fatal: true; retryAfter of the row on the last", "D-9"),
    ("step_failed", "step_failed with fatal: true, or the last one if the row failed", "D-10"),
    ("step_completed", "step_completed; else a completed step row", "D-11 D-12"),
    ("step_cancelled", "a cancelled step row", "D-6"),
    ("hook_created", "hook_created, its token and metadata from the hook row", "D-14 D-15"),
    ("hook_received", "hook_received", ""),
    ("hook_disposed", "hook_disposed", ""),
    ("wait_created", "wait_created", "D-15"),
    ("wait_completed", "wait_completed", ""),
)
"""Event of today, what it is made of, and the decisions behind it."""


def upcast(
    legacy: LegacyRun,
    *,
    paused: Paused = Paused.HOLD,
    names: Mapping[str, str] | None = None,
    taken: Mapping[str, str] | None = None,
    uses_up: bool = False,
) -> Upcast:
    """
    Convert one run.

    Args:
        paused: What becomes of it if it is paused (D-2).
        names: Recorded name → the Python workflow or step it is bound to (D-21).
        taken: Tokens of active hooks that another run has → that run (D-20).
        uses_up: Take the rows of the events out of `legacy`, so that a long run is not in
            memory twice.

    Raises:
        Quarantine: If it is damaged, or says what nobody here can read.
    """
    if legacy.problems:
        raise Quarantine(legacy.problems)
    try:
        return _converted(Conversion(legacy, paused, names or {}, taken or {}, uses_up=uses_up))
    except BadRow as error:
        raise Quarantine([error.problem]) from None
    except BadValue as error:
        raise Quarantine([Problem(error.path, error.reason)]) from None
    except EncodeError as error:
        raise Quarantine([Problem(error.path, error.reason)]) from None


def _converted(run: Conversion) -> Upcast:
    stored = StoredEvents(run)
    if run.uses_up:
        run.legacy.events.clear()
    run.shift = clock_shift(run, stored.starts)
    marks = {
        name: stored.marks_of(name)
        for name in ("workflow_started", "workflow_completed", "workflow_failed")
    }
    held = pauses(run, stored.pauses)
    settle_status(run, marks)
    created(run, held)
    steps(run, stored.steps)
    hooks(run, stored.hooks)
    waits(run, stored.waits)
    started(run, marks["workflow_started"])
    end(run, marks)
    if run.status == "running" and not stored.count and len(run.drafts) <= 2:
        run.note(
            NoteKind.HELD,
            run.row.source,
            "the run is running and nothing ever happened on it: its first hook may have wanted a "
            "token that another run had",
            decision="D-20",
        )
    # From here on only the drafts hold what was stored.
    del stored, marks
    placed = Placed(run)
    return Upcast(
        run_id=run.legacy.run_id,
        events=placed.events,
        notes=run.notes,
        fates=run.fates,
        flats=run.flats,
        paused=run.is_paused,
        ties=run.ties,
        inversions=placed.inversions,
        folded=placed.folded,
        sha256=placed.sha256,
    )
