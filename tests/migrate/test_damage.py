"""
Whatever a store is like: each run is equal or quarantined, never silently changed, and
nothing crashes.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.migrate.generated import DAMAGES, Damage, Files, Outcome, legal, write

from wfx.memory import MemoryWorld
from wfx_migrate import SourceError, check, check_quarantine, migrate, restore

EXAMPLES: Final = int(os.environ.get("WFX_TEST_EXAMPLES", "100"))
SEEDS: Final = st.integers(min_value=0, max_value=2**32)


class Result:
    """A store taken up into a world and down again."""

    def __init__(self, files: Files) -> None:
        self.world = MemoryWorld()
        with tempfile.TemporaryDirectory() as directory:
            store, back = Path(directory) / "store", Path(directory) / "back"
            write(files, store)
            with migrate(store, self.world) as report:
                self.summary = report.summary()
                self.runs = {str(run["runId"]): run for run in report.runs()}
            with migrate(store, self.world) as again:
                self.again = dict(again.totals.runs)
            self.restored: Files = {}
            if self.runs:
                restore(self.world, back)
                self.restored = {
                    path.relative_to(back).as_posix(): path.read_bytes()
                    for path in back.rglob("*")
                    if path.is_file()
                }

    def of(self, verdict: str) -> list[dict[str, Any]]:
        return [run for run in self.runs.values() if run["verdict"] == verdict]

    def notes(self) -> Iterator[str]:
        for run in self.runs.values():
            for note in run.get("notes", []):  # type: ignore[union-attr]  # a list, by its writer
                yield str(note["kind"])  # type: ignore[index,call-overload]  # likewise


def assert_nothing_is_lost(files: Files, result: Result) -> None:
    """What holds for every store."""
    records = result.summary["records"]
    assert isinstance(records, dict)
    assert records["inSource"] == records["accounted"] == len(files)
    quarantined = {str(run["runId"]) for run in result.of("quarantined")}
    if result.runs:
        assert result.restored == files
    for run in result.of("migrated"):
        assert check(result.world, run["runId"]) == []
    for run in result.of("quarantined"):
        assert run["reasons"]
        assert check_quarantine(result.world, run["runId"]) == []
    kept = result.world.archive.quarantined(limit=1_000).items
    assert {each.run_id for each in kept} == quarantined
    assert result.again.get("skipped", 0) == len(result.of("migrated"))
    assert result.again.get("quarantined", 0) == len(quarantined)


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=SEEDS)
def test_legal_stores_migrate_whole_and_come_back(seed: int) -> None:
    """Every run of a legal store is written without a contradiction, and restored equal."""
    files = legal(seed)

    result = Result(files)

    assert_nothing_is_lost(files, result)
    assert not result.of("quarantined"), result.of("quarantined")
    assert result.restored == files
    assert not {"contradiction", "duplicate", "late"} & set(result.notes())


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
@settings(max_examples=max(EXAMPLES // 20, 5), deadline=None)
@given(seed=SEEDS)
def test_damaged_stores_lose_nothing_in_silence(damage: Damage, seed: int) -> None:
    """A damage is quarantined with its run, or said in a note; the other runs migrate."""
    files, r = legal(seed), random.Random(seed)
    before = dict(files)
    if not damage.inflict(files, r) or files == before:
        return

    try:
        result = Result(files)
    except SourceError:
        assert not any(name.startswith("runs/") for name in files)
        return

    assert_nothing_is_lost(files, result)
    noticed = [run for run in result.runs.values() if run.get("notes") or run.get("differences")]
    if damage.outcome is Outcome.QUARANTINED:
        assert result.of("quarantined")
    elif damage.outcome is Outcome.NOTED:
        assert result.of("quarantined") or noticed
    elif damage.outcome is Outcome.HARMLESS:
        assert not result.of("quarantined"), result.of("quarantined")
    assert len(result.of("quarantined")) <= (2 if damage.name == "a row of another run" else 1)
