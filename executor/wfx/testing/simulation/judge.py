"""
What must hold after every single thing that happens to a world, whoever does it.

The judge stands between all lines and the world. It has a notebook of its own, made from
the answers of the world only: who holds which claim and until when, what each log says, which
bodies ran. What the world and the workers do is compared with it; neither is asked whether it
is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from wfx.errors import IllegalEvent, LeaseLost, PositionConflict, WfxError, WorldError
from wfx.events import (
    RUN_ENDS,
    STEP_OUTCOMES,
    Event,
    HookReceived,
    Kind,
    NewEvent,
    RunCancelled,
    RunStarted,
    StepCancelled,
    StepCreated,
    StepFailed,
    StepRetrying,
    StepStarted,
    WaitCompleted,
    WaitCreated,
)
from wfx.testing.simulation.lanes import Held, Lanes
from wfx.testing.simulation.line import Party
from wfx.testing.simulation.notebook import Body, Claim, Heard, Log, Owed, brief, named, short
from wfx.world import LEASE_DEFAULT, Append, EventResult, Hold, ParkReason, Task, TaskKind, World

if TYPE_CHECKING:
    from wfx.queues import QueueLimits
    from wfx.testing.simulation.schedule import Broken, Schedule

_DEATHS_MAX: Final = 3
_TASKS_MAX: Final = 100_000
_READING: Final = timedelta(seconds=3)
"""How far a reading of the world's time may be off: as long as the first question travels."""
_UNJUDGED: Final = frozenset(
    {
        *("get", "get_many", "get_by_token", "heads", "list", "list_by_correlation_id"),
        *("holders", "limits", "next_ready", "now", "enlist", "leave", "stream"),
    }
)
"""Calls that change no log and no claim."""


