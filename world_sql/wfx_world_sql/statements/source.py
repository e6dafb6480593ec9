"""The source of `wfx_world_sql.compiled`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from wfx_world_sql.statements import schema, statements
from wfx_world_sql.statements.clauses import text_of
from wfx_world_sql.statements.dialects import DIALECTS, Dialect, Postgresql
from wfx_world_sql.statements.filterable import Filterable

_HEADER: Final = '''"""
{title}, made by `wfx_world_sql.statements` from the tables.

Do not edit: change the tables or the statements, then run
`python -m wfx_world_sql.statements`.
"""

# ruff: noqa: E501
# fmt: off

from __future__ import annotations

'''

_SHAPE: Final = '''from dataclasses import dataclass

from wfx_world_sql.listing import Listing


@dataclass(frozen=True, slots=True)
class Sql:
    """The statements for one database."""

'''

_TEXTS: Final = """from typing import Final

from wfx_world_sql.compiled.shape import Sql
from wfx_world_sql.listing import Listing
"""


def sources() -> Mapping[str, str]:
    """The modules of `wfx_world_sql.compiled` by the names of their files."""
    found = {"shape.py": "".join(_shape())}
    for db in DIALECTS:
        found[f"{db.name}.py"] = "".join(_texts(db))
    return found


def _shape() -> Iterator[str]:
    yield _HEADER.format(title="The names of all statements, with their parameters")
    yield _SHAPE
    db = next(db for db in DIALECTS if isinstance(db, Postgresql))  # it has all of them
    for name, statement in statements(db).items():
        if isinstance(statement, Filterable):
            yield f"    {name}: Listing\n"
        else:
            parameters = text_of(db.dialect, statement)[1]
            yield f"    # {', '.join(parameters) or 'no parameters'}\n    {name}: str\n"
    yield "    schema: tuple[str, ...]\n"


def _texts(db: Dialect) -> Iterator[str]:
    yield _HEADER.format(title=f"The texts of all statements for {db.title}")
    yield _TEXTS
    named: dict[str, str] = {}
    """What listings with the same filters call them, by the filters' source."""
    fields = []
    for name, statement in statements(db).items():
        if isinstance(statement, Filterable):
            listing = statement.pieces(db)
            words = "".join(
                f"    {_quoted(key)}: {_quoted(words)},\n" for key, words in listing.filters.items()
            )
            if words not in named:
                named[words] = f"_OF_{name.upper()}"
                yield f"\n{named[words]}: Final = {{\n{words}}}\n"
            fields.append(
                f"    {name}=Listing(\n        {_quoted(listing.head)},\n"
                f"        {named[words]},\n        {_quoted(listing.tail)},\n"
                f"        {_quoted(listing.joint)},\n    ),\n"
            )
        else:
            words = "" if statement is None else text_of(db.dialect, statement)[0]
            fields.append(f"    {name}={_quoted(words)},\n")
    yield f"\n{db.name.upper()}: Final = Sql(\n"
    yield from fields
    yield "    schema=(\n"
    for words in schema(db):
        yield f"        {_quoted(words)},\n"
    yield "    ),\n)\n"


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
