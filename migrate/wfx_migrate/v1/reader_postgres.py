"""
Reading the tables of v1's PostgreSQL world, of both eras of their columns.

One read-only snapshot, five cursors that are sorted by run and read side by side: memory is
that of one run, whatever the size of the tables. A record is a row in a canonical form: one
JSON object with every column as PostgreSQL's own text.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, cast

import psycopg
from psycopg import sql

from wfx.closing import Closing
from wfx.codec import dumps
from wfx.events import iso
from wfx.passwords import hide_password
from wfx.values import Json
from wfx.world import SourceRecord
from wfx_migrate.v1 import cbor
from wfx_migrate.v1.inventory import Entry
from wfx_migrate.v1.model import (
    LegacyRun,
    Loose,
    NotAStore,
    NotV1,
    Problem,
    Row,
    RowKind,
    Size,
    SourceKind,
    SourceLost,
    ValueForm,
)
from wfx_migrate.v1.reader_local import Gathering
from wfx_migrate.v1.text import BadJson, parse

_FETCH: Final = 500
_PASSWORD: Final = re.compile(r"(://[^/@:]*):[^/]*@")
_STREAM_RUN: Final = "'wrun_' || substring(stream_id from '^strm_([0-9A-HJKMNP-TV-Z]{26})_user')"

_TABLES: Final = {
    "workflow_runs": (RowKind.RUN, ("id",)),
    "workflow_steps": (RowKind.STEP, ("step_id",)),
    "workflow_hooks": (RowKind.HOOK, ("hook_id",)),
    "workflow_events": (RowKind.EVENT, ("id",)),
    "workflow_stream_chunks": (RowKind.OTHER, ("stream_id", "id")),
}
_NAMES: Final = {
    RowKind.RUN: {"id": "runId", "name": "workflowName"},
    RowKind.STEP: {},
    RowKind.HOOK: {},
    RowKind.EVENT: {"id": "eventId", "type": "eventType", "payload": "eventData"},
}
_MOMENTS: Final = frozenset(
    {"created_at", "updated_at", "started_at", "completed_at", "expired_at", "retry_after"}
)
_TWICE: Final = frozenset({"input", "output", "execution_context", "metadata", "payload"})
"""Columns that are there as jsonb and, from the second era on, as CBOR too."""


class PostgresSource(Closing):
    """A database."""

    kind: Final = SourceKind.POSTGRES

    def __init__(self, url: str) -> None:
        self.name = hide_password(url)
        try:
            self._connection = psycopg.connect(
                url.replace("postgresql+psycopg://", "postgresql://"), connect_timeout=30
            )
        except (psycopg.Error, ValueError) as error:
            reason = _one_line(error, url)
            raise NotAStore(f"{self.name} cannot be opened: {reason}") from None
        try:
            self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._connection.read_only = True
            self._connection.execute("SET LOCAL bytea_output = 'hex'")
            self._connection.execute("SET LOCAL datestyle = 'ISO'")
            self._schema = self._find_schema()
            self._columns = {table: self._columns_of(table) for table in _TABLES}
            self._check()
        except psycopg.Error as error:
            self.close()
            raise NotAStore(f"{self.name} cannot be read: {_one_line(error, url)}") from None
        except BaseException:
            self.close()
            raise
        era = "CBOR" if "output_cbor" in self._columns["workflow_runs"] else "jsonb"
        self.description = f"a PostgreSQL database of the Workflow DevKit (v1, {era} columns)"

    # -- what is there --------------------------------------------------------------------

    def _find_schema(self) -> str:
        found = self._connection.execute(
            "SELECT table_schema FROM information_schema.tables"
            " WHERE table_name = 'workflow_runs'"
            " ORDER BY table_schema <> 'workflow', table_schema <> 'public', table_schema"
        ).fetchall()
        if not found:
            raise NotAStore(
                f"{self.name} has no table workflow_runs: it is no database of the Workflow "
                "DevKit, or this user may not see its tables"
            )
        return str(found[0][0])

    def _columns_of(self, table: str) -> list[str]:
        return [
            str(name)
            for (name,) in self._connection.execute(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
                (self._schema, table),
            )
        ]

    def _check(self) -> None:
        missing = [
            table
            for table, columns in self._columns.items()
            if not columns and table != "workflow_stream_chunks"
        ]
        if missing:
            raise NotAStore(f"{self.name} lacks the table {missing[0]} beside workflow_runs")
        if "spec_version" in self._columns["workflow_runs"]:
            raise NotV1(
                f"{self.name} was written by a later release of the Workflow DevKit "
                "(workflow_runs has a spec_version), which keeps an event log of its own; "
                "only databases from before that change are v1"
            )

    def size(self) -> Size:
        """How many runs and records there are."""
        with self._read():
            counts = {
                table: self._count(sql.SQL("SELECT count(*) FROM {}").format(self._table(table)))
                for table, columns in self._columns.items()
                if columns
            }
        return Size(counts["workflow_runs"], sum(counts.values()))

    def _count(self, query: sql.Composed) -> int:
        row = self._connection.execute(query).fetchone()
        assert row is not None  # a count is one row
        return int(row[0])

    @contextlib.contextmanager
    def _read(self) -> Iterator[None]:
        """What goes wrong inside is told as the source's."""
        try:
            yield
        except psycopg.Error as error:
            raise SourceLost(f"{self.name} cannot be read on: {_one_line(error, '')}") from None

    def _table(self, table: str) -> sql.Composable:
        return sql.Identifier(self._schema, table)

    # -- reading --------------------------------------------------------------------------

    def run_ids(self) -> list[str]:
        """The ids of all runs, in order, also of those that have no row of their own."""
        ids = sql.SQL(" UNION ").join(
            sql.SQL("SELECT {id} FROM {table}").format(
                id=sql.SQL("id" if kind is RowKind.RUN else "run_id"), table=self._table(table)
            )
            for table, (kind, _) in _TABLES.items()
            if kind is not RowKind.OTHER
        )
        with self._read():
            return sorted(str(id) for (id,) in self._connection.execute(ids) if id is not None)

    def runs(self, only: frozenset[str] | None = None) -> Iterator[LegacyRun]:
        """One run after the other; rows of runs that have no row of their own too."""
        cursors: list[_Side] = []
        try:
            with self._read():
                for table in _TABLES:
                    if self._columns[table]:
                        cursors.append(_Side(table, self._rows(table, only)))
                yield from self._side_by_side(cursors)
        finally:
            for side in cursors:
                with contextlib.suppress(psycopg.Error):
                    side.close()

    def _side_by_side(self, cursors: Sequence[_Side]) -> Iterator[LegacyRun]:
        while True:
            heads = [side.run_id for side in cursors if side.run_id is not None]
            if not heads:
                return
            run_id = min(heads)
            gathered = Gathering(run_id, SourceKind.POSTGRES, ValueForm.FLAT)
            known = False
            for side in cursors:
                for row in side.take(run_id):
                    known = known or _TABLES[side.table][0] is not RowKind.OTHER
                    _add(gathered, side.table, row)
            if known:
                yield gathered.done()

    def _run_of(self, table: str) -> sql.Composable:
        if table == "workflow_runs":
            return sql.SQL("id")
        if table != "workflow_stream_chunks":
            return sql.SQL("run_id")
        if "run_id" in self._columns[table]:
            return sql.SQL(f"coalesce(run_id, {_STREAM_RUN})")
        return sql.SQL(f"({_STREAM_RUN})")

    def _rows(self, table: str, only: frozenset[str] | None) -> Iterator[dict[str, str | None]]:
        """Rows with the run's id under the empty name, sorted by it."""
        columns = self._columns[table]
        run_of = self._run_of(table)
        query = sql.SQL(
            "SELECT {run}, {columns} FROM {table} WHERE {run} IS NOT NULL {only}"
            ' ORDER BY {run} COLLATE "C", {keys}'
        ).format(
            run=run_of,
            columns=_as_text(columns),
            table=self._table(table),
            only=sql.SQL("") if only is None else sql.SQL("AND {} = ANY(%(only)s)").format(run_of),
            keys=_in_order(_TABLES[table][1]),
        )
        with self._connection.cursor(name=f"wfx_{table}") as cursor:
            cursor.itersize = _FETCH
            cursor.execute(query, None if only is None else {"only": sorted(only)})
            for values in cursor:
                yield dict(zip(["", *columns], values, strict=True))

    def loose(self) -> Iterator[Loose]:
        """Chunks of streams that tell no run that is there."""
        table = "workflow_stream_chunks"
        columns = self._columns[table]
        if not columns:
            return
        run_of = sql.SQL("chunk.run_id") if "run_id" in columns else sql.SQL("NULL")
        known = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT 1 FROM {table} WHERE {id} = owner.run_id").format(
                table=self._table(other), id=sql.SQL("id" if kind is RowKind.RUN else "run_id")
            )
            for other, (kind, _) in _TABLES.items()
            if kind is not RowKind.OTHER
        )
        query = sql.SQL(
            "SELECT {columns} FROM {table} chunk,"
            " LATERAL (SELECT coalesce({run}, {named}) AS run_id) owner"
            " WHERE owner.run_id IS NULL OR NOT EXISTS ({known}) ORDER BY {keys}"
        ).format(
            columns=_as_text(columns, "chunk"),
            table=self._table(table),
            run=run_of,
            named=sql.SQL(_STREAM_RUN),
            known=known,
            keys=_in_order(_TABLES[table][1], "chunk"),
        )
        with self._read(), self._connection.cursor(name="wfx_loose") as cursor:
            cursor.itersize = _FETCH
            cursor.execute(query)
            for values in cursor:
                yield Loose(record(table, dict(zip(columns, values, strict=True))))

    def close(self) -> None:
        """End the snapshot."""
        self._connection.close()


