"""
One run's workflow code, alive: deliveries go in, commands and effects come out.

An `Activation` is what the code does from one delivery until its loop is quiescent again.
`Execution` holds the coroutine between activations and its place in the log. Running live
and replaying are the same calls: `catch_up` takes what a read of the log gave and delivers
the facts in it one at a time, in the order of their positions; `bet` delivers the writer's
own facts before they are committed. What the code asks for on the way and the log does not
have yet is in `outbox`, in the order it was made.

Nothing here reads a clock, a database or the environment but through what it was given.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from wfx.authoring import caller_place
from wfx.clock import Clock, from_us, to_us
from wfx.codec import HOST, decode, decode_error, dumps, encode, encode_error, encode_items
from wfx.context import entered
from wfx.errors import (
    CorruptLog,
    Dropped,
    HookConflict,
    UnsupportedFormat,
    Violation,
)
from wfx.events import (
    FORMAT,
    Call,
    Event,
    HookCreated,
    HookDisposed,
    HookReceived,
    NewEvent,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunFailed,
    RunStarted,
    StepCancelled,
    StepCompleted,
    StepCreated,
    StepFailed,
    WaitCancelled,
    WaitCompleted,
    WaitCreated,
)
from wfx.events import HookConflict as HookConflictEvent
from wfx.frozen import maker
from wfx.loop import DeterministicLoop
from wfx.observing import Observing
from wfx.receiving import OpenHook

if TYPE_CHECKING:
    from wfx.codec import ClassRegistry
    from wfx.program import Program, StepSpec
    from wfx.values import Json
    from wfx.world import EventResult

T = TypeVar("T")
_make_event = maker(Event)
_make_step_created = maker(StepCreated)
Stream = Literal["stdout", "stderr"]


@dataclass(frozen=True, slots=True)
class Output:
    """Text that workflow code wrote for the person at the terminal."""

    text: str
    stream: Stream


class Watched(Protocol):
    """Where a supervisor sees what is being activated."""

    def enter(self, run_id: str, seconds_max: float) -> None:
        """An activation of this run begins, which may take so long."""
        ...

    def leave(self) -> None:
        """It came to rest."""
        ...


class Execution(Observing):
    """
    The live coroutine of a run. It is also the run's `RunContext`.

    Args:
        program: Where the run's workflow is.
        created: The run's `run_created` event.
        clock: Where fresh readings come from.
        entropy: Where a fresh seed comes from.
        watched: Is told when an activation begins and ends.
    """

    def __init__(
        self,
        program: Program,
        created: Event,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        watched: Watched | None = None,
    ) -> None:
        if not isinstance(created.data, RunCreated):
            raise CorruptLog(
                where=f"{created.run_id} position {created.position}",
                reason=f"a log begins with run_created, not with {created.type}",
            )
        check_format(created)
        self._created_us = to_us(created.created_at)
        super().__init__(created.run_id, self._created_us, clock=clock, entropy=entropy)
        self.program = program
        self.created_at: datetime = created.created_at
        self.activation = 0
        self.registry: ClassRegistry = HOST
        self.state: dict[str, object] = {}
        self.through = created.position
        """Everything up to this position of the log has been delivered."""
        self.output_lines: list[Output] = []
        self.started = False
        """Whether `run_started` was delivered."""
        self.finished = False

        self._created = created.data
        self._watched = watched
        self._known: set[str] = set()
        self._steps: dict[str, asyncio.Future[StepCompleted | StepFailed]] = {}
        self._hooks: dict[str, OpenHook] = {}
        self._waits: dict[str, _Wait] = {}
        self._moments: list[tuple[int, str]] = []
        """A heap of when waits end; those that ended already are passed over."""
        self._root: asyncio.Task[RunCompleted | RunFailed] | None = None
        # The calls that the loop refuses are put into the class by a table.
        self._loop = DeterministicLoop(self, refuse=self._refuse)  # type: ignore[abstract]  # see above
        self._entered, self._inside = entered(self), self._loop.inside()

    # -- what a runner does ---------------------------------------------------------------

    @property
    def unjudged(self) -> list[str]:
        """What the code observed and no record says, in words: only in migrated logs."""
        return []

    @property
    def pending_steps(self) -> frozenset[str]:
        """Steps whose outcome the code awaits."""
        return frozenset(self._steps)

    def pending_count(self) -> int:
        """How many steps the code awaits."""
        return len(self._steps)

    @property
    def open_hooks(self) -> list[str]:
        """Tokens of hooks that somebody awaits."""
        return [hook.token for hook in self._hooks.values() if hook.waiting]

    @property
    def next_wait_us(self) -> int | None:
        """The earliest moment the code waits for, in microseconds since the epoch."""
        while self._moments and self._moments[0][1] not in self._waits:
            heapq.heappop(self._moments)
        return self._moments[0][0] if self._moments else None

    def catch_up(self, events: Sequence[Event]) -> None:
        """
        Deliver what a read of the log from `through` + 1 on gave, without gaps.

        Raises:
            Divergence: The code does not do what the log says it did.
            Violation: The code did what cannot be made reproducible.
            CorruptLog: The events do not continue the log.
        """
        expected = self.through + 1
        for event in events:
            if event.position != expected:
                raise CorruptLog(
                    where=f"{self.run_id} position {event.position}",
                    reason=f"position {expected} was expected here",
                )
            expected += 1
        known, matcher = self._known, self._matcher
        matcher.index([e for e in events if e.event_id not in known] if known else events)
        cancelled = False
        with self._entered, self._inside:
            for event in events:
                data = event.data
                if type(data) is RunCancelled:
                    self._check_asked(event.position)
                    self.finished = cancelled = True
                if data.delivered and event.event_id not in known:
                    self._check_asked(event.position)
                    self._deliver(event)
                if known:
                    known.discard(event.event_id)
                self.through = event.position
        if events and not cancelled:
            divergence = matcher.leftover()
            if divergence is not None:
                raise divergence

    def begin(self) -> None:
        """
        Begin the run: `run_started` is delivered and heads the outbox.

        Raises:
            Divergence, Violation: As `catch_up`.
        """
        start = NewEvent(RunStarted())
        self.outbox.append(start)
        self.bet([start])

    def bet(self, facts: Sequence[NewEvent]) -> None:
        """
        Deliver own facts before they are committed, in this order.

        Raises:
            Divergence, Violation: As `catch_up`.
        """
        with self._entered, self._inside:
            for fact in facts:
                event = _make_event(
                    event_id=fact.event_id,
                    run_id=self.run_id,
                    position=self.through + 1,
                    created_at=self.created_at,
                    data=fact.data,
                    correlation_id=fact.correlation_id,
                )
                self._known.add(fact.event_id)
                self._deliver(event)

    def committed(self, results: Sequence[EventResult]) -> bool:
        """
        Take note of where the appended events stand.

        Returns:
            Whether the log continues without gaps: if not, somebody else's events lie
            between, and the next thing to do is a read of the log.
        """
        position = self.through
        for result in results:
            event = result.event
            if event is None:
                continue
            position += 1
            if event.position != position or type(event.data) is HookConflictEvent:
                self._read_back([r.event for r in results if r.event is not None])
                return False
        self.through = position
        self._known.clear()
        return True

    def _read_back(self, stored: Sequence[Event]) -> None:
        """What is ours is passed over when the log is read from `through` on."""
        for event in stored:
            if isinstance(event.data, HookConflictEvent):
                self._known.discard(event.event_id)
                self._matcher.expect_conflict(event)
            else:
                self._known.add(event.event_id)

    def take_output(self) -> list[Output]:
        """What the code wrote, to be shown after the commit of its activation."""
        lines, self.output_lines = self.output_lines, []
        return lines

    def drop(self) -> None:
        """Make what is left inert: nothing it does from now on is observable."""
        self.finished = True
        self.condemned = self.condemned or Dropped("this coroutine was dropped")
        self.outbox = []
        self.output_lines = []
        with entered(self):  # else a step that a `finally` block calls would be a plain call
            self._loop.drop()
        self._steps.clear()
        self._hooks.clear()
        self._waits.clear()
        self._moments.clear()

    # -- deliveries -----------------------------------------------------------------------

    def _check_asked(self, position: int) -> None:
        """Whatever stands before this fact was asked for before it came."""
        if not self.finished:
            divergence = self._matcher.overdue(position)
            if divergence is not None:
                raise divergence

    def _deliver(self, event: Event) -> None:
        """Deliver one fact, in the run, and run the code until it is quiescent."""
        if self.finished:
            return
        self._clock_read = False
        self.activation += 1
        if self._watched is not None:
            self._watched.enter(self.run_id, self.program.activation_seconds)
        try:
            self._receive(event)
            self._loop.run_until_quiescent()
        finally:
            if self._watched is not None:
                self._watched.leave()
        self._check()
        if self._fresh or self._recorded:
            self._end_uuids()
        if self._root is not None and self._root.done():
            self._end(self._outcome(self._root))

    def _outcome(self, root: asyncio.Task[RunCompleted | RunFailed]) -> RunCompleted | RunFailed:
        """What the workflow came to; it may have cancelled its own task at the very end."""
        try:
            return root.result()
        except asyncio.CancelledError as error:
            return RunFailed(error=encode_error(error, registry=self.registry))

    def _receive(self, event: Event) -> None:
        """Hand the fact to whoever awaits it; without a receiver it is passed over."""
        data, id = event.data, event.correlation_id or ""
        match data:
            case StepCompleted() | StepFailed():
                outcome = self._steps.pop(id, None)
                if outcome is not None and not outcome.done():
                    outcome.set_result(data)
            case RunStarted():
                if not self.started:
                    self.started = True
                    self._root = self._loop.start(self._main())
            case WaitCompleted():
                wait = self._waits.pop(id, None)
                if wait is not None:
                    self._floor_us = max(self._floor_us, wait.resume_us)
                    wait.fire()
            case HookReceived():
                hook = self._hooks.get(id)
                if hook is not None:
                    hook.put(data.payload)
            case HookConflictEvent():
                hook = self._hooks.get(id)
                if hook is not None:
                    hook.refuse(HookConflict(data.token, data.conflicting_run_id))
            case _:
                raise AssertionError(f"{data.type} is not delivered")

    async def _main(self) -> RunCompleted | RunFailed:
        """The workflow; the loop then ends whatever it left running."""
        try:
            instance = self.program.instantiate(self)
            self.registry = self._matcher.registry = instance.registry
            output = await instance.call(
                self._created.workflow_name,
                _as_list(self._created.input),
                self._created.kwargs or {},
            )
        except (Violation, Dropped, GeneratorExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            return RunFailed(error=encode_error(error, registry=self.registry))
        return RunCompleted(output=output)

    def _end(self, end: RunCompleted | RunFailed) -> None:
        """The root task is done, and with it the run."""
        self._tell_unheard()
        if not self._matcher.end(end):
            self.outbox.append(NewEvent(end))
        self.finished = True

    def _tell_unheard(self) -> None:
        """Say what failed beside the workflow and nobody looked at, as asyncio does."""
        with entered(None):  # how an error of the code's own is written is no part of the run
            self._tell_errors()

    def _tell_errors(self) -> None:
        for error, where in self._loop.callback_errors:
            self.output(f"{where}: {type(error).__name__}: {error}\n", "stderr")
        for task in self._loop.unretrieved():
            raised = task.exception()
            failed = f"task {task.get_name()} failed and was never awaited"
            self.output(f"{failed}: {type(raised).__name__}: {raised}\n", "stderr")

    # -- requests of workflow code --------------------------------------------------------

    def call_step(
        self, spec: StepSpec, args: tuple[object, ...], kwargs: dict[str, object], place: str
    ) -> Coroutine[Any, Any, object]:
        """See `RunContext.call_step`."""
        self._check()
        return self._step(spec, args, kwargs, place)

    async def _step(
        self, spec: StepSpec, args: tuple[object, ...], kwargs: dict[str, object], place: str
    ) -> object:
        positional, named = spec.signature.bind(args, kwargs)
        inputs = encode_items(positional, registry=self.registry, path="input")
        keywords: dict[str, Json] = {}
        for name, value in named.items():
            keywords[name] = encode(value, registry=self.registry, path=f"input.{name}")
        options = spec.options
        key = None if options.key is None else _key_of(spec, options.key, inputs, keywords)
        call = self._next_call(place)
        asked = _make_step_created(
            step_name=spec.name,
            input=inputs,
            kwargs=keywords or None,
            queue=None if options.queue == "default" else options.queue,
            key=key,
            priority=options.priority,
            call=call,
        )
        step_id, _ = self._request("step", asked, call)
        future: asyncio.Future[StepCompleted | StepFailed] = self._loop.create_future()
        self._steps[step_id] = future
        try:
            outcome = await future
        except asyncio.CancelledError:
            # An outcome that was delivered in this very activation has won.
            if future.cancelled() and self._steps.pop(step_id, None) is not None:
                self._cancel(step_id, StepCancelled())
            raise
        if isinstance(outcome, StepFailed):
            raise decode_error(outcome.error, registry=self.registry)
        return decode(outcome.result, registry=self.registry, path=f"result of {spec.name}")

    def create_hook(
        self,
        token: str | None,
        schema: dict[str, Json] | None,
        metadata: object,
        place: str,
    ) -> OpenHook:
        """See `RunContext.create_hook`."""
        shown = encode(metadata, registry=self.registry, path="metadata")

        call = self._next_call(place)
        asked = HookCreated(
            token=self._anonymous_token(call) if token is None else token,
            schema=schema,
            metadata=shown,
            call=call,
        )
        hook_id, created = self._request("hook", asked, call)
        assert isinstance(created, HookCreated)
        hook = OpenHook(self, hook_id, created.token or "")
        self._hooks[hook_id] = hook
        return hook

    def create_future(self) -> asyncio.Future[Any]:
        """A future of the run's loop."""
        return self._loop.create_future()

    def _anonymous_token(self, call: Call) -> str:
        """Derived, so that a rebuilt coroutine asks for the same hook."""
        text = f"{self.run_id}\0{call.scope}\0{call.ordinal}\0token"
        return sha256(text.encode()).hexdigest()[:32]

    def dispose_hook(self, hook_id: str) -> None:
        """Give a hook's token up; called by its handle."""
        if self._hooks.pop(hook_id, None) is not None:
            self._cancel(hook_id, HookDisposed())

    # -- timers (wfx.loop.Timers) ---------------------------------------------------------

    def monotonic_us(self) -> int:
        """A clock reading relative to the run's creation."""
        return self.now_us() - self._created_us

    def start(self, delay_us: int, fire: Callable[[], None]) -> str:
        """Request a durable wait; `fire` is called when it completes."""
        call = self._next_call(caller_place())
        asked = WaitCreated(delay=delay_us, resume_at=from_us(0), call=call)
        wait_id, created = self._request("wait", asked, call)
        assert isinstance(created, WaitCreated)
        fresh = bool(self.outbox) and self.outbox[-1].data is created
        if fresh:
            # The wait carries its own reading (PROTOCOL 12): no effect is recorded for it.
            reading = self._next_reading(None)
            resume_us = reading + delay_us
            self.outbox[-1] = replace(
                self.outbox[-1], data=replace(created, resume_at=from_us(resume_us))
            )
        else:
            resume_us = to_us(created.resume_at)
            self._next_reading(resume_us - delay_us)
        self._waits[wait_id] = _Wait(resume_us, fire)
        heapq.heappush(self._moments, (resume_us, wait_id))
        return wait_id

    def due_us(self, token: object) -> int:
        """When a wait ends, relative to the run's creation."""
        return self._waits[str(token)].resume_us - self._created_us

    def cancel(self, token: object) -> None:
        """Cancel a wait that has not fired."""
        wait_id = str(token)
        if self._waits.pop(wait_id, None) is not None:
            self._cancel(wait_id, WaitCancelled())

    # -- effects --------------------------------------------------------------------------

    def output(self, text: str, stream: Stream) -> None:
        """See `RunContext.output`."""
        if self.condemned is None and self._matcher.at_tail:
            self.output_lines.append(Output(text, stream))


@dataclass(slots=True)
class _Wait:
    resume_us: int
    fire: Callable[[], None]


def check_format(created: Event) -> None:
    """
    Check that this wfx knows the format a run was recorded in.

    Raises:
        UnsupportedFormat: If it is another one; it names both.
    """
    assert isinstance(created.data, RunCreated)
    found = (created.data.execution_context or {}).get("format", FORMAT)
    if found != FORMAT:
        raise UnsupportedFormat(
            found=str(found), supported=FORMAT, where=f"the log of {created.run_id}"
        )


def _as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _key_of(
    spec: StepSpec, name: str, inputs: Sequence[Json], keywords: Mapping[str, Json]
) -> str | None:
    """What limits per key count a step under; None when its argument was left out."""
    index = spec.signature.index_of(name)
    if index is not None and index < len(inputs):
        value = inputs[index]
    elif name in keywords:
        value = keywords[name]
    else:
        return None
    return value if isinstance(value, str) else dumps(value)
