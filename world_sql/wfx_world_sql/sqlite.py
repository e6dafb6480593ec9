"""SQLite: how it is opened, how it is written to, and what its errors mean."""

from __future__ import annotations

import json
import os
import random
import re
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeVar

from wfx import forks
from wfx.clock import Clock, SystemClock
from wfx.errors import ForeignWorld, WorldError, WorldUnavailable
from wfx_world_sql.compiled.sqlite import SQLITE
from wfx_world_sql.database import Connection, Database, KeyTaken, Row
from wfx_world_sql.forking import Gate
from wfx_world_sql.known import RUNS_MAX, Known
from wfx_world_sql.listing import Query

T = TypeVar("T")

_PLAIN: Final = re.compile(r'[\w.:/-]+(","[\w.:/-]+)*', re.ASCII)
"""Ids side by side, as they are in JSON."""
BUSY_SECONDS: Final = 30.0
"""How long a writer waits for other writers of the file."""
BUSY_PAUSE_SECONDS: Final = 0.002
"""How long it pauses at most before it looks again whether they are done."""


_INODE_AND_DEVICE: Final = slice(1, 3)
"""Where they are in what `os.stat` gives; to ask for both by name takes longer."""

DRIVER_ERRORS: Final = (sqlite3.Error, UnicodeDecodeError)
"""The second where a message of SQLite quotes a damaged page."""


_NO_TEXT: Final = "Could not decode to UTF-8"
"""What the driver says, without a code and with the whole text, of a damaged column."""


_INSERT: Final = re.compile(r"(INSERT INTO .* VALUES )(\(\?(?:, \?)*\))", re.DOTALL)
_BLOCK: Final = 50
"""So many rows are inserted by one statement: a row takes two thirds of the time. None has more
than 999 values."""
_REST: Final = 10
"""And so many, or less, of what is left. Few sizes: each is a text that SQLite compiles."""


@lru_cache
def _insert_of(statement: str, rows: int) -> str | None:
    """An INSERT of so many rows, if that is what the statement does for one."""
    found = _INSERT.fullmatch(statement)
    return None if found is None else found[1] + ", ".join([found[2]] * rows)


