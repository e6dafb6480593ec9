"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from wfx.files import written_whole


def test_a_file_is_replaced_when_all_is_written(tmp_path: Path) -> None:
    """An error leaves the one that was there, and nothing beside it."""
    file = tmp_path / "kept.jsonl"
    file.write_text("old")

    with suppress(RuntimeError), written_whole(file) as out:
        out.write("half")
        raise RuntimeError
    assert file.read_text() == "old"

    with written_whole(file) as out:
        out.write("new")
    assert file.read_text() == "new"
    assert [*tmp_path.iterdir()] == [file]


def test_it_has_the_rights_of_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody else's files get others meanwhile: a process has one mask for all threads."""
    (tmp_path / "usual").touch()
    masks: list[int] = []
    monkeypatch.setattr(os, "umask", masks.append)

    with written_whole(tmp_path / "kept") as out:
        out.write("text")

    assert (tmp_path / "kept").stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert masks == []


@pytest.mark.parametrize("name", ["a" * 255, "\N{SMILING FACE WITH SUNGLASSES}" * 63])
def test_the_longest_name_is_no_longer_beside_it(tmp_path: Path, name: str) -> None:
    """Of the temporary file, whatever its characters take in bytes."""
    with written_whole(tmp_path / name) as out:
        out.write("text")
    assert (tmp_path / name).read_text() == "text"
