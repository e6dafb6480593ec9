"""What statements are made of: parameters, words of ours, a table's columns, changes of a row."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import and_, bindparam, insert, literal_column, null, update
from sqlalchemy.sql import ClauseElement, ColumnElement

from wfx_world_sql.tables import STREAM_CHUNK

P: Final = bindparam
ZERO: Final[ColumnElement[int]] = literal_column("0")


def word(word: str) -> ColumnElement[str]:
    """A word of ours that stands in the text, so that partial indexes are seen to fit."""
    return literal_column(f"'{word}'")


def columns(table: Any) -> list[Any]:
    """A table's columns without those that only the database reads."""
    return [column for column in table.columns if column.name != "number" or table is STREAM_CHUNK]


def without(table: Any, *payloads: str) -> list[Any]:
    """A table's columns, with NULL for its payloads."""
    return [
        null().label(column.name) if column.name in payloads else column
        for column in columns(table)
    ]


def written(table: Any) -> list[str]:
    """The names of the columns that a new row gives."""
    return [column.name for column in table.columns if column.identity is None]


def insertion(table: Any) -> Any:
    """What writes a new row."""
    return insert(table).values({name: P(name) for name in written(table)}).inline()


def change(table: Any, names: tuple[str, ...], *keys: str) -> Any:
    """What changes these columns of the row that has these keys."""
    moved = update(table).values({name: P(name) for name in names})
    return moved.where(and_(*(table.c[key] == P(f"key_{key}") for key in keys)))


def text_of(dialect: Any, statement: ClauseElement) -> tuple[str, list[str]]:
    """A statement's text on one line, and its parameters in the order of the text."""
    compiled: Any = statement.compile(dialect=dialect)
    words = " ".join(str(compiled).split())
    parameters = list(getattr(compiled, "positiontup", None) or [])
    if words.endswith(" OFFSET ?"):  # SQLite's dialect adds it to every limit
        words = words.removesuffix(" OFFSET ?")
        parameters.pop()
    return words, parameters
