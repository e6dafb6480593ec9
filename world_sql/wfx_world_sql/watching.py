"""
How a thread learns that the world changed.

PostgreSQL tells it (LISTEN). SQLite does not, so its watch looks every few milliseconds at
the file's change counter, which reads no page, through the connection that this process
writes with: that one does not count the process's own commits. Those that are news wake the
watch at once, and those that are not must not: a worker would look around after each step.
"""

from __future__ import annotations

import os
import select
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from wfx_world_sql.sqlite import SqliteDatabase

if TYPE_CHECKING:
    import psycopg

    from wfx_world_sql.database import Row
    from wfx_world_sql.postgres import PostgresDatabase

POLL_SECONDS: Final = 0.015
_LOOK_SECONDS: Final = 30.0
"""How long a new watch waits for a write of this process that is under way."""
RECONNECT_SECONDS: Final = 1.0


class Bell:
    """Rings in this process after each commit that is news."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.rings = 0

    def ring(self) -> None:
        """Wake all who wait."""
        with self.condition:
            self.rings += 1
            self.condition.notify_all()


class SqliteWatch:
    """Looks at a file, whether others have committed to it; this process rings its bell."""

    def __init__(self, database: SqliteDatabase, bell: Bell) -> None:
        self._database = database
        self._bell = bell
        self._closed = False
        self._rings = bell.rings
        self._version = database.version(_LOOK_SECONDS)
        self._looks = -1

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; whether something may have changed."""
        left = timeout
        while True:
            version = self._look(own=left <= POLL_SECONDS)
            with self._bell.condition:
                changed = version != self._version or self._bell.rings != self._rings
                self._version, self._rings = version, self._bell.rings
                if self._closed or changed or left <= 0:
                    return changed and not self._closed
                self._bell.condition.wait(min(POLL_SECONDS, left))
            left -= POLL_SECONDS

    def _look(self, *, own: bool) -> tuple[int, int] | None:
        """
        The version of the file.

        Args:
            own: As it is now. Otherwise an append since the last look has seen it too, and
                a process that makes one after the other is not held up by its own watch.
        """
        seen = self._database.last_look()
        if seen is not None and seen[0] != self._looks:
            self._looks = seen[0]
            if not own:
                return seen[1]
        # Without an answer a long write of this process is under way: look again later.
        return self._database.version(POLL_SECONDS) or self._version

    def close(self) -> None:
        """A waiting thread returns."""
        with self._bell.condition:
            self._closed = True
            self._bell.condition.notify_all()


class PostgresWatch:
    """Listens to a server."""

    def __init__(self, database: PostgresDatabase) -> None:
        import psycopg

        self._database = database
        self._guard = threading.Lock()
        self._waiting = False
        self._closed = threading.Event()
        self._wake_read, self._wake_write = os.pipe()
        try:
            self._raw: psycopg.Connection[Row] | None = self._listen()
        except psycopg.Error as error:
            self._release()
            # A standby, for example, tells nobody of anything.
            raise database.failure(error) from error
        except BaseException:
            self._release()
            raise

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; whether something may have changed."""
        with self._guard:
            if self._closed.is_set():
                return False
            self._waiting = True
        try:
            return self._wait(timeout)
        finally:
            with self._guard:
                self._waiting = False
                if self._closed.is_set():
                    self._release()

    def close(self) -> None:
        """Give up its connection; a waiting thread returns."""
        with self._guard:
            if self._closed.is_set():
                return
            self._closed.set()
            if self._waiting:
                os.write(self._wake_write, b".")
            else:
                self._release()

    def _wait(self, timeout: float) -> bool:
        import psycopg

        try:
            if self._raw is None:
                self._raw = self._listen()
                return True  # what happened meanwhile was missed
            if self._database.silent:
                return self._lost(timeout)
            # What the connection has read already cannot be seen by select().
            if list(self._raw.notifies(timeout=0)):
                return True
            ends = [self._raw.fileno(), self._wake_read]
            ready, _, _ = select.select(ends, [], [], max(timeout, 0))
            if self._wake_read in ready or not ready:
                return False
            told = bool(list(self._raw.notifies(timeout=0)))
            if not told:
                self._raw.execute("SELECT 1")  # fails if it was the connection's end
            return told
        except psycopg.Error:
            return self._lost(timeout)

    def _lost(self, timeout: float) -> bool:
        """Look again a little later, on a new connection."""
        if self._raw is not None:
            with suppress(Exception):
                self._raw.close()
            self._raw = None
        select.select([self._wake_read], [], [], min(max(timeout, 0), RECONNECT_SECONDS))
        return not self._closed.is_set()

    def _listen(self) -> psycopg.Connection[Row]:
        raw = self._database.open_raw()
        try:
            raw.execute("LISTEN wfx")
        except BaseException:
            raw.close()
            raise
        return raw

    def _release(self) -> None:
        raw = getattr(self, "_raw", None)
        self._raw = None
        if raw is not None:
            with suppress(Exception):
                raw.close()
        for end in (self._wake_read, self._wake_write):
            with suppress(OSError):
                os.close(end)
