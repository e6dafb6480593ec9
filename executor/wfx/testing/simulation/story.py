"""
One simulation from its seed: workers and clients, a world, trouble, and then calm until all
runs have ended.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from random import Random
from typing import Any, Final

from wfx.client.hooks import send_payload
from wfx.entities import HookStatus
from wfx.errors import WfxError, WorldError, WorldUnavailable
from wfx.events import NewEvent, RunCancelled
from wfx.launch import run_created
from wfx.memory import MemoryWorld
from wfx.queues import QueueLimits, Rate
from wfx.replay import VerdictKind, replay
from wfx.testing import trees
from wfx.testing.lives import live
from wfx.testing.simulation.judge import Judge
from wfx.testing.simulation.line import Line, Party
from wfx.testing.simulation.process import Host, Process
from wfx.testing.simulation.schedule import Broken, OffsetClock, Schedule
from wfx.testing.simulation.weather import Weather, draw
from wfx.testing.simulation.worlds import MakeWorld
from wfx.world import ParkReason

_CALM_SECONDS_MAX: Final = 3600.0
"""
After the trouble, everything has ended by then, or never does. A clock that jumps can
make a sleep longer by as much.
"""
_SECOND: Final = timedelta(seconds=1)
_SEND_SECONDS: Final = 0.5
_OPERATOR_SECONDS: Final = 5.0
_PREFIXES: Final = 3
"""Logs as they stood after some commit, replayed beside the last."""


@dataclass(slots=True)
class Story:
    """A simulation that went well."""

    seed: int
    situations: Counter[str]
    turns: int
    seconds: float
    """Of virtual time."""
    events: int
    trace: list[tuple[int, str, str]]


class Failed(AssertionError):
    """A simulation in which something broke."""

    def __init__(self, seed: int, reason: BaseException, story: Tale) -> None:
        self.seed = seed
        self.trace = story.schedule.trace
        self.reason = reason
        super().__init__(f"seed {seed}: {reason}")


def expect(seed: int) -> None:
    """Work out beforehand what the runs of a simulation come to without trouble."""
    tale = Tale(seed, MemoryWorld)
    try:
        tale.plan()
        for tree in tale.trees.values():
            _fair(json.dumps(tree))
    finally:
        tale.close()


def simulate(seed: int, make_world: MakeWorld = MemoryWorld) -> Story:
    """
    Run one simulation.

    Raises:
        Failed: Something did not hold.
    """
    tale = Tale(seed, make_world)
    try:
        tale.tell()
    except Exception as error:
        reason = tale.schedule.failure or error
        raise Failed(seed, reason, tale) from reason
    finally:
        tale.close()
    schedule = tale.schedule
    events = sum(len(log.events) for log in tale.judge.logs.values())
    return Story(
        seed, tale.judge.situations, schedule.turns, schedule.seconds(), events, schedule.trace
    )


@lru_cache(maxsize=4096)
def _fair(tree: str) -> tuple[str, Any, Any]:
    """What a tree comes to when nothing goes wrong."""
    return live(json.loads(tree)).result


class Tale:
    """The parts of one simulation."""

    def __init__(self, seed: int, make_world: MakeWorld) -> None:
        self.schedule = Schedule(seed)
        random = self.schedule.random
        self.weather: Weather = draw(random)
        self.schedule.slips = self.weather.slips
        self.clock = OffsetClock(self.schedule)
        self.world = make_world(self.clock)
        self.judge = Judge(self.schedule, self.world, self._tell)
        weather = self.weather
        self.judge.exact = not (weather.frozen or weather.world_jumps)
        self.program = trees.program()
        self.hosts = [Host(self.schedule) for _ in range(self.weather.hosts)]
        self.processes: list[Process] = []
        self.trees: dict[str, trees.Tree] = {}
        self._born = 0
        self._calm = False
        self._clients = Random(random.random())
        self._operator = Party(self.schedule, "operator")

    # -- from its beginning to its end ----------------------------------------------------

    def plan(self) -> None:
        """Draw the runs, and what clients will do with them."""
        self.schedule.note("weather", repr(self.weather))
        if self.weather.limited:
            self._limit(self._draw_limits())
        for number in range(self.weather.runs):
            self._plan_run(number)

    def tell(self) -> None:
        """Let everything happen, and judge how it ended."""
        self.plan()
        for number in range(self.weather.workers):
            self._begin_process(number)
        self.schedule.after(1.0, self._each_second)
        self.schedule.after(_OPERATOR_SECONDS, self._operate)
        trees.witnesses.append(self._witness)
        try:
            self.schedule.run(lambda: False, seconds_max=self.weather.trouble_seconds)
            self.schedule.note("weather", "calm from now on")
            self._calm = True
            self.weather.calm()
            limits = self.judge.lanes.limits.get(trees.SCARCE)
            if limits is not None and limits.concurrency == 0:
                self._limit(replace(limits, concurrency=1))
            if not self.schedule.run(self._all_over, seconds_max=_CALM_SECONDS_MAX):
                raise self.schedule.broken(self._what_is_left())
        finally:
            trees.witnesses.remove(self._witness)
        self._judge_the_end()

    def close(self) -> None:
        """Let go of everything."""
        for process in self.processes:
            process.bury()
        self.judge.close()
        self.world.close()

    def _all_over(self) -> bool:
        logs = self.judge.logs
        return all(
            run_id in logs and (run := logs[run_id].fold.run) is not None and run.ended
            for run_id in self.trees
        ) and not any(self.world.queue.list(run_id=run_id) for run_id in self.trees)

    def _tell(self) -> None:
        for process in self.processes:
            process.calls.tell()

    def _what_is_left(self) -> str:
        tasks = [task for run_id in self.trees for task in self.world.queue.list(run_id=run_id)]
        return f"not everything came to its end; tasks that are left: {tasks}"

    # -- processes ------------------------------------------------------------------------

    def _begin_process(self, number: int) -> None:
        self._born += 1

        def follow() -> None:
            seconds = 1.0 if self._calm else self.schedule.random.choice([0.0, 1.0, 10.0])
            self.schedule.after(seconds, lambda: self._begin_process(number))

        process = Process(
            self.schedule,
            self.judge,
            self.weather,
            self.hosts[number % len(self.hosts)],
            f"worker{number}.{self._born}",
            self.program,
            follow,
            queues=self._queues_of(number),
        )
        process.note("begins")
        self.processes.append(process)

    def _queues_of(self, number: int) -> Collection[str] | None:
        """What a worker serves; the first one serves everything."""
        choices = (None, ("default",), (trees.SCARCE,))
        return choices[number % len(choices)] if self.weather.routed else None

    def _witness(self, run_id: str, step_id: str, attempt: int) -> None:
        process = getattr(asyncio.get_running_loop(), "process", None)
        if isinstance(process, Process) and not process.dead:
            self.judge.body_began(process, run_id, step_id, attempt)

    def _each_second(self) -> None:
        """Trouble that comes of itself."""
        chance, random, weather = self.schedule.chance, self.schedule.random, self.weather
        if self._calm:
            return
        self.schedule.after(1.0, self._each_second)
        for process in [one for one in self.processes if not one.dead and not one.over]:
            if chance(weather.kills):
                process.note("is killed")
                self.judge.saw("a process killed")
                process.die()
            elif chance(weather.stops):
                self.judge.saw("a process asked to stop")
                process.stop()
            elif chance(weather.frozen):
                process.note("stands still")
                process.freeze(random.uniform(0, 3 * weather.lease_seconds))
            elif chance(weather.outages):
                seconds = random.choice([0.5, 5.0, 60.0])
                process.note(f"does not reach the world for {seconds} s")
                self.judge.saw("the world out of reach")
                process.out_of_reach_until_us = self.schedule.now_us + int(seconds * 1e6)
        for host in self.hosts:
            if chance(weather.clock_jumps):
                host.clock.offset_us += int(random.choice([-600, -1, 0.3, 5, 600]) * 1e6)
                self.judge.saw("a host's clock jumped")
        if weather.limited and chance(weather.limit_changes):
            paused = random.random() < 0.2
            self._limit(QueueLimits(concurrency=0) if paused else self._draw_limits())
            self.judge.saw("limits changed")
        if chance(weather.world_jumps):
            self.clock.offset_us += int(random.choice([-10, -0.5, 0.5, 10]) * 1e6)
            self.judge.saw("the world's clock jumped")

    def _draw_limits(self) -> QueueLimits:
        random = self.schedule.random
        while True:
            limits = QueueLimits(
                concurrency=random.choice([None, None, 1, 2, 3]),
                rate=random.choice([None, None, Rate(1, _SECOND), Rate(2, 3 * _SECOND)]),
                concurrency_per_key=random.choice([None, None, 1, 2]),
                rate_per_key=random.choice([None, None, None, Rate(1, 2 * _SECOND)]),
            )
            if limits:
                return limits

    def _limit(self, limits: QueueLimits) -> None:
        """An operator sets the limits of what is scarce."""
        self.judge.execute(self._operator, "queue", "set_limits", (trees.SCARCE, limits), {})

    # -- clients --------------------------------------------------------------------------

    def _plan_run(self, number: int) -> None:
        random = self._clients
        if random.random() < self.weather.crowds:
            tree = trees.crowd(random.randrange(1 << 30))
        elif random.random() < 0.15:
            tree = trees.CHOSEN[random.choice(sorted(trees.CHOSEN))]
        else:
            tree = trees.grow(random.randrange(1 << 30), random.choice([2, 3, 3, 4]), wide=True)
        run_id = f"wrun_{self.schedule.random.getrandbits(64):026d}"
        self.trees[run_id] = tree
        self.schedule.note("client", f"{run_id}: {json.dumps(tree)}")
        client = Party(self.schedule, f"client{number}")
        line: Any = Line(client, self.judge, self.weather)
        given = [tree, f"p{number}"]
        priority = random.choice([0, 0, 0, -3, 4])
        created = run_created(self.program, "trees:act", given, priority=priority)
        start = NewEvent(created)
        self.schedule.after(
            random.uniform(0, 3),
            lambda: self._insist(lambda: line.events.create(run_id, start)),
        )
        self.schedule.after(_SEND_SECONDS, lambda: self._send(line, run_id, 0))
        if random.random() < self.weather.cancellations:
            cancel = NewEvent(RunCancelled(reason="a client wanted it"))
            self.schedule.after(
                random.uniform(0, 10),
                lambda: self._insist(lambda: line.events.create(run_id, cancel)),
            )

    def _insist(self, call: Callable[[], object]) -> None:
        """A client repeats a call until it is answered."""
        try:
            call()
        except WorldUnavailable:
            self.schedule.after(0.3, lambda: self._insist(call))
        except WorldError:
            return

    def _send(self, line: Any, run_id: str, count: int) -> None:
        """A client gives hooks what their metadata says they want."""
        log = self.judge.logs.get(run_id)
        if log is not None and log.fold.run is not None and log.fold.run.ended:
            return
        try:
            for hook in line.hooks.list(run_id=run_id, status=HookStatus.ACTIVE).items:
                wants = hook.metadata.get("wants", 0) if isinstance(hook.metadata, dict) else 0
                foreign = self._clients.random() < self.weather.foreign_payloads
                if foreign and hook.received >= wants:
                    self.judge.saw("a payload nobody waits for")
                if foreign or hook.received < wants:
                    count += 1
                    self._send_one(line, hook.token, count, f"{run_id}-{count}")
        except WorldError:
            pass
        self.schedule.after(_SEND_SECONDS, lambda: self._send(line, run_id, count))

    def _send_one(self, line: Any, token: str, payload: int, event_id: str) -> None:
        def send() -> None:
            try:
                send_payload(line, token, payload, event_id=event_id)
            except WfxError as error:
                if isinstance(error, WorldError) and error.status == 410:
                    self.judge.saw("payload came too late")
                raise

        self._insist(send)

    def _operate(self) -> None:
        """An operator releases what is parked."""
        for run_id in self.trees:
            task = self.world.queue.get(run_id)
            if task is not None and task.parked is ParkReason.RUNAWAY:
                self.schedule.note("operator", f"releases {run_id}")
                self.world.queue.unpark(run_id)
        self.schedule.after(_OPERATOR_SECONDS, self._operate)

    # -- the end --------------------------------------------------------------------------

    def _judge_the_end(self) -> None:
        stored: dict[str, Any] = {}
        for run_id, tree in self.trees.items():
            log = self.judge.logs[run_id]
            events = self.world.events.list(run_id)
            if events != log.events:
                raise self.schedule.broken(f"the log of {run_id} is not what it grew to be")
            stored.update(log.ids)
            run = self.world.runs.get(run_id)
            if log.fold.run != run:
                raise self.schedule.broken(f"{run_id} is {run}, and its log says {log.fold.run}")
            self._judge_result(run_id, tree)
            self._judge_replays(run_id)
        for event in self.judge.acknowledged:
            if stored.get(event.event_id) != event:
                raise self.schedule.broken(f"{event} was acknowledged and is lost")

    def _judge_result(self, run_id: str, tree: trees.Tree) -> None:
        log = self.judge.logs[run_id]
        run = log.fold.run
        assert run is not None
        if run.status == "cancelled":
            return
        error = run.error
        short = None if error is None else (error.get("type"), error.get("message"))
        result = (str(run.status), run.output, short)
        fair = _fair(json.dumps(tree))
        if result != fair:
            raise self.schedule.broken(f"{run_id} came to {result}, without trouble to {fair}")

    def _judge_replays(self, run_id: str) -> None:
        log = self.judge.logs[run_id]
        ends = self._clients.choices(log.commits, k=_PREFIXES)
        for end in sorted({len(log.events), *ends}):
            verdict = replay(self.program, log.events[:end])
            if verdict.kind is not VerdictKind.MATCH:
                raise self.schedule.broken(
                    f"the first {end} events of {run_id} do not replay: "
                    f"{verdict.divergence or verdict.reason}"
                )
            run = log.fold.run
            if end == len(log.events) and run is not None and verdict.output != run.output:
                raise self.schedule.broken(f"{run_id} replays to {verdict.output}")


__all__ = ["Broken", "Failed", "Story", "simulate"]
