"""SQLite inserts several rows by one statement: however many there are, each is written once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wfx.clock import ManualClock
from wfx.errors import WfxError
from wfx.testing.scenes import Scene, effect_recorded, everything, started_run, step_created
from wfx_world_sql import open_world
from wfx_world_sql.compiled.sqlite import SQLITE
from wfx_world_sql.sqlite import _BLOCK, _insert_of


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Scene]:
    """A started run in a file."""
    with open_world(f"sqlite:///{tmp_path / 'world.db'}", clock=ManualClock()) as world:
        yield started_run(world, ManualClock())


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9, 10, 11, 12, 13, 49, 50, 51, 63, 113])
def test_every_row_is_written_once_and_in_order(run: Scene, count: int) -> None:
    """Below, at and above each size of a block."""
    steps = [step_created(run.id("step", number)) for number in range(count)]

    run.append(*steps, *(effect_recorded([number]) for number in range(count)))

    log = run.log()[-2 * count :]
    assert [event.correlation_id for event in log[:count]] == [e.correlation_id for e in steps]
    assert [event.data for event in log[count:]] == [
        effect_recorded([number]).data for number in range(count)
    ]
    assert len(run.world.steps.list(run.run_id, limit=1000).items) == count


@pytest.mark.parametrize("place", [0, 49, 50, 59, 62, 64])
def test_a_row_that_is_refused_takes_all_blocks_with_it(run: Scene, place: int) -> None:
    """Wherever in a block it stands: here a step that is there already, and nobody looked for."""
    there = step_created(run.id("step", 999))
    run.append(there)
    before = everything(run.world, run.run_id)
    steps = [step_created(run.id("step", number)) for number in range(65)]
    steps[place] = step_created(run.id("step", 999))

    with pytest.raises(WfxError):
        run.append(*steps, after=run.end)

    assert everything(run.world, run.run_id) == before


def test_only_what_inserts_rows_and_nothing_else_is_put_together() -> None:
    """An update, or an insert that says what to do about a conflict, is run row by row."""
    assert _insert_of(SQLITE.step_move, 3) is None
    assert _insert_of(SQLITE.run_insert, 3) is None
    for statement in (SQLITE.event_insert, SQLITE.step_insert, SQLITE.task_insert):
        several = _insert_of(statement, _BLOCK)
        assert several is not None
        assert several.count("?") == _BLOCK * statement.count("?") < 1000
