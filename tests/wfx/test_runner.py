"""One run under one claim: what is appended, in which order, and what follows a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from wfx import aio, create_hook, step, workflow
from wfx.clock import ManualClock
from wfx.context import current
from wfx.errors import Violation, WorldUnavailable
from wfx.events import HookReceived, NewEvent, RunCancelled, StepCompleted, StepStarted
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.testing.faults import FaultyWorld, LoseAnswer, Meddle, NoFault, unanswered
from wfx.testing.plain import PlainProgram
from wfx.workers.appending import append_all, go_on
from wfx.workers.runner import Advance, Fact, Runner, Standing, Surroundings, report
from wfx.world import ParkReason, TaskKind


@step(name="t:work")
async def work(number: int) -> int:
    """Its outcomes are made by hand."""
    raise AssertionError


class Desk:
    """A runner, its world, and steps whose outcomes are made by hand."""

    made: list[Runner] = []  # noqa: RUF012  # of all desks: dropped at the end of a test

    def __init__(self, func: Callable[..., Any], *args: Any, slots: int = 100) -> None:
        self.clock = ManualClock()
        self.inner = MemoryWorld(self.clock)
        self.world = FaultyWorld(self.inner)
        self.program = PlainProgram(workflow(func, name="t:flow"), work)
        self.run_id = start_run(self.inner, self.program, "t:flow", args)
        self.slots = slots
        self.pauses: list[float] = []
        self.holds: dict[str, tuple[str, int]] = {}
        self.runner = self.claimed("me")

    def claimed(self, owner: str) -> Runner:
        """A runner under a new claim."""
        (task,) = self.inner.queue.claim(owner, kinds=[TaskKind.RUN])
        around = Surroundings(
            clock=self.clock,
            entropy=bytes,
            take_slots=self._take,
            give_slots=self._give,
        )
        runner = Runner(self.world, self.program, self.run_id, task.hold, around)
        self.made.append(runner)
        return runner

    def _take(self, name: str, queue: str, wanted: int) -> int:
        taken = min(wanted, self.slots)
        self.slots -= taken
        return taken

    def _give(self, count: int) -> None:
        self.slots += count

    def advance(self, *facts: Fact, **how: Any) -> Advance:
        advance = self.by(self.runner, *facts, **how)
        for begin in advance.begins:
            self.holds[begin.step_id] = begin.hold
        return advance

    def by(self, runner: Runner, *facts: Fact, **how: Any) -> Advance:
        writing = runner.advance(facts, **how)
        try:
            append = next(writing)
            while True:
                (answer,) = append_all(self.world, [append], pause=self.pauses.append)
                append = go_on(writing, answer)
        except StopIteration as end:
            value: Advance = end.value
            return value
        finally:
            writing.close()

    def outcome(self, begin: Any, result: Any) -> Fact:
        return Fact(NewEvent(StepCompleted(result=result), begin.step_id), begin.hold)

    def send(self, payload: Any) -> None:
        hook = self.inner.hooks.get_by_token("token")
        self.inner.events.create(self.run_id, NewEvent(HookReceived(payload=payload), hook.hook_id))

    def types(self, start: int = 0) -> list[str]:
        return [event.type for event in self.inner.events.list(self.run_id, start)]


@pytest.fixture(autouse=True)
def _bury() -> Iterator[None]:
    """Coroutines that a test leaves behind end in it."""
    yield
    while Desk.made:
        Desk.made.pop().drop()


async def two_at_once() -> list[int]:
    """Two steps, and one after each."""

    async def one(number: int) -> int:
        return await work(await work(number))

    return list(await aio.gather(one(1), one(2)))


async def listening() -> int:
    """A hook that nobody reads, and steps in a row."""
    create_hook("token")
    total = 0
    for number in range(3):
        total += await work(number)
    return total


def test_a_batch_has_facts_first_and_then_whole_activations() -> None:
    """PROTOCOL 2: facts in the order delivered, then what follows in the order made."""
    desk = Desk(two_at_once)
    first, second = desk.advance().begins
    desk.advance(desk.outcome(second, 20), desk.outcome(first, 10))
    assert desk.types(6) == [
        "step_completed",
        "step_completed",
        "step_created",
        "step_started",
        "step_created",
        "step_started",
    ]
    log = desk.inner.events.list(desk.run_id, 6)
    assert [e.correlation_id for e in log[:2]] == [second.step_id, first.step_id]
    assert [e.data.input for e in log if e.type == "step_created"] == [[20], [10]]  # type: ignore[attr-defined]  # of step_created


def test_a_refused_bet_is_followed_by_facts_alone_and_the_log() -> None:
    """PROTOCOL 1: somebody's payload lies between, and is delivered before the fact."""
    desk = Desk(listening)
    (begin,) = desk.advance().begins
    desk.world.fault = Meddle(lambda run_id, events: desk.send("x"), desk.world.appends + 1)
    advance = desk.advance(desk.outcome(begin, 1))
    assert advance.standing is Standing.SUSPENDED
    assert desk.types(5) == ["hook_received", "step_completed", "step_created", "step_started"]
    assert len(advance.begins) == 1