class _Side:
    """One table, read run by run."""

    def __init__(self, table: str, rows: Iterator[dict[str, str | None]]) -> None:
        self.table = table
        self._rows = rows
        self._next = next(rows, None)

    @property
    def run_id(self) -> str | None:
        """The run of the next row."""
        return None if self._next is None else self._next[""]

    def take(self, run_id: str) -> Iterator[dict[str, str | None]]:
        """The rows of this run, if they are next."""
        while self._next is not None and self._next[""] == run_id:
            row = self._next
            del row[""]
            self._next = next(self._rows, None)
            yield row

    def close(self) -> None:
        """Close the cursor."""
        close = getattr(self._rows, "close", None)
        if close is not None:
            close()


def _as_text(columns: Sequence[str], *of: str) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{}::text").format(sql.Identifier(*of, name)) for name in columns
    )


def _in_order(columns: Sequence[str], *of: str) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL('{} COLLATE "C"').format(sql.Identifier(*of, name)) for name in columns
    )


# -- rows ---------------------------------------------------------------------------------


def record(table: str, row: dict[str, str | None]) -> SourceRecord:
    """A row in its canonical form."""
    keys = "/".join(row[name] or "" for name in _TABLES[table][1])
    text = dumps(cast("Json", row))
    return SourceRecord(f"{table}/{keys}", text.encode("ascii"))


