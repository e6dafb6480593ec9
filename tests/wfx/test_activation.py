"""One run's code over its log: deliveries, and the commands and effects that come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wfx import aio, create_hook, step, workflow
from wfx.activation import Execution
from wfx.clock import ManualClock, from_us, to_us
from wfx.context import current
from wfx.errors import (
    CorruptLog,
    Divergence,
    HookClosed,
    HookConflict,
    UnsupportedFormat,
    Violation,
)
from wfx.events import (
    Event,
    EventData,
    HookReceived,
    NewEvent,
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
from wfx.events import HookConflict as ConflictEvent
from wfx.testing.plain import PlainProgram
from wfx.world import EventResult

START = datetime(2026, 1, 1, tzinfo=UTC)
RUN = "wrun_01M00000000000000000000000"


@step(name="t:work")
async def work(number: int) -> int:
    """Never called here: steps are only asked for."""
    raise AssertionError


alive: list[Execution] = []


@pytest.fixture(autouse=True)
def _bury() -> Iterator[None]:
    """Coroutines that a test leaves behind end in it."""
    yield
    while alive:
        alive.pop().drop()


class Script:
    """An execution of one workflow, and the log it makes, written by hand."""

    def __init__(self, func: Callable[..., Any], *args: Any) -> None:
        self.clock = ManualClock(START)
        flow = workflow(func, name="t:flow")
        self.program = PlainProgram(flow, work)
        created = RunCreated(deployment_id="d", workflow_name="t:flow", input=list(args))
        self.log = [Event("evnt_0", RUN, 0, START, created)]
        self.run = self.again()

    def again(self) -> Execution:
        """A new coroutine, as after a crash."""
        run = Execution(
            self.program, self.log[0], clock=self.clock, entropy=lambda count: b"\7" * count
        )
        alive.append(run)
        return run

    def begin(self) -> list[str]:
        self.run.begin()
        return self.commit()

    def commit(self, facts: Sequence[NewEvent] = ()) -> list[str]:
        """What the code asked for goes to the log; its types."""
        batch = [*facts, *self.run.take_outbox()]
        results = [EventResult(self.append(new)) for new in batch]
        assert self.run.committed(results)
        return [new.data.type for new in batch]

    def append(self, new: NewEvent) -> Event:
        at = from_us(self.clock.now_us())
        event = Event(new.event_id, RUN, len(self.log), at, new.data, new.correlation_id)
        self.log.append(event)
        return event

    def id_of(self, kind: type[EventData], number: int = 0) -> str:
        found = [e.correlation_id for e in self.log if isinstance(e.data, kind)]
        return found[number] or ""

    def deliver(self, data: EventData, id: str | None = None) -> list[str]:
        """Somebody else's fact: into the log, read from there, and what follows from it."""
        self.append(NewEvent(data, id))
        self.run.catch_up(self.log[self.run.through + 1 :])
        return self.commit()

    def bet(self, data: EventData, id: str | None = None) -> list[str]:
        """An own fact, delivered before it is committed."""
        fact = NewEvent(data, id)
        self.run.bet([fact])
        return self.commit([fact])

    def replayed(self) -> Execution:
        """Another coroutine over the whole log."""
        run = self.again()
        run.catch_up(self.log[1:])
        assert run.take_outbox() == []
        return run

    @property
    def end(self) -> Any:
        data = self.log[-1].data
        assert isinstance(data, (RunCompleted, RunFailed)), data.type
        return data.output if isinstance(data, RunCompleted) else data.error["type"]


# -- facts --------------------------------------------------------------------------------


def test_a_fact_is_delivered_at_quiescence_and_what_follows_is_in_the_outbox() -> None:
    """Step by step: a request, its outcome, the next request."""

    async def flow() -> int:
        return await work(1) + await work(2)

    script = Script(flow)
    assert script.begin() == ["run_started", "step_created"]
    assert script.deliver(StepCompleted(result=5), script.id_of(StepCreated)) == ["step_created"]
    assert script.bet(StepCompleted(result=6), script.id_of(StepCreated, 1)) == [
        "step_completed",
        "run_completed",
    ]
    assert script.end == 11
    assert script.replayed().finished


