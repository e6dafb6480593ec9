"""What the parts of the suite share: the clock, the world, a second handle on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from wfx.clock import ManualClock
from wfx.testing.scenes import Scene, started_run
from wfx.world import World


class Conformance:
    """Base of the suite's parts."""

    @pytest.fixture
    def clock(self) -> ManualClock:
        """The clock the world tells the time by."""
        return ManualClock()

    @pytest.fixture
    def world(self, clock: ManualClock) -> Iterator[World]:
        """A fresh, empty world that tells the time by `clock`."""
        raise NotImplementedError("give a fixture `world`, see wfx.testing.world_conformance")

    @pytest.fixture
    def scene(self, world: World, clock: ManualClock) -> Scene:
        """A run that ann claimed and started: its log ends at position 1."""
        return started_run(world, clock)

    def reopen(self, world: World, clock: ManualClock) -> World:
        """A second handle on the same logs."""
        pytest.skip("this world gives no second handle (WorldConformance.reopen)")

    @pytest.fixture
    def second(self, world: World, clock: ManualClock) -> Iterator[World]:
        """Another handle on the same logs."""
        with self.reopen(world, clock) as second:
            yield second
