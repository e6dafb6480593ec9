"""
A watch of a `MemoryWorld`: how a thread hears of news.
"""

from __future__ import annotations

from wfx.memory.contents import Contents


class MemoryWatch:
    """Wakes a thread when the world may have new work or a run ended."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._closed = False
        with contents.lock:
            self._seen = contents.changes

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; whether something may have changed."""
        with self._contents.changed:
            self._contents.changed.wait_for(
                lambda: self._closed or self._contents.changes != self._seen, timeout
            )
            changed = not self._closed and self._contents.changes != self._seen
            self._seen = self._contents.changes
            return changed

    def close(self) -> None:
        """A waiting thread returns."""
        with self._contents.changed:
            self._closed = True
            self._contents.changed.notify_all()
