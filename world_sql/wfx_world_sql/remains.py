"""
What deleted runs have left: rows of which one run may have very many.

A run is gone when its row is, and nobody sees these any more; but a new run of the same id
would meet them. Whoever makes one takes them away first. All of that happens under the
lock of the run's name, or rows of the new run could be taken for old ones. See decisions/0019.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from wfx_world_sql.compiled.shape import Sql
from wfx_world_sql.database import Connection, Row

PIECE: Final = 5_000
"""How many rows of a table one transaction takes away of one run."""


def take_pieces(connection: Connection, sql: Sql, run_ids: Sequence[str]) -> list[str]:
    """Take away a piece of each of these; those that may have more."""
    pieces = (
        sql.event_piece,
        sql.step_piece,
        sql.wait_piece,
        sql.stream_chunk_piece,
        sql.legacy_record_piece,
    )
    answers = connection.ask(
        *((piece, (run_id, run_id, PIECE)) for run_id in run_ids for piece in pieces)
    )
    return [
        run_id
        for place, run_id in enumerate(run_ids)
        if any(len(rows) == PIECE for rows in answers[place * len(pieces) :][: len(pieces)])
    ]


def clear(connection: Connection, sql: Sql, found: Iterable[Row]) -> None:
    """Take away all of the remains that a query found, whose names are locked."""
    for (run_id,) in found:
        while take_pieces(connection, sql, [run_id]):
            pass
        connection.stage(sql.remains_delete, [(run_id,)])
        connection.flush()
