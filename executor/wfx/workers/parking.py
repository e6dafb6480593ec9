"""Parking a run whose process was ended because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wfx.workers.presence import Presence
from wfx.world import ParkReason, TaskKind

if TYPE_CHECKING:
    from wfx.values import Json
    from wfx.world import World


def park_orphan(world: World, run_id: str, reason: ParkReason, detail: Json) -> bool:
    """
    Park a run whose owner is dead; False when another process was faster to take it over.
    """
    with Presence() as presence:
        task = world.queue.get(run_id)
        if task is not None and task.owner is not None and presence.is_dead(task.owner):
            world.queue.revoke(task.owner)
        claimed = world.queue.claim(presence.owner, kinds=[TaskKind.RUN], run_id=run_id)
        for mine in claimed:
            world.queue.park(mine.hold, reason, detail)
        return bool(claimed)
