"""
Waiting until runs end, any number of them, with one thread and one watch.

Whoever waits is woken when the world changes. The thread exists only while somebody waits.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

from wfx import forks
from wfx.errors import NotFound, WfxError, WorldError, WorldUnavailable

if TYPE_CHECKING:
    from wfx.world import Watch, World

_NET_SECONDS: Final = 1.0
"""A wake that got lost delays an answer by this much."""


class Closed(WfxError):
    """The client is closed."""

    def __init__(self, *, waiting: bool = False) -> None:
        super().__init__(f"this client {'was closed while it waited' if waiting else 'is closed'}")


class Endings:
    """Tells when runs end or are parked."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._awaited: dict[str, list[Future[None]]] = {}
        self._thread: threading.Thread | None = None
        self._watch: Watch | None = None
        self._closed = threading.Event()
        self._forks = forks.count

    @property
    def is_of_parent(self) -> bool:
        """Whether this process was forked off later: the thread and the watch are not here."""
        return self._forks != forks.count

    def ending(self, run_id: str) -> Future[None]:
        """
        A future that is done when the run has ended or is parked. Cancel it to stop waiting.

        It is cancelled when this is closed, or was already.

        Raises:
            NotFound: There is no such run.
        """
        future: Future[None] = Future()
        with self._lock:
            if self._closed.is_set():
                future.cancel()
                return future
            self._awaited.setdefault(run_id, []).append(future)
            if self._thread is None:
                self._thread = threading.Thread(target=self._wait, name="wfx-endings", daemon=True)
                self._thread.start()
        # Looked at after it is registered, so that no end can fall between the two.
        try:
            self._look([run_id])
        except BaseException:
            future.cancel()
            raise
        if future.done():
            future.result()
        return future

    def close(self) -> None:
        """Stop waiting; the futures are cancelled."""
        if self.is_of_parent:
            return
        self._closed.set()
        with self._lock:
            watch, thread = self._watch, self._thread
            waiting = [future for futures in self._awaited.values() for future in futures]
            self._awaited.clear()
        for future in waiting:
            future.cancel()
        if watch is not None:
            watch.close()
        if thread is not None:
            thread.join()

    # -- the thread -----------------------------------------------------------------------

    def _wait(self) -> None:
        watch: Watch | None = None
        while True:
            try:
                if watch is None:
                    watch = self._watch = self._world.watch()
                else:
                    watch.wait(_NET_SECONDS)
                run_ids = self._open()
                if not run_ids:
                    break
                self._look(run_ids)
            except WorldError as error:
                if watch is not None:
                    watch.close()
                watch = self._watch = None
                if not (isinstance(error, WorldUnavailable) and error.transient):
                    self._fail(error)
                if self._closed.wait(_NET_SECONDS):
                    # `_open` ends the thread, under the lock.
                    self._fail(error)
                if not self._open():
                    break
        if watch is not None:
            watch.close()

    def _open(self) -> list[str]:
        """The runs somebody still waits for; when there are none the thread is over."""
        with self._lock:
            for run_id, futures in list(self._awaited.items()):
                futures[:] = [future for future in futures if not future.done()]
                if not futures:
                    del self._awaited[run_id]
            if self._closed.is_set():
                self._awaited.clear()
            if not self._awaited:
                self._thread = self._watch = None
            return list(self._awaited)

    def _look(self, run_ids: Collection[str]) -> None:
        heads = self._world.events.heads(run_ids)
        open_ids = []
        for run_id in run_ids:
            head = heads.get(run_id)
            if head is None:
                self._tell(run_id, NotFound(what="run", id=run_id))
            elif head.run.ended:
                self._tell(run_id)
            else:
                open_ids.append(run_id)
        for run_id in self._parked(open_ids):
            self._tell(run_id)

    def _parked(self, run_ids: Collection[str]) -> list[str]:
        tasks = self._world.queue.get_many(run_ids)
        return [task.run_id for task in tasks.values() if task.parked is not None]

    def _tell(self, run_id: str, error: BaseException | None = None) -> None:
        with self._lock:
            futures = self._awaited.pop(run_id, [])
        for future in futures:
            if not future.done() and future.set_running_or_notify_cancel():
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            run_ids = list(self._awaited)
        for run_id in run_ids:
            self._tell(run_id, error)
