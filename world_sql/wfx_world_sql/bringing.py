"""
A run on its way into the tables, piece by piece.

A log may be larger than memory. It is folded as it is written; entities that have ended are
put into their tables, and taken out again in the rare case that the log has more of them.
What is still open when the log ends, and the run itself, are written last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from wfx import admission
from wfx.clock import to_us
from wfx.codec import dumps
from wfx.errors import IdTaken
from wfx.events import Event, HookCreated, StepCreated, Subject, WaitCreated
from wfx.world import Incoming
from wfx_world_sql import rows
from wfx_world_sql.append import Writes, chunks
from wfx_world_sql.compiled.shape import Sql
from wfx_world_sql.database import Connection, Database, Row

PIECE: Final = 1_000
"""Events that are folded before what has ended is put away."""
_MADE: Final = (HookCreated, StepCreated, WaitCreated)
_FILL_ROWS: Final = 5_000
_FILL_BYTES: Final = 4 * 1024 * 1024


class Filling:
    """New rows of large tables, sent table by table in pieces that memory has room for."""

    def __init__(self, connection: Connection, sql: Sql) -> None:
        self._connection = connection
        self._rows: dict[str, list[Row]] = {
            statement: []
            for statement in (sql.event_fill, sql.step_fill, sql.record_fill, sql.chunk_fill)
        }
        self._count = self._bytes = 0

    def add(self, statement: str, row: Row, size: int) -> None:
        """One more row; `size` is about how many bytes it has."""
        self._rows[statement].append(row)
        self._count += 1
        self._bytes += size
        if self._count >= _FILL_ROWS or self._bytes >= _FILL_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what there is."""
        for statement, waiting in self._rows.items():
            if waiting:
                self._connection.fill(statement, waiting)
                waiting.clear()
        self._count = self._bytes = 0


