"""
A process that does ready work: activates runs, executes steps, completes due waits.

Everything happens on one event loop, in callbacks. A tick takes what has changed, drives
each run concerned through its `Runner`, appends what they all ask for in one transaction,
and starts the step bodies that may begin; bodies run as tasks of the same loop (or in
threads), and the end of one may be what calls for a tick. Recovery is the same sweep all
the time: an expired lease, or one of an owner that is surely dead, is ready work.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from wfx.clock import SteadyClock, SystemClock, from_us, to_us
from wfx.errors import LeaseLost, WfxError, WorldError, WorldUnavailable
from wfx.events import NewEvent, StepRetrying
from wfx.frozen import maker
from wfx.workers import supervisor
from wfx.workers.appending import Writing
from wfx.workers.attempts import Begun, begin_attempts, end_attempt
from wfx.workers.blocking import LoopWatch
from wfx.workers.bodies import SLOTS_DEFAULT, Bodies
from wfx.workers.grouping import Grouping
from wfx.workers.lease import Heartbeat
from wfx.workers.observer import Observer
from wfx.workers.presence import Presence
from wfx.workers.rounds import ROUND_SECONDS, Rounds
from wfx.workers.runner import Advance, Begin, Fact, Runner, Standing, Surroundings
from wfx.workers.wakeups import ThreadWakeups, Wakeups
from wfx.workers.worldclock import WorldClock
from wfx.world import LEASE_DEFAULT, EventResult, Hold, ParkReason, Task, TaskKind, World

if TYPE_CHECKING:
    from wfx.clock import Clock
    from wfx.program import Program, StepSpec

RUNS_CLAIMED_AT_ONCE: Final = 100
RUNS_KEPT_MAX: Final = 1000
DEATHS_MAX: Final = 3
"""A run whose activation ended its worker this often in a row is parked."""

GRACE_SECONDS_DEFAULT: Final = 5.0
"""How long a worker that stops waits for its step bodies to end."""
PATIENCE_DEFAULT: Final = timedelta(minutes=1)
"""How long the world may be out of reach before a worker gives up."""

_AHEAD_SECONDS: Final = 0.01
"""Until the world is asked again for a wait that seemed to be due."""

_make_event, _make_fact = maker(NewEvent), maker(Fact)


@dataclass(slots=True)
class _Turn:
    """What the next advance of a run is about."""

    facts: list[Fact] = field(default_factory=list)
    news: bool = False
    claimed: Task | None = None
    """The run's task, if it was claimed just now."""


