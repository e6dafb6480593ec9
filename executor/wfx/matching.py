"""
What a log says workflow code asked for, and whether the code asks for it again.

`Matcher` indexes the commands and effects of a log by `call` before anything is delivered,
and then takes the code's requests one by one. A request that the log has is checked against
it; one that the log lacks is new, but only at the tail: while the log holds a command or
effect that the code has not asked for yet, a request that it lacks is a divergence, and
never a fresh value (PROTOCOL 10).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from wfx.codec import dumps, equal
from wfx.errors import Divergence
from wfx.events import (
    CANCELS,
    REQUESTS,
    STEP_OUTCOMES,
    EffectRecorded,
    Event,
    EventData,
    HookConflict,
    HookCreated,
    HookDisposed,
    RunCompleted,
    RunFailed,
    StepCancelled,
    StepCreated,
    WaitCancelled,
    WaitCompleted,
    WaitCreated,
)
from wfx.ids import key_of

if TYPE_CHECKING:
    from wfx.values import Json

_SHOWN_CHARACTERS_MAX = 200


class Matcher:
    """The commands and effects of one run's log, and which of them were asked for again."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self._requests: dict[str, Event] = {}
        """Step, wait and hook creations by the key of their call."""
        self._cancels: dict[str, Event] = {}
        self._effects: dict[tuple[str, str], deque[Event]] = {}
        """Effects by (scope, effect), in order."""
        self._ended: set[str] = set()
        """Entities that have an end anywhere in the log (PROTOCOL 8)."""
        self._conflicts: set[str] = set()
        """Conflicts with hooks that the code asked for already."""
        self._end: Event | None = None
        self._unmatched: dict[str, Event] = {}

    def index(self, events: Iterable[Event]) -> None:
        """Take in further events of the log, before the first of them is delivered."""
        for event in events:
            data = event.data
            id = event.correlation_id
            if isinstance(data, HookConflict) and id is not None:
                self._ended.add(id)
            if isinstance(data, (*REQUESTS, HookConflict)):
                if id is not None and event.event_id not in self._conflicts:
                    self._requests[key_of(id)] = event
                    self._unmatched[event.event_id] = event
            elif isinstance(data, EffectRecorded):
                key = (data.call.scope, data.effect)
                self._effects.setdefault(key, deque()).append(event)
                self._unmatched[event.event_id] = event
            elif isinstance(data, CANCELS):
                if id is not None:
                    self._cancels[id] = event
                    self._ended.add(id)
                    self._unmatched[event.event_id] = event
            elif isinstance(data, (RunCompleted, RunFailed)):
                self._end = event
                self._unmatched[event.event_id] = event
            elif id is not None and isinstance(data, (*STEP_OUTCOMES, WaitCompleted)):
                self._ended.add(id)

    def expect_conflict(self, event: Event) -> None:
        """The world answered a hook that the code asked for with this conflict."""
        if event.correlation_id is not None:
            self._ended.add(event.correlation_id)
        self._conflicts.add(event.event_id)

    @property
    def at_tail(self) -> bool:
        """Whether every command and effect of the log was asked for."""
        return not self._unmatched

    def first_unmatched(self) -> Event | None:
        """The earliest command or effect that the code has not asked for yet."""
        # A dictionary that was emptied from the front is slow to find that out by iterating.
        return next(iter(self._unmatched.values())) if self._unmatched else None

    def request(self, key: str, data: EventData, *, place: str) -> Event | None:
        """
        Match the creation of a step, wait or hook; None when it is new.

        Raises:
            Divergence: The log has something else at this call, or something else first.
        """
        recorded = self._requests.get(key)
        if recorded is None:
            self._check_tail(data, place)
            return None
        if not _same_request(recorded.data, data):
            raise self._divergence(recorded, data, place)
        self._unmatched.pop(recorded.event_id, None)
        return recorded

    def cancel(self, entity_id: str, data: EventData, *, place: str = "") -> bool:
        """
        Match a cancel or dispose; whether it is satisfied, so that nothing is to be written.

        Raises:
            Divergence: It is neither in the log nor at its tail.
        """
        recorded = self._cancels.get(entity_id)
        if recorded is not None and recorded.event_id in self._unmatched:
            del self._unmatched[recorded.event_id]
            return True
        if entity_id in self._ended:
            return True
        self._check_tail(data, place)
        return False

    def effect(self, scope: str, effect: str, key: str | None, *, place: str) -> Event | None:
        """
        The next recorded effect of this kind in this scope; None when it is new.

        The event counts as unmatched until `consumed` is told that all its values were
        observed.

        Raises:
            Divergence: Another key was observed then, or something else comes first.
        """
        recorded = self._effects.get((scope, effect))
        if not recorded:
            wanted = f"reads {_effect_text(effect, key)}"
            first = self.first_unmatched()
            if first is not None:
                raise self._diverged(first, describe(first.data), wanted, place)
            return None
        event = recorded[0]
        assert isinstance(event.data, EffectRecorded)
        if event.data.key != key:
            raise self._diverged(
                event, describe(event.data), f"reads {_effect_text(effect, key)}", place
            )
        return event

    def consumed(self, event: Event) -> None:
        """All values of this effect were observed again."""
        assert isinstance(event.data, EffectRecorded)
        self._effects[event.data.call.scope, event.data.effect].popleft()
        self._unmatched.pop(event.event_id, None)

    def end(self, data: RunCompleted | RunFailed) -> bool:
        """
        Match the run's end; whether the log has it, so that nothing is to be written.

        Raises:
            Divergence: The log has another end, or something else before it.
        """
        recorded = self._end
        others = [e for e in self._unmatched.values() if e is not recorded]
        if others:
            raise self._divergence(others[0], data, "")
        if recorded is None:
            return False
        if not _same_end(recorded.data, data):
            raise self._divergence(recorded, data, "")
        self._unmatched.pop(recorded.event_id, None)
        return True

    def leftover(self) -> Divergence | None:
        """The divergence of code that has come to rest before all was asked for."""
        first = self.first_unmatched()
        if first is None:
            return None
        return self._diverged(first, describe(first.data), "does not ask for it", "")

    def unobserved(self, event: Event, seen: int) -> Divergence:
        """The divergence of an activation that observed fewer values than recorded."""
        assert isinstance(event.data, EffectRecorded)
        effect = _effect_text(event.data.effect, event.data.key)
        return self._diverged(
            event,
            f"{len(event.data.values)} values of {effect}",
            f"observes {seen} of them",
            "",
        )

    def _check_tail(self, data: EventData, place: str) -> None:
        first = self.first_unmatched()
        if first is not None:
            raise self._divergence(first, data, place)

    def _divergence(self, recorded: Event, data: EventData, place: str) -> Divergence:
        return self._diverged(
            recorded, describe(recorded.data), f"asks for {describe(data)}", place
        )

    def _diverged(self, recorded: Event, expected: str, actual: str, place: str) -> Divergence:
        call = getattr(recorded.data, "call", None)
        return Divergence(
            run_id=self.run_id,
            position=recorded.position,
            expected=expected,
            actual=actual,
            expected_place=call.place or None if call is not None else None,
            actual_place=place or None,
        )


