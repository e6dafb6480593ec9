"""What holds the parts of a run that is larger than memory."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from wfx.memory import MemoryWorld
from wfx_migrate import migrate
from wfx_migrate.v1 import room
from wfx_migrate.v1.model import SourceLost
from wfx_migrate.v1.room import Groups, Kept, Room, Shelf, Sorted

COUNTS = (0, 1, 7, 8, 100)


@pytest.mark.parametrize("count", COUNTS)
def test_a_shelf_is_a_list(count: int) -> None:
    """Read as often as one likes, also while more is added; emptied at once."""
    shelf = Shelf(range(count), held=8)
    assert (list(shelf), list(shelf), len(shelf)) == ([*range(count)], [*range(count)], count)
    shelf.append(-1)
    assert list(shelf) == [*range(count), -1]
    shelf.clear()
    assert (list(shelf), len(shelf)) == ([], 0)


def test_a_shelf_holds_few_large_things() -> None:
    """What is told to be large goes to disk before there are many."""
    shelf: Shelf[bytes] = Shelf(held_bytes=100)
    for number in range(5):
        shelf.append(bytes([number]) * 60, 60)
    assert list(shelf) == [bytes([number]) * 60 for number in range(5)]
    assert len(shelf._held) == 1


@pytest.mark.parametrize("count", COUNTS)
def test_things_come_sorted_and_those_of_one_key_as_they_came(count: int) -> None:
    """As `sorted` does it, whatever part of them is on disk."""
    chance = random.Random(count)
    things = [(chance.randrange(5), number) for number in range(count)]
    kept: Sorted[tuple[int, int]] = Sorted(lambda thing: thing[0], 8)
    for thing in things:
        kept.add(thing)
    assert list(kept) == list(kept) == sorted(things, key=lambda thing: thing[0])


def test_kept_things_are_a_dict() -> None:
    """The same answers, whatever is asked and changed in whatever order."""
    chance = random.Random(1)
    kept: Kept[list[int]] = Kept(8)
    expected: dict[str, list[int]] = {}
    for number in range(3_000):
        key = f"key {chance.randrange(60)}"
        match chance.randrange(6):
            case 0 | 1:
                kept[key], expected[key] = [number], [number]
            case 2 | 3:
                assert kept.setdefault(key, [number]) == expected.setdefault(key, [number])
            case 4:
                assert kept.pop(key, None) == expected.pop(key, None)
            case _:
                assert kept.get(key) == expected.get(key)
                assert (key in kept) == (key in expected)
    assert (dict(kept), len(kept)) == (expected, len(expected))
    with pytest.raises(KeyError):
        kept["none"]
    with pytest.raises(KeyError):
        del kept["none"]
    kept.clear()
    assert dict(kept) == {}


@pytest.mark.parametrize("count", COUNTS)
def test_things_are_grouped_as_they_came(count: int) -> None:
    """The groups in the order of their first things, whatever part of them is on disk."""
    chance = random.Random(count)
    groups: Groups[int] = Groups(8)
    expected: dict[str, list[int]] = {}
    for number in range(count):
        key = f"key {chance.randrange(5)}"
        groups.add(key, number)
        expected.setdefault(key, []).append(number)
    assert {key: list(groups.of(key)) for key in groups} == expected
    assert list(groups) == list(expected)
    assert all(key in groups for key in expected)
    assert "none" not in groups
    assert list(groups.of("none")) == []


class Payload:
    """A thing that counts how many of its kind there are."""

    alive = 0

    def __init__(self) -> None:
        Payload.alive += 1

    def __reduce__(self) -> tuple[type[Payload], tuple[()]]:
        return Payload, ()

    def __del__(self) -> None:
        Payload.alive -= 1


def test_of_a_large_group_few_things_are_in_memory() -> None:
    """A hook may have received more payloads than memory has room for."""
    most = 0
    groups: Groups[object] = Groups(8)
    for _ in range(100):
        groups.add("hook", Payload())
        most = max(most, Payload.alive)
    for _ in groups.of("hook"):
        most = max(most, Payload.alive)
    assert most <= 3 * 8


def test_a_directory_without_room_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Migrating stops as with any other source that cannot be read on."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(SourceLost, match="name another directory in TMPDIR"):
        Shelf(range(9), held=8)
    full: Sorted[int] = Sorted(int, 2)
    full.add(1)
    with pytest.raises(SourceLost, match="name another directory in TMPDIR"):
        full.add(2)


@pytest.mark.parametrize(
    "store", ["v1-4.0.1-beta.35", "v1-4.0.1-beta.50", "v1-4.0.1-beta.3", "jsonl"]
)
def test_a_run_on_disk_becomes_what_one_in_memory_becomes(
    recorded: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    """Logs, certificates, notes: nothing depends on where the parts of a run are held."""
    source = recorded(store)
    with migrate(source, MemoryWorld()) as report:
        expected = list(report.runs())
    for name, value in (("SMALL", -1), ("HELD", 16)):
        monkeypatch.setattr(room, name, value)
    assert not Room.of(0, 0).small

    with migrate(source, MemoryWorld()) as report:
        assert list(report.runs()) == expected
    assert expected
