"""Runs brought in whole, with ids and times kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from wfx import admission
from wfx.clock import from_us
from wfx.codec import dumps, loads
from wfx.errors import AlreadyExists
from wfx.events import Event
from wfx.world import PAGE_DEFAULT, Archive, Page, Quarantined, SourceRecord, Task
from wfx_world_sql import rows
from wfx_world_sql.append import CHUNK, Writes, chunks
from wfx_world_sql.database import Connection, Database, Row
from wfx_world_sql.reads import STREAM_EVENTS, check_run

if TYPE_CHECKING:
    from wfx.projection import Fold
    from wfx.values import Json
    from wfx.world import Head

_RECORD_BYTES: Final = 8 * 1024 * 1024
"""How many bytes of source records go to the database at once."""


class SqlArchive:
    """Runs brought in whole."""

    def __init__(self, database: Database[Any]) -> None:
        self._db = database
        self._sql = database.sql

    def write(
        self,
        run_id: str,
        events: Sequence[Event],
        source_records: Sequence[SourceRecord] = (),
        certificate: Mapping[str, Json] | None = None,
        *,
        parked: Mapping[str, Json] | None = None,
    ) -> None:
        """Write a run's whole log in one transaction, folding its entities."""
        head, folded = admission.fold_archived(run_id, events)
        db, sql = self._db, self._sql

        def work(connection: Connection) -> bool:
            _, clock, runs, kept = connection.ask(
                (sql.name_lock, [run_id]),
                (sql.now, [db.now_us()]),
                (sql.run_end, [run_id]),
                (sql.quarantine_get, [run_id]),
            )
            if runs:
                if self._same(connection, run_id, events, runs[0][0]):
                    return False
                raise AlreadyExists(what="run", id=run_id)
            self._check_tokens(connection, folded)
            now = from_us(clock[0][0])
            tasks = admission.tasks_of(folded, now, parked=parked)
            spans = _spans(events)
            writes = _writes(head, events, folded, tasks, spans)
            writes.stage(connection, sql)
            if kept:
                self._forget(connection, run_id)
            for steps in chunks(folded.steps.values()):
                written = [rows.step_row(step, *spans[step.step_id]) for step in steps]
                connection.stage(sql.step_insert, written)
            for records in _record_rows(run_id, source_records):
                connection.stage(sql.record_insert, records)
            if certificate is not None:
                text = dumps(dict(certificate)).encode("ascii")
                last: Row = (run_id, len(source_records), None, text)
                connection.stage(sql.record_insert, [last])
            return writes.notifies

        if db.write(work):
            db.on_notify()

    def read(self, run_id: str) -> Archive:
        """What was kept beside a run; empty when nothing was."""
        kept = self._db.rows(self._sql.quarantine_get, [run_id])
        if not kept:
            check_run(self._db, run_id)
        archive = Archive(quarantine=_report(kept[0][0]) if kept else None)
        certificate: Any = None
        for source, data in self._db.rows(self._sql.records, [run_id]):
            if source is None:
                certificate = loads(bytes(data).decode("ascii"))
            else:
                archive.source_records.append(SourceRecord(rows.text_in(source), bytes(data)))
        return replace(archive, certificate=certificate)

    def quarantine(
        self, run_id: str, source_records: Sequence[SourceRecord], report: Mapping[str, Json]
    ) -> None:
        """Keep the records of a run that cannot be brought in."""
        sql = self._sql

        def work(connection: Connection) -> None:
            _, runs = connection.ask((sql.name_lock, [run_id]), (sql.run_end, [run_id]))
            if runs:
                raise AlreadyExists(what="run", id=run_id)
            self._forget(connection, run_id)
            connection.stage(sql.quarantine_insert, [(run_id, dumps(dict(report)))])
            for records in _record_rows(run_id, source_records):
                connection.stage(sql.record_insert, records)

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

    def _same(self, connection: Connection, run_id: str, events: Sequence[Event], end: int) -> bool:
        """Whether the run's log is this one."""
        if end != len(events):
            return False
        for first in range(0, end, STREAM_EVENTS):
            found = connection.ask((self._sql.events_up, [run_id, first, STREAM_EVENTS]))[0]
            wanted = events[first : first + STREAM_EVENTS]
            for row, event in zip_longest(found, wanted):
                if row is None or event is None or tuple(row) != rows.event_row(event):
                    return False
        return True

    def _check_tokens(self, connection: Connection, folded: Fold) -> None:
        """Refuse a run that has a hook active whose token another hook has."""
        active = {
            rows.token_out(hook.token)
            for hook in folded.hooks.values()
            if hook.token is not None and not hook.ended
        }
        if active:
            connection.ask((self._sql.tokens_lock, [self._db.many(rows.stripes(active))]))
        for some in chunks(sorted(active)):
            taken = connection.ask((self._sql.tokens_load, [self._db.many(some)]))[0]
            if taken:
                token = rows.hook(taken[0]).token
                raise AlreadyExists(what="an active hook with the token", id=str(token))


def _report(text: str) -> dict[str, Json]:
    report: Any = loads(text)
    return dict(report)


def _record_rows(run_id: str, records: Sequence[SourceRecord]) -> Iterator[list[Row]]:
    """The rows of records that may be more than memory has room for."""
    made: list[Row] = []
    size = 0
    for number, record in enumerate(records):
        made.append((run_id, number, rows.text_out(record.source), bytes(record.data)))
        size += len(record.data)
        if size >= _RECORD_BYTES or len(made) >= CHUNK:
            yield made
            made, size = [], 0
    if made:
        yield made


def _spans(events: Sequence[Event]) -> dict[str, tuple[int, int]]:
    """The first and the last position of the events about each entity."""
    spans: dict[str, tuple[int, int]] = {}
    for event in events:
        if (id := event.correlation_id) is not None:
            first, _ = spans.get(id, (event.position, 0))
            spans[id] = (first, event.position)
    return spans


def _writes(
    head: Head,
    events: Sequence[Event],
    folded: Fold,
    tasks: Sequence[Task],
    spans: Mapping[str, tuple[int, int]],
) -> Writes:
    """All rows but those of steps, which may be many."""
    return Writes(
        events=list(events),
        run_insert=[rows.run_row(head)],
        hook_insert=[rows.hook_row(hook, *spans[id]) for id, hook in folded.hooks.items()],
        wait_insert=[rows.wait_row(wait, *spans[id]) for id, wait in folded.waits.items()],
        task_insert=[rows.task_row(task) for task in tasks],
        notifies=bool(tasks),
    )
