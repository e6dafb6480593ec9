"""
What reaches a worker from outside its loop: news from the world, and the beat of its leases.

Both come from threads, because a long activation or a slow body must not keep leases from
being extended, and watching a world blocks. Tests drive a worker without threads by
standing in for `Wakeups`.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from wfx.errors import WorldError

if TYPE_CHECKING:
    from wfx.world import Watch, World

_WATCH_SECONDS: Final = 1.0
"""A worker looks around at least this often: others' leases end without notice."""
_JOIN_SECONDS: Final = 2.0
"""Longer than that nobody waits for a thread that waits for a server that does not answer."""


class Wakeups(Protocol):
    """Calls a worker from outside."""

    def start(
        self,
        world: World,
        loop: asyncio.AbstractEventLoop,
        *,
        news: Callable[[], None],
        beat: Callable[[], None],
        beat_seconds: float,
    ) -> None:
        """
        Begin to call.

        Args:
            news: To be called on the loop when the world may have changed, and now and then.
            beat: To be called every `beat_seconds`, from any thread.
        """
        ...

    def stop(self) -> None:
        """Call no more. Returns promptly."""
        ...


class ThreadWakeups:
    """Two threads: one waits for the world, one for the next beat."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._watch: Watch | None = None
        self._threads: list[threading.Thread] = []

    def start(
        self,
        world: World,
        loop: asyncio.AbstractEventLoop,
        *,
        news: Callable[[], None],
        beat: Callable[[], None],
        beat_seconds: float,
    ) -> None:
        """See `Wakeups.start`."""

        def tell() -> None:
            # Refused only by a closed loop, which has no use for news.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(news)

        def keep_beating() -> None:
            while not self._stopped.wait(beat_seconds):
                beat()

        self._threads = [
            threading.Thread(target=keep_beating, name="wfx-lease", daemon=True),
            threading.Thread(
                target=self._keep_watching, args=(world, tell), name="wfx-watch", daemon=True
            ),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """See `Wakeups.stop`."""
        self._stopped.set()
        self._close()
        for thread in self._threads:
            thread.join(_JOIN_SECONDS)

    def _keep_watching(self, world: World, tell: Callable[[], None]) -> None:
        while not self._stopped.is_set():
            try:
                watch = self._open(world)
                if watch is None:
                    return
                watch.wait(_WATCH_SECONDS)
            except WorldError:
                self._close()
                self._stopped.wait(_WATCH_SECONDS)
            if not self._stopped.is_set():
                tell()
        self._close()

    def _open(self, world: World) -> Watch | None:
        """The watch, opened again if it broke; None when stopped meanwhile."""
        if self._watch is not None:
            return self._watch
        watch = world.watch()
        with self._lock:
            self._watch = watch
        # Opening may have taken long: whoever stops either sees the watch or is seen here.
        if self._stopped.is_set():
            self._close()
            return None
        return watch

    def _close(self) -> None:
        with self._lock:
            watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()
