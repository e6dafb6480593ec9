"""PostgreSQL: how it is reached, how round trips are saved, and what its errors mean."""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper

from wfx.clock import Clock
from wfx.errors import BadWorldUrl, WorldError, WorldUnavailable
from wfx.passwords import hide_password
from wfx_world_sql.compiled.postgresql import POSTGRESQL
from wfx_world_sql.database import Connection, Database, KeyTaken, Row
from wfx_world_sql.listing import Query
from wfx_world_sql.silence import Silence, WatchedConnection

T = TypeVar("T")

# It warns of each pipeline that an error ended. The error itself is raised, and a program
# without logging would have the warning on its stderr.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

CONNECT_SECONDS: Final = 10
RECONNECT_SECONDS: Final = 3
"""A server that was there before is there again sooner, or not at all."""
_KEEPALIVES: Final = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""A watch waits for hours on one connection: so it notices when nobody is at its other end."""
_SILENT_SECONDS: Final = 5.0
"""Longer than it takes a watch to try again."""
STAGED_ROWS: Final = 10_000
"""More rows are sent before the commit, to hold few of them in memory."""
RETRIES: Final = 10
"""How often a transaction is begun anew because others were in its way."""
_IN_THE_WAY: Final = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_SERVER_LEAVES: Final = frozenset({"57P01", "57P02", "57P03"})
_READ_ONLY: Final = "25006"


class PostgresConnection(Connection):
    """A connection to the server."""

    def __init__(self, raw: psycopg.Connection[Row]) -> None:
        self.raw = raw
        self.committing = False
        self._writing = raw.cursor()
        """For statements without answers: the driver makes a cursor for each otherwise."""
        self._staged: list[tuple[str, Sequence[Sequence[Any]]]] = []
        self._staged_rows = 0

    def ask(self, *queries: Query) -> list[list[Row]]:
        if len(queries) == 1 and not self._staged:
            return [self.raw.execute(*queries[0]).fetchall()]
        with self.raw.pipeline():
            self._send()
            cursors = [self.raw.execute(statement, values) for statement, values in queries]
        # Not inside: the driver would ask the server for the answers, and again at the end.
        return [cursor.fetchall() for cursor in cursors]

    def stage(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        self._staged.append((statement, rows))
        self._staged_rows += len(rows)
        if self._staged_rows > STAGED_ROWS:
            with self.raw.pipeline():
                self._send()

    def fill(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        with self._writing.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def flush(self) -> None:
        if self._staged:
            with self.raw.pipeline():
                self._send()

    def begin(self) -> None:
        self.committing = False
        self._forget()
        self.raw.autocommit = False  # the driver sends BEGIN with the first statement

    def commit(self) -> None:
        with self.raw.pipeline():
            self._send()
            self.committing = True
            # Not the driver's commit(), which would wait here, and again at the end.
            self._writing.execute("COMMIT")
        self.raw.autocommit = True

    def _send(self) -> None:
        for statement, rows in self._staged:
            if len(rows) == 1:
                self._writing.execute(statement, rows[0])
            else:
                self._writing.executemany(statement, rows)
        self._forget()

    def _forget(self) -> None:
        self._staged, self._staged_rows = [], 0

    def rollback(self) -> None:
        self._forget()
        self.raw.rollback()
        self.raw.autocommit = True

    def close(self) -> None:
        with suppress(Exception):
            self.raw.close()

    @property
    def usable(self) -> bool:
        """Whether the next work may use it."""
        return (
            not self.raw.closed
            and self.raw.info.transaction_status is TransactionStatus.IDLE
            and self.raw.autocommit
        )


class PostgresDatabase(Database[PostgresConnection]):
    """A database on a server."""

    sql = POSTGRESQL

    def __init__(
        self, conninfo: str, shown: str, clock: Clock | None, *, read_only: bool = False
    ) -> None:
        super().__init__(shown, clock)
        self._options: dict[str, Any] = {
            "application_name": "wfx",
            **_KEEPALIVES,
            **_options(conninfo, shown),
        }
        self._reached = False
        self._silence = Silence()
        self.read_only = read_only

    def now_us(self) -> int | None:
        return None if self.clock is None else self.clock.now_us()

    def many(self, items: Collection[Any]) -> list[Any]:
        return list(items)

    def pairs(self, items: Collection[tuple[str, str]]) -> Sequence[Any]:
        return [run_id for run_id, _ in items], [id for _, id in items]

    def connect(self) -> PostgresConnection:
        if self._silence.lasts:
            raise self.failure(psycopg.errors.ConnectionTimeout("timeout expired"), connecting=True)
        return PostgresConnection(self.open_raw())

    @property
    def silent(self) -> bool:
        """Whether the server answered nobody, a moment ago."""
        return self._silence.lasts

    def open_raw(self) -> WatchedConnection:
        """A connection as the driver makes it, each statement a transaction of its own."""
        try:
            raw = self._dial(RECONNECT_SECONDS if self._reached else CONNECT_SECONDS)
            if self.read_only:
                # Not as an option of the connection, which some connection pools refuse.
                raw.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        except psycopg.Error as error:
            raise self.failure(error, connecting=True) from error
        raw.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        raw.prepare_threshold = 1
        # Otherwise the size of each number would make another prepared statement.
        raw.adapters.register_dumper(int, Int8Dumper)
        raw.is_there = self._is_there
        return raw

    def _dial(self, seconds: int) -> WatchedConnection:
        options = {"connect_timeout": seconds, **self._options}
        try:
            raw = WatchedConnection.connect(**options, autocommit=True)
        except psycopg.errors.ConnectionTimeout:
            self._silence.note(seconds=_SILENT_SECONDS)
            raise
        except psycopg.Error:
            self._silence.end()
            raise
        self._silence.end()
        self._reached = True
        return raw

    def _is_there(self) -> bool:
        """Whether the server answers, if only that it has no room for one more client."""
        try:
            self._dial(RECONNECT_SECONDS).close()
        except psycopg.Error as error:
            return "FATAL" in str(error)
        return True

    def read(self, work: Callable[[PostgresConnection], T]) -> T:
        while True:
            connection, used = self.take()
            try:
                answer = work(connection)
            except psycopg.Error as raised:
                error = _first(raised)
                lost = self._keep_or_close(connection, error)
                if lost and used:
                    continue  # ends: all idle ones were dropped
                raise self.failure(error) from error
            except BaseException:
                self._keep_or_close(connection, None)
                raise
            self.give_back(connection)
            return answer

    def write(self, work: Callable[[PostgresConnection], T], *, repeatable: bool = True) -> T:
        attempt = 0
        reconnected = False
        while True:
            connection, _ = self.take()
            try:
                answer = self.in_transaction(connection, work)
            except psycopg.Error as raised:
                error = _first(raised)
                lost = self._keep_or_close(connection, error)
                if lost and not reconnected and (repeatable or not connection.committing):
                    reconnected = True
                    continue
                if error.sqlstate in _IN_THE_WAY and attempt < RETRIES:
                    attempt += 1
                    time.sleep(random.uniform(0, 0.002 * 2**attempt))
                    continue
                raise self.failure(error) from error
            except BaseException:
                self._keep_or_close(connection, None)
                raise
            self.give_back(connection)
            return answer

    def check_writable(self) -> None:
        ((setting,),) = self.rows("SELECT current_setting('transaction_read_only')")
        if setting == "on":
            raise self.failure(psycopg.errors.ReadOnlySqlTransaction())

    def _keep_or_close(self, connection: PostgresConnection, error: psycopg.Error | None) -> bool:
        """
        Give a connection back if it may be used again; whether the server was lost.

        One that has become read-only is lost too: behind the same URL there may be another
        one by now, and a connection keeps the settings that it began with.
        """
        state = None if error is None else error.sqlstate
        lost = connection.raw.closed or state in _SERVER_LEAVES
        lost = lost or (state == _READ_ONLY and not self.read_only)
        if not lost and connection.usable:
            self.give_back(connection)
            return False
        connection.close()
        if lost:
            self.drop_idle()
        return lost

    def failure(self, error: psycopg.Error, *, connecting: bool = False) -> WorldError:
        """What an error of the driver means, and what to do about it."""
        said = hide_password(_QUESTION.sub(";", " ".join(str(error).split())).rstrip(";"))
        state = error.sqlstate or ""
        if connecting and (isinstance(error, psycopg.ProgrammingError) or _BAD_VALUE.search(said)):
            return BadWorldUrl(url=self.shown, reason=said, remedy=_REMEDY_URL)
        for known, words, reason, remedy in _MEANINGS:
            if (known and state.startswith(known)) or any(word in said for word in words):
                return WorldUnavailable(
                    url=self.shown,
                    reason=reason.format(said=said),
                    remedy=remedy,
                    transient=known.startswith(_PASSES),
                )
        if connecting:
            reason, remedy = f"the server cannot be reached: {said}", _REMEDY_SERVER
        else:
            reason, remedy = f"PostgreSQL says: {said}", "See the message of PostgreSQL."
            if isinstance(error, psycopg.errors.UniqueViolation):
                return KeyTaken(url=self.shown, reason=reason.rstrip("."), remedy=remedy)
        # Without a SQLSTATE it is no answer of the server: the connection broke. Only what a
        # server says to somebody who connects comes as a text, as do mistakes in the URL.
        mistake = connecting and any(word in said for word in _FINAL)
        broke = isinstance(error, psycopg.OperationalError) and not state and not mistake
        return WorldUnavailable(
            url=self.shown, reason=reason.rstrip("."), remedy=remedy, transient=broke
        )


def _options(conninfo: str, shown: str) -> dict[str, Any]:
    """
    What the driver connects with.

    Raises:
        BadWorldUrl: No server has such an address.
    """
    try:
        options: dict[str, Any] = conninfo_to_dict(conninfo)
    except (psycopg.ProgrammingError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        if isinstance(error, UnicodeDecodeError):
            reason = "it is no UTF-8 text"
        elif "percent-encoded token" in reason:  # which may be a part of the password
            reason = "a % in it is not followed by two hexadecimal digits"
        raise BadWorldUrl(url=shown, reason=_seen(reason, shown), remedy=_REMEDY_URL) from None
    if "@" in str(options.get("host", "")):  # what stands before it is of the password
        raise BadWorldUrl(url=shown, reason="it has more than one @", remedy=_REMEDY_URL)
    for port in str(options.get("port", "")).split(","):
        if port and not (port.isdecimal() and 0 < int(port) < 2**16):
            reason = _seen(f"{port!r} is no port", shown)
            raise BadWorldUrl(url=shown, reason=reason, remedy=_REMEDY_URL)
    return options


def _seen(reason: str, shown: str) -> str:
    """What the driver says of a URL, quoting nothing but what is shown of it."""

    def said(found: re.Match[str]) -> str:
        missed = len(found[2]) == 1  # what the driver would have expected
        return found[0] if missed or found[2] in shown else "a part of it"

    return _QUOTED.sub(said, reason)


def _first(error: psycopg.Error) -> psycopg.Error:
    """The error that ended a pipeline, which hides behind those of the statements after it."""
    while isinstance(error, psycopg.errors.PipelineAborted) and isinstance(
        error.__context__, psycopg.Error
    ):
        error = error.__context__
    return error


_PASSES: Final = ("08", _READ_ONLY, "53300", "55P03", "57P")
"""SQLSTATEs of what passes by itself: a server that restarts, is full of clients, or busy, or a
standby that is about to become the primary."""
_FINAL: Final = ("FATAL:", "invalid ", "Servname", "SSL was required", "support SSL", "certificate")
"""Words of refusals that the same URL will get again."""
_QUESTION: Final = re.compile(r"\s*Is the server running[^?]*\?")
"""What libpq asks after each address that it tried."""
_BAD_VALUE: Final = re.compile(r"\binvalid \w+ value: ")
_QUOTED: Final = re.compile(r"""(["'])(.+?)\1""")
_REMEDY_URL: Final = (
    "Write postgresql://user:password@host:port/database, and in the user and the password "
    "%40 for @, %3A for :, %2F for / and %25 for %."
)
_REMEDY_SERVER: Final = "Check the host and the port in the URL, and that the server runs."
_MEANINGS: Final[tuple[tuple[str, tuple[str, ...], str, str], ...]] = (
    # SQLSTATE, words of a refused connection (which has no SQLSTATE), reason, remedy
    (
        "53100",
        ("No space left on device",),
        "the server's disk is full",
        "Nothing of this write was kept. Free space on the server, then try again.",
    ),
    (
        "53300",
        ("too many clients", "remaining connection slots"),
        "the server takes no more connections",
        "Stop some workers or raise max_connections.",
    ),
    (
        _READ_ONLY,
        (),
        "the database is read-only",
        "Name the primary server, not a standby, or allow this user to write.",
    ),
    (
        "42501",
        ("permission denied",),
        "this user may not do that: {said}",
        "Grant it the right to create and use tables in the schema.",
    ),
    (
        "28",
        ("authentication failed", "no password supplied", "no pg_hba.conf entry", 'role "'),
        "the server refuses this user or password: {said}",
        "Check the user and the password in the URL.",
    ),
    (
        "3D000",
        ('database "',),
        "there is no such database: {said}",
        "Create it, or check the name at the end of the URL.",
    ),
    (
        "55P03",
        (),
        "another transaction has kept a row locked for too long",
        "Find out which client holds it, end or wait for it, then try again.",
    ),
    ("57P", ("terminating connection", "shutting down", "starting up", "not yet accepting",
             "not accepting connections", "try again later", "cannot connect to server"),
     "the server is stopping or starting", "Wait until it runs, then try again."),
    (
        "08",
        ("Connection refused", "could not translate", "timeout", "timed out", "No such file"),
        "the server cannot be reached: {said}",
        _REMEDY_SERVER,
    ),
)  # fmt: skip
