"""The tasks: claims, leases, parking, and the waits whose moment has come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from wfx import admission, claims
from wfx.admission import Snapshot
from wfx.clock import from_us, to_us
from wfx.codec import dumps
from wfx.entities import Wait
from wfx.errors import LeaseLost, NotFound
from wfx.events import NewEvent, WaitCompleted
from wfx.queues import QueueLimits, QueueState, WorkerInfo
from wfx.world import (
    LEASE_DEFAULT,
    PAGE_DEFAULT,
    Head,
    Hold,
    ParkReason,
    Task,
    TaskKind,
)
from wfx_world_sql import rows
from wfx_world_sql.append import Writes, chunks
from wfx_world_sql.database import Connection, Part, Row
from wfx_world_sql.listing import Query, chosen

if TYPE_CHECKING:
    from wfx.values import Json

_MICROSECOND: Final = timedelta(microseconds=1)
_REMEMBERED: Final = timedelta(hours=1)
"""How long a worker that is not seen any more stays in its table."""


class SqlQueue(Part):
    """The tasks of a world."""

    def claim(
        self,
        owner: str,
        *,
        kinds: Collection[TaskKind] = (TaskKind.RUN, TaskKind.STEP),
        queues: Collection[str] | None = None,
        names: Collection[str] | None = None,
        run_id: str | None = None,
        limit: int = 1,
        lease: timedelta = LEASE_DEFAULT,
        digest: str | None = None,
    ) -> list[Task]:
        """Claim tasks that are ready, each under a new fence number."""
        if limit <= 0:
            return []
        db, sql = self._db, self._sql
        filters: list[tuple[str, Sequence[Any] | None]] = [
            ("kinds", [db.many([kind.value for kind in kinds])]),
            ("queues", None if queues is None else [db.many(_texts(queues))]),
            ("names", None if names is None else [db.many(_texts(names))]),
            ("run_id", None if run_id is None else [run_id]),
        ]

        def listings(now_us: int | None, limit: int) -> list[Query]:
            ready = (sql.claim_urgent, sql.claim_ready, sql.claim_patient)
            queries = [chosen(listing, [now_us], filters, limit) for listing in ready]
            if digest is not None:
                parked = [*filters, ("digest", [dumps(digest)])]
                queries.append(chosen(sql.claim_parked, [now_us], parked, limit))
            return queries

        if db.one_writer and not any(db.rows(*query) for query in listings(db.now_us(), 1)):
            return []  # without taking the place of a writer

        def work(connection: Connection) -> list[Task]:
            now_us = db.now_us()
            while True:
                queries: list[Query] = [(sql.now, [now_us]), (sql.limits, [])]
                (clock,), limited, *answers = connection.ask(*queries, *listings(now_us, limit))
                found = [[rows.task(row) for row in answer] for answer in answers]
                gone = [(task.task_id,) for tasks in found for task in tasks if task.abandoned]
                if not gone:
                    break
                # The next ones may stand behind those that are only to be deleted.
                connection.stage(sql.task_delete, gone)
                connection.flush()
            until = from_us(clock[0]) + lease
            ready = _in_turn(found, limit)
            names = [row[0] for row in limited]
            if any(rows.text_out(t.queue) in names for t in ready if t.kind is TaskKind.STEP):
                ready = self._within_limits(connection, names, ready, filters, limit)
            claimed = [claims.taken(task, owner, until) for task in ready[:limit]]
            if claimed:
                connection.stage(sql.task_move, [rows.task_move(task) for task in claimed])
            return claimed

        return db.write(work)

    def _within_limits(
        self,
        connection: Connection,
        limited: Sequence[str],
        ready: Sequence[Task],
        filters: Sequence[tuple[str, Sequence[Any] | None]],
        limit: int,
    ) -> list[Task]:
        """
        Those of the tasks, and of the tasks after them, that may start.

        The rows of the queues are locked before what is used of them is counted, so that
        claims of the same queues decide one after the other.
        """
        db, sql = self._db, self._sql
        now_us, many = db.now_us(), db.many(limited)
        locked = connection.ask((sql.limits_lock, [many]))[0]
        clock, uses = connection.ask((sql.now, [now_us]), (sql.queue_uses, [now_us, many, many]))
        limits = dict(rows.limits(row) for row in locked)
        quota = claims.Quota(limits, [rows.queue_use(row) for row in uses])
        taken: dict[str, Task] = {}
        while True:
            full = len(quota.full_queues) + len(quota.full_keys)
            for task in ready:
                if len(taken) < limit and task.task_id not in taken and quota.take(task):
                    taken[task.task_id] = task
            if len(taken) == limit or len(quota.full_queues) + len(quota.full_keys) == full:
                break
            # What must wait may stand before others that need not.
            keys = sorted(quota.full_keys)
            free = [
                db.many(_texts(sorted(quota.full_queues))),
                db.many(_texts([queue for queue, _ in keys])),
                db.many(_texts([key for _, key in keys])),
            ]
            narrowed = [*filters, ("free", free)]
            answers = connection.ask(
                *(
                    chosen(listing, [now_us], narrowed, limit)
                    for listing in (sql.claim_urgent, sql.claim_ready, sql.claim_patient)
                )
            )
            ready = _in_turn([[rows.task(row) for row in answer] for answer in answers], limit)
        self._note_starts(connection, limits, quota, clock[0][0])
        return sorted(taken.values(), key=_turn)

    def _note_starts(
        self,
        connection: Connection,
        limits: dict[str, QueueLimits],
        quota: claims.Quota,
        now_us: int,
    ) -> None:
        """Keep what was started in queues that have a rate, as long as it counts."""
        if not quota.starts:
            return
        longest: dict[str, timedelta] = {}
        for queue, _ in quota.starts:
            rates = (limits[queue].rate, limits[queue].rate_per_key)
            longest[queue] = max(rate.per for rate in rates if rate is not None)
        connection.stage(
            self._sql.start_prune,
            [
                (rows.text_out(queue), now_us - per // _MICROSECOND)
                for queue, per in longest.items()
            ],
        )
        connection.stage(
            self._sql.start_insert,
            [
                (rows.text_out(queue), rows.text_out(key), now_us, count)
                for (queue, key), count in quota.starts.items()
            ],
        )

    def extend(
        self, owner: str, holds: Collection[Hold], lease: timedelta = LEASE_DEFAULT
    ) -> set[Hold]:
        """Extend the leases of these claims; those still held."""
        if not holds:
            return set()
        db, sql = self._db, self._sql
        ids = db.many([task_id for task_id, _ in holds])
        fences = db.many([fence for _, fence in holds])
        lease_us = lease // _MICROSECOND

        def work(connection: Connection) -> set[Hold]:
            values = [ids, fences, rows.text_out(owner), lease_us, db.now_us()]
            return {(row[0], row[1]) for row in connection.ask((sql.extend, values))[0]}

        return db.write(work)

    def release(
        self, hold: Hold, *, read_through: int = -1, ready_at: datetime | None = None
    ) -> None:
        """Give a claim up."""

        def move(task: Task, head: Head | None, now: datetime) -> Task | None:
            return claims.released(task, head, now, read_through=read_through, ready_at=ready_at)

        self._give_up([hold], move)

    def park(self, hold: Hold, reason: ParkReason, detail: Json, digest: str | None = None) -> None:
        """Give a claim up and keep others from claiming the task."""

        def move(task: Task, head: Head | None, now: datetime) -> Task:
            return claims.parked(task, now, reason, detail, digest)

        self._give_up([hold], move)

    def release_many(self, holds: Mapping[Hold, int]) -> None:
        """Give several claims up in one transaction."""

        def move(task: Task, head: Head | None, now: datetime) -> Task | None:
            return claims.released(task, head, now, read_through=holds[task.hold], ready_at=None)

        for some in chunks(sorted(holds)):
            self._give_up(some, move, lost_too=True)

    def _give_up(
        self,
        holds: Sequence[Hold],
        move: Callable[[Task, Head | None, datetime], Task | None],
        *,
        lost_too: bool = False,
    ) -> None:
        """
        Lock the runs and the tasks, as an append does, and move the tasks.

        Args:
            lost_too: Pass over claims that ended before.
        """
        db, sql = self._db, self._sql
        # The id of a run's task is the run's; for other tasks no run is found, and none needs
        # to be.
        ids = db.many(sorted({task_id for task_id, _ in holds}))

        def work(connection: Connection) -> bool:
            runs, clock, found = connection.ask(
                (sql.runs_lock, [ids]), (sql.now, [db.now_us()]), (sql.tasks_lock, [ids])
            )
            heads = {row[0]: rows.head(row) for row in runs}
            tasks = {row[0]: rows.task(row) for row in found}
            moves: list[Row] = []
            gone: list[Row] = []
            notifies = False
            for hold in holds:
                try:
                    task = claims.held(tasks.get(hold[0]), hold)
                except LeaseLost:
                    if lost_too:
                        continue
                    raise
                moved = move(task, heads.get(task.task_id), from_us(clock[0][0]))
                if moved is None:
                    gone.append((task.task_id,))
                else:
                    moves.append(rows.task_move(moved))
                    notifies = notifies or moved.ready_at is not None
            if gone:
                connection.stage(sql.task_delete, gone)
            if moves:
                connection.stage(sql.task_move, moves)
            if notifies:
                connection.tell(sql)
            return notifies

        # A claim that is given up twice is lost at the second time.
        if db.write(work, repeatable=lost_too):
            db.on_notify()

    def unpark(self, task_id: str) -> bool:
        """Make a parked task ready again; whether it was parked. Raises NotFound."""
        db, sql = self._db, self._sql

        def work(connection: Connection) -> bool:
            clock, found = connection.ask(
                (sql.now, [db.now_us()]), (sql.tasks_held, [task_id, task_id])
            )
            tasks = {row[0]: rows.task(row) for row in found}
            task = tasks.get(task_id)
            if task is None:
                raise NotFound(what="task", id=task_id)
            if task.parked is None:
                return False
            together = list(tasks.values()) if claims.is_held_whole(task) else [task]
            now = from_us(clock[0][0])
            connection.stage(
                sql.task_move, [rows.task_move(claims.unparked(task, now)) for task in together]
            )
            connection.tell(sql)
            return True

        was_parked = db.write(work)
        if was_parked:
            db.on_notify()
        return was_parked

    def due(self, limit: int = 10_000, run_id: str | None = None) -> int:
        """Append `wait_completed` for waits whose moment has come; how many."""
        db, sql = self._db, self._sql
        filters = [("run_id", None if run_id is None else [run_id])]
        if limit <= 0 or not db.rows(*chosen(sql.due, [db.now_us()], filters, 1)):
            return 0  # without taking the place of a writer

        def work(connection: Connection) -> Writes:
            now_us = db.now_us()
            # One sweep at a time: another one would find the same waits and lose them.
            _, clock, due = connection.ask(
                (sql.name_lock, ["due"]),
                (sql.now, [now_us]),
                chosen(sql.due, [now_us], filters, limit),
            )
            now = from_us(clock[0][0])
            heads: dict[str, Head] = {}
            for some in chunks(sorted({row[0] for row in due})):
                for row in connection.ask((sql.runs_lock, [db.many(some)]))[0]:
                    heads[row[0]] = rows.head(row)
            # Who had the lock before may have completed or dropped some of them.
            waits: list[Wait] = []
            for some in chunks(due):
                wanted = [db.many(sorted({row[0] for row in some})), db.many([r[1] for r in some])]
                waits += [rows.wait(row) for row in connection.ask((sql.due_waits, wanted))[0]]
            tasks: dict[str, Task] = {}
            for some_ids in chunks(sorted(wait.wait_id for wait in waits)):
                for row in connection.ask((sql.tasks_lock, [db.many(some_ids)]))[0]:
                    tasks[row[0]] = rows.task(row)
            writes = _complete(waits, heads, tasks, now)
            writes.stage(connection, sql)
            return writes

        writes = db.write(work)
        if writes.notifies:
            db.on_notify()
        return len(writes.events)

    def next_ready(
        self, *, kinds: Collection[TaskKind] | None = None, run_id: str | None = None
    ) -> datetime | None:
        """When the earliest unclaimed, unparked task with a `ready_at` is ready."""
        named = None if kinds is None else [self._db.many([kind.value for kind in kinds])]
        filters = [("kinds", named), ("run_id", None if run_id is None else [run_id])]
        found = [
            row[0]
            for listing in (self._sql.next_ready, self._sql.next_ranked)
            for row in self._db.rows(*chosen(listing, [], filters, 1))
        ]
        return from_us(min(found)) if found else None

    def get(self, task_id: str) -> Task | None:
        """The task, or None when it is done or never was."""
        found = self._db.rows(self._sql.task_get, [task_id])
        return rows.task(found[0]) if found else None

    def get_many(self, task_ids: Collection[str]) -> dict[str, Task]:
        """Those of the tasks that are there, by id."""
        return {
            row[0]: rows.task(row)
            for some in chunks(task_ids)
            for row in self._db.rows(self._sql.tasks_get, [self._db.many(some)])
        }

    def list(
        self,
        *,
        run_id: str | None = None,
        kind: TaskKind | None = None,
        parked: bool | None = None,
        held: bool | None = None,
        limit: int = PAGE_DEFAULT,
    ) -> list[Task]:
        """Tasks, those ready first."""
        filters: list[tuple[str, Sequence[Any] | None]] = [
            ("run_id", None if run_id is None else [run_id]),
            ("kind", None if kind is None else [kind.value]),
            ("parked", [] if parked is True else None),
            ("unparked", [] if parked is False else None),
            ("held", [] if held is True else None),
            ("unheld", [] if held is False else None),
        ]
        query = chosen(self._sql.task_list, [], filters, max(limit, 0))
        return [rows.task(row) for row in self._db.rows(*query)]

    def holders(self) -> dict[str, int]:
        """Owners with claims, and how many each has."""
        return {rows.text_in(owner): count for owner, count in self._db.rows(self._sql.holders)}

    def revoke(self, owner: str) -> int:
        """End the leases of an owner that is surely dead; how many claims it had."""
        db, sql = self._db, self._sql

        def work(connection: Connection) -> int:
            clock, found = connection.ask(
                (sql.now, [db.now_us()]), (sql.tasks_of_owner, [rows.text_out(owner)])
            )
            now = from_us(clock[0][0])
            tasks = [rows.task(row) for row in found]
            gone = [(task.task_id,) for task in tasks if task.abandoned]
            freed = [claims.revoked(task, now) for task in tasks if not task.abandoned]
            if gone:
                connection.stage(sql.task_delete, gone)
            if freed:
                connection.stage(sql.task_move, [rows.task_move(task) for task in freed])
            if tasks:
                connection.tell(sql)
            return len(tasks)

        count = db.write(work)
        if count:
            db.on_notify()
        return count

    def overview(self) -> Sequence[QueueState]:
        """The queues that have tasks, by name."""
        return [
            rows.queue_state(row) for row in self._db.rows(self._sql.overview, [self._db.now_us()])
        ]

    def limits(self) -> dict[str, QueueLimits]:
        """The limits of those queues that have any."""
        return dict(rows.limits(row) for row in self._db.rows(self._sql.limits))

    def set_limits(self, queue: str, limits: QueueLimits) -> None:
        """From now on these limits hold for a queue."""
        db, sql = self._db, self._sql

        def work(connection: Connection) -> None:
            if limits:
                connection.stage(sql.limits_set, [rows.limits_row(queue, limits)])
            else:
                connection.stage(sql.limits_drop, [(rows.text_out(queue),)])
            connection.tell(sql)

        db.write(work)
        db.on_notify()

    def enlist(self, worker: WorkerInfo) -> None:
        """Say that a worker is there, or still there."""
        sql = self._sql

        def work(connection: Connection) -> None:
            connection.stage(sql.worker_prune, [(to_us(worker.seen_until - _REMEMBERED),)])
            connection.stage(sql.worker_put, [rows.worker_row(worker)])

        self._db.write(work)

    def leave(self, owner: str) -> None:
        """A worker is there no more."""
        statement = self._sql.worker_drop
        self._db.write(lambda connection: connection.stage(statement, [(rows.text_out(owner),)]))

    def workers(self) -> Sequence[WorkerInfo]:
        """The workers that may be believed to be there, by owner."""
        return [rows.worker(row) for row in self._db.rows(self._sql.workers, [self._db.now_us()])]

    def now(self) -> datetime:
        """The world's clock."""
        now_us = self._db.now_us()
        return from_us(self._db.rows(self._sql.now, [None])[0][0] if now_us is None else now_us)


