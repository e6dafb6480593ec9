"""What the judge of a simulation must let pass, because nobody did anything wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from wfx.errors import AlreadyExists, EntityGone
from wfx.events import (
    Call,
    NewEvent,
    RunCancelled,
    RunCreated,
    RunStarted,
    StepCompleted,
    StepCreated,
    StepRetrying,
    StepStarted,
)
from wfx.frozen import replace
from wfx.memory import MemoryWorld
from wfx.testing.simulation.judge import Judge
from wfx.testing.simulation.line import Party
from wfx.testing.simulation.schedule import SECOND_US, Broken, OffsetClock, Schedule
from wfx.world import TaskKind

RUN = "wrun_00000000000000000000000001"
STEP = "step_00000000000000000000000001"
LEASE = timedelta(seconds=5)


class Court:
    """A world, its judge, and a worker whose run has a step of which one attempt began."""

    def __init__(self) -> None:
        self.schedule = Schedule(0)
        self.clock = OffsetClock(self.schedule)
        self.world = MemoryWorld(self.clock)
        self.judge = Judge(self.schedule, self.world, lambda: None)
        self.worker = Party(self.schedule, "worker")
        created = RunCreated(deployment_id="d", workflow_name="w:f", input=[])
        self.append(NewEvent(created))
        self.claims = self.claim(TaskKind.RUN)
        (run,) = self.claims
        step = StepCreated(step_name="w:s", input=[], call=Call(scope="", ordinal=0, place="w:1"))
        self.append(
            NewEvent(RunStarted()),
            NewEvent(step, STEP),
            NewEvent(StepStarted(attempt=1), STEP),
            fence=[run.hold],
        )

    def append(self, *events: NewEvent, fence: Any = ()) -> None:
        """The worker appends."""
        self.judge.execute(self.worker, "events", "create_batch", (RUN, events), {"fence": fence})

    def claim(self, kind: TaskKind, owner: str = "worker") -> Any:
        """Somebody claims."""
        party = self.worker if owner == "worker" else Party(self.schedule, owner)
        given = {"kinds": [kind], "lease": LEASE}
        return self.judge.execute(party, "queue", "claim", (owner,), given).answer

    def passes(self, seconds: float) -> None:
        """Time passes; or the world's clock goes back."""
        self.clock.offset_us += int(seconds * SECOND_US)

    def retry(self, seconds: float) -> None:
        """The attempt fails, and is to be made again so much later."""
        after = self.world.queue.now() + timedelta(seconds=seconds)
        retrying = StepRetrying(error={"type": "E"}, retry_after=after)
        self.append(NewEvent(retrying, STEP), fence=[(STEP, 1)])


@pytest.fixture
def court() -> Court:
    """A fresh one."""
    return Court()


def test_a_step_whose_retry_was_due_may_be_given_out_after_the_clock_went_back(
    court: Court,
) -> None:
    """Its moment had come once: the claim that it was given under was lost."""
    court.retry(3)
    court.passes(4)
    assert court.claim(TaskKind.STEP)
    court.passes(-4)
    court.judge.gone(court.worker)
    court.judge.execute(Party(court.schedule, "other"), "queue", "revoke", ("worker",), {})

    assert court.claim(TaskKind.STEP, "other")


def test_a_step_that_is_given_out_before_its_retry_is_due_is_noticed(court: Court) -> None:
    """Also when an earlier retry was waited for."""
    court.retry(3)
    court.passes(4)
    (task,) = court.claim(TaskKind.STEP)
    court.append(NewEvent(StepStarted(attempt=2), STEP), fence=[task.hold])
    after = court.world.queue.now() + timedelta(seconds=3)
    again = StepRetrying(error={"type": "E"}, retry_after=after)
    court.append(NewEvent(again, STEP), fence=[task.hold])
    tasks = court.world.queue._tasks  # a world that forgets the moment
    waiting = tasks.get(STEP)
    assert waiting is not None
    tasks.put(replace(waiting, ready_at=court.world.queue.now()))

    with pytest.raises(Broken, match="its retry is due"):
        court.claim(TaskKind.STEP)


def test_an_outcome_may_be_refused_whose_lease_had_ended_before_the_clock_went_back(
    court: Court,
) -> None:
    """The run was cancelled: the next claim of anybody took the step's task away."""
    court.append(NewEvent(RunCancelled(reason="enough")))
    court.passes(6)
    assert court.claim(TaskKind.STEP, "other") == []
    court.passes(-4)

    with pytest.raises(EntityGone):
        court.append(NewEvent(StepCompleted(result=1), STEP), fence=[(STEP, 1)])


def test_an_outcome_that_is_refused_under_a_claim_that_holds_is_noticed(court: Court) -> None:
    """The same, and nobody had taken the task away."""
    court.append(NewEvent(RunCancelled(reason="enough")))
    court.world.queue._tasks.delete(STEP)  # a world that loses claims

    with pytest.raises(Broken, match="was refused"):
        court.append(NewEvent(StepCompleted(result=1), STEP), fence=[(STEP, 1)])


def a_refused_batch(court: Court) -> tuple[str, Any]:
    """A second step runs, and a batch with the first one's outcome was refused; its id."""
    (run,) = court.claims
    other = STEP[:-1] + "2"
    step = StepCreated(step_name="w:s", input=[], call=Call(scope="", ordinal=1, place="w:2"))
    begun = NewEvent(StepStarted(attempt=1), other)
    court.append(NewEvent(step, other), begun, fence=[run.hold])
    good, again = NewEvent(StepCompleted(result=1), STEP), NewEvent(StepStarted(attempt=1), other)
    fence = [(STEP, 1), (other, 1)]
    with pytest.raises(AlreadyExists) as refusal:
        court.append(good, again, fence=fence)
    call = ("events", "create_batch", (RUN, [good, again]), {"fence": fence})
    court.judge.refused(court.worker, *call, refusal.value)
    return other, good


def test_another_fact_may_be_told_before_those_of_a_refused_batch(court: Court) -> None:
    """One whose append was not answered, say; then they come all the same."""
    other, good = a_refused_batch(court)

    court.append(NewEvent(StepCompleted(result=2), other), fence=[(other, 1)])
    court.append(good, fence=[(STEP, 1)])


def test_a_command_before_the_facts_of_a_refused_batch_is_noticed(court: Court) -> None:
    """Facts come first."""
    a_refused_batch(court)
    third = StepCreated(step_name="w:s", input=[], call=Call(scope="", ordinal=2, place="w:3"))

    with pytest.raises(Broken, match="let facts of"):
        court.append(NewEvent(third, STEP[:-1] + "3"), fence=[court.claims[0].hold])