def test_a_run_that_is_written_to_all_the_time_gets_on() -> None:
    """PROTOCOL 1: without facts first, it would lose every bet for ever."""
    desk = Desk(listening)
    desk.world.fault = Meddle(lambda run_id, events: desk.send("x"), None)
    desk.world.fault = NoFault()
    begins = desk.advance().begins
    desk.world.fault = Meddle(lambda run_id, events: desk.send("x"), None)
    while begins:
        advance = desk.advance(desk.outcome(begins[0], 1))
        begins = advance.begins
    assert advance.standing is Standing.ENDED
    assert desk.inner.runs.get(desk.run_id).output == 3


@pytest.mark.parametrize("ended", [False, True], ids=["taken over", "ended"])
def test_a_refused_neighbour_takes_no_good_outcome_down(ended: bool) -> None:
    """PROTOCOL 3: another worker has taken one of the steps over, and perhaps ended it."""
    desk = Desk(two_at_once)
    first, second = desk.advance().begins
    stale = desk.outcome(first, 10)
    if ended:
        desk.inner.events.create(desk.run_id, stale.event, fence=[first.hold])
        stale = desk.outcome(first, 11)
    else:
        stale = Fact(stale.event, (first.step_id, 99))
    advance = desk.advance(stale, desk.outcome(second, 20))
    assert [e.correlation_id for e in advance.appended if e.type == "step_completed"] == [
        second.step_id
    ]


def test_what_lies_among_facts_that_were_appended_one_by_one_is_delivered() -> None:
    """PROTOCOL 7: their answers leave a gap, which a read of the log fills."""

    async def listening() -> list[int]:
        hook = create_hook("token")
        return [*await aio.gather(*(work(number) for number in range(4))), await hook]

    desk = Desk(listening)
    first, second, *rest = desk.advance().begins
    stale = Fact(desk.outcome(second, 0).event, (second.step_id, 99))
    # All four together, the first two, the first, the second; and then the others.
    desk.world.fault = Meddle(lambda *_: desk.send("x"), desk.world.appends + 5)
    facts = [desk.outcome(first, 0), stale, *(desk.outcome(begin, 0) for begin in rest)]

    assert desk.advance(*facts, elsewhere=True).standing is Standing.SUSPENDED

    outcome = "step_completed"
    assert desk.types()[-4:] == [outcome, "hook_received", outcome, outcome]
    assert desk.advance(desk.outcome(second, 0)).standing is Standing.ENDED
    assert desk.inner.runs.get(desk.run_id).output == [0, 0, 0, 0, "x"]


def test_facts_come_first_while_steps_execute_elsewhere() -> None:
    """One append for them, and what follows with the next."""
    desk = Desk(two_at_once)
    first, second = desk.advance().begins
    before = desk.world.appends
    desk.advance(desk.outcome(first, 1), desk.outcome(second, 2), elsewhere=True)
    assert desk.world.appends == before + 2
    assert desk.types(6)[:2] == ["step_completed", "step_completed"]


def test_own_facts_are_delivered_from_the_answer_if_nothing_lies_between() -> None:
    """PROTOCOL 7: the log is read only where somebody else's events may stand."""
    desk = Desk(listening)
    (begin,) = desk.advance().begins
    reads: list[int] = []
    read = desk.inner.events.list

    def counted(*args: Any, **options: Any) -> Any:
        reads.append(1)
        return read(*args, **options)

    desk.inner.events.list = counted  # type: ignore[method-assign]  # counted
    (begin,) = desk.advance(desk.outcome(begin, 1), elsewhere=True).begins
    assert reads == []
    desk.send("x")
    (begin,) = desk.advance(desk.outcome(begin, 1), elsewhere=True).begins
    assert reads == [1]
    assert desk.advance(desk.outcome(begin, 1), elsewhere=True).standing is Standing.ENDED


