"""A migrated log, which has no calls: what it says was asked for, and what code may ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Any, Final
from uuid import UUID

import pytest
from pydantic import BaseModel

from wfx import aio, create_hook, patched, step, workflow
from wfx.activation import Execution
from wfx.activation_legacy import LegacyExecution, execution_of
from wfx.alike import alike, arguments_alike
from wfx.binding import bound, is_library_sleep
from wfx.clock import ManualClock, from_us
from wfx.codec import encode
from wfx.context import current
from wfx.errors import Divergence
from wfx.events import (
    EffectRecorded,
    Event,
    EventData,
    HookCreated,
    HookReceived,
    NewEvent,
    RunCompleted,
    RunCreated,
    RunFailed,
    RunStarted,
    StepCompleted,
    StepCreated,
    StepFailed,
    StepStarted,
    WaitCompleted,
    WaitCreated,
)
from wfx.matching_legacy import slept_until
from wfx.replay import VerdictKind, replay
from wfx.testing.plain import PlainProgram
from wfx.world import EventResult

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
LATER: Final = START + timedelta(days=400)
RUN: Final = "wrun_01M00000000000000000000000"
OLD: Final = "workflow//flows.ts//flow"
ADD: Final = "step//flows.ts//add"
SLEEP: Final = "step//node_modules/workflow/dist/stdlib.js//sleep"
NAMES: Final = {OLD: "t:flow", ADD: "t:add"}


class Receipt(BaseModel):
    """What a port makes of an object."""

    id: int
    note: str | None = None


class Color(StrEnum):
    """An enum of a port."""

    RED = "red"


@dataclass
class Point:
    """A dataclass of a port."""

    x: float
    y: float


@step(name="t:add")
async def add(*numbers: int) -> int:
    """Never called here."""
    raise AssertionError


@step(name="t:pay")
async def pay(what: object) -> Receipt:
    """Never called here."""
    raise AssertionError


def step_id(number: int, kind: str = "step") -> str:
    """As v1 numbers what its code asks for."""
    return f"{kind}_01M0000000{number:016d}"


alive: list[Execution] = []


@pytest.fixture(autouse=True)
def _bury() -> Iterator[None]:
    """Coroutines that a test leaves behind end in it."""
    yield
    while alive:
        alive.pop().drop()


def log_of(
    *happened: tuple[EventData, str | None],
    names: dict[str, str] | None = None,
    input: Sequence[Any] = (),
    seconds: float = 1,
) -> list[Event]:
    """
    A migrated log: run_created, run_started and these, one `seconds` after the other.

    A step that ends has begun right before.
    """
    context: Any = {"legacy": {"format": "v1", "names": NAMES if names is None else names}}
    begin = RunCreated(
        deployment_id="d", workflow_name=OLD, input=list(input), execution_context=context
    )
    return [
        Event(
            *(f"evnt_{n}", RUN, n, START + timedelta(seconds=seconds * n), data, id),
            legacy={"source": f"events/{n}.json"},
        )
        for n, (data, id) in enumerate([(begin, None), (RunStarted(), None), *_begun(happened)])
    ]


def _begun(
    happened: Sequence[tuple[EventData, str | None]],
) -> Iterator[tuple[EventData, str | None]]:
    for data, id in happened:
        if isinstance(data, (StepCompleted, StepFailed)):
            yield StepStarted(attempt=1), id
        yield data, id


def asked(number: int, *input: Any, name: str = ADD) -> tuple[EventData, str]:
    return StepCreated(step_name=name, input=list(input), call=None), step_id(number)


def done(number: int, result: Any) -> tuple[EventData, str]:
    return StepCompleted(result=result), step_id(number)


def ended(output: Any) -> tuple[EventData, None]:
    return RunCompleted(output=output), None


def program_of(func: Callable[..., Any]) -> PlainProgram:
    return PlainProgram(workflow(func, name="t:flow"), add, pay)


def verdict(func: Callable[..., Any], log: list[Event]) -> Any:
    found = replay(program_of(func), log)
    return found.kind if found.divergence is None else found.divergence


class Script:
    """A migrated run that goes on: its log, written by hand."""

    def __init__(self, func: Callable[..., Any], log: list[Event]) -> None:
        self.clock = ManualClock(LATER)
        self.program = program_of(func)
        self.log = log
        self.run = self.again()

    def again(self) -> Execution:
        """A new coroutine that has replayed the whole log."""
        run = execution_of(self.program, self.log[0], clock=self.clock, entropy=lambda n: b"\7" * n)
        alive.append(run)
        run.catch_up(self.log[1:])
        return run

    def commit(self) -> list[str]:
        """What the code asked for goes to the log; its types."""
        batch = self.run.take_outbox()
        assert self.run.committed([EventResult(self.append(new)) for new in batch])
        return [new.data.type for new in batch]

    def append(self, new: NewEvent) -> Event:
        at = from_us(self.clock.now_us())
        event = Event(new.event_id, RUN, len(self.log), at, new.data, new.correlation_id)
        self.log.append(event)
        return event

    def deliver(self, data: EventData, id: str) -> list[str]:
        self.append(NewEvent(data, id))
        self.run.catch_up(self.log[self.run.through + 1 :])
        return self.commit()

    def replays(self) -> None:
        """Another coroutine over the whole log asks for nothing new."""
        run = self.again()
        assert run.take_outbox() == []


# -- requests -----------------------------------------------------------------------------


async def two_sums() -> int:
    return await add(await add(1, 2), 3)


TWO_SUMS: Final = (asked(1, 1, 2), done(1, 3), asked(2, 3, 3), done(2, 6), ended(6))


def test_a_finished_run_is_matched_by_name_and_arguments_in_the_order_asked() -> None:
    """No event of it has a call."""
    assert verdict(two_sums, log_of(*TWO_SUMS)) is VerdictKind.MATCH


def test_a_native_run_gets_the_ordinary_execution() -> None:
    """Nothing of this is on the way of a run that was begun here."""
    created = RunCreated(deployment_id="d", workflow_name="t:flow", input=[], execution_context={})
    event = Event("evnt_0", RUN, 0, START, created)
    made = execution_of(program_of(two_sums), event, clock=ManualClock(START), entropy=bytes)
    alive.append(made)
    assert type(made) is Execution


def test_other_arguments_are_a_divergence_that_names_both() -> None:
    """The message has the recorded name and the port's, and what to do."""

    async def wrong() -> int:
        return await add(await add(1, 2), 4)

    found = verdict(wrong, log_of(*TWO_SUMS))
    assert str(found).startswith(
        f"{RUN} diverged at position 5: the log says step '{ADD}' with [3, 3], "
        "the code asks for step 't:add' with [3, 4]. This run was migrated: change the port"
    )


