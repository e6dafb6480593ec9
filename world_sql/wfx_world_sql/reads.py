"""The logs and the entities, as they are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final, TypeVar

from wfx.clock import to_us
from wfx.entities import Hook, HookStatus, Run, Step, StepStatus, Wait, WaitStatus
from wfx.errors import NotFound, WfxError
from wfx.events import Event, NewEvent
from wfx.world import (
    PAGE_DEFAULT,
    Append,
    EventResult,
    Events,
    Head,
    Hold,
    Order,
    Page,
    ParkReason,
    ResolveData,
    RunQuery,
    Runs,
    cursor_parts,
)
from wfx_world_sql import rows
from wfx_world_sql.append import Appender, chunks
from wfx_world_sql.database import Database, Part, Row
from wfx_world_sql.group import GroupAppender
from wfx_world_sql.listing import Query, chosen

T = TypeVar("T")

STREAM_EVENTS: Final = 1_000
"""How many events of a log are read at once when it is streamed."""
_END: Final = 2**31 - 1

Filters = list[tuple[str, Sequence[Any] | None]]


def check_run(database: Database[Any], run_id: str) -> int:
    """The position after the last of a run's log. Raises NotFound."""
    found = database.rows(database.sql.run_end, [run_id])
    if not found:
        raise NotFound(what="run", id=run_id)
    return int(found[0][0])


def rows_of_run(
    database: Database[Any], run_id: str, statement: str, parameters: Sequence[Any]
) -> list[Row]:
    """
    The rows that a query finds of a run.

    Whether the run is there is asked last: of one that is being deleted, some may be found.

    Raises:
        NotFound: It is not there.
    """
    queries = (statement, parameters), (database.sql.run_end, [run_id])
    found: list[Row]
    found, there = database.read(lambda connection: connection.ask(*queries))
    if not there:
        raise NotFound(what="run", id=run_id)
    return found


def page(
    database: Database[Any],
    query: Callable[[int], Query],
    limit: int,
    item: Callable[[Row], T],
    cursor: Callable[[Row], str],
    *,
    run_id: str | None = None,
) -> Page[T]:
    """
    One page: one row more than asked for tells whether there is another.

    Raises:
        NotFound: It is of a run, and that is not there.
    """
    limit = max(limit, 0)
    asked = query(limit + 1)
    found = database.rows(*asked) if run_id is None else rows_of_run(database, run_id, *asked)
    more = cursor(found[limit - 1]) if 0 < limit < len(found) else None
    return Page([item(row) for row in found[:limit]], more)


class SqlEvents(Part, Events):
    """The logs."""

    def __init__(self, database: Database[Any]) -> None:
        super().__init__(database)
        self._appender = Appender(database)
        self._group = GroupAppender(database, self._appender)

    def create_batch(
        self,
        run_id: str | None,
        events: Sequence[NewEvent],
        after: int | None = None,
        fence: Collection[Hold] = (),
    ) -> list[EventResult]:
        """Append all of them or none."""
        return self._appender.append(run_id, events, after=after, fence=fence)

    def create_group(self, appends: Sequence[Append]) -> list[list[EventResult] | WfxError]:
        """Append several batches in one transaction, each of them whole or not at all."""
        return self._group.append(appends)

    def stream(self, run_id: str, from_position: int = 0) -> Iterator[Event]:
        """All events of a run from a position on, read piece by piece."""
        return map(rows.event, self._rows(run_id, from_position))

    def lines(self, run_id: str) -> Iterator[str]:
        """The log as text, event by event."""
        return map(rows.event_line, self._rows(run_id, 0))

    def _rows(self, run_id: str, from_position: int) -> Iterator[Row]:
        end = check_run(self._db, run_id)
        position = max(from_position, 0)
        while position < end:
            count = min(STREAM_EVENTS, end - position)
            found = self._db.rows(self._sql.events_up, [run_id, position, count])
            if len(found) < count or found[0][1] != position:
                raise NotFound(what="run", id=run_id)  # it was deleted meanwhile
            yield from found
            position += count

    def list_by_correlation_id(self, run_id: str, correlation_id: str) -> list[Event]:
        """All events about one step, hook or wait."""
        end = check_run(self._db, run_id)
        about = [run_id, correlation_id]
        spans = self._db.rows(self._sql.span, about * 3)
        # What is no entity, a hook that met a conflict, is looked for in the whole log.
        first, last = spans[0] if spans else (0, end)
        values = [run_id, first, last, correlation_id]
        found = rows_of_run(self._db, run_id, self._sql.events_about, values)
        return [rows.event(row) for row in found]

    def heads(self, run_ids: Collection[str]) -> dict[str, Head]:
        """Where the logs of these runs end."""
        return {
            row[0]: rows.head(row)
            for some in chunks(run_ids)
            for row in self._db.rows(self._sql.heads, [self._db.many(some)])
        }

    def list(
        self,
        run_id: str,
        from_position: int = 0,
        limit: int | None = None,
        order: Order = "asc",
    ) -> list[Event]:
        """Events of a run from a position on, or downward from it."""
        if order == "asc":
            statement, start = self._sql.events_up, max(from_position, 0)
        else:
            statement = self._sql.events_down
            start = _END if from_position < 0 else min(from_position, _END)
        count = _END if limit is None else max(limit, 0)
        values = [run_id, min(start, _END), count]
        found = rows_of_run(self._db, run_id, statement, values)
        return [rows.event(row) for row in found]