def test_two_facts_of_one_batch_are_delivered_one_at_a_time() -> None:
    """The code sees the first before the second is there, live as in replay."""
    seen: list[int] = []

    async def flow() -> None:
        async def one(number: int) -> None:
            seen.append(await work(number))
            seen.append(-len(seen))

        await aio.gather(one(1), one(2))

    script = Script(flow)
    script.begin()
    facts = [
        NewEvent(StepCompleted(result=20), script.id_of(StepCreated, 1)),
        NewEvent(StepCompleted(result=10), script.id_of(StepCreated, 0)),
    ]
    script.run.bet(facts)
    script.commit(facts)
    assert seen == [20, -1, 10, -3]
    seen.clear()
    script.replayed()
    assert seen == [20, -1, 10, -3]


def test_an_outcome_without_a_receiver_is_passed_over() -> None:
    """PROTOCOL 9: the state of the code decides, not what the log says of the step."""

    async def flow() -> str:
        task = aio.create_task(_one(1))
        await work(2)
        task.cancel()
        await aio.gather(task, return_exceptions=True)
        return "done" if task.cancelled() else "not cancelled"

    async def _one(number: int) -> int:
        return await work(number)

    script = Script(flow)
    script.begin()
    number = 0 if _input(script, 0) == [1] else 1
    first, second = script.id_of(StepCreated, number), script.id_of(StepCreated, 1 - number)
    # The outcome of the step that is cancelled lies in the log after what cancels it.
    script.append(NewEvent(StepCompleted(result=2), second))
    script.append(NewEvent(StepCompleted(result=1), first))
    script.run.catch_up(script.log[script.run.through + 1 :])
    assert script.commit() == ["run_completed"]
    assert script.end == "done"
    script.replayed()


def test_what_lands_before_giving_up_is_committed_is_received_by_nobody() -> None:
    """PROTOCOL 9: the code had given its hook and its wait up, whatever the log says later."""

    async def flow() -> str:
        hook = create_hook("token")
        nap = aio.create_task(aio.sleep(10))
        await work(1)
        hook.dispose()
        nap.cancel()
        await work(2)
        try:
            await hook
        except HookClosed:
            return "not woken" if nap.cancelled() else "woken"
        return "received"

    script = Script(flow)
    script.begin()
    script.append(NewEvent(StepCompleted(result=1), script.id_of(StepCreated)))
    script.run.catch_up(script.log[script.run.through + 1 :])
    disposed, created, cancelled = script.run.take_outbox()
    assert cancelled.data == WaitCancelled()
    # Both come before that is in the log, so the world drops the cancel of what has ended.
    script.append(NewEvent(HookReceived(payload="x"), disposed.correlation_id))
    script.append(NewEvent(WaitCompleted(), cancelled.correlation_id))
    results = [EventResult(script.append(disposed)), EventResult(script.append(created))]

    assert not script.run.committed([*results, EventResult(None)])
    script.run.catch_up(script.log[script.run.through + 1 :])
    assert script.commit() == []
    assert script.deliver(StepCompleted(result=2), created.correlation_id) == ["run_completed"]
    assert script.end == "not woken"
    script.replayed()


def _input(script: Script, number: int) -> Any:
    created = [e.data for e in script.log if isinstance(e.data, StepCreated)]
    return created[number].input


def test_a_cancel_is_satisfied_by_an_end_past_the_present_delivery() -> None:
    """PROTOCOL 8: the world dropped the cancel, and replay must not miss it."""

    async def flow() -> str:
        try:
            async with aio.timeout(1):
                await work(1)
        except TimeoutError:
            return "late"
        return "in time"

    script = Script(flow)
    script.begin()
    step_id = script.id_of(StepCreated)
    script.append(NewEvent(WaitCompleted(), script.id_of(WaitCreated)))
    script.append(NewEvent(StepCompleted(result=1), step_id))
    script.run.catch_up(script.log[script.run.through + 1 :])
    assert script.commit() == ["run_completed"]
    assert script.end == "late"
    script.replayed()


