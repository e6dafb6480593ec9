"""
The simulation finds what it is made for: known ways to break the executor are all caught.

Each mutant takes one rule of the writers' protocol away. If the simulation stays silent
about one, it is the simulation that is broken.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from dataclasses import replace as replaced
from datetime import timedelta
from typing import Any

import pytest

from wfx import admission, claims
from wfx.activation import Execution
from wfx.clock import from_us
from wfx.events import NewEvent, StepCancelled
from wfx.frozen import replace
from wfx.memory.contents import Contents
from wfx.memory.queue import MemoryQueue
from wfx.memory.tasks import Tasks
from wfx.queues import QueueUse
from wfx.testing.simulation import Failed, simulate
from wfx.testing.simulation.story import expect
from wfx.workers.bodies import Bodies
from wfx.workers.runner import Runner
from wfx.workers.worker import Worker
from wfx.world import Append, Head, Hold, Task, TaskKind

SEEDS_MAX = 6000
"""The rarest is noticed in one of some hundred; whatever changes turns gives other seeds."""

Patch = pytest.MonkeyPatch
MUTANTS: dict[str, Callable[[Patch], None]] = {}


def mutant(break_it: Callable[[Patch], None]) -> Callable[[Patch], None]:
    """A way to break the executor; its docstring says which rule it takes away."""
    MUTANTS[break_it.__name__] = break_it
    return break_it


@mutant
def anybody_may_write(patch: Patch) -> None:
    """PROTOCOL 5: claims are not checked."""
    patch.setattr(admission._Batch, "_entitle", lambda self, event: None)


@mutant
def a_lost_claim_is_as_good_as_one_that_holds(patch: Patch) -> None:
    """PROTOCOL 5: the owner is checked, its fence number is not."""

    def entitle(self: Any, event: NewEvent) -> None:
        task_id = admission.entitling_task(self.run_id, event)
        task = None if task_id is None else self._task(task_id)
        if task is not None and task_id in self.fence:
            self.fence[task_id] = task.fence
        return real(self, event)

    real = admission._Batch._entitle
    patch.setattr(admission._Batch, "_entitle", entitle)


@mutant
def commands_do_not_say_what_they_follow(patch: Patch) -> None:
    """PROTOCOL 1: what was appended since does not refuse a batch."""
    real = admission.admit
    patch.setattr(
        "wfx.memory.contents.admission.admit", lambda *a, **k: real(*a, **{**k, "after": None})
    )


@mutant
def a_bet_is_never_lost(patch: Patch) -> None:
    """PROTOCOL 1: delivered events past `after` do not refuse a bet."""

    def check(run_id: str, events: Any, head: Head | None, after: int | None) -> None:
        commands = [event for event in events if not event.data.delivered]
        real(run_id, commands, head, after)

    real = admission._check_position
    patch.setattr(admission, "_check_position", check)


@mutant
def facts_of_a_refused_batch_are_let_go(patch: Patch) -> None:
    """PROTOCOL 3: nothing is appended alone."""

    def nothing(self: Runner, facts: Any, out: Any) -> Any:
        self._must_read = True
        return
        yield

    patch.setattr(Runner, "_append_facts", nothing)


@mutant
def a_refused_fact_takes_its_neighbours_down(patch: Patch) -> None:
    """PROTOCOL 3: facts are not judged singly."""

    def together(self: Runner, facts: Any, out: Any) -> Any:
        if facts:
            self._must_read = True
            try:
                yield Append(self.run_id, [f.event for f in facts], None, [f.hold for f in facts])
            except Exception:
                return

    patch.setattr(Runner, "_append_facts", together)


@mutant
def a_repeat_is_another_batch(patch: Patch) -> None:
    """PROTOCOL 4: the same events under new ids."""
    import wfx.workers.appending as appending

    send = appending._send

    def resend(world: Any, appends: Any, *, repeated: bool) -> Any:
        if repeated:
            appends = [
                Append(
                    append.run_id,
                    [NewEvent(event.data, event.correlation_id) for event in append.events],
                    append.after,
                    append.fence,
                )
                for append in appends
            ]
        return send(world, appends, repeated=repeated)

    patch.setattr(appending, "_send", resend)


@mutant
def a_body_begins_whatever_became_of_its_claim(patch: Patch) -> None:
    """PROTOCOL 4: after a repeat nobody looks whether the claim still holds."""
    patch.setattr(Runner, "_still_held", lambda self, step_id: True)
    patch.setattr("wfx.workers.attempts.still_held", lambda world, hold: True)


@mutant
def a_body_begins_before_its_commit(patch: Patch) -> None:
    """DESIGN 6: `step_started` is not waited for."""
    real = Worker._start_claimed

    def start(self: Worker, run_id: str, tasks: Any) -> None:
        from wfx.workers.runner import Begin

        for task in tasks:
            step = self.world.steps.get(run_id, task.task_id)
            begin = Begin(
                step_id=task.task_id,
                hold=task.hold,
                attempt=step.attempt + 1,
                failures=step.failures,
                step_name=task.name,
                args=step.input,
                kwargs={},
            )
            assert self._loop is not None
            self._bodies.begin(run_id, begin, self._loop)
        real(self, run_id, tasks)

    patch.setattr(Worker, "_start_claimed", start)


@mutant
def a_cancelled_step_is_started_in_the_same_batch(patch: Patch) -> None:
    """PROTOCOL 6: steps that the batch gives up are started too."""
    real = Runner._add_with_starts

    def starts(self: Runner, commands: Any, batch: Any) -> int:
        kept = [event for event in commands if not isinstance(event.data, StepCancelled)]
        begins = real(self, kept, batch)
        batch += [event for event in commands if isinstance(event.data, StepCancelled)]
        return begins

    patch.setattr(Runner, "_add_with_starts", starts)


@mutant
def a_reclaimed_run_goes_on_without_reading(patch: Patch) -> None:
    """PROTOCOL 7: a kept coroutine is not told what happened meanwhile."""

    def reclaimed(self: Runner, hold: Hold) -> None:
        self.hold = hold

    patch.setattr(Runner, "reclaimed", reclaimed)


@mutant
def a_release_does_not_say_how_far_was_read(patch: Patch) -> None:
    """PROTOCOL 14: what came just before it is not noticed."""
    real = claims.released

    def released(task: Task, head: Any, now: Any, **kwargs: Any) -> Task | None:
        return real(task, head, now, **{**kwargs, "read_through": 1 << 30})

    patch.setattr(claims, "released", released)


@mutant
def all_claims_of_an_owner_are_extended(patch: Patch) -> None:
    """PROTOCOL 15: a claim whose answer was lost lives for ever."""

    def extend(self: MemoryQueue, owner: str, holds: Any, lease: timedelta) -> set[Hold]:
        until = self._contents.now() + lease
        mine = self._tasks.of_owner(owner)
        for task in mine:
            self._tasks.put(replace(task, lease_until=until))
        return {task.hold for task in mine} & set(holds)

    patch.setattr(MemoryQueue, "extend", extend)


@mutant
def a_cancelled_step_loses_its_task(patch: Patch) -> None:
    """PROTOCOL 16: late outcomes are refused."""
    patch.setattr(
        admission._Batch, "_abandon_or_delete", lambda self, step_id: self._delete_task(step_id)
    )


@mutant
def an_abandoned_step_is_given_out_again(patch: Patch) -> None:
    """PROTOCOL 16: nobody marks it."""
    patch.setattr(admission._Batch, "_abandon_or_delete", lambda self, step_id: None)


@mutant
def a_release_does_not_end_a_row_of_deaths(patch: Patch) -> None:
    """PROTOCOL 18: innocent runs are parked."""
    real = claims.released

    def released(task: Task, *args: Any, **kwargs: Any) -> Task | None:
        moved = real(task, *args, **kwargs)
        return None if moved is None else replace(moved, deaths=task.deaths)

    patch.setattr(claims, "released", released)


@mutant
def waits_complete_in_any_order(patch: Patch) -> None:
    """PROTOCOL 19: the latest first."""
    real = MemoryQueue.due

    def due(self: MemoryQueue, limit: int = 10_000, run_id: str | None = None) -> int:
        found = self._tasks.due

        def backwards(*args: Any, **kwargs: Any) -> list[Task]:
            return found(*args, **kwargs)[::-1]

        self._tasks.due = backwards  # type: ignore[method-assign]  # for this call
        try:
            return real(self, limit, run_id)
        finally:
            del self._tasks.due  # type: ignore[attr-defined]  # the class has it

    patch.setattr(MemoryQueue, "due", due)


@mutant
def a_lease_protects_nobody(patch: Patch) -> None:
    """DESIGN 7: tasks are given out while somebody holds them."""
    real = MemoryQueue.claim

    def claim(self: MemoryQueue, owner: str, **kwargs: Any) -> list[Task]:
        for task in list(self._tasks.all()):
            if task.owner not in (None, owner) and task.kind is TaskKind.STEP:
                self._tasks.put(replace(task, lease_until=from_us(0)))
        return real(self, owner, **kwargs)

    patch.setattr(MemoryQueue, "claim", claim)


@mutant
def a_retry_does_not_wait(patch: Patch) -> None:
    """A failed attempt is followed at once by the next."""
    real = MemoryQueue.claim

    def claim(self: MemoryQueue, owner: str, **kwargs: Any) -> list[Task]:
        for task in list(self._tasks.all()):
            if task.kind is TaskKind.STEP and task.ready_at is not None:
                self._tasks.put(replace(task, ready_at=from_us(0)))
        return real(self, owner, **kwargs)

    patch.setattr(MemoryQueue, "claim", claim)


@mutant
def a_dead_process_was_only_slow(patch: Patch) -> None:
    """Claims of processes on other hosts are ended, whether they live or not."""
    from wfx.testing.simulation.process import Presence

    patch.setattr(Presence, "is_dead", lambda self, owner: owner != self.owner)


@mutant
def the_end_of_a_run_is_no_end(patch: Patch) -> None:
    """A run that ended goes on."""
    from wfx.entities import RunStatus

    def one(self: Any, event: NewEvent) -> Any:
        if self.run is not None and self.run.ended:
            self.run = replace(self.run, status=RunStatus.RUNNING)
        return admitted(self, event)

    admitted = admission._Batch._one
    patch.setattr(admission._Batch, "_one", one)


@mutant
def an_outcome_is_said_before_the_log_has_it(patch: Patch) -> None:
    """A refusal of the batch is taken for its commit."""
    real = Runner._commit

    def commit(self: Runner, pending: Any, execution: Execution, out: Any) -> Any:
        try:
            return (yield from real(self, pending, execution, out))
        except Exception:
            return True

    patch.setattr(Runner, "_commit", commit)


@mutant
def a_lost_bet_keeps_its_coroutine(patch: Patch) -> None:
    """DESIGN 4: the coroutine is not dropped after a refusal."""

    def drop(self: Runner) -> None:
        self._must_read = True

    patch.setattr(Runner, "drop", drop)


@mutant
def nobody_completes_what_is_due(patch: Patch) -> None:
    """Sleeps never end."""
    patch.setattr(MemoryQueue, "due", lambda self, *args, **kwargs: 0)


@mutant
def an_acknowledged_event_is_not_there(patch: Patch) -> None:
    """A world that says yes and forgets."""
    from wfx.memory.contents import Log

    real = Log.add
    numbers = itertools.count()

    def add(self: Log, events: Collection[Any]) -> None:
        kept = list(events)
        if next(numbers) % 50 == 49:
            kept = kept[:-1]
        real(self, kept)

    patch.setattr(Log, "add", add)


@mutant
def a_hosts_clock_that_jumps_is_believed(patch: Patch) -> None:
    """DESIGN 7: the world's clock is asked only once a second."""
    from wfx.workers.worldclock import WorldClock

    def now_us(self: WorldClock) -> int:
        return self._clock.now_us() - self._gap_us + (self._offset_us or 0)

    patch.setattr(WorldClock, "now_us", now_us)