def test_a_step_that_is_not_bound_is_a_divergence_that_says_how_to_bind_it() -> None:
    """The name differs, and nothing else."""
    found = verdict(two_sums, log_of(*TWO_SUMS, names={OLD: "t:flow"}))
    assert found.actual == (
        f"asks for step 't:add' with [1, 2] (if that is the same step, bind it: --map {ADD}=t:add)"
    )


def test_names_that_the_port_pins_need_no_binding() -> None:
    """`@step(name=…)` with the recorded name is the same step."""

    @step(name=ADD)
    async def pinned(*numbers: int) -> int:
        raise AssertionError

    async def flow() -> int:
        return await pinned(await pinned(1, 2), 3)

    program = PlainProgram(workflow(flow, name=OLD), pinned)
    assert replay(program, log_of(*TWO_SUMS, names={})).kind is VerdictKind.MATCH


def test_a_swapped_order_is_a_divergence_at_once() -> None:
    """The first thing the old program asked for is what the code must ask for first."""

    async def swapped() -> int:
        await add(3, 3)
        return await add(1, 2)

    found = verdict(swapped, log_of(*TWO_SUMS))
    assert (found.position, found.actual) == (2, "asks for step 't:add' with [3, 3]")


def test_what_was_asked_for_together_may_be_asked_for_in_another_order() -> None:
    """The old runtime and asyncio order the turns of tasks differently."""

    async def flow() -> int:
        second, first = await aio.gather(add(2), add(1))
        return first + second

    log = log_of(asked(1, 1), asked(2, 2), done(1, 10), done(2, 20), ended(30))
    assert verdict(flow, log) is VerdictKind.MATCH


def test_ids_of_one_generator_tell_the_order_where_the_log_does_not() -> None:
    """v1 writes what it asks for at the same time in any order."""

    async def flow() -> int:
        first, second = await aio.gather(add(1), add(1))
        return first - second

    log = log_of(asked(2, 1), asked(1, 1), done(1, 10), done(2, 20), ended(-10))
    assert verdict(flow, log) is VerdictKind.MATCH


