"""
One run under one claim: read the log, run the code over it, append what follows.

`Runner.advance` is the only path by which commands and effects get into a log. It is a
writing: it yields what is to be appended, see `wfx.workers.appending`. It keeps the writers'
protocol: own facts first and in the order delivered, then whole activations; facts
alone and each judged singly when a batch is refused; an append without an answer repeated
unchanged; no body started before the commit that holds its `step_started`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from wfx.activation import Execution, Output, Watched
from wfx.activation_legacy import execution_of
from wfx.divergence.explaining import explain
from wfx.errors import (
    AlreadyExists,
    CorruptLog,
    Divergence,
    EntityGone,
    LeaseLost,
    NotFound,
    PositionConflict,
    RunGone,
    UnsupportedFormat,
    Violation,
    WorldUnavailable,
)
from wfx.events import (
    RUN_ENDS,
    NewEvent,
    StepCancelled,
    StepCreated,
    StepStarted,
)
from wfx.frozen import maker, quick
from wfx.workers.appending import Answer, Writing
from wfx.world import Append, EventResult, Hold, ParkReason, World

if TYPE_CHECKING:
    from wfx.clock import Clock
    from wfx.events import Event
    from wfx.program import Program
    from wfx.values import Json

_REBUILDS_MAX = 50
"""Rebuilds of one advance; each needs another writer's append, so this is far off."""

_REFUSED = (AlreadyExists, EntityGone, LeaseLost, RunGone, NotFound, PositionConflict)


class Standing(Enum):
    """Where a run stands after an advance."""

    SUSPENDED = "suspended"
    """It waits for a step, a payload or a moment."""
    ENDED = "ended"
    PARKED = "parked"
    LOST = "lost"
    """Somebody else holds its claim now."""


@quick
@dataclass(frozen=True, slots=True)
class Fact:
    """An outcome of a step that this process executed, and the claim that entitles to it."""

    event: NewEvent
    hold: Hold


@quick
@dataclass(frozen=True, slots=True)
class Begin:
    """A step whose `step_started` is committed: its body may start now."""

    step_id: str
    hold: Hold
    attempt: int
    failures: int
    step_name: str
    args: list[Json]
    kwargs: dict[str, Json]


_make_append = maker(Append)
_make_begin = maker(Begin)
_make_event = maker(NewEvent)
_FIRST: Final = StepStarted(attempt=1)


@dataclass(slots=True)
class Advance:
    """What an advance led to."""

    standing: Standing = Standing.SUSPENDED
    begins: list[Begin] = field(default_factory=list)
    cancelled_steps: list[str] = field(default_factory=list)
    """Steps given up by command: their bodies should end."""
    appended: list[Event] = field(default_factory=list)
    output: list[Output] = field(default_factory=list)
    error: BaseException | None = None
    """Why the run was parked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a runner gets from outside."""

    clock: Clock
    entropy: Callable[[int], bytes]
    take_slots: Callable[[str, str, int], int]
    """(step name, queue, wanted) -> how many may start here now; takes the slots."""
    give_slots: Callable[[int], None]
    """Give back slots whose steps did not begin after all."""
    watched: Watched | None = None
    """Where a supervisor sees what is being activated."""