def test_a_log_that_ends_in_facts_is_at_the_tail() -> None:
    """PROTOCOL 10: the activations after them were never committed, so commands are new."""

    async def flow() -> list[int]:
        return [await work(1), await work(2)]

    script = Script(flow)
    script.begin()
    script.append(NewEvent(StepCompleted(result=1), script.id_of(StepCreated)))
    script.run = script.again()
    script.run.catch_up(script.log[1:])
    assert script.commit() == ["step_created"]


def test_events_that_leave_a_gap_are_refused() -> None:
    """Everything but a bet comes from a read without gaps (PROTOCOL 7)."""

    async def flow() -> None:
        await work(1)

    script = Script(flow)
    script.begin()
    script.append(NewEvent(StepCompleted(result=1), script.id_of(StepCreated)))
    with pytest.raises(CorruptLog, match="position 2 was expected here"):
        script.again().catch_up([script.log[1], script.log[3]])


# -- ends ---------------------------------------------------------------------------------


def test_a_workflow_that_never_awaits_is_a_workflow() -> None:
    """It begins and ends in one activation."""

    async def flow() -> str:
        return "at once"

    script = Script(flow)
    assert script.begin() == ["run_started", "run_completed"]
    assert script.end == "at once"


def test_tasks_that_are_left_over_are_cancelled_before_the_end() -> None:
    """As asyncio.run does, and by command."""

    async def flow() -> str:
        aio.create_task(_left())
        await aio.sleep(0)
        return "done"

    async def _left() -> None:
        await work(1)

    script = Script(flow)
    assert script.begin() == ["run_started", "step_created", "step_cancelled", "run_completed"]
    script.replayed()


def test_a_workflow_that_cancels_itself_at_its_very_end_fails() -> None:
    """Its task ends cancelled; that is the run's failure, and no error of ours."""

    async def flow() -> str:
        task = aio.current_task()
        assert task is not None
        task.cancel()
        return "never seen"

    script = Script(flow)
    script.begin()
    assert script.end == "asyncio.exceptions:CancelledError"
    script.replayed()


def test_what_failed_unheard_is_told_at_the_end_and_only_once() -> None:
    """As asyncio would, but not whenever the garbage collector comes by."""

    async def flow() -> None:
        aio.create_task(_fails(), name="lost")
        await aio.sleep(0)
        await aio.sleep(0)

    async def _fails() -> None:
        raise ValueError("nobody looks")

    script = Script(flow)
    script.begin()
    [told] = script.run.take_output()
    assert told.text == "task lost failed and was never awaited: ValueError: nobody looks\n"
    assert told.stream == "stderr"
    run = script.again()
    run.catch_up(script.log[1:])
    assert run.take_output() == []


def test_a_keyboard_interrupt_stops_the_worker_and_not_the_run() -> None:
    """Ctrl-C may arrive in the middle of an activation; nothing of it gets to the log."""

    async def flow() -> None:
        raise KeyboardInterrupt

    script = Script(flow)
    with pytest.raises(KeyboardInterrupt):
        script.run.begin()
    assert [new.data.type for new in script.run.take_outbox()] == ["run_started"]


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3)])
def test_what_a_workflow_raises_is_the_runs_failure(error: BaseException) -> None:
    """SystemExit too: workflow code ends its run, never the worker."""

    async def flow() -> None:
        raise error

    script = Script(flow)
    script.begin()
    assert script.end == f"builtins:{type(error).__name__}"


# -- divergence and violation -------------------------------------------------------------


def test_another_name_or_argument_is_a_divergence_that_names_both() -> None:
    """Position, what the log says, and what the code asks for."""
    answer = [1]

    async def flow() -> None:
        await work(answer[0])

    script = Script(flow)
    script.begin()
    answer[0] = 2
    with pytest.raises(Divergence) as caught:
        script.replayed()
    assert caught.value.position == 2
    assert caught.value.expected == "step 't:work' with [1]"
    assert caught.value.actual == "asks for step 't:work' with [2]"


def test_code_that_swallows_everything_still_diverges() -> None:
    """No `except` of the workflow hides it, and nothing it does afterwards counts."""
    answer = [1]

    async def flow() -> str:
        try:
            await work(answer[0])
        except BaseException:
            await work(7)
        return "hidden"

    script = Script(flow)
    script.begin()
    answer[0] = 2
    run = script.again()
    with pytest.raises(Divergence):
        run.catch_up(script.log[1:])
    with pytest.raises(Divergence):
        run.bet([NewEvent(StepCompleted(result=1), script.id_of(StepCreated))])


