"""`wfx runs prune` and `wfx world vacuum`: what is gone is gone, so they are careful."""

from __future__ import annotations

import contextlib
import os
import pty
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wfx.client import Client, Pruned

Wfx = Callable[..., Any]
ALL = ("--older-than", "0s")


def ids(wfx: Wfx) -> list[str]:
    """The runs that are there."""
    return [run["runId"] for run in wfx("runs", "--json").json["runs"]]


def test_it_deletes_what_it_says(wfx: Wfx) -> None:
    """The dry run has the same lines, marked; nothing else is touched."""
    done = [wfx("run", "shop:add", "1", "--json").json["runId"] for _ in range(2)]
    bought = wfx("run", "shop:buy", "--json").json["runId"]
    waiting = wfx("start", "shop:approve", "7", "--json").json["runId"]

    planned = wfx("runs", "prune", *ALL, "--dry-run")
    assert {*ids(wfx)} == {*done, bought, waiting}
    pruned = wfx("runs", "prune", *ALL, "--yes")

    assert ids(wfx) == [waiting]
    assert (planned.code, pruned.code) == (0, 0)
    first, second, last = pruned.out.splitlines()
    assert first.startswith("shop:add  2 runs (6 events, ")
    assert second.startswith("shop:buy  1 run (")
    assert last.startswith("deleted 3 runs (")
    assert planned.out.splitlines()[:2] == [first, second]
    assert planned.out.splitlines()[2].startswith("would delete 3 runs (")
    assert "`wfx world vacuum` gives it back to the disk" in pruned.err
    assert planned.err == ""


def test_filters_and_json(wfx: Wfx) -> None:
    """One object with all numbers."""
    done = wfx("run", "shop:add", "1", "--json").json["runId"]
    bought = wfx("run", "shop:buy", "--json").json["runId"]

    recent = wfx("runs", "prune", "--before", "1d", "--yes", "--json").json
    assert (recent["runs"], recent["workflows"], recent["kept"]) == (0, [], {})
    failed = wfx("runs", "--json", "prune", *ALL, "--status", "failed", "--dry-run").json
    assert [each["workflow"] for each in failed["workflows"]] == ["shop:buy"]
    added = wfx("runs", "prune", *ALL, "--workflow", "shop:add", "--yes", "--json").json
    assert added.pop("endedBefore").endswith("Z")
    assert added.pop("bytes") == added["workflows"][0].pop("bytes") > 0
    assert added == {
        "world": "sqlite:///.wfx/world.db",
        "dryRun": False,
        "runs": 1,
        "events": 3,
        "workflows": [{"workflow": "shop:add", "runs": 1, "events": 3}],
        "kept": {},
        "export": None,
    }
    assert ids(wfx) == [bought]
    gone = wfx("runs", "show", done)
    assert (gone.code, gone.error.startswith(f"there is no run '{done}'")) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--yes"], "Missing option '--older-than' / '--before'"),
        (["--workflow", "shop:add", "--yes"], "Missing option '--older-than' / '--before'"),
        ([*ALL], "nobody can be asked here, and what is deleted is gone: say --yes"),
        ([*ALL, "--json"], "nobody can be asked here"),
        (["--older-than", "soon", "--yes"], "'soon' is no moment"),
        (["--older-than", "2999-01-01", "--yes"], "lies in the future"),
        ([*ALL, "--status", "running", "--yes"], "'running' is not one of"),
    ],
)
def test_what_may_be_a_mistake_is_refused(wfx: Wfx, words: list[str], said: str) -> None:
    """Usage, exit code 2, and nothing is deleted."""
    run_id = wfx("run", "shop:add", "1", "--json").json["runId"]
    refused = wfx("runs", "prune", *words)
    assert refused.code == 2
    assert said in refused.error
    assert ids(wfx) == [run_id]


