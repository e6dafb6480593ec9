"""
Every statement of a world, made from its tables for each database.

SQLAlchemy takes longer to import than a short workflow to run. So the statements are made
here once, and `wfx_world_sql.compiled` keeps their texts, which go to the driver as they are:

    python -m wfx_world_sql.statements

writes it anew, and a test compares the two. Parameters stand in the text in the order that
the comment above each field of `Sql` tells.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from sqlalchemy.schema import CreateIndex, CreateTable

from wfx_world_sql.statements.appending import reads, writes
from wfx_world_sql.statements.archive import archive, quarantine
from wfx_world_sql.statements.clauses import text_of
from wfx_world_sql.statements.dialects import Dialect
from wfx_world_sql.statements.entities import hooks, runs, steps, waits
from wfx_world_sql.statements.events import events
from wfx_world_sql.statements.queues import limits, overview, workers
from wfx_world_sql.statements.retention import retention
from wfx_world_sql.statements.streams import streams
from wfx_world_sql.statements.tasks import claims, moments, tasks
from wfx_world_sql.tables import METADATA


def statements(db: Dialect) -> dict[str, Any]:
    """All statements for one database by name."""
    return dict(
        chain(
            *(reads(db), writes(db), claims(db), tasks(db), moments(db)),
            *(limits(db), overview(db), workers(db)),
            *(events(), runs(db), steps(), hooks(), waits(), streams(db)),
            *(archive(db), quarantine(db), retention(db)),
        )
    )


def schema(db: Dialect) -> list[str]:
    """What makes the tables in an empty database."""
    made = []
    for table in METADATA.sorted_tables:
        made.append(text_of(db.dialect, CreateTable(table))[0])
        made += [
            text_of(db.dialect, CreateIndex(index))[0]
            for index in sorted(table.indexes, key=lambda index: str(index.name))
        ]
    return made
