"""
Executing one run in this process, until it ends, is parked, or somebody wants to leave.

A worker does the work. Beside it an eye looks at the run in its world, because others may
end it, park it or hold it, and nobody would tell the worker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from wfx.client.state import parked_of
from wfx.entities import StepStatus
from wfx.errors import RunHeld, RunParked, WfxError, WorldUnavailable
from wfx.workers.observer import Observer
from wfx.workers.presence import Presence, check_free, describe_owner
from wfx.workers.worker import Worker
from wfx.world import CODE_REASONS

if TYPE_CHECKING:
    from wfx.activation import Output
    from wfx.events import Event
    from wfx.program import Program
    from wfx.workers.runner import Runner
    from wfx.world import Task, World

_FIRST_LOOK_SECONDS: Final = 0.2
_LOOK_SECONDS: Final = 1.0


class Left(Enum):
    """Why a drive ended."""

    ENDED = "ended"
    PARKED = "parked"
    SUSPENDED = "suspended"
    """It waits for a payload or a moment, and it was not to be waited for."""
    STOPPED = "stopped"
    """Somebody called `stop`."""


class Watcher(Observer):
    """An observer that is also told what a drive does."""

    def begins(self, run_id: str) -> None:
        """The run may be executed: it is not over, parked, or in other hands."""

    def waits(self, run_id: str) -> None:
        """The run waits, and nobody holds it."""


class Drive:
    """
    Executes one run.

    Args:
        stay: Go on while the run waits for a payload or a moment; else leave then.
        alone: Refuse to go on when another process holds the run.
    """

    def __init__(
        self,
        world: World,
        program: Program,
        run_id: str,
        *,
        observer: Watcher | None = None,
        stay: bool = True,
        alone: bool = False,
    ) -> None:
        self.world = world
        self.program = program
        self.run_id = run_id
        self.observer = observer or Watcher()
        """Told what happens; may be another one until `go` begins."""
        self._stay = stay
        self._alone = alone
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving: asyncio.Future[Left] | None = None
        self._stopped = False

    def stop(self) -> None:
        """Leave soon, with the run resumable. For any thread, and for signal handlers."""
        self._stopped = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._leave, Left.STOPPED)

    async def go(self) -> Left:
        """
        Execute the run; why that ended.

        Raises:
            NotFound: There is no such run.
            RunHeld: Another process holds it, and this one was to be alone.
            RunParked: It was parked before, and this code has been tried.
            WorldUnavailable: The world does not answer any more.
        """
        self._loop = asyncio.get_running_loop()
        self._leaving = self._loop.create_future()
        if self.world.runs.get(self.run_id, "none").ended:
            return Left.ENDED
        presence = Presence()
        try:
            if self._alone:
                check_free(self.world, self.run_id, presence)
            self._check_unparked(self.world.queue.get(self.run_id))
            worker = Worker(
                self.world,
                [self.program],
                run_id=self.run_id,
                observer=_Ear(self.observer, self._leave, self._stay),
                presence=presence,
            )
        except BaseException:
            presence.close()
            raise
        if self._stopped:
            worker.stop()
        self.observer.begins(self.run_id)
        # From here on the presence is the worker's: bodies that cannot be ended keep it.
        return await self._serve(worker, presence, self._leaving)

    def _check_unparked(self, task: Task | None) -> None:
        parked = parked_of(task)
        if task is None or task.parked is None or parked is None:
            return
        if task.parked not in CODE_REASONS or self.program.digest in task.parked_digests:
            raise RunParked(run_id=self.run_id, reason=parked.reason, detail=parked.message)

    async def _serve(
        self, worker: Worker, presence: Presence, leaving: asyncio.Future[Left]
    ) -> Left:
        serving = asyncio.create_task(worker.serve())
        looking = asyncio.create_task(self._look_now_and_then(presence))
        concerned: set[asyncio.Future[Any]] = {serving, looking, leaving}
        try:
            await asyncio.wait(concerned, return_when=asyncio.FIRST_COMPLETED)
        finally:
            looking.cancel()
            worker.stop()
            results = await asyncio.gather(serving, looking, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result
        return leaving.result() if leaving.done() else Left.STOPPED

    def _leave(self, left: Left) -> None:
        if self._leaving is not None and not self._leaving.done():
            self._leaving.set_result(left)

    # -- the eye --------------------------------------------------------------------------

    async def _look_now_and_then(self, presence: Presence) -> None:
        seconds = _FIRST_LOOK_SECONDS
        while True:
            await asyncio.sleep(seconds)
            seconds = _LOOK_SECONDS
            try:
                left = await asyncio.to_thread(self._look, presence)
            except WorldUnavailable:
                continue  # the worker decides how long that may last
            if left is not None:
                self._leave(left)

    def _look(self, presence: Presence) -> Left | None:
        """Why to leave, as far as the world tells it."""
        task = self.world.queue.get(self.run_id)
        if task is not None and task.owner == presence.owner:
            return None
        if self.world.runs.get(self.run_id, "none").ended:
            return Left.ENDED
        if task is None:
            return None
        if task.parked is not None:
            return Left.PARKED
        if task.owner is not None:
            if self._alone and not presence.is_dead(task.owner):
                raise RunHeld(run_id=self.run_id, holder=describe_owner(task.owner))
            return None
        ready = task.ready_at is not None and task.ready_at <= self.world.queue.now()
        if ready or self._has_open_steps():
            return None
        self.observer.waits(self.run_id)
        return None if self._stay else Left.SUSPENDED

    def _has_open_steps(self) -> bool:
        return any(
            self.world.steps.list(self.run_id, status=status, limit=1).items
            for status in (StepStatus.RUNNING, StepStatus.PENDING)
        )


class _Ear(Observer):
    """Passes on what the worker tells, and leaves when the run is through."""

    def __init__(self, observer: Watcher, leave: Callable[[Left], None], stay: bool) -> None:
        self._observer = observer
        self._leave = leave
        self._stay = stay

    def appended(self, events: Sequence[Event]) -> None:
        self._observer.appended(events)

    def blocked(self, step_name: str) -> None:
        self._observer.blocked(step_name)

    def output(self, run_id: str, lines: Sequence[Output]) -> None:
        self._observer.output(run_id, lines)

    def parked(self, run_id: str, error: BaseException) -> None:
        self._observer.parked(run_id, error)
        self._leave(Left.PARKED)

    def suspended(self, run_id: str, runner: Runner) -> None:
        self._observer.suspended(run_id, runner)
        execution = runner.execution
        # A step that will be tried again is work in progress, not a wait.
        if not self._stay and (execution is None or not execution.pending_steps):
            self._leave(Left.SUSPENDED)

    def out_of_reach(self, error: WorldUnavailable) -> None:
        self._observer.out_of_reach(error)

    def in_reach(self) -> None:
        self._observer.in_reach()

    def ended(self, run_id: str) -> None:
        self._observer.ended(run_id)
        self._leave(Left.ENDED)


def drive(drive: Drive) -> Left:
    """
    Run a drive to its end from code that has no event loop.

    Raises:
        WfxError: This thread runs one; see `check_no_loop`.
    """
    check_no_loop()
    return asyncio.run(drive.go())


def check_no_loop() -> None:
    """
    Check that this thread may block and begin an event loop.

    Raises:
        WfxError: It runs one.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise WfxError(
        "this would block the event loop of this thread: use AsyncClient, whose `run` is awaited"
    )


__all__ = ["Drive", "Left", "Watcher", "check_no_loop", "drive"]
