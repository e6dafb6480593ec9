"""
Real processes, killed: nothing is lost, and nothing done that the log does not know.

    python tests/chaos/chaos.py                              2,000 runs, 4 workers, PostgreSQL
    python tests/chaos/chaos.py --database sqlite --workers 2 --runs 1000
    python tests/chaos/chaos.py --runs 200 --restarts 1 --stops 1 --seed 4711

Workers (`wfx worker`) are killed with SIGKILL at random moments, sometimes with their
supervisor and sometimes without, and started again; some are stopped with SIGSTOP for longer
than a lease. The PostgreSQL server is stopped at once, without a checkpoint, and started
again. Meanwhile a client starts runs and sends payloads, each again until it is answered.

In the end all runs must have ended with the result that their number gives. Each step body
that begins writes a line to a file of its own; what is there is compared with the logs: no
body without its logged attempt, and none twice. The logs must be legal, and replay.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from wfx.client import Client
from wfx.entities import HookStatus, RunStatus
from wfx.errors import NotFound, WorldError, WorldUnavailable
from wfx.events import STEP_OUTCOMES, Event, StepRetrying, StepStarted
from wfx.projection import fold
from wfx.replay import VerdictKind, replay
from wfx_sandbox import load_program

HERE = Path(__file__).parent
T = TypeVar("T")

WORKFLOWS = ("in_turn", "at_once", "slowly", "asleep", "asking")
STOPPED_SECONDS = 18.0
"""Longer than a lease, which is 15 s."""
REPLAYED_MAX = 200
_LOOK_SECONDS = 0.3


def sibling(path: Path) -> Any:
    """A module beside the tests, which are no package."""
    spec = importlib.util.spec_from_file_location(f"chaos_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _go_on(group: int) -> None:
    """Let stopped processes go on, if they are still there."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGCONT)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to happen."""

    database: str = "postgresql"
    workers: int = 4
    runs: int = 2000
    kill_seconds: float = 4.0
    """Between two kills of one worker, on average."""
    restarts: int = 5
    """Of the server."""
    stops: int = 2
    """Workers that stand still for longer than a lease."""
    seconds_max: float = 1800.0
    seed: int = 0


@dataclass
class Found:
    """What became of it."""

    seconds: float = 0.0
    kills: int = 0
    restarts: int = 0
    stops: int = 0
    unanswered: int = 0
    """Calls of the client that it had to repeat."""
    released: int = 0
    """Runs that were parked, because their activation was cut three times in a row."""
    ends: Counter[str] = field(default_factory=Counter)
    events: int = 0
    steps: int = 0
    bodies: int = 0
    again: int = 0
    """Attempts after the first."""
    lost: int = 0
    """Attempts without an outcome: whoever made them was killed, or too late."""
    replayed: int = 0
    wrong: list[str] = field(default_factory=list)