class SqliteConnection(Connection):
    """A connection to the file."""

    def __init__(self, raw: sqlite3.Connection, busy_seconds: float) -> None:
        self.raw = raw
        self._cursor = raw.cursor()
        """One for all: to make one takes as long as a small statement."""
        self._busy_seconds = busy_seconds
        self._known: dict[str, Known] = {}
        """What appends left, by run, as of this version of the file."""
        self.version: int | None = None
        """As the last append found it."""
        self.looks = 0
        """How often it was looked whether others have committed."""
        self.recalled = False
        """Whether this transaction, or the last one, used what is known."""

    def ask(self, *queries: Query) -> list[list[Row]]:
        execute = self._cursor.execute
        return [
            execute(statement, parameters).fetchall() if statement else []
            for statement, parameters in queries
        ]

    def stage(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) == 1:
            self._cursor.execute(statement, rows[0])
        else:
            self.fill(statement, rows)

    def fill(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        done, count = 0, len(rows)
        while done < count:
            size = _BLOCK if count - done >= _BLOCK else min(count - done, _REST)
            insert = _insert_of(statement, size)
            if insert is None:
                self._cursor.executemany(statement, rows)
                return
            block = rows[done : done + size]
            self._cursor.execute(insert, tuple(chain.from_iterable(block)))
            done += size

    def flush(self) -> None:
        pass  # everything is sent at once

    def begin(self) -> None:
        # Immediate: a transaction that read first could not become a writer's any more
        # when another writer came between.
        self.recalled = False
        left = self._busy_seconds
        while True:
            try:
                self._cursor.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or left <= 0:
                    raise
            else:
                return
            # SQLite itself would look again less and less often, up to every 100 ms, while
            # the file is locked for one: a process that waits would hardly ever get it.
            pause = random.uniform(0, BUSY_PAUSE_SECONDS)
            left -= pause
            time.sleep(pause)

    def commit(self) -> None:
        self._cursor.execute("COMMIT")
        if not self.recalled:
            self._known.clear()  # no append: it may have changed anything

    def recall(self, run_id: str) -> Known:
        if not self.recalled:
            # SQLite counts, for each connection, the commits that it did not make itself, and
            # with this transaction's lock there are no more of them.
            self.recalled = True
            (version,) = self._cursor.execute("PRAGMA data_version").fetchone()
            if version != self.version:
                self._known.clear()
                self.version = version
            self.looks += 1
        return self._known.pop(run_id, None) or Known()

    def remember(self, run_id: str, known: Known) -> None:
        if len(self._known) >= RUNS_MAX:
            del self._known[next(iter(self._known))]
        self._known[run_id] = known

    def rollback(self) -> None:
        self._known.clear()
        if self.raw.in_transaction:
            self._cursor.execute("ROLLBACK")

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.raw.close()


class SqliteDatabase(Database[SqliteConnection]):
    """A file, shared by the threads of this process and by other processes."""

    sql = SQLITE
    one_writer = True

    def __init__(
        self,
        path: Path,
        shown: str,
        clock: Clock | None,
        *,
        read_only: bool = False,
    ) -> None:
        super().__init__(shown, clock)
        self.path = path
        self._file = path.absolute()  # a step may change the working directory
        self._name = str(self._file)
        self._identity: tuple[int, int] | None = None
        """Which file was opened, whatever its name stands for later."""
        self.read_only = read_only
        self._clock: Clock = clock or SystemClock()
        self._busy_seconds = BUSY_SECONDS
        # One writer at a time is SQLite's rule. Threads that wait here are woken at once;
        # those that wait for the file poll it.
        self._gate = Gate()
        self._writer: SqliteConnection | None = None
        """All commits of this process come from one connection, so that it can tell others'."""
        self._writer_forks = 0
        self._writers = 0

    def now_us(self) -> int:
        return self._clock.now_us()

    def many(self, items: Collection[Any]) -> str:
        joined = '","'.join(map(str, items))
        if _PLAIN.fullmatch(joined) and not isinstance(next(iter(items), ""), int):
            return f'["{joined}"]'
        return json.dumps(list(items))

    def pairs(self, items: Collection[tuple[str, str]]) -> Sequence[Any]:
        return (json.dumps(items),)

    def connect(self) -> SqliteConnection:
        self.check_file()
        try:
            raw = self.open_raw()
            try:
                raw.execute("PRAGMA synchronous = FULL")
                raw.execute("PRAGMA foreign_keys = ON")
            except BaseException:
                raw.close()
                raise
        except DRIVER_ERRORS as error:
            raise self.failure(error) from error
        return SqliteConnection(raw, self._busy_seconds)

    def open_raw(self) -> sqlite3.Connection:
        """A connection as the driver makes it."""
        return sqlite3.connect(
            self._read_only_uri() if self.read_only else self._file,
            timeout=self._busy_seconds,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            uri=self.read_only,
        )

    def _read_only_uri(self) -> str:
        uri = f"{self._file.as_uri()}?mode=ro"
        log = self._file.with_name(f"{self._file.name}-wal")
        if not os.access(self._file.parent, os.W_OK) and not log.exists():
            # Readers of a write-ahead log share an index beside the file. Where nobody may
            # make one, and no log is left, nobody is writing either.
            uri += "&immutable=1"
        return uri

    def check_file(self) -> None:
        """
        Check that the name still stands for the file that was opened.

        Otherwise this process would go on in a file that nobody else sees, and that is
        gone with it.

        Raises:
            WorldUnavailable: It was deleted, or another one was put in its place.
        """
        identity: Any = None
        try:
            identity = os.stat(self._name)[_INODE_AND_DEVICE]
        except FileNotFoundError:
            pass
        except OSError:
            return  # opening it says why
        if identity == self._identity:
            return
        if self._identity is None:
            self._identity = identity
        else:
            what = "deleted" if identity is None else "replaced by another one"
            raise WorldUnavailable(
                url=self.shown,
                reason=f"the file {self.path} was {what} while this process had it open",
                remedy="What was written last may be in the old file only. Stop all processes "
                "that use it, put the right file in its place, and start them again.",
            )

    def read(self, work: Callable[[SqliteConnection], T]) -> T:
        self.check_file()
        with self._gate:
            connection, _ = self.take()
            try:
                answer = work(connection)
            except DRIVER_ERRORS as error:
                connection.close()
                raise self.failure(error) from error
            except BaseException:
                self.give_back(connection)
                raise
            self.give_back(connection)
            return answer

    def write(self, work: Callable[[SqliteConnection], T], *, repeatable: bool = True) -> T:
        del repeatable  # a commit to a file always has its answer
        with self._gate.writing:
            self.check_file()
            try:
                writer = self._take_writer()
                try:
                    return self.in_transaction(writer, work)
                except sqlite3.IntegrityError:
                    if not writer.recalled:
                        raise
                    # A row was there that was taken not to be. Nothing is taken for known now.
                    return self.in_transaction(writer, work)
            except DRIVER_ERRORS as error:
                self._drop_writer()
                raise self.failure(error) from error
            finally:
                if self._closed:
                    self._drop_writer()

    def check_writable(self) -> None:
        self.check_file()
        if self.read_only or not os.access(self._file, os.W_OK):
            error = sqlite3.OperationalError()
            error.sqlite_errorcode = sqlite3.SQLITE_READONLY
            raise self.failure(error)

    def version(self, seconds: float) -> tuple[int, int] | None:
        """
        What differs from before when somebody else has committed to the file.

        SQLite counts, for each connection, the commits it did not make itself.

        Args:
            seconds: How long to wait for writers of this process; None if in vain, or closed.
        """
        writing = self._gate.writing
        if self._closed or not writing.acquire(timeout=seconds):
            return None
        try:
            self.check_file()
            found = self._take_writer().raw.execute("PRAGMA data_version").fetchone()
            return self._writers, found[0]
        except DRIVER_ERRORS as error:
            self._drop_writer()
            raise self.failure(error) from error
        finally:
            writing.release()

    def last_look(self) -> tuple[int, tuple[int, int]] | None:
        """
        How many appends of this process have looked at the version, and what the last one saw.

        None before the first of them.
        """
        writer = self._writer
        if writer is None or writer.version is None:
            return None
        return writer.looks, (self._writers, writer.version)

    def close(self) -> None:
        """Close all connections."""
        super().close()
        with self._gate.writing:
            self._drop_writer()

    def _take_writer(self) -> SqliteConnection:
        """The connection that writes; its lock is held."""
        if self._writer is None or self._writer_forks != forks.count:
            # The child of a fork must not use, nor close, what its parent opened.
            self._writer = self.connect()
            # It waits for others when it begins to write, and there it waits itself.
            self._writer.raw.execute("PRAGMA busy_timeout = 0")
            self._writer_forks = forks.count
            self._writers += 1
        return self._writer

    def _drop_writer(self) -> None:
        if self._writer is not None and self._writer_forks == forks.count:
            self._writer.close()
        self._writer = None

    def failure(self, error: sqlite3.Error | UnicodeDecodeError) -> WorldError:
        """What an error of the driver means, and what to do about it."""
        number = getattr(error, "sqlite_errorcode", None)
        kind = None if number is None else number & 0xFF
        if isinstance(error, UnicodeDecodeError) or _NO_TEXT in str(error):
            kind = sqlite3.SQLITE_CORRUPT
        if number == sqlite3.SQLITE_IOERR_SHMSIZE:
            kind = sqlite3.SQLITE_FULL  # of the memory that processes share, which is a file
        if kind in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            damaged = kind == sqlite3.SQLITE_CORRUPT
            return ForeignWorld(
                url=self.shown,
                reason="the database is damaged" if damaged else "it is not a SQLite database",
                remedy="Restore it from a backup."
                if damaged
                else "Name another file; this one was left as it is.",
            )
        if kind == sqlite3.SQLITE_CANTOPEN or (kind == sqlite3.SQLITE_IOERR and self.path.is_dir()):
            reason, remedy = self._cannot_open()
            return WorldUnavailable(url=self.shown, reason=reason, remedy=remedy)
        if kind not in _MEANINGS:
            reason, remedy = f"SQLite says: {error}", "See the message of SQLite."
            known = KeyTaken if isinstance(error, sqlite3.IntegrityError) else WorldUnavailable
            return known(url=self.shown, reason=reason, remedy=remedy)
        reason, remedy = _MEANINGS[kind]
        return WorldUnavailable(
            url=self.shown,
            reason=reason.format(path=self.path, seconds=f"{self._busy_seconds:g}"),
            remedy=remedy.format(path=self.path, directory=self.path.absolute().parent),
            transient=kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
        )

    def _cannot_open(self) -> tuple[str, str]:
        directory = self.path.absolute().parent
        with suppress(OSError):
            if self.path.is_dir():
                return f"{self.path} is a directory", "Name a file."
            if not directory.exists():
                return f"there is no directory {directory}", "Make it, or name another file."
        return (
            f"{self.path} cannot be opened",
            f"Give this user the right to read and write the file and its directory {directory}.",
        )


_MEANINGS: Final[dict[int, tuple[str, str]]] = {
    sqlite3.SQLITE_FULL: (
        "there is no room left to write to {path}",
        "Nothing of this write was kept. Free space on that disk, then try again.",
    ),
    sqlite3.SQLITE_READONLY: (
        "{path} cannot be written",
        "Give this user the right to write the file and its directory {directory}.",
    ),
    sqlite3.SQLITE_PERM: (
        "{path} may not be used",
        "Give this user the right to read and write the file and its directory {directory}.",
    ),
    sqlite3.SQLITE_BUSY: (
        "another process has kept {path} locked for {seconds} s",
        "Find out which process writes to it, end or wait for it, then try again.",
    ),
    sqlite3.SQLITE_LOCKED: (
        "another process has kept {path} locked for {seconds} s",
        "Find out which process writes to it, end or wait for it, then try again.",
    ),
    sqlite3.SQLITE_IOERR: (
        "reading or writing {path} failed",
        "Look at the disk and the system's log; network file systems cannot hold a world.",
    ),
}