def test_a_command_that_the_code_no_longer_asks_for_is_a_divergence() -> None:
    """Code that comes to rest before the log does."""
    wanted = [1, 2]

    async def flow() -> None:
        await aio.gather(*[work(number) for number in wanted])

    script = Script(flow)
    script.begin()
    wanted.pop()
    with pytest.raises(Divergence, match="does not ask for it"):
        script.replayed()


def test_a_command_that_the_code_asks_for_only_after_a_fact_is_a_divergence() -> None:
    """PROTOCOL 10: it stands before that fact, and so it was asked for without knowing it."""
    late = [False]

    async def flow() -> None:
        slept = aio.Event()

        async def nap() -> None:
            await aio.sleep(1)
            slept.set()

        async def one() -> None:
            if late[0]:
                await slept.wait()
            await work(1)

        await aio.gather(nap(), one())

    script = Script(flow)
    script.begin()
    script.deliver(WaitCompleted(), script.id_of(WaitCreated))
    late[0] = True
    with pytest.raises(Divergence, match="the log says step 't:work' with \\[1\\]"):
        script.replayed()


def test_a_value_that_the_code_does_not_observe_any_more_is_a_divergence() -> None:
    """PROTOCOL 10: code is at the tail when no effect is left either."""
    observes = [True]

    async def flow() -> None:
        hook = create_hook("token")
        await work(1)
        if observes[0]:
            _now()
        await hook

    script = Script(flow)
    script.begin()
    step_id = script.id_of(StepCreated)
    assert script.deliver(StepCompleted(result=1), step_id) == ["effect_recorded"]
    observes[0] = False
    with pytest.raises(Divergence, match="the log says a reading of the clock"):
        script.replayed()


def test_a_new_command_before_the_tail_is_a_divergence() -> None:
    """Never a fresh one: the log still holds what comes first."""
    more: list[int] = []

    async def flow() -> None:
        await aio.gather(*[work(number) for number in [1, *more]])
        await work(9)

    script = Script(flow)
    script.begin()
    script.deliver(StepCompleted(result=1), script.id_of(StepCreated))
    more.append(2)
    with pytest.raises(Divergence):
        script.replayed()


def test_a_violation_condemns_the_activation() -> None:
    """It goes through `except Exception`, and out of the delivery."""

    async def flow() -> None:
        run = current()
        assert run is not None
        try:
            run.violate(Violation("that cannot be repeated"))
        except Exception:
            return

    script = Script(flow)
    with pytest.raises(Violation, match="that cannot be repeated"):
        script.run.begin()


def test_a_newer_format_is_named_and_not_guessed() -> None:
    """Both formats stand in the message."""

    async def flow() -> None:
        return

    script = Script(flow)
    created = script.log[0].data
    assert isinstance(created, RunCreated)
    newer = RunCreated(
        deployment_id="d",
        workflow_name="t:flow",
        input=[],
        execution_context={"format": "wfx/9"},
    )
    script.log[0] = Event("evnt_0", RUN, 0, START, newer)
    with pytest.raises(UnsupportedFormat, match=r"'wfx/9'.*'wfx/1'"):
        script.again()


# -- clock and effects --------------------------------------------------------------------


def _now() -> int:
    run = current()
    assert run is not None
    return run.now_us()


def test_the_clock_is_read_once_per_activation_and_then_counts() -> None:
    """10,000 readings add one event."""

    async def flow() -> list[int]:
        return [_now() for _ in range(10_000)]

    script = Script(flow)
    assert script.begin() == ["run_started", "effect_recorded", "run_completed"]
    first = to_us(START)
    # The run was created at this very microsecond, which counts as a value given.
    assert script.end == list(range(first + 1, first + 10_001))
    script.clock.advance(timedelta(days=9))
    script.replayed()