def _in_turn(listings: Sequence[Sequence[Task]], limit: int) -> list[Task]:
    """
    Tasks of several listings in the order of their turns, as far as it is known.

    Whatever comes after the last task of a listing that was cut off is left out: its turn is
    perhaps after that of a task which was not read.
    """
    ends = [_turn(tasks[-1]) for tasks in listings if len(tasks) == limit]
    ready = (task for tasks in listings for task in tasks if not task.abandoned)
    return sorted((t for t in ready if not ends or _turn(t) <= min(ends)), key=_turn)


def _turn(task: Task) -> tuple[int, datetime]:
    """Whose turn it is first."""
    moment = task.ready_at or task.lease_until
    assert moment is not None  # it is ready, or it would not have been found
    return task.priority, moment


def _texts(texts: Collection[str]) -> list[str]:
    return [rows.text_out(text) for text in texts]


def _complete(
    waits: list[Wait], heads: dict[str, Head], tasks: dict[str, Task], now: datetime
) -> Writes:
    """What completing these waits, which are in order, writes."""
    by_run: dict[str, list[Wait]] = {}
    for wait in waits:
        if wait.run_id in heads and wait.wait_id in tasks:
            by_run.setdefault(wait.run_id, []).append(wait)
    writes = Writes()
    for run_id, of_run in by_run.items():
        snapshot = Snapshot(
            now,
            heads[run_id],
            waits={wait.wait_id: wait for wait in of_run},
            tasks={wait.wait_id: tasks[wait.wait_id] for wait in of_run},
        )
        events = [NewEvent(WaitCompleted(), correlation_id=wait.wait_id) for wait in of_run]
        writes.add(admission.admit(run_id, events, snapshot, by_world=True), snapshot)
    return writes