def test_a_lost_answer_is_asked_for_again_and_nothing_else_is_sent() -> None:
    """PROTOCOL 4: unchanged, after a pause that grows."""
    desk = Desk(two_at_once)
    sent: list[Sequence[str]] = []

    class Lossy(LoseAnswer):
        def before(self, number: int, run_id: str | None, events: Sequence[NewEvent]) -> None:
            sent.append([event.event_id for event in events])

    desk.world.fault = Lossy(times=3)
    advance = desk.advance()
    assert len(advance.begins) == 2
    assert len(sent) == 4
    assert sent.count(sent[0]) == 4
    assert desk.pauses == [0.05, 0.1, 0.2]


def test_a_world_that_never_answers_ends_in_an_error_and_no_coroutine() -> None:
    """What it asked for and is not in the log is asked for again when it is resumed."""
    desk = Desk(two_at_once)
    desk.world.fault = LoseAnswer(times=1000)
    with pytest.raises(WorldUnavailable):
        desk.advance()
    assert desk.runner.execution is None
    assert desk.slots == 100
    desk.world.fault = NoFault()
    assert desk.advance().standing is Standing.SUSPENDED


def test_what_was_observed_is_committed_though_nothing_was_asked_for() -> None:
    """PROTOCOL 13: before the claim is given back; a rebuilt coroutine would see another value."""

    async def observing() -> list[Any]:
        hook = create_hook("token")
        await hook
        run = current()
        assert run is not None
        return [run.now_us(), await hook]

    desk = Desk(observing)
    desk.advance()
    desk.send("x")
    assert desk.advance(news=True).standing is Standing.SUSPENDED
    assert desk.types(3) == ["hook_received", "effect_recorded"]
    before = desk.clock.now_us()

    desk.clock.advance(timedelta(days=1))
    desk.runner.drop()
    desk.send("y")
    assert desk.advance().standing is Standing.ENDED
    seen, payload = desk.inner.runs.get(desk.run_id).output  # type: ignore[misc]  # a list
    assert seen <= before + 1
    assert payload == "y"


def test_a_step_without_a_slot_is_created_and_not_started() -> None:
    """Whoever has a free one takes it."""
    desk = Desk(two_at_once, slots=1)
    assert len(desk.advance().begins) == 1
    assert desk.types() == [
        "run_created",
        "run_started",
        "step_created",
        "step_started",
        "step_created",
    ]


def test_slots_of_what_was_refused_come_back() -> None:
    """Also when the batch came to nothing because the run had ended."""
    desk = Desk(listening)
    (begin,) = desk.advance().begins
    assert desk.slots == 99
    desk.inner.events.create(desk.run_id, NewEvent(RunCancelled()))
    assert desk.advance(desk.outcome(begin, 1)).standing is Standing.ENDED
    assert desk.slots == 99


