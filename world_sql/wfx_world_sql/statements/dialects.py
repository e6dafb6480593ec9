"""What the two databases say differently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from sqlalchemy import BigInteger, cast, extract, func, literal_column, or_, select, text, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ColumnElement

from wfx_world_sql.statements.clauses import ZERO, P, columns, insertion, written
from wfx_world_sql.tables import TASK


class Postgresql:
    """How PostgreSQL says it."""

    name = "postgresql"
    title = "PostgreSQL"
    # Any other dialect of it writes a cast around each parameter.
    dialect = postgresql.psycopg2.dialect(paramstyle="format")  # type: ignore[no-untyped-call]  # no types there

    # A row that is not there yet cannot be locked, but its name can.
    name_lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 9))")
    # For those who may be at it together, but not while the name is locked.
    name_share = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 9))")
    # Whoever wants a token waits here for others who want it, and then sees their hooks.
    # Stripes, not tokens: a server has room for a few thousand locks.
    tokens_lock = text(
        "SELECT pg_advisory_xact_lock(7, stripe) FROM unnest(CAST(:stripes AS integer[])) AS stripe"
    )
    notify = text("SELECT pg_notify('wfx', '')")
    # Locked in the order in which appends lock, or the two could wait for each other.
    extend = text(
        "WITH named AS (SELECT * FROM unnest(CAST(:task_ids AS text[]), "
        "CAST(:fences AS bigint[])) AS named (task_id, fence)), "
        "held AS (SELECT task.number FROM task JOIN named "
        "ON task.task_id = named.task_id AND task.fence = named.fence "
        "WHERE task.owner = :owner ORDER BY task.task_id FOR UPDATE OF task) "
        "UPDATE task SET claimable_at = :lease + COALESCE(CAST(:now AS bigint), "
        "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)) "
        "FROM held WHERE task.number = held.number RETURNING task.task_id, task.fence"
    )

    @property
    def close_lock(self) -> Any:
        """
        The tasks named, and all of the runs that end.

        What becomes of those depends on who holds them, and a statement that waits for a lock
        goes on with what it saw before. All at once, for the order of their locks.
        """
        wanted = or_(self.among(TASK.c.task_id, "task_ids"), self.among(TASK.c.run_id, "run_ids"))
        chosen = select(*columns(TASK)).where(wanted)
        return chosen.order_by(TASK.c.task_id).with_for_update()

    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Whether a column is one of a list that is one parameter."""
        return column == func.any(P(name))

    def named_pairs(self, table: Any, id: str) -> str:
        """The rows of (run id, entity id) pairs that are two lists of one length."""
        return (
            f"SELECT {_names(table)} FROM unnest(CAST(:run_ids AS text[]), CAST(:ids AS text[])) "
            f"AS named (run_id, id) JOIN {table.name} ON {table.name}.run_id = named.run_id "
            f"AND {table.name}.{id} = named.id"
        )

    def pair_among(
        self, first: ColumnElement[Any], second: ColumnElement[Any], name: str
    ) -> ColumnElement[bool]:
        """Whether two columns are a pair of two lists that are two parameters."""
        pairs = (
            f"SELECT * FROM unnest(CAST(:{name}_firsts AS text[]), CAST(:{name}_seconds AS text[]))"
        )
        return tuple_(first, second).in_(text(pairs))

    def lacks(self, column: ColumnElement[str], name: str) -> ColumnElement[bool]:
        """Whether a parameter does not stand in a column's text."""
        return func.strpos(column, P(name)) == ZERO

    def now(self) -> ColumnElement[int]:
        """The injected clock's time if there is one, or else the server's."""
        seconds = extract("epoch", func.clock_timestamp())
        server = cast(seconds * literal_column("1000000"), BigInteger)
        return func.coalesce(cast(P("now"), BigInteger), server)

    def insertion(self, table: Any) -> Any:
        """What writes a new row; with the ON CONFLICT of this database."""
        return postgresql.insert(table).values({name: P(name) for name in written(table)})

    def fill(self, table: Any) -> Any:
        """What writes many new rows."""
        return text(f"COPY {table.name} ({', '.join(written(table))}) FROM STDIN")


class Sqlite:
    """How SQLite says it. It has one writer at a time, who needs no locks and tells nobody."""

    name = "sqlite"
    title = "SQLite"
    dialect = sqlite.dialect(paramstyle="qmark")

    name_lock = None
    name_share = None
    tokens_lock = None
    notify = None
    close_lock = None
    extend = text(
        "WITH named AS (SELECT ids.value AS task_id, fences.value AS fence "
        "FROM json_each(:task_ids) AS ids JOIN json_each(:fences) AS fences "
        "ON ids.key = fences.key), "
        "wanted AS (SELECT :owner AS owner, :lease + :now AS until) "
        "UPDATE task SET claimable_at = (SELECT until FROM wanted) "
        "WHERE owner = (SELECT owner FROM wanted) "
        "AND (task_id, fence) IN (SELECT task_id, fence FROM named) "
        "RETURNING task_id, fence"
    )

    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Whether a column is one of a list that is one parameter."""
        return column.in_(select(func.json_each(P(name)).table_valued("value").c.value))

    def named_pairs(self, table: Any, id: str) -> str:
        """The rows of (run id, entity id) pairs that are one list of pairs."""
        # Cross: the list must stand outside, and be read once.
        return (
            f"SELECT {_names(table)} FROM json_each(:pairs) AS named CROSS JOIN {table.name} "
            f"ON {table.name}.run_id = json_extract(named.value, '$[0]') "
            f"AND {table.name}.{id} = json_extract(named.value, '$[1]')"
        )

    def pair_among(
        self, first: ColumnElement[Any], second: ColumnElement[Any], name: str
    ) -> ColumnElement[bool]:
        """Whether two columns are a pair of two lists that are two parameters."""
        pairs = (
            f"SELECT firsts.value, seconds.value FROM json_each(:{name}_firsts) AS firsts "
            f"JOIN json_each(:{name}_seconds) AS seconds ON firsts.key = seconds.key"
        )
        return tuple_(first, second).in_(text(pairs))

    def lacks(self, column: ColumnElement[str], name: str) -> ColumnElement[bool]:
        """Whether a parameter does not stand in a column's text."""
        return func.instr(column, P(name)) == ZERO

    def now(self) -> ColumnElement[int]:
        """The process's clock."""
        return cast(P("now"), BigInteger)

    def insertion(self, table: Any) -> Any:
        """What writes a new row; with the ON CONFLICT of this database."""
        return sqlite.insert(table).values({name: P(name) for name in written(table)})

    def fill(self, table: Any) -> Any:
        """What writes many new rows."""
        return insertion(table)


Dialect: TypeAlias = Postgresql | Sqlite
DIALECTS: Final = (Sqlite(), Postgresql())

Statements: TypeAlias = Iterator[tuple[str, Any]]
"""The name of each statement, and what it is: None where a database has nothing to say."""


def _names(table: Any) -> str:
    return ", ".join(f"{table.name}.{column.name}" for column in columns(table))
