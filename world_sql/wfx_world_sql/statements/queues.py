"""What is kept about queues: their limits, what waits in them, who serves them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, and_, case, delete, func, literal_column, or_, select, text, union_all
from sqlalchemy.sql import ColumnElement

from wfx_world_sql.statements.clauses import ZERO, P, insertion, word, written
from wfx_world_sql.statements.dialects import Dialect, Statements
from wfx_world_sql.tables import QUEUE_LIMIT, QUEUE_START, TASK, WORKER


def limits(db: Dialect) -> Statements:
    """The limits of queues, and how much of each is used up."""
    every = select(*QUEUE_LIMIT.columns)
    yield "limits", every
    yield (
        "limits_lock",
        every.where(db.among(QUEUE_LIMIT.c.queue, "queues"))
        .order_by(QUEUE_LIMIT.c.queue)
        .with_for_update(),
    )
    yield "limits_set", _upsertion(db, QUEUE_LIMIT, "queue")
    yield "limits_drop", delete(QUEUE_LIMIT).where(QUEUE_LIMIT.c.queue == P("key_queue"))
    clock = _clock(db)
    held = (
        select(TASK.c.queue, TASK.c.queue_key, func.count(), ZERO, ZERO)
        .where(
            TASK.c.owner.is_not(None),
            TASK.c.kind == word("step"),
            TASK.c.claimable_at > clock.c.at,
            db.among(TASK.c.queue, "held_queues"),
        )
        .group_by(TASK.c.queue, TASK.c.queue_key)
    )

    def within(period: ColumnElement[int]) -> ColumnElement[int]:
        since = clock.c.at - func.coalesce(period, ZERO)
        return func.sum(case((QUEUE_START.c.at > since, QUEUE_START.c["count"]), else_=ZERO))

    started = (
        select(
            QUEUE_START.c.queue,
            QUEUE_START.c.queue_key,
            ZERO,
            within(QUEUE_LIMIT.c.rate_period),
            within(QUEUE_LIMIT.c.rate_per_key_period),
        )
        .select_from(QUEUE_START)
        .join(QUEUE_LIMIT, QUEUE_LIMIT.c.queue == QUEUE_START.c.queue)
        .join(clock, text("TRUE"))
        .where(db.among(QUEUE_START.c.queue, "started_queues"))
        .group_by(QUEUE_START.c.queue, QUEUE_START.c.queue_key)
    )
    yield "queue_uses", union_all(held, started)
    yield "start_insert", insertion(QUEUE_START)
    yield (
        "start_prune",
        delete(QUEUE_START).where(
            QUEUE_START.c.queue == P("key_queue"), QUEUE_START.c.at <= P("before")
        ),
    )


def workers(db: Dialect) -> Statements:
    """Who serves the queues."""
    yield "worker_put", _upsertion(db, WORKER, "owner")
    yield "worker_drop", delete(WORKER).where(WORKER.c.owner == P("key_owner"))
    yield "worker_prune", delete(WORKER).where(WORKER.c.seen_until <= P("before"))
    yield (
        "workers",
        select(*WORKER.columns)
        .where(WORKER.c.seen_until > select(db.now()).scalar_subquery())
        .order_by(WORKER.c.owner),
    )


def overview(db: Dialect) -> Statements:
    """The tasks of each queue, counted as `wfx.claims.standing` does."""
    clock = _clock(db)
    at = TASK.c.claimable_at
    unparked = TASK.c.parked.is_(None)
    wait = TASK.c.kind == word("wait")
    work = and_(unparked, TASK.c.kind != word("wait"))
    ready = and_(work, at <= clock.c.at, text("NOT task.abandoned"))
    standings = (
        ready,
        and_(work, TASK.c.owner.is_not(None), or_(at > clock.c.at, text("task.abandoned"))),
        and_(work, TASK.c.owner.is_(None), at > clock.c.at),
        and_(work, at.is_(None)),
        and_(unparked, wait, at > clock.c.at),
        and_(unparked, wait, at <= clock.c.at),
        TASK.c.parked.is_not(None),
    )
    one: ColumnElement[int] = literal_column("1")
    yield (
        "overview",
        select(
            TASK.c.queue,
            *(func.sum(case((standing, one), else_=ZERO)) for standing in standings),
            func.min(case((ready, at))),
        )
        .select_from(TASK)
        .join(clock, text("TRUE"))
        .group_by(TASK.c.queue)
        .order_by(TASK.c.queue),
    )


def _clock(db: Dialect) -> CTE:
    return select(db.now().label("at")).cte("clock")


def _upsertion(db: Dialect, table: Any, key: str) -> Any:
    made = db.insertion(table)
    others = [name for name in written(table) if name != key]
    return made.on_conflict_do_update(
        index_elements=[key], set_={name: made.excluded[name] for name in others}
    )