def test_slots_come_back_when_the_log_cannot_be_read_after_a_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bodies never begin, so their attempts count as lost; the slots are for others."""
    desk = Desk(two_at_once, slots=1)
    (begin,) = desk.advance().begins
    desk.slots = 1  # its body has ended
    listed = desk.world.events.list

    def other_begins(run_id: str, events: Sequence[NewEvent]) -> None:
        (task,) = desk.inner.queue.claim("other", kinds=[TaskKind.STEP])
        started = NewEvent(StepStarted(attempt=1), task.task_id)
        desk.inner.events.create(run_id, started, fence=[task.hold])
        monkeypatch.setattr(desk.world.events, "list", unreadable)

    def unreadable(*_: Any) -> Any:
        raise unanswered()

    desk.world.fault = Meddle(other_begins, desk.world.appends + 1)
    with pytest.raises(WorldUnavailable):
        desk.advance(desk.outcome(begin, 1))
    assert desk.types()[-2:] == ["step_created", "step_started"]
    assert desk.slots == 1
    monkeypatch.setattr(desk.world.events, "list", listed)
    desk.world.fault = NoFault()
    assert desk.advance().standing is Standing.SUSPENDED


def test_an_outcome_after_the_runs_end_is_kept() -> None:
    """Facts never depend on commands."""
    desk = Desk(listening)
    (begin,) = desk.advance().begins
    desk.inner.events.create(desk.run_id, NewEvent(RunCancelled()))
    desk.advance(desk.outcome(begin, 1))
    assert desk.types()[-2:] == ["run_cancelled", "step_completed"]


def test_a_lost_claim_stops_the_runner_and_keeps_its_facts() -> None:
    """One writer of commands: the other one goes on from the log."""
    desk = Desk(listening)
    (begin,) = desk.advance().begins
    frozen = desk.runner
    run_task = desk.inner.queue.get(desk.run_id)
    assert run_task is not None
    desk.inner.queue.release(run_task.hold, ready_at=desk.inner.queue.now())
    desk.runner = desk.claimed("other")
    desk.by(desk.runner)
    advance = desk.by(frozen, desk.outcome(begin, 5))
    assert advance.standing is Standing.LOST
    assert frozen.execution is None
    assert desk.types()[-1] == "step_completed"
    assert [e.type for e in desk.advance(news=True).appended] == ["step_created", "step_started"]


def test_facts_survive_a_violation() -> None:
    """They are appended alone; commands and effects of that activation are dropped."""

    async def flow() -> None:
        await work(1)
        aio.create_task(_another())
        await aio.sleep(0)
        run = current()
        assert run is not None
        run.violate(Violation("not that", place="flow.py:7", remedy="Do this."))

    async def _another() -> None:
        await work(2)

    desk = Desk(flow)
    (begin,) = desk.advance().begins
    advance = desk.advance(desk.outcome(begin, 1))
    assert advance.standing is Standing.PARKED
    assert desk.types()[-1] == "step_completed"
    task = desk.inner.queue.get(desk.run_id)
    assert task is not None
    assert task.parked is ParkReason.VIOLATION
    assert task.parked_detail == {
        "message": "flow.py:7: WFX200 not that Do this.",
        "code": "violation",
        "rule": "WFX200",
        "place": "flow.py:7",
        "remedy": "Do this.",
    }


def test_output_is_shown_after_the_commit_only() -> None:
    """PROTOCOL 13: that of a refused activation is not, and its rebuilt one's is, once."""

    async def flow() -> None:
        create_hook("token")
        await work(1)
        run = current()
        assert run is not None
        run.output("after one", "stdout")
        await work(2)

    desk = Desk(flow)
    (begin,) = desk.advance().begins
    desk.world.fault = Meddle(lambda run_id, events: desk.send("x"), desk.world.appends + 1)
    advance = desk.advance(desk.outcome(begin, 1))
    assert [line.text for line in advance.output] == ["after one"]


def test_bookkeeping_beside_the_runner_does_not_lose_a_delivery() -> None:
    """Events of its own process that are delivered must be read, not passed over."""
    desk = Desk(listening)
    (begin,) = desk.advance().begins
    results = desk.inner.events.create_batch(
        desk.run_id, [desk.outcome(begin, 3).event], fence=[begin.hold]
    )
    through = desk.runner.through
    desk.runner.note(results)
    assert desk.runner.through == through
    assert [e.type for e in desk.advance().appended] == ["step_created", "step_started"]


def test_a_kept_runner_reads_the_log_under_its_new_claim() -> None:
    """PROTOCOL 7: and goes on with the coroutine it has."""
    desk = Desk(listening)
    (begin,) = desk.advance().begins
    execution = desk.runner.execution
    task = desk.inner.queue.get(desk.run_id)
    assert task is not None
    desk.inner.queue.release(task.hold, read_through=desk.runner.through)
    desk.inner.events.create_batch(desk.run_id, [desk.outcome(begin, 3).event], fence=[begin.hold])
    (task,) = desk.inner.queue.claim("me", kinds=[TaskKind.RUN])
    desk.runner.reclaimed(task.hold)
    assert [e.type for e in desk.advance().appended] == ["step_created", "step_started"]
    assert desk.runner.execution is execution


def test_a_run_that_nobody_began_is_begun() -> None:
    """Its start heads the first batch, with whatever follows."""
    desk = Desk(listening)
    desk.clock.advance(timedelta(seconds=5))
    desk.advance()
    assert desk.types() == [
        "run_created",
        "run_started",
        "hook_created",
        "step_created",
        "step_started",
    ]


def test_a_report_has_what_people_and_programs_need() -> None:
    """A message and a code at least."""
    assert report(ValueError("odd")) == {"message": "odd", "code": "error"}
