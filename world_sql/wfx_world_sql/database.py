"""
What the two databases have in common: transactions, and connections to use again.

The rest of the package says *what* to read and write in `Connection`'s words; the drivers
(`sqlite`, `postgres`) say how, and turn their errors into ours. Writes of a transaction are
staged and sent with its commit, because each message to a server costs a round trip.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeAlias, TypeVar

from wfx import forks
from wfx.clock import Clock
from wfx.errors import WorldUnavailable
from wfx_world_sql.compiled.shape import Sql
from wfx_world_sql.known import Known
from wfx_world_sql.listing import Query

T = TypeVar("T")
C = TypeVar("C", bound="Connection")

Row: TypeAlias = tuple[Any, ...]


class Connection(ABC):
    """One connection; used by one thread at a time."""

    @abstractmethod
    def ask(self, *queries: Query) -> list[list[Row]]:
        """The rows of each query, all sent together, in order. An empty text has no rows."""

    @abstractmethod
    def stage(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each row, not later than with the commit."""

    @abstractmethod
    def fill(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Write many new rows now; `statement` is one of those named `…_fill`."""

    @abstractmethod
    def flush(self) -> None:
        """Send what is staged, so that what is asked next sees it."""

    @abstractmethod
    def begin(self) -> None:
        """Begin a transaction that writes."""

    @abstractmethod
    def commit(self) -> None:
        """Send what is staged, and commit."""

    @abstractmethod
    def rollback(self) -> None:
        """Forget what is staged, and roll back."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection up; never raises."""

    def recall(self, run_id: str) -> Known:
        """
        What is known of a run in this transaction, which is an append's.

        Nothing, unless the database can tell that nobody else has written since.
        """
        del run_id
        return Known()

    def remember(self, run_id: str, known: Known) -> None:  # noqa: B027 (what a server does)
        """Keep what is known of a run for the next append, if this transaction is committed."""

    def tell(self, sql: Sql) -> None:
        """Wake watchers in other processes with the commit; SQLite's look for themselves."""
        if sql.notify:
            self.stage(sql.notify, [()])

    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row of a query."""
        rows = self.ask((statement, parameters))[0]
        return rows[0] if rows else None


class KeyTaken(WorldUnavailable):
    """A row was to be written that has the key of one that is there."""


class Database(ABC, Generic[C]):
    """A database, and the connections to it that are not in use."""

    sql: Sql
    one_writer = False
    """Whether a transaction that writes keeps all others out, even if it writes nothing."""

    def __init__(self, shown: str, clock: Clock | None) -> None:
        self.shown = shown
        self.clock = clock
        self._idle: list[C] = []
        self._guard = threading.Lock()
        self._forks = forks.count
        self._closed = False
        self.on_notify: Callable[[], None] = lambda: None
        """Called after a commit that may be news for watchers of this process."""

    # -- for the rest of the package ------------------------------------------------------

    @abstractmethod
    def read(self, work: Callable[[C], T]) -> T:
        """Do work that only reads; again on a new connection if the old one was lost."""

    @abstractmethod
    def write(self, work: Callable[[C], T], *, repeatable: bool = True) -> T:
        """
        Do work in one transaction that writes.

        The work may be done more than once, from the beginning, each time in a new
        transaction.

        Args:
            repeatable: Doing it again after a commit whose answer was lost does no harm.
        """

    @abstractmethod
    def many(self, items: Collection[Any]) -> Any:
        """A list as one parameter."""

    @abstractmethod
    def pairs(self, items: Collection[tuple[str, str]]) -> Sequence[Any]:
        """A list of (run id, entity id) pairs as the parameters of the `_of_runs` statements."""

    @abstractmethod
    def now_us(self) -> int | None:
        """The parameter `now` of statements: None for the server's own clock."""

    @abstractmethod
    def check_writable(self) -> None:
        """Raises WorldUnavailable if it takes no writes now."""

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows of one query."""
        return self.read(lambda connection: connection.ask((statement, parameters))[0])

    def close(self) -> None:
        """Close all connections."""
        with self._own():
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    # -- for the drivers ------------------------------------------------------------------

    @abstractmethod
    def connect(self) -> C:
        """A new connection."""

    def take(self) -> tuple[C, bool]:
        """A connection, and whether it has been used before."""
        with self._own():
            if self._idle:
                return self._idle.pop(), True
        return self.connect(), False

    def _own(self) -> threading.Lock:
        """The lock of the idle connections, which are those of this process."""
        if self._forks != forks.count:
            # The child of a fork must not use, nor close, what its parent opened; and another
            # thread of its parent may have held this lock. Last what another thread looks at.
            self._idle, self._guard = [], threading.Lock()
            self._forks = forks.count
        return self._guard

    def give_back(self, connection: C) -> None:
        """Keep a connection for the next that takes one."""
        with self._own():
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def drop_idle(self) -> None:
        """Close the connections not in use: whatever broke one may have broken all."""
        with self._own():
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def in_transaction(self, connection: C, work: Callable[[C], T]) -> T:
        """Begin, do the work, and commit; or roll back."""
        connection.begin()
        try:
            answer = work(connection)
            connection.commit()
        except BaseException:
            with suppress(Exception):
                connection.rollback()
            raise
        return answer


class Part:
    """The runs, queue … of a world in a database."""

    def __init__(self, database: Database[Any]) -> None:
        self._db = database
        self._sql = database.sql