class Judge:
    """
    Executes calls on the real world, and checks all of them.

    Args:
        tell: Called when the world says that there is news.

    Attributes:
        situations: How often what was seen.
    """

    def __init__(self, schedule: Schedule, world: World, tell: Callable[[], None]) -> None:
        self.schedule = schedule
        self.world = world
        self._watch = world.watch()
        self._tell = tell
        self.situations: Counter[str] = Counter()
        self.lanes = Lanes(self.saw, self.broken)
        self.logs: dict[str, Log] = {}
        self.claims: dict[str, Claim] = {}
        """The claims that hold, by task id."""
        self.ends: dict[Hold, str] = {}
        """How the others ended."""
        self.bodies: dict[tuple[str, int], Body] = {}
        self.acknowledged: list[Event] = []
        self._fences: dict[str, int] = {}
        self._runs: dict[str, str] = {}
        """The run of each task."""
        self._deaths: Counter[str] = Counter()
        self._owed: dict[tuple[Party, str], Owed] = {}
        self._proven: dict[tuple[Party, Hold], int] = {}
        self._dead: set[str] = set()
        self._gave_up: set[tuple[Party, str]] = set()
        self.exact = False
        """Nothing keeps workers from knowing the world's time."""
        self._executed = 0
        self._late = False
        self._handlers: dict[tuple[str, str], Callable[..., Heard]] = {
            ("events", "create_batch"): self._create_batch,
            ("events", "create_group"): self._create_group,
            ("events", "create"): self._create,
            ("events", "list"): self._list,
            ("queue", "claim"): self._claim,
            ("queue", "extend"): self._extend,
            ("queue", "release"): self._release,
            ("queue", "release_many"): self._release_many,
            ("queue", "park"): self._park,
            ("queue", "revoke"): self._revoke,
            ("queue", "due"): self._due,
            ("queue", "get"): self._get,
            ("queue", "set_limits"): self._set_limits,
        }

    def saw(self, situation: str) -> None:
        """Count a situation."""
        self.situations[situation] += 1

    def broken(self, what: str) -> Broken:
        """Something does not hold."""
        return self.schedule.broken(what)

    def execute(
        self,
        party: Party,
        part: str,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        late: bool = False,
    ) -> Heard:
        """
        Execute a call that arrived at the world.

        Args:
            late: Its sender has gone on meanwhile.
        """
        self._executed += 1
        self._late = late
        handler = self._handlers.get((part, name))
        assert handler or name in _UNJUDGED, f"the judge does not know what {part}.{name} does"
        method = getattr(getattr(self.world, part), name)
        try:
            if handler is None:
                return Heard(method(*args, **kwargs), self._executed)
            return handler(party, method, *args, **kwargs)
        finally:
            if self._watch.wait(0):
                self._tell()

    def close(self) -> None:
        """Judge no more."""
        self._watch.close()

    def answered(self, party: Party, heard: Heard) -> None:
        """The answer has arrived."""
        self.acknowledged.extend(heard.events)
        for append in heard.refused:
            self._owe(party, append)
        for hold in heard.proves:
            self._proven[party, hold] = heard.at

    # -- appends --------------------------------------------------------------------------

    def _create(
        self,
        party: Party,
        method: Callable[..., EventResult],
        run_id: str,
        event: NewEvent,
        after: int | None = None,
        fence: Collection[Hold] = (),
    ) -> Heard:
        append = Append(run_id, [event], after, fence)
        try:
            outcome: list[EventResult] | WfxError = [method(run_id, event, after, fence)]
        except WfxError as error:
            outcome = error
        heard = self._judged(party, append, outcome)
        heard.answer = heard.answer[0]
        return heard

    def _create_batch(
        self,
        party: Party,
        method: Callable[..., list[EventResult]],
        run_id: str,
        events: Sequence[NewEvent],
        after: int | None = None,
        fence: Collection[Hold] = (),
    ) -> Heard:
        append = Append(run_id, events, after, fence)
        try:
            outcome: list[EventResult] | WfxError = method(run_id, events, after, fence)
        except WfxError as error:
            outcome = error
        return self._judged(party, append, outcome)

    def _create_group(
        self,
        party: Party,
        method: Callable[..., list[list[EventResult] | WfxError]],
        appends: Sequence[Append],
    ) -> Heard:
        heard = Heard(method(appends), self._executed)
        if len(appends) > 1:
            self.saw("several appends in one commit")
        for append, outcome in zip(appends, heard.answer, strict=True):
            try:
                one = self._judged(party, append, outcome)
            except WorldError:
                heard.refused.append(append)
                continue
            heard.proves += one.proves
            heard.events += one.events
        return heard

    def _judged(self, party: Party, append: Append, outcome: list[EventResult] | WfxError) -> Heard:
        """
        Judge what became of an append.

        Raises:
            WorldError: It was refused.
        """
        run_id, events, after = append.run_id, append.events, append.after
        assert run_id is not None, "every run of a simulation is given its id"
        types = " ".join(brief(event) for event in events)
        held_by_me = dict(append.fence)
        if not self._late:
            self._check_owed(party, run_id, events)
        if isinstance(outcome, WorldError):
            party.note(f"append to {short(run_id)} after {after}: {types} → {named(outcome)}")
            self._see_refusal(party, append, outcome)
            raise outcome
        if isinstance(outcome, WfxError):
            raise self.broken(f"{party.owner} tried what no log may hold: {outcome}") from outcome
        results = outcome
        known = self.logs.setdefault(run_id, Log()).ids
        stored = [result.event for result in results if result.event is not None]
        repeated = bool(stored) and all(event.event_id in known for event in stored)
        if len(results) != len(events):
            raise self.broken(f"{len(events)} events were answered with {len(results)}")
        for event in stored:
            if event.event_id in known and known[event.event_id] != event:
                raise self.broken(f"{event.event_id} was answered as another event")
        if repeated:
            party.note(f"append to {short(run_id)}: {types} → there already")
            self.saw("repeat answered with what is stored")
        else:
            at = f"{stored[0].position}…" if stored else "nothing new"
            party.note(f"append to {short(run_id)} after {after}: {types} → {at}")
        if any(result.event is None for result in results):
            self.saw("a cancel lost against the end of its target")
        fresh = self._grow(run_id, party, held_by_me, 0 if repeated else len(stored))
        if [event.event_id for event in fresh] != [
            event.event_id for event in stored if not repeated
        ]:
            raise self.broken(f"the log of {run_id} grew by something else than was answered")
        began = [event for event in fresh if isinstance(event.data, StepStarted)]
        log = self.logs[run_id]
        proves = [
            log.attempts[event.correlation_id or "", event.data.attempt]
            for event in began
            if isinstance(event.data, StepStarted)
        ]
        return Heard(results, self._executed, proves, stored)

    def _grow(
        self,
        run_id: str,
        party: Party,
        fence: Mapping[str, int],
        count: int | None = None,
    ) -> list[Event]:
        """Read what one append made new in a log, and judge it event by event."""
        log = self.logs.setdefault(run_id, Log())
        fresh = self.world.events.list(run_id, len(log.events), count)
        created = {e.correlation_id for e in fresh if isinstance(e.data, StepCreated)}
        for event in fresh:
            self._event(log, event, party, fence, created)
        if fresh:
            log.commits.append(len(log.events))
            if any(e.data.kind in (Kind.COMMAND, Kind.EFFECT) for e in fresh):
                self._deaths[run_id] = 0
        return fresh

    def _event(
        self,
        log: Log,
        event: Event,
        party: Party,
        fence: Mapping[str, int],
        created: Collection[str | None],
    ) -> None:
        data, where = event.data, f"{event.run_id} position {event.position}: {event.type}"
        if event.position != len(log.events) or event.event_id in log.ids:
            raise self.broken(f"{where}: the log is not dense, or an event is there twice")
        ended = log.fold.run is not None and log.fold.run.ended
        before = log.fold.steps.get(event.correlation_id or "")
        try:
            log.fold.add(event)
        except IllegalEvent as error:
            raise self.broken(f"{where}: {error}") from error
        log.events.append(event)
        log.ids[event.event_id] = event
        id = event.correlation_id or ""
        self._runs[id or event.run_id] = event.run_id
        if ended:
            if not isinstance(data, STEP_OUTCOMES):
                raise self.broken(f"{where}: after the run's end")
            self.saw("outcome after the run's end")
        if data.kind in (Kind.COMMAND, Kind.EFFECT) or isinstance(data, RunStarted):
            self._check_claim(party, event.run_id, fence, where)
        match data:
            case WaitCompleted():
                self._check_wait(log, id, where)
            case StepStarted():
                own = id in created
                if own:
                    queue = log.fold.steps[id].queue
                    if queue in self.lanes.limits:
                        raise self.broken(f"{where}: without a claim, and {queue} has limits")
                    run_claim = self.claims[event.run_id]
                    self.claims[id] = Claim(run_claim.owner, 1, run_claim.until)
                    self._fences[id] = 1
                else:
                    self._check_claim(party, id, fence, where)
                hold = (id, self.claims[id].fence)
                log.attempts[id, data.attempt] = hold
                log.began[hold] = self._executed
                if data.attempt >= 3:
                    self.saw("third attempt")
            case StepRetrying():
                hold = self._check_claim(party, id, fence, where)
                log.retried.add(hold)
                self._end_claim(id, "retrying")
                if "Timeout" in str(data.error.get("type")):
                    self.saw("attempt timed out")
            case _ if isinstance(data, STEP_OUTCOMES):
                self._check_claim(party, id, fence, where)
                self._end_claim(id, "outcome")
                if before is not None and before.status == "cancelled":
                    self.saw("late outcome after cancellation")
                of_run = self.claims.get(event.run_id)
                if of_run is not None and of_run.owner != party.owner:
                    self.saw("step executed by another worker than the run's")
                if isinstance(data, StepFailed) and "StepLost" in str(data.error.get("type")):
                    self._check_lost(log, id, where)
            case StepCancelled():
                if id in self.claims:
                    self.saw("step cancelled while its body runs")
            case HookReceived():
                self.saw("payload received")
            case RunCancelled():
                self.saw("run cancelled")
            case _:
                if event.type == "hook_conflict":
                    self.saw("hook conflict")
        if event.type == "wait_created":
            wait = log.fold.waits[id]
            log.open_waits[id] = (wait.resume_at, event.position)
            self._check_reading(data, self.claims[event.run_id], where)
        elif event.type == "wait_cancelled":
            log.open_waits.pop(id, None)
        if isinstance(data, RUN_ENDS):
            self._end_claim(event.run_id, "run ended")
            if any(self._runs.get(task) == event.run_id for task in self.claims):
                self.saw("run ended while a body runs")

    def _check_claim(
        self, party: Party, task_id: str, fence: Mapping[str, int], where: str
    ) -> Hold:
        """One writer: the party's claim on this task holds, and the batch named it."""
        claim = self.claims.get(task_id)
        if claim is None or claim.owner != party.owner or fence.get(task_id) != claim.fence:
            holder = "nobody" if claim is None else f"{claim.owner} (fence {claim.fence})"
            raise self.broken(
                f"{where} was written by {party.owner} under fence {fence.get(task_id)}, "
                f"and {short(task_id)} is held by {holder}"
            )
        return (task_id, claim.fence)

    def _check_reading(self, wait: Any, claim: Claim, where: str) -> None:
        """A sleep begins when it was asked for, whatever a host's clock shows."""
        assert isinstance(wait, WaitCreated)
        if not self.exact or wait.delay is None or claim.since is None:
            return
        began, now = wait.resume_at - timedelta(microseconds=wait.delay), self.world.queue.now()
        if not claim.since - _READING <= began <= now + _READING:
            raise self.broken(
                f"{where}: a sleep that began at {began}, and its run was claimed at {claim.since} "
                f"and now is {now}"
            )

    def _check_wait(self, log: Log, wait_id: str, where: str) -> None:
        mine = log.open_waits.pop(wait_id)
        earlier = [other for other, key in log.open_waits.items() if key < mine]
        if earlier:
            raise self.broken(f"{where}: timers fire out of order, {earlier} come before it")

    def _check_lost(self, log: Log, step_id: str, where: str) -> None:
        """A step is given up as lost only if its attempts really were."""
        self.saw("step given up after too many lost attempts")
        ends = [self.ends.get(hold) for (id, _), hold in log.attempts.items() if id == step_id]
        if len([end for end in ends if end not in (None, "retrying", "outcome")]) < 2:
            raise self.broken(f"{where}: given up as lost, but its attempts ended as {ends}")

    def _check_owed(self, party: Party, run_id: str, events: Sequence[NewEvent]) -> None:
        """After a refused batch its facts come first, if need be one by one (PROTOCOL 1, 3)."""
        owed = self._owed.get((party, run_id))
        if owed is None:
            return
        ids = {event.event_id for event in events}
        others = all(isinstance(event.data, STEP_OUTCOMES) for event in events)
        # Other facts, whose append was not answered, may be told before them.
        if not ids & owed.refused and not others:
            raise self.broken(
                f"{party.owner} let facts of {run_id} go after a refusal: {sorted(owed.good)}"
            )
        owed.good -= ids
        if not owed.good:
            del self._owed[party, run_id]

    def refused(
        self,
        party: Party,
        part: str,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        error: WorldError,
    ) -> None:
        """The refusal has arrived."""
        if name == "create_batch" and error.status in (404, 409, 410):
            self._owe(party, Append(*args, **kwargs))

    def _owe(self, party: Party, append: Append) -> None:
        """A refusal has arrived: note the facts that were good all the same."""
        run_id, events, fence = append.run_id or "", append.events, dict(append.fence)
        facts = [event for event in events if isinstance(event.data, STEP_OUTCOMES)]
        good = {
            event.event_id
            for event in facts
            if self._holds(party, event.correlation_id or "", fence)
        }
        if good and len(events) > 1:  # one alone was judged when it was executed
            owed = self._owed.setdefault((party, run_id), Owed())
            owed.good |= good
            told = all(event.data.kind in (Kind.FACT, Kind.BOOKKEEPING) for event in events)
            owed.refused |= {event.event_id for event in (events if told else facts)}

    def _holds(self, party: Party, task_id: str, fence: Mapping[str, int]) -> bool:
        claim = self.claims.get(task_id)
        return (
            claim is not None
            and claim.owner == party.owner
            and claim.fence == fence.get(task_id)
            and not claim.lapsed
            and claim.until > self.world.queue.now()
        )

    def _see_refusal(self, party: Party, append: Append, error: WorldError) -> None:
        events = append.events
        facts = [event for event in events if isinstance(event.data, STEP_OUTCOMES)]
        commands = [event for event in events if event.data.kind is Kind.COMMAND]
        lone = facts[0].correlation_id if len(events) == len(facts) == 1 else None
        if append.after is None and lone and self._holds(party, lone, dict(append.fence)):
            raise self.broken(f"an outcome under a claim that holds was refused: {error}")
        if facts and commands and isinstance(error, PositionConflict):
            self.saw("lost bet")
        if commands and isinstance(error, LeaseLost):
            self.saw("takeover while a commit was on its way")
        if facts and not commands and isinstance(error, LeaseLost):
            self.saw("outcome of a lost claim refused")
        if facts and len(facts) == len(events) > 1:
            self.saw("facts judged singly")

    # -- the queue ------------------------------------------------------------------------

    def _claim(
        self, party: Party, method: Callable[..., list[Task]], owner: str, **kwargs: Any
    ) -> Heard:
        now = self.world.queue.now()
        for claim in self.claims.values():
            claim.lapsed = claim.lapsed or claim.until <= now
        there = self.world.queue.list(limit=_TASKS_MAX)
        tasks = method(owner, **kwargs)
        lease: timedelta = kwargs.get("lease", LEASE_DEFAULT)
        for task in tasks:
            self._granted(party, owner, task, now, lease)
        self._check_turns(there, tasks, now, kwargs)
        if tasks:
            party.note("claims " + " ".join(f"{short(t.task_id)}#{t.fence}" for t in tasks))
        return Heard(tasks, self._executed, [task.hold for task in tasks])

    def _check_turns(
        self, there: Sequence[Task], granted: Sequence[Task], now: datetime, asked: dict[str, Any]
    ) -> None:
        """Limits hold, and whoever waits has to."""
        held = [
            Held(claim.lane, surely=not (claim.lapsed and self._gone(id)))
            for id, claim in self.claims.items()
            if claim.lane is not None and claim.until > now
        ]
        # A world may look no further when it finds something to clear away.
        clears = any(task.abandoned for task in there)
        limit = len(granted) if clears else asked.get("limit", 1)
        self.lanes.check(self.lanes.ready(there, now, asked), granted, held, now, limit=limit)

    def _set_limits(
        self, party: Party, method: Callable[..., None], queue: str, limits: QueueLimits
    ) -> Heard:
        method(queue, limits)
        self.lanes.limits[queue] = limits
        party.note(f"limits {queue}: {limits}")
        return Heard(None, self._executed)

    def _granted(
        self, party: Party, owner: str, task: Task, now: datetime, lease: timedelta
    ) -> None:
        id = task.task_id
        there = self.claims.get(id)
        if there is not None:
            if there.until > now:
                raise self.broken(
                    f"{short(id)} was given to {owner}, but {there.owner} holds it until "
                    f"{there.until} and now is {now}"
                )
            self._end_claim(id, "expired")
            self.saw(f"{task.kind} taken over after its lease ended")
            body = self._body_under((id, there.fence))
            if body is not None and not body.party.dead:
                self.saw("lease lost while a body runs")
            if task.kind is TaskKind.RUN:
                self._deaths[id] += 1
        if task.fence <= self._fences.get(id, 0):
            raise self.broken(f"{short(id)} got fence {task.fence} for a second time")
        log = self.logs.get(task.run_id)
        step = None if log is None else log.fold.steps.get(id)
        if step is not None and log is not None:
            run = log.fold.run
            if step.ended or (run is not None and run.ended):
                raise self.broken(f"{short(id)} was given out, but it is {step.status}")
            due = step.retry_after
            if due is not None and log.waited.get(id) != due:
                if due > now:
                    raise self.broken(
                        f"{short(id)} was given out at {now}, but its retry is due {due}"
                    )
                log.waited[id] = due
        self._fences[id] = task.fence
        self._runs[id] = task.run_id
        lane = (task.queue, task.key) if task.kind is TaskKind.STEP else None
        self.claims[id] = Claim(owner, task.fence, now + lease, lane, now)
        if task.kind is TaskKind.RUN and (party, id) in self._gave_up:
            self.saw("run claimed again by who gave it back")

    def _end_claim(self, task_id: str, how: str) -> None:
        claim = self.claims.pop(task_id, None)
        if claim is not None:
            self.ends[task_id, claim.fence] = how

    def _body_under(self, hold: Hold) -> Body | None:
        return next((body for body in self.bodies.values() if body.hold == hold), None)

    def _extend(
        self,
        party: Party,
        method: Callable[..., set[Hold]],
        owner: str,
        holds: Collection[Hold],
        lease: timedelta = LEASE_DEFAULT,
    ) -> Heard:
        now = self.world.queue.now()
        held = method(owner, holds, lease)
        for hold in holds:
            claim = self.claims.get(hold[0])
            mine = claim is not None and claim.owner == owner and claim.fence == hold[1]
            if mine != (hold in held):
                gone = self._gone(hold[0])
                if not (mine and gone):
                    raise self.broken(f"extending {hold} said {hold in held}, but it is {mine}")
            elif mine and claim is not None:
                claim.until, claim.lapsed = now + lease, False
        for id, claim in self.claims.items():
            if claim.owner == owner and (id, claim.fence) not in held:
                task = self.world.queue.get(id)
                if task is not None and task.lease_until != claim.until:
                    raise self.broken(f"{short(id)} was extended, and {owner} did not name it")
        lost = sorted(set(holds) - held)
        if lost:
            party.note(f"hears that it lost {' '.join(short(id) for id, _ in lost)}")
        return Heard(held, self._executed, list(held))

    def _gone(self, task_id: str) -> bool:
        """Whether the step's task may be deleted: abandoned, and its lease ran out."""
        log = self.logs.get(self._runs.get(task_id, ""))
        step = None if log is None else log.fold.steps.get(task_id)
        run = None if log is None else log.fold.run
        return step is not None and (step.ended or (run is not None and run.ended))

    def _release(
        self, party: Party, method: Callable[..., None], hold: Hold, **kwargs: Any
    ) -> Heard:
        try:
            method(hold, **kwargs)
        except LeaseLost:
            claim = self.claims.get(hold[0])
            if claim is not None and claim.fence == hold[1] and not self._gone(hold[0]):
                raise self.broken(f"{hold} is held, but could not be released") from None
            raise
        self._released(party, hold, kwargs.get("read_through"))
        return Heard(None, self._executed)

    def _release_many(
        self, party: Party, method: Callable[..., None], holds: Mapping[Hold, int]
    ) -> Heard:
        method(holds)
        for hold, read_through in holds.items():
            claim = self.claims.get(hold[0])
            if claim is not None and claim.fence == hold[1]:
                task = self.world.queue.get(hold[0])
                if task is not None and task.hold == hold and task.owner is not None:
                    raise self.broken(f"{hold} is held, but was not released")
                self._released(party, hold, read_through)
        return Heard(None, self._executed)

    def _released(self, party: Party, hold: Hold, read_through: int | None) -> None:
        self._check_hold(party, hold, "released")
        through = "" if read_through is None else f", read through {read_through}"
        party.note(f"releases {short(hold[0])}#{hold[1]}{through}")
        body = self._body_under(hold)
        if body is not None and party.stopping:
            self.saw("a worker that stops gives a step back")
        self._end_claim(hold[0], "released")
        if hold[0] in self.logs:
            self._deaths[hold[0]] = 0
            self._gave_up.add((party, hold[0]))

    def _park(
        self,
        party: Party,
        method: Callable[..., None],
        hold: Hold,
        reason: ParkReason,
        detail: Any,
        digest: str | None = None,
    ) -> Heard:
        method(hold, reason, detail, digest)
        self._check_hold(party, hold, "parked")
        self._end_claim(hold[0], "parked")
        party.note(f"parks {short(hold[0])}: {detail}")
        if reason is not ParkReason.RUNAWAY:
            raise self.broken(f"{hold[0]} was parked: {detail}")
        if self._deaths[hold[0]] < _DEATHS_MAX:
            raise self.broken(f"{hold[0]} was parked after {self._deaths[hold[0]]} deaths")
        self._deaths[hold[0]] = 0
        self.saw("run parked after three deaths")
        return Heard(None, self._executed)

    def _check_hold(self, party: Party, hold: Hold, what: str) -> None:
        claim = self.claims.get(hold[0])
        if claim is None or claim.owner != party.owner or claim.fence != hold[1]:
            raise self.broken(f"{party.owner} {what} {hold}, which is held as {claim}")

    def _revoke(self, party: Party, method: Callable[..., int], owner: str) -> Heard:
        if owner not in self._dead:
            raise self.broken(f"{party.owner} ended the claims of {owner}, which lives")
        count = method(owner)
        for id, claim in list(self.claims.items()):
            if claim.owner == owner:
                self._end_claim(id, "revoked")
                self.saw("claim of a dead process ended at once")
                if id in self.logs:
                    self._deaths[id] += 1
        return Heard(count, self._executed)

    def _due(self, party: Party, method: Callable[..., int], *args: Any, **kwargs: Any) -> Heard:
        count = method(*args, **kwargs)
        if count:
            party.note(f"completes {count} waits")
            for run_id in list(self.logs):
                self._grow(run_id, party, {})
        if count > 1:
            self.saw("several waits due at once")
        return Heard(count, self._executed)

    def _get(self, party: Party, method: Callable[..., Task | None], task_id: str) -> Heard:
        task = method(task_id)
        mine = task is not None and task.owner == party.owner
        return Heard(task, self._executed, [task.hold] if task is not None and mine else [])

    def _list(
        self,
        party: Party,
        method: Callable[..., list[Event]],
        run_id: str,
        from_position: int = 0,
        *args: Any,
        **kwargs: Any,
    ) -> Heard:
        events = method(run_id, from_position, *args, **kwargs)
        if (party, run_id) in self._gave_up:
            self.saw("eviction, then news" if from_position == 0 else "a kept run went on")
        return Heard(events, self._executed)

    # -- processes and bodies -------------------------------------------------------------

    def gone(self, party: Party) -> None:
        """A process is no more: it died, or stopped in good order."""
        self._dead.add(party.owner)

    def body_began(self, party: Party, run_id: str, step_id: str, attempt: int) -> None:
        """A body begins: judged before it does anything."""
        what = f"attempt {attempt} of {short(step_id)} in {party.owner}"
        party.note(f"body begins: {short(step_id)} attempt {attempt}")
        log = self.logs[run_id]
        hold = log.attempts.get((step_id, attempt))
        if hold is None:
            raise self.broken(f"{what} began before it was logged")
        if (step_id, attempt) in self.bodies:
            raise self.broken(f"{what} began for a second time")
        proven = self._proven.get((party, hold), -1)
        if proven < log.began[hold]:
            raise self.broken(f"{what} began, though nothing told that its claim still held")
        queue = log.fold.steps[step_id].queue
        if party.queues is not None:
            if queue not in party.queues:
                raise self.broken(f"{what} began, and it does not serve the queue {queue}")
            self.saw("a step began at a worker that does not serve all queues")
        for (other, number), body in self.bodies.items():
            if other == step_id and number < attempt:
                self._check_again(what, number, body, log)
        self.bodies[step_id, attempt] = Body(party, hold)

    def _check_again(self, what: str, number: int, body: Body, log: Log) -> None:
        """A body runs again only after a crash, a lost lease or a recorded failure."""
        end = self.ends.get(body.hold)
        excused = (
            body.hold in log.retried
            or end in ("expired", "revoked")
            or (end == "released" and (body.party.stopping or body.party.over))
        )
        if not excused:
            raise self.broken(
                f"{what} began, and attempt {number} in {body.party.owner} ended as {end}"
            )
