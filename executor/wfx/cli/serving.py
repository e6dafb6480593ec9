"""A worker at the command line: its log, its pages over HTTP, and how it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from wfx.cli.endpoint import Endpoint
from wfx.cli.errors import Exit, code_of, exit_code, sentence
from wfx.cli.metering import MeteredWorld
from wfx.cli.metrics import Metrics, queue_gauges
from wfx.cli.quiet import own_stdout, told_lines
from wfx.cli.reaching import reach
from wfx.cli.signals import interruptible
from wfx.cli.supervision import limit_memory, spare_garbage
from wfx.cli.worklog import WorkLog
from wfx.errors import WorldError
from wfx.workers.worker import Worker
from wfx.world import TaskKind
from wfx.worlds import open_world

if TYPE_CHECKING:
    from wfx.client.programs import Programs
    from wfx.program import Program
    from wfx.world import Queue, World

_PULSE_SECONDS: Final = 1.0
_PULSE_MARGIN_SECONDS: Final = 30.0
"""A loop that has not turned for longer than an activation may take and this is dead."""
_LOOK_SECONDS: Final = 10.0
_LOOKED_AT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How a worker serves."""

    queues: Sequence[str] | None
    slots: int
    http: tuple[str, int] | None
    json_log: bool
    finish: timedelta
    """How long step bodies may go on when it is asked to stop."""


def serve(url: str, known: Programs, modules: Sequence[str], how: Serving) -> int:
    """Execute all runs of these modules until a signal comes; the exit code."""
    log = WorkLog(metrics := Metrics(), as_json=how.json_log)
    try:
        _serve(url, known, modules, how, log, metrics)
    except Exception as error:
        if not how.json_log:
            raise
        log.tell("worker_failed", sentence(error), level="error", error=code_of(error))
        return exit_code(error)
    return Exit.DONE


def _serve(
    url: str,
    known: Programs,
    modules: Sequence[str],
    how: Serving,
    log: WorkLog,
    metrics: Metrics,
) -> None:
    with told_lines(log.printed) if how.json_log else own_stdout():
        programs = [known.of_module(module) for module in modules]
        limit_memory(programs)
        spare_garbage()
        for module, program in zip(modules, programs, strict=True):
            names = sorted(program.workflows)
            shown = ", ".join(names) or "no workflows"
            log.tell("module", f"{module}: {shown}", module=module, workflows=[*names])
        _Served(url, programs, how, log, metrics).run()