class Runner:
    """
    Drives one run.

    Args:
        hold: The claim on the run's task.
    """

    def __init__(
        self,
        world: World,
        program: Program,
        run_id: str,
        hold: Hold,
        surroundings: Surroundings,
    ) -> None:
        self.world = world
        self.program = program
        self.run_id = run_id
        self.hold = hold
        self._around = surroundings
        self._execution: Execution | None = None
        self._must_read = True
        self._unstarted: dict[str, StepCreated] = {}
        """Steps this coroutine asked for that did not start with their creation."""
        self.beginning = 0
        """How many of the steps that the code awaits begin with the append that is under way."""

    @property
    def execution(self) -> Execution | None:
        """The live coroutine, if there is one."""
        return self._execution

    @property
    def through(self) -> int:
        """The last position read and delivered."""
        return -1 if self._execution is None else self._execution.through

    def pending_steps(self) -> int:
        """How many steps the code awaits."""
        return 0 if self._execution is None else self._execution.pending_count()

    def asked_for(self, step_id: str) -> StepCreated | None:
        """What this coroutine asked for under this id, if no attempt of it began here."""
        return self._unstarted.get(step_id)

    def reclaimed(self, hold: Hold) -> None:
        """Go on under a new claim: the log is read before anything else (PROTOCOL 7)."""
        self.hold = hold
        self._must_read = True

    def drop(self) -> None:
        """Drop the coroutine; the log has all that matters."""
        if self._execution is not None:
            self._execution.drop()
            self._execution = None
        self._unstarted.clear()
        self._must_read = True

    def note(self, results: Sequence[EventResult]) -> None:
        """Own bookkeeping was appended beside the runner, so the log is longer now."""
        stored = [result.event for result in results if result.event is not None]
        if self._execution is None or not stored:
            return
        gap = stored[0].position != self._execution.through + 1
        if self._must_read or gap or any(event.data.delivered for event in stored):
            self._must_read = True
        else:
            self._execution.committed(results)

    def advance(
        self, facts: Sequence[Fact] = (), *, news: bool = False, elsewhere: bool = False
    ) -> Writing[Advance]:
        """
        Take the run as far as it goes now; nothing else may be done with it until the end.

        Args:
            facts: Outcomes of steps executed here, not yet in the log.
            news: Somebody else may have appended: read the log first.
            elsewhere: Steps of this run may execute in other processes, so a bet would
                often be lost: facts are committed first.

        Raises:
            WorldUnavailable: The world does not answer; what was not acknowledged is
                found in the log, or asked for again, when the run is resumed.
        """
        out = Advance()
        self._must_read = self._must_read or news or (elsewhere and bool(facts))
        try:
            yield from self._until_answered(list(facts), out)
        except BaseException:
            # What it asked for and is not in the log would never be asked for again. Bodies
            # whose starts are in the log will not begin here: their attempts count as lost.
            self.drop()
            self._around.give_slots(len(out.begins))
            raise
        return out

    def _until_answered(self, pending: list[Fact], out: Advance) -> Writing[None]:
        """Advance, again after each refusal that only says that somebody else was first."""
        for _ in range(_REBUILDS_MAX):
            try:
                yield from self._advance(pending, out)
            except (PositionConflict, AlreadyExists, EntityGone, NotFound) as refusal:
                # A lost bet, or a neighbour's refusal: facts alone, then again from the log.
                self.drop()
                yield from self._append_facts(pending, out)
                pending = []
                if not (isinstance(refusal, NotFound) and refusal.what == "run"):
                    continue
                out.standing = Standing.ENDED  # and it was deleted since
            except LeaseLost:
                self.drop()
                yield from self._append_facts(pending, out)
                out.standing = Standing.LOST
            except RunGone:
                self.drop()
                yield from self._append_facts(pending, out)
                out.standing = Standing.ENDED
            except (Divergence, Violation, CorruptLog, UnsupportedFormat) as error:
                self.drop()
                yield from self._append_facts(pending, out)
                self._park(error, out)
            return
        raise WorldUnavailable(
            url=self.world.url,
            reason=f"{_REBUILDS_MAX} appends to {self.run_id} in a row were refused",
            remedy="Another process writes to this run all the time; stop it and resume.",
        )

    # -- inside an advance ----------------------------------------------------------------

    def _advance(self, pending: list[Fact], out: Advance) -> Writing[None]:
        if self._must_read:
            # Not caught up: commit facts first, and what follows from them next.
            begun = len(out.appended)
            yield from self._append_facts(pending, out)
            pending.clear()
            if not self._take_in(out.appended[begun:]) and self._read(out):
                return
        execution = self._execution
        assert execution is not None
        if pending:
            execution.bet([fact.event for fact in pending])
        while True:
            if not (yield from self._commit(pending, execution, out)):
                pending.clear()
                self._must_read = True
                if self._read(out):
                    return
                continue
            pending.clear()
            if out.appended and isinstance(out.appended[-1].data, RUN_ENDS):
                out.standing = Standing.ENDED
            return

    def _take_in(self, own: Sequence[Event]) -> bool:
        """
        Deliver own facts from the answer to their append; whether they are all there was.

        Positions are dense, so an answer that goes on where the last read ended is what a
        read would give.
        """
        execution = self._execution
        if execution is None or not own or own[0].position != execution.through + 1:
            return False
        if own[-1].position != execution.through + len(own):
            return False
        self._must_read = False
        execution.catch_up(own)
        return True

    def _read(self, out: Advance) -> bool:
        """Deliver what the log has beyond `through`; whether the run has ended."""
        if self._execution is None:
            events = self.world.events.list(self.run_id)
            if not events:
                raise NotFound(what="run", id=self.run_id)
            self._execution = execution_of(
                self.program,
                events[0],
                clock=self._around.clock,
                entropy=self._around.entropy,
                watched=self._around.watched,
            )
            events = events[1:]
        else:
            events = self.world.events.list(self.run_id, self._execution.through + 1)
        self._must_read = False
        if any(isinstance(event.data, RUN_ENDS) for event in events):
            out.standing = Standing.ENDED
            return True
        self._execution.catch_up(events)
        if not self._execution.started:
            # Nobody has begun this run: its start is the first thing this writer does.
            self._execution.begin()
        return False

    def _commit(self, pending: Sequence[Fact], execution: Execution, out: Advance) -> Writing[bool]:
        """Append what is new; whether the log went on without gaps."""
        commands = execution.take_outbox()
        if not pending and not commands:
            out.output.extend(execution.take_output())
            return True
        batch = [fact.event for fact in pending]
        slots = self.beginning = self._add_with_starts(commands, batch)
        fence = [self.hold, *[fact.hold for fact in pending]]
        begun = len(out.begins)
        try:
            answer = yield _make_append(self.run_id, batch, execution.through, fence)
            self._collect(answer, out)
        finally:
            self.beginning = 0
            self._around.give_slots(slots - (len(out.begins) - begun))
        out.output.extend(execution.take_output())
        return execution.committed(answer.results)

    def _add_with_starts(self, commands: Sequence[NewEvent], batch: list[NewEvent]) -> int:
        """
        Put `step_started` behind each new step that a free slot here can take.

        Returns:
            How many were put.
        """
        begins = 0
        given_up = {e.correlation_id for e in commands if type(e.data) is StepCancelled}
        for event in commands:
            batch.append(event)
            data, step_id = event.data, event.correlation_id
            if (
                isinstance(data, StepCreated)
                and step_id not in given_up
                and data.step_name is not None
                and self._around.take_slots(data.step_name, data.queue or "default", 1)
            ):
                batch.append(_make_event(_FIRST, step_id))
                begins += 1
        return begins

    def _collect(self, answer: Answer, out: Advance) -> None:
        unstarted = self._unstarted
        if not self.pending_steps():
            unstarted.clear()
        for result in answer.results:
            event = result.event
            if event is None:
                continue
            out.appended.append(event)
            data, step_id = event.data, event.correlation_id
            if step_id is None or data.delivered:
                continue
            if isinstance(data, StepCreated):
                unstarted[step_id] = data
            elif isinstance(data, StepCancelled):
                out.cancelled_steps.append(step_id)
            elif isinstance(data, StepStarted):
                # It stands behind the creation of its step, in the same append.
                asked = unstarted.pop(step_id)
                # A repeat tells what is stored, not whether the claim made then still holds.
                if not answer.repeated or self._still_held(step_id):
                    out.begins.append(
                        _make_begin(
                            step_id=step_id,
                            hold=(step_id, 1),
                            attempt=1,
                            failures=0,
                            step_name=asked.step_name or "",
                            args=asked.input if isinstance(asked.input, list) else [asked.input],
                            kwargs=asked.kwargs or {},
                        )
                    )

    def _still_held(self, step_id: str) -> bool:
        task = self.world.queue.get(step_id)
        mine = self.world.queue.get(self.run_id)
        return (
            task is not None
            and mine is not None
            and task.fence == 1
            and task.owner is not None
            and task.owner == mine.owner
        )

    def _append_facts(self, facts: Sequence[Fact], out: Advance) -> Writing[None]:
        """Append facts alone, each judged for itself; those nobody can use are let go."""
        if not facts:
            return
        self._must_read = True
        try:
            answer = yield Append(
                self.run_id, [fact.event for fact in facts], None, [fact.hold for fact in facts]
            )
        except _REFUSED:
            if len(facts) > 1:
                # One of them is refused: not the others because of it (PROTOCOL 3).
                half = len(facts) // 2
                yield from self._append_facts(facts[:half], out)
                yield from self._append_facts(facts[half:], out)
            return
        out.appended.extend(r.event for r in answer.results if r.event is not None)

    def _park(
        self,
        error: Divergence | Violation | CorruptLog | UnsupportedFormat,
        out: Advance,
    ) -> None:
        out.standing, out.error = Standing.PARKED, error
        if isinstance(error, Divergence):
            self._explain(error)
        reason = {Divergence: ParkReason.DIVERGENCE, Violation: ParkReason.VIOLATION}.get(
            type(error), ParkReason.HELD
        )
        try:
            self.world.queue.park(self.hold, reason, report(error), self.program.digest)
        except LeaseLost:
            out.standing = Standing.LOST

    def _explain(self, divergence: Divergence) -> None:
        """Make the report that is stored with the parked run."""
        log = self.world.events.list(self.run_id)
        explain(self.program, log, divergence, watched=self._around.watched)


def report(error: BaseException) -> dict[str, Json]:
    """Why a run is parked, for people (`message`) and programs."""
    shown: dict[str, Json] = {"message": str(error), "code": getattr(error, "code", "error")}
    if isinstance(error, Divergence) and error.report is not None:
        shown.update(error.report.to_json())
    elif isinstance(error, Violation):
        shown.update(rule=error.rule, place=error.place, remedy=error.remedy)
    return shown
