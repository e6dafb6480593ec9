"""
The claims under which this process works now, and the beat that extends their leases.

Only what is named here is extended, so a claim that nobody works under any more runs out
by itself (PROTOCOL 15).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wfx.errors import WorldError

if TYPE_CHECKING:
    from wfx.world import Hold, World


class Heartbeat:
    """
    Extends leases, when it is told to beat; safe to call from several threads.

    Without a lock, since every step takes up a claim and leaves one: no more is done to the set
    at once than its own methods do, which nothing interrupts.
    """

    def __init__(self, world: World, owner: str, lease: timedelta) -> None:
        self._world = world
        self._owner = owner
        self._lease = lease
        self._holds: set[Hold] = set()

    @property
    def seconds(self) -> float:
        """How often to beat: two beats may fail before a lease ends."""
        return self._lease.total_seconds() / 3

    def add(self, hold: Hold) -> None:
        """Work under this claim has begun."""
        self._holds.add(hold)

    def forget(self, hold: Hold) -> None:
        """Work under this claim has ended in good order."""
        self._holds.discard(hold)

    def beat(self) -> set[Hold]:
        """Extend the leases; the claims that others hold now."""
        named = self._holds.copy()
        if not named:
            return set()
        try:
            held = self._world.queue.extend(self._owner, named, self._lease)
        except WorldError:
            return set()  # tried again well before the lease ends
        # What was forgotten meanwhile has ended in good order.
        lost = (named - held) & self._holds
        self._holds.difference_update(lost)
        return lost
