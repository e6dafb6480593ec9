"""MemoryWorld keeps every promise of a world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from wfx.clock import ManualClock
from wfx.memory import MemoryWorld
from wfx.testing.world_conformance import WorldConformance
from wfx.world import World


class TestMemoryWorld(WorldConformance):
    """The whole suite; two handles on one memory are the same object."""

    @pytest.fixture
    def world(self, clock: ManualClock) -> Iterator[World]:
        """A fresh world in memory."""
        with MemoryWorld(clock) as world:
            yield world

    def reopen(self, world: World, clock: ManualClock) -> World:
        """There is no other handle on memory than the object itself."""
        return world
