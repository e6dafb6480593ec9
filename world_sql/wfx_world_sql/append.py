"""
The append: lock, look, let `wfx.admission` decide, write, in one transaction.

A run's row is locked first, then its tasks in the order of their ids; whoever claims,
releases or ends something locks in the same order. What is looked at is what
`admission.needs` names, and what is written is what the `Admission` says: no rule of the
log is decided here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar

from wfx import admission
from wfx.admission import Admission, Needs, Snapshot
from wfx.clock import from_us, to_us
from wfx.entities import Run, Step
from wfx.errors import NotFound, WfxError
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
from wfx.frozen import maker
from wfx.ids import call_key, key_of
from wfx.world import Append, EventResult, Hold
from wfx_world_sql import remains, rows
from wfx_world_sql.compiled.shape import Sql
from wfx_world_sql.database import Connection, Database, Row
from wfx_world_sql.known import Known
from wfx_world_sql.listing import Query

T = TypeVar("T")
_make_append = maker(Append)

CHUNK: Final = 5_000
"""How many ids or rows go to the database at once."""
_ULID_CHARACTERS: Final = 26


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterable[list[T]]:
    """The items in lists of at most `size`."""
    if isinstance(items, list) and len(items) <= size:
        return (items,) if items else ()
    return _chunks(items, size)


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
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

    def add_step(self, row: Row) -> None:
        """Add a row of `step`."""
        self.snapshot.steps[row[1]], self.spans[row[1]] = rows.step(row), row[-2:]

    def add_hook(self, row: Row) -> None:
        """Add a row of `hook`."""
        self.snapshot.hooks[row[0]], self.spans[row[0]] = rows.hook(row), row[-2:]

    def add_wait(self, row: Row) -> None:
        """Add a row of `wait`."""
        self.snapshot.waits[row[1]], self.spans[row[1]] = rows.wait(row), row[-2:]


_STATEMENTS: Final = {
    name: place
    for place, name in enumerate(
        (
            "run_insert",
            "run_move",
            "run_extend",
            "step_move",
            "step_insert",
            # A hook that is disposed frees its token for one that is created beside it.
            "hook_move",
            "hook_insert",
            "wait_move",
            "wait_insert",
            "task_delete",
            "task_insert",
            "task_move",
            "run_bind",
            "task_bind",
            "steps_bind",
            "run_wake",
        )
    )
}
"""The statements of an append beside its events, in the order in which they are run."""


class Writes:
    """The rows of one transaction, of one run or of many."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.notifies = False
        self.rows: defaultdict[str, list[Row]] = defaultdict(list)
        """By the name of one of `_STATEMENTS`."""
        self._closed: list[tuple[int, str]] = []
        self._texts = rows.Texts()

    def add(self, admitted: Admission, found: Snapshot) -> None:
        """Add what one admission says."""
        self.notifies = self.notifies or admitted.notifies
        head = admitted.head
        if head is None:
            return
        run_id = head.run.run_id
        self.events += admitted.events
        if found.head is None:
            self.rows["run_insert"].append(rows.run_row(head))
        elif found.head.run is head.run:
            self.rows["run_extend"].append(rows.run_extend(head))
        else:
            self.rows["run_move"].append(rows.run_move(head))
        self._add_entities(admitted, found)
        if admitted.tasks_gone:
            self.rows["task_delete"] += [(task_id,) for task_id in admitted.tasks_gone]
        if admitted.tasks_new:
            self.rows["task_insert"] += [rows.task_row(task) for task in admitted.tasks_new]
        for task in admitted.tasks_changed.values():
            self.rows["task_move"].append(rows.task_move(task))
        if admitted.bound:
            self._add_bound(head.run, admitted.bound)
        if admitted.wakes_run or admitted.closes_run:
            now_us = to_us(found.now)
            if admitted.wakes_run:
                self.rows["run_wake"].append((now_us, run_id, now_us))
            if admitted.closes_run:
                self._closed.append((now_us, run_id))

    def _add_bound(self, run: Run, names: Mapping[str, str]) -> None:
        self.rows["run_bind"].append(rows.run_bind(run))
        for recorded, name in names.items():
            if recorded == run.workflow_name:
                self.rows["task_bind"].append((rows.text_out(name), run.run_id))
            self.rows["steps_bind"].append(rows.steps_bind(run.run_id, recorded, name))

    def _add_entities(self, admitted: Admission, found: Snapshot) -> None:
        spans = admitted.spans
        for id, step in admitted.steps.items():
            if id in found.steps:
                self.rows["step_move"].append(rows.step_move(step, spans[id][1], self._texts))
            else:
                self.rows["step_insert"].append(rows.step_row(step, *spans[id], self._texts))
        for id, hook in admitted.hooks.items():
            if id in found.hooks:
                self.rows["hook_move"].append(rows.hook_move(hook, spans[id][1]))
            else:
                self.rows["hook_insert"].append(rows.hook_row(hook, *spans[id]))
        for id, wait in admitted.waits.items():
            if id in found.waits:
                self.rows["wait_move"].append(rows.wait_move(wait, spans[id][1]))
            else:
                self.rows["wait_insert"].append(rows.wait_row(wait, *spans[id]))

    def stage(self, connection: Connection, sql: Sql) -> None:
        """Hand all of it to a transaction."""
        texts = self._texts
        for events in chunks(self.events, CHUNK):
            connection.stage(sql.event_insert, [rows.event_row(event, texts) for event in events])
        for name in sorted(self.rows, key=_STATEMENTS.__getitem__):
            connection.stage(getattr(sql, name), self.rows[name])
        if self._closed:
            runs = [(run_id,) for _, run_id in self._closed]
            connection.stage(sql.close_hooks, self._closed)
            connection.stage(sql.close_waits, self._closed)
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
        batch = _make_append(of_run, events, after, fence)

        def work(connection: Connection) -> Admission:
            known = connection.recall(of_run)
            judged = self._judge_by(known, of_run, batch)
            snapshot, admitted = judged or self._judge_anew(connection, known, of_run, batch)
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

    def _judge_by(
        self, known: Known, run_id: str, batch: Append
    ) -> tuple[Snapshot, Admission] | None:
        """What to write for a batch by what is known of its run, if that tells."""
        now = self._db.now_us()
        if now is None or not known.suffices(batch):
            return None
        snapshot = Snapshot(from_us(now), known.head, known.steps, tasks=known.tasks)
        try:
            return snapshot, admission.admit(
                run_id, batch.events, snapshot, after=batch.after, fence=batch.fence
            )
        except WfxError:
            return None  # why, is said with all in sight

    def _judge_anew(
        self, connection: Connection, known: Known, run_id: str, batch: Append
    ) -> tuple[Snapshot, Admission]:
        """What to write for a batch, by what is there; or its refusal."""
        needs = admission.needs(run_id, batch.events, batch.fence)
        found = self._look(connection, run_id, batch, needs, known)
        found.snapshot.stored = self._stored(connection, run_id, batch.events, batch.after, found)
        return found.snapshot, self.judge(connection, run_id, batch, needs, known, found)

    def judge(
        self,
        connection: Connection,
        run_id: str,
        batch: Append,
        needs: Needs,
        known: Known,
        found: Found,
    ) -> Admission:
        """
        What to write for a batch of a run.

        Raises:
            WfxError: It is refused.
        """
        snapshot, after, fence = found.snapshot, batch.after, batch.fence
        try:
            return admission.admit(run_id, batch.events, snapshot, after=after, fence=fence)
        except WfxError:
            # Why, is said with all steps in sight, also those that nobody looked for.
            unseen = needs.new_step_ids - snapshot.steps.keys() if known.head else ()
            if not unseen or not self._find_steps(connection, run_id, unseen, found):
                raise
            return admission.admit(run_id, batch.events, snapshot, after=after, fence=fence)

    # -- what is there --------------------------------------------------------------------

    def _look(
        self,
        connection: Connection,
        run_id: str,
        batch: Append,
        needs: Needs,
        known: Known,
    ) -> Found:
        """Lock, and read what the batch needs and is not known; in one message to the server."""
        sql, now = self._sql, self._db.now_us()
        tasks = [id for id in needs.task_ids if id not in known.tasks]
        steps = known.steps_to_ask(needs, batch.after)
        asks_for_run = needs.about_run or known.head is None
        queries: list[Query] = []
        if needs.makes_run:
            left = (sql.remains_among, (self._db.many([run_id]),))
            queries += [(sql.name_lock, (run_id,)), (sql.now, (now,)), left]
        if asks_for_run:
            queries.append((sql.run_lock, (now, run_id)))
        if needs.about_run:
            queries.append((sql.run_created_data, (run_id,)))
        closes = bool(sql.close_lock) and ends_run(batch.events)
        plan = self._plan(run_id, needs, tasks, steps, closes=closes)
        queries += [query for _, query in plan]
        answers = connection.ask(*queries)
        asked = {statement: rows for (statement, _), rows in zip(queries, answers, strict=True)}
        if needs.makes_run:
            remains.clear(connection, sql, asked[sql.remains_among])
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
        for (name, _), loaded in zip(plan, answers[len(answers) - len(plan) :], strict=True):
            for row in loaded:
                if name == "steps":
                    found.add_step(row)
                elif name == "tasks":
                    snapshot.tasks[row[0]] = rows.task(row)
                elif name == "hooks":
                    found.add_hook(row)
                elif name == "waits":
                    found.add_wait(row)
                elif name == "tokens":
                    hook = rows.hook(row)
                    if hook.token is not None:
                        snapshot.tokens[hook.token] = hook
        return found

    def _plan(
        self,
        run_id: str,
        needs: Needs,
        tasks: Sequence[str],
        steps: Sequence[str],
        *,
        closes: bool,
    ) -> list[tuple[str, Query]]:
        """The questions about what a batch concerns beside its run, each with what it is about."""
        sql, many = self._sql, self._db.many
        plan: list[tuple[str, Query]] = (
            [("tasks", (sql.close_lock, (many(tasks), many([run_id]))))]
            if closes
            else [("tasks", (sql.tasks_lock, (many(some),))) for some in chunks(sorted(tasks))]
        )
        if len(steps) == 1:  # in sequence: only whether the next one is there
            plan.append(("steps", (sql.step_whole, (run_id, steps[0]))))
            steps = ()
        for name, statement, ids in (
            ("steps", sql.steps_load, steps),
            ("hooks", sql.hooks_load, needs.hook_ids),
            ("waits", sql.waits_load, needs.wait_ids),
        ):
            plan += [(name, (statement, (run_id, many(some)))) for some in chunks(ids)]
        if needs.tokens:
            tokens = [rows.token_out(token) for token in needs.tokens]
            plan.append(("", (sql.tokens_lock, (many(rows.stripes(tokens)),))))
            plan += [("tokens", (sql.tokens_load, (many(some),))) for some in chunks(tokens)]
        return plan

    def _find_steps(
        self, connection: Connection, run_id: str, ids: Collection[str], found: Found
    ) -> bool:
        """Look for steps that were taken not to be there; whether one is."""
        queries = [
            (self._sql.steps_load, (run_id, self._db.many(some))) for some in chunks(sorted(ids))
        ]
        loaded = [row for answer in connection.ask(*queries) for row in answer]
        for row in loaded:
            found.add_step(row)
        return bool(loaded)

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
        if after == end:
            return []
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


def ends_run(events: Iterable[NewEvent]) -> bool:
    """Whether a batch ends its run."""
    return any(isinstance(event.data, RUN_ENDS) for event in events)


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
