"""Temporary folders of migrations: removed in the end, whoever does it."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wfx_migrate.scratch import Scratch

MAKER = """
import sys
from wfx_migrate.scratch import Scratch

scratch = Scratch()
(scratch.path / "records").write_text("kept")
print(scratch.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder, empty."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@contextmanager
def another_process() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that has a folder and waits, and the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", MAKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_a_folder_is_removed_when_it_is_closed_or_forgotten(temporary: Path) -> None:
    """With all that is in it; closing it again is no error."""
    with Scratch() as scratch:
        (scratch.path / "below").mkdir()
        (scratch.path / "below" / "file").touch()
    scratch.close()
    assert list(temporary.iterdir()) == []
    forgotten = Scratch()
    assert forgotten.path.is_dir()
    del forgotten
    assert list(temporary.iterdir()) == []


def test_the_next_one_removes_what_a_killed_process_left(temporary: Path) -> None:
    """And nothing before it was killed."""
    with another_process() as (process, left):
        with Scratch():
            assert (left / "records").read_text() == "kept"
        process.kill()
        process.wait()
        assert (left / "records").read_text() == "kept"
        with Scratch() as scratch:
            assert list(temporary.iterdir()) == [scratch.path]


def test_what_may_be_somebody_elses_is_left_alone(temporary: Path) -> None:
    """Folders of other hosts, those that could not be locked, links, and other things."""
    here = f"@{socket.gethostname()}"
    (temporary / "wfx-migrate-1@elsewhere").mkdir()
    (temporary / "wfx-migrate-2").mkdir()
    (temporary / f"other-3{here}").mkdir()
    (temporary / f"wfx-migrate-4{here}").touch()
    (temporary / f"wfx-migrate-5{here}").symlink_to(temporary / f"other-3{here}")
    before = sorted(temporary.iterdir())
    with Scratch():
        pass
    assert sorted(temporary.iterdir()) == before
