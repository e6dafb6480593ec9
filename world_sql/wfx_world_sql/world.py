"""A world in an SQL database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wfx.world import World
from wfx_world_sql.archive import SqlArchive
from wfx_world_sql.queue import SqlQueue
from wfx_world_sql.reads import SqlEvents, SqlHooks, SqlRuns, SqlSteps, SqlWaits
from wfx_world_sql.retention import SqlRetention
from wfx_world_sql.schema import open_database, prepare
from wfx_world_sql.sqlite import SqliteDatabase
from wfx_world_sql.streams import SqlStreams
from wfx_world_sql.url import parse
from wfx_world_sql.watching import Bell, PostgresWatch, SqliteWatch

if TYPE_CHECKING:
    from wfx.clock import Clock
    from wfx_world_sql.postgres import PostgresDatabase


class SqlWorld(World):
    """
    A world in one SQLite file or one PostgreSQL database; made by `open_world`.

    All threads of a process may use one object. Connections are opened as they are
    needed, one for each thread that is at work at the same time.
    """

    def __init__(self, database: SqliteDatabase | PostgresDatabase) -> None:
        self._database = database
        self._bell = Bell()
        database.on_notify = self._bell.ring
        self.url = database.shown
        self.events = SqlEvents(database)
        self.runs = SqlRuns(database)
        self.steps = SqlSteps(database)
        self.hooks = SqlHooks(database)
        self.waits = SqlWaits(database)
        self.queue = SqlQueue(database)
        self.streams = SqlStreams(database)
        self.archive = SqlArchive(database)
        self.retention = SqlRetention(database)

    def watch(self) -> SqliteWatch | PostgresWatch:
        """A new watch, for one thread."""
        if isinstance(self._database, SqliteDatabase):
            return SqliteWatch(self._database, self._bell)
        return PostgresWatch(self._database)

    def check_writable(self) -> None:
        """Raises WorldUnavailable if the database takes no writes now."""
        self._database.check_writable()

    def close(self) -> None:
        """Close all connections."""
        self._database.close()


def open_world(
    url: str, *, create: bool = True, clock: Clock | None = None, read_only: bool = False
) -> SqlWorld:
    """
    Open the world at a URL, `sqlite:///file` or `postgresql://…`.

    Args:
        create: Make a world of an empty database or of a file that is not there yet.
        clock: Judges leases and due waits and dates events, instead of the process's
            clock on SQLite or the server's on PostgreSQL.
        read_only: Refuse every write, by means of the database itself.

    Raises:
        WorldUnavailable: It cannot be reached, read or written.
        ForeignWorld: It is something else, or a world of a newer wfx.
        SchemaOutdated: Its tables want `wfx world upgrade`.
    """
    database = open_database(parse(url), clock, read_only=read_only)
    try:
        prepare(database, create=create and not read_only)
    except BaseException:
        database.close()
        raise
    return SqlWorld(database)
