"""
What a worker does for all of them, every second.

It looks what time it is in the world, ends the leases of owners that are surely dead, learns
which queues have limits, and lets people know that it is there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from wfx.clock import from_us
from wfx.errors import WorldError
from wfx.queues import NO_LIMITS, QueueLimits, WorkerInfo

if TYPE_CHECKING:
    from wfx.program import Program
    from wfx.workers.presence import Presence
    from wfx.workers.worldclock import WorldClock
    from wfx.world import World

ROUND_SECONDS: Final = 1.0
_ENLIST_SECONDS: Final = 20.0


class Rounds:
    """
    Makes rounds.

    Args:
        queues: Those that the worker serves; all if None.
        slots: How many step bodies it executes at the same time.
        enlists: Whether people are to know of it.
    """

    def __init__(
        self,
        world: World,
        programs: Sequence[Program],
        presence: Presence,
        clock: WorldClock,
        *,
        queues: Collection[str] | None,
        slots: int,
        enlists: bool,
    ) -> None:
        self._world = world
        self._programs = programs
        self._presence = presence
        self._clock = clock
        self._queues = queues
        self._slots = slots
        self._enlists = enlists
        self._next: float | None = None
        self._limits: Mapping[str, QueueLimits] | None = None
        self._enlist_at = 0.0
        self._since: datetime | None = None
        """Since when people know of this worker, if they do."""

    @property
    def limited(self) -> Collection[str]:
        """Queues with limits, as of the last round."""
        return self._limits or ()

    def make(self, now: float) -> None:
        """Make a round, unless the last one was a moment ago."""
        if self._next is not None and now < self._next:
            return
        queue = self._world.queue
        self._clock.adjust()
        for owner in queue.holders():
            if self._presence.is_dead(owner):
                queue.revoke(owner)
        limits = queue.limits()
        if self._limits is None and self._declare(limits):
            limits = queue.limits()
        self._limits = limits
        if self._enlists and now >= self._enlist_at:
            self._enlist()
            self._enlist_at = now + _ENLIST_SECONDS
        # Only now: what could not be asked is asked at the next look, before work is looked for.
        self._next = now + ROUND_SECONDS

    def leave(self) -> None:
        """People need not look for this worker any more."""
        if self._since is not None:
            with suppress(WorldError):
                self._world.queue.leave(self._presence.owner)

    def _declare(self, limits: Mapping[str, QueueLimits]) -> bool:
        """Set the limits that the projects of the programs ask for, where others hold."""
        asked = [item for program in self._programs for item in program.queue_limits.items()]
        news = [
            (queue, wanted) for queue, wanted in asked if limits.get(queue, NO_LIMITS) != wanted
        ]
        for queue, wanted in news:
            self._world.queue.set_limits(queue, wanted)
        return bool(news)

    def _enlist(self) -> None:
        """Let people know that this worker is there, and what it serves."""
        now = from_us(self._clock.now_us())
        self._since = self._since or now
        workflows = {name for program in self._programs for name in program.workflows}
        self._world.queue.enlist(
            WorkerInfo(
                owner=self._presence.owner,
                workflows=tuple(sorted(workflows)),
                queues=None if self._queues is None else tuple(sorted(self._queues)),
                slots=self._slots,
                since=self._since,
                seen_until=now + timedelta(seconds=3 * _ENLIST_SECONDS),
            )
        )
