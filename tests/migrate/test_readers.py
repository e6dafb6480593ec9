"""Opening sources of every kind, and saying what is none."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from wfx_migrate import NotAStore, NotV1, open_source
from wfx_migrate.v1.model import LegacyRun, Size, ValueForm

RUN = "wrun_01KBMRAWB0TBMCZ2RBY6BBXDAX"
ROW = {
    "runId": RUN,
    "workflowName": "w",
    "deploymentId": "d",
    "status": "pending",
    "input": [],
    "createdAt": "2025-01-01T00:00:00.000Z",
    "updatedAt": "2025-01-01T00:00:00.000Z",
}


def read(source: object, **options: object) -> tuple[list[LegacyRun], Size]:
    """All runs of a source."""
    with open_source(source, **options) as opened:  # type: ignore[arg-type]  # what tests give
        return list(opened.runs()), opened.size()


@pytest.mark.parametrize(
    ("release", "stores", "runs", "records"),
    [
        ("3", 23, 29, 632),
        ("13", 24, 32, 643),
        ("35", 14, 18, 171),
        ("50", 22, 24, 617),
    ],
)
def test_a_directory_of_data_directories_is_one_source(
    recorded: Callable[[str], Path], release: str, stores: int, runs: int, records: int
) -> None:
    """Every file in them is a record, and every run is read whole."""
    root = recorded(f"v1-4.0.1-beta.{release}")
    with open_source(root) as source:
        found = list(source.runs())
        loose = list(source.loose())

        assert source.description == f"{stores} data directories of the Workflow DevKit (v1)"
        assert source.size() == Size(runs, records)
    assert sum(len(run.records) for run in found) + len(loose) == records
    assert not any(one.problem for one in loose)
    assert not any(run.problems for run in found)
    for run in found:
        assert all((root / record.source).read_bytes() == record.data for record in run.records)


def test_directories_laid_over_each_other_are_read_like_one(
    recorded: Callable[[str], Path], tmp_path: Path
) -> None:
    """Runs of several releases in one data directory."""
    for release in ("13", "35", "50"):
        store = recorded(f"v1-4.0.1-beta.{release}/hooks")
        shutil.copytree(store, tmp_path / "store", dirs_exist_ok=True)

    runs, size = read(tmp_path / "store")

    assert size.runs == len(runs) == 3
    assert [len(run.hooks) for run in runs] == [0, 1, 0] or sum(len(r.hooks) for r in runs) == 1


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_an_archive_is_read_like_its_directory(
    recorded: Callable[[str], Path], tmp_path: Path, kind: str
) -> None:
    """The same runs and records, under the names of the members."""
    store = recorded("v1-4.0.1-beta.50/hooks")
    path = tmp_path / f"store.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(store.rglob("*")):
                archive.write(file, file.relative_to(store))
    else:
        with tarfile.open(path, "w:gz") as tar:
            tar.add(store, ".")

    (packed,), size = read(path)

    (plain,), expected = read(store)
    assert size == expected
    assert packed.records == plain.records


def test_json_lines_come_from_a_file_a_folder_and_standard_input(
    recorded: Callable[[str], Path],
) -> None:
    """The same run from each; a line's end belongs to its record."""
    folder = recorded("jsonl")
    file = folder / "fatal.jsonl"
    ((one,), _) = read(file)

    (many, size) = read(folder)
    with file.open("rb") as stream:
        ((piped,), _) = read("-", stdin=stream)

    assert size == Size(10, 276)
    assert one.run_id in {run.run_id for run in many}
    assert b"".join(record.data for record in one.records) == file.read_bytes()
    assert [record.data for record in piped.records] == [record.data for record in one.records]


def test_one_file_may_mix_spellings_of_fields() -> None:
    """snake_case, older names and flat errors are read as what they mean."""
    step = {
        "run_id": RUN,
        "step_id": "step_1",
        "step_name": "s",
        "status": "failed",
        "first_started_at": "2025-01-01T00:00:01.000Z",
        "error": "Error: no",
        "error_stack": "Error: no\n    at x",
    }
    event = {
        "event_type": "wait_created",
        "correlation_id": "wait_1",
        "event_data": {"resume_at": "2025-01-01T00:00:02.000Z"},
        "run_id": RUN,
        "event_id": "evnt_1",
        "created_at": "2025-01-01T00:00:01.000Z",
    }
    lines = b"\n".join(json.dumps(row).encode() for row in (step, ROW, event))

    ((run,), size) = read("-", stdin=io.BytesIO(lines))

    assert size == Size(1, 3)
    (step_row,), (event_row,) = run.steps, run.events
    assert step_row.fields["error"] == {"message": "Error: no", "stack": "Error: no\n    at x"}
    assert step_row.fields["startedAt"] == "2025-01-01T00:00:01.000Z"
    assert event_row.fields["eventData"] == {"resumeAt": "2025-01-01T00:00:02.000Z"}
    assert run.run is not None
    assert run.run.fields == ROW


