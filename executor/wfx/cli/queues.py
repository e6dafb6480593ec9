"""Queues, claims and workers as lines or as one JSON object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Final

from wfx.cli import output, words
from wfx.errors import WorldError, WorldUnavailable
from wfx.events import iso
from wfx.queues import NO_LIMITS, QueueLimits, QueueState, WorkerInfo
from wfx.workers.presence import Presence, describe_owner, owner_parts
from wfx.world import TaskKind

if TYPE_CHECKING:
    from wfx.client import Client
    from wfx.values import Json
    from wfx.world import Task, World

_HELD_MAX: Final = 1000
_HELD_SHOWN: Final = 10
_READY_LOOKED_AT: Final = 200
_HEADING: Final = (
    *("QUEUE", "READY", "OLDEST", "RUNNING", "DELAYED", "SUSPENDED", "WAITS", "DUE", "PARKED"),
    *("SERVED BY", "LIMITS"),
)


def show_queues(client: Client, *, as_json: bool) -> None:
    """`wfx queue`."""
    queue = client.world.queue
    now, limits = queue.now(), queue.limits()
    states = {state.queue: state for state in queue.overview()}
    for name in limits:
        states.setdefault(name, QueueState(queue=name))
    held = queue.list(held=True, limit=_HELD_MAX)
    with Presence() as presence:
        workers = [w for w in queue.workers() if not presence.is_dead(w.owner)]
    lacking = _lacking(queue.list(held=False, parked=False, limit=_READY_LOOKED_AT), workers, now)
    shown = [states[name] for name in sorted(states)]
    unwritable = _unwritable(client.world)
    if as_json:
        told = _object(shown, limits, held, workers, lacking, now)
        output.json_object({**told, "unwritable": unwritable})
        return
    if unwritable is not None:
        output.note(f"nothing goes on now: {unwritable}")
    if not shown and not workers:
        output.note("nothing to do, and no worker")
        return
    if shown:
        output.table([_HEADING, *(_row(state, limits, workers, now) for state in shown)])
    for worker in workers:
        output.line()
        output.line(_worker_line(worker, now))
        _held_lines([task for task in held if task.owner == worker.owner], now)
    known = {worker.owner for worker in workers}
    for owner, tasks in _by_owner([task for task in held if task.owner not in known]):
        output.line()
        output.line(f"{describe_owner(owner)} (said no worker of itself)")
        _held_lines(tasks, now)
    for text in _warnings(shown, workers, lacking, now):
        output.note(text)


def _unwritable(world: World) -> str | None:
    """Why the world cannot be written now; None if it can."""
    try:
        world.check_writable()
    except WorldError as error:
        return error.reason if isinstance(error, WorldUnavailable) else str(error)
    return None


# -- text ---------------------------------------------------------------------------------


def _row(
    state: QueueState,
    limits: Mapping[str, QueueLimits],
    workers: Sequence[WorkerInfo],
    now: datetime,
) -> tuple[str, ...]:
    serving = sum(worker.serves(state.queue) for worker in workers)
    return (
        state.queue,
        str(state.ready),
        _age(state.oldest_ready_at, now) if state.oldest_ready_at else "-",
        str(state.running),
        str(state.delayed),
        str(state.suspended),
        str(state.waits),
        str(state.waits_due),
        str(state.parked),
        f"{serving} worker{'s' * (serving != 1)}" if serving else "nobody",
        limits_text(limits.get(state.queue, NO_LIMITS)),
    )


def _age(since: datetime, now: datetime) -> str:
    return words.span((now - since).total_seconds())


def _worker_line(worker: WorkerInfo, now: datetime) -> str:
    queues = "all queues" if worker.queues is None else f"queues {', '.join(worker.queues)}"
    names = words.listed(worker.workflows) or "no workflows"
    since = _age(worker.since, now)
    return f"{describe_owner(worker.owner)}, for {since}: {names}; {queues}, {worker.slots} slots"


def _held_lines(tasks: Sequence[Task], now: datetime) -> None:
    for task in tasks[:_HELD_SHOWN]:
        what = task.run_id if task.kind is TaskKind.RUN else f"{task.task_id} of {task.run_id}"
        output.line(f"  {task.kind} {task.name} {what}, {_lease_text(task, now)}")
    if len(tasks) > _HELD_SHOWN:
        output.line(f"  … and {len(tasks) - _HELD_SHOWN} more")


def _lease_text(task: Task, now: datetime) -> str:
    if task.lease_until is None:
        return "without a lease"
    left = (task.lease_until - now).total_seconds()
    if left > 0:
        return f"lease for {words.span(left)}"
    return f"lease ran out {words.span(-left)} ago"


def limits_text(limits: QueueLimits) -> str:
    """Limits in words."""
    parts = []
    for most, rate, suffix in (
        (limits.concurrency, limits.rate, ""),
        (limits.concurrency_per_key, limits.rate_per_key, " per key"),
    ):
        if most is not None:
            parts.append(f"{most} at once{suffix}")
        if rate is not None:
            parts.append(f"{rate}{suffix}")
    return ", ".join(parts) or "-"


def _by_owner(tasks: Sequence[Task]) -> list[tuple[str, list[Task]]]:
    ordered = sorted(tasks, key=lambda task: task.owner or "")
    return [(owner, list(some)) for owner, some in groupby(ordered, lambda t: t.owner or "")]


# -- what should worry ------------------------------------------------------------------------


def _lacking(
    ready: Sequence[Task], workers: Sequence[WorkerInfo], now: datetime
) -> dict[str, list[Task]]:
    """Runs that are ready and whose workflow no worker has, by workflow; oldest first."""
    known = {name for worker in workers for name in worker.workflows}
    found: dict[str, list[Task]] = {}
    for task in ready:
        is_ready = task.ready_at is not None and task.ready_at <= now
        if task.kind is TaskKind.RUN and is_ready and task.name not in known:
            found.setdefault(task.name, []).append(task)
    return found


def _warnings(
    states: Sequence[QueueState],
    workers: Sequence[WorkerInfo],
    lacking: Mapping[str, Sequence[Task]],
    now: datetime,
) -> list[str]:
    texts = []
    for state in states:
        if state.ready and not any(worker.serves(state.queue) for worker in workers):
            texts.append(
                f"{state.queue}: {state.ready} ready, and no worker serves this queue; start one "
                f"with `wfx worker MODULE --queues {state.queue}`"
            )
    for name, tasks in lacking.items():
        first = tasks[0]
        assert first.ready_at is not None  # it is ready
        texts.append(
            f"{name}: no worker has this workflow; {first.run_id} has been ready for "
            f"{_age(first.ready_at, now)}"
        )
    return texts


# -- JSON ---------------------------------------------------------------------------------


def _object(
    states: Sequence[QueueState],
    limits: Mapping[str, QueueLimits],
    held: Sequence[Task],
    workers: Sequence[WorkerInfo],
    lacking: Mapping[str, Sequence[Task]],
    now: datetime,
) -> dict[str, Json]:
    return {
        "queues": [
            {
                **_queue_object(state, now),
                "servedBy": [w.owner for w in workers if w.serves(state.queue)],
                "limits": limits_object(limits.get(state.queue, NO_LIMITS)),
            }
            for state in states
        ],
        "workers": [_worker_object(worker) for worker in workers],
        "claims": [_claim_object(task) for task in held],
        "withoutWorker": [
            {"workflowName": name, "runIds": [task.run_id for task in tasks]}
            for name, tasks in lacking.items()
        ],
    }


def _queue_object(state: QueueState, now: datetime) -> dict[str, Json]:
    oldest = state.oldest_ready_at
    return {
        "queue": state.queue,
        "ready": state.ready,
        "oldestReadyAt": None if oldest is None else iso(oldest),
        "oldestReadySeconds": None if oldest is None else (now - oldest).total_seconds(),
        "running": state.running,
        "delayed": state.delayed,
        "suspended": state.suspended,
        "waits": state.waits,
        "waitsDue": state.waits_due,
        "parked": state.parked,
    }


def _worker_object(worker: WorkerInfo) -> dict[str, Json]:
    return {
        **_owner_object(worker.owner),
        "workflows": list(worker.workflows),
        "queues": None if worker.queues is None else list(worker.queues),
        "slots": worker.slots,
        "since": iso(worker.since),
    }


def _claim_object(task: Task) -> dict[str, Json]:
    return {
        **_owner_object(task.owner or ""),
        "taskId": task.task_id,
        "kind": str(task.kind),
        "runId": task.run_id,
        "name": task.name,
        "queue": task.queue,
        "leaseUntil": None if task.lease_until is None else iso(task.lease_until),
    }


def _owner_object(owner: str) -> dict[str, Json]:
    host, pid = owner_parts(owner) or (None, None)
    return {"owner": owner, "host": host, "pid": pid}


def limits_object(limits: QueueLimits) -> dict[str, Json]:
    """Limits as `--json` shows them; those that hold."""
    shown: dict[str, Json] = {
        "concurrency": limits.concurrency,
        "rate": None if limits.rate is None else str(limits.rate),
        "concurrencyPerKey": limits.concurrency_per_key,
        "ratePerKey": None if limits.rate_per_key is None else str(limits.rate_per_key),
    }
    return {name: value for name, value in shown.items() if value is not None}
