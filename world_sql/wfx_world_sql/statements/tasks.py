"""The tasks: what may be claimed, who holds what, and what will be ready when."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ScalarSelect, and_, case, func, or_, select

from wfx_world_sql.statements.clauses import ZERO, P, columns, word
from wfx_world_sql.statements.dialects import Dialect, Statements
from wfx_world_sql.statements.filterable import Filterable
from wfx_world_sql.tables import TASK, WAIT

_CODE_REASONS: Final = ("divergence", "violation")
_RANKLESS: Final = TASK.c.priority == ZERO


def claims(db: Dialect) -> Statements:
    """Which tasks a worker takes, and how it keeps them."""
    claimable = select(*columns(TASK)).where(TASK.c.claimable_at <= _now(db))
    filters = {
        "kinds": db.among(TASK.c.kind, "kinds"),
        "queues": db.among(TASK.c.queue, "queues"),
        "names": db.among(TASK.c.name, "names"),
        "run_id": TASK.c.run_id == P("run_id"),
    }
    order = (TASK.c.claimable_at, TASK.c.number)
    # Those that have no limits, or none that is used up.
    free = and_(
        or_(TASK.c.kind != word("step"), ~db.among(TASK.c.queue, "full_queues")),
        or_(TASK.c.kind != word("step"), ~db.pair_among(TASK.c.queue, TASK.c.queue_key, "full")),
    )
    # One query for each sort of priority, since each has an index in the order it wants. A
    # database sees that a partial one fits when the text has its words.
    for name, band in (
        ("urgent", and_(TASK.c.priority != ZERO, TASK.c.priority < ZERO)),
        ("ready", _RANKLESS),
        ("patient", and_(TASK.c.priority != ZERO, TASK.c.priority > ZERO)),
    ):
        yield (
            f"claim_{name}",
            Filterable(
                claimable.where(TASK.c.parked.is_(None), band),
                {**filters, "free": free},
                order=order if name == "ready" else (TASK.c.priority, *order),
                skip_locked=True,
            ),
        )
    yield (
        "claim_parked",
        Filterable(
            claimable.where(
                TASK.c.parked.is_not(None),
                TASK.c.parked.in_([word(reason) for reason in _CODE_REASONS]),
            ),
            {**filters, "digest": db.lacks(TASK.c.parked_digests, "digest")},
            order=order,
            skip_locked=True,
        ),
    )
    yield "extend", db.extend


def tasks(db: Dialect) -> Statements:
    """Tasks as they are, whoever asks."""
    yield "tasks_get", select(*columns(TASK)).where(db.among(TASK.c.task_id, "task_ids"))
    yield "task_get", select(*columns(TASK)).where(TASK.c.task_id == P("task_id"))
    yield (
        "tasks_of_owner",
        select(*columns(TASK))
        .where(TASK.c.owner == P("owner"))
        .order_by(TASK.c.task_id)
        .with_for_update(),
    )
    named = TASK.alias("named")
    of_run = select(named.c.run_id).where(named.c.task_id == P("task_id")).scalar_subquery()
    # At once, for the order of their locks is that of a run's end. And found by their run: an
    # index of all that is parked would give what is held of every run.
    yield (
        "tasks_held",
        select(*columns(TASK))
        .where(
            or_(
                TASK.c.task_id == P("task_id"),
                and_(
                    TASK.c.run_id == of_run, func.coalesce(TASK.c.parked, word("")) == word("held")
                ),
            )
        )
        .order_by(TASK.c.task_id)
        .with_for_update(),
    )
    yield (
        "holders",
        select(TASK.c.owner, func.count())
        .where(TASK.c.owner.is_not(None))
        .group_by(TASK.c.owner)
        .order_by(TASK.c.owner),
    )
    ready_at = case((TASK.c.owner.is_(None), TASK.c.claimable_at))
    yield (
        "task_list",
        Filterable(
            select(*columns(TASK)),
            {
                "run_id": TASK.c.run_id == P("run_id"),
                "kind": TASK.c.kind == P("kind"),
                "parked": TASK.c.parked.is_not(None),
                "unparked": TASK.c.parked.is_(None),
                "held": TASK.c.owner.is_not(None),
                "unheld": TASK.c.owner.is_(None),
            },
            order=(TASK.c.parked.is_not(None), ready_at.is_(None), ready_at, TASK.c.number),
        ),
    )


def moments(db: Dialect) -> Statements:
    """When the next task will be ready, and which waits are due."""
    for name, band in (("next_ready", _RANKLESS), ("next_ranked", TASK.c.priority != ZERO)):
        yield (
            name,
            Filterable(
                select(TASK.c.claimable_at).where(
                    TASK.c.owner.is_(None),
                    TASK.c.parked.is_(None),
                    band,
                    TASK.c.claimable_at.is_not(None),
                ),
                {
                    "kinds": db.among(TASK.c.kind, "kinds"),
                    "run_id": TASK.c.run_id == P("run_id"),
                },
                order=(TASK.c.claimable_at,),
            ),
        )
    due = (
        select(TASK.c.run_id, TASK.c.task_id)
        .join(WAIT, and_(WAIT.c.run_id == TASK.c.run_id, WAIT.c.wait_id == TASK.c.task_id))
        .where(
            TASK.c.kind == word("wait"),
            TASK.c.parked.is_(None),
            _RANKLESS,
            TASK.c.claimable_at <= _now(db),
        )
    )
    yield (
        "due",
        Filterable(
            due,
            {"run_id": TASK.c.run_id == P("run_id")},
            order=(WAIT.c.resume_at, WAIT.c.first_position),
        ),
    )
    yield (
        "due_waits",
        select(*columns(WAIT))
        .join(TASK, TASK.c.task_id == WAIT.c.wait_id)
        .where(
            db.among(WAIT.c.run_id, "run_ids"),
            db.among(WAIT.c.wait_id, "wait_ids"),
            WAIT.c.status == word("waiting"),
        )
        .order_by(WAIT.c.resume_at, WAIT.c.first_position),
    )


def _now(db: Dialect) -> ScalarSelect[int]:
    return select(db.now()).scalar_subquery()