# -- queues -----------------------------------------------------------------------------------


@mutant
def limits_are_for_others(patch: Patch) -> None:
    """DESIGN 7: a claim takes whatever is ready."""
    patch.setattr(claims.Quota, "take", lambda self, task: True)


@mutant
def each_claim_begins_to_count_anew(patch: Patch) -> None:
    """Limits hold within one claim only."""
    patch.setattr(Contents, "uses", lambda self, now: [])


@mutant
def keys_are_not_told_apart(patch: Patch) -> None:
    """Limits per key are not looked at."""
    real = claims.Quota.take

    def take(self: claims.Quota, task: Task) -> bool:
        return real(self, replace(task, key=""))

    patch.setattr(claims.Quota, "take", take)


@mutant
def all_keys_are_one(patch: Patch) -> None:
    """One customer's flood is everybody's."""
    uses, take = Contents.uses, claims.Quota.take

    def of_one(self: Contents, now: Any) -> Any:
        return [replaced(use, key="all" if use.key else "") for use in uses(self, now)]

    patch.setattr(Contents, "uses", of_one)
    patch.setattr(
        claims.Quota,
        "take",
        lambda self, task: take(self, replace(task, key="all" if task.key else "")),
    )


@mutant
def starts_are_forgotten(patch: Patch) -> None:
    """A rate holds within one claim only."""
    real = Contents.uses

    def uses(self: Contents, now: Any) -> Any:
        return [replaced(use, started=0, started_of_key=0) for use in real(self, now)]

    patch.setattr(Contents, "uses", uses)


