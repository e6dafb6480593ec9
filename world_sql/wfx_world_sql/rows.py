"""
Rows and what they stand for: events, entities and tasks, both ways.

A row is a tuple in the order of the columns in `wfx_world_sql.tables`. Text that users
choose (names, tokens, reasons) may hold code points that a database refuses; it is escaped
on the way in. JSON needs no escape, because its text is ASCII.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, cast
from zlib import crc32

from wfx.clock import from_us, to_us
from wfx.codec import dumps, loads
from wfx.entities import (
    Hook,
    HookStatus,
    Run,
    RunStatus,
    Step,
    StepStatus,
    Wait,
    WaitStatus,
)
from wfx.events import Call, Event, RunCreated, data_from_wire, data_text, iso_us, wire_text
from wfx.frozen import maker
from wfx.queues import QueueLimits, QueueState, QueueUse, Rate, WorkerInfo
from wfx.world import Head, ParkReason, StreamChunk, Task, TaskKind
from wfx_world_sql.database import Row

if TYPE_CHECKING:
    from wfx.values import Json

TOKEN_CHARACTERS: Final = 500
"""Longer tokens are kept and indexed by their hash."""

STRIPES: Final = 256
"""How many locks stand for all tokens."""

# Looking a value up costs a tenth of calling an Enum.
_RUN_STATUS: Final = {status.value: status for status in RunStatus}
_STEP_STATUS: Final = {status.value: status for status in StepStatus}
_HOOK_STATUS: Final = {status.value: status for status in HookStatus}
_WAIT_STATUS: Final = {status.value: status for status in WaitStatus}
_TASK_KIND: Final = {kind.value: kind for kind in TaskKind}
_NO_DIGESTS: Final = "[]"
_make_event, _make_step, _make_task = maker(Event), maker(Step), maker(Task)
_MICROSECOND: Final = timedelta(microseconds=1)

_REFUSED: Final = re.compile("[\0\\\\\ud800-\udfff]")
_ESCAPED: Final = re.compile(r"\\u([0-9a-f]{4})")
_HASHED: Final = "sha256:"
_quoted = json.encoder.encode_basestring_ascii


def text_out(text: str) -> str:
    """Text as every database takes it."""
    if _REFUSED.search(text) is None:
        return text
    return _REFUSED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def text_in(text: str) -> str:
    """What `text_out` was given."""
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _text_out(text: str | None) -> str | None:
    return None if text is None else text_out(text)


def _text_in(text: str | None) -> str | None:
    return None if text is None else text_in(text)


_name_out = lru_cache(maxsize=256)(text_out)
"""Names are the same again and again."""


def token_out(token: str) -> str:
    """A token as it is indexed."""
    if len(token) <= TOKEN_CHARACTERS and not token.startswith(_HASHED):
        return text_out(token)
    return _HASHED + sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def stripes(tokens: Iterable[str]) -> list[int]:
    """The locks that stand for tokens, in the order in which they are taken."""
    return sorted({crc32(token.encode()) % STRIPES for token in tokens})


class Texts:
    """The JSON texts of values, each made once: an event and its entity have one in common."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Json, str]] = {}
        """By identity; a value is kept, so that no other one gets its identity."""

    def __call__(self, value: Json) -> str:
        """The text of a value that nobody changes any more."""
        if type(value) is str:
            return _quoted(value)
        if type(value) is int:
            return str(value)
        made = self._made.get(id(value))
        if made is None:
            made = self._made[id(value)] = (value, dumps(value))
        return made[1]


def _json_out(value: Json) -> str | None:
    return None if value is None else dumps(value)


def _json_in(text: str | None) -> Any:
    return None if text is None else loads(text)


_us = lru_cache(maxsize=256)(to_us)
"""The same moments again: most of what a transaction writes happened at one."""


def _time_out(moment: datetime | None) -> int | None:
    return None if moment is None else _us(moment)


def _time_in(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)


# -- events -------------------------------------------------------------------------------


def event_row(event: Event, texts: Texts | None = None) -> Row:
    """A row of `event`."""
    data, legacy = event.texts or (data_text(event.data, texts or dumps), _json_out(event.legacy))
    return (
        event.run_id,
        event.position,
        event.event_id,
        event.data.type,
        event.correlation_id,
        _us(event.created_at),
        data,
        legacy,
    )


