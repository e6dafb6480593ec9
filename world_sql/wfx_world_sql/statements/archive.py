"""What migrations and imports write: whole runs, the records they came from, quarantine."""

from __future__ import annotations

from sqlalchemy import delete, func, select

from wfx_world_sql.statements.clauses import P, columns, insertion
from wfx_world_sql.statements.dialects import Dialect, Statements
from wfx_world_sql.tables import EVENT, LEGACY_RECORD, QUARANTINE, STEP, STREAM_CHUNK


def archive(db: Dialect) -> Statements:
    """A run that is written whole, and its source records."""
    for name, table in (
        ("event_fill", EVENT),
        ("step_fill", STEP),
        ("record_fill", LEGACY_RECORD),
        ("chunk_fill", STREAM_CHUNK),
    ):
        yield name, db.fill(table)
    yield (
        "records",
        select(LEGACY_RECORD.c.number, LEGACY_RECORD.c.source, LEGACY_RECORD.c.data)
        .where(
            LEGACY_RECORD.c.run_id == P("run_id"),
            LEGACY_RECORD.c.number > P("past"),
            LEGACY_RECORD.c.source.is_not(None),
        )
        .order_by(LEGACY_RECORD.c.number)
        .limit(P("limit")),
    )
    # It is the last of all.
    newest = select(func.max(LEGACY_RECORD.c.number)).where(LEGACY_RECORD.c.run_id == P("of_run"))
    yield (
        "certificate",
        select(LEGACY_RECORD.c.data).where(
            LEGACY_RECORD.c.run_id == P("run_id"),
            LEGACY_RECORD.c.source.is_(None),
            LEGACY_RECORD.c.number == newest.scalar_subquery(),
        ),
    )
    # Of several small runs; of each the certificate last.
    yield (
        "records_among",
        select(LEGACY_RECORD.c.run_id, LEGACY_RECORD.c.source, LEGACY_RECORD.c.data)
        .where(db.among(LEGACY_RECORD.c.run_id, "run_ids"))
        .order_by(LEGACY_RECORD.c.run_id, LEGACY_RECORD.c.number),
    )
    yield (
        "events_among",
        select(*columns(EVENT))
        .where(db.among(EVENT.c.run_id, "run_ids"))
        .order_by(EVENT.c.run_id, EVENT.c.position),
    )
    yield "records_delete", delete(LEGACY_RECORD).where(LEGACY_RECORD.c.run_id == P("run_id"))


def quarantine(db: Dialect) -> Statements:
    """What was not converted, and why."""
    yield "quarantine_insert", insertion(QUARANTINE)
    yield "quarantine_delete", delete(QUARANTINE).where(QUARANTINE.c.run_id == P("run_id"))
    yield (
        "quarantine_get",
        select(QUARANTINE.c.report).where(QUARANTINE.c.run_id == P("run_id")),
    )
    yield (
        "quarantine_among",
        select(QUARANTINE.c.run_id).where(db.among(QUARANTINE.c.run_id, "run_ids")),
    )
    yield (
        "quarantine_list",
        select(QUARANTINE.c.run_id, QUARANTINE.c.report)
        .where(QUARANTINE.c.run_id > P("after"))
        .order_by(QUARANTINE.c.run_id)
        .limit(P("limit")),
    )
