"""
The append: lock, look, let `wfx.admission` decide, write, in one transaction.

A run's row is locked first, then its tasks in the order of their ids; whoever claims,
releases or ends something locks in the same order. What is looked at is what
`admission.needs` names, and what is written is what the `Admission` says: no rule of the
log is decided here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar

from wfx import admission
from wfx.admission import Admission, Needs, Snapshot
from wfx.clock import from_us, to_us
from wfx.entities import Run, Step
from wfx.errors import NotFound
from wfx.events import (
    CANCELS,
    RUN_ENDS,
    STEP_OUTCOMES,
    Event,
    HookCreated,
    HookReceived,
    NewEvent,
    RunBound,
    RunCreated,
    RunStarted,
    StepCreated,
    StepRetrying,
    StepStarted,
    Subject,
    WaitCreated,
)
from wfx.ids import call_key, key_of
from wfx.world import EventResult, Hold
from wfx_world_sql import rows
from wfx_world_sql.compiled.shape import Sql
from wfx_world_sql.database import Connection, Database, Row
from wfx_world_sql.known import Known
from wfx_world_sql.listing import Query

T = TypeVar("T")

CHUNK: Final = 5_000
"""How many ids or rows go to the database at once."""
_ULID_CHARACTERS: Final = 26


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    if isinstance(items, list) and len(items) <= size:
        if items:
            yield items
        return
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def run_id_for(first: NewEvent) -> str:
    """
    The id of a run that is made without one.

    It comes from the event's id, so that a repeated append means the same run.
    """
    if not isinstance(first.data, RunCreated):
        raise NotFound(what="run", id="None", hint="only run_created makes a run")
    key = key_of(first.event_id)
    if len(key) != _ULID_CHARACTERS or not key.isalnum():
        key = call_key(first.event_id, "", 0)
    return f"wrun_{key}"


@dataclass(slots=True)
class Found:
    """A snapshot, and where in the log the events about its entities lie."""

    snapshot: Snapshot
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Writes:
    """The rows of one transaction, of one run or of many."""

    events: list[Event] = field(default_factory=list)
    run_insert: list[Row] = field(default_factory=list)
    run_move: list[Row] = field(default_factory=list)
    run_extend: list[Row] = field(default_factory=list)
    step_insert: list[Row] = field(default_factory=list)
    step_move: list[Row] = field(default_factory=list)
    hook_insert: list[Row] = field(default_factory=list)
    hook_move: list[Row] = field(default_factory=list)
    wait_insert: list[Row] = field(default_factory=list)
    wait_move: list[Row] = field(default_factory=list)
    task_delete: list[Row] = field(default_factory=list)
    task_insert: list[Row] = field(default_factory=list)
    task_move: list[Row] = field(default_factory=list)
    run_bind: list[Row] = field(default_factory=list)
    task_bind: list[Row] = field(default_factory=list)
    steps_bind: list[Row] = field(default_factory=list)
    run_wake: list[Row] = field(default_factory=list)
    close: list[Row] = field(default_factory=list)
    notifies: bool = False
    texts: rows.Texts = field(default_factory=rows.Texts)

    def add(self, admitted: Admission, found: Snapshot) -> None:
        """Add what one admission says."""
        self.notifies = self.notifies or admitted.notifies
        head = admitted.head
        if head is None:
            return
        now_us = to_us(found.now)
        run_id = head.run.run_id
        self.events += admitted.events
        if found.head is None:
            self.run_insert.append(rows.run_row(head))
        elif found.head.run is head.run:
            self.run_extend.append(rows.run_extend(head))
        else:
            self.run_move.append(rows.run_move(head))
        self._add_entities(admitted, found)
        self.task_delete += [(task_id,) for task_id in admitted.tasks_gone]
        self.task_insert += [rows.task_row(task) for task in admitted.tasks_new]
        self.task_move += [rows.task_move(task) for task in admitted.tasks_changed.values()]
        if admitted.bound:
            self._add_bound(head.run, admitted.bound)
        if admitted.wakes_run:
            self.run_wake.append((now_us, run_id, now_us))
        if admitted.closes_run:
            self.close.append((now_us, run_id))

    def _add_bound(self, run: Run, names: Mapping[str, str]) -> None:
        self.run_bind.append(rows.run_bind(run))
        for recorded, name in names.items():
            if recorded == run.workflow_name:
                self.task_bind.append((rows.text_out(name), run.run_id))
            self.steps_bind.append(rows.steps_bind(run.run_id, recorded, name))

    def _add_entities(self, admitted: Admission, found: Snapshot) -> None:
        first: dict[str, int] = {}
        last: dict[str, int] = {}
        for event in admitted.events:
            id = event.correlation_id
            if id is not None:
                first.setdefault(id, event.position)
                last[id] = event.position
        for id, step in admitted.steps.items():
            if id in found.steps:
                self.step_move.append(rows.step_move(step, last[id], self.texts))
            else:
                self.step_insert.append(rows.step_row(step, first[id], last[id], self.texts))
        for id, hook in admitted.hooks.items():
            if id in found.hooks:
                self.hook_move.append(rows.hook_move(hook, last[id]))
            else:
                self.hook_insert.append(rows.hook_row(hook, first[id], last[id]))
        for id, wait in admitted.waits.items():
            if id in found.waits:
                self.wait_move.append(rows.wait_move(wait, last[id]))
            else:
                self.wait_insert.append(rows.wait_row(wait, first[id], last[id]))

    def stage(self, connection: Connection, sql: Sql) -> None:
        """Hand all of it to a transaction."""
        for events in chunks(self.events, CHUNK):
            connection.stage(
                sql.event_insert, [rows.event_row(event, self.texts) for event in events]
            )
        for statement, written in (
            (sql.run_insert, self.run_insert),
            (sql.run_move, self.run_move),
            (sql.run_extend, self.run_extend),
            (sql.step_move, self.step_move),
            (sql.step_insert, self.step_insert),
            # A hook that is disposed frees its token for one that is created beside it.
            (sql.hook_move, self.hook_move),
            (sql.hook_insert, self.hook_insert),
            (sql.wait_move, self.wait_move),
            (sql.wait_insert, self.wait_insert),
            (sql.task_delete, self.task_delete),
            (sql.task_insert, self.task_insert),
            (sql.task_move, self.task_move),
            (sql.run_bind, self.run_bind),
            (sql.task_bind, self.task_bind),
            (sql.steps_bind, self.steps_bind),
            (sql.run_wake, self.run_wake),
        ):
            if written:
                connection.stage(statement, written)
        if self.close:
            runs = [(run_id,) for _, run_id in self.close]
            connection.stage(sql.close_hooks, self.close)
            connection.stage(sql.close_waits, self.close)
            connection.stage(sql.close_tasks, runs)
            connection.stage(sql.abandon_tasks, runs)
        if self.notifies:
            connection.tell(sql)


class Appender:
    """Appends batches of events."""

    def __init__(self, database: Database[Any]) -> None:
        self._db = database
        self._sql = database.sql

    def append(
        self,
        run_id: str | None,
        events: Sequence[NewEvent],
        *,
        after: int | None = None,
        fence: Collection[Hold] = (),
    ) -> list[EventResult]:
        """Append all of them or none; see `wfx.world.Events.create_batch`."""
        if not events:
            return []
        of_run = run_id_for(events[0]) if run_id is None else run_id
        needs = admission.needs(of_run, events, fence)

        def work(connection: Connection) -> Admission:
            known = connection.recall(of_run)
            found = self._look(connection, of_run, events, needs, known)
            snapshot = found.snapshot
            snapshot.stored = self._stored(connection, of_run, events, after, found)
            admitted = admission.admit(of_run, events, snapshot, after=after, fence=fence)
            writes = Writes()
            writes.add(admitted, snapshot)
            writes.stage(connection, self._sql)
            if known.learn(admitted):
                connection.remember(of_run, known)
            return admitted

        admitted = self._db.write(work)
        if admitted.notifies:
            self._db.on_notify()
        return admitted.results

    # -- what is there --------------------------------------------------------------------

    def _look(
        self,
        connection: Connection,
        run_id: str,
        events: Sequence[NewEvent],
        needs: Needs,
        known: Known,
    ) -> Found:
        """Lock, and read what the batch needs and is not known; in one message to the server."""
        sql, db = self._sql, self._db
        now = db.now_us()
        queries: list[Query] = []
        about_run = [event for event in events if event.data.subject is Subject.RUN]
        if any(isinstance(event.data, RunCreated) for event in about_run):
            queries += [(sql.name_lock, (run_id,)), (sql.now, (now,))]
        if about_run or known.head is None:
            queries.append((sql.run_lock, (now, run_id)))
        if about_run:
            queries.append((sql.run_created_data, (run_id,)))
        plan: list[str] = []
        for some in chunks(sorted(id for id in needs.task_ids if id not in known.tasks)):
            queries.append((sql.tasks_lock, (db.many(some),)))
            plan.append("tasks")
        steps = [id for id in needs.step_ids if id not in known.steps]
        if len(steps) == 1:  # in sequence: only whether the next one is there
            queries.append((sql.step_whole, (run_id, steps.pop())))
            plan.append("steps")
        for name, statement, ids in (
            ("steps", sql.steps_load, steps),
            ("hooks", sql.hooks_load, needs.hook_ids),
            ("waits", sql.waits_load, needs.wait_ids),
        ):
            for some in chunks(ids) if ids else ():
                queries.append((statement, (run_id, db.many(some))))
                plan.append(name)
        if needs.tokens:
            tokens = [rows.token_out(token) for token in needs.tokens]
            queries.append((sql.tokens_lock, (db.many(rows.stripes(tokens)),)))
            plan.append("")
            for some in chunks(tokens):
                queries.append((sql.tokens_load, (db.many(some),)))
                plan.append("tokens")
        answers = connection.ask(*queries)
        asked = {statement: rows for (statement, _), rows in zip(queries, answers, strict=True)}
        head = known.head
        runs = asked.get(sql.run_lock)
        if runs:
            created = asked.get(sql.run_created_data)
            head = rows.head(runs[0][1:], created[0][0] if created else None)
            now = runs[0][0]
        elif now is None:
            clock = asked.get(sql.now) or connection.ask((sql.now, (None,)))[0]
            now = clock[0][0]
        assert now is not None
        snapshot = Snapshot(from_us(now), head, steps=known.steps, tasks=known.tasks)
        found = Found(snapshot, known.spans)
        for name, loaded in zip(plan, answers[len(answers) - len(plan) :], strict=True):
            for row in loaded:
                if name == "steps":
                    snapshot.steps[row[1]] = rows.step(row)
                    found.spans[row[1]] = row[-2:]
                elif name == "tasks":
                    snapshot.tasks[row[0]] = rows.task(row)
                elif name == "hooks":
                    snapshot.hooks[row[0]] = rows.hook(row)
                    found.spans[row[0]] = row[-2:]
                elif name == "waits":
                    snapshot.waits[row[1]] = rows.wait(row)
                    found.spans[row[1]] = row[-2:]
                elif name == "tokens":
                    hook = rows.hook(row)
                    if hook.token is not None:
                        snapshot.tokens[hook.token] = hook
        return found

    def _stored(
        self,
        connection: Connection,
        run_id: str,
        events: Sequence[NewEvent],
        after: int | None,
        found: Found,
    ) -> dict[str, Event]:
        """Those events of the batch that are in the log already."""
        queries = self.stored_queries(run_id, events, after, found)
        answers = connection.ask(*queries) if queries else []
        return stored_events(run_id, answers)

    def stored_queries(
        self, run_id: str, events: Sequence[NewEvent], after: int | None, found: Found
    ) -> list[Query]:
        """What finds those events of the batch that are in the log, where they can be."""
        head = found.snapshot.head
        if head is None:
            return []
        end = head.next_position - 1
        by_id: list[str] = []
        if after is not None:
            places = [(after + 1, end)] if after < end else []
        elif isinstance(events[0].data, RunCreated):
            places = [(0, len(events) - 1)]
        else:
            places = []
            for event in events:
                span = _place(event, found, end)
                if span is None:
                    by_id.append(event.event_id)
                elif span:
                    places.append(span)
        sql, many = self._sql, self._db.many
        queries: list[Query] = []
        if places:
            first, last = min(place[0] for place in places), max(place[1] for place in places)
            queries += [
                (sql.events_stored, (run_id, first, last, many(ids)))
                for ids in chunks([event.event_id for event in events])
            ]
        queries += [(sql.events_known, (many(ids),)) for ids in chunks(by_id)]
        return queries


def stored_events(run_id: str, answers: Iterable[Iterable[Row]]) -> dict[str, Event]:
    """What `stored_queries` found, by event id."""
    found = (row for answer in answers for row in answer)
    return {row[2]: rows.event(row) for row in found if row[0] == run_id}


def _place(event: NewEvent, found: Found, end: int) -> tuple[int, int] | tuple[()] | None:
    """
    Where an event could be that may have been appended before.

    Two positions; or nowhere, because what it is about has not come that far; or None:
    anywhere, but there is an index for its type.
    """
    data, id = event.data, event.correlation_id or ""
    snapshot = found.snapshot
    step: Step | None = snapshot.steps.get(id)
    there = found.spans.get(id, ())
    assert snapshot.head is not None
    run = snapshot.head.run
    match data:
        case StepCreated() | WaitCreated():
            return there
        case StepStarted():
            return there if step is not None and step.attempt >= data.attempt else ()
        case StepRetrying():
            return None if step is not None and step.failures else ()
        case HookCreated():
            return there or None
        case HookReceived():
            hook = snapshot.hooks.get(id)
            return None if hook is not None and hook.received else ()
        case RunStarted():
            return None if run.started_at is not None else ()
        case _ if isinstance(data, STEP_OUTCOMES):
            return there if step is not None and step.ended else ()
        case _ if isinstance(data, RUN_ENDS):
            return None if run.ended else ()
        case _ if isinstance(data, CANCELS):
            entity = step or snapshot.hooks.get(id) or snapshot.waits.get(id)
            return there if entity is not None and entity.ended else ()
        case RunBound():
            return (0, end)
        case _ if data.subject is Subject.EFFECT:
            return (0, end)
        case _:
            return ()