def test_a_damaged_line_is_attributed_to_its_run_if_it_still_names_it() -> None:
    """The run gets a problem with file and line; a line that names none is loose."""
    lines = (
        json.dumps(ROW).encode() + b"\n" + f'{{"runId": "{RUN}", "eve'.encode() + b"\nnothing\n\n"
    )
    with open_source("-", stdin=io.BytesIO(lines)) as source:
        (run,) = source.runs()
        loose = list(source.loose())

    (damage,) = run.problems
    assert str(damage) == (
        "stdin:2: it is no JSON (line 1, column 50): Invalid control character at; "
        "it may be cut off"
    )
    assert [str(one.problem) for one in loose if one.problem] == [
        "stdin:3: it is no JSON (line 1, column 1): Expecting value"
    ]
    assert [one.record.data for one in loose if one.record] == [b"nothing\n", b"\n"]


def test_values_of_json_lines_are_plain_unless_said_otherwise() -> None:
    """The option is for logs that hold the flattened form."""
    line = json.dumps(ROW | {"input": [[]]}).encode()

    ((plain,), _) = read("-", stdin=io.BytesIO(line))
    ((flat,), _) = read("-", stdin=io.BytesIO(line), values=ValueForm.FLAT)

    assert (plain.values, flat.values) == (ValueForm.PLAIN, ValueForm.FLAT)


def test_a_file_that_is_named_unlike_its_content_is_a_problem(
    recorded: Callable[[str], Path], tmp_path: Path
) -> None:
    """A copy under another name must not become another event."""
    store = shutil.copytree(recorded("v1-4.0.1-beta.50/sequence"), tmp_path / "store")
    first = sorted((store / "events").iterdir())[0]
    run = first.name.split("-")[0]
    shutil.copy(first, first.with_name(f"{run}-evnt_01M817HC3ATJ49TE7P1AFYKHMN.json"))

    ((found,), _) = read(store)

    (problem,) = found.problems
    assert problem.reason.startswith("the file is named")


def nothing(path: Path) -> str:
    """What an error says was expected."""
    return (
        "expected a data directory of the Workflow DevKit (with runs/ and events/ in it), a "
        ".tar.gz or .zip of one, JSON Lines, or the URL of its PostgreSQL database"
    )


def test_what_is_no_source_is_said_in_words(tmp_path: Path) -> None:
    """No such path, an empty directory, another directory, an empty file, other files."""
    empty = tmp_path / "empty"
    empty.mkdir()
    other = tmp_path / "other"
    (other / "src").mkdir(parents=True)
    (other / "src" / "x.py").write_text("x = 1")
    blank = tmp_path / "blank.jsonl"
    blank.touch()
    words = tmp_path / "words.txt"
    words.write_text("to be or not to be\n")
    cut = tmp_path / "cut.tar.gz"
    with tarfile.open(cut, "w:gz") as tar:
        tar.add(other, "other")
    cut.write_bytes(cut.read_bytes()[:-30])

    cases = {
        tmp_path / "nowhere": f"there is no {tmp_path / 'nowhere'}; {nothing(empty)}",
        empty: f"{empty} is an empty directory; {nothing(empty)}",
        other: f"{other} has no legacy store in it; {nothing(other)}",
        blank: f"{blank} is empty; {nothing(blank)}",
        words: f"{words} holds no record of a workflow: JSON Lines with runs, steps, hooks and "
        "events were expected, one object a line",
    }
    for path, message in cases.items():
        with pytest.raises(NotAStore) as caught:
            open_source(path)
        assert str(caught.value) == message
    with pytest.raises(NotAStore, match=r"cut\.tar\.gz cannot be unpacked"):
        open_source(cut)
    half = tmp_path / "half.zip"
    with zipfile.ZipFile(half, "w") as archive:
        archive.writestr("runs/wrun_1.json", "{}" * 100)
    half.write_bytes(half.read_bytes()[:150])
    said = (
        r"half\.zip cannot be unpacked: it begins like a zip file, and does not end like one\. Is"
    )
    with pytest.raises(NotAStore, match=said):
        open_source(half)
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for number in range(4):
        shutil.copy(cut, shelf / f"{number}.tar.gz")
    said = r"but 4 archives \(0\.tar\.gz, 1\.tar\.gz, 2\.tar\.gz …\): give one of them at a time"
    with pytest.raises(NotAStore, match=said):
        open_source(shelf)
    database = tmp_path / "world.db"
    with closing(sqlite3.connect(database)) as made:
        made.execute("CREATE TABLE x (y)")
    with pytest.raises(NotAStore, match="is an SQLite database, which no release of v1 wrote"):
        open_source(database)
    with pytest.raises(NotAStore, match="redis:// is no scheme of a legacy source"):
        open_source("redis://localhost")
    with pytest.raises(NotAStore, match="standard input is empty"):
        open_source("-", stdin=io.BytesIO())


