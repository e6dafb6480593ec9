"""The client for code on an event loop, such as the handlers of a web framework."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, overload

from wfx import forks
from wfx.client.endings import Closed
from wfx.client.handles import AsyncRunHandle
from wfx.client.state import RunState, outcome
from wfx.client.streams import WAIT_SECONDS, Reading
from wfx.client.synchronous import Client
from wfx.entities import RunStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wfx.authoring import Workflow
    from wfx.client.pruning import Pruned
    from wfx.entities import Run
    from wfx.events import Event
    from wfx.program import Program
    from wfx.queues import QueueLimits
    from wfx.replay import Verdict
    from wfx.world import Page, ParkReason, StreamChunk, World

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_THREADS: Final = 4
"""Calls are short; waiting for results needs no thread of its own."""
_EVENTS_AT_ONCE: Final = 1000


class AsyncClient:
    """
    What `Client` does, as coroutines: calls of the world are made in a few threads.

    Any number of results may be awaited at once; they share one watch. Arguments and errors
    are those of `Client`.

    Example:
        >>> async with AsyncClient() as client:
        ...     handle = await client.start(checkout, order)
        ...     receipt = await handle.result(timeout=60)
    """

    def __init__(
        self,
        world: str | World | None = None,
        *,
        app_dir: str | Path | None = None,
        programs: Iterable[Program] = (),
    ) -> None:
        self._client = Client(world, app_dir=app_dir, programs=programs)
        self._threads = _threads()
        self._forks = forks.count
        self._closed = False

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._closed:
            raise Closed
        if self._forks != forks.count:  # its threads are those of the parent
            self._threads, self._forks = _threads(), forks.count
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(function, *args, **kwargs))

    @property
    def world(self) -> World:
        """The world, opened by its first use. Its calls block: make them in a thread."""
        return self._client.world

    async def ending(self, run_id: str) -> asyncio.Future[None]:
        """See `Client.ending`; cancel the future to stop waiting."""
        return asyncio.wrap_future(await self._call(self._client.ending, run_id))

    async def close(self) -> None:
        """See `Client.close`."""
        if self._closed:
            return
        await self._call(self._client.close)
        self._closed = True
        self._threads.shutdown(wait=False)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    # -- starting -------------------------------------------------------------------------

    @overload
    async def start(
        self, workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncRunHandle[R]: ...
    @overload
    async def start(
        self, workflow: str, /, *args: object, **kwargs: object
    ) -> AsyncRunHandle[Any]: ...
    async def start(self, workflow: Any, /, *args: Any, **kwargs: Any) -> AsyncRunHandle[Any]:
        """See `Client.start`."""
        handle = await self._call(self._client.start, workflow, *args, **kwargs)
        return AsyncRunHandle(handle.run_id, self)

    @overload
    async def start_as(
        self, run_id: str, workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncRunHandle[R]: ...
    @overload
    async def start_as(
        self, run_id: str, workflow: str, /, *args: object, **kwargs: object
    ) -> AsyncRunHandle[Any]: ...
    async def start_as(
        self, run_id: str, workflow: Any, /, *args: Any, **kwargs: Any
    ) -> AsyncRunHandle[Any]:
        """See `Client.start_as`."""
        await self._call(self._client.start_as, run_id, workflow, *args, **kwargs)
        return AsyncRunHandle(run_id, self)

    @overload
    async def run(self, workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    async def run(self, workflow: str, /, *args: object, **kwargs: object) -> Any: ...
    async def run(self, workflow: Any, /, *args: Any, **kwargs: Any) -> Any:
        """
        See `Client.run`. The run is executed on an event loop of its own, in a thread.

        When the caller is cancelled, the run stays resumable; see `resume`.
        """
        handle = await self.start(workflow, *args, **kwargs)
        return await self.resume(handle.run_id, workflow)

    @overload
    async def resume(self, run_id: str, workflow: Workflow[..., R]) -> R: ...
    @overload
    async def resume(self, run_id: str, workflow: str | None = None) -> Any: ...
    async def resume(self, run_id: str, workflow: Any = None) -> Any:
        """See `Client.resume`."""
        from wfx.client.driving import Drive, drive

        program = await self._call(self._client.program_of_run, run_id, workflow)
        driving = Drive(self._client.world, program, run_id)
        done = _alone(partial(drive, driving))
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:
            driving.stop()
            # Claims are given back before the caller may close the client.
            await asyncio.wait({done})
            raise
        return await self.result(run_id)

    @asynccontextmanager
    async def worker(self, *modules: Workflow[..., Any] | str) -> AsyncIterator[None]:
        """
        See `Client.worker`: `async with client.worker(checkout): …`.

        The worker has a loop of its own, in a thread: steps of this process do not hold up
        the caller's, nor the other way round.
        """
        working = await self._call(self._client.worker, *modules)
        await _alone(working.__enter__)
        try:
            yield
        except BaseException as error:
            await _alone(partial(working.__exit__, type(error), error, error.__traceback__))
            raise
        await _alone(partial(working.__exit__, None, None, None))

    async def program_of_run(
        self, run_id: str, workflow: Workflow[..., Any] | str | None = None
    ) -> Program:
        """See `Client.program_of_run`."""
        return await self._call(self._client.program_of_run, run_id, workflow)

    async def bind(self, run_id: str, names: Mapping[str, str]) -> Verdict:
        """See `Client.bind`."""
        return await self._call(self._client.bind, run_id, names)

    # -- runs that are there --------------------------------------------------------------

    async def get(self, run_id: str) -> AsyncRunHandle[Any]:
        """The handle of a run. Raises NotFound."""
        await self._call(self._client.get, run_id)
        return AsyncRunHandle(run_id, self)

    async def status(self, run_id: str) -> RunStatus:
        """Where a run stands. Raises NotFound."""
        return await self._call(self._client.status, run_id)

    async def state(self, run_id: str) -> RunState:
        """See `Client.state`."""
        return await self._call(self._client.state, run_id)

    async def result(self, run_id: str, timeout: float | None = None) -> object:
        """See `Client.result`."""
        if self._closed:
            raise Closed
        try:
            return await self._result(run_id, timeout)
        except Closed:
            raise Closed(waiting=True) from None

    async def _result(self, run_id: str, timeout: float | None) -> object:
        # Looked at before there is any hurry: what is there is given, whatever the timeout.
        ended, value = await self._call(self._outcome, run_id)
        try:
            async with asyncio.timeout(timeout):
                while not ended:
                    ending = await self.ending(run_id)
                    try:
                        await asyncio.wait({ending})
                        if ending.cancelled():
                            raise Closed
                        ending.result()
                    finally:
                        ending.cancel()
                    ended, value = await self._call(self._outcome, run_id)
                return value
        except TimeoutError:
            raise TimeoutError(f"{run_id} has not ended within {timeout:g} s; it goes on") from None

    def _outcome(self, run_id: str) -> tuple[bool, object]:
        return outcome(self._client.world, run_id)

    async def list_runs(
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
        """See `Client.list_runs`."""
        return await self._call(
            self._client.list_runs,
            status=status,
            workflow=workflow,
            parked=parked,
            queue=queue,
            created_after=created_after,
            created_before=created_before,
            limit=limit,
            cursor=cursor,
        )

    async def prune(
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
        See `Client.prune`; `progress` is called in another thread.

        When the caller is cancelled, it ends with the batch that is under way.
        """
        cancelled = threading.Event()

        def told(done: Pruned) -> None:
            if cancelled.is_set():
                raise asyncio.CancelledError
            if progress is not None:
                progress(done)

        pruning = partial(
            self._client.prune,
            ended_before,
            status=status,
            workflow=workflow,
            originals=originals,
            export=export,
            dry_run=dry_run,
            progress=told,
        )
        try:
            # Not in `_threads`: it may take long.
            return await asyncio.get_running_loop().run_in_executor(None, pruning)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def events(self, run_id: str, from_position: int = 0) -> AsyncIterator[Event]:
        """A run's log, in order, read in pages. Raises NotFound when the first is asked for."""
        position = max(from_position, 0)
        while True:
            page = await self._call(
                self._client.world.events.list, run_id, position, limit=_EVENTS_AT_ONCE
            )
            for event in page:
                yield event
            position += len(page)
            if len(page) < _EVENTS_AT_ONCE:
                return

    async def stream(
        self, run_id: str, name: str = "default", *, follow: bool = False
    ) -> AsyncIterator[StreamChunk]:
        """See `Client.stream`."""
        reading = Reading(self._client.world, run_id, name, follow=follow)
        while not reading.over:
            for chunk in await self._call(reading.next):
                yield chunk
            if reading.waits:
                await asyncio.sleep(WAIT_SECONDS)

    # -- talking to runs ------------------------------------------------------------------

    async def resume_hook(
        self, token: str, payload: object, *, event_id: str | None = None
    ) -> Event:
        """See `Client.resume_hook`."""
        return await self._call(self._client.resume_hook, token, payload, event_id=event_id)

    async def cancel(self, run_id: str, reason: str | None = None) -> None:
        """See `Client.cancel`."""
        await self._call(self._client.cancel, run_id, reason)

    async def limit_queue(self, queue: str, limits: QueueLimits) -> None:
        """See `Client.limit_queue`."""
        await self._call(self._client.limit_queue, queue, limits)

    async def release(self, run_id: str) -> bool:
        """See `Client.release`."""
        return await self._call(self._client.release, run_id)


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="wfx-client")


def _alone(function: Callable[[], T]) -> asyncio.Future[T]:
    """
    Call a function in a thread of its own: it takes as long as a run does.

    The loop's own threads are few, and others need them, for example to look up names.
    """
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def call() -> None:
        try:
            result = function()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=call, name="wfx-client-run", daemon=True).start()
    return asyncio.wrap_future(future)


__all__ = ["AsyncClient"]
