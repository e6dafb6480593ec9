"""
A process that does ready work: activates runs, executes steps, completes due waits.

Everything happens on one event loop, in callbacks. A tick takes what has changed, drives
each run concerned through its `Runner`, and starts the step bodies that may begin; bodies
run as tasks of the same loop (or in threads), while activations never run inside a task of
it. Two threads stand beside it: one extends the leases of what is running here now, one
watches the world. Recovery is the same sweep all the time: an expired lease, or one of an
owner that is surely dead, is ready work.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wfx import steps as step_bodies
from wfx.clock import SystemClock, to_us
from wfx.errors import RunHeld, WfxError, WorldError
from wfx.events import Event, NewEvent, StepRetrying, StepStarted
from wfx.presence import Presence, describe_owner
from wfx.runner import Advance, Begin, Fact, Runner, Standing, Surroundings
from wfx.world import LEASE_DEFAULT, Hold, ParkReason, Task, TaskKind, World

if TYPE_CHECKING:
    from wfx.activation import Output
    from wfx.clock import Clock
    from wfx.program import Program, StepSpec

SLOTS_DEFAULT: Final = 100
THREADS_DEFAULT: Final = 32
RUNS_CLAIMED_AT_ONCE: Final = 50
RUNS_KEPT_MAX: Final = 1000
DEATHS_MAX: Final = 3
"""A run whose activation ended its worker this often in a row is parked."""

_SWEEP_SECONDS: Final = 1.0
_WATCH_SECONDS: Final = 1.0


class Observer:
    """What a worker tells whoever shows its progress; does nothing by itself."""

    def appended(self, events: Sequence[Event]) -> None:
        """This process appended these events of one run."""

    def output(self, run_id: str, lines: Sequence[Output]) -> None:
        """Workflow code wrote this, and its activation is committed."""

    def parked(self, run_id: str, error: BaseException) -> None:
        """A run cannot go on by itself."""

    def suspended(self, run_id: str, runner: Runner) -> None:
        """A run waits for something, and nothing of it is executing here."""

    def ended(self, run_id: str) -> None:
        """A run completed, failed or was cancelled."""


class WorldClock:
    """The world's clock, as seen from here: one question, then the machine's own clock."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._clock = clock
        before = clock.now_us()
        asked = to_us(world.queue.now())
        self._offset_us = asked - (before + clock.now_us()) // 2
        if abs(self._offset_us) < 1000:
            # Within a millisecond the question's own travel time is what was measured.
            self._offset_us = 0

    def now_us(self) -> int:
        """The world's time now, in microseconds since the epoch."""
        return self._clock.now_us() + self._offset_us


@dataclass(slots=True)
class _Owned:
    """A run whose claim this process holds."""

    runner: Runner
    bodies: set[str] = field(default_factory=set)
    """Steps of this run that execute here now."""


@dataclass(slots=True)
class _Body:
    """A step that executes here now."""

    run_id: str
    hold: Hold
    task: asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class _Outcome:
    run_id: str
    begin: Begin
    event: step_bodies.Outcome | None
    """None when the attempt was cancelled."""