def test_archives_beside_a_store_are_told(recorded: Callable[[str], Path], tmp_path: Path) -> None:
    """They are not read, and nobody should think they were; one inside a store is kept with it."""
    shutil.copytree(recorded("v1-4.0.1-beta.50/sequence"), tmp_path / "data")
    (tmp_path / "2024").mkdir()
    for name in ("old.tar.gz", "2024/older.zip", "data/kept.zip"):
        (tmp_path / name).write_bytes(b"PK")
    said = "; beside it 2 archives (2024/older.zip, old.tar.gz) not read: migrate each by itself"
    with open_source(tmp_path) as source:
        assert source.description.endswith(said)
        loose = [found.record.source for found in source.loose() if found.record]
        assert "data/kept.zip" in loose


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_directory_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    """With what to do."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)

    with pytest.raises(NotAStore, match="Give this user the right to read it"):
        open_source(closed)


def test_links_are_followed_and_those_that_lead_nowhere_are_told(
    recorded: Callable[[str], Path], tmp_path: Path
) -> None:
    """Parts of a store that somebody moved to another disk are read; nothing is left out."""
    store = tmp_path / "store"
    shutil.copytree(recorded("v1-4.0.1-beta.50") / "hooks", store)
    [plain], size = read(store)
    disk = tmp_path / "disk"
    shutil.move(store / "events", disk)
    (store / "events").symlink_to(disk)
    (step, *_) = (store / "steps").iterdir()
    shutil.move(step, tmp_path / "step")
    step.symlink_to(tmp_path / "step")
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "a").symlink_to(store)
    (linked / "again").symlink_to(store)
    (linked / "loop").symlink_to(linked)
    (linked / "itself").symlink_to(linked / "itself")

    [moved], _ = read(store)
    assert list(moved.records) == list(plain.records)
    [there], found = read(linked)
    assert (len(there.records), found) == (len(plain.records), size)

    (event, *_) = disk.iterdir()
    for name in ("nowhere", "itself"):
        (disk / event.name.replace("evnt_", f"evnt_{name}")).symlink_to(disk / name)
    (disk / "itself").symlink_to(disk / "itself")
    os.mkfifo(store / "runs" / "wrun_pipe.json")
    (store / "steps" / "back").symlink_to(store)
    (disk / "up").symlink_to(tmp_path)
    broken, _ = read(store)
    reasons = sorted(str(problem) for run in broken for problem in run.problems)
    assert [reason.partition(": ")[2] for reason in reasons] == [
        "it is a link that leads nowhere: Too many levels of symbolic links",
        "it is a link that leads nowhere: No such file or directory",
        "it is neither a file nor a directory",
    ]
    with open_source(store) as source:
        loose = {str(found.problem) for found in source.loose() if found.problem}
    assert "steps/back: it is a link to a directory that it lies in" in loose


def test_later_formats_are_recognised_and_named(
    recorded: Callable[[str], Path], tmp_path: Path
) -> None:
    """A store, a log and a recording of formats that are not v1."""
    with pytest.raises(NotV1, match=r"later release of the Workflow DevKit .*specVersion 2"):
        open_source(recorded("v2-4.1.0-beta.54/sequence"))
    with pytest.raises(NotV1, match="event log of a later format"):
        open_source("-", stdin=io.BytesIO(b'{"eventType":"run_created","specVersion":2}'))
    with pytest.raises(NotV1, match="a recording in format 'wfx/1'; `wfx import` reads it"):
        open_source("-", stdin=io.BytesIO(b'{"format":"wfx/1"}'))


def test_a_member_outside_of_an_archive_is_refused(tmp_path: Path) -> None:
    """Nothing is written beside the temporary copy."""
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../evil.json", "{}")

    with pytest.raises(NotAStore, match=r"a member outside of itself: \.\./evil\.json"):
        open_source(path)


def test_passwords_are_never_shown() -> None:
    """Neither in names nor in errors."""
    with pytest.raises(NotAStore) as caught:
        open_source("postgresql://bob:s3cret@localhost:1/x")
    assert "s3cret" not in str(caught.value)
    assert "postgresql://bob:***@localhost:1/x cannot be opened" in str(caught.value)
