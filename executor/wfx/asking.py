"""
What workflow code asks for and observes, against its log.

`Asking` is the side of a run's execution that its code faces: each request, cancel and effect
is matched with what the log has; what the log does not have yet goes to the outbox, in the
order it was made. Code that asks for something else than recorded is condemned: nothing it
does from then on counts, whatever it catches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NoReturn

from wfx.authoring import caller_place
from wfx.errors import CorruptLog, Divergence, Dropped, Violation
from wfx.events import (
    Call,
    EffectRecorded,
    Event,
    HookCreated,
    HookDisposed,
    NewEvent,
    StepCancelled,
    StepCreated,
    WaitCancelled,
    WaitCreated,
)
from wfx.frozen import maker
from wfx.ids import CallKeys
from wfx.matching import Matcher

if TYPE_CHECKING:
    from wfx.loop import DeterministicLoop
    from wfx.values import Json

_make_call = maker(Call)
_make_event = maker(NewEvent)


class Asking:
    """
    One run's code and its log.

    Args:
        run_id: The run.
    """

    _loop: DeterministicLoop
    """Where the code runs; whoever drives it sets it."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.outbox: list[NewEvent] = []
        """New commands and effects, in the order made."""
        self.condemned: BaseException | None = None
        """Why nothing that the code does counts any more."""
        self._matcher = Matcher(run_id)
        self._keys = CallKeys(run_id)

    def take_outbox(self) -> list[NewEvent]:
        """The new commands and effects, in the order made."""
        outbox, self.outbox = self.outbox, []
        return outbox

    def _check(self) -> None:
        """Nothing may happen in a condemned activation, whatever the code caught."""
        if self.condemned is not None:
            raise self.condemned

    def _condemn(self, reason: BaseException) -> NoReturn:
        self.condemned = self.condemned or reason
        self._loop.condemn(self.condemned)
        # Not the divergence itself, which an `except Exception` of the workflow would catch.
        raise reason if isinstance(reason, Violation) else Dropped(str(reason))

    def violate(self, violation: Violation) -> NoReturn:
        """See `RunContext.violate`."""
        self._condemn(violation)

    def _refuse(self, text: str) -> NoReturn:
        """What the loop does not do."""
        self._condemn(Violation(text, place=caller_place()))

    def _next_call(self, place: str) -> Call:
        """The call that is made here and now."""
        self._check()
        scope = self._loop.current_scope()
        return _make_call(scope.path, scope.next_ordinal(), place)

    def _request(
        self,
        prefix: Literal["step", "wait", "hook"],
        asked: StepCreated | WaitCreated | HookCreated,
        call: Call,
    ) -> tuple[str, StepCreated | WaitCreated | HookCreated]:
        """Ask for an entity by a call: its id, and its creation as the log has it."""
        try:
            recorded = self._matcher.request(asked, call)
        except Divergence as divergence:
            self._condemn(divergence)
        if recorded is None:
            entity_id = f"{prefix}_{self._keys.take(call.scope, call.ordinal)}"
            self.outbox.append(_make_event(asked, entity_id))
            return entity_id, asked
        assert recorded.correlation_id is not None  # the matcher takes in no others
        data = recorded.data
        if isinstance(data, (StepCreated, WaitCreated, HookCreated)):
            return recorded.correlation_id, data
        return recorded.correlation_id, asked

    def _cancel(self, entity_id: str, data: StepCancelled | WaitCancelled | HookDisposed) -> None:
        self._check()
        try:
            satisfied = self._matcher.cancel(entity_id, data, place=caller_place())
        except Divergence as divergence:
            self._condemn(divergence)
        if not satisfied:
            self.outbox.append(NewEvent(data, entity_id))

    def _take(self, effect: str, key: str | None) -> tuple[Event, list[Json]] | None:
        """The recorded effect that comes next in this scope, or None at the tail."""
        scope = self._loop.current_scope().path
        place = caller_place()
        try:
            event = self._matcher.effect(scope, effect, key, place=place)
        except Divergence as divergence:
            self._condemn(divergence)
        if event is None:
            return None
        assert isinstance(event.data, EffectRecorded)
        if not event.data.values:
            raise CorruptLog(
                where=f"{self.run_id} position {event.position}",
                reason=f"effect {effect} has no values",
            )
        return event, event.data.values

    def _record(self, effect: str, key: str | None, values: list[Json]) -> None:
        call = Call(self._loop.current_scope().path, 0, caller_place())
        self.outbox.append(
            NewEvent(EffectRecorded(effect=effect, key=key, values=values, call=call))
        )
