"""The entities of runs, one or many."""

from __future__ import annotations

from sqlalchemy import and_, literal_column, select, text

from wfx_world_sql.statements.clauses import ZERO, P, columns, without, word
from wfx_world_sql.statements.dialects import Dialect, Statements
from wfx_world_sql.statements.filterable import Filterable
from wfx_world_sql.tables import EVENT, HOOK, RUN, STEP, TASK, WAIT


def runs(db: Dialect) -> Statements:
    """Runs, without their payloads and with them."""
    plain = without(RUN, "output")
    yield "run_end", select(RUN.c.next_position).where(RUN.c.run_id == P("run_id"))
    yield "heads", select(*plain).where(db.among(RUN.c.run_id, "run_ids"))
    yield "run_plain", select(*plain).where(RUN.c.run_id == P("run_id"))
    first = and_(EVENT.c.run_id == RUN.c.run_id, EVENT.c.position == ZERO)
    whole = select(*columns(RUN), EVENT.c.data).select_from(RUN).join(EVENT, first)
    yield "run_whole", whole.where(RUN.c.run_id == P("run_id"))
    yield (
        "run_created_data",
        select(EVENT.c.data).where(EVENT.c.run_id == P("run_id"), EVENT.c.position == ZERO),
    )
    is_parked = (
        select(TASK.c.number)
        .where(TASK.c.task_id == RUN.c.run_id, TASK.c.parked.is_not(None))
        .exists()
    )
    is_parked_for = (
        select(TASK.c.number)
        .where(TASK.c.task_id == RUN.c.run_id, TASK.c.parked == P("reason"))
        .exists()
    )
    is_in_queue = (
        select(TASK.c.number)
        .where(
            TASK.c.run_id == RUN.c.run_id,
            TASK.c.kind == word("step"),
            TASK.c.queue == P("queue"),
        )
        .exists()
    )
    key = (RUN.c.created_at, RUN.c.run_id)
    run_filters = {
        "status": RUN.c.status == P("status"),
        "workflow_name": RUN.c.workflow_name == P("workflow_name"),
        "created_after": RUN.c.created_at > P("created_after"),
        "created_before": RUN.c.created_at < P("created_before"),
        "parked": is_parked,
        "parked_for": is_parked_for,
        "unparked": ~is_parked,
        "queue": is_in_queue,
        "past_up": text("(run.created_at, run.run_id) > (:created_at, :run_id)"),
        "past_down": text("(run.created_at, run.run_id) < (:created_at, :run_id)"),
    }
    for name, base in (("plain", select(*plain)), ("whole", whole)):
        yield f"runs_{name}_up", Filterable(base, run_filters, order=key)
        down = tuple(column.desc() for column in key)
        yield f"runs_{name}_down", Filterable(base, run_filters, order=down)


def steps() -> Statements:
    """Steps, without their payloads and with them."""
    step_plain = without(STEP, "input", "kwargs", "output")
    for name, shown in (("plain", step_plain), ("whole", columns(STEP))):
        yield (
            f"step_{name}",
            select(*shown).where(STEP.c.run_id == P("run_id"), STEP.c.step_id == P("step_id")),
        )
        # The log has the steps in the order they were created, so no index needs to.
        made = (
            select(*shown)
            .select_from(EVENT)
            .join(
                STEP,
                and_(STEP.c.run_id == EVENT.c.run_id, STEP.c.step_id == EVENT.c.correlation_id),
            )
            .where(
                EVENT.c.run_id == P("run_id"),
                EVENT.c.position > P("past"),
                EVENT.c.event_type == word("step_created"),
            )
        )
        yield (
            f"steps_{name}",
            Filterable(
                made,
                {"status": STEP.c.status == P("status")},
                order=(EVENT.c.position,),
            ),
        )


def hooks() -> Statements:
    """Hooks, of a run or of a token."""
    yield "hook_get", select(*columns(HOOK)).where(HOOK.c.hook_id == P("hook_id"))
    yield (
        "hook_of_token",
        select(*columns(HOOK))
        .where(HOOK.c.token == P("token"))
        .order_by(
            HOOK.c.status,  # "active" comes before "disposed"
            HOOK.c.disposed_at.desc(),
            HOOK.c.number.desc(),
        )
        .limit(literal_column("1")),
    )
    yield (
        "hooks",
        Filterable(
            select(HOOK.c.number, *columns(HOOK)).where(HOOK.c.number > P("past")),
            {
                "run_id": HOOK.c.run_id == P("run_id"),
                "status": HOOK.c.status == P("status"),
            },
            order=(HOOK.c.number,),
        ),
    )


def waits() -> Statements:
    """Waits, in the order of their moments."""
    yield (
        "wait_get",
        select(*columns(WAIT)).where(WAIT.c.run_id == P("run_id"), WAIT.c.wait_id == P("wait_id")),
    )
    yield (
        "waits",
        Filterable(
            select(*columns(WAIT)).where(WAIT.c.run_id == P("run_id")),
            {
                "status": WAIT.c.status == P("status"),
                "past": text("(wait.resume_at, wait.first_position) > (:resume_at, :position)"),
            },
            order=(WAIT.c.resume_at, WAIT.c.first_position),
        ),
    )