@mutant
def a_rate_has_windows(patch: Patch) -> None:
    """Starts are counted by the clock's seconds, so that twice as many fit around a stroke."""
    real = Contents.uses

    def uses(self: Contents, now: Any) -> Any:
        return real(self, now) if now.second % 3 else [u for u in real(self, now) if u.held]

    patch.setattr(Contents, "uses", uses)


@mutant
def a_lost_claim_takes_its_place_for_ever(patch: Patch) -> None:
    """Steps whose lease ended count, also against themselves."""
    real = Contents.uses

    def uses(self: Contents, now: Any) -> Any:
        held = [
            QueueUse(task.queue, task.key, held=1)
            for task in self.tasks.all()
            if task.kind is TaskKind.STEP and task.owner is not None and task.queue in self.limits
        ]
        return held + [use for use in real(self, now) if not use.held]

    patch.setattr(Contents, "uses", uses)


@mutant
def a_limited_step_starts_with_its_creation(patch: Patch) -> None:
    """The worker that asks for it does not wait for a claim."""
    real = Bodies.take_slots

    def take_slots(self: Bodies, *args: Any) -> int:
        self.limited = ()
        return real(self, *args)

    patch.setattr(Bodies, "take_slots", take_slots)


@mutant
def a_full_queue_stops_the_line(patch: Patch) -> None:
    """What must wait keeps others from starting."""
    real = Tasks.due

    def due(self: Tasks, *args: Any, **kwargs: Any) -> list[Task]:
        accept, limit = kwargs.pop("accept", lambda task: True), kwargs.pop("limit", None)
        return [task for task in real(self, *args, limit=limit, **kwargs) if accept(task)]

    patch.setattr(Tasks, "due", due)


