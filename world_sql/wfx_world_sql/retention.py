"""Deleting runs: in one transaction what makes them runs, of large ones the rest in pieces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Final

from wfx.clock import from_us
from wfx.retention import why_kept
from wfx.world import Extent, Kept, Retention, Task
from wfx_world_sql import remains, rows
from wfx_world_sql.database import Connection, Part, Row
from wfx_world_sql.listing import Query

_COUNTED: Final = [field.name for field in fields(Extent) if field.name != "bytes"]


class SqlRetention(Part, Retention):
    """Deleting runs."""

    def extents(self, run_ids: Collection[str]) -> dict[str, Extent]:
        """How much there is of these runs."""
        sql = self._sql
        ids = [self._db.many(sorted(set(run_ids)))]
        statements = [getattr(sql, f"extent_{name}") for name in _COUNTED]
        *counted, there = self._db.read(
            lambda connection: connection.ask(
                *((statement, ids) for statement in statements), (sql.heads, ids)
            )
        )
        found = {row[0]: Extent() for row in there}
        for name, answer in zip(_COUNTED, counted, strict=True):
            for run_id, count, size in answer:
                if run_id in found:  # otherwise it is what a deleted run has left
                    found[run_id] += Extent(**{name: count, "bytes": int(size)})
        return found

    def judge(
        self, run_ids: Collection[str], *, ended_before: datetime, originals: bool = False
    ) -> dict[str, Kept | None]:
        """What `delete` would answer now."""
        sql, db = self._sql, self._db
        ids = db.many(sorted(set(run_ids)))
        answers = db.read(
            lambda connection: connection.ask(
                (sql.heads, [ids]),
                (sql.tasks_of_runs, [ids]),
                (sql.originals_among, [ids]),
                (sql.now, [db.now_us()]),
            )
        )
        return _judged(answers, ended_before, originals)

    def delete(
        self, run_ids: Collection[str], *, ended_before: datetime, originals: bool = False
    ) -> dict[str, Kept | None]:
        """Delete those of the runs that may be."""
        sql, db = self._sql, self._db
        wanted = sorted(set(run_ids))
        ids = db.many(wanted)

        def work(connection: Connection) -> dict[str, Kept | None]:
            locks: list[Query] = [(sql.name_lock, [run_id]) for run_id in wanted]
            answers = connection.ask(
                *locks,
                (sql.heads_lock, [ids]),
                (sql.tasks_of_runs_lock, [ids]),
                (sql.originals_among, [ids]),
                (sql.now, [db.now_us()]),
            )
            verdicts = _judged(answers[len(locks) :], ended_before, originals)
            gone = [run_id for run_id, kept in verdicts.items() if kept is None]
            if gone:
                for statement in (sql.hooks_delete, sql.tasks_delete, sql.run_delete):
                    connection.stage(statement, [(run_id,) for run_id in gone])
                left = remains.take_pieces(connection, sql, gone)
                if left:
                    connection.stage(sql.remains_insert, [(run_id,) for run_id in left])
            return verdicts

        return db.write(work) if wanted else {}

    def clear(self) -> bool:
        """Take away a piece of what deleted runs have left."""
        while found := self._db.rows(self._sql.remains_next):
            if self._clear(found[0][0]):
                return True
        return False

    def _clear(self, run_id: str) -> bool:
        """
        Take away a piece of what this run has left.

        Returns:
            Whether it has anything left: somebody else may have taken all, and there may even
            be a run of this id again.
        """
        sql, db = self._sql, self._db

        def work(connection: Connection) -> bool:
            _, there = connection.ask(
                (sql.name_lock, [run_id]), (sql.remains_among, [db.many([run_id])])
            )
            if there and not remains.take_pieces(connection, sql, [run_id]):
                connection.stage(sql.remains_delete, [(run_id,)])
            return bool(there)

        return db.write(work)


def _judged(
    answers: Sequence[Sequence[Row]], ended_before: datetime, originals: bool
) -> dict[str, Kept | None]:
    """Of each run that was found, why it is kept."""
    runs, task_rows, kept_beside, clock = answers
    tasks: defaultdict[str, list[Task]] = defaultdict(list)
    for task in map(rows.task, task_rows):
        tasks[task.run_id].append(task)
    with_originals = {row[0] for row in kept_beside}
    verdicts = {}
    for row in runs:
        run = rows.head(row).run
        verdicts[run.run_id] = why_kept(
            run,
            tasks[run.run_id],
            has_originals=run.run_id in with_originals,
            now=from_us(clock[0][0]),
            ended_before=ended_before,
            originals=originals,
        )
    return verdicts