def test_a_waits_own_reading_needs_no_effect_and_counts() -> None:
    """PROTOCOL 12: `resumeAt - delay`, live and in replay."""

    async def flow() -> list[int]:
        await aio.sleep(1)
        return [_now(), _now()]

    async def after() -> list[int]:
        task = aio.create_task(aio.sleep(1))
        await aio.sleep(0)
        seen = [_now(), _now()]
        await task
        return seen

    for func in (flow, after):
        script = Script(func)
        types = script.begin()
        wait = next(e.data for e in script.log if isinstance(e.data, WaitCreated))
        script.clock.advance(timedelta(seconds=1.5))
        script.deliver(WaitCompleted(), script.id_of(WaitCreated))
        if func is after:
            assert types == ["run_started", "wait_created"]
            reading = to_us(wait.resume_at) - 1_000_000
            assert script.end == [reading + 1, reading + 2]
        script.clock.advance(timedelta(days=1))
        script.replayed()


def test_a_reading_is_never_before_the_moment_that_was_waited_for() -> None:
    """However wrong the clock of the worker is that goes on."""

    async def flow() -> int:
        await aio.sleep(100)
        return _now()

    script = Script(flow)
    script.begin()
    script.deliver(WaitCompleted(), script.id_of(WaitCreated))  # this worker's clock stood still
    assert script.end >= to_us(START) + 100_000_000


def test_uuids_of_one_activation_are_one_event_and_come_again() -> None:
    """Each value is recorded; `make` is not called in replay."""
    made = iter("abcdef")

    async def flow() -> list[str]:
        run = current()
        assert run is not None
        first = [run.uuid(lambda: next(made)) for _ in range(3)]
        await work(1)
        return [*first, run.uuid(lambda: next(made))]

    script = Script(flow)
    assert script.begin() == ["run_started", "effect_recorded", "step_created"]
    script.deliver(StepCompleted(result=1), script.id_of(StepCreated))
    assert script.end == ["a", "b", "c", "d"]
    script.replayed()
    assert next(made) == "e"


@pytest.mark.parametrize("count", [1, 3])
def test_fewer_or_more_effects_than_recorded_are_a_divergence(count: int) -> None:
    """Before the tail, never a fresh value and never one left over."""
    draws = [2]

    async def flow() -> None:
        run = current()
        assert run is not None
        for _ in range(draws[0]):
            run.uuid(lambda: "x")
        await work(1)

    script = Script(flow)
    script.begin()
    draws[0] = count
    with pytest.raises(Divergence):
        script.replayed()


def test_seed_and_surroundings_are_read_once_per_run() -> None:
    """The first reading is recorded; later ones are remembered."""
    reads: list[str] = []

    async def flow() -> list[Any]:
        run = current()
        assert run is not None

        def read() -> str:
            reads.append("HOME")
            return "/there"

        values = [run.ambient("env", "HOME", read) for _ in range(2)]
        return [*values, run.seed().hex(), run.seed().hex()]

    script = Script(flow)
    assert script.begin() == ["run_started", "effect_recorded", "effect_recorded", "run_completed"]
    assert script.end == ["/there", "/there", "07" * 16, "07" * 16]
    script.replayed()
    assert reads == ["HOME"]


def test_output_is_kept_for_after_the_commit_and_not_repeated_by_a_replay() -> None:
    """What was written before a recorded command was shown already."""

    async def flow() -> None:
        run = current()
        assert run is not None
        run.output("one", "stdout")
        await work(1)
        run.output("two", "stderr")

    script = Script(flow)
    script.begin()
    assert [line.text for line in script.run.take_output()] == ["one"]
    run = script.again()
    run.catch_up(script.log[1:])
    assert run.take_output() == []
    run.bet([NewEvent(StepCompleted(result=1), script.id_of(StepCreated))])
    assert [(line.text, line.stream) for line in run.take_output()] == [("two", "stderr")]


# -- hooks --------------------------------------------------------------------------------


def test_payloads_that_come_early_are_kept_in_the_order_of_the_log() -> None:
    """Nobody awaits them yet."""

    async def flow() -> list[Any]:
        hook: Any = create_hook("token")
        await work(1)
        return [await hook, await hook]

    script = Script(flow)
    script.begin()
    hook_id = next(e.correlation_id for e in script.log if e.type == "hook_created")
    script.deliver(HookReceived(payload="a"), hook_id)
    script.deliver(HookReceived(payload="b"), hook_id)
    script.deliver(StepCompleted(result=1), script.id_of(StepCreated))
    assert script.end == ["a", "b"]
    script.replayed()


