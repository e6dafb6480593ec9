"""The chunks of streams."""

from __future__ import annotations

from sqlalchemy import func, literal_column, select

from wfx_world_sql.statements.clauses import P, columns, insertion
from wfx_world_sql.statements.dialects import Dialect, Statements
from wfx_world_sql.tables import STREAM_CHUNK


def streams(db: Dialect) -> Statements:
    """Chunks as they are written and read."""
    yield "name_share", db.name_share
    of = (STREAM_CHUNK.c.run_id == P("run_id"), STREAM_CHUNK.c.stream == P("stream"))
    yield (
        "stream_last",
        select(STREAM_CHUNK.c.number, STREAM_CHUNK.c.data.is_(None))
        .where(*of)
        .order_by(STREAM_CHUNK.c.number.desc())
        .limit(literal_column("1")),
    )
    yield "chunk_insert", insertion(STREAM_CHUNK)
    yield (
        "chunks",
        select(*columns(STREAM_CHUNK))
        .where(*of, STREAM_CHUNK.c.number >= P("first"))
        .order_by(STREAM_CHUNK.c.number)
        .limit(P("limit")),
    )
    yield (
        "stream_list",
        select(
            STREAM_CHUNK.c.stream,
            func.count(STREAM_CHUNK.c.data),
            func.count() - func.count(STREAM_CHUNK.c.data),
        )
        .where(STREAM_CHUNK.c.run_id == P("run_id"))
        .group_by(STREAM_CHUNK.c.stream)
        .order_by(STREAM_CHUNK.c.stream),
    )