def test_a_filter_before_the_command_is_not_passed_over(wfx: Wfx) -> None:
    """Else `wfx runs --workflow A prune` would delete those of B too."""
    run_id = wfx("run", "shop:add", "1", "--json").json["runId"]
    refused = wfx("runs", "--workflow", "shop:buy", "prune", *ALL, "--yes")
    assert refused.code == 2
    assert refused.error == "write --workflow behind `prune`, if it is an option of it"
    assert ids(wfx) == [run_id]


def test_an_export_can_be_imported_again(wfx: Wfx, app: Path) -> None:
    """The recording is there before the run is gone."""
    run_id = wfx("run", "shop:checkout", '{"id": 7}', "--json").json["runId"]
    events = wfx("runs", "events", run_id).out
    written = wfx("runs", "stream", run_id).out

    pruned = wfx("runs", "prune", *ALL, "--export", "kept", "--yes")

    assert pruned.out.splitlines()[-1].endswith("; recordings in kept")
    assert ids(wfx) == []
    assert wfx("import", f"kept/{run_id}.jsonl").code == 0
    assert wfx("runs", "events", run_id).out == events
    assert wfx("runs", "stream", run_id).out == written


def test_a_folder_that_cannot_be_written_keeps_the_runs(wfx: Wfx, app: Path) -> None:
    """One sentence that names it."""
    run_id = wfx("run", "shop:add", "1", "--json").json["runId"]
    (app / "file").write_text("")
    refused = wfx("runs", "prune", *ALL, "--export", "file/kept", "--yes")
    assert (refused.code, refused.error) == (1, "file/kept: Not a directory")
    assert ids(wfx) == [run_id]


def test_without_a_world_there_is_nothing_to_delete(wfx: Wfx) -> None:
    """And none is made."""
    pruned = wfx("runs", "prune", *ALL, "--yes")
    assert pruned.out.startswith("nothing to delete: no run of sqlite:///.wfx/world.db")
    assert pruned.code == 0
    assert not Path(".wfx").exists()


def asked(spawn: Callable[..., Any], answer: str) -> tuple[int, str, str]:
    """The exit code, stdout and the terminal of a prune whose question is answered like this."""
    here, there = pty.openpty()
    process = spawn("runs", "prune", *ALL, stdin=there, stderr=there, env={"TERM": "xterm"})
    os.close(there)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal ends
        while part := os.read(here, 4096):
            shown += part
            if b"[y/N]" in shown and answer:
                os.write(here, answer.encode())
                answer = ""
    os.close(here)
    out = process.stdout.read()
    return process.wait(timeout=30), out, shown.decode()


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 0), ("n\n", 1, 1), ("\n", 1, 1)])
def test_on_a_terminal_it_asks(
    spawn: Callable[..., Any], wfx: Wfx, answer: str, code: int, left: int
) -> None:
    """With the numbers; only a yes deletes."""
    wfx("run", "shop:add", "1", "--json")
    ended, out, shown = asked(spawn, answer)
    assert ended == code
    assert "Delete 1 run (3 events, " in shown
    assert "of sqlite:///.wfx/world.db for good? [y/N]" in shown
    assert ("nothing was deleted" in shown) == bool(left)
    assert ("deleted 1 run (" in out) != bool(left)
    assert len(ids(wfx)) == left


def test_a_question_that_is_left_open_deletes_nothing(spawn: Callable[..., Any], wfx: Wfx) -> None:
    """Ctrl-D, and that it was left stands in a line of its own."""
    wfx("run", "shop:add", "1", "--json")
    ended, out, shown = asked(spawn, "\x04")
    assert (ended, out) == (1, "")
    assert shown.endswith("for good? [y/N]: \r\nError: interrupted\r\n")
    assert len(ids(wfx)) == 1


