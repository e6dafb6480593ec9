"""
What every world promises, as tests. Give it your world and run pytest:

    from wfx.clock import ManualClock
    from wfx.testing.world_conformance import WorldConformance

    class TestMyWorld(WorldConformance):
        @pytest.fixture
        def world(self, clock: ManualClock) -> Iterator[World]:
            with MyWorld(clock=clock) as world:
                yield world

        def reopen(self, world: World, clock: ManualClock) -> World:
            return MyWorld(world.url, clock=clock)

`clock` is a fixture of the suite; the world must tell the time by it. `reopen` gives a
second handle on the same logs, for tests of two writers; a world that leaves it out has
these tests shown as skipped. Everything is reached through the protocols of `wfx.world`.

Ask pytest to explain failures in here, in your `conftest.py`, before the import:

    pytest.register_assert_rewrite("wfx.testing.world_conformance")
"""

from __future__ import annotations

from wfx.testing.world_conformance.appends import Appends
from wfx.testing.world_conformance.archives import Archives
from wfx.testing.world_conformance.claims import Claims
from wfx.testing.world_conformance.fences import Fences
from wfx.testing.world_conformance.groups import Groups
from wfx.testing.world_conformance.hooks import Hooks
from wfx.testing.world_conformance.late import LateOutcomes
from wfx.testing.world_conformance.limits import Limits
from wfx.testing.world_conformance.listings import Listings
from wfx.testing.world_conformance.ordering import Ordering
from wfx.testing.world_conformance.overviews import Overviews
from wfx.testing.world_conformance.parking import Parking
from wfx.testing.world_conformance.refusals import Refusals
from wfx.testing.world_conformance.repeats import Repeats
from wfx.testing.world_conformance.retention import Retention
from wfx.testing.world_conformance.size import Size
from wfx.testing.world_conformance.streams import Streams
from wfx.testing.world_conformance.values import Values
from wfx.testing.world_conformance.waits import Waits
from wfx.testing.world_conformance.writers import Writers

__all__ = ["WorldConformance"]


class WorldConformance(
    Appends,
    Refusals,
    Ordering,
    Fences,
    Repeats,
    Groups,
    LateOutcomes,
    Hooks,
    Waits,
    Claims,
    Limits,
    Overviews,
    Parking,
    Streams,
    Archives,
    Retention,
    Listings,
    Values,
    Size,
    Writers,
):
    """The whole suite; subclass it and give the fixture `world`."""