def event_line(row: Row) -> str:
    """The event of a row as text."""
    run_id, position, event_id, event_type, correlation_id, created_at, data, legacy = row
    return wire_text(
        *(event_id, run_id, position, event_type, correlation_id),
        *(iso_us(created_at), data, legacy),
    )


def event(row: Row) -> Event:
    """The event of a row."""
    run_id, position, event_id, event_type, correlation_id, created_at, data, legacy = row
    wire: Any = loads(data)
    return _make_event(
        event_id,
        run_id,
        position,
        from_us(created_at),
        data_from_wire(event_type, wire, where=f"{run_id} position {position}"),
        correlation_id,
        _json_in(legacy),
    )


# -- runs ---------------------------------------------------------------------------------


def run_row(head: Head) -> Row:
    """A row of `run`."""
    run = head.run
    return (
        run.run_id,
        text_out(run.workflow_name),
        text_out(run.deployment_id),
        run.status.value,
        _json_out(run.execution_context),
        _json_out(run.output),
        _json_out(run.error),
        _text_out(run.error_code),
        _text_out(run.cancel_reason),
        to_us(run.created_at),
        _time_out(run.started_at),
        _time_out(run.completed_at),
        to_us(run.updated_at),
        head.next_position,
        head.last_command,
        head.last_delivered,
    )


def run_move(head: Head) -> Row:
    """What an event about the run itself may change, and the run."""
    run = head.run
    return (
        run.status.value,
        _json_out(run.output),
        _json_out(run.error),
        _text_out(run.error_code),
        _text_out(run.cancel_reason),
        _time_out(run.started_at),
        _time_out(run.completed_at),
        to_us(run.updated_at),
        head.next_position,
        head.last_command,
        head.last_delivered,
        run.run_id,
    )


def run_bind(run: Run) -> Row:
    """What a late binding of its names changes, and the run."""
    return _json_out(run.execution_context), run.run_id


def steps_bind(run_id: str, recorded: str, name: str) -> Row:
    """The name of the tasks of a run's steps of a recorded name."""
    return text_out(name), run_id, run_id, text_out(recorded)


def run_extend(head: Head) -> Row:
    """What any event changes, and the run."""
    return head.next_position, head.last_command, head.last_delivered, head.run.run_id


def head(row: Row, created: str | None = None) -> Head:
    """The run of a row with its log's end; its input too if the data of event 0 is given."""
    run_input: Json = None
    kwargs: dict[str, Json] | None = None
    if created is not None:
        wire: Any = loads(created)
        data = data_from_wire(RunCreated.type, wire, where=f"{row[0]} position 0")
        assert isinstance(data, RunCreated)
        run_input, kwargs = data.input, data.kwargs
    return Head(
        Run(
            run_id=row[0],
            workflow_name=text_in(row[1]),
            deployment_id=text_in(row[2]),
            status=_RUN_STATUS[row[3]],
            input=run_input,
            kwargs=kwargs,
            execution_context=_json_in(row[4]),
            output=_json_in(row[5]),
            error=_json_in(row[6]),
            error_code=_text_in(row[7]),
            cancel_reason=_text_in(row[8]),
            created_at=from_us(row[9]),
            started_at=_time_in(row[10]),
            completed_at=_time_in(row[11]),
            updated_at=from_us(row[12]),
        ),
        row[13],
        row[14],
        row[15],
    )


# -- steps, hooks, waits ------------------------------------------------------------------


# What is often made says itself what becomes of None: a call for each takes longer than the rest.


def step_row(step: Step, first: int, last: int, texts: Texts | None = None) -> Row:
    """A row of `step`; its events lie between two positions."""
    call = step.call
    texts = texts or Texts()
    return (
        step.run_id,
        step.step_id,
        None if step.step_name is None else _name_out(step.step_name),
        step.status._value_,
        step.attempt,
        step.failures,
        texts(step.input),
        None if step.kwargs is None else texts(step.kwargs),
        None if step.output is None else texts(step.output),
        None if step.error is None else texts(step.error),
        _name_out(step.queue),
        None if step.retry_after is None else _us(step.retry_after),
        None if call is None else f"[{_quoted(call.scope)},{call.ordinal},{_quoted(call.place)}]",
        _us(step.created_at),
        None if step.first_started_at is None else _us(step.first_started_at),
        None if step.completed_at is None else _us(step.completed_at),
        _us(step.updated_at),
        first,
        last,
    )


