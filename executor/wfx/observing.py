"""
What workflow code observes: the clock, random values, uuids, its surroundings, patches.

Each is recorded when it is observed for the first time, and taken from the log afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wfx.asking import Asking
from wfx.errors import CorruptLog
from wfx.events import PATCH, EffectRecorded, Event

if TYPE_CHECKING:
    from wfx.clock import Clock
    from wfx.values import Json

_SEED_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Patched:
    """What became of a patch in a run."""

    value: bool
    deprecated: bool
    """Whether the code has only the new way any more."""


class Observing(Asking):
    """
    See `Asking`; with what the code observes.

    Args:
        run_id: The run.
        created_us: When it was created, in microseconds since the epoch.
        clock: Where fresh readings come from.
        entropy: Where a fresh seed comes from.
    """

    def __init__(
        self, run_id: str, created_us: int, *, clock: Clock, entropy: Callable[[int], bytes]
    ) -> None:
        super().__init__(run_id)
        self.patches: dict[str, Patched] = {}
        """What `patched` was in this run, by name."""
        self._clock = clock
        self._entropy = entropy
        self._clock_read = False
        """Whether this activation has read the clock."""
        self._fresh: dict[str, list[Json]] = {}
        """Values of this activation's new uuid effects by scope, still growing."""
        self._recorded: dict[str, tuple[Event, int]] = {}
        """Its recorded uuid effects by scope, and how many of their values were observed."""
        self._last_us = created_us
        self._floor_us = created_us
        """What readings are later than: the waits that are over."""
        self._seed: bytes | None = None
        self._ambient: dict[tuple[str, str], Json] = {}

    def _end_uuids(self) -> None:
        """
        The activation is over, and with it its effects.

        Raises:
            Divergence: It has observed fewer values than recorded.
        """
        for recorded, seen in self._recorded.values():
            raise self._matcher.unobserved(recorded, seen)
        self._fresh = {}

    def _next_reading(self, recorded_us: int | None) -> int:
        """
        Advance the clock: one fresh reading per activation, later ones add a microsecond.

        A recorded reading is taken as it is when it is the activation's first.
        """
        if self._clock_read:
            self._last_us += 1
            return self._last_us
        self._clock_read = True
        if recorded_us is None:
            recorded_us = max(self._clock.now_us(), self._last_us + 1, self._floor_us)
        self._last_us = recorded_us
        return recorded_us

    def now_us(self) -> int:
        """See `RunContext.now_us`."""
        self._check()
        if self._clock_read:
            return self._next_reading(None)
        recorded = self._take("clock", None)
        if recorded is not None:
            self._matcher.consumed(recorded[0])
            return self._next_reading(_as_int(recorded[1][0]))
        reading = self._next_reading(None)
        self._record("clock", None, [reading])
        return reading

    def seed(self) -> bytes:
        """See `RunContext.seed`."""
        self._check()
        if self._seed is None:
            recorded = self._take("seed", None)
            if recorded is not None:
                self._matcher.consumed(recorded[0])
                self._seed = bytes.fromhex(str(recorded[1][0]))
            else:
                self._seed = self._entropy(_SEED_BYTES)
                self._record("seed", None, [self._seed.hex()])
        return self._seed

    def uuid(self, make: Callable[[], str]) -> str:
        """See `RunContext.uuid`."""
        self._check()
        scope = self._loop.current_scope().path
        fresh = self._fresh.get(scope)
        if fresh is not None:
            fresh.append(make())
            return str(fresh[-1])
        event, seen = self._recorded.get(scope, (None, 0))
        if event is None:
            recorded = self._take("uuid", None)
            if recorded is None:
                values: list[Json] = [make()]
                self._fresh[scope] = values
                self._record("uuid", None, values)
                return str(values[0])
            event = recorded[0]
        assert isinstance(event.data, EffectRecorded)
        value = str(event.data.values[seen])
        if seen + 1 == len(event.data.values):
            self._matcher.consumed(event)
            self._recorded.pop(scope, None)
        else:
            self._recorded[scope] = (event, seen + 1)
        return value

    def ambient(self, effect: str, key: str, read: Callable[[], Json]) -> Json:
        """See `RunContext.ambient`."""
        self._check()
        known = (effect, key)
        if known not in self._ambient:
            recorded = self._take(effect, key)
            if recorded is not None:
                self._matcher.consumed(recorded[0])
                self._ambient[known] = recorded[1][0]
            else:
                value = read()
                self._record(effect, key, [value])
                self._ambient[known] = value
        return self._ambient[known]

    def patched(self, name: str, *, deprecated: bool = False) -> bool:
        """See `RunContext.patched`."""
        self._check()
        known = self.patches.get(name)
        if known is None:
            value = name in self._matcher.patches
            if not value and self._matcher.at_tail:
                value = True
                self._record(PATCH, name, [True])
            known = self.patches[name] = Patched(value, deprecated)
        return known.value


def _as_int(value: Json) -> int:
    if not isinstance(value, int):
        raise CorruptLog(where="effect_recorded", reason=f"{value!r} is no clock reading")
    return value