class Worker:
    """
    Does the work of one world.

    Args:
        programs: The code: their workflows and steps are what this worker can do.
        run_id: Do the work of this run only, and keep its claim while it sleeps.
        slots: Step bodies at the same time.
        queues: Serve these queues only; all if None.
        observer: Is told of progress.
        clock: The machine's, which may be wrong and may jump.
        steady: One that measures time and is never set; `clock` if only that is given.
        wakeups: What calls the worker from outside; threads if None.
        pause: Waits a moment between repeats of an append that got no answer.
        runs_kept_max: Suspended runs whose coroutines stay in memory.
        grace: How long `serve` waits, when it stops, for step bodies that it has ended.
        finish: How long it lets them go on before it ends them.
        patience: How long the world may be out of reach; for ever if None.
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
        steady: Clock | None = None,
        lease: timedelta = LEASE_DEFAULT,
        entropy: Callable[[int], bytes] = os.urandom,
        wakeups: Wakeups | None = None,
        pause: Callable[[float], None] = time.sleep,
        grace: timedelta = timedelta(seconds=GRACE_SECONDS_DEFAULT),
        runs_kept_max: int = RUNS_KEPT_MAX,
        finish: timedelta = timedelta(0),
        patience: timedelta | None = PATIENCE_DEFAULT,
    ) -> None:
        self.world = world
        self.run_id = run_id
        self.observer = observer or Observer()
        self._programs = list(programs)
        self._program_of: dict[str, Program] = {}
        self._steps: dict[str, StepSpec] = {}
        for program in self._programs:
            self._program_of.update(dict.fromkeys(program.workflows, program))
            self._steps.update(program.steps)
        self._lease = lease
        self._grace = grace
        self._runs_kept_max = runs_kept_max
        self._finish = finish
        self._patience = patience
        self._presence = presence or Presence()
        self._owner = self._presence.owner
        self._clock = WorldClock(world, clock or SystemClock(), steady or clock or SteadyClock())
        self._bodies = Bodies(
            world,
            self._steps,
            slots=slots,
            queues=queues,
            now=lambda: from_us(self._clock.now_us()),
            on_end=self._body_ended,
        )
        self._surroundings = Surroundings(
            clock=self._clock,
            entropy=entropy,
            take_slots=self._bodies.take_slots,
            give_slots=self._bodies.give_slots,
            watched=supervisor.cell,
        )
        self._rounds = Rounds(
            world,
            self._programs,
            self._presence,
            self._clock,
            queues=queues,
            slots=slots,
            enlists=run_id is None,
        )
        self._grouping = Grouping(world, pause)
        self._releases: dict[Hold, int] = {}
        """Claims to be given back together, each with the position it was read through."""
        self._turns: dict[str, _Turn] = {}
        """What has not begun yet."""
        self._unsaid: list[tuple[str, Fact]] = []
        """Outcomes whose append was given up without an answer."""
        self._owned: dict[str, Runner] = {}
        """Runs whose claim this process holds."""
        self._lost_runs: set[Hold] = set()
        """Claims on runs that others hold, or nobody any more; until the next look around."""
        self._kept: OrderedDict[str, Runner] = OrderedDict()
        """Suspended runs whose claim was given back, least recently used first."""
        self._changed = True
        self._more_runs = False
        """More runs may be ready than were claimed."""
        self._claim_anyway_at = 0.0
        self._scheduled = False
        self._unreached_since: float | None = None
        """Since when the world has been out of reach."""
        self._timer: asyncio.TimerHandle | None = None
        self._heartbeat = Heartbeat(world, self._owner, lease)
        self._loop_watch = LoopWatch()
        self._wakeups = wakeups or ThreadWakeups()
        self._stopping = False
        self._told_end = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Future[None] | None = None

    @property
    def bodies_running(self) -> int:
        """How many step bodies execute here now."""
        return self._bodies.running

    # -- life -----------------------------------------------------------------------------

    async def serve(self) -> None:
        """
        Work until `stop` is called, or this task is cancelled. Claims are then given back.

        Raises:
            WorldUnavailable: The world does not answer any more.
        """
        self._loop = asyncio.get_running_loop()
        self._done = self._loop.create_future()
        if self._stopping:
            self._done.set_result(None)
        self._wakeups.start(
            self.world,
            self._loop,
            news=self._news,
            beat=self._beat,
            beat_seconds=self._heartbeat.seconds,
        )
        self._schedule()
        try:
            await self._done
        finally:
            self._stopping = True
            if self._timer is not None:
                self._timer.cancel()
            try:
                if not await self._give_back():
                    # Else the presence lasts as long as the process, as those bodies do.
                    self._presence.close()
            finally:
                self._wakeups.stop()

    def stop(self) -> None:
        """Make `serve` return; safe to call from a callback of its loop."""
        if self._done is None:
            self._stopping = True
        elif not self._done.done():
            self._done.set_result(None)

    async def _give_back(self) -> Collection[Hold]:
        """
        End what runs here, in order: bodies, then claims; the log has the rest.

        Returns:
            The claims of bodies that could not be ended. They are not given back, because
            nobody else may start those steps while they run.
        """
        running = self._bodies.running
        self.observer.stopping(running)
        still_running = await self._bodies.stop(
            self._grace.total_seconds(), self._finish.total_seconds()
        )
        finished = sum(ended.outcome is not None for ended in self._bodies.ended)
        self._grouping.close()
        self._unsaid += [(run_id, f) for run_id, turn in self._turns.items() for f in turn.facts]
        self._turns.clear()
        self._take_outcomes(alone=True)
        with suppress(WorldError):
            # In vain: those attempts count as lost, their leases end, and they are made again.
            while self._grouping.waits:
                self._grouping.commit()
        for runner in self._owned.values():
            through = runner.through
            runner.drop()
            # A run worked on alone stays ready, so that whoever resumes it holds it at once.
            self._release(runner.hold, through if self.run_id is None else -1)
        self._owned.clear()
        self._hand_back()
        for runner in self._kept.values():
            runner.drop()
        self._kept.clear()
        self._rounds.leave()
        self.observer.stopped(finished, max(0, running - finished))
        return still_running

    def _release(self, hold: Hold, read_through: int = -1) -> None:
        """Give a claim back with the next `_hand_back`."""
        self._heartbeat.forget(hold)
        self._releases[hold] = read_through

    def _hand_back(self) -> None:
        if not self._releases:
            return
        releases, self._releases = self._releases, {}
        # Out of reach: the leases end by themselves.
        with suppress(WorldError):
            self.world.queue.release_many(releases)

    # -- being woken ----------------------------------------------------------------------

    def _schedule(self) -> None:
        if not self._scheduled and not self._stopping and self._loop is not None:
            self._scheduled = True
            self._loop.call_soon(self._tick)

    def _news(self) -> None:
        self._changed = True
        self._schedule()

    def _body_ended(self, raised: BaseException | None) -> None:
        if raised is not None:
            self._fail(raised)
        if self._bodies.running or self._scheduled:
            # Others may end in this very turn of the loop, and share the commit.
            self._schedule()
        else:
            self._tick()

    def _fail(self, error: BaseException) -> None:
        """An error of our own, or of the world: `serve` raises it."""
        if self._done is not None and not self._done.done():
            self._done.set_exception(error)

    def _beat(self) -> None:
        """Extend the leases; called from any thread."""
        lost = self._heartbeat.beat()
        if self._loop is None or self._loop.is_closed():
            return
        if lost:
            self._loop.call_soon_threadsafe(self._lost, lost)
        blocked = self._loop_watch.look(self._loop)
        if blocked is not None:
            self.observer.blocked(blocked)

    def _lost(self, holds: Collection[Hold]) -> None:
        """Claims that others hold now: stop what runs under them."""
        for hold in holds:
            self._bodies.cancel_claim(hold)
            runner = self._owned.get(hold[0])
            if runner is not None and runner.hold == hold:
                self._lost_runs.add(hold)
                self._news()

    def _wake_in(self, seconds: float, *, at_latest: bool = False) -> None:
        """Look around after this time (with `at_latest`, only if that is earlier)."""
        assert self._loop is not None
        when = self._loop.time() + max(0.0, seconds)
        if self._timer is not None:
            if at_latest and not self._timer.cancelled() and self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._news)

    def _arm(self) -> None:
        """Set the timer to the next moment at which something is ready."""
        at = self.world.queue.next_ready(run_id=self.run_id)
        if at is None:
            return
        seconds = self._seconds_to(at)
        if seconds <= 0:
            # A task that is ready but not ours to take must not make this loop spin, nor
            # hide the waits behind it, which anybody may complete.
            wait = self.world.queue.next_ready(kinds=(TaskKind.WAIT,), run_id=self.run_id)
            seconds = ROUND_SECONDS if wait is None else self._seconds_to(wait)
            # A wait that is due by this clock, and was not by the world's: it is ahead.
            seconds = min(max(seconds, _AHEAD_SECONDS), ROUND_SECONDS)
        self._wake_in(min(seconds, 3600.0))

    def _seconds_to(self, moment: datetime) -> float:
        return (to_us(moment) - self._clock.now_us()) / 1e6

    # -- a tick ---------------------------------------------------------------------------

    def _tick(self) -> None:
        self._scheduled = False
        if self._stopping:
            return
        looks = self._changed
        try:
            self._take_outcomes()
            if looks:
                self._changed = False
                self._look_around()
            elif self._more_runs and self._bodies.free:
                self._claim_runs()
            self._grouping.commit()
            self._hand_back()
        except WorldUnavailable as error:
            self._out_of_reach(error)
        except BaseException as error:
            self._fail(error)
        else:
            if looks and self._unreached_since is not None:
                self._unreached_since = None
                self.observer.in_reach()
            if self._grouping.waits or (self._more_runs and self._bodies.free):
                # Not at once: what happened meanwhile goes into the same commit.
                self._schedule()

    def _out_of_reach(self, error: WorldUnavailable) -> None:
        """The world does not answer: try again a little later, as long as patience lasts."""
        assert self._loop is not None
        now = self._loop.time()
        since = now if self._unreached_since is None else self._unreached_since
        waited = timedelta(seconds=now - since)
        if not error.transient or (self._patience is not None and waited > self._patience):
            self._fail(error)
            return
        if self._unreached_since is None:
            self._unreached_since = now
            self.observer.out_of_reach(error)
        self._wake_in(ROUND_SECONDS)

    def _look_around(self) -> None:
        """Everything that others, or time, may have changed."""
        assert self._loop is not None
        self._rounds.make(self._loop.time())
        self._bodies.limited = self._rounds.limited
        while self.world.queue.due(run_id=self.run_id):
            pass
        self._hear_news()
        self._claim_runs()
        self._claim_steps()
        self._arm()

    def _hear_news(self) -> None:
        """Advance own runs whose logs have grown."""
        if not self._owned:
            return
        heads = self.world.events.heads(list(self._owned))
        lost, self._lost_runs = self._lost_runs, set()
        for run_id, runner in list(self._owned.items()):
            head = heads.get(run_id)
            ended = head is None or head.run.ended
            if runner.hold in lost and not ended:
                if self._grouping.busy(run_id):
                    self._lost_runs.add(runner.hold)
                    continue
                runner.drop()
                del self._owned[run_id]
            elif (
                ended
                or runner.execution is None
                or (head is not None and head.last_delivered > runner.through)
            ):
                # The claim on a run that ended is gone as well: no reason not to hear of it.
                # One without a coroutine could not be read when it was claimed.
                self._advance(run_id, news=True)

    def _claim_runs(self) -> None:
        """
        Claim ready runs, as many as there are free slots for their steps.

        What this process has no room for, others may take. But now and then it claims runs
        without room too, because many need no slot to go on.
        """
        self._more_runs = False
        if self.run_id is not None and self.run_id in self._owned:
            return
        assert self._loop is not None
        for program in self._programs:
            # Each by itself: a run that is parked for one program's code is not for another's.
            limit = min(RUNS_CLAIMED_AT_ONCE, self._bodies.free)
            if not limit:
                self._more_runs = True
                if self._loop.time() < self._claim_anyway_at:
                    self._wake_in(self._claim_anyway_at - self._loop.time(), at_latest=True)
                    break
                limit = RUNS_CLAIMED_AT_ONCE
            self._claim_anyway_at = self._loop.time() + ROUND_SECONDS
            if len(self._claim_runs_of(program, limit)) == limit:
                self._more_runs = True
        if self.run_id is not None and self.run_id not in self._owned:
            self._tell_end(self.run_id)

    def _claim_runs_of(self, program: Program, limit: int) -> Sequence[Task]:
        claimed = self.world.queue.claim(
            self._owner,
            kinds=[TaskKind.RUN],
            names=[name for name in program.workflows if self._program_of[name] is program],
            run_id=self.run_id,
            limit=limit,
            lease=self._lease,
            digest=program.digest,
        )
        suspect = self._suspect(claimed)
        if suspect is None:
            for task in claimed:
                self._claimed_run(task)
        else:
            self._claimed_suspect(suspect, claimed)
        return claimed

    def _suspect(self, claimed: Sequence[Task]) -> Task | None:
        """The run that ended its processes most often, if one did; of equals, any."""
        suspects = [task for task in claimed if 0 < task.deaths < DEATHS_MAX]
        if not suspects:
            return None
        most = max(task.deaths for task in suspects)
        worst = [task for task in suspects if task.deaths == most]
        # Not always the same: it may be innocent, and the others are forgiven meanwhile.
        return worst[self._surroundings.entropy(1)[0] % len(worst)]

    def _claimed_suspect(self, suspect: Task, claimed: Sequence[Task]) -> None:
        """
        Activate a run whose last owner died, by itself: it may have been the cause.

        What else was claimed is given back before, so that it is not blamed for another
        death (PROTOCOL 18), and comes with the next claim.
        """
        others = [task for task in claimed if task is not suspect]
        spared = [task for task in others if task.deaths < DEATHS_MAX]
        if spared:
            self.world.queue.release_many({task.hold: -1 for task in spared})
            self._more_runs = True
        for task in others:
            if task.deaths >= DEATHS_MAX:
                self._claimed_run(task)
        self._claimed_run(suspect)
        while self._grouping.waits and self._grouping.busy(suspect.run_id):
            self._grouping.commit()

    def _tell_end(self, run_id: str) -> None:
        """The run this worker is for may have ended while somebody else had its claim."""
        if not self._told_end and self.world.queue.get(run_id) is None:
            self._told_end = True
            self.observer.ended(run_id)

    def _claimed_run(self, task: Task) -> None:
        if task.deaths >= DEATHS_MAX:
            message = (
                f"the process that activated this run ended {task.deaths} times in a row while "
                "it did; find out why, then `wfx release` it"
            )
            with suppress(LeaseLost):  # then it is somebody else's to park
                self.world.queue.park(task.hold, ParkReason.RUNAWAY, {"message": message})
                self.observer.parked(task.run_id, WfxError(message))
            return
        self._heartbeat.add(task.hold)
        runner = self._kept.pop(task.run_id, None)
        former = self._owned.get(task.run_id)
        if former is not None:
            # Its lease ended unnoticed, and the claim is ours again.
            self._heartbeat.forget(former.hold)
            if not self._grouping.busy(task.run_id):
                runner = former
            # Else what it has under way ends first, and it is dropped then.
        if runner is None:
            runner = Runner(
                self.world,
                self._program_of[task.name],
                task.run_id,
                task.hold,
                self._surroundings,
            )
        else:
            runner.reclaimed(task.hold)
        self._owned[task.run_id] = runner
        self._advance(task.run_id, claimed=task)

    def _survived(self, task: Task, runner: Runner) -> None:
        """
        Say that the activation came to rest, which nothing else says when it asked for nothing.

        Otherwise a run that waits for a long step is parked after a few deploys (PROTOCOL 18).
        """
        self._heartbeat.forget(runner.hold)
        with suppress(LeaseLost):  # then it is somebody else's to say
            self.world.queue.release(
                runner.hold, read_through=runner.through, ready_at=self.world.queue.now()
            )
        claimed = self.world.queue.claim(
            self._owner,
            kinds=[TaskKind.RUN],
            names=[task.name],
            run_id=task.run_id,
            lease=self._lease,
        )
        if claimed:
            runner.reclaimed(claimed[0].hold)
            self._heartbeat.add(runner.hold)
        else:
            runner.drop()
            del self._owned[task.run_id]

    # -- runs -----------------------------------------------------------------------------

    def _take_outcomes(self, *, alone: bool = False) -> None:
        """
        Hand outcomes of steps to their runs, all of a run's at once.

        Args:
            alone: Log them, and do not go on with the runs.
        """
        taken = self._bodies.take_ended()
        told, self._unsaid = self._unsaid, []
        facts: dict[str, list[Fact]] = {}
        for ended in taken:
            hold = ended.begin.hold
            if ended.outcome is None:
                # The step was given up: nothing happened that the log should know.
                self._release(hold)
                continue
            fact = _make_fact(_make_event(ended.outcome, ended.begin.step_id), hold)
            told.append((ended.run_id, fact))
        for run_id, fact in told:
            if alone or isinstance(fact.event.data, StepRetrying) or run_id not in self._owned:
                self._outcome_alone(run_id, fact)
            else:
                facts.setdefault(run_id, []).append(fact)
        for run_id, of_run in facts.items():
            self._advance(run_id, of_run)
        for ended in taken:
            if ended.run_id not in facts:
                self._rest(ended.run_id)
        if alone or not taken or not self._bodies.free:
            return
        if self._waiting_steps() or self._bodies.made_room(taken):
            self._hand_back()
            self._claim_steps()

    def _outcome_alone(self, run_id: str, fact: Fact) -> None:
        """An outcome of a run that is not driven here, or one that is not delivered."""

        def told(results: list[EventResult]) -> None:
            self._heartbeat.forget(fact.hold)
            if results:
                self._appended(run_id, results)
                self._news()
            self._rest(run_id)

        self._grouping.begin(run_id, end_attempt(run_id, fact.event, fact.hold), told)

    def _appended(self, run_id: str, results: Sequence[EventResult]) -> None:
        """Something was appended beside the runner."""
        self.observer.appended([r.event for r in results if r.event is not None])
        runner = self._owned.get(run_id)
        if runner is not None:
            runner.note(results)

    def _advance(
        self,
        run_id: str,
        facts: Sequence[Fact] = (),
        *,
        news: bool = False,
        claimed: Task | None = None,
    ) -> None:
        """Take an own run as far as it goes: now, or when what is under way of it is over."""
        turn = self._turns.get(run_id)
        begun = turn is not None
        if turn is None:
            turn = self._turns[run_id] = _Turn()
        turn.facts += facts
        turn.news = turn.news or news
        turn.claimed = claimed or turn.claimed
        if not begun:
            self._grouping.begin(
                run_id,
                self._take_turn(run_id, turn),
                partial(self._advanced, run_id, turn),
            )

    def _take_turn(self, run_id: str, turn: _Turn) -> Writing[tuple[Runner, Advance] | None]:
        del self._turns[run_id]
        runner = self._owned.get(run_id)
        try:
            if runner is None:
                # Given up since: the outcomes are for whoever goes on with it.
                for fact in turn.facts:
                    yield from end_attempt(run_id, fact.event, fact.hold)
                return None
            here = self._bodies.count(run_id) + len(turn.facts)
            advance = yield from runner.advance(
                turn.facts, news=turn.news, elsewhere=runner.pending_steps() > here
            )
        except BaseException:
            self._unsaid += [(run_id, fact) for fact in turn.facts]
            raise
        return runner, advance

    def _advanced(self, run_id: str, turn: _Turn, advanced: tuple[Runner, Advance] | None) -> None:
        for fact in turn.facts:
            self._heartbeat.forget(fact.hold)
        if advanced is None:
            return
        runner, advance = advanced
        if advance.appended:
            self.observer.appended(advance.appended)
        if advance.output:
            self.observer.output(run_id, advance.output)
        self._begin(run_id, advance.begins)
        for step_id in advance.cancelled_steps:
            self._bodies.cancel_step(step_id)
        if self._owned.get(run_id) is not runner:
            # The run was claimed anew meanwhile: another runner goes on with it.
            runner.drop()
            return
        self._settle(run_id, runner, advance)
        task = turn.claimed
        if task is not None and task.deaths and not advance.appended and run_id in self._owned:
            self._survived(task, runner)

    def _rest(self, run_id: str) -> None:
        """Something of a run is over: it may be that nothing of it is under way any more."""
        runner = self._owned.get(run_id)
        if runner is not None and not self._stopping and not self._grouping.busy(run_id):
            self._settle(run_id, runner, Advance())

    def _settle(self, run_id: str, runner: Runner, advance: Advance) -> None:
        """Keep, give back or forget the claim, as the run stands."""
        if advance.standing is not Standing.SUSPENDED:
            del self._owned[run_id]
            self._heartbeat.forget(runner.hold)
            runner.drop()
            if advance.standing is Standing.PARKED and advance.error is not None:
                self.observer.parked(run_id, advance.error)
            elif advance.standing is Standing.ENDED:
                self._bodies.cancel_run(run_id)
                self._told_end = True
                self.observer.ended(run_id)
            else:
                self._release(runner.hold)
            return
        execution = runner.execution
        if execution is not None and execution.next_wait_us is not None:
            self._wake_in((execution.next_wait_us - self._clock.now_us()) / 1e6, at_latest=True)
        if self._bodies.count(run_id) or self._grouping.busy(run_id):
            return
        self.observer.suspended(run_id, runner)
        if self.run_id is None:
            self._give_up(run_id, runner)

    def _give_up(self, run_id: str, runner: Runner) -> None:
        """Give the claim of a suspended run back; the coroutine is kept for a while."""
        del self._owned[run_id]
        self._release(runner.hold, runner.through)
        self._kept[run_id] = runner
        if len(self._kept) > self._runs_kept_max:
            _, oldest = self._kept.popitem(last=False)
            oldest.drop()

    # -- steps ----------------------------------------------------------------------------

    def _waiting_steps(self) -> bool:
        """Whether steps of our runs wait for a slot."""
        for run_id, runner in self._owned.items():
            if runner.pending_steps() > runner.beginning + self._bodies.count(run_id):
                return True
        return False

    def _claim_steps(self) -> None:
        if not self._bodies.free or not self._steps:
            return
        claimed = self.world.queue.claim(
            self._owner,
            kinds=[TaskKind.STEP],
            names=None if self.run_id is not None else list(self._steps),
            queues=self._bodies.queues,
            run_id=self.run_id,
            limit=self._bodies.free,
            lease=self._lease,
        )
        by_run: dict[str, list[Task]] = {}
        for task in claimed:
            by_run.setdefault(task.run_id, []).append(task)
        for run_id, tasks in by_run.items():
            self._start_claimed(run_id, tasks)

    def _start_claimed(self, run_id: str, tasks: Sequence[Task]) -> None:
        self._bodies.free -= len(tasks)

        def log() -> Writing[Begun]:
            try:
                runner = self._owned.get(run_id) or self._kept.get(run_id)
                known = _nothing if runner is None else runner.asked_for
                return (yield from begin_attempts(self.world, run_id, tasks, self._steps, known))
            except BaseException:
                self._bodies.give_slots(len(tasks))
                raise

        def logged(begun: Begun) -> None:
            for hold in begun.refused:
                self._release(hold)
            if begun.results:
                self._appended(run_id, begun.results)
            self._bodies.give_slots(len(tasks) - len(begun.begins))
            self._begin(run_id, begun.begins)
            if begun.failed:
                self._news()
            self._rest(run_id)

        self._grouping.begin(run_id, log(), logged)

    def _begin(self, run_id: str, begins: Sequence[Begin]) -> None:
        """Start bodies whose slots are taken and whose beginnings are committed."""
        assert self._loop is not None
        for begin in begins:
            self._heartbeat.add(begin.hold)
            self._bodies.begin(run_id, begin, self._loop)


def _nothing(_: str) -> None:
    """What is known of steps of a run that is not driven here."""
