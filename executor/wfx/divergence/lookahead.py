"""
What today's code asks for from a divergence on, beside what the log has.

The code is run once more, by an execution that forgives: what it asks for is looked up a
few requests ahead in the log; what is not found is taken for new and, where that is known
without inventing values, answered, so that one can see what comes next. What the log has
and the code passes over is taken for removed. Nothing that is found out here decides
anything: it only tells people what was probably changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wfx.activation import Execution
from wfx.clock import StillClock, from_us
from wfx.divergence.report import Mark
from wfx.errors import Divergence, Dropped, Violation, WfxError
from wfx.events import (
    REQUESTS,
    Call,
    EffectRecorded,
    Event,
    EventData,
    HookConflict,
    HookCreated,
    RunCompleted,
    RunFailed,
    StepCompleted,
    StepCreated,
    WaitCompleted,
    WaitCreated,
)
from wfx.matching import Matcher
from wfx.sameness import same_end, same_request, same_value

if TYPE_CHECKING:
    from wfx.activation import Watched
    from wfx.program import Program
    from wfx.values import Json

_WINDOW: Final = 8
"""How far ahead in its scope a request is looked for."""
_BEFORE: Final = 3
"""Rows before the first difference that are kept."""
_AFTER: Final = 12
"""And those from it on."""
_ANSWERS_MAX: Final = 20
"""Facts that are made up, or delivered late, before it ends."""


@dataclass(slots=True)
class Aligned:
    """One command or effect: of the log, of the code, or of both."""

    mark: Mark
    recorded: Event | None = None
    asked: EventData | None = None
    place: str | None = None
    moved: bool = False
    """A removed one that the code asks for later."""


@dataclass(slots=True)
class Ahead:
    """What was seen."""

    before: deque[Aligned]
    """The last commands and effects on which log and code agree."""
    rows: list[Aligned]
    """From the first difference on."""
    places: set[tuple[str, str]]
    """(what, place) of all that both ask for, before the difference."""
    open: bool = False
    """The code waits for something that only a real run would bring."""


def look_ahead(
    program: Program,
    log: Sequence[Event],
    *,
    watched: Watched | None = None,
) -> Ahead:
    """Run the program's code over a log that it diverges from, and see how."""

    def look(reach: int) -> Ahead:
        return _looked(_Forgiving(program, log, reach, watched=watched))

    looks = [look(_WINDOW)]
    first = looks[0].rows
    if any(row.moved for row in first):
        # It came back to what it had passed over: perhaps a step was taken for another one
        # that only has its name.
        looks.append(look(1))
    if {Mark.CHANGED, Mark.ADDED} <= {row.mark for row in first}:
        # Perhaps what was taken for a changed one is new, and the one that it was taken for
        # came after it.
        looks.append(look(0))
    return min(looks, key=_changes)


def _changes(ahead: Ahead) -> int:
    return sum(row.mark is not Mark.SAME for row in ahead.rows)


def _looked(execution: _Forgiving) -> Ahead:
    try:
        # Whatever goes wrong from here on goes wrong in made-up circumstances.
        with suppress(WfxError, Violation, Dropped):
            execution.go()
        return execution.seen()
    finally:
        execution.drop()


class _Forgiving(Execution):
    """See the module's text."""

    def __init__(
        self,
        program: Program,
        log: Sequence[Event],
        reach: int,
        *,
        watched: Watched | None,
    ) -> None:
        clock = StillClock(log[-1].created_at)
        super().__init__(program, log[0], clock=clock, entropy=bytes, watched=watched)
        self._log = log
        self._aligner = _Aligner(self, reach)
        self._matcher = self._aligner
        self._aligner.index(log[1:])
        self.results = _results(log)

    def go(self) -> None:
        """Deliver the log's facts, and answer what is not in it."""
        answers = 0
        with self._entered, self._inside:
            for event in self._log[1:]:
                if not event.data.delivered:
                    continue
                self._aligner.come_to(event.position)
                self._deliver(event)
                while self._aligner.answers and answers < _ANSWERS_MAX:
                    answers += 1
                    self._deliver(self._aligner.answers.popleft())
                if self.finished:
                    return

    def seen(self) -> Ahead:
        """What was seen, with what the code had not come to."""
        return self._aligner.seen(finished=self.finished)

    def fresh(self, data: EventData) -> EventData:
        """A request as a log would have it."""
        if isinstance(data, WaitCreated):
            return replace(data, resume_at=from_us(self._last_us + 1 + (data.delay or 0)))
        return data

    def same(self, recorded: EventData, asked: EventData) -> bool:
        """Whether both ask for the same."""
        if (
            isinstance(recorded, HookCreated)
            and isinstance(asked, HookCreated)
            and self._is_anonymous(recorded)
            and self._is_anonymous(asked)
        ):
            asked = replace(asked, token=recorded.token)
        if isinstance(recorded, EffectRecorded) and isinstance(asked, EffectRecorded):
            return (recorded.effect, recorded.key) == (asked.effect, asked.key)
        return same_request(recorded, asked, self.registry)

    def alike(self, recorded: EventData, asked: EventData) -> bool:
        """Whether it is the same step with other arguments, or one that is called otherwise."""
        if not isinstance(recorded, StepCreated) or not isinstance(asked, StepCreated):
            return False
        if recorded.step_name == asked.step_name:
            return True
        return (
            recorded.step_name not in self.program.steps
            and same_value(recorded.input, asked.input, self.registry)
            and same_value(recorded.kwargs or {}, asked.kwargs or {}, self.registry)
        )

    def _is_anonymous(self, hook: HookCreated) -> bool:
        return hook.call is not None and hook.token == self._anonymous_token(hook.call)

    def guess(self, data: EventData) -> Json | None:
        """What an added step would return, encoded in a list, if that is known."""
        if not isinstance(data, StepCreated) or data.step_name is None:
            return None
        if data.step_name in self.results:
            return [self.results[data.step_name]]
        spec = self.program.steps.get(data.step_name)
        return [None] if spec is not None and spec.signature.returns_nothing else None


