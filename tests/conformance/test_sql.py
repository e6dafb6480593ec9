"""SqlWorld keeps every promise of a world, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wfx.clock import ManualClock
from wfx.testing.world_conformance import WorldConformance
from wfx.world import World
from wfx_world_sql import open_world


class _Reopened(WorldConformance):
    _open: list[World]

    @pytest.fixture(autouse=True)
    def _close_all(self) -> Iterator[None]:
        """Close what `reopen` opened."""
        self._open = []
        yield
        for world in self._open:
            world.close()

    def reopen(self, world: World, clock: ManualClock) -> World:
        """Another handle, with connections of its own."""
        self._open.append(open_world(world.url, clock=clock))
        return self._open[-1]


class TestSqliteWorld(_Reopened):
    """The whole suite over a file."""

    @pytest.fixture
    def world(self, tmp_path: Path, clock: ManualClock) -> Iterator[World]:
        """A fresh world in a file."""
        with open_world(f"sqlite:///{tmp_path / 'world.db'}", clock=clock) as world:
            yield world


class TestPostgresWorld(_Reopened):
    """The whole suite over a server."""

    @pytest.fixture
    def world(self, postgres_url: str, clock: ManualClock) -> Iterator[World]:
        """A fresh world in a database."""
        with open_world(postgres_url, clock=clock) as world:
            yield world