def test_asking_only_when_the_outcome_has_passed_is_a_divergence() -> None:
    """The code would wait for ever for an outcome that was passed over."""

    async def one_by_one() -> int:
        return await add(1) + await add(2)

    log = log_of(asked(1, 1), asked(2, 2), done(2, 20), done(1, 10), ended(30))
    found = verdict(one_by_one, log)
    assert (found.position, found.expected) == (
        3,
        f"step '{ADD}' with [2] asked for before position 5",
    )


def test_asking_earlier_than_the_log_shows_is_told() -> None:
    """The log cannot say it: the old program may have been at work while the fact came."""

    async def at_once() -> int:
        first, second = await aio.gather(add(1), add(2))
        return first + second

    log = log_of(asked(1, 1), done(1, 10), asked(2, 2), done(2, 20), ended(30))
    found = replay(program_of(at_once), log)
    assert (found.kind, found.unjudged) == (
        VerdictKind.MATCH,
        ["position 5: whether it was asked for before position 4"],
    )


def test_a_step_the_port_leaves_out_is_a_divergence() -> None:
    """The end comes before all was asked for."""

    async def shorter() -> int:
        return await add(1, 2) + 3

    found = verdict(shorter, log_of(*TWO_SUMS))
    assert (found.position, found.actual) == (5, "asks for the end of the run with 6")


def test_one_step_more_is_a_divergence() -> None:
    """The log has the end where the code goes on."""

    async def longer() -> int:
        return await add(await two_sums())

    found = verdict(longer, log_of(*TWO_SUMS))
    assert (found.position, found.expected) == (8, "the end of the run with 6")


def test_ten_thousand_steps_at_once_are_matched_in_no_time() -> None:
    """Matching takes the next one, and does not look at all of them each time."""
    numbers = range(10_000)

    async def flow() -> int:
        return sum(await aio.gather(*(add(n) for n in numbers)))

    log = log_of(
        *(asked(n, n) for n in numbers),
        *(done(n, 1) for n in numbers),
        ended(10_000),
        seconds=0.001,
    )
    assert verdict(flow, log) is VerdictKind.MATCH


# -- waits and hooks ----------------------------------------------------------------------


def waited(seconds: float, *, finished: bool = True) -> list[Event]:
    """A run that waits; wait_created stands two seconds after the run's creation."""
    until = START + timedelta(seconds=2 + seconds)
    wait = (WaitCreated(delay=None, resume_at=until, call=None), step_id(1, "wait"))
    log = log_of(wait, (WaitCompleted(), step_id(1, "wait")), ended(None), seconds=1)
    log[3:] = [
        Event(e.event_id, RUN, e.position, until + timedelta(seconds=1), e.data, e.correlation_id)
        for e in log[3:]
    ]
    log[3:] = [
        Event(e.event_id, RUN, e.position, e.created_at, e.data, e.correlation_id, {"source": "x"})
        for e in log[3:]
    ]
    return log if finished else log[:3]


@pytest.mark.parametrize(
    ("recorded", "seconds", "same"),
    [(60, 60, True), (60, 61, True), (60, 70, False), (3600, 3700, True), (3600, 7200, False)],
)
def test_a_delay_must_fit_the_recorded_moment(recorded: float, seconds: float, same: bool) -> None:
    """v1 recorded when a wait ends, and not what was asked for."""

    async def flow() -> None:
        await aio.sleep(seconds)

    found = verdict(flow, waited(recorded))
    if same:
        assert found is VerdictKind.MATCH
    else:
        assert found.expected.startswith("a wait until 2026-01-01T")
        assert found.actual == f"asks for a wait of {seconds:g} s"


def test_a_delay_up_to_a_moment_fits_too() -> None:
    """The code counts from the fact that led to the wait."""

    async def flow() -> None:
        run = current()
        assert run is not None
        until = START + timedelta(seconds=62)
        await aio.sleep(until.timestamp() - run.now_us() / 1e6)

    assert verdict(flow, waited(60)) is VerdictKind.MATCH


def test_an_open_wait_goes_on_where_it_is() -> None:
    """The recorded moment counts, whatever the port would wait from today."""

    async def flow() -> str:
        await aio.sleep(60)
        return "woke"

    script = Script(flow, waited(60, finished=False))
    assert script.run.next_wait_us == to_us(START + timedelta(seconds=62))
    assert script.commit() == []
    assert script.deliver(WaitCompleted(), step_id(1, "wait")) == ["run_completed"]
    script.replays()