class Worker:
    """
    Does the work of one world.

    Args:
        programs: The code: their workflows and steps are what this worker can do.
        run_id: Do the work of this run only, and keep its claim while it sleeps.
        slots: Step bodies at the same time.
        queues: Serve these queues only; all if None.
        observer: Is told of progress.
    """

    def __init__(
        self,
        world: World,
        programs: Iterable[Program],
        *,
        run_id: str | None = None,
        slots: int = SLOTS_DEFAULT,
        queues: Collection[str] | None = None,
        observer: Observer | None = None,
        presence: Presence | None = None,
        clock: Clock | None = None,
        lease: timedelta = LEASE_DEFAULT,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.world = world
        self.run_id = run_id
        self.observer = observer or Observer()
        self._programs: dict[str, Program] = {}
        self._steps: dict[str, StepSpec] = {}
        for program in programs:
            self._programs.update(dict.fromkeys(program.workflows, program))
            self._steps.update(program.steps)
        self._queues = queues
        self._slots_free = slots
        self._lease = lease
        self._presence = presence or Presence()
        self._owner = self._presence.owner
        self._clock = WorldClock(world, clock or SystemClock())
        self._surroundings = Surroundings(
            clock=self._clock, entropy=entropy, pause=time.sleep, take_slots=self._take_slots
        )
        self._owned: dict[str, _Owned] = {}
        self._kept: OrderedDict[str, Runner] = OrderedDict()
        """Suspended runs whose claim was given back, least recently used first."""
        self._bodies: dict[str, _Body] = {}
        self._outcomes: list[_Outcome] = []
        self._changed = True
        self._scheduled = False
        self._next_sweep = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._threads = ThreadPoolExecutor(THREADS_DEFAULT, thread_name_prefix="wfx-step")
        self._heartbeat = _Heartbeat(world, self._owner, lease)
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Future[None] | None = None

    # -- life -----------------------------------------------------------------------------

    async def serve(self) -> None:
        """
        Work until `stop` is called, or this task is cancelled. Claims are then given back.

        Raises:
            WorldUnavailable: The world does not answer any more.
        """
        self._loop = asyncio.get_running_loop()
        self._done = self._loop.create_future()
        watching = threading.Thread(target=self._watch, name="wfx-watch", daemon=True)
        self._heartbeat.start(self._lost_from_thread)
        watching.start()
        self._schedule()
        try:
            await self._done
        finally:
            self._stopping = True
            if self._timer is not None:
                self._timer.cancel()
            await self._give_back()
            self._heartbeat.stop()
            watching.join()
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._presence.close()

    def stop(self) -> None:
        """Make `serve` return; safe to call from a callback of its loop."""
        if self._done is not None and not self._done.done():
            self._done.set_result(None)

    async def _give_back(self) -> None:
        """End what runs here, in order: bodies, then claims; the log has the rest."""
        tasks = [body.task for body in self._bodies.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._outcomes_to_log()
        for run_id, owned in list(self._owned.items()):
            through = owned.runner.through
            owned.runner.drop()
            self._release(owned.runner.hold, through)
            del self._owned[run_id]
        for runner in self._kept.values():
            runner.drop()
        self._kept.clear()

    def _outcomes_to_log(self) -> None:
        outcomes, self._outcomes = self._outcomes, []
        for outcome in outcomes:
            if outcome.event is None:
                self._release(outcome.begin.hold)
                continue
            try:
                self._append_alone(outcome)
            except WorldError:
                # The attempt counts as lost: its lease ends, and it is made again.
                continue

    def _release(self, hold: Hold, read_through: int = -1) -> None:
        self._heartbeat.forget(hold)
        try:
            self.world.queue.release(hold, read_through=read_through)
        except WorldError:
            # Lost already, or out of reach: the lease ends by itself.
            return

    # -- being woken ----------------------------------------------------------------------

    def _schedule(self) -> None:
        if not self._scheduled and not self._stopping and self._loop is not None:
            self._scheduled = True
            self._loop.call_soon(self._tick)

    def _news(self) -> None:
        self._changed = True
        self._schedule()

    def _watch(self) -> None:
        """The watching thread: wakes the loop when the world changed, and now and then."""
        loop, watch = self._loop, None
        assert loop is not None
        while not self._stopping:
            try:
                watch = watch or self.world.watch()
                watch.wait(_WATCH_SECONDS)
            except WorldError:
                watch = None
                time.sleep(_WATCH_SECONDS)
            try:
                loop.call_soon_threadsafe(self._news)
            except RuntimeError:
                break  # the loop is closed
        if watch is not None:
            watch.close()

    def _lost_from_thread(self, holds: Collection[Hold]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._lost, holds)

    def _lost(self, holds: Collection[Hold]) -> None:
        """Claims that others hold now: stop what runs under them."""
        for task_id, number in holds:
            body = self._bodies.get(task_id)
            if body is not None and body.hold == (task_id, number):
                body.task.cancel()
            owned = self._owned.get(task_id)
            if owned is not None and owned.runner.hold == (task_id, number):
                owned.runner.drop()
                del self._owned[task_id]

    def _arm(self) -> None:
        """Set the timer to the next moment at which something is ready."""
        assert self._loop is not None
        run_id = self.run_id
        at = self.world.queue.next_ready(run_id=run_id)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at is not None:
            seconds = (to_us(at) - self._clock.now_us()) / 1e6
            # A task that is ready but not ours to take must not make this loop spin.
            seconds = _SWEEP_SECONDS if seconds <= 0 else min(seconds, 3600.0)
            self._timer = self._loop.call_later(seconds, self._news)

    # -- a tick ---------------------------------------------------------------------------

    def _tick(self) -> None:
        self._scheduled = False
        if self._stopping:
            return
        try:
            self._take_outcomes()
            if self._changed:
                self._changed = False
                self._look_around()
        except BaseException as error:
            if self._done is not None and not self._done.done():
                self._done.set_exception(error)

    def _look_around(self) -> None:
        """Everything that others, or time, may have changed."""
        self._sweep()
        while self.world.queue.due(run_id=self.run_id):
            pass
        self._hear_news()
        self._claim_runs()
        self._claim_steps()
        self._arm()

    def _sweep(self) -> None:
        """End the leases of owners that are surely dead."""
        now = time.monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + _SWEEP_SECONDS
        for owner in self.world.queue.holders():
            if self._presence.is_dead(owner):
                self.world.queue.revoke(owner)

    def _hear_news(self) -> None:
        """Advance own runs whose logs have grown."""
        if not self._owned:
            return
        heads = self.world.events.heads(list(self._owned))
        for run_id, owned in list(self._owned.items()):
            head = heads.get(run_id)
            if head is None or head.run.ended or head.last_delivered > owned.runner.through:
                self._advance(run_id, owned, (), news=True)

    def _claim_runs(self) -> None:
        if self.run_id is not None and self.run_id in self._owned:
            return
        while True:
            claimed = self.world.queue.claim(
                self._owner,
                kinds=[TaskKind.RUN],
                names=list(self._programs),
                run_id=self.run_id,
                limit=RUNS_CLAIMED_AT_ONCE,
                lease=self._lease,
                digest=self._digest(),
            )
            for task in claimed:
                self._claimed_run(task)
            if len(claimed) < RUNS_CLAIMED_AT_ONCE:
                return

    def _digest(self) -> str:
        """What stands for all the code of this worker when a parked run is tried again."""
        return "+".join(sorted({program.digest for program in self._programs.values()}))

    def _claimed_run(self, task: Task) -> None:
        self._heartbeat.add(task.hold)
        if task.deaths >= DEATHS_MAX:
            message = (
                f"the process that activated this run ended {task.deaths} times in a row while "
                "it did; find out why, then `wfx release` it"
            )
            self._heartbeat.forget(task.hold)
            self.world.queue.park(task.hold, ParkReason.RUNAWAY, {"message": message})
            self.observer.parked(task.run_id, WfxError(message))
            return
        runner = self._kept.pop(task.run_id, None)
        if runner is None:
            runner = Runner(
                self.world,
                self._programs[task.name],
                task.run_id,
                task.hold,
                self._surroundings,
            )
        else:
            runner.reclaimed(task.hold)
        owned = _Owned(runner)
        owned.bodies.update(id for id, body in self._bodies.items() if body.run_id == task.run_id)
        self._owned[task.run_id] = owned
        self._advance(task.run_id, owned, ())

    # -- runs -----------------------------------------------------------------------------

    def _take_outcomes(self) -> None:
        """Hand outcomes of steps to their runs, all of a run's at once."""
        outcomes, self._outcomes = self._outcomes, []
        facts: dict[str, list[Fact]] = {}
        for outcome in outcomes:
            owned = self._owned.get(outcome.run_id)
            if owned is not None:
                owned.bodies.discard(outcome.begin.step_id)
            if outcome.event is None:
                # The step was given up: nothing happened that the log should know.
                self._release(outcome.begin.hold)
            elif owned is None or isinstance(outcome.event, StepRetrying):
                self._append_alone(outcome)
            else:
                event = NewEvent(outcome.event, outcome.begin.step_id)
                facts.setdefault(outcome.run_id, []).append(Fact(event, outcome.begin.hold))
        for run_id, of_run in facts.items():
            self._advance(run_id, self._owned[run_id], of_run)
        if outcomes and self._slots_free:
            self._claim_steps_if_any()

    def _append_alone(self, outcome: _Outcome) -> None:
        """A fact of a run that is not driven here, or one that is not delivered."""
        assert outcome.event is not None
        event = NewEvent(outcome.event, outcome.begin.step_id)
        hold = outcome.begin.hold
        self._heartbeat.forget(hold)
        try:
            result = self.world.events.create(outcome.run_id, event, fence=[hold])
        except WorldError as error:
            if error.status not in (404, 409, 410):
                raise
            # Another attempt of the step has taken over, or nobody wants the outcome.
            return
        if result.event is not None:
            self.observer.appended([result.event])
        owned = self._owned.get(outcome.run_id)
        if owned is not None:
            owned.runner.note([result])
        self._changed = True
        self._schedule()

    def _advance(
        self, run_id: str, owned: _Owned, facts: Sequence[Fact], *, news: bool = False
    ) -> None:
        for fact in facts:
            self._heartbeat.forget(fact.hold)
        advance = owned.runner.advance(facts, news=news)
        if advance.appended:
            self.observer.appended(advance.appended)
        if advance.output:
            self.observer.output(run_id, advance.output)
        for begin in advance.begins:
            self._begin(run_id, begin)
        for step_id in advance.cancelled_steps:
            body = self._bodies.get(step_id)
            if body is not None:
                body.task.cancel()
        self._settle(run_id, owned, advance)

    def _settle(self, run_id: str, owned: _Owned, advance: Advance) -> None:
        """Keep, give back or forget the claim, as the run stands."""
        if advance.standing is not Standing.SUSPENDED:
            del self._owned[run_id]
            self._heartbeat.forget(owned.runner.hold)
            owned.runner.drop()
            if advance.standing is Standing.PARKED and advance.error is not None:
                self.observer.parked(run_id, advance.error)
            elif advance.standing is Standing.ENDED:
                self._end_bodies(run_id)
                self.observer.ended(run_id)
            else:
                self._release(owned.runner.hold)
            return
        execution = owned.runner.execution
        if execution is not None and execution.next_wait_us is not None:
            self._arm_at(execution.next_wait_us)
        if owned.bodies:
            return
        self.observer.suspended(run_id, owned.runner)
        if self.run_id is None:
            self._give_up(run_id, owned)

    def _arm_at(self, us: int) -> None:
        """Wake up at this moment at the latest."""
        assert self._loop is not None
        when = self._loop.time() + max(0.0, (us - self._clock.now_us()) / 1e6)
        if self._timer is None or self._timer.cancelled() or self._timer.when() > when:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(when, self._news)

    def _give_up(self, run_id: str, owned: _Owned) -> None:
        """Give the claim of a suspended run back; the coroutine is kept for a while."""
        del self._owned[run_id]
        self._release(owned.runner.hold, owned.runner.through)
        self._kept[run_id] = owned.runner
        if len(self._kept) > RUNS_KEPT_MAX:
            _, oldest = self._kept.popitem(last=False)
            oldest.drop()

    def _end_bodies(self, run_id: str) -> None:
        """A run that ended awaits nothing: async bodies get CancelledError."""
        for body in list(self._bodies.values()):
            if body.run_id == run_id:
                body.task.cancel()

    # -- steps ----------------------------------------------------------------------------

    def _take_slots(self, step_name: str, queue: str, wanted: int) -> int:
        if step_name not in self._steps or (self._queues and queue not in self._queues):
            return 0
        taken = min(wanted, self._slots_free)
        self._slots_free -= taken
        return taken

    def _claim_steps_if_any(self) -> None:
        """After slots came free: take more of the work that waits for one."""
        if self._waiting_steps():
            self._claim_steps()

    def _waiting_steps(self) -> bool:
        return any(
            owned.runner.execution is not None
            and len(owned.runner.execution.pending_steps) > len(owned.bodies)
            for owned in self._owned.values()
        )

    def _claim_steps(self) -> None:
        if not self._slots_free or not self._steps:
            return
        claimed = self.world.queue.claim(
            self._owner,
            kinds=[TaskKind.STEP],
            names=None if self.run_id is not None else list(self._steps),
            queues=self._queues,
            run_id=self.run_id,
            limit=self._slots_free,
            lease=self._lease,
        )
        by_run: dict[str, list[Task]] = {}
        for task in claimed:
            self._heartbeat.add(task.hold)
            by_run.setdefault(task.run_id, []).append(task)
        for run_id, tasks in by_run.items():
            self._start_claimed(run_id, tasks)

    def _start_claimed(self, run_id: str, tasks: Sequence[Task]) -> None:
        """Log the beginning of an attempt for each, then begin."""
        found = self.world.steps.get_many(run_id, [task.task_id for task in tasks])
        begins: dict[str, Begin] = {}
        batch: list[NewEvent] = []
        for task in tasks:
            step = found[task.task_id]
            name = step.step_name or ""
            lost = step.attempt - step.failures
            spec = self._steps.get(name)
            if spec is None:
                batch.append(NewEvent(step_bodies.unknown(name, list(self._steps)), step.step_id))
            elif lost and lost >= spec.options.max_lost:
                batch.append(NewEvent(step_bodies.lost(name, lost), step.step_id))
            else:
                batch.append(NewEvent(StepStarted(attempt=step.attempt + 1), step.step_id))
                begins[step.step_id] = Begin(
                    step_id=step.step_id,
                    hold=task.hold,
                    attempt=step.attempt + 1,
                    failures=step.failures,
                    step_name=name,
                    args=step.input if isinstance(step.input, list) else [step.input],
                    kwargs=step.kwargs or {},
                )
        holds = {task.task_id: task.hold for task in tasks}
        self._append_beginnings(run_id, batch, holds, begins)

    def _append_beginnings(
        self,
        run_id: str,
        batch: Sequence[NewEvent],
        holds: Mapping[str, Hold],
        begins: Mapping[str, Begin],
    ) -> None:
        try:
            results = self.world.events.create_batch(run_id, batch, fence=list(holds.values()))
        except WorldError as error:
            if error.status not in (404, 409, 410):
                raise
            if len(batch) == 1:
                self._release(next(iter(holds.values())))
                return
            for event in batch:
                step_id = event.correlation_id or ""
                self._append_beginnings(run_id, [event], {step_id: holds[step_id]}, begins)
            return
        appended = [result.event for result in results if result.event is not None]
        self.observer.appended(appended)
        owned = self._owned.get(run_id)
        if owned is not None:
            owned.runner.note(results)
        for event in appended:
            begin = begins.get(event.correlation_id or "")
            if begin is not None:
                self._slots_free -= 1
                self._begin(run_id, begin)
            else:
                self._heartbeat.forget(holds[event.correlation_id or ""])
                self._news()

    def _begin(self, run_id: str, begin: Begin) -> None:
        """Start a body whose slot is taken and whose beginning is committed."""
        assert self._loop is not None
        self._heartbeat.add(begin.hold)
        owned = self._owned.get(run_id)
        if owned is not None:
            owned.bodies.add(begin.step_id)
        task = self._loop.create_task(self._body(run_id, begin), name=f"wfx {begin.step_name}")
        self._bodies[begin.step_id] = _Body(run_id, begin.hold, task)

    async def _body(self, run_id: str, begin: Begin) -> None:
        outcome: step_bodies.Outcome | None = None
        try:
            attempt = step_bodies.Attempt(
                spec=self._steps[begin.step_name],
                args=begin.args,
                kwargs=begin.kwargs,
                context=step_bodies.StepContext(
                    run_id,
                    begin.step_id,
                    begin.step_name,
                    begin.attempt,
                    _Sink(self.world, run_id, begin.step_id, begin.attempt),
                ),
                failures=begin.failures,
            )
            outcome = await step_bodies.run_attempt(
                attempt, threads=self._threads, now=self.world.queue.now
            )
        except asyncio.CancelledError:
            outcome = None
        finally:
            self._bodies.pop(begin.step_id, None)
            self._slots_free += 1
            self._outcomes.append(_Outcome(run_id, begin, outcome))
            self._schedule()


class _Sink:
    """Writes a step's stream chunks to the world."""

    def __init__(self, world: World, run_id: str, step_id: str, attempt: int) -> None:
        self._world = world
        self._run_id = run_id
        self._step_id = step_id
        self._attempt = attempt

    def write(self, stream: str, data: bytes) -> None:
        self._world.streams.write(
            self._run_id, stream, data, step_id=self._step_id, attempt=self._attempt
        )

    def close(self, stream: str) -> None:
        self._world.streams.close(self._run_id, stream)


class _Heartbeat:
    """Extends the leases of what runs in this process now, from a thread of its own."""

    def __init__(self, world: World, owner: str, lease: timedelta) -> None:
        self._world = world
        self._owner = owner
        self._lease = lease
        self._holds: set[Hold] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, hold: Hold) -> None:
        with self._lock:
            self._holds.add(hold)

    def forget(self, hold: Hold) -> None:
        with self._lock:
            self._holds.discard(hold)

    def start(self, lost: Callable[[Collection[Hold]], None]) -> None:
        self._thread = threading.Thread(
            target=self._run, args=(lost,), name="wfx-lease", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, lost: Callable[[Collection[Hold]], None]) -> None:
        while not self._stop.wait(self._lease.total_seconds() / 3):
            with self._lock:
                named = set(self._holds)
            if not named:
                continue
            try:
                held = self._world.queue.extend(self._owner, named, self._lease)
            except WorldError:
                continue  # tried again well before the lease ends
            with self._lock:
                # What was forgotten meanwhile has ended in good order.
                gone = (named - held) & self._holds
                self._holds -= gone
            if gone:
                try:
                    lost(gone)
                except RuntimeError:
                    return  # the loop is closed


def check_free(world: World, run_id: str, presence: Presence) -> None:
    """
    Check that nobody alive is activating this run.

    Raises:
        RunHeld: A process holds its claim; it is named.
    """
    task = world.queue.get(run_id)
    if task is None or task.owner is None or presence.is_dead(task.owner):
        return
    if task.lease_until is not None and task.lease_until <= world.queue.now():
        return
    raise RunHeld(run_id=run_id, holder=describe_owner(task.owner))
