"""Runs brought in whole, with ids and times kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from wfx.clock import from_us
from wfx.codec import dumps, loads
from wfx.errors import AlreadyExists
from wfx.world import (
    PAGE_DEFAULT,
    ArchiveStore,
    Brought,
    Incoming,
    Page,
    Quarantined,
    SourceRecord,
)
from wfx_world_sql import remains, rows
from wfx_world_sql.append import chunks as pieces
from wfx_world_sql.bringing import Bringing, Filling, taken_id, write_records
from wfx_world_sql.database import Connection, KeyTaken, Part
from wfx_world_sql.listing import Query
from wfx_world_sql.reads import STREAM_EVENTS, check_run

if TYPE_CHECKING:
    from wfx.values import Json

_RECORDS: Final = 1_000
_RECORD_BYTES: Final = 4 * 1024 * 1024
"""How many source records are read at once."""
_FIRST: Final = itemgetter(0)


class SqlArchive(Part, ArchiveStore):
    """Runs brought in whole."""

    def write_all(self, runs: Sequence[Incoming]) -> None:
        """Write runs in one transaction."""
        db, sql = self._db, self._sql

        def work(connection: Connection) -> bool:
            ids = sorted(run.run_id for run in runs)
            locks: list[Query] = [(sql.name_lock, [run_id]) for run_id in ids]
            (*_, clock, left, there, kept) = connection.ask(
                *locks,
                (sql.now, [db.now_us()]),
                (sql.remains_among, [db.many(ids)]),
                (sql.heads, [db.many(ids)]),
                (sql.quarantine_among, [db.many(ids)]),
            )
            now = from_us(clock[0][0])
            remains.clear(connection, sql, left)
            ends = {head.run.run_id: head.next_position for head in map(rows.head, there)}
            for (run_id,) in kept:
                self._forget(connection, run_id)
            connection.flush()
            filling = Filling(connection, sql)
            notifies = False
            for run in runs:
                if run.run_id not in ends:
                    bringing = Bringing(db, connection, filling, run)
                    notifies = bringing.write(now) or notifies
                elif not self._same(connection, run, ends[run.run_id]):
                    raise AlreadyExists(what="run", id=run.run_id)
            filling.flush()
            return notifies

        try:
            notifies = db.write(work)
        except KeyTaken as error:
            raise taken_id(db, runs) or error from None
        if notifies:
            db.on_notify()

    def records(self, run_id: str) -> Iterator[SourceRecord]:
        """The source records that were kept beside a run."""
        self.why_quarantined(run_id)
        past, some = -1, 1
        while True:
            found = self._db.rows(self._sql.records, [run_id, past, some])
            size = 0
            for number, source, data in found:
                past = number
                size += len(data)
                yield SourceRecord(rows.text_in(source), bytes(data))
            if len(found) < some:
                self.why_quarantined(run_id)  # or it was deleted meanwhile
                return
            # As many as a few megabytes have room for, if they go on as they were.
            some = max(1, min(_RECORDS, some * 8, _RECORD_BYTES * some // max(size, 1)))

    def certificate(self, run_id: str) -> dict[str, Json] | None:
        """What the run was certified with."""
        found = self._db.rows(self._sql.certificate, [run_id, run_id])
        self.why_quarantined(run_id)
        if not found:
            return None
        return _report(bytes(found[0][0]).decode("ascii"))

    def why_quarantined(self, run_id: str) -> dict[str, Json] | None:
        """Why it is in quarantine; None of a run."""
        kept = self._db.rows(self._sql.quarantine_get, [run_id])
        if not kept:
            check_run(self._db, run_id)
        return _report(kept[0][0]) if kept else None

    def several(self, run_ids: Collection[str]) -> list[Brought]:
        """Runs with all that was brought in of them."""
        sql, ids = self._sql, [self._db.many(sorted(set(run_ids)))]
        records, events, runs = self._db.read(
            lambda connection: connection.ask(
                (sql.records_among, ids), (sql.events_among, ids), (sql.heads, ids)
            )
        )
        there = {row[0] for row in runs}
        kept = {run_id: [row[1:] for row in found] for run_id, found in groupby(records, _FIRST)}
        return [
            _brought(run_id, kept.get(run_id, []), [*map(rows.event_line, found)])
            for run_id, found in groupby(events, _FIRST)
            if run_id in there
        ]

    def quarantine(
        self, run_id: str, source_records: Collection[SourceRecord], report: Mapping[str, Json]
    ) -> None:
        """Keep the records of a run that cannot be brought in."""
        sql = self._sql

        def work(connection: Connection) -> None:
            _, left, runs = connection.ask(
                (sql.name_lock, [run_id]),
                (sql.remains_among, [self._db.many([run_id])]),
                (sql.run_end, [run_id]),
            )
            if runs:
                raise AlreadyExists(what="run", id=run_id)
            remains.clear(connection, sql, left)
            self._forget(connection, run_id)
            connection.stage(sql.quarantine_insert, [(run_id, dumps(dict(report)))])
            connection.flush()
            filling = Filling(connection, sql)
            write_records(filling, sql, run_id, source_records)
            filling.flush()

        self._db.write(work)

    def quarantined(
        self, *, limit: int = PAGE_DEFAULT, cursor: str | None = None
    ) -> Page[Quarantined]:
        """What is in quarantine."""
        found = self._db.rows(self._sql.quarantine_list, [cursor or "", limit + 1])
        items = [Quarantined(run_id, _report(report)) for run_id, report in found[:limit]]
        return Page(items, items[-1].run_id if len(found) > limit else None)

    def _forget(self, connection: Connection, run_id: str) -> None:
        """What was in quarantine is written anew, or as a run."""
        connection.stage(self._sql.quarantine_delete, [(run_id,)])
        connection.stage(self._sql.records_delete, [(run_id,)])

    def _same(self, connection: Connection, run: Incoming, end: int) -> bool:
        """Whether the run's log is this one."""
        if end != len(run.events):
            return False
        first = 0
        for wanted in pieces(run.events, STREAM_EVENTS):
            found = connection.ask((self._sql.events_up, [run.run_id, first, len(wanted)]))[0]
            if [tuple(row) for row in found] != [rows.event_row(event) for event in wanted]:
                return False
            first += len(wanted)
        return True


def _brought(run_id: str, kept: list[tuple[str | None, Any]], lines: list[str]) -> Brought:
    records = [
        SourceRecord(rows.text_in(source), bytes(data))
        for source, data in kept
        if source is not None
    ]
    source, data = kept[-1] if kept else ("", b"")
    certificate = _report(bytes(data).decode("ascii")) if source is None else None
    return Brought(run_id, records, certificate, lines)


def _report(text: str) -> dict[str, Json]:
    report: Any = loads(text)
    return dict(report)
