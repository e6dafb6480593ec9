"""
Whether a database is a world of ours, and of which revision.

A world at the present revision is opened, an empty database is made one, and everything
else is refused with what to do. SQLAlchemy and Alembic are imported only to upgrade: an
empty database gets its tables from the texts in `wfx_world_sql.compiled`.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

from wfx.errors import ForeignWorld, NoWorld, SchemaOutdated, WorldUnavailable
from wfx_world_sql.url import Location, parse

if TYPE_CHECKING:
    import psycopg

    from wfx_world_sql.database import Database, Row
    from wfx_world_sql.postgres import PostgresDatabase
    from wfx_world_sql.sqlite import SqliteDatabase

REVISIONS: Final = ("0001", "0002", "0003", "0004")
"""All revisions, oldest first."""
HEAD: Final = REVISIONS[-1]
VERSION_TABLE: Final = "wfx_revision"
LOCK: Final = 0x7766_7801
"""The advisory lock under which tables are made and changed."""
_POSTGRESQL_LEAST: Final = 140_000
_RECORD: Final = f"INSERT INTO {VERSION_TABLE} (version_num) VALUES ('{HEAD}')"
_VERSION: Final = f"SELECT version_num FROM {VERSION_TABLE}"
_SQLITE_TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
)
_POSTGRESQL_TABLES: Final = (
    "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(current_schema()::text) "
    "AND relkind IN ('r', 'p', 'v', 'm', 'f')"
)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade did; `before` is None if the database was empty."""

    before: str | None
    after: str


def _revision(shown: str, raw: Any, tables: str) -> str | None:
    """
    The revision of a database whose tables a statement names; None if it is empty.

    Raises:
        ForeignWorld: It belongs to somebody else, or to a newer wfx.
    """
    names = sorted(row[0] for row in raw.execute(tables))
    if not names:
        return None
    if VERSION_TABLE not in names:
        some = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        raise ForeignWorld(
            url=shown,
            reason=f"it has tables of something else ({some})",
            remedy="Name an empty database or another file; this one was left as it is.",
        )
    row = raw.execute(_VERSION).fetchone()
    found = None if row is None else str(row[0])
    if found is None and names == [VERSION_TABLE]:
        return None
    if found not in REVISIONS:
        raise ForeignWorld(
            url=shown,
            reason=f"its tables have revision {found}, and this wfx knows revisions up to {HEAD}",
            remedy="Upgrade wfx to the version that wrote it.",
        )
    return found


def require_head(shown: str, revision: str) -> None:
    """Raises SchemaOutdated for an older revision."""
    if revision != HEAD:
        command = f"wfx world upgrade --world {quote(shown)}"
        raise SchemaOutdated(
            url=shown,
            reason=f"its tables have revision {revision}, and this wfx needs {HEAD}",
            remedy=f"Stop the workers, make a backup, run `{command}`.",
        )


# -- SQLite -------------------------------------------------------------------------------


def prepare_sqlite(database: SqliteDatabase, *, create: bool) -> None:
    """Check the file; make it a world if it is empty and `create` is true."""
    path = database.path
    directory = path.absolute().parent
    try:
        missing = not path.exists()
    except OSError:  # it may not be looked at: opening it says so in our words
        missing = False
    if directory.exists() and not directory.is_dir():
        raise WorldUnavailable(
            url=database.shown,
            reason=f"{directory} is no directory",
            remedy="Name a file in a directory.",
        )
    if missing:
        if not create:
            raise _no_world(database, f"there is no file {path}")
        if not directory.exists() and directory.parent.exists():
            # One new directory is meant; a longer path that is not there is a mistake.
            try:
                directory.mkdir(exist_ok=True)
            except OSError as error:
                raise WorldUnavailable(
                    url=database.shown,
                    reason=f"the directory {directory} cannot be made: {error.strerror}",
                    remedy="Make it, or name another file.",
                ) from None
    try:
        with closing(database.open_raw()) as raw:
            revision = sqlite_revision(database, raw)
            if revision is None:
                if not create:
                    raise _no_world(database, f"{path} is empty")
                revision = _create_sqlite(database, raw)
            require_head(database.shown, revision)
        database.check_file()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise database.failure(error) from error


