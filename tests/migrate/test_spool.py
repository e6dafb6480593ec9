"""The records of a run in a temporary file."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path
from sqlite3 import OperationalError

import pytest

from wfx.world import SourceRecord
from wfx_migrate.v1 import spool
from wfx_migrate.v1.model import SourceLost
from wfx_migrate.v1.room import in_temporary_files
from wfx_migrate.v1.spool import Spool, by_name, names

RECORDS = [SourceRecord(name, name.encode() * 3) for name in ("b:2", "a:1", "c", "b:10")]


@pytest.mark.parametrize("most", [1, 4096])
def test_records_come_back_in_their_order(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """From memory and from disk, again and again, and while more are added."""
    monkeypatch.setattr(spool, "_MEMORY_BYTES", most)
    kept = Spool(RECORDS[:3])
    assert list(kept) == RECORDS[:3]
    kept.append(RECORDS[3])
    assert list(kept) == RECORDS
    assert kept == RECORDS
    assert (len(kept), kept.size) == (4, sum(len(record.data) for record in RECORDS))
    assert list(names(kept)) == names(RECORDS)
    assert list(by_name(kept)) == list(by_name(RECORDS))


def test_a_directory_without_room_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Migrating stops as with any other source that cannot be read on."""
    monkeypatch.setattr(spool, "_MEMORY_BYTES", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(SourceLost, match="name another directory in TMPDIR"):
        Spool(RECORDS)


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), OperationalError("disk is full")],
    ids=["file", "index"],
)
def test_a_full_temporary_directory_is_named(error: Exception) -> None:
    """With what to do; any other error is itself."""
    with (
        pytest.raises(SourceLost, match="make room there, or name another directory in TMPDIR"),
        in_temporary_files(),
    ):
        raise error
    with pytest.raises(OSError, match="denied"), in_temporary_files():
        raise OSError(errno.EACCES, "denied")
