"""A worker in a thread of this process, for programs that want no second process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

from wfx.workers.worker import Worker

if TYPE_CHECKING:
    from wfx.program import Program
    from wfx.world import World


class BackgroundWorker:
    """
    Executes runs of some programs while its block is entered.

    What ended the worker early is raised when the block is left.
    """

    def __init__(self, world: World, programs: Iterable[Program]) -> None:
        self._world = world
        self._programs = list(programs)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: asyncio.Task[None] | None = None
        self._begun = threading.Event()
        self._error: BaseException | None = None

    def __enter__(self) -> BackgroundWorker:
        self._thread = threading.Thread(target=self._run, name="wfx-worker", daemon=True)
        self._thread.start()
        self._begun.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._thread is not None
        if self._loop is not None and self._serving is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join()
        if self._error is not None and error is None:
            raise self._error

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._error = error
        finally:
            self._begun.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        worker = Worker(self._world, self._programs)
        self._serving = asyncio.create_task(worker.serve())
        self._begun.set()
        await asyncio.wait({self._serving})
        if not self._serving.cancelled():
            self._serving.result()
