"""Pages of a log."""

from __future__ import annotations

from sqlalchemy import select, union_all

from wfx_world_sql.statements.clauses import P, columns
from wfx_world_sql.statements.dialects import Statements
from wfx_world_sql.tables import EVENT, HOOK, STEP, WAIT


def events() -> Statements:
    """The events of a run, by position or by what they are about."""
    page = select(*columns(EVENT)).where(EVENT.c.run_id == P("run_id"))
    upward = page.where(EVENT.c.position >= P("first"))
    yield "events_up", upward.order_by(EVENT.c.position).limit(P("limit"))
    downward = page.where(EVENT.c.position <= P("last"))
    yield "events_down", downward.order_by(EVENT.c.position.desc()).limit(P("limit"))
    yield (
        "events_about",
        page.where(
            EVENT.c.position >= P("first"),
            EVENT.c.position <= P("last"),
            EVENT.c.correlation_id == P("correlation_id"),
        ).order_by(EVENT.c.position),
    )
    yield (
        "span",
        union_all(
            *(
                select(table.c.first_position, table.c.last_position).where(
                    table.c.run_id == P(f"{table.name}_run_id"), key == P(key.name)
                )
                for table, key in (
                    (STEP, STEP.c.step_id),
                    (HOOK, HOOK.c.hook_id),
                    (WAIT, WAIT.c.wait_id),
                )
            )
        ),
    )
