"""
Empty worlds of each kind for simulations: one for each seed, and all of a seed's own.

A world in PostgreSQL is a real one too, but for two things that would make a seed mean
something else each time: its clock is the simulation's, and its news is asked for.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from wfx.errors import ForeignWorld
from wfx.memory import MemoryWorld

if TYPE_CHECKING:
    from wfx.clock import Clock
    from wfx.world import World

MakeWorld = Callable[["Clock"], "World"]
"""Makes a world that is empty and goes by this clock; the one before is not needed any more."""

_TABLES: Final = (
    "SELECT string_agg(format('%I', relname), ', ') FROM pg_class WHERE relkind = 'r' "
    "AND relnamespace = to_regnamespace(current_schema()::text) AND relname <> 'wfx_revision'"
)


@contextmanager
def sqlite_worlds() -> Iterator[MakeWorld]:
    """Makes worlds in SQLite files, each in a fresh one."""
    from wfx_world_sql import open_world

    numbers = itertools.count()
    with tempfile.TemporaryDirectory() as folder:

        def make(clock: Clock) -> World:
            world = open_world(f"sqlite:///{Path(folder) / f'{next(numbers)}.db'}", clock=clock)
            return cast("World", world)

        yield make


@contextmanager
def postgres_worlds(url: str) -> Iterator[MakeWorld]:
    """
    Makes worlds in a database that must be empty, and will be: each in fresh tables.

    Raises:
        ForeignWorld: Somebody's runs are in it.
    """
    from wfx_world_sql import open_world
    from wfx_world_sql.schema import open_database, prepare
    from wfx_world_sql.url import parse
    from wfx_world_sql.world import SqlWorld

    class SimulatedWorld(SqlWorld):
        """Whose news nobody has to wait for."""

        def watch(self) -> Any:
            return _News(self._database.open_raw())

    with open_world(url) as world:
        if world.runs.list(limit=1).items:
            raise ForeignWorld(
                url=world.url,
                reason="it has runs, and a simulation empties its database",
                remedy="Name a database that nobody needs.",
            )
    database = open_database(parse(url))
    raw = cast("Any", database.open_raw())
    (tables,) = raw.execute(_TABLES).fetchone()

    def make(clock: Clock) -> World:
        # Fresh tables, not only empty ones: where rows come to lie may decide their order.
        raw.execute(f"TRUNCATE {tables} RESTART IDENTITY")
        of_seed = open_database(parse(url), clock)
        prepare(of_seed, create=False)
        return cast("World", SimulatedWorld(of_seed))

    try:
        yield make
        raw.execute(f"TRUNCATE {tables} RESTART IDENTITY")
    finally:
        raw.close()


class _News:
    """A `Watch` that asks the server whether it has told anything: the answer comes after it."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._told = False
        raw.add_notify_handler(self._note)
        raw.execute("LISTEN wfx")

    def _note(self, _: object) -> None:
        self._told = True

    def wait(self, timeout: float) -> bool:
        """Whether something may have changed; waits for nothing."""
        del timeout
        self._raw.execute("SELECT 1")
        told, self._told = self._told, False
        return told

    def close(self) -> None:
        """Listen no more."""
        self._raw.close()


def worlds(named: str) -> AbstractContextManager[MakeWorld]:
    """Makes worlds: in `memory`, in `sqlite` files, or in the PostgreSQL database of a URL."""
    if named == "memory":
        return nullcontext(MemoryWorld)
    return sqlite_worlds() if named == "sqlite" else postgres_worlds(named)