class SqlRuns(Part, Runs):
    """Runs as entities."""

    def get(self, run_id: str, resolve_data: ResolveData = "all") -> Run:
        """The run of this id."""
        whole = resolve_data == "all"
        found = self._db.rows(self._sql.run_whole if whole else self._sql.run_plain, [run_id])
        if not found:
            raise NotFound(what="run", id=run_id)
        return rows.head(found[0], found[0][16] if whole else None).run

    def find(self, query: RunQuery) -> Page[Run]:
        """Runs by time of creation."""
        at = cursor_parts(query.cursor, 2)
        past = None if at is None else [int(at[0]), at[1]]
        sql, whole, up = self._sql, query.resolve_data == "all", query.order == "asc"
        name, parked, queue = query.workflow_name, query.parked, query.queue
        after, before = query.created_after, query.created_before
        filters: Filters = [
            ("status", None if query.status is None else [query.status.value]),
            ("workflow_name", None if name is None else [rows.text_out(name)]),
            ("created_after", None if after is None else [to_us(after)]),
            ("created_before", None if before is None else [to_us(before)]),
            ("parked", [] if parked is True else None),
            ("parked_for", [parked.value] if isinstance(parked, ParkReason) else None),
            ("unparked", [] if parked is False else None),
            ("queue", None if queue is None else [rows.text_out(queue)]),
            ("past_up" if up else "past_down", past),
        ]
        if whole:
            listing = sql.runs_whole_up if up else sql.runs_whole_down
        else:
            listing = sql.runs_plain_up if up else sql.runs_plain_down
        return page(
            self._db,
            lambda count: chosen(listing, [], filters, count),
            query.limit,
            lambda row: rows.head(row, row[16] if whole else None).run,
            lambda row: f"{row[9]}:{row[0]}",
        )


class SqlSteps(Part):
    """Steps as entities."""

    def get(self, run_id: str, step_id: str, resolve_data: ResolveData = "all") -> Step:
        """The step of this id."""
        statement = self._sql.step_whole if resolve_data == "all" else self._sql.step_plain
        found = rows_of_run(self._db, run_id, statement, [run_id, step_id])
        if not found:
            raise NotFound(what="step", id=step_id, hint=f"the run is {run_id}")
        return rows.step(found[0])

    def list(
        self,
        run_id: str,
        *,
        status: StepStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
        resolve_data: ResolveData = "none",
    ) -> Page[Step]:
        """Steps of a run in the order they were created."""
        at = cursor_parts(cursor, 1)
        listing = self._sql.steps_whole if resolve_data == "all" else self._sql.steps_plain
        filters: Filters = [("status", None if status is None else [status.value])]
        values = [run_id, int(at[0]) if at else -1]
        return page(
            self._db,
            lambda count: chosen(listing, values, filters, count),
            limit,
            rows.step,
            lambda row: str(row[17]),
            run_id=run_id,
        )

    def get_many(self, run_id: str, step_ids: Collection[str]) -> dict[str, Step]:
        """Some steps of a run with their payloads, by id."""
        found: dict[str, Step] = {}
        for some in chunks(step_ids):
            values = [run_id, self._db.many(some)]
            for row in rows_of_run(self._db, run_id, self._sql.steps_load, values):
                found[row[1]] = rows.step(row)
        return found


class SqlHooks(Part):
    """Hooks as entities."""

    def get(self, hook_id: str) -> Hook:
        """The hook of this id."""
        found = self._db.rows(self._sql.hook_get, [hook_id])
        if not found:
            raise NotFound(what="hook", id=hook_id)
        return rows.hook(found[0])

    def get_by_token(self, token: str) -> Hook:
        """The active hook of this token, or else the one disposed last."""
        found = self._db.rows(self._sql.hook_of_token, [rows.token_out(token)])
        if not found:
            raise NotFound(what="hook with the token", id=token)
        return rows.hook(found[0])

    def list(
        self,
        *,
        run_id: str | None = None,
        status: HookStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Hook]:
        """Hooks in the order they were created."""
        at = cursor_parts(cursor, 1)
        filters: Filters = [
            ("run_id", None if run_id is None else [run_id]),
            ("status", None if status is None else [status.value]),
        ]
        values = [int(at[0]) if at else -1]
        return page(
            self._db,
            lambda count: chosen(self._sql.hooks, values, filters, count),
            limit,
            lambda row: rows.hook(row[1:]),
            lambda row: str(row[0]),
        )


class SqlWaits(Part):
    """Waits as entities."""

    def get(self, run_id: str, wait_id: str) -> Wait:
        """The wait of this id."""
        found = rows_of_run(self._db, run_id, self._sql.wait_get, [run_id, wait_id])
        if not found:
            raise NotFound(what="wait", id=wait_id, hint=f"the run is {run_id}")
        return rows.wait(found[0])

    def list(
        self,
        run_id: str,
        *,
        status: WaitStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Wait]:
        """Waits of a run by (resumeAt, creation)."""
        at = cursor_parts(cursor, 2)
        filters: Filters = [
            ("status", None if status is None else [status.value]),
            ("past", None if at is None else [int(at[0]), int(at[1])]),
        ]
        return page(
            self._db,
            lambda count: chosen(self._sql.waits, [run_id], filters, count),
            limit,
            rows.wait,
            lambda row: f"{row[4]}:{row[7]}",
            run_id=run_id,
        )
