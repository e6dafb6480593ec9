"""Giving back the space of what was deleted."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wfx_world_sql.schema import open_database, prepare
from wfx_world_sql.sqlite import DRIVER_ERRORS, SqliteDatabase
from wfx_world_sql.url import parse

if TYPE_CHECKING:
    from wfx_world_sql.postgres import PostgresDatabase

_TABLES = (
    *("event", "step", "hook", "wait", "run", "task", "stream_chunk", "legacy_record"),
    *("quarantine", "remains"),
)


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """How many bytes a world had on the disk before, and has now."""

    before: int
    after: int


def vacuum(url: str) -> Vacuumed:
    """
    Give back what a world does not need: SQLite's to the disk, PostgreSQL's to its tables.

    SQLite writes the whole file anew, which needs as much room again, and nobody else can
    write meanwhile. PostgreSQL's tables stay in use; it does the same by itself now and then.

    Raises:
        ForeignWorld: It is no world, or one of another wfx.
        WorldUnavailable: It cannot be reached or written.
    """
    database = open_database(parse(url))
    try:
        prepare(database, create=False)
        if isinstance(database, SqliteDatabase):
            return _vacuum_sqlite(database)
        return _vacuum_postgres(database)
    finally:
        with suppress(Exception):
            database.close()


def _vacuum_sqlite(database: SqliteDatabase) -> Vacuumed:
    files = (database.path, database.path.with_name(f"{database.path.name}-wal"))

    def size() -> int:
        return sum(file.stat().st_size for file in files if file.exists())

    try:
        with closing(database.open_raw()) as raw:
            before = size()
            raw.execute("PRAGMA synchronous = FULL")
            raw.execute("VACUUM")
            # It is in the write-ahead log as yet.
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return Vacuumed(before, size())
    except DRIVER_ERRORS as error:
        raise database.failure(error) from error


def _vacuum_postgres(database: PostgresDatabase) -> Vacuumed:
    import psycopg

    size = (
        "SELECT COALESCE(sum(pg_total_relation_size(to_regclass(name))), 0)::bigint "
        "FROM unnest(%s::text[]) AS name"
    )
    try:
        with closing(database.open_raw()) as raw:
            (before,) = raw.execute(size, [list(_TABLES)]).fetchone() or (0,)
            raw.execute(f"VACUUM (ANALYZE) {', '.join(_TABLES)}".encode())
            (after,) = raw.execute(size, [list(_TABLES)]).fetchone() or (0,)
            return Vacuumed(before, after)
    except psycopg.Error as error:
        raise database.failure(error) from error
