"""
The group append: what `append` does for one run, in one transaction for many.

Everything is locked at first, in one order for all writers: names of runs to be made, runs,
tasks, tokens, each sorted. Then each batch is judged by itself, so a refusal is an answer
and no error of the database. Batches that touch the same run, or want the same token, are
judged one after the other: the later one sees what the earlier one wrote.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from wfx import admission
from wfx.admission import Needs, Snapshot
from wfx.clock import from_us
from wfx.errors import WfxError
from wfx.world import Append, EventResult
from wfx_world_sql import remains, rows
from wfx_world_sql.append import (
    Appender,
    Found,
    Writes,
    chunks,
    ends_run,
    run_id_for,
    stored_events,
)
from wfx_world_sql.database import Connection, Database, Row
from wfx_world_sql.known import Known
from wfx_world_sql.listing import Query

Answer: TypeAlias = list[EventResult] | WfxError


@dataclass(slots=True)
class _Member:
    """One batch of a group."""

    place: int
    """In the group as it was given."""
    run_id: str
    append: Append
    needs: Needs


class GroupAppender:
    """Appends groups of batches."""

    def __init__(self, database: Database[Any], appender: Appender) -> None:
        self._db = database
        self._sql = database.sql
        self._appender = appender

    def append(self, appends: Sequence[Append]) -> list[Answer]:
        """Append each of them or refuse it; see `wfx.world.Events.create_group`."""
        answers: dict[int, Answer] = {}
        members: list[_Member] = []
        for place, append in enumerate(appends):
            try:
                if append.events:
                    members.append(_member(place, append))
                else:
                    answers[place] = []
            except WfxError as refusal:
                answers[place] = refusal
        if members:
            layers = _layers(members)

            def work(connection: Connection) -> bool:
                notifies = [self._one_layer(connection, of, members, answers) for of in layers]
                return any(notifies)

            if self._db.write(work):
                self._db.on_notify()
        return [answers[place] for place in range(len(appends))]

    def _one_layer(
        self,
        connection: Connection,
        layer: Sequence[_Member],
        members: Sequence[_Member],
        answers: dict[int, Answer],
    ) -> bool:
        """Judge and write batches that do not concern each other; whether somebody is to know."""
        known = {member.run_id: connection.recall(member.run_id) for member in layer}
        found = self._look(connection, layer, members, known)
        writes = Writes()
        for member in layer:
            run_id, needs = member.run_id, member.needs
            try:
                admitted = self._appender.judge(
                    connection, run_id, member.append, needs, known[run_id], found[run_id]
                )
            except WfxError as refusal:
                answers[member.place] = refusal
                continue
            answers[member.place] = admitted.results
            writes.add(admitted, found[run_id].snapshot)
            if known[run_id].learn(admitted):
                connection.remember(run_id, known[run_id])
        writes.stage(connection, self._sql)
        return writes.notifies

    # -- what is there --------------------------------------------------------------------

    def _look(
        self,
        connection: Connection,
        layer: Sequence[_Member],
        members: Sequence[_Member],
        known: Mapping[str, Known],
    ) -> dict[str, Found]:
        """What the batches of a layer are judged by, by run."""
        loaded = self._load(connection, layer, members, known)
        remains.clear(connection, self._sql, loaded["remains"])
        now = from_us(loaded["now"][0][0])
        created: dict[str, str] = dict(loaded["created"])
        heads = {row[0]: rows.head(row, created.get(row[0])) for row in loaded["runs"]}
        tasks = {row[0]: rows.task(row) for row in loaded["tasks"]}
        tokens = [rows.hook(row) for row in loaded["tokens"]]
        found: dict[str, Found] = {}
        for member in layer:
            run_id, needs = member.run_id, member.needs
            of_run = known[run_id]
            head = heads.get(run_id, of_run.head)
            snapshot = Snapshot(now, head, steps=of_run.steps, tasks=of_run.tasks)
            snapshot.tasks.update((id, tasks[id]) for id in needs.task_ids if id in tasks)
            for hook in tokens:
                if hook.token is not None and hook.token in needs.tokens:
                    snapshot.tokens[hook.token] = hook
            found[run_id] = Found(snapshot, of_run.spans)
        for row in loaded["steps"]:
            found[row[0]].add_step(row)
        for row in loaded["waits"]:
            found[row[0]].add_wait(row)
        wanted = {id: member.run_id for member in layer for id in member.needs.hook_ids}
        for row in loaded["hooks"]:
            if wanted[row[0]] == row[1]:
                found[row[1]].add_hook(row)
        self._add_stored(connection, layer, found)
        return found

    def _load(
        self,
        connection: Connection,
        layer: Sequence[_Member],
        members: Sequence[_Member],
        known: Mapping[str, Known],
    ) -> defaultdict[str, list[Row]]:
        """Lock what the group needs, and load what the layer needs, in one message."""
        sql, many, pairs = self._sql, self._db.many, self._db.pairs
        names: list[str] = []
        queries: list[Query] = []

        def ask(name: str, statement: str, *parameters: Any) -> None:
            names.append(name)
            queries.append((statement, parameters))

        about = {member.run_id for member in layer if member.needs.about_run}
        heads = {id for id, of_run in known.items() if of_run.head is not None} - about
        tasks = {id for of_run in known.values() for id in of_run.tasks}
        made = sorted({member.run_id for member in members if member.needs.makes_run})
        for run_id in made:
            ask("", sql.name_lock, run_id)
        for some in chunks(made):
            ask("remains", sql.remains_among, many(some))
        for some in chunks(sorted({member.run_id for member in members} - heads)):
            ask("runs", sql.runs_lock, many(some))
        ask("now", sql.now, self._db.now_us())
        asked = sorted({id for m in members for id in m.needs.task_ids} - tasks)
        closing = sql.close_lock and [m.run_id for m in members if ends_run(m.append.events)]
        if closing:
            ask("tasks", sql.close_lock, many(asked), many(closing))
        else:
            for some in chunks(asked):
                ask("tasks", sql.tasks_lock, many(some))
        wanted = [rows.token_out(token) for member in members for token in member.needs.tokens]
        if wanted:
            ask("", sql.tokens_lock, many(rows.stripes(wanted)))
        tokens = [rows.token_out(token) for member in layer for token in member.needs.tokens]
        for some in chunks(tokens):
            ask("tokens", sql.tokens_load, many(some))
        for some in chunks(sorted(about)):
            ask("created", sql.created_data_of_runs, many(some))
        steps = [
            (member.run_id, id)
            for member in layer
            for id in known[member.run_id].steps_to_ask(member.needs, member.append.after)
        ]
        for named in chunks(steps):
            ask("steps", sql.steps_of_runs, *pairs(named))
        for named in chunks([(m.run_id, id) for m in layer for id in m.needs.wait_ids]):
            ask("waits", sql.waits_of_runs, *pairs(named))
        for some in chunks([id for member in layer for id in member.needs.hook_ids]):
            ask("hooks", sql.hooks_of_runs, many(some))
        loaded: defaultdict[str, list[Row]] = defaultdict(list)
        for name, answer in zip(names, connection.ask(*queries), strict=True):
            loaded[name] += answer
        return loaded

    def _add_stored(
        self, connection: Connection, layer: Sequence[_Member], found: Mapping[str, Found]
    ) -> None:
        """Find those events that are in a log already."""
        asked: list[tuple[str, int]] = []
        queries: list[Query] = []
        for member in layer:
            of_run, append = found[member.run_id], member.append
            some = self._appender.stored_queries(member.run_id, append.events, append.after, of_run)
            if some:
                asked.append((member.run_id, len(some)))
                queries += some
        if not queries:
            return
        answers = iter(connection.ask(*queries))
        for run_id, count in asked:
            own = [next(answers) for _ in range(count)]
            found[run_id].snapshot.stored = stored_events(run_id, own)


def _member(place: int, append: Append) -> _Member:
    run_id = run_id_for(append.events[0]) if append.run_id is None else append.run_id
    return _Member(place, run_id, append, admission.needs(run_id, append.events, append.fence))


def _layers(members: Sequence[_Member]) -> list[list[_Member]]:
    """The batches in lists that do not concern each other, each after those it must see."""
    layers: list[list[_Member]] = []
    depths: dict[str, int] = {}
    for member in members:
        marks = [member.run_id, *(f"token {token}" for token in member.needs.tokens)]
        depth = max(depths.get(mark, 0) for mark in marks)
        depths.update(dict.fromkeys(marks, depth + 1))
        if depth == len(layers):
            layers.append([])
        layers[depth].append(member)
    return layers
