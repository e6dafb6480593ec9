"""
Runs a workflow live, in virtual time, and says what it asked for.

Everything that a run observes is the same at every call: ids, clock, seed, uuids, and how
long steps take. So two programs that ask for the same things make the same lists.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from wfx.clock import ManualClock
from wfx.events import (
    CANCELS,
    REQUESTS,
    EffectRecorded,
    Event,
    HookReceived,
    Kind,
    NewEvent,
)
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.testing.virtual import Stuck, VirtualLoop
from wfx.workers.observer import Observer
from wfx.workers.runner import Runner
from wfx.workers.worker import Worker

START = datetime(2031, 3, 5, 6, 7, 8, 901_234, tzinfo=UTC)
RUN_ID = "wrun_01M00000000000000000000000"
EVENTS_MAX = 600
"""A run that has made so many events comes to no end."""


@dataclass(frozen=True)
class Case:
    """One workflow with one input."""

    workflow: str
    args: Sequence[Any] = ()
    payloads: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """What its hooks receive, by token, one whenever the run waits."""


class _Feeder(Observer):
    """Sends payloads, and stops the worker when nothing more will happen."""

    def __init__(self, world: MemoryWorld, case: Case) -> None:
        self.world = world
        self.worker: Worker | None = None
        self._payloads = {token: list(each) for token, each in case.payloads.items()}

    def appended(self, events: Sequence[Event]) -> None:
        if events and events[-1].position > EVENTS_MAX:
            self._stop()

    def suspended(self, run_id: str, runner: Runner) -> None:
        execution = runner.execution
        if execution is None or execution.pending_steps:
            return
        for token in execution.open_hooks:
            if self._payloads.get(token):
                hook = self.world.hooks.get_by_token(token)
                payload = HookReceived(payload=self._payloads[token].pop(0))
                self.world.events.create(run_id, NewEvent(payload, hook.hook_id))
                return
        if execution.next_wait_us is None:
            self._stop()

    def parked(self, run_id: str, error: BaseException) -> None:
        self._stop()

    def ended(self, run_id: str) -> None:
        self._stop()

    def _stop(self) -> None:
        assert self.worker is not None
        self.worker.stop()


@contextmanager
def _same_randomness() -> Iterator[None]:
    """Uuids that count, and steps that take no time of ours."""
    uuid4, sleep, made = uuid.uuid4, time.sleep, iter(range(1, 1 << 62))
    uuid.uuid4 = lambda: uuid.UUID(int=next(made))
    time.sleep = lambda _: None
    try:
        yield
    finally:
        uuid.uuid4, time.sleep = uuid4, sleep


def live(program: Any, case: Case) -> list[Event]:
    """The log of a run, to its end or to where nothing more happens."""
    os.environ.pop("WFX_DEPLOYMENT_ID", None)
    with _same_randomness(), VirtualLoop(ManualClock(START), limit=timedelta(days=60)) as loop:
        world = MemoryWorld(loop.clock)
        start_run(world, program, case.workflow, case.args, run_id=RUN_ID)
        feeder = _Feeder(world, case)
        feeder.worker = Worker(
            world,
            [program],
            run_id=RUN_ID,
            observer=feeder,
            entropy=lambda count: bytes(range(count)),
            **loop.for_worker(),
        )
        with suppress(Stuck):
            loop.run(feeder.worker.serve())
        return list(world.events.stream(RUN_ID))


def commands(log: Sequence[Event]) -> list[Any]:
    """What the code asked for and observed, in the order of the log, and how it ended."""
    made: dict[str, Any] = {}
    out: list[Any] = []
    for event in log:
        data = event.data
        if data.kind not in (Kind.COMMAND, Kind.EFFECT) and data.type != "hook_conflict":
            continue
        if isinstance(data, REQUESTS):
            assert data.call is not None
            made[event.correlation_id or ""] = (data.call.scope, data.call.ordinal)
        if isinstance(data, EffectRecorded):
            seen = None if data.effect in ("clock", "seed", "uuid") else data.values
            out.append((data.call.scope, data.effect, data.key, len(data.values), seen))
            continue
        target = made.get(event.correlation_id or "") if isinstance(data, CANCELS) else None
        shown = {
            f.name: _plain(getattr(data, f.name))
            for f in fields(data)
            if f.name not in ("resume_at", "call", "queue", "error_code")
        }
        call = getattr(data, "call", None)
        at = None if call is None else (call.scope, call.ordinal)
        out.append((data.type, at, target, shown))
    return out


def _plain(value: Any) -> Any:
    """Without traceback texts."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if key != "stack"}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
