"""
An append that is answered: repeated unchanged until the world says what became of it.

A writer that got no answer does not know whether its batch is in the log. Sending anything
else of that run before it knows could begin an attempt twice (PROTOCOL 4); sending the same
batch again is harmless, because its events carry their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Final

from wfx.errors import WorldUnavailable

if TYPE_CHECKING:
    from wfx.events import NewEvent
    from wfx.world import EventResult, Hold, World

REPEATS_MAX: Final = 12
_SECONDS_FIRST: Final = 0.05
_SECONDS_MAX: Final = 5.0


def append(
    world: World,
    run_id: str,
    batch: Sequence[NewEvent],
    *,
    after: int | None = None,
    fence: Collection[Hold] = (),
    pause: Callable[[float], None],
) -> tuple[list[EventResult], bool]:
    """
    Append a batch; its results, and whether it had to be repeated.

    The answer to a repeat is what is stored: it says nothing about claims, which may have
    ended since.

    Raises:
        WorldUnavailable: The world does not answer at all.
        WorldError: As `events.create_batch`.
    """
    seconds = _SECONDS_FIRST
    for repeat in range(REPEATS_MAX):
        try:
            return world.events.create_batch(run_id, batch, after=after, fence=fence), repeat > 0
        except WorldUnavailable as error:
            if not error.transient or repeat == REPEATS_MAX - 1:
                raise
        pause(seconds)
        seconds = min(seconds * 2, _SECONDS_MAX)
    raise AssertionError("the last repeat returns or raises")
