"""Runs the revisions on a database, in one transaction that only one process can be in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import NullPool

from wfx.errors import WorldError
from wfx_world_sql import schema
from wfx_world_sql.postgres import PostgresDatabase
from wfx_world_sql.schema import LOCK, Upgrade
from wfx_world_sql.sqlite import DRIVER_ERRORS, SqliteDatabase


def config() -> Config:
    """Alembic's configuration: where the revisions are."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return made


def engine(database: SqliteDatabase | PostgresDatabase) -> sqlalchemy.Engine:
    """An engine whose connections leave transactions to us."""
    dialect = "sqlite" if isinstance(database, SqliteDatabase) else "postgresql+psycopg"
    return sqlalchemy.create_engine(
        f"{dialect}://",
        creator=database.open_raw,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )


def run(database: SqliteDatabase | PostgresDatabase, revision: str) -> Upgrade:
    """Bring the tables to a revision."""
    try:
        return _run(database, revision)
    except sqlalchemy.exc.DBAPIError as error:
        raise _failure(database, error.orig) from error
    except (*DRIVER_ERRORS, psycopg.Error) as error:
        raise _failure(database, error) from error


def _failure(database: SqliteDatabase | PostgresDatabase, error: Any) -> WorldError:
    return database.failure(error)


def _run(database: SqliteDatabase | PostgresDatabase, revision: str) -> Upgrade:
    sqlite = isinstance(database, SqliteDatabase)
    with engine(database).connect() as connection:
        before = found(database, connection)  # before anything is touched
        if sqlite:
            schema.use_wal(connection.connection.dbapi_connection)  # type: ignore[arg-type] # it is sqlite3's
        connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else "BEGIN")
        try:
            if not sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            before = found(database, connection)
            if before is None or before < revision:
                alembic = config()
                alembic.attributes["connection"] = connection
                command.upgrade(alembic, revision)
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
    return Upgrade(before, revision if before is None else max(before, revision))


def found(
    database: SqliteDatabase | PostgresDatabase, connection: sqlalchemy.Connection
) -> str | None:
    """The revision the database has now."""
    raw: Any = connection.connection.dbapi_connection
    if isinstance(database, SqliteDatabase):
        return schema.sqlite_revision(database, raw)
    return schema.postgres_revision(database, raw)