class Bringing:
    """One run, which is not there yet."""

    def __init__(
        self, database: Database[Any], connection: Connection, filling: Filling, run: Incoming
    ) -> None:
        self._db = database
        self._sql: Sql = database.sql
        self._connection = connection
        self._filling = filling
        self._run = run
        self._log = admission.Incoming(run.run_id)
        self._folded = self._log.folded
        self._spans: dict[str, tuple[int, int]] = {}
        """Of what is in memory: where the events about it lie."""
        self._back: set[str] = set()
        """What is in memory and in its table."""
        self._put_away = False

    def write(self, now: datetime) -> bool:
        """
        Write all of it; whether there is something to do on the run.

        Raises:
            IdTaken: The token of one of its active hooks belongs to another run.
            CorruptLog, IllegalEvent: It is no legal log.
        """
        self._write_log()
        head = self._log.head()
        self._check_tokens()
        tasks = admission.tasks_of(self._folded, now, parked=self._run.parked)
        writes = Writes()
        writes.notifies = bool(tasks)
        writes.rows["run_insert"].append(rows.run_row(head))
        for task in tasks:
            writes.rows["task_insert"].append(rows.task_row(task))
        self._put(writes, self._folded.steps, self._folded.hooks, self._folded.waits)
        writes.stage(self._connection, self._sql)
        self._write_beside(to_us(now))
        return bool(tasks)

    # -- the log --------------------------------------------------------------------------

    def _write_log(self) -> None:
        for piece in chunks(self._run.events, PIECE):
            if self._put_away:
                self._take_back(piece)
            for event in piece:
                self._log.add(event)
                self._mark(event)
                row = rows.event_row(event)
                self._filling.add(self._sql.event_fill, row, len(row[6]) + len(row[7] or ""))
            if len(piece) == PIECE:
                self._put_away_ended()

    def _mark(self, event: Event) -> None:
        if (id := event.correlation_id) is not None:
            first, _ = self._spans.get(id, (event.position, 0))
            self._spans[id] = (first, event.position)

    def _put_away_ended(self) -> None:
        """Let go of what has ended: it is in its table then."""
        folded, writes = self._folded, Writes()
        ended = [
            {id: entity for id, entity in entities.items() if entity.ended}
            for entities in (folded.steps, folded.hooks, folded.waits)
        ]
        self._put(writes, *ended)
        writes.stage(self._connection, self._sql)
        self._put_away = self._put_away or any(ended)
        for entities, gone in zip((folded.steps, folded.hooks, folded.waits), ended, strict=True):
            for id in gone:
                del entities[id]  # type: ignore[attr-defined]  # one of three dicts
                del self._spans[id]

    def _put(self, writes: Writes, steps: Any, hooks: Any, waits: Any) -> None:
        """The rows of entities: new ones, and those that were taken back."""
        spans, back = self._spans, self._back
        for id, step in steps.items():
            if id in back:
                writes.rows["step_move"].append(rows.step_move(step, spans[id][1]))
            else:
                row = rows.step_row(step, *spans[id])
                self._filling.add(self._sql.step_fill, row, len(row[6]) + len(row[8] or ""))
        for id, hook in hooks.items():
            if id in back:
                writes.rows["hook_move"].append(rows.hook_move(hook, spans[id][1]))
            else:
                writes.rows["hook_insert"].append(rows.hook_row(hook, *spans[id]))
        for id, wait in waits.items():
            if id in back:
                writes.rows["wait_move"].append(rows.wait_move(wait, spans[id][1]))
            else:
                writes.rows["wait_insert"].append(rows.wait_row(wait, *spans[id]))
        back.difference_update(steps, hooks, waits)

    def _take_back(self, piece: Sequence[Event]) -> None:
        """Have in memory what was put away and what these events are about."""
        sql, folded, run_id = self._sql, self._folded, self._run.run_id
        here = self._spans
        for subject, statement, key in (
            (Subject.STEP, sql.steps_load, 1),
            (Subject.HOOK, sql.hooks_load, 0),
            (Subject.WAIT, sql.waits_load, 1),
        ):
            ids = {
                event.correlation_id
                for event in piece
                if event.data.subject is subject and event.correlation_id not in here
            }
            if not ids:
                continue
            self._filling.flush()
            self._connection.flush()
            for row in self._connection.ask((statement, [run_id, self._db.many(sorted(ids))]))[0]:
                if subject is Subject.STEP:
                    folded.steps[row[key]] = rows.step(row)
                elif subject is Subject.HOOK:
                    folded.hooks[row[key]] = rows.hook(row)
                else:
                    folded.waits[row[key]] = rows.wait(row)
                self._spans[row[key]] = (row[-2], row[-1])
                self._back.add(row[key])

    def _check_tokens(self) -> None:
        """Refuse a run that has a hook active whose token another hook has."""
        active = {
            rows.token_out(hook.token)
            for hook in self._folded.hooks.values()
            if hook.token is not None and not hook.ended
        }
        if not active:
            return
        self._connection.flush()  # another run of this transaction may have it
        self._connection.ask((self._sql.tokens_lock, [self._db.many(rows.stripes(active))]))
        for some in chunks(sorted(active)):
            taken = self._connection.ask((self._sql.tokens_load, [self._db.many(some)]))[0]
            if taken:
                hook = rows.hook(taken[0])
                raise IdTaken(
                    run_id=self._run.run_id, what="token", id=str(hook.token), holder=hook.run_id
                )

    # -- beside the log -------------------------------------------------------------------

    def _write_beside(self, now: int) -> None:
        run, sql = self._run, self._sql
        count = write_records(self._filling, sql, run.run_id, run.source_records)
        if run.certificate is not None:
            text = dumps(dict(run.certificate)).encode("ascii")
            self._filling.add(sql.record_fill, (run.run_id, count, None, text), len(text))
        numbers: dict[str, int] = {}
        last = now
        for chunk in run.chunks:
            number = numbers.get(chunk.stream, 0)
            numbers[chunk.stream] = number + 1
            last = now if chunk.created_at is None else to_us(chunk.created_at)
            row = rows.chunk_row(run.run_id, chunk, number, last)
            self._filling.add(sql.chunk_fill, row, len(chunk.data))
        for stream in run.closed:
            end = (run.run_id, rows.text_out(stream), numbers.get(stream, 0), None, None, None)
            self._filling.add(sql.chunk_fill, (*end, last), 0)


def write_records(filling: Filling, sql: Sql, run_id: str, records: Iterable[Any]) -> int:
    """The rows of source records; how many there are."""
    count = 0
    for record in records:
        data = bytes(record.data)
        row = (run_id, count, rows.text_out(record.source), data)
        filling.add(sql.record_fill, row, len(data))
        count += 1
    return count


def taken_id(database: Database[Any], runs: Sequence[Incoming]) -> IdTaken | None:
    """What an id belongs to that kept these runs from being written; None if it is not found."""
    sql = database.sql
    hooks_met: dict[str, str] = {}
    tasks_met: dict[str, str] = {}
    for run in runs:
        run_id = run.run_id
        tasks_met[run_id] = run_id
        for piece in chunks(run.events, PIECE):
            made = {
                event.correlation_id: event.data.subject
                for event in piece
                if isinstance(event.data, _MADE) and event.correlation_id is not None
            }
            ids = [database.many(sorted(made))]
            hooks = {row[0]: row[1] for row in database.rows(sql.hooks_of_runs, ids)}
            tasks = {row[0]: row[2] for row in database.rows(sql.tasks_get, ids)}
            for id, subject in made.items():
                there, met = (hooks, hooks_met) if subject is Subject.HOOK else (tasks, tasks_met)
                holder = met.setdefault(id, there.get(id, run_id))
                if holder != run_id:
                    return IdTaken(run_id=run_id, what=subject.value, id=id, holder=holder)
    return None