def step_move(step: Step, last: int, texts: Texts | None = None) -> Row:
    """What events after the first may change, and the step."""
    texts = texts or Texts()
    return (
        step.status._value_,
        step.attempt,
        step.failures,
        None if step.output is None else texts(step.output),
        None if step.error is None else texts(step.error),
        None if step.retry_after is None else _us(step.retry_after),
        None if step.first_started_at is None else _us(step.first_started_at),
        None if step.completed_at is None else _us(step.completed_at),
        _us(step.updated_at),
        last,
        step.run_id,
        step.step_id,
    )


def step(row: Row) -> Step:
    """The step of a row."""
    call: Any = _json_in(row[12])
    return _make_step(
        run_id=row[0],
        step_id=row[1],
        step_name=_text_in(row[2]),
        status=_STEP_STATUS[row[3]],
        attempt=row[4],
        failures=row[5],
        input=_json_in(row[6]),
        kwargs=_json_in(row[7]),
        output=_json_in(row[8]),
        error=_json_in(row[9]),
        queue=text_in(row[10]),
        retry_after=_time_in(row[11]),
        call=None if call is None else Call(*call),
        created_at=from_us(row[13]),
        first_started_at=_time_in(row[14]),
        completed_at=_time_in(row[15]),
        updated_at=from_us(row[16]),
    )


def hook_row(hook: Hook, first: int, last: int) -> Row:
    """A row of `hook`; its events lie between two positions."""
    token = None if hook.token is None else token_out(hook.token)
    hashed = token is not None and token.startswith(_HASHED)
    return (
        hook.hook_id,
        hook.run_id,
        token,
        _text_out(hook.token) if hashed else None,
        hook.status.value,
        _json_out(hook.schema),
        _json_out(hook.metadata),
        hook.received,
        to_us(hook.created_at),
        _time_out(hook.disposed_at),
        first,
        last,
    )


def hook_move(hook: Hook, last: int) -> Row:
    """What events after the first may change, and the hook."""
    return hook.status.value, hook.received, _time_out(hook.disposed_at), last, hook.hook_id


def hook(row: Row) -> Hook:
    """The hook of a row."""
    return Hook(
        hook_id=row[0],
        run_id=row[1],
        token=_text_in(row[2] if row[3] is None else row[3]),
        status=_HOOK_STATUS[row[4]],
        schema=_json_in(row[5]),
        metadata=_json_in(row[6]),
        received=row[7],
        created_at=from_us(row[8]),
        disposed_at=_time_in(row[9]),
    )


def wait_row(wait: Wait, first: int, last: int) -> Row:
    """A row of `wait`; its events lie between two positions."""
    return (
        wait.run_id,
        wait.wait_id,
        wait.status.value,
        wait.delay,
        to_us(wait.resume_at),
        to_us(wait.created_at),
        _time_out(wait.completed_at),
        first,
        last,
    )


def wait_move(wait: Wait, last: int) -> Row:
    """What events after the first may change, and the wait."""
    return wait.status.value, _time_out(wait.completed_at), last, wait.run_id, wait.wait_id


def wait(row: Row) -> Wait:
    """The wait of a row."""
    return Wait(
        run_id=row[0],
        wait_id=row[1],
        status=_WAIT_STATUS[row[2]],
        delay=row[3],
        resume_at=from_us(row[4]),
        created_at=from_us(row[5]),
        completed_at=_time_in(row[6]),
    )


# -- tasks, chunks ------------------------------------------------------------------------


def _task_state(task: Task) -> Row:
    claimable_at = task.ready_at if task.owner is None else task.lease_until
    return (
        _time_out(claimable_at),
        None if task.owner is None else _name_out(task.owner),
        task.fence,
        task.deaths,
        task.abandoned,
        None if task.parked is None else task.parked.value,
        _json_out(task.parked_detail),
        dumps(list(task.parked_digests)) if task.parked_digests else _NO_DIGESTS,
    )


