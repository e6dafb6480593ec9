"""
What a log says workflow code asked for, and whether the code asks for it again.

`Matcher` indexes the commands and effects of a log by `call` before anything is delivered,
and then takes the code's requests one by one. A request that the log has is checked against
it; one that the log lacks is new, but only at the tail: while the log holds a command or
effect that the code has not asked for yet, a request that it lacks is a divergence, and
never a fresh value (PROTOCOL 10).

The order counts. Within a task (a scope) it is that of the log. Between tasks, what the log
has without a fact in between was asked for side by side and may come in another order, so
that a faster neighbour changes nothing; but nothing is asked for before something that
stands before an earlier fact, and what stands before a fact is asked for before that fact
is delivered.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from wfx.codec import HOST
from wfx.errors import Divergence
from wfx.events import (
    CANCELS,
    PATCH,
    REQUESTS,
    STEP_OUTCOMES,
    Call,
    EffectRecorded,
    Event,
    EventData,
    HookConflict,
    HookCreated,
    HookDisposed,
    HookReceived,
    RunCompleted,
    RunFailed,
    RunStarted,
    StepCancelled,
    StepCreated,
    WaitCancelled,
    WaitCompleted,
    WaitCreated,
)
from wfx.ids import call_key, key_of
from wfx.sameness import same_end, same_request
from wfx.wording import value_text

if TYPE_CHECKING:
    from wfx.codec import ClassRegistry
    from wfx.values import Json

_SHOWN_CHARACTERS_MAX = 120


class Matcher:
    """The commands and effects of one run's log, and which of them were asked for again."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.registry: ClassRegistry = HOST
        """Today's classes, by which recorded values are read."""
        self._requests: dict[tuple[str, int], Event] = {}
        """Step, wait and hook creations by scope and ordinal of their call."""
        self._keyed: dict[str, Event] = {}
        """Those that the log has no call of, and conflicts, by the key of their id."""
        self._cancels: dict[str, Event] = {}
        self._scopes: dict[str, deque[Event]] = {}
        """What each scope asked for and observed, in order, as far as it is to come."""
        self._ended: set[str] = set()
        """Entities that have an end anywhere in the log (PROTOCOL 8)."""
        self._conflicts: set[str] = set()
        """Conflicts with hooks that the code asked for already."""
        self.patches: dict[str, Event] = {}
        """Recorded patches by name. They have no place in the order, and need not be asked for."""
        self._end: Event | None = None
        self._unmatched: dict[str, Event] = {}
        self._order: deque[Event] = deque()
        """The same in the order of the log; what was matched leaves when it comes to the front."""
        self._facts: list[int] = []
        """Positions of what is delivered between commands."""

    def index(self, events: Iterable[Event]) -> None:
        """Take in further events of the log, before the first of them is delivered."""
        for event in events:
            take_in = _TAKE_IN.get(type(event.data))
            if take_in is not None:
                take_in(self, event)

    def _index_request(self, event: Event) -> None:
        call: Call | None = getattr(event.data, "call", None)
        if event.correlation_id is not None and event.event_id not in self._conflicts:
            if call is None:
                self._keyed[key_of(event.correlation_id)] = event
            else:
                self._requests[call.scope, call.ordinal] = event
            self._expect(event, call)

    def _index_conflict(self, event: Event) -> None:
        if event.correlation_id is not None:
            self._ended.add(event.correlation_id)
        self._index_request(event)

    def _index_effect(self, event: Event) -> None:
        data = event.data
        assert isinstance(data, EffectRecorded)
        if data.effect == PATCH:
            self.patches.setdefault(data.key or "", event)
        else:
            self._expect(event, data.call)

    def _index_cancel(self, event: Event) -> None:
        if event.correlation_id is not None:
            self._cancels[event.correlation_id] = event
            self._ended.add(event.correlation_id)
            self._expect(event, None)

    def _index_end(self, event: Event) -> None:
        self._end = event
        self._expect(event, None)

    def _index_outcome(self, event: Event) -> None:
        if event.correlation_id is not None:
            self._ended.add(event.correlation_id)
        self._facts.append(event.position)

    def _index_fact(self, event: Event) -> None:
        self._facts.append(event.position)

    def forget(self, event: Event) -> None:
        """This was matched out of turn."""
        self._unmatched.pop(event.event_id, None)
        call = getattr(event.data, "call", None)
        if call is not None:
            self._scopes[call.scope].remove(event)

    def _expect(self, event: Event, call: Call | None) -> None:
        self._unmatched[event.event_id] = event
        self._order.append(event)
        if call is not None:
            self._scopes.setdefault(call.scope, deque()).append(event)

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
        order, unmatched = self._order, self._unmatched
        while order and order[0].event_id not in unmatched:
            order.popleft()
        return order[0] if order else None

    def overdue(self, position: int) -> Divergence | None:
        """The divergence of code that has not asked for all that stands before this fact."""
        if not self._order or self._order[0].position > position:
            return None
        first = self.first_unmatched()
        if first is None or first.position > position or first.legacy is not None:
            return None
        return self._unasked(first)

    def request(self, data: StepCreated | WaitCreated | HookCreated, call: Call) -> Event | None:
        """
        Match the creation of a step, wait or hook; None when it is new.

        Raises:
            Divergence: The log has something else at this call, or something else first.
        """
        place = call.place
        waiting = self._scopes.get(call.scope)
        first = waiting[0] if waiting else None
        recorded = self._requests.get((call.scope, call.ordinal))
        if recorded is None:
            recorded = self._without_call(call)
            if recorded is None:
                self._check_tail(data, place, first)
                return None
        elif first is not None and first is not recorded:
            raise self._divergence(first, data, place)
        if not same_request(recorded.data, data, self.registry):
            raise self._divergence(recorded, data, place)
        if first is recorded and waiting:
            waiting.popleft()
        self._matched(recorded, data, place)
        return recorded

    def _without_call(self, call: Call) -> Event | None:
        """What the log has under the id that this call leads to."""
        if not self._keyed:
            return None
        return self._keyed.get(call_key(self.run_id, call.scope, call.ordinal))

    def cancel(self, entity_id: str, data: EventData, *, place: str = "") -> bool:
        """
        Match a cancel or dispose; whether it is satisfied, so that nothing is to be written.

        Raises:
            Divergence: It is neither in the log nor at its tail.
        """
        recorded = self._cancels.get(entity_id)
        if recorded is not None and recorded.event_id in self._unmatched:
            self._matched(recorded, data, place)
            return True
        if entity_id in self._ended:
            return True
        self._check_tail(data, place, None)
        return False

    def effect(self, scope: str, effect: str, key: str | None, *, place: str) -> Event | None:
        """
        The next recorded effect of this kind in this scope; None when it is new.

        The event counts as unmatched until `consumed` is told that all its values were
        observed.

        Raises:
            Divergence: Something else comes first, in this scope or before an earlier fact.
        """
        waiting = self._scopes.get(scope)
        first = waiting[0] if waiting else None
        recorded = None if first is None else first.data
        if (
            isinstance(recorded, EffectRecorded)
            and recorded.effect == effect
            and recorded.key == key
        ):
            assert first is not None
            assert waiting is not None
            waiting.popleft()
            self._check_order(first, recorded, place)
            return first
        asked = EffectRecorded(effect=effect, key=key, values=[], call=Call(scope, 0, place))
        self._check_tail(asked, place, first)
        return None

    def consumed(self, event: Event) -> None:
        """All values of this effect were observed again."""
        self._unmatched.pop(event.event_id, None)

    def end(self, data: RunCompleted | RunFailed) -> bool:
        """
        Match the run's end; whether the log has it, so that nothing is to be written.

        Raises:
            Divergence: The log has another end, or something else before it.
        """
        recorded = self._end
        if len(self._unmatched) > (recorded is not None):
            first = next(e for e in self._unmatched.values() if e is not recorded)
            raise self._divergence(first, data, "")
        if recorded is None:
            return False
        if not same_end(recorded.data, data, self.registry):
            raise self._divergence(recorded, data, "")
        self._unmatched.pop(recorded.event_id, None)
        return True

    def leftover(self) -> Divergence | None:
        """The divergence of code that has come to rest before all was asked for."""
        first = self.first_unmatched()
        return None if first is None else self._unasked(first)

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

    def _matched(self, recorded: Event, data: EventData, place: str) -> None:
        if self._order and self._order[0] is recorded:
            self._order.popleft()
        else:
            self._check_order(recorded, data, place)
        self._unmatched.pop(recorded.event_id, None)

    def _check_order(self, recorded: Event, data: EventData, place: str) -> None:
        """Nothing overtakes what stands before an earlier fact; a conflict is a fact itself."""
        first = self.first_unmatched()
        if first is None or first is recorded or first.legacy is not None:
            return
        if isinstance(recorded.data, HookConflict):
            return
        after = bisect_left(self._facts, first.position)
        if after < len(self._facts) and self._facts[after] < recorded.position:
            raise self._divergence(first, data, place)

    def _check_tail(self, data: EventData, place: str, first: Event | None) -> None:
        first = first or self.first_unmatched()
        if first is not None:
            raise self._divergence(first, data, place)

    def _unasked(self, recorded: Event) -> Divergence:
        return self._diverged(recorded, describe(recorded.data), "does not ask for it", "")

    def _divergence(self, recorded: Event, data: EventData, place: str) -> Divergence:
        verb = "reads" if isinstance(data, EffectRecorded) else "asks for"
        text = describe(data).removeprefix("a reading of ") if verb == "reads" else describe(data)
        return self._diverged(recorded, describe(recorded.data), f"{verb} {text}", place, data)

    def _diverged(
        self,
        recorded: Event,
        expected: str,
        actual: str,
        place: str,
        asked: EventData | None = None,
    ) -> Divergence:
        call = getattr(recorded.data, "call", None)
        return Divergence(
            run_id=self.run_id,
            position=recorded.position,
            expected=expected,
            actual=actual,
            expected_place=call.place or None if call is not None else None,
            actual_place=place or None,
            asked=asked,
        )


_TAKE_IN: Final[Mapping[type[EventData], Callable[[Matcher, Event], None]]] = {
    **dict.fromkeys(REQUESTS, Matcher._index_request),
    HookConflict: Matcher._index_conflict,
    EffectRecorded: Matcher._index_effect,
    **dict.fromkeys(CANCELS, Matcher._index_cancel),
    **dict.fromkeys((RunCompleted, RunFailed), Matcher._index_end),
    **dict.fromkeys((*STEP_OUTCOMES, WaitCompleted), Matcher._index_outcome),
    **dict.fromkeys((RunStarted, HookReceived), Matcher._index_fact),
}
"""How an event is taken in; what is not here says nothing of what the code does."""


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
    return [data.input, dict(data.kwargs)] if data.kwargs else data.input


def _shown(value: Json) -> str:
    return value_text(value, _SHOWN_CHARACTERS_MAX)


def _effect_text(effect: str, key: str | None) -> str:
    return f"the {effect}" if key is None else f"{effect} {key!r}"