def to_us(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def test_a_hook_whose_token_is_unknown_matches_any_token_and_is_told() -> None:
    """Its row died with it."""

    async def flow() -> object:
        return await create_hook("approve")

    log = log_of(
        (HookCreated(token=None, call=None), step_id(1, "hook")),
        (HookReceived(payload="yes"), step_id(1, "hook")),
        ended("yes"),
    )
    found = replay(program_of(flow), log)
    assert (found.kind, found.unjudged) == (
        VerdictKind.MATCH,
        ["position 2: the token of a hook"],
    )


@pytest.mark.parametrize(("token", "same"), [("approve", True), ("other", False), (None, True)])
def test_a_known_token_is_compared_and_kept(token: str | None, same: bool) -> None:
    """A hook without a token of its own takes the one that senders know."""
    seen: list[str] = []

    async def flow() -> object:
        hook = create_hook(token)
        seen.append(hook.token)
        return await hook

    log = log_of((HookCreated(token="approve", call=None), step_id(1, "hook")))
    if same:
        assert verdict(flow, log) is VerdictKind.MATCH
        assert seen == ["approve"]
    else:
        assert verdict(flow, log).expected == "a hook with token 'approve'"


def test_disposing_a_hook_is_no_divergence_in_the_migrated_part() -> None:
    """No program of v1 could dispose one."""

    async def flow() -> int:
        async with create_hook("approve") as hook:
            await hook
        return await add(1)

    log = log_of(
        (HookCreated(token="approve", call=None), step_id(1, "hook")),
        (HookReceived(payload=1), step_id(1, "hook")),
        asked(2, 1),
        done(2, 5),
        ended(5),
    )
    assert verdict(flow, log) is VerdictKind.MATCH


# -- the library's sleep ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sleeps"),
    [
        (SLEEP, True),
        ("step//./node_modules/.pnpm/x/node_modules/workflow/dist/stdlib//sleep", True),
        ("step//workflow/dist/stdlib.mjs//sleep", True),
        ("step//workflows/flows.ts//sleep", False),
        (None, False),
    ],
)
def test_the_sleep_of_the_library_is_known_by_its_name(name: str | None, sleeps: bool) -> None:
    """In any of its places."""
    assert is_library_sleep(name) is sleeps


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("2s", 2), ("1 day", 86_400), ("1.5h", 5_400), (250, 0.25), ("soon", None), (None, None)],
)
def test_what_a_sleep_was_asked_for(given: object, seconds: float | None) -> None:
    """A duration as v1 wrote it, or milliseconds."""
    data, id = asked(1, given, name=SLEEP)
    found = slept_until(Event("evnt_1", RUN, 1, START, data, id))
    assert found == (None if seconds is None else START + timedelta(seconds=seconds))


async def sleeps() -> int:
    await aio.sleep(3600)
    return await add(1)


def test_a_step_that_was_a_sleep_matches_a_wait() -> None:
    """The first releases had no waits."""
    log = log_of(
        asked(1, "1h", name=SLEEP), done(1, None), asked(2, 1), done(2, 7), ended(7), seconds=3600
    )
    assert verdict(sleeps, log) is VerdictKind.MATCH


def test_an_open_sleep_becomes_a_wait_until_the_same_moment() -> None:
    """Nobody has its body any more: the step is cancelled and a durable wait takes its place."""
    log = log_of(asked(1, "1h", name=SLEEP))
    script = Script(sleeps, log)
    assert script.commit() == ["step_cancelled", "wait_created"]
    cancelled, wait = script.log[-2:]
    assert cancelled.correlation_id == step_id(1)
    assert isinstance(wait.data, WaitCreated)
    assert wait.data.resume_at == log[2].created_at + timedelta(hours=1)
    script.replays()
    assert script.deliver(WaitCompleted(), wait.correlation_id or "") == ["step_created"]
    script.replays()


# -- effects ------------------------------------------------------------------------------


def observe() -> tuple[int, str, bytes, object]:
    run = current()
    assert run is not None
    fresh = "00000000-0000-4000-8000-000000000000"
    return run.now_us(), run.uuid(lambda: fresh), run.seed(), run.ambient("env", "A", lambda: "a")