def test_a_payload_that_woke_a_cancelled_receiver_goes_to_the_next() -> None:
    """None is lost between two tasks of which one is cancelled in the same activation."""

    async def flow() -> Any:
        hook: Any = create_hook("token")

        async def one() -> Any:
            return await hook

        first, second = aio.create_task(one()), aio.create_task(one())
        await work(1)
        first.cancel()
        return await second

    script = Script(flow)
    script.begin()
    hook_id = next(e.correlation_id for e in script.log if e.type == "hook_created")
    script.deliver(StepCompleted(result=1), script.id_of(StepCreated))
    script.deliver(HookReceived(payload="for whoever is there"), hook_id)
    assert script.end == "for whoever is there"


def test_a_disposed_hook_ends_iteration_and_refuses_to_be_awaited() -> None:
    """`async for` ends; `await` says why."""

    async def flow() -> list[Any]:
        hook: Any = create_hook("token")

        async def collect() -> list[Any]:
            return [payload async for payload in hook]

        task = aio.create_task(collect())
        await work(1)
        hook.dispose()
        hook.dispose()
        try:
            await hook
        except HookClosed as closed:
            return [await task, str(closed)]
        raise AssertionError

    script = Script(flow)
    script.begin()
    hook_id = next(e.correlation_id for e in script.log if e.type == "hook_created")
    script.deliver(HookReceived(payload=1), hook_id)
    types = script.deliver(StepCompleted(result=1), script.id_of(StepCreated))
    assert types == ["hook_disposed", "run_completed"]
    assert script.end == [[1], "hook 'token' was disposed, so no payload will come"]
    script.replayed()


def test_a_conflict_is_delivered_at_its_own_position() -> None:
    """PROTOCOL 11: the hook is pending until then, also if the batch went on behind it."""

    async def flow() -> str:
        hook: Any = create_hook("taken")
        other = aio.create_task(_await_step())
        try:
            await hook
        except HookConflict as conflict:
            return f"{conflict.conflicting_run_id} {await other}"
        raise AssertionError

    async def _await_step() -> int:
        return await work(1)

    script = Script(flow)
    script.run.begin()
    batch = script.run.take_outbox()
    results = []
    for new in batch:
        data = new.data
        if data.type == "hook_created":
            data = ConflictEvent(token="taken", conflicting_run_id="wrun_other")
        results.append(EventResult(script.append(NewEvent(data, new.correlation_id, new.event_id))))
    assert not script.run.committed(results)
    script.run.catch_up(script.log[1:])
    assert script.commit() == []
    script.deliver(StepCompleted(result=4), script.id_of(StepCreated))
    assert script.end == "wrun_other 4"
    script.replayed()


def test_a_conflict_comes_after_what_landed_before_it() -> None:
    """PROTOCOL 11: also if the code has asked for the hook, live and in replay."""

    async def flow() -> list[str]:
        order: list[str] = []

        async def ask() -> None:
            await work(1)
            try:
                await create_hook("taken")
            except HookConflict:
                order.append("conflict")

        async def other() -> None:
            await work(2)
            order.append("outcome")

        await aio.gather(ask(), other())
        return order

    script = Script(flow)
    script.begin()
    first, second = script.id_of(StepCreated), script.id_of(StepCreated, 1)
    script.append(NewEvent(StepCompleted(result=1), first))
    script.run.catch_up(script.log[script.run.through + 1 :])
    (asked,) = script.run.take_outbox()
    script.append(NewEvent(StepCompleted(result=2), second))
    conflict = ConflictEvent(token="taken", conflicting_run_id="wrun_other")
    stored = script.append(NewEvent(conflict, asked.correlation_id, asked.event_id))

    assert not script.run.committed([EventResult(stored)])
    script.run.catch_up(script.log[script.run.through + 1 :])
    assert script.commit() == ["run_completed"]
    assert script.end == ["outcome", "conflict"]
    script.replayed()