class _Aligner(Matcher):
    """The matcher of an execution that forgives: it never refuses, and takes notes."""

    def __init__(self, execution: _Forgiving, reach: int) -> None:
        super().__init__(execution.run_id)
        self._reach = reach
        """Among how many that come next one is looked for that is only alike."""
        self.position = 0
        """Of the fact that is being delivered."""
        self.answers: deque[Event] = deque()
        """Facts to deliver that the log does not have, or has had already."""
        self._execution = execution
        self._before: deque[Aligned] = deque(maxlen=_BEFORE)
        self._rows: list[Aligned] = []
        self._places: set[tuple[str, str]] = set()
        self._skipped: dict[str, Aligned] = {}
        self._passed: dict[str, list[Event]] = {}
        self._made = 0
        self._last: dict[str, EventData] = {}
        """What each scope asked for last: the same once more is something new."""
        self._open = False

    @property
    def at_tail(self) -> bool:
        """Never, so that nothing that the code prints is shown."""
        return False

    def index(self, events: Iterable[Event]) -> None:
        """See `Matcher.index`."""
        events = list(events)
        super().index(events)
        for event in events:
            if event.data.delivered and event.correlation_id is not None:
                self._passed.setdefault(event.correlation_id, []).append(event)

    def come_to(self, position: int) -> None:
        """A fact is delivered next: what stands before it and was not asked for is not."""
        self.position = position
        if self._open:
            return  # nobody can tell what it would ask for
        while (first := self.first_unmatched()) is not None and first.position < position:
            self._scopes_without(first)
            self._pass_over([first])

    def _scopes_without(self, event: Event) -> None:
        call = getattr(event.data, "call", None)
        waiting = None if call is None else self._scopes.get(call.scope)
        if waiting is not None and event in waiting:
            waiting.remove(event)

    def request(self, data: StepCreated | WaitCreated | HookCreated, call: Call) -> Event | None:
        """See `Matcher.request`."""
        conflict = self._without_call(call)
        if conflict is not None and isinstance(conflict.data, HookConflict):
            self._unmatched.pop(conflict.event_id, None)
            self._note(Mark.SAME, conflict, data, call.place)
            return conflict
        found = self._found(call.scope, data, call.place)
        if found is not None:
            self._redeliver(found)
            return found
        self._made += 1
        made = self._execution.fresh(data)
        prefix = data.type.partition("_")[0]
        id = f"{prefix}_ahead{self._made}"
        event = Event(
            f"evnt_ahead{self._made}",
            self.run_id,
            self.position,
            self._execution.created_at,
            made,
            id,
        )
        if isinstance(data, WaitCreated):
            self._answer(id, WaitCompleted())
        elif isinstance(data, StepCreated):
            result = self._execution.guess(data)
            if isinstance(result, list):
                self._answer(id, StepCompleted(result=result[0]))
            else:
                self._open = True
        else:
            self._open = True
        return event

    def effect(self, scope: str, effect: str, key: str | None, *, place: str) -> Event | None:
        """See `Matcher.effect`."""
        asked = EffectRecorded(effect=effect, key=key, values=[], call=Call(scope, 0, place))
        return self._found(scope, asked, place)

    def cancel(self, entity_id: str, data: EventData, *, place: str = "") -> bool:
        """See `Matcher.cancel`."""
        recorded = self._cancels.get(entity_id)
        if recorded is not None and recorded.event_id in self._unmatched:
            self._unmatched.pop(recorded.event_id)
            self._note(Mark.SAME, recorded, data, place)
        elif entity_id not in self._ended and "_ahead" not in entity_id:
            self._note(Mark.ADDED, None, data, place)
        return True

    def end(self, data: RunCompleted | RunFailed) -> bool:
        """See `Matcher.end`."""
        recorded = self._end
        if recorded is None:
            self._note(Mark.ADDED, None, data, None)
            return True
        self._pass_over([e for e in self._unmatched.values() if e is not recorded])
        same = same_end(recorded.data, data, self.registry)
        self._unmatched.pop(recorded.event_id, None)
        self._note(Mark.SAME if same else Mark.CHANGED, recorded, data, None)
        return True

    def seen(self, *, finished: bool) -> Ahead:
        """What was seen. What the code did not come to, though it waits for nothing new, it
        does not ask for."""
        stuck = self._open and not finished
        if not stuck:
            with suppress(Divergence):
                self._pass_over(list(self._unmatched.values()))
        return Ahead(self._before, self._rows, self._places, open=stuck)

    # -- finding --------------------------------------------------------------------------

    def _found(self, scope: str, data: EventData, place: str) -> Event | None:
        """The recorded event that this is; None when it is new."""
        waiting = self._scopes.get(scope, deque())
        if waiting and self._execution.same(waiting[0].data, data):
            return self._take(waiting, 0, Mark.SAME, data, place)
        effect = isinstance(data, EffectRecorded)
        near = list(waiting)[:_WINDOW]
        if effect:
            # An effect is small news: whole steps are not passed over for it.
            stop = next((i for i, e in enumerate(near) if isinstance(e.data, REQUESTS)), _WINDOW)
            near = near[:stop]
        for index, event in enumerate(near):
            if self._execution.same(event.data, data):
                return self._take(waiting, index, Mark.SAME, data, place)
        for event_id, row in self._skipped.items():
            skipped = row.recorded
            if skipped is not None and self._execution.same(skipped.data, data):
                del self._skipped[event_id]
                row.moved = True
                self._note(Mark.MOVED, skipped, data, place)
                return skipped
        again = self._last.get(scope)
        if not effect and (again is None or not self._execution.same(again, data)):
            for index, event in enumerate(near[: self._reach]):
                alike = index == 0 and type(event.data) is type(data) and not _is_step(data)
                if alike or self._execution.alike(event.data, data):
                    return self._take(waiting, index, Mark.CHANGED, data, place)
        self._last[scope] = data
        self._note(Mark.ADDED, None, data, place)
        return None

    def _take(
        self, waiting: deque[Event], index: int, mark: Mark, data: EventData, place: str
    ) -> Event:
        self._pass_over([waiting[i] for i in range(index)])
        for _ in range(index):
            waiting.popleft()
        event = waiting.popleft()
        self._last[_scope_of(data)] = data
        self._unmatched.pop(event.event_id, None)
        self._note(mark, event, data, place)
        return event

    def _pass_over(self, events: Iterable[Event]) -> None:
        for event in events:
            self._unmatched.pop(event.event_id, None)
            self._skipped[event.event_id] = self._note(Mark.REMOVED, event, None, None)

    def _note(
        self, mark: Mark, recorded: Event | None, asked: EventData | None, place: str | None
    ) -> Aligned:
        row = Aligned(mark, recorded, asked, place or None)
        if mark is Mark.SAME and not self._rows:
            self._before.append(row)
            if asked is not None and place:
                self._places.add((_what(asked), place))
            return row
        if len(self._rows) >= _AFTER:
            # What the execution knows how to end by, whatever the code catches.
            raise Divergence(run_id=self.run_id, position=0, expected="enough", actual="goes on")
        self._rows.append(row)
        return row

    # -- answering ------------------------------------------------------------------------

    def _answer(self, id: str, data: EventData) -> None:
        self.answers.append(
            Event(f"evnt_{id}", self.run_id, self.position, self._execution.created_at, data, id)
        )

    def _redeliver(self, request: Event) -> None:
        """Facts that have passed by before the code asked for what they are about."""
        for event in self._passed.get(request.correlation_id or "", ()):
            if event.position <= self.position:
                self.answers.append(event)

    def unobserved(self, event: Event, seen: int) -> Divergence:
        """See `Matcher.unobserved`. It ends the look ahead."""
        if not self._rows:
            self._rows.append(Aligned(Mark.CHANGED, event, event.data))
        return super().unobserved(event, seen)


def _scope_of(data: EventData) -> str:
    """The task that asked for this."""
    call = getattr(data, "call", None)
    return "" if call is None else str(call.scope)


def _is_step(data: EventData) -> bool:
    return isinstance(data, StepCreated)


def _what(data: EventData) -> str:
    return data.step_name or "" if isinstance(data, StepCreated) else data.type


def _results(log: Sequence[Event]) -> dict[str, Json]:
    """A recorded result of each step, by name."""
    names = {
        event.correlation_id: event.data.step_name
        for event in log
        if isinstance(event.data, StepCreated)
    }
    found: dict[str, Json] = {}
    for event in log:
        name = names.get(event.correlation_id)
        if isinstance(event.data, StepCompleted) and name is not None:
            found.setdefault(name, event.data.result)
    return found