def test_what_the_migrated_part_observes_is_derived_and_told() -> None:
    """The clock from the fact delivered; uuids and seed from the run; the same at each replay."""
    seen: list[Any] = []

    async def flow() -> int:
        seen.append(observe())
        number = await add(1)
        seen.append(observe())
        return number

    log = log_of(asked(1, 1), done(1, 5), ended(5))
    found = replay(program_of(flow), log)
    first, second = seen
    assert replay(program_of(flow), log).kind is VerdictKind.MATCH
    assert [first, second] == seen[2:]
    assert first[0] == to_us(log[1].created_at)
    assert second[0] == to_us(log[4].created_at)
    assert UUID(first[1]).version == 4
    assert first[1] != second[1]
    assert first[2] == second[2]
    assert found.unjudged == ["the clock", "a uuid", "random values", "env 'A'"]


def test_the_clock_grows_within_an_activation() -> None:
    """As it does in any run."""
    seen: list[int] = []

    async def flow() -> int:
        seen.extend(observe()[0] for _ in range(3))
        return await add(1)

    assert verdict(flow, log_of(asked(1, 1), done(1, 5), ended(5))) is VerdictKind.MATCH
    assert seen == [seen[0], seen[0] + 1, seen[0] + 2]


def test_recording_begins_where_the_migrated_part_ends() -> None:
    """The last migrated step's outcome leads to a reading, which is a fresh one, and recorded."""
    seen: list[Any] = []

    async def flow() -> int:
        seen.append(observe()[0])
        await add(1)
        seen.append(observe()[0])
        return await add(2)

    script = Script(flow, log_of(asked(1, 1), done(1, 5)))
    # What was read of the surroundings before comes first; it could not be derived.
    assert script.commit() == [*("effect_recorded",) * 3, "step_created"]
    effects = [e.data.effect for e in script.log if isinstance(e.data, EffectRecorded)]
    assert effects == ["env", "clock", "uuid"]
    assert seen == [to_us(START) + 1_000_000, to_us(LATER)]


def test_what_was_read_of_the_surroundings_is_the_same_in_every_later_replay() -> None:
    """Read once before the migrated part ends, recorded with the first native commit."""
    numbers = count()
    seen: list[object] = []

    async def flow() -> int:
        run = current()
        assert run is not None
        seen.append(run.ambient("env", "A", lambda: next(numbers)))
        await add(1)
        return await add(2)

    script = Script(flow, log_of(asked(1, 1)))
    assert script.commit() == ["effect_recorded"]
    assert script.deliver(StepCompleted(result=5), step_id(1)) == ["step_created"]
    script.replays()
    assert seen == [0, 0]


def test_a_run_that_goes_on_replays_with_both_parts() -> None:
    """The migrated part is matched by name, the native one by call."""

    async def flow() -> int:
        first = await add(1)
        second, third = await aio.gather(add(first), add(first + 1))
        return second + third

    script = Script(flow, log_of(asked(1, 1)))
    assert script.commit() == []
    assert script.run.pending_steps == {step_id(1)}
    assert script.deliver(StepCompleted(result=5), step_id(1)) == ["step_created"] * 2
    made = [e.correlation_id or "" for e in script.log[-2:]]
    script.replays()
    script.deliver(StepCompleted(result=10), made[0])
    assert script.deliver(StepCompleted(result=20), made[1]) == ["run_completed"]
    assert isinstance(script.log[-1].data, RunCompleted)
    assert script.log[-1].data.output == 30
    assert isinstance(script.run, LegacyExecution)


# -- values -------------------------------------------------------------------------------


def test_a_recorded_object_comes_back_as_the_model_that_the_step_promises() -> None:
    """The port's own class, as it would after a native step."""
    seen: list[object] = []

    async def flow() -> None:
        seen.append(await pay(Receipt(id=1)))

    log = log_of(asked(1, {"id": 1}, name="t:pay"), done(1, {"id": 7}), ended(None))
    assert verdict(flow, log) is VerdictKind.MATCH
    assert seen == [Receipt(id=7)]


def test_a_recorded_result_that_does_not_fit_is_a_divergence() -> None:
    """It says what the port promises and what the log has."""

    async def flow() -> None:
        await pay(1)

    log = log_of(asked(1, 1, name="t:pay"), done(1, {"identity": 7}), ended(None))
    found = verdict(flow, log)
    assert found.position == 4
    assert "id: Field required" in found.actual