def test_on_a_terminal_nothing_goes_that_was_not_asked_about(
    wfx: Wfx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that finds nothing asks nothing; what was there a moment later stays."""
    looks = []

    def look(client: Client, *given: Any, dry_run: bool, **how: Any) -> Pruned:
        found = prune(client, *given, dry_run=dry_run, **how)
        if not looks:
            wfx("import", "old.jsonl")
        looks.append(dry_run)
        return found

    run_id = wfx("run", "shop:add", "1", "--json").json["runId"]
    wfx("export", run_id, "-o", "old.jsonl")
    before = wfx("runs", "show", run_id, "--json").json["completedAt"]
    wfx("runs", "prune", *ALL, "--yes")
    prune = Client.prune
    monkeypatch.setattr(Client, "prune", look)
    monkeypatch.setattr("wfx.cli.output.is_terminal", lambda: True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    pruned = wfx("runs", "prune", *ALL, "--json")

    assert looks == [True]
    assert (pruned.code, pruned.json["runs"], pruned.json["dryRun"]) == (0, 0, False)
    assert ids(wfx) == [run_id]
    assert wfx("runs", "show", run_id, "--json").json["completedAt"] == before


def test_migrated_runs_are_kept_and_named(wfx: Wfx, app: Path) -> None:
    """Their originals are in no other place."""
    wfx("run", "shop:add", "1", "--json")
    with contextlib.closing(sqlite3.connect(app / ".wfx" / "world.db")) as raw:
        raw.execute("INSERT INTO legacy_record SELECT run_id, 0, 'runs/a.json', x'00' FROM run")
        raw.commit()

    kept = wfx("runs", "prune", *ALL, "--yes")
    assert kept.out.splitlines()[1].startswith(
        "kept 1 run migrated, with originals that nothing else has: --with-originals deletes"
    )
    assert wfx("runs", "prune", *ALL, "--yes", "--json").json["kept"] == {"originals": 1}
    assert wfx("runs", "prune", *ALL, "--yes", "--with-originals", "--json").json["runs"] == 1
    assert ids(wfx) == []


def test_the_space_goes_back_to_the_disk(wfx: Wfx, app: Path) -> None:
    """Only when that is asked for; before, new runs use it."""
    file = app / ".wfx" / "world.db"
    wfx("run", "shop:big", "20", "--json")
    full = file.stat().st_size
    wfx("runs", "prune", *ALL, "--yes")
    assert file.stat().st_size >= full
    wfx("run", "shop:big", "20", "--json")
    assert file.stat().st_size <= full * 1.1
    wfx("runs", "prune", *ALL, "--yes")

    vacuumed = wfx("world", "vacuum", "--json").json

    assert vacuumed["before"] >= full > 10 * vacuumed["after"]
    assert file.stat().st_size == vacuumed["after"]
    assert wfx("world", "verify").code == 0
    assert wfx("run", "shop:add", "1", "--json").json["status"] == "completed"
    assert wfx("world", "vacuum").out.startswith("sqlite:///.wfx/world.db has ")


def test_a_server_s_tables_are_vacuumed_too(wfx: Wfx, postgres_url: str) -> None:
    """While they are in use."""
    assert wfx("world", "vacuum", "--world", postgres_url, "--json").json["after"] > 0


def test_a_vacuum_needs_a_world(wfx: Wfx) -> None:
    """It makes none."""
    missing = wfx("world", "vacuum", "--world", "sqlite:///none.db")
    assert (missing.code, "there is no file none.db" in missing.error) == (1, True)
    assert not Path("none.db").exists()


def test_a_world_can_be_verified_meanwhile(wfx: Wfx, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was listed and then deleted is no problem; one that is named must be there."""
    run_id = wfx("run", "shop:add", "1", "--json").json["runId"]
    monkeypatch.setattr("wfx.cli.verifying._all_runs", lambda _: iter(["wrun_deleted", run_id]))

    verified = wfx("world", "verify", "--json")

    assert (verified.code, verified.json["runs"], verified.json["problems"]) == (0, 1, [])
    assert wfx("world", "verify", "wrun_deleted").error.startswith("there is no run 'wrun_deleted'")
