"""Runs brought in whole, with ids and times kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from wfx import admission
from wfx.clock import from_us
from wfx.codec import dumps, loads
from wfx.errors import AlreadyExists
from wfx.events import Event
from wfx.world import Archive, SourceRecord, Task
from wfx_world_sql import rows
from wfx_world_sql.append import Writes, chunks
from wfx_world_sql.database import Connection, Database, Row
from wfx_world_sql.reads import STREAM_EVENTS, check_run

if TYPE_CHECKING:
    from wfx.projection import Fold
    from wfx.values import Json
    from wfx.world import Head


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
            _, clock, runs = connection.ask(
                (sql.name_lock, [run_id]), (sql.now, [db.now_us()]), (sql.run_end, [run_id])
            )
            if runs:
                if self._same(connection, run_id, events, runs[0][0]):
                    return False
                raise AlreadyExists(what="run", id=run_id)
            self._check_tokens(connection, folded)
            now = from_us(clock[0][0])
            tasks = admission.tasks_of(folded, now, parked=parked)
            writes = _writes(head, events, folded, tasks)
            writes.stage(connection, sql)
            records: list[Row] = [
                (run_id, number, rows.text_out(record.source), bytes(record.data))
                for number, record in enumerate(source_records)
            ]
            if certificate is not None:
                text = dumps(dict(certificate)).encode("ascii")
                records.append((run_id, len(records), None, text))
            if records:
                connection.stage(sql.record_insert, records)
            return writes.notifies

        if db.write(work):
            db.on_notify()

    def read(self, run_id: str) -> Archive:
        """What was kept beside a run; empty when nothing was."""
        check_run(self._db, run_id)
        archive = Archive()
        certificate: Any = None
        for source, data in self._db.rows(self._sql.records, [run_id]):
            if source is None:
                certificate = loads(bytes(data).decode("ascii"))
            else:
                archive.source_records.append(SourceRecord(rows.text_in(source), bytes(data)))
        return Archive(archive.source_records, certificate)

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


def _writes(head: Head, events: Sequence[Event], folded: Fold, tasks: Sequence[Task]) -> Writes:
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for event in events:
        if event.correlation_id is not None:
            first.setdefault(event.correlation_id, event.position)
            last[event.correlation_id] = event.position
    return Writes(
        events=list(events),
        run_insert=[rows.run_row(head)],
        step_insert=[rows.step_row(step, first[id], last[id]) for id, step in folded.steps.items()],
        hook_insert=[rows.hook_row(hook, first[id], last[id]) for id, hook in folded.hooks.items()],
        wait_insert=[rows.wait_row(wait, first[id], last[id]) for id, wait in folded.waits.items()],
        task_insert=[rows.task_row(task) for task in tasks],
        notifies=bool(tasks),
    )
