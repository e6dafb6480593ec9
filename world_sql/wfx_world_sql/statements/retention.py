"""What deletes runs: all of a small one at once, of a large one piece by piece."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import delete, func, literal_column, select, text
from sqlalchemy.sql import ColumnElement

from wfx_world_sql.statements.clauses import ZERO, P, columns, insertion, without
from wfx_world_sql.statements.dialects import Dialect, Statements
from wfx_world_sql.tables import (
    EVENT,
    HOOK,
    LEGACY_RECORD,
    REMAINS,
    RUN,
    STEP,
    STREAM_CHUNK,
    TASK,
    WAIT,
)

_SIZED: Final = (
    ("events", EVENT, ("data", "legacy")),
    ("steps", STEP, ("input", "kwargs", "output", "error")),
    ("hooks", HOOK, ("schema", "metadata")),
    ("waits", WAIT, ()),
    ("chunks", STREAM_CHUNK, ("data",)),
    ("records", LEGACY_RECORD, ("data",)),
)
"""What a run is made of, and where its bytes are."""
_IN_PIECES: Final = (
    (EVENT, "position"),
    (STEP, "step_id"),
    (WAIT, "wait_id"),
    (STREAM_CHUNK, "stream, number"),
    (LEGACY_RECORD, "number"),
)
"""Tables of which a run may have very many rows, and what tells these apart."""


def retention(db: Dialect) -> Statements:
    """Deleting runs, and counting what would be deleted."""
    for name, table, texts in _SIZED:
        yield (
            f"extent_{name}",
            select(table.c.run_id, func.count(), _bytes(table, texts))
            .where(db.among(table.c.run_id, "run_ids"))
            .group_by(table.c.run_id),
        )
    yield (
        "originals_among",
        select(LEGACY_RECORD.c.run_id)
        .distinct()
        .where(db.among(LEGACY_RECORD.c.run_id, "run_ids")),
    )
    yield (
        "heads_lock",
        select(*without(RUN, "output"))
        .where(db.among(RUN.c.run_id, "run_ids"))
        .order_by(RUN.c.run_id)
        .with_for_update(),
    )
    of_runs = select(*columns(TASK)).where(db.among(TASK.c.run_id, "run_ids"))
    yield "tasks_of_runs", of_runs
    yield "tasks_of_runs_lock", of_runs.order_by(TASK.c.task_id).with_for_update()
    # Hooks are found by id and token, whatever their run: they go with it at once.
    for name, table in (("run", RUN), ("hooks", HOOK), ("tasks", TASK)):
        yield f"{name}_delete", delete(table).where(table.c.run_id == P("run_id"))
    for table, keys in _IN_PIECES:
        some = f"SELECT {keys} FROM {table.name} WHERE run_id = :of_run"
        yield (
            f"{table.name}_piece",
            text(
                f"DELETE FROM {table.name} WHERE run_id = :run_id AND ({keys}) IN "
                f"({some} ORDER BY {keys} LIMIT :limit) RETURNING 1"
            ),
        )
    yield "remains_insert", insertion(REMAINS)
    yield "remains_delete", delete(REMAINS).where(REMAINS.c.run_id == P("run_id"))
    yield (
        "remains_next",
        select(REMAINS.c.run_id).order_by(REMAINS.c.run_id).limit(literal_column("1")),
    )
    yield "remains_among", select(REMAINS.c.run_id).where(db.among(REMAINS.c.run_id, "run_ids"))


def _bytes(table: Any, texts: tuple[str, ...]) -> ColumnElement[int]:
    size: ColumnElement[int] = ZERO
    for name in texts:
        size = size + func.coalesce(func.length(table.c[name]), ZERO)
    return func.sum(size)