@mutant
def the_oldest_goes_first(patch: Patch) -> None:
    """Priorities are not looked at."""
    real = Tasks._ranked
    patch.setattr(Tasks, "_ranked", staticmethod(lambda priority, *rest: real(0, *rest)))


@mutant
def a_worker_takes_what_it_does_not_serve(patch: Patch) -> None:
    """DESIGN 7: named queues mean nothing."""
    real = MemoryQueue.claim

    def claim(self: MemoryQueue, owner: str, **kwargs: Any) -> list[Task]:
        return real(self, owner, **{**kwargs, "queues": None})

    patch.setattr(MemoryQueue, "claim", claim)


@mutant
def a_worker_begins_what_it_does_not_serve(patch: Patch) -> None:
    """A step that is made here starts here, whatever its queue."""
    real = Bodies.take_slots

    def take_slots(self: Bodies, *args: Any) -> int:
        queues, self.queues = self.queues, None
        try:
            return real(self, *args)
        finally:
            self.queues = queues

    patch.setattr(Bodies, "take_slots", take_slots)


def test_every_mutant_can_be_made(monkeypatch: Patch) -> None:
    """They reach into private places: whoever renames one of those hears of it at once."""
    for break_it in MUTANTS.values():
        with monkeypatch.context() as patch:
            break_it(patch)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_known_way_to_break_the_executor_is_noticed(name: str, monkeypatch: Patch) -> None:
    """Within some hundred simulations as a rule, and most of them within ten."""
    for seed in range(SEEDS_MAX):
        expect(seed)
        with monkeypatch.context() as patch:
            MUTANTS[name](patch)
            try:
                simulate(seed)
            except Failed as failed:
                print(f"{name}: seed {seed}: {failed.reason}")  # noqa: T201  (shown by -rP)
                return
    pytest.fail(f"{SEEDS_MAX} simulations with this mutant went well: {MUTANTS[name].__doc__}")
