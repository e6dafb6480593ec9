"""What an append reads and writes."""

from __future__ import annotations

from typing import Final

from sqlalchemy import and_, delete, or_, select, text, update

from wfx_world_sql.statements.clauses import ZERO, P, change, columns, insertion, word
from wfx_world_sql.statements.dialects import Dialect, Statements
from wfx_world_sql.tables import EVENT, FOUND_BY_ID, HOOK, RUN, STEP, TASK, WAIT

_STEP_MOVES: Final = (
    *("status", "attempt", "failures", "output", "error", "retry_after"),
    *("first_started_at", "completed_at", "updated_at", "last_position"),
)
_HOOK_MOVES: Final = ("status", "received", "disposed_at", "last_position")
_WAIT_MOVES: Final = ("status", "completed_at", "last_position")
_RUN_ENDS_AT: Final = ("next_position", "last_command", "last_delivered")
_RUN_MOVES: Final = (
    *("status", "output", "error", "error_code", "cancel_reason"),
    *("started_at", "completed_at", "updated_at", *_RUN_ENDS_AT),
)
_TASK_MOVES: Final = (
    *("claimable_at", "owner", "fence", "deaths", "abandoned"),
    *("parked", "parked_detail", "parked_digests"),
)


def reads(db: Dialect) -> Statements:
    """What an append locks, and what it must know."""
    yield "now", select(db.now())
    yield (
        "run_lock",
        select(db.now(), *columns(RUN)).where(RUN.c.run_id == P("run_id")).with_for_update(),
    )
    yield "name_lock", db.name_lock
    yield (
        "runs_lock",
        select(*columns(RUN))
        .where(db.among(RUN.c.run_id, "run_ids"))
        .order_by(RUN.c.run_id)
        .with_for_update(),
    )
    yield (
        "tasks_lock",
        select(*columns(TASK))
        .where(db.among(TASK.c.task_id, "task_ids"))
        .order_by(TASK.c.task_id)
        .with_for_update(),
    )
    yield "close_lock", db.close_lock
    for name, table, key in (
        ("steps_load", STEP, STEP.c.step_id),
        ("hooks_load", HOOK, HOOK.c.hook_id),
        ("waits_load", WAIT, WAIT.c.wait_id),
    ):
        yield (
            name,
            select(*columns(table)).where(table.c.run_id == P("run_id"), db.among(key, "ids")),
        )
    # The same for many runs at once.
    yield "steps_of_runs", text(db.named_pairs(STEP, "step_id"))
    yield "hooks_of_runs", select(*columns(HOOK)).where(db.among(HOOK.c.hook_id, "ids"))
    yield "waits_of_runs", text(db.named_pairs(WAIT, "wait_id"))
    yield (
        "created_data_of_runs",
        select(EVENT.c.run_id, EVENT.c.data).where(
            db.among(EVENT.c.run_id, "run_ids"), EVENT.c.position == ZERO
        ),
    )
    yield "tokens_lock", db.tokens_lock
    yield (
        "tokens_load",
        select(*columns(HOOK)).where(
            db.among(HOOK.c.token, "tokens"), HOOK.c.status == word("active")
        ),
    )
    yield (
        "events_stored",
        select(*columns(EVENT)).where(
            EVENT.c.run_id == P("run_id"),
            EVENT.c.position >= P("first"),
            EVENT.c.position <= P("last"),
            db.among(EVENT.c.event_id, "event_ids"),
        ),
    )
    yield (
        "events_known",
        # Without the run's id, or SQLite would rather look at all of the run's events.
        select(*columns(EVENT)).where(
            db.among(EVENT.c.event_id, "event_ids"),
            EVENT.c.event_type.in_([word(kind) for kind in FOUND_BY_ID]),
        ),
    )


def writes(db: Dialect) -> Statements:
    """What an append leaves behind."""
    yield "run_insert", db.insertion(RUN).on_conflict_do_nothing()
    yield "run_move", change(RUN, _RUN_MOVES, "run_id")
    yield "run_extend", change(RUN, _RUN_ENDS_AT, "run_id")
    yield "event_insert", insertion(EVENT)
    yield "step_insert", insertion(STEP)
    yield "step_move", change(STEP, _STEP_MOVES, "run_id", "step_id")
    yield "hook_insert", insertion(HOOK)
    yield "hook_move", change(HOOK, _HOOK_MOVES, "hook_id")
    yield "wait_insert", insertion(WAIT)
    yield "wait_move", change(WAIT, _WAIT_MOVES, "run_id", "wait_id")
    yield "task_insert", insertion(TASK)
    yield "task_move", change(TASK, _TASK_MOVES, "task_id")
    yield "run_bind", change(RUN, ("execution_context",), "run_id")
    yield "task_bind", change(TASK, ("name",), "task_id")
    named = select(STEP.c.step_id).where(
        STEP.c.run_id == P("of_run_id"), STEP.c.step_name == P("step_name")
    )
    yield (
        "steps_bind",
        update(TASK)
        .values(name=P("name"))
        .where(
            TASK.c.run_id == P("key_run_id"),
            TASK.c.kind == word("step"),
            TASK.c.task_id.in_(named),
        ),
    )
    yield "task_delete", delete(TASK).where(TASK.c.task_id == P("task_id"))
    yield (
        "run_wake",
        update(TASK)
        .values(claimable_at=P("at"))
        .where(
            TASK.c.task_id == P("task_id"),
            TASK.c.owner.is_(None),
            TASK.c.parked.is_(None),
            or_(TASK.c.claimable_at.is_(None), TASK.c.claimable_at > P("later_than")),
        ),
    )
    yield (
        "close_hooks",
        update(HOOK)
        .values(status=word("disposed"), disposed_at=P("at"))
        .where(HOOK.c.run_id == P("key_run_id"), HOOK.c.status == word("active")),
    )
    yield (
        "close_waits",
        update(WAIT)
        .values(status=word("cancelled"), completed_at=P("at"))
        .where(WAIT.c.run_id == P("key_run_id"), WAIT.c.status == word("waiting")),
    )
    kept = and_(TASK.c.kind == word("step"), TASK.c.owner.is_not(None))
    yield "close_tasks", delete(TASK).where(TASK.c.run_id == P("run_id"), ~kept)
    yield (
        "abandon_tasks",
        update(TASK).values(abandoned=text("TRUE")).where(TASK.c.run_id == P("run_id")),
    )
    yield "notify", db.notify
