"""Which runs may be deleted, for every world; see decisions/0019."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from wfx.world import Kept, Task

if TYPE_CHECKING:
    from wfx.entities import Run


def why_kept(
    run: Run,
    tasks: Iterable[Task],
    *,
    has_originals: bool,
    now: datetime,
    ended_before: datetime,
    originals: bool,
) -> Kept | None:
    """
    Why a run must not be deleted; None if it may be.

    Args:
        tasks: Those of this run. After its end they are running steps, whose rows outlive it
            until their outcome or their lease's end (PROTOCOL 16).
        has_originals: Whether a migration keeps records beside it.
        originals: Whether that is to be no reason.
    """
    if not run.ended or run.completed_at is None:
        return Kept.OPEN
    if run.completed_at >= ended_before:
        return Kept.RECENT
    if any(task.lease_until is not None and task.lease_until > now for task in tasks):
        return Kept.RUNNING_STEP
    if has_originals and not originals:
        return Kept.ORIGINALS
    return None