def test_recorded_arguments_become_what_the_workflow_takes() -> None:
    """As those of a run that is started here."""
    seen: list[object] = []

    async def flow(receipt: Receipt) -> None:
        seen.append(receipt)

    assert verdict(flow, log_of(ended(None), input=[{"id": 3}])) is VerdictKind.MATCH
    assert seen == [Receipt(id=3)]


def test_arguments_that_the_workflow_does_not_take_are_a_divergence() -> None:
    """At the run's beginning."""

    async def flow(receipt: Receipt) -> None:
        raise AssertionError

    found = verdict(flow, log_of(ended(None), input=["x"]))
    assert (found.position, found.expected) == (0, "a run with these arguments")


@pytest.mark.parametrize(
    ("recorded", "value", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        ([1, 2], (1, 2), True),
        ({"x": 1, "y": 2}, Point(y=2, x=1), True),
        ({"id": 1}, Receipt(id=1), True),
        ({"id": 1, "note": "a"}, Receipt(id=1), False),
        ("red", Color.RED, True),
        ("blue", Color.RED, False),
        ("12345678-1234-4678-8234-567812345678", UUID("12345678123446788234567812345678"), True),
        (encode(START), START.astimezone(), True),
        (encode({1, 2}), frozenset({2, 1}), True),
        (encode(b"a"), bytearray(b"a"), True),
        ({"a": {"b": None}}, {"a": {}}, True),
        ([1, None], [1], False),
    ],
)
def test_values_are_alike_when_they_mean_the_same(recorded: Any, value: Any, same: bool) -> None:
    """A port has classes where JavaScript had objects."""
    assert alike(recorded, encode(value)) is same


def test_a_missing_argument_is_undefined() -> None:
    """Only at the end of the list."""
    assert arguments_alike([1, None], [1])
    assert not arguments_alike([None, 1], [1])


@pytest.mark.parametrize(("said", "same"), [("no", True), ("yes", False)])
def test_failures_are_alike_when_they_say_the_same(said: str, same: bool) -> None:
    """Classes of errors have other names in another language."""

    async def flow() -> None:
        raise ValueError(said)

    failed = RunFailed(error={"type": "Error", "message": "no"})
    assert (verdict(flow, log_of((failed, None))) is VerdictKind.MATCH) is same


def test_a_failed_step_raises_what_was_recorded() -> None:
    """And the run fails with it, as it did then."""

    async def flow() -> None:
        await add(1)

    error: Any = {"message": 'Step "x" failed after 3 retries: TypeError: no'}
    log = log_of(asked(1, 1), (StepFailed(error=error), step_id(1)), (RunFailed(error=error), None))
    assert verdict(flow, log) is VerdictKind.MATCH


def test_a_name_is_what_the_migration_bound_it_to() -> None:
    """And itself otherwise."""
    context: Any = {"legacy": {"names": {"a": "t:a"}}}
    assert [bound("a", context), bound("b", context), bound("a", None)] == ["t:a", "b", "a"]


def test_a_divergence_condemns_the_whole_activation() -> None:
    """As in a native run, no `except` of the port hides it."""

    async def flow() -> int:
        try:
            return await add(9)
        except Exception:
            return 6

    with pytest.raises(Divergence):
        Script(flow, log_of(asked(1, 1)))


# -- patches ------------------------------------------------------------------------------


def test_a_patch_is_old_in_the_migrated_part_and_new_behind_it() -> None:
    """The old program knew of none; what the port does first, it does the new way."""

    async def flow() -> list[Any]:
        before = patched("before")
        first = await add(1, 2)
        after = patched("after")
        return [before, after, await add(first, 10), patched("before")]

    script = Script(flow, log_of(asked(1, 1, 2), done(1, 3)))
    assert script.commit() == ["effect_recorded", "step_created"]
    assert [event.data.key for event in script.log if isinstance(event.data, EffectRecorded)] == [
        "after"
    ]
    script.replays()
    step_id = script.log[-1].correlation_id or ""
    assert script.deliver(StepCompleted(result=13), step_id) == ["run_completed"]
    end = script.log[-1].data
    assert isinstance(end, RunCompleted)
    assert end.output == [False, True, 13, False]


def test_a_finished_migrated_run_goes_the_old_way_everywhere() -> None:
    """So a port can be changed and still be proved on the logs."""

    async def flow() -> int:
        total = await add(1, 2)
        if patched("more"):
            total = await add(total, 100)
        return await add(total, 3)

    assert verdict(flow, log_of(*TWO_SUMS)) is VerdictKind.MATCH