class Chaos:
    """One run of it, in a folder of its own."""

    def __init__(self, plan: Plan, folder: Path, tell: Callable[[str], None]) -> None:
        self.plan = plan
        self.found = Found()
        self._random = random.Random(plan.seed)
        self._folder = folder
        self._tell = tell
        self._notes = folder / "notes"
        self._began = time.monotonic()
        self._server: Any = None
        self._workers: list[subprocess.Popen[bytes] | None] = [None] * plan.workers
        self._resume_at: dict[int, float] = {}
        self._sent: dict[str, int] = {}
        self._started = 0
        self._server_at: float | None = None
        """When the server that was stopped is started again."""
        os.environ["WFX_CHAOS_NOTES"] = str(self._notes)
        self._notes.touch()
        if plan.database == "sqlite":
            self.url = f"sqlite:///{folder / 'world.db'}"
        else:
            conftest = sibling(HERE.parent / "conftest.py")
            self._server = conftest.PostgresServer(folder)
            self._server.start()
            self.url = self._server.url.format(database="postgres")

    # -- the story ------------------------------------------------------------------------

    def run(self) -> Found:
        """All of it."""
        plan, found = self.plan, self.found
        try:
            with Client(self.url, app_dir=HERE) as client:
                ended, look_at = 0, 0.0
                kills = [self._soon() for _ in self._workers]
                troubles = self._troubles()
                while True:
                    now = time.monotonic() - self._began
                    self._keep_workers()
                    # In portions, so that work arrives while trouble does.
                    for _ in range(min(plan.runs - self._started, max(1, plan.runs // 50))):
                        self._insist(lambda: self._start(client, self._started))
                        self._started += 1
                    if now >= look_at:
                        ended = self._insist(lambda: self._ended(client))
                        look_at = now + _LOOK_SECONDS
                    if ended >= plan.runs and not troubles and self._server_at is None:
                        break
                    if now > plan.seconds_max:
                        found.wrong.append(f"after {now:.0f} s only {ended} runs had ended")
                        break
                    for index, moment in enumerate(kills):
                        if now >= moment:
                            self._kill(index)
                            kills[index] = self._soon()
                    # Trouble comes as work gets done, so that all of it hits the runs.
                    if troubles and ended >= troubles[0][0] * plan.runs and troubles[0][1]():
                        troubles.pop(0)
                    self._wake()
                    self._start_server()
                    self._insist(lambda: self._send(client))
                    self._insist(lambda: self._release(client))
                    time.sleep(0.05)
                found.seconds = time.monotonic() - self._began
                self._end_workers()
                self._judge(client)
        finally:
            self._end_workers()
            if self._server is not None:
                self._server.stop()
        return found

    def _troubles(self) -> list[tuple[float, Callable[[], bool]]]:
        """What happens when so much of the work is done; False if it cannot happen now."""
        restarts = self.plan.restarts if self._server is not None else 0
        kinds = [self._restart] * restarts + [self._stop] * self.plan.stops
        self._random.shuffle(kinds)
        return [((index + 0.5) / (len(kinds) + 1), kind) for index, kind in enumerate(kinds)]

    def _soon(self) -> float:
        now = time.monotonic() - self._began
        return now + 2 + self._random.expovariate(1 / self.plan.kill_seconds)

    def _say(self, text: str) -> None:
        self._tell(f"{time.monotonic() - self._began:7.1f} s  {text}")

    # -- processes ------------------------------------------------------------------------

    def _keep_workers(self) -> None:
        words = ["worker", "shop", "--world", self.url, "--app-dir", str(HERE)]
        for index, worker in enumerate(self._workers):
            if worker is not None and worker.poll() is not None:
                if worker.returncode not in (-signal.SIGKILL, 0):
                    self._say(f"worker {index} ended by itself with {worker.returncode}")
                self._workers[index] = worker = None
            if worker is None:
                with (self._folder / f"worker-{index}.log").open("ab") as log:
                    self._workers[index] = subprocess.Popen(
                        [sys.executable, "-m", "wfx", *words],
                        stdout=log,
                        stderr=log,
                        stdin=subprocess.DEVNULL,
                        start_new_session=True,
                    )

    def _kill(self, index: int) -> None:
        worker = self._workers[index]
        if worker is None or index in self._resume_at:
            return
        child = _child_of(worker.pid)
        if child is not None and self._random.random() < 0.3:
            os.kill(child, signal.SIGKILL)  # its supervisor starts another one
        else:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        self.found.kills += 1

    def _stop(self) -> bool:
        standing = [
            index
            for index, worker in enumerate(self._workers)
            if worker is not None and worker.poll() is None and index not in self._resume_at
        ]
        if not standing:
            return False
        index = self._random.choice(standing)
        worker = self._workers[index]
        assert worker is not None
        self._say(f"worker {index} stands still for {STOPPED_SECONDS:.0f} s")
        os.killpg(worker.pid, signal.SIGSTOP)
        # Not by this loop: a worker that stands still in a commit keeps a SQLite file locked, and
        # with it the client that this loop is waiting for.
        threading.Timer(STOPPED_SECONDS, _go_on, [worker.pid]).start()
        self._resume_at[index] = time.monotonic() + STOPPED_SECONDS
        self.found.stops += 1
        return True

    def _wake(self) -> None:
        for index, moment in list(self._resume_at.items()):
            worker = self._workers[index]
            if worker is not None and time.monotonic() >= moment:
                _go_on(worker.pid)
                del self._resume_at[index]
                self._say(f"worker {index} goes on")

    def _restart(self) -> bool:
        if self._server_at is not None:
            return False
        self._say("the server is stopped at once")
        self._server.stop()
        self._server_at = time.monotonic() + self._random.uniform(0, 3)
        return True

    def _start_server(self) -> None:
        if self._server_at is not None and time.monotonic() >= self._server_at:
            self._server_at = None
            self._server.start()
            self._say("the server is there again")
            self.found.restarts += 1

    def _end_workers(self) -> None:
        for worker in self._workers:
            if worker is not None and worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
        self._workers = [None] * self.plan.workers

    # -- the client -----------------------------------------------------------------------

    def _insist(self, call: Callable[[], T]) -> T:
        while True:
            try:
                return call()
            except WorldUnavailable:
                self.found.unanswered += 1
                self._start_server()
                time.sleep(0.1)

    def _start(self, client: Client, number: int) -> None:
        name = WORKFLOWS[number % len(WORKFLOWS)]
        client.start_as(_run_id(number), f"shop:{name}", number)

    def _ended(self, client: Client) -> int:
        return self._started - sum(
            len(client.world.runs.list(status=status, limit=self.plan.runs).items)
            for status in (RunStatus.PENDING, RunStatus.RUNNING)
        )

    def _send(self, client: Client) -> None:
        for hook in client.world.hooks.list(status=HookStatus.ACTIVE, limit=200).items:
            assert hook.token is not None
            count = self._sent.get(hook.token, 0)
            if count >= 3:
                continue
            try:
                # Under one id: a payload whose answer was lost is not given twice.
                client.resume_hook(hook.token, count + 1, event_id=f"{hook.token}-{count}")
            except WorldUnavailable:
                raise
            except WorldError:
                continue  # its run is over
            self._sent[hook.token] = count + 1

    def _release(self, client: Client) -> None:
        for run in client.world.runs.list(parked=True).items:
            try:
                parked = client.state(run.run_id).parked
                if parked is not None and parked.reason != "runaway":
                    self.found.wrong.append(f"{run.run_id} was parked: {parked.message}")
                if client.release(run.run_id):
                    self.found.released += 1
            except NotFound:
                continue

    # -- the judgement --------------------------------------------------------------------

    def _judge(self, client: Client) -> None:
        found, shop = self.found, sibling(HERE / "shop.py")
        program = load_program("shop", app_dir=HERE)
        noted = Counter(tuple(line.split()[:3]) for line in self._notes.read_text().splitlines())
        found.bodies = sum(noted.values())
        logged: set[tuple[str, ...]] = set()
        for number in range(self.plan.runs):
            run_id = _run_id(number)
            try:
                log = client.world.events.list(run_id)
            except NotFound:
                found.wrong.append(f"{run_id} is lost")
                continue
            found.events += len(log)
            self._judge_log(log, logged)
            run = client.world.runs.get(run_id)
            found.ends[str(run.status)] += 1
            if run.output != shop.expected(number):
                found.wrong.append(
                    f"{run_id} is {run.status} with {run.output or run.error}, "
                    f"not completed with {shop.expected(number)}"
                )
            if number % max(1, self.plan.runs // REPLAYED_MAX) == 0:
                verdict = replay(program, log)
                found.replayed += 1
                if verdict.kind is not VerdictKind.MATCH or verdict.output != run.output:
                    found.wrong.append(f"{run_id} does not replay: {verdict}")
        for body, times in noted.items():
            if body not in logged:
                found.wrong.append(f"a body began that the log does not know: {body}")
            if times > 1:
                found.wrong.append(f"a body began {times} times under one attempt: {body}")

    def _judge_log(self, log: Sequence[Event], logged: set[tuple[str, ...]]) -> None:
        folded = fold(log)
        stored = {step_id: step.attempt for step_id, step in folded.steps.items()}
        self.found.steps += len(stored)
        outcomes: Counter[str] = Counter()
        for event in log:
            step_id = event.correlation_id or ""
            if isinstance(event.data, StepStarted):
                logged.add((event.run_id, step_id, str(event.data.attempt)))
                self.found.again += event.data.attempt > 1
            elif isinstance(event.data, (StepRetrying, *STEP_OUTCOMES)):
                outcomes[step_id] += 1
        self.found.lost += sum(max(0, n - outcomes[step_id]) for step_id, n in stored.items())


def _run_id(number: int) -> str:
    return f"wrun_{number:026d}"


def _child_of(pid: int) -> int | None:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return None
    return int(children[0]) if children else None


def chaos(plan: Plan, tell: Callable[[str], None] = lambda text: None) -> Found:
    """Let it happen; what became of it."""
    folder = Path(tempfile.mkdtemp(prefix="wfx-chaos-", dir="/tmp"))  # sockets want short paths
    try:
        found = Chaos(plan, folder, tell).run()
        if found.wrong:
            for log in sorted(folder.glob("worker-*.log")):
                tell(f"-- the end of {log.name}\n{log.read_text()[-2000:]}")
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def report(plan: Plan, found: Found) -> str:
    """What became of it, for people."""
    ends = ", ".join(f"{count} {status}" for status, count in sorted(found.ends.items()))
    verdict = f"{len(found.wrong)} things are wrong" if found.wrong else "all of it is right"
    lines = (
        f"{plan.runs} runs by {plan.workers} workers on {plan.database}",
        f"in {found.seconds:.0f} s (seed {plan.seed}): {ends}",
        f"{found.kills} kills -9, {found.restarts} hard stops of the server,",
        f"{found.stops} workers stopped for {STOPPED_SECONDS:.0f} s,",
        f"{found.unanswered} calls of the client repeated, {found.released} runs released",
        f"{found.events} events, {found.steps} steps, {found.bodies} bodies began;",
        f"{found.again} attempts after the first, {found.lost} without an outcome",
        f"{found.replayed} logs replayed; {verdict}",
    )
    return "\n".join([*found.wrong[:50], *lines])


def main() -> int:
    """The command line."""
    default = Plan()
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default=default.database)
    parser.add_argument("--workers", type=int, default=default.workers)
    parser.add_argument("--runs", type=int, default=default.runs)
    parser.add_argument("--kill-seconds", type=float, default=default.kill_seconds)
    parser.add_argument("--restarts", type=int, default=default.restarts)
    parser.add_argument("--stops", type=int, default=default.stops)
    parser.add_argument("--seconds-max", type=float, default=default.seconds_max)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    plan = Plan(**vars(parser.parse_args()))
    found = chaos(plan, lambda text: print(text, flush=True))  # noqa: T201  (the script's result)
    print(report(plan, found))  # noqa: T201
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
