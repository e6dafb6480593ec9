"""
Matching where a log was migrated: what the old program asked for has no `call`.

The migrated part of a log is all events that carry `legacy`; what this executor appended
since is native and matched by call. Requests of the migrated part are matched in the order
in which the old program made them, by kind, name and arguments:

- The order is that of the ids where they are ULIDs of one generator, as those of v1 are
  (its runtime numbers steps, hooks and waits of a run as the code asks for them, and writes
  them at the same time, in any order); else that of the log.
- Requests with no delivered fact between them were made together, and the code may make
  them in another order.
- A request that the code makes only when its outcome has passed by is a divergence: the
  outcome would be lost, and the code wait for ever.

What v1 did not record cannot be compared. A hook whose token is unknown matches any token,
and one that was made without a token any anonymous one. A wait has no delay: that of the
code must fit the recorded moment, counted from the wait's creation or from the fact that
led to it, within `DELAY_TOLERANCE_SECONDS` or a tenth. v1 has no cancels; those of the code
are taken as done until the migrated part is behind it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from wfx.alike import alike, arguments_alike
from wfx.binding import is_library_sleep
from wfx.clock import to_us
from wfx.codec import decode
from wfx.errors import DecodeError, Divergence
from wfx.events import (
    CANCELS,
    REQUESTS,
    Call,
    EffectRecorded,
    Event,
    EventData,
    HookConflict,
    HookCreated,
    RunCompleted,
    RunFailed,
    StepCreated,
    WaitCompleted,
    WaitCreated,
    iso,
)
from wfx.ids import key_of
from wfx.matching import Matcher, describe

if TYPE_CHECKING:
    from wfx.values import Json

DELAY_TOLERANCE_SECONDS: Final = 5
"""The old program took a moment between asking for a wait and writing it down."""

_REMEDY: Final = (
    "This run was migrated: change the port until it asks for what the old program asked for, "
    "see docs/how-to/continue-a-migrated-run.md."
)
_ULID_CHARACTERS: Final = 26
_TIME_CHARACTERS: Final = 10
_NAMED: Final = re.compile(r"(?:Uncaught )?(?:[A-Za-z_$][\w$]*(?:Error|Exception): )*")

_DURATION: Final = re.compile(r"(-?\d*\.?\d+)\s*([a-z]*)", re.IGNORECASE)
_UNITS: Final[Mapping[str, float]] = {
    unit: seconds
    for units, seconds in (
        ("ms msec msecs millisecond milliseconds", 0.001),
        ("s sec secs second seconds", 1.0),
        ("m min mins minute minutes", 60.0),
        ("h hr hrs hour hours", 3_600.0),
        ("d day days", 86_400.0),
        ("w week weeks", 604_800.0),
        ("y yr yrs year years", 31_557_600.0),
    )
    for unit in units.split()
}


class LegacyMatcher(Matcher):
    """
    The commands of a log of which the first part was migrated.

    Args:
        names: Recorded names of steps → what they are bound to.
        anonymous_token: The token a hook that is asked for at this call has by itself.
    """

    def __init__(
        self,
        run_id: str,
        *,
        names: Mapping[str, str],
        anonymous_token: Callable[[Call], str],
    ) -> None:
        super().__init__(run_id)
        self.moment_us = 0
        """The time of the fact that is being delivered."""
        self.position = 0
        """And its position."""
        self.unjudged: dict[str, None] = {}
        """What could not be compared, in words."""
        self.made: dict[str, Event] = {}
        """Migrated requests that the code has made, by what they made."""
        self._names = names
        self._anonymous_token = anonymous_token
        self._asked: deque[tuple[int, deque[Event]]] = deque()
        """Migrated requests that the code has not made yet: those made together, in order,
        and the position of the last fact before them."""
        self._about: dict[str, list[Event]] = {}
        """Migrated facts by what they are about."""
        self._migrated_end: Event | None = None

    def index(self, events: Iterable[Event]) -> None:
        """See `Matcher.index`."""
        events = list(events)
        super().index(events)
        requests: list[tuple[int, Event]] = []
        after = 0
        for event in events:
            data = event.data
            if event.legacy is None:
                continue
            if isinstance(data, (*REQUESTS, HookConflict)):
                requests.append((after, event))
            elif isinstance(data, CANCELS):
                # No program of v1 wrote them: somebody disposed the hook from outside.
                self._cancels.pop(event.correlation_id or "", None)
                self._unmatched.pop(event.event_id, None)
            elif isinstance(data, (RunCompleted, RunFailed)):
                self._migrated_end = event
            if data.delivered:
                after = event.position
                if event.correlation_id is not None:
                    self._about.setdefault(event.correlation_id, []).append(event)
        if _numbered(requests):
            requests.sort(key=lambda request: key_of(request[1].correlation_id or ""))
        for position, together in groupby(requests, key=itemgetter(0)):
            self._asked.append((position, deque(event for _, event in together)))

    @property
    def in_prefix(self) -> bool:
        """Whether a migrated request, or the migrated end, is still to be made."""
        if self._asked:
            return True
        return self._migrated_end is not None and self._migrated_end.event_id in self._unmatched

    def outcome(self, entity_id: str) -> Event | None:
        """The first migrated fact about a step, hook or wait."""
        facts = self._about.get(entity_id)
        return facts[0] if facts else None

    def request(self, data: StepCreated | WaitCreated | HookCreated, call: Call) -> Event | None:
        """See `Matcher.request`."""
        if not self._asked:
            return super().request(data, call)
        after, together = self._asked[0]
        for index, event in enumerate(together):
            if self._same(event, data):
                self._made(event, data, call.place)
                if after > self.position:
                    # The old program may have been at work while that came.
                    self._unjudge(event, f"whether it was asked for before position {after}")
                del together[index]
                if not together:
                    self._asked.popleft()
                return event
        raise self._other(together, data, call.place)

    def cancel(self, entity_id: str, data: EventData, *, place: str = "") -> bool:
        """See `Matcher.cancel`. The old program's cancels were not recorded."""
        return self.in_prefix or super().cancel(entity_id, data, place=place)

    def end(self, data: RunCompleted | RunFailed) -> bool:
        """See `Matcher.end`."""
        recorded = self._migrated_end
        if recorded is None:
            return super().end(data)
        for event in self._unmatched.values():
            if event is not recorded:
                raise self._divergence(event, data, "")
        if not self._same_end(recorded, data):
            raise self._divergence(recorded, data, "")
        self._unmatched.pop(recorded.event_id, None)
        return True

    def carried(self, effect: str, key: str, *, scope: str) -> list[Json] | None:
        """The recorded values of what the migrated part read; None when none are recorded."""
        for event in self._scopes.get(scope, ()):
            data = event.data
            if isinstance(data, EffectRecorded) and (data.effect, data.key) == (effect, key):
                self.forget(event)
                return data.values
        return None

    def replaced(self, step_id: str, call: Call) -> WaitCreated | None:
        """The native wait that took the place of this step, if the log has it."""
        recorded = self._requests.get((call.scope, call.ordinal))
        if recorded is None or not isinstance(recorded.data, WaitCreated):
            return None
        self.forget(recorded)
        cancelled = self._cancels.get(step_id)
        if cancelled is not None:
            self.forget(cancelled)
        return recorded.data

    def misfit(self, event: Event, expected: str, actual: str) -> Divergence:
        """The divergence of code that cannot take what the log has."""
        return self._diverged(event, expected, actual, "")

    def _diverged(
        self,
        recorded: Event,
        expected: str,
        actual: str,
        place: str,
        asked: EventData | None = None,
    ) -> Divergence:
        if recorded.legacy is None:
            return super()._diverged(recorded, expected, actual, place, asked)
        return Divergence(
            run_id=self.run_id,
            position=recorded.position,
            expected=expected,
            actual=actual,
            actual_place=place or None,
            asked=asked,
            remedy=_REMEDY,
        )

    # -- comparing ------------------------------------------------------------------------

    def _made(self, event: Event, data: EventData, place: str) -> None:
        """The code made this request."""
        passed = self.outcome(event.correlation_id or "")
        if passed is not None and passed.position <= self.position:
            raise self._diverged(
                event,
                f"{told(event)} asked for before position {passed.position}",
                f"asks for it only when its {passed.type} has passed by",
                place,
            )
        self._unmatched.pop(event.event_id, None)
        self.made[event.correlation_id or ""] = event
        if isinstance(data, HookCreated) and _token(event.data) is None:
            self._unjudge(event, "the token of a hook")

    def _other(self, together: Iterable[Event], data: EventData, place: str) -> Divergence:
        """The divergence of code that asks for what none of these is."""
        recorded = list(together)
        nearest = next((e for e in recorded if self._same_name(e.data, data)), recorded[0])
        asked = f"asks for {describe(data)}"
        unbound = self._unbound(nearest.data, data)
        if unbound is not None:
            asked += f" (if that is the same step, bind it: {unbound})"
        return self._diverged(nearest, told(nearest), asked, place, data)

    def _unbound(self, recorded: EventData, asked: EventData) -> str | None:
        """How to bind a recorded step that differs from the one asked for by its name only."""
        if (
            isinstance(recorded, StepCreated)
            and isinstance(asked, StepCreated)
            and recorded.step_name not in (None, asked.step_name, *self._names)
            and arguments_alike(recorded.input, asked.input, registry=self.registry)
        ):
            return f"--map {recorded.step_name}={asked.step_name}"
        return None

    def _unjudge(self, event: Event, what: str) -> None:
        self.unjudged[f"position {event.position}: {what}"] = None

    def _same(self, event: Event, asked: EventData) -> bool:
        """Whether the old program and the code ask for the same."""
        recorded = event.data
        match recorded, asked:
            case StepCreated(), StepCreated():
                return (
                    self._same_name(recorded, asked)
                    and not asked.kwargs
                    and arguments_alike(recorded.input, asked.input, registry=self.registry)
                )
            case WaitCreated(), WaitCreated():
                return self._same_delay(event, recorded.resume_at, asked.delay)
            case StepCreated(), WaitCreated():
                return is_library_sleep(recorded.step_name) and self._same_delay(
                    event, slept_until(event), asked.delay
                )
            case HookCreated(), HookCreated():
                if recorded.token is None:
                    return True
                anonymous = asked.call is not None and (
                    self._anonymous_token(asked.call) == asked.token
                )
                return (recorded.token == asked.token or anonymous) and alike(
                    recorded.metadata, asked.metadata, registry=self.registry
                )
            case HookConflict(), HookCreated():
                return recorded.token == asked.token
            case _:
                return False

    def _same_name(self, recorded: EventData, asked: EventData) -> bool:
        if not isinstance(recorded, StepCreated) or not isinstance(asked, StepCreated):
            return False
        name = recorded.step_name
        return name is not None and asked.step_name in (name, self._names.get(name))

    def _same_delay(self, event: Event, until: datetime | None, delay_us: int | None) -> bool:
        """Whether a delay fits the moment that a wait was recorded with."""
        if until is None or delay_us is None:
            return True
        completed = self.outcome(event.correlation_id or "")
        if (
            completed is not None
            and isinstance(completed.data, WaitCompleted)
            and completed.created_at < until - timedelta(seconds=1)
        ):
            # The database's clock and the program's are apart.
            self._unjudge(event, "the delay of a wait: the clocks of the log are apart")
            return True
        until_us = to_us(until)
        counted = sorted((until_us - to_us(event.created_at), until_us - self.moment_us))
        least, most = (max(0, value) for value in counted)
        tolerance = max(DELAY_TOLERANCE_SECONDS * 1_000_000, most // 10)
        return least - tolerance <= delay_us <= most + tolerance

    def _same_end(self, event: Event, reached: RunCompleted | RunFailed) -> bool:
        unknown = (event.legacy or {}).get("unknown")
        match event.data, reached:
            case RunCompleted() as recorded, RunCompleted():
                if isinstance(unknown, list) and "output" in unknown:
                    self._unjudge(event, "the output of the run, which was not recorded")
                    return True
                return alike(recorded.output, reached.output, registry=self.registry)
            case RunFailed() as recorded, RunFailed():
                if isinstance(unknown, list) and "error" in unknown:
                    self._unjudge(event, "the error of the run, which was not recorded")
                    return True
                self._unjudge(event, "the class of the run's error; its message is the same")
                return _message(recorded.error) == _message(reached.error)
            case _:
                return False


def told(event: Event) -> str:
    """What a migrated request asked for, in words."""
    match event.data:
        case WaitCreated(resume_at=until):
            return f"a wait until {iso(until)}"
        case HookCreated(token=None):
            return "a hook"
        case _:
            return describe(event.data)


def _numbered(requests: Sequence[tuple[int, Event]]) -> bool:
    """Whether their ids are ULIDs of one generator, so that their order is that of asking."""
    keys = [key_of(event.correlation_id or "") for _, event in requests]
    return all(len(key) == _ULID_CHARACTERS for key in keys) and (
        len({key[:_TIME_CHARACTERS] for key in keys}) <= 1
    )


def _token(data: EventData) -> str | None:
    return data.token if isinstance(data, (HookCreated, HookConflict)) else None


def _message(error: Mapping[str, Json]) -> str:
    """What an error says, without the name of its class, which another language has not."""
    text = str(error.get("message", ""))
    named = _NAMED.match(text)
    return text[named.end() :] if named else text


def slept_until(event: Event) -> datetime | None:
    """When a step that was the library's sleep was to end; None if it does not say."""
    data = event.data
    assert isinstance(data, StepCreated)
    try:
        given = decode(data.input[0] if isinstance(data.input, list) and data.input else None)
    except DecodeError:
        return None
    if isinstance(given, datetime):
        return given if given.tzinfo is not None else None
    if isinstance(given, str):
        seconds = _seconds(given)
    elif isinstance(given, (int, float)) and not isinstance(given, bool):
        seconds = given / 1_000
    else:
        return None
    try:
        return None if seconds is None else event.created_at + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None


def _seconds(text: str) -> float | None:
    """A duration as v1 wrote them, `2s` or `1 day`, in seconds."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    unit = _UNITS.get(found[2].lower() or "ms")
    return None if unit is None else float(found[1]) * unit