def task_row(task: Task) -> Row:
    """A row of `task`."""
    return (
        task.task_id,
        task.kind._value_,
        task.run_id,
        _name_out(task.name),
        _name_out(task.queue),
        *_task_state(task),
        task.priority,
        _name_out(task.key),
    )


def task_move(task: Task) -> Row:
    """What claims and events may change, and the task."""
    return (*_task_state(task), task.task_id)


def task(row: Row) -> Task:
    """The task of a row."""
    owner, at = _text_in(row[6]), _time_in(row[5])
    digests: tuple[str, ...] = ()
    if row[12] != _NO_DIGESTS:
        digests = tuple(cast("list[str]", loads(row[12])))
    return _make_task(
        task_id=row[0],
        kind=_TASK_KIND[row[1]],
        run_id=row[2],
        name=text_in(row[3]),
        queue=text_in(row[4]),
        priority=row[13],
        key=text_in(row[14]),
        ready_at=at if owner is None else None,
        owner=owner,
        fence=row[7],
        lease_until=None if owner is None else at,
        deaths=row[8],
        abandoned=bool(row[9]),
        parked=None if row[10] is None else ParkReason(row[10]),
        parked_detail=_json_in(row[11]),
        parked_digests=digests,
    )


def chunk_row(run_id: str, chunk: StreamChunk, number: int, created_at: int) -> Row:
    """A row of `chunk`."""
    at = (run_id, text_out(chunk.stream), number)
    return (*at, bytes(chunk.data), chunk.step_id, chunk.attempt, created_at)


def chunk(row: Row) -> StreamChunk:
    """The chunk of a row."""
    run_id, stream, number, data, step_id, attempt, created_at = row
    return StreamChunk(
        run_id, text_in(stream), number, bytes(data), step_id, attempt, from_us(created_at)
    )


# -- queues, workers ----------------------------------------------------------------------


def _rate_out(rate: Rate | None) -> Row:
    return (None, None) if rate is None else (rate.count, rate.per // _MICROSECOND)


def _rate_in(count: int | None, period: int | None) -> Rate | None:
    return None if count is None or period is None else Rate(count, period * _MICROSECOND)


def limits_row(queue: str, limits: QueueLimits) -> Row:
    """A row of `queue_limit`."""
    return (
        text_out(queue),
        limits.concurrency,
        *_rate_out(limits.rate),
        limits.concurrency_per_key,
        *_rate_out(limits.rate_per_key),
    )


def limits(row: Row) -> tuple[str, QueueLimits]:
    """The queue and the limits of a row."""
    return text_in(row[0]), QueueLimits(
        concurrency=row[1],
        rate=_rate_in(row[2], row[3]),
        concurrency_per_key=row[4],
        rate_per_key=_rate_in(row[5], row[6]),
    )


def queue_use(row: Row) -> QueueUse:
    """What is used of a queue's limits, by the counts of a row."""
    return QueueUse(text_in(row[0]), text_in(row[1]), *map(int, row[2:]))


def queue_state(row: Row) -> QueueState:
    """The counts of a queue."""
    ready, running, delayed, suspended, waits, waits_due, parked = map(int, row[1:8])
    return QueueState(
        queue=text_in(row[0]),
        ready=ready,
        running=running,
        delayed=delayed,
        suspended=suspended,
        waits=waits,
        waits_due=waits_due,
        parked=parked,
        oldest_ready_at=_time_in(row[8]),
    )


def worker_row(worker: WorkerInfo) -> Row:
    """A row of `worker`."""
    return (
        text_out(worker.owner),
        dumps(list(worker.workflows)),
        None if worker.queues is None else dumps(list(worker.queues)),
        worker.slots,
        to_us(worker.since),
        to_us(worker.seen_until),
    )


def worker(row: Row) -> WorkerInfo:
    """The worker of a row."""
    return WorkerInfo(
        owner=text_in(row[0]),
        workflows=tuple(_json_in(row[1])),
        queues=None if row[2] is None else tuple(_json_in(row[2])),
        slots=row[3],
        since=from_us(row[4]),
        seen_until=from_us(row[5]),
    )