def _add(gathered: Gathering, table: str, row: dict[str, str | None]) -> None:
    kind = _TABLES[table][0]
    kept = record(table, row)
    entry = Entry(kept.source, 0, kind, None)
    gathered.record(entry, kept.data)
    if kind is RowKind.OTHER:
        return
    try:
        fields = fields_of(kind, row)
    except (BadJson, cbor.BadCbor, ValueError) as error:
        gathered.problem(kept.source, str(error))
        return
    gathered.add(Row(kind, kept.source, fields), len(kept.data))


def fields_of(kind: RowKind, row: dict[str, str | None]) -> dict[str, Any]:
    """
    A row in the names and forms that files have.

    Raises:
        BadJson, BadCbor, ValueError: A column holds something else than it should.
    """
    out: dict[str, Any] = {}
    for column, text in row.items():
        if column.endswith("_cbor") or (text is None and column not in _TWICE):
            continue
        value: Any = text
        if column in _TWICE:
            value = _value(row, column)
            if value is None:
                continue
        elif column in _MOMENTS and text is not None:
            value = iso(datetime.fromisoformat(text + "+00:00"))
        elif column == "attempt" and text is not None:
            value = int(text)
        elif column == "error" and text is not None:
            value = _error(text)
        out[_NAMES[kind].get(column) or _camel(column)] = value
    return out


def _value(row: dict[str, str | None], column: str) -> Any:
    packed = row.get(f"{column}_cbor")
    try:
        if packed is not None:
            return cbor.loads(bytes.fromhex(packed.removeprefix("\\x")))
        text = row[column]
        return None if text is None else parse(text.encode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise ValueError(f"its {column} cannot be read: {error}") from None


def _error(text: str) -> Any:
    """An error: an object in the later releases' rows, a text before."""
    try:
        value = parse(text.encode("utf-8", "surrogatepass"))
    except BadJson:
        return text
    return value if isinstance(value, dict) and "message" in value else text


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _one_line(error: Exception, url: str) -> str:
    text = " ".join(str(error).split())
    found = _PASSWORD.search(url)
    if found:
        password = found[0].partition("://")[2].partition(":")[2].removesuffix("@")
        if password:
            text = text.replace(password, "***")
    return text


__all__ = ["PostgresSource", "Problem", "fields_of", "record"]
