"""The client for ordinary code: starts runs, waits for them, talks to them."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from wfx.authoring import StartOptions
from wfx.client.endings import Closed, Endings
from wfx.client.handles import RunHandle
from wfx.client.hooks import send_payload
from wfx.client.programs import Programs
from wfx.client.state import RunState, outcome, run_state
from wfx.closing import Closing
from wfx.entities import RunStatus
from wfx.events import NewEvent, RunCancelled
from wfx.world import ParkReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wfx.authoring import Workflow
    from wfx.client.pruning import Pruned
    from wfx.entities import Run
    from wfx.events import Event
    from wfx.program import Program
    from wfx.queues import QueueLimits
    from wfx.replay import Verdict
    from wfx.world import Page, StreamChunk, World

P = ParamSpec("P")
R = TypeVar("R")


class Client(Closing):
    """
    Starts runs in a world, and watches and talks to those that are there.

    A started run is executed by a worker: a `wfx worker` process, `worker()` in this one,
    or this very call of `run`. A client may be used by several threads, and by the child of a
    fork; `worker` is one thread of the process that entered it.

    Args:
        world: A world, its URL, or None for `WFX_WORLD` or else `sqlite:///.wfx/world.db`.
            A world given as an object stays open when the client is closed, unless
            `close_world` is true.
        app_dir: Where module names begin. If None, where the module of a workflow says.
        programs: Programs loaded already; others are loaded when they are needed.

    Example:
        >>> with Client() as client:
        ...     receipt = client.run(checkout, order)
    """

    def __init__(
        self,
        world: str | World | None = None,
        *,
        app_dir: str | Path | None = None,
        programs: Iterable[Program] = (),
        close_world: bool = False,
    ) -> None:
        if isinstance(world, os.PathLike):
            raise TypeError(f"a world is named by a URL: Client('sqlite:///{os.fspath(world)}')")
        self._url = world if isinstance(world, str) else None
        self._world: World | None = None if isinstance(world, str) else world
        self._owns_world = self._world is None or close_world
        self.programs = Programs(None if app_dir is None else Path(app_dir), programs)
        self._endings: Endings | None = None
        self._lock = threading.Lock()
        self._closed = False

    @property
    def world(self) -> World:
        """The world, opened by its first use."""
        with self._lock:
            if self._closed:
                raise Closed
            if self._world is None:
                from wfx.worlds import open_world

                self._world = open_world(self._url)
            return self._world

    def close(self) -> None:
        """Close the world, if this client opened it. Whoever waits for a result gets WfxError."""
        with self._lock:
            self._closed = True
            endings, self._endings = self._endings, None
            world, self._world = self._world, None
        if endings is not None:
            endings.close()
        if world is not None and self._owns_world:
            world.close()

    # -- starting -------------------------------------------------------------------------

    @overload
    def start(
        self, workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> RunHandle[R]: ...
    @overload
    def start(self, workflow: str, /, *args: object, **kwargs: object) -> RunHandle[Any]: ...
    def start(self, workflow: Any, /, *args: Any, **kwargs: Any) -> RunHandle[Any]:
        """
        Start a run; a worker executes it.

        Args:
            workflow: The decorated function, or a TARGET such as `orders:checkout`. An id of
                your own and a priority are given with it: `checkout.options(id="order-7")`.

        Raises:
            LoadError: The workflow's module cannot be loaded.
            InvalidArguments: The arguments do not fit its signature.
            EncodeError: An argument cannot be written to a log.
            AlreadyExists: There is a run of this id with another workflow or arguments.
        """
        return self._start(workflow, args, kwargs)

    @overload
    def start_as(
        self, run_id: str, workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> RunHandle[R]: ...
    @overload
    def start_as(
        self, run_id: str, workflow: str, /, *args: object, **kwargs: object
    ) -> RunHandle[Any]: ...
    def start_as(self, run_id: str, workflow: Any, /, *args: Any, **kwargs: Any) -> RunHandle[Any]:
        """
        Start a run under an id of your own, once: the same call again gives the same run.

        `start` with `workflow.options(id=…)` does the same; this one takes a TARGET too.

        Raises:
            AlreadyExists: There is a run of this id with another workflow or arguments.
            LoadError, InvalidArguments, EncodeError: See `start`.
        """
        return self._start(workflow, args, kwargs, run_id)

    def _start(
        self,
        workflow: Workflow[..., Any] | str,
        args: tuple[object, ...],
        kwargs: dict[str, object],
        run_id: str | None = None,
    ) -> RunHandle[Any]:
        from wfx.launch import start_run

        program, name = self.programs.of_workflow(workflow)
        asked = StartOptions() if isinstance(workflow, str) else workflow.start_options
        started = start_run(
            self.world,
            program,
            name,
            args,
            kwargs,
            run_id=run_id or asked.id,
            priority=asked.priority,
        )
        return RunHandle(started, self)

    @overload
    def run(self, workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def run(self, workflow: str, /, *args: object, **kwargs: object) -> Any: ...
    def run(self, workflow: Any, /, *args: Any, **kwargs: Any) -> Any:
        """
        Start a run, execute it in this process to its end, and return its result.

        Not for a thread that runs an event loop; `AsyncClient.run` is.

        Raises:
            RunFailed, RunCancelled, RunParked: See `RunHandle.result`.
            LoadError, InvalidArguments, EncodeError: See `start`.
        """
        from wfx.client.driving import check_no_loop

        check_no_loop()
        handle = self.start(workflow, *args, **kwargs)
        return self.resume(handle.run_id, workflow)

    @overload
    def resume(self, run_id: str, workflow: Workflow[..., R]) -> R: ...
    @overload
    def resume(self, run_id: str, workflow: str | None = None) -> Any: ...
    def resume(self, run_id: str, workflow: Any = None) -> Any:
        """
        Execute a run that is there in this process to its end, and return its result.

        Args:
            workflow: Where its code is; found by the run's workflow name if None.

        Raises:
            NotFound: There is no such run.
            RunFailed, RunCancelled, RunParked: See `RunHandle.result`.
        """
        from wfx.client.driving import Drive, drive

        drive(Drive(self.world, self.program_of_run(run_id, workflow), run_id))
        return self.result(run_id)

    def program_of_run(
        self, run_id: str, workflow: Workflow[..., Any] | str | None = None
    ) -> Program:
        """
        The program that has the workflow of a run.

        Args:
            workflow: Where its code is; found by the run's workflow name if None.

        Raises:
            NotFound: There is no such run.
            LoadError: Its code cannot be loaded, or is not where it was looked for.
        """
        return self.programs.of_run(self.world.runs.get(run_id, "none"), workflow)

    def bind(self, run_id: str, names: Mapping[str, str]) -> Verdict:
        """
        Say what recorded names of a migrated run are called in Python; `release` lets it go on.

        Its log is replayed first: code that makes other decisions than the log holds is not
        bound, and nothing is written.

        Args:
            names: Recorded name of the workflow or a step → `module:function`; those that
                this run does not have are passed over.

        Raises:
            NotFound: There is no such run.
            RunGone: It has ended.
            NotBindable: It was not migrated, has none of the names, or the code lacks a target.
            LoadError: The code cannot be loaded.
            Divergence: The code does not make the decisions that the log holds.
        """
        from wfx.client.binding import bind_run

        return bind_run(self.world, self.programs, run_id, names)

    def worker(self, *modules: Workflow[..., Any] | str) -> AbstractContextManager[object]:
        """
        Execute runs of these modules in a thread while the block is entered.

        Raises:
            LoadError: A module cannot be loaded.
        """
        from wfx.client.background import BackgroundWorker

        programs = [
            self.programs.of_module(module)
            if isinstance(module, str)
            else self.programs.of_workflow(module)[0]
            for module in modules
        ]
        return BackgroundWorker(self.world, programs)

    # -- runs that are there --------------------------------------------------------------

    def get(self, run_id: str) -> RunHandle[Any]:
        """The handle of a run. Raises NotFound."""
        self.world.runs.get(run_id, "none")
        return RunHandle(run_id, self)

    def status(self, run_id: str) -> RunStatus:
        """Where a run stands. Raises NotFound."""
        return self.world.runs.get(run_id, "none").status

    def state(self, run_id: str) -> RunState:
        """A run itself, why it is parked, what it waits for. Raises NotFound."""
        return run_state(self.world, run_id)

    def result(self, run_id: str, timeout: float | None = None) -> object:
        """
        Wait until a run ends, and return what its workflow returned.

        Raises:
            NotFound: There is no such run.
            RunFailed, RunCancelled, RunParked, TimeoutError: See `RunHandle.result`.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        world = self.world  # which is open to whoever has come before it was closed
        while True:
            ended, value = outcome(world, run_id)
            if ended:
                return value
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            ending = self._ending(world, run_id)
            try:
                ending.result(left)
            except FutureTimeout:
                raise TimeoutError(
                    f"{run_id} has not ended within {timeout:g} s; it goes on"
                ) from None
            except CancelledError:
                raise Closed(waiting=True) from None
            finally:
                ending.cancel()

    def ending(self, run_id: str) -> Future[None]:
        """
        A future that is done when a run has ended or is parked. Cancel it to stop waiting.

        It is cancelled when the client is closed.

        Raises:
            NotFound: There is no such run.
        """
        return self._ending(self.world, run_id)

    def _ending(self, world: World, run_id: str) -> Future[None]:
        with self._lock:
            if self._closed:
                closed: Future[None] = Future()
                closed.cancel()
                return closed
            if self._endings is None or self._endings.is_of_parent:
                self._endings = Endings(world)
            endings = self._endings
        return endings.ending(run_id)

    def list_runs(
        self,
        *,
        status: RunStatus | str | None = None,
        workflow: Workflow[..., Any] | str | None = None,
        parked: bool | ParkReason | str | None = None,
        queue: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Run]:
        """
        Runs, newest first, without their payloads; `cursor` of a page gives the next one.

        Args:
            workflow: The decorated function, or the workflow's full name.
            parked: Only runs that cannot go on by themselves (for this reason), or only the
                others.
            queue: Only runs that have an open step in this queue.
        """
        return self.world.runs.list(
            status=None if status is None else RunStatus(status),
            workflow_name=_name_of(workflow),
            parked=ParkReason(parked) if isinstance(parked, str) else parked,
            queue=queue,
            created_after=created_after,
            created_before=created_before,
            limit=limit,
            cursor=cursor,
        )

    def events(self, run_id: str, from_position: int = 0) -> Iterator[Event]:
        """A run's log, in order. Raises NotFound when the first event is asked for."""
        return self.world.events.stream(run_id, from_position)

    def stream(
        self, run_id: str, name: str = "default", *, follow: bool = False
    ) -> Iterator[StreamChunk]:
        """
        The chunks of a run's output stream.

        Args:
            follow: Wait for more until the stream is closed or the run ends.

        Raises:
            NotFound: There is no such run.
        """
        from wfx.client.streams import read_stream

        return read_stream(self.world, run_id, name, follow=follow)

    def prune(
        self,
        ended_before: datetime | timedelta,
        *,
        status: RunStatus | str | None = None,
        workflow: Workflow[..., Any] | str | None = None,
        originals: bool = False,
        export: str | Path | None = None,
        dry_run: bool = False,
        progress: Callable[[Pruned], None] | None = None,
    ) -> Pruned:
        """
        Delete runs that ended before a moment, each with all that belongs to it, for good.

        It goes batch by batch, and others work meanwhile. After an error or a crash each run
        is there whole or gone; the next prune goes on. Kept is a run that has not ended, one
        of which a step still runs, and one that was migrated and has its originals.

        Args:
            ended_before: The moment, or how long ago it was.
            status: Only runs that ended like this.
            workflow: The decorated function, or the workflow's full name: only its runs.
            originals: Delete migrated runs too, with the originals that nothing else has.
            export: A directory: write each run's recording there first (`wfx import` reads
                it back), and delete what is on the disk.
            dry_run: Delete nothing, and tell what would be.
            progress: Is told now and then, with the numbers so far.

        Raises:
            ValueError: The moment lies in the future or before the year 1, or has no zone, or
                the status is no end.
            OSError: A recording cannot be written; its run, and those after it, are kept.
        """
        from wfx.client.pruning import prune

        return prune(
            self.world,
            ended_before,
            status=None if status is None else RunStatus(status),
            workflow_name=_name_of(workflow),
            originals=originals,
            export=None if export is None else Path(export),
            dry_run=dry_run,
            progress=progress,
        )

    # -- talking to runs ------------------------------------------------------------------

    def resume_hook(self, token: str, payload: object, *, event_id: str | None = None) -> Event:
        """
        Give the hook of this token a payload; the event that says so.

        Args:
            payload: Anything encodable. For a hook with a schema it becomes plain JSON
                first, so a pydantic model is fine.
            event_id: Names this delivery: a second call with the same one appends nothing
                and returns the same event.

        Raises:
            NotFound: No hook ever had this token (404).
            EntityGone: Its hook was disposed, or its run ended (410).
            InvalidPayload: It does not fit the hook's schema; nothing was appended.
        """
        return send_payload(self.world, token, payload, event_id=event_id)

    def cancel(self, run_id: str, reason: str | None = None) -> None:
        """
        Cancel a run. Cancelling a cancelled run does nothing.

        Raises:
            NotFound: There is no such run.
            RunGone: It completed or failed before.
        """
        self.world.events.create(run_id, NewEvent(RunCancelled(reason=reason)))

    def limit_queue(self, queue: str, limits: QueueLimits) -> None:
        """From now on these limits hold for a queue, for all workers of the world."""
        self.world.queue.set_limits(queue, limits)

    def release(self, run_id: str) -> bool:
        """
        Let a parked run be tried again; whether it was parked.

        Raises:
            NotFound: There is no such run, or it has ended.
        """
        return self.world.queue.unpark(run_id)


def _name_of(workflow: Workflow[..., Any] | str | None) -> str | None:
    return workflow if workflow is None or isinstance(workflow, str) else workflow.spec.name


__all__ = ["Client"]