class _Served:
    """One worker, and what shows how it does."""

    def __init__(
        self,
        url: str,
        programs: Sequence[Program],
        how: Serving,
        log: WorkLog,
        metrics: Metrics,
    ) -> None:
        self._url = url
        self._world: World | None = None
        """None until it could be opened."""
        self._programs = programs
        self._how = how
        self._log = log
        self._metrics = metrics
        self._turned: float | None = None
        """When the loop turned last."""
        self._stopping = False
        self._worker: Worker | None = None
        self._told: set[str] = set()

    def run(self) -> None:
        pages = {"/live": self._live, "/ready": self._ready, "/metrics": self._text}
        http: AbstractContextManager[Endpoint | None] = nullcontext()
        if self._how.http is not None:
            http = Endpoint(*self._how.http, pages)
        with http as endpoint:
            if endpoint is not None:
                self._log.tell(
                    "http",
                    f"{endpoint.url} has /live, /ready and /metrics",
                    url=endpoint.url,
                )
            asyncio.run(self._work())

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()

        def ask_to_stop() -> None:
            self._stopping = True
            loop.call_soon_threadsafe(stop.set)

        with interruptible(ask_to_stop, says=not self._how.json_log):
            world = await reach(
                partial(open_world, self._url), stop=stop, out_of_reach=self._log.out_of_reach
            )
            if world is None:
                self._log.stopped(0, 0)
                return
            with world:
                if self._log.away is not None:
                    self._log.in_reach()
                self._world = world
                await self._work_on(world, stop)

    async def _work_on(self, world: World, stop: asyncio.Event) -> None:
        self._worker = worker = Worker(
            MeteredWorld(world, self._metrics, claimed=self._log.claimed, lost=self._log.lost),
            self._programs,
            observer=self._log,
            slots=self._how.slots,
            queues=self._how.queues,
            finish=self._how.finish,
            patience=None,
        )
        queues = "all queues" if self._how.queues is None else ", ".join(self._how.queues)
        self._log.tell(
            "worker_started",
            f"working on {world.url}; Ctrl-C to leave",
            world=world.url,
            queues=queues,
            slots=self._how.slots,
        )

        async def end() -> None:
            await stop.wait()
            worker.stop()

        with _beside(self._pulse(), self._look_now_and_then(world), end()):
            await worker.serve()

    async def _pulse(self) -> None:
        while True:
            self._turned = time.monotonic()
            await asyncio.sleep(_PULSE_SECONDS)

    # -- what nobody here can do ----------------------------------------------------------

    async def _look_now_and_then(self, world: World) -> None:
        while True:
            try:
                found = await asyncio.to_thread(self._foreign, world.queue)
            except WorldError:
                found = []  # the worker decides how long that may last
            for kind, name, run_id in found:
                if name not in self._told:
                    self._told.add(name)
                    what = "workflow" if kind is TaskKind.RUN else "step"
                    self._log.tell(
                        "not_ours",
                        f"{run_id} waits for a worker that has the {what} {name!r}, which this one "
                        "does not have; others of it are not told",
                        level="warning",
                        runId=run_id,
                        name=name,
                    )
            await asyncio.sleep(_LOOK_SECONDS)

    def _foreign(self, queue: Queue) -> list[tuple[TaskKind, str, str]]:
        """Work that is ready, and that this worker has no code for."""
        workflows = {name for program in self._programs for name in program.workflows}
        steps = {name for program in self._programs for name in program.steps}
        queues = self._how.queues
        now = queue.now()
        found: list[tuple[TaskKind, str, str]] = []
        for task in queue.list(held=False, parked=False, limit=_LOOKED_AT):
            if task.ready_at is None or task.ready_at > now:
                break
            if (task.kind is TaskKind.RUN and task.name not in workflows) or (
                task.kind is TaskKind.STEP
                and task.name not in steps
                and (queues is None or task.queue in queues)
            ):
                found.append((task.kind, task.name, task.run_id))
        return found

    # -- pages ----------------------------------------------------------------------------

    def _live(self) -> tuple[int, str]:
        limit = max((p.activation_seconds for p in self._programs), default=0.0)
        since = 0.0 if self._turned is None else time.monotonic() - self._turned
        if since > limit + _PULSE_MARGIN_SECONDS:
            return 503, f"the event loop has not turned for {since:.0f} s\n"
        return 200, "alive\n"

    def _ready(self) -> tuple[int, str]:
        if self._stopping:
            return 503, "stopping\n"
        if self._log.away is not None:
            return 503, f"{self._log.away}\n"
        if self._turned is None:
            return 503, "starting\n"
        return 200, "ready\n"

    def _text(self) -> tuple[int, str]:
        return 200, self._metrics.text(self._gauges())

    def _gauges(self) -> Iterable[tuple[str, tuple[tuple[str, str], ...], float]]:
        running = 0 if self._worker is None else self._worker.bodies_running
        gauges = [("wfx_slots", (), float(self._how.slots)), ("wfx_steps_running", (), running)]
        if self._world is None:
            return [*gauges, ("wfx_world_up", (), 0.0)]
        try:
            states, now = self._world.queue.overview(), self._world.queue.now()
        except WorldError:
            return [*gauges, ("wfx_world_up", (), 0.0)]
        up = 1.0 if self._log.away is None else 0.0
        return [*gauges, ("wfx_world_up", (), up), *queue_gauges(states, now)]


@contextmanager
def _beside(*coroutines: Coroutine[Any, Any, None]) -> Iterator[None]:
    """Run coroutines while the block is entered."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
