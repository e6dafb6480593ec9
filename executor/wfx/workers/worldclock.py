"""
The world's clock, as seen from here: a question now and then, and clocks of this machine.

Between two questions time is measured with a clock that nobody sets. The machine's other
clock, which people and time servers do set, is looked at only to notice that: where the world is
a file, its clock is that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wfx.clock import to_us
from wfx.errors import WorldError

if TYPE_CHECKING:
    from wfx.clock import Clock
    from wfx.world import World

_NOISE_US: Final = 1_000
"""Differences that say nothing about a clock."""
_JUMP_US: Final = 20_000
"""By so much no clock drifts between two questions; somebody has set it."""


class WorldClock:
    """
    Tells the world's time; `adjust` asks the world for it, and is to be called now and then.

    Args:
        clock: The machine's, which may jump.
        steady: One that does not, from whatever beginning.
    """

    def __init__(self, world: World, clock: Clock, steady: Clock) -> None:
        self._world = world
        self._clock = clock
        self._steady = steady
        self._offset_us: int | None = None
        """The world's time less that of the steady clock; None until it was asked."""
        self._gap_us = 0
        """The machine's time less that of the steady clock, when the world was asked."""

    def now_us(self) -> int:
        """The world's time now, in microseconds since the epoch."""
        steady = self._steady.now_us()
        if abs(self._clock.now_us() - steady - self._gap_us) > _JUMP_US:
            try:
                self.adjust()
            except WorldError:
                # Out of reach: the steady clock goes on, and the next reading asks again.
                return steady + (self._offset_us or 0)
            steady = self._steady.now_us()
        return steady + (self._offset_us or 0)

    def adjust(self) -> None:
        """Ask the world what time it is."""
        before = self._steady.now_us()
        asked = to_us(self._world.queue.now())
        after = self._steady.now_us()
        # The answer was true at some moment of the question's travel. What is known already stays
        # as far as it does not contradict: a process may stand still in the middle.
        least, most = asked - after, asked - before
        known = (least + most) // 2 if self._offset_us is None else self._offset_us
        if not least - _NOISE_US <= known <= most + _NOISE_US:
            known = min(max(known, least), most)
        self._offset_us = known
        self._gap_us = self._clock.now_us() - after