def test_a_hook_that_is_disposed_before_its_conflict_is_told_hears_nothing() -> None:
    """The world dropped the disposal: the conflict is the end of that hook."""

    async def flow() -> str:
        hook: Any = create_hook("taken")
        await work(1)
        hook.dispose()
        await work(2)
        return "on"

    script = Script(flow)
    script.run.begin()
    hook, first = script.run.take_outbox()[1:]
    script.append(NewEvent(RunStarted()))
    script.append(NewEvent(first.data, first.correlation_id))
    # As a log may have it: the outcome lies before the conflict, the disposal nowhere.
    script.append(NewEvent(StepCompleted(result=1), first.correlation_id))
    script.append(NewEvent(ConflictEvent(token="taken"), hook.correlation_id))
    script.run = script.again()
    script.run.catch_up(script.log[1:])
    assert script.commit() == ["step_created"]


# -- a kept coroutine ---------------------------------------------------------------------


def test_a_kept_coroutine_goes_on_after_another_workers_activations() -> None:
    """PROTOCOL 7: what the other one committed is matched as in replay."""

    async def flow() -> list[Any]:
        first = await work(1)
        stamp = _now()
        second = await work(2)
        return [first, second, stamp]

    script = Script(flow)
    script.begin()
    kept = script.run
    script.run = script.replayed()  # the other worker
    script.clock.advance(timedelta(seconds=3))
    assert script.deliver(StepCompleted(result=1), script.id_of(StepCreated)) == [
        "effect_recorded",
        "step_created",
    ]
    script.run = kept
    script.clock.advance(timedelta(seconds=3))
    script.append(NewEvent(StepCompleted(result=2), script.id_of(StepCreated, 1)))
    kept.catch_up(script.log[kept.through + 1 :])
    assert script.commit() == ["run_completed"]
    assert script.end == [1, 2, to_us(START) + 3_000_000]
    script.replayed()


def test_a_dropped_coroutine_is_inert() -> None:
    """PROTOCOL 13: its `finally` blocks run, and reach nothing."""
    reached: list[str] = []

    @step(name="t:undo")
    def undo() -> None:
        reached.append("a body")

    async def flow() -> None:
        run = current()
        assert run is not None
        hook = create_hook("token")
        calls: list[Callable[[], object]] = [
            undo,
            hook.dispose,
            run.now_us,
            run.seed,
            lambda: run.uuid(lambda: "x"),
            lambda: run.patched("new"),
            lambda: create_hook("another"),
        ]
        try:
            await work(1)
        finally:
            run.output("after death", "stdout")
            for call in calls:
                try:
                    call()
                except BaseException as error:
                    reached.append(type(error).__name__)
            await work(2)

    script = Script(flow)
    script.begin()
    script.run.drop()
    assert reached == ["Dropped"] * 7
    assert script.run.take_outbox() == []
    assert script.run.take_output() == []
    assert script.run.pending_count() == 0
    assert script.run.finished


def test_a_cancelled_task_cancels_its_step_by_command() -> None:
    """And an outcome that was delivered in this very activation has won."""

    async def flow() -> str:
        task = aio.create_task(_one())
        await work(2)
        task.cancel()
        await aio.gather(task, return_exceptions=True)
        await work(3)
        return "cancelled" if task.cancelled() else "completed"

    async def _one() -> int:
        return await work(1)

    script = Script(flow)
    script.begin()
    second = next(
        e.correlation_id
        for e in script.log
        if isinstance(e.data, StepCreated) and e.data.input == [2]
    )
    assert script.deliver(StepCompleted(result=1), second) == ["step_cancelled", "step_created"]
    cancelled = next(e for e in script.log if isinstance(e.data, StepCancelled))
    assert cancelled.correlation_id != second
    assert script.run.pending_steps == {script.id_of(StepCreated, 2)}
    # Kept as a fact, delivered to nobody.
    assert script.deliver(StepFailed(error={"type": "x"}), cancelled.correlation_id) == []
    third = script.id_of(StepCreated, 2)
    script.deliver(StepCompleted(result=0), third)
    assert script.end == "cancelled"
    script.replayed()
