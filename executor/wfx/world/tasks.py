"""Tasks: the work that is ready, claimed, asleep or parked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from wfx.frozen import quick

if TYPE_CHECKING:
    from wfx.values import Json

Hold: TypeAlias = tuple[str, int]
"""A task's id and the fence number of the claim on it that a writer holds."""


class TaskKind(StrEnum):
    """What kind of work a task is. Its id is that of the run, step or wait."""

    RUN = "run"
    STEP = "step"
    WAIT = "wait"


class ParkReason(StrEnum):
    """Why a task cannot go on by itself."""

    DIVERGENCE = "divergence"
    VIOLATION = "violation"
    RUNAWAY = "runaway"
    HELD = "held"


CODE_REASONS: Final = frozenset({ParkReason.DIVERGENCE, ParkReason.VIOLATION})
"""Reasons that are a program's: a program with another digest may try once."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Ready, claimed, sleeping or parked work."""

    task_id: str
    kind: TaskKind
    run_id: str
    name: str
    """The workflow's or step's name; empty for a wait."""
    queue: str = "default"
    priority: int = 0
    """Smaller goes first."""
    key: str = ""
    """What the limits per key of its queue count it under; empty for none."""
    ready_at: datetime | None = None
    """When it may be claimed; None when there is nothing to do."""
    owner: str | None = None
    fence: int = 0
    lease_until: datetime | None = None
    deaths: int = 0
    """Claims in a row that ended by expiry before anything was appended or released."""
    abandoned: bool = False
    """A running step whose run ended or that was cancelled: kept for its late outcome."""
    parked: ParkReason | None = None
    parked_detail: Json = None
    """A report for people and programs: at least `{"message": …}`."""
    parked_digests: tuple[str, ...] = ()
    """Digests of the programs that could not go on."""

    @property
    def hold(self) -> Hold:
        """What a writer that holds the present claim names."""
        return (self.task_id, self.fence)