def _same_request(recorded: EventData, asked: EventData) -> bool:
    """Whether kind, name and arguments are those recorded."""
    match recorded, asked:
        case StepCreated(), StepCreated():
            return (
                recorded.step_name == asked.step_name
                and equal(recorded.input, asked.input)
                and equal(_object(recorded.kwargs), _object(asked.kwargs))
            )
        case WaitCreated(), WaitCreated():
            return recorded.delay == asked.delay
        case HookCreated(), HookCreated():
            return recorded.token == asked.token and equal(recorded.metadata, asked.metadata)
        case HookConflict(), HookCreated():
            return recorded.token == asked.token
        case _:
            return False


def _object(kwargs: dict[str, Json] | None) -> Json:
    return kwargs or {}


def _same_end(recorded: EventData, reached: RunCompleted | RunFailed) -> bool:
    """Whether output or error are those recorded; traceback texts may differ."""
    match recorded, reached:
        case RunCompleted(), RunCompleted():
            return equal(recorded.output, reached.output)
        case RunFailed(), RunFailed():
            return equal(_without_stacks(recorded.error), _without_stacks(reached.error))
        case _:
            return False


def _without_stacks(error: Json) -> Json:
    if isinstance(error, dict):
        return {key: _without_stacks(value) for key, value in error.items() if key != "stack"}
    if isinstance(error, list):
        return [_without_stacks(item) for item in error]
    return error


# -- in words -----------------------------------------------------------------------------


def describe(data: EventData) -> str:
    """A command or effect as a divergence names it: kind, name and arguments."""
    match data:
        case StepCreated():
            return f"step {data.step_name!r} with {_shown(_arguments(data))}"
        case WaitCreated():
            return "a wait" if data.delay is None else f"a wait of {data.delay / 1e6:g} s"
        case HookCreated() | HookConflict():
            return f"a hook with token {data.token!r}"
        case StepCancelled():
            return "the cancelling of a step"
        case WaitCancelled():
            return "the cancelling of a wait"
        case HookDisposed():
            return "the disposal of a hook"
        case RunCompleted():
            return f"the end of the run with {_shown(data.output)}"
        case RunFailed():
            error = data.error
            return f"the failure of the run with {error.get('type')}: {error.get('message')}"
        case EffectRecorded():
            return f"a reading of {_effect_text(data.effect, data.key)}"
        case _:
            return data.type


def _arguments(data: StepCreated) -> Json:
    return [data.input, data.kwargs] if data.kwargs else data.input


def _shown(value: Json) -> str:
    text = dumps(value)
    if len(text) <= _SHOWN_CHARACTERS_MAX:
        return text
    return text[:_SHOWN_CHARACTERS_MAX] + " …"


def _effect_text(effect: str, key: str | None) -> str:
    return f"the {effect}" if key is None else f"{effect} {key!r}"