def sqlite_revision(database: SqliteDatabase, raw: sqlite3.Connection) -> str | None:
    return _revision(database.shown, raw, _SQLITE_TABLES)


def _create_sqlite(database: SqliteDatabase, raw: sqlite3.Connection) -> str:
    use_wal(raw)
    raw.execute("BEGIN IMMEDIATE")
    try:
        revision = sqlite_revision(database, raw)  # another process may have been faster
        if revision is None:
            for statement in database.sql.schema:
                raw.execute(statement)
            raw.execute(_RECORD)
            revision = HEAD
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise
    return revision


def use_wal(raw: sqlite3.Connection) -> None:
    """
    Keep a write-ahead log, so that readers and a writer do not wait for each other.

    The file remembers it. SQLite does not wait for other connections here, so we do.
    """
    for left in range(200, -1, -1):
        try:
            raw.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not left:
                raise
            time.sleep(0.01)
        else:
            return


def _no_world(database: Database[Any], reason: str) -> NoWorld:
    return NoWorld(
        url=database.shown,
        reason=reason,
        remedy=f"Make a world there with `wfx world init --world {quote(database.shown)}`.",
    )


# -- PostgreSQL ---------------------------------------------------------------------------


def prepare_postgres(database: PostgresDatabase, *, create: bool) -> None:
    """Check the database; make it a world if it is empty and `create` is true."""
    import psycopg

    connection = database.connect()
    try:
        raw = connection.raw
        revision = postgres_revision(database, raw)
        if revision is None:
            if not create:
                raise _no_world(database, "the database is empty")
            with raw.transaction():
                raw.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
                revision = postgres_revision(database, raw)
                if revision is None:
                    for statement in database.sql.schema:
                        raw.execute(statement.encode())
                    raw.execute(_RECORD)
                    revision = HEAD
        require_head(database.shown, revision)
    except psycopg.Error as error:
        connection.close()
        raise database.failure(error) from error
    except BaseException:
        connection.close()
        raise
    database.give_back(connection)


def postgres_revision(database: PostgresDatabase, raw: psycopg.Connection[Row]) -> str | None:
    number = raw.info.server_version
    if number < _POSTGRESQL_LEAST:
        raise ForeignWorld(
            url=database.shown,
            reason=f"its server is PostgreSQL {number // 10_000}",
            remedy="Use PostgreSQL 14 or newer.",
        )
    schema = raw.execute("SELECT current_schema()").fetchone()
    if schema is None or schema[0] is None:
        raise ForeignWorld(
            url=database.shown,
            reason="no schema of its search_path exists",
            remedy="Create the schema, or correct search_path.",
        )

    return _revision(database.shown, raw, _POSTGRESQL_TABLES)


# -- either of them -----------------------------------------------------------------------


def open_database(
    location: Location, clock: Any = None, *, read_only: bool = False
) -> SqliteDatabase | PostgresDatabase:
    """The database of a URL, without looking at it."""
    if location.dialect == "sqlite":
        from pathlib import Path

        from wfx_world_sql.sqlite import SqliteDatabase

        return SqliteDatabase(Path(location.target), location.shown, clock, read_only=read_only)
    from wfx_world_sql.postgres import PostgresDatabase

    return PostgresDatabase(location.target, location.shown, clock, read_only=read_only)


def prepare(database: SqliteDatabase | PostgresDatabase, *, create: bool) -> None:
    """Check a database, and make it a world if it is empty and `create` is true."""
    from wfx_world_sql.sqlite import SqliteDatabase

    if isinstance(database, SqliteDatabase):
        prepare_sqlite(database, create=create)
    else:
        prepare_postgres(database, create=create)


def upgrade(url: str, revision: str = HEAD) -> Upgrade:
    """
    Bring the tables of a world to a revision; an empty database gets them.

    Raises:
        ForeignWorld: It is no world, or one of a newer wfx.
        WorldUnavailable: It cannot be reached or written.
    """
    from wfx_world_sql.revisions.runner import run

    database = open_database(parse(url))
    try:
        return run(database, revision)
    finally:
        with suppress(Exception):
            database.close()
