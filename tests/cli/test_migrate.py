"""`wfx migrate`, `wfx world verify`, and looking into legacy sources and out of ours."""

from __future__ import annotations

import errno
import io
import json
import os
import pty
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.migrate.generated import legal, write
from tests.migrate.test_migrate import FIRST, SECOND, log_of, with_hooks
from tests.migrate.test_postgres import load

from wfx.binding import names_of
from wfx.cli import migrating
from wfx_migrate.formats import FORMATS
from wfx_migrate.v1 import room, spool
from wfx_world_sql import open_world

MANY = 156
"""Runs in the generated store."""

LEGACY = Path(__file__).resolve().parent.parent / "legacy"

Wfx = Callable[..., Any]
Spawn = Callable[..., Any]


def unpacked(name: str, target: Path, *only: str) -> Path:
    """A recorded store, or some scenarios of it."""
    with tarfile.open(LEGACY / f"{name}.tar.gz") as tar:
        members = [
            member
            for member in tar
            if not only or any(part in only for part in Path(member.name).parts)
        ]
        tar.extractall(target, members, filter="data")
    inner = target / name
    return inner if inner.is_dir() else target


@pytest.fixture
def store(app: Path) -> Path:
    """A small store: a finished run, a failed one, and one that waits on a hook."""
    unpacked("v1-4.0.1-beta.50", app / "old", "sequence", "throws-deep", "inflight-hook")
    (found,) = (app / "old").rglob("sequence")
    return found.parent.relative_to(app)


def files_of(directory: Path) -> dict[str, bytes]:
    """All files below a directory."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


# -- there and back -----------------------------------------------------------------------


def test_a_store_is_migrated_and_its_runs_are_shown(wfx: Wfx, store: Path) -> None:
    """Counts add up; a finished run reads like any other, an open one is parked."""
    done = wfx("migrate", "--from", "v1", str(store))

    records = len(files_of(store))
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    where = "into sqlite:///.wfx/world.db"
    assert lines[0] == f"{store} (3 data directories of the Workflow DevKit (v1)) {where}"
    assert lines[1].strip() == "3 runs migrated"
    assert lines[3].strip() == "1 open run, parked until `wfx release`"
    assert lines[4].strip() == f"{records} source records = {records - 3} converted + 3 beside runs"
    runs = wfx("runs", "list", "--json").json["runs"]
    assert sorted(run["status"] for run in runs) == ["completed", "failed", "running"]
    (parked,) = (run for run in runs if run["status"] == "running")
    assert parked["parked"]["migratedFrom"] == "v1"
    shown = wfx("runs", "show", parked["runId"]).out
    assert f"bind it to a Python workflow and `wfx release {parked['runId']}`" in shown


def test_doing_it_again_is_nothing_and_says_so(wfx: Wfx, store: Path) -> None:
    """Exit code 0."""
    wfx("migrate", "--from", "v1", str(store))

    done = wfx("migrate", "--from", "v1", str(store))

    assert done.code == 0
    assert done.out.startswith("nothing to migrate: its 3 runs are in sqlite:///.wfx/world.db")


def test_a_dry_run_makes_no_world(wfx: Wfx, store: Path, app: Path) -> None:
    """It says the same, marked."""
    done = wfx("migrate", "--from", "v1", str(store), "--dry-run")

    assert done.code == 0
    assert done.out.splitlines()[0].endswith(
        "(v1)) would migrate into sqlite:///.wfx/world.db; nothing was written"
    )
    assert "3 runs would migrate" in done.out
    assert not (app / ".wfx").exists()


def test_the_originals_come_back(wfx: Wfx, store: Path, app: Path) -> None:
    """Byte for byte, all or some; never over something else."""
    wfx("migrate", "--from", "v1", str(store), "--to", "sqlite:///w.db")

    done = wfx("migrate", "--to", "v1", "back", "--world", "sqlite:///w.db")

    count = len(files_of(store))
    assert done.out == f"back: {count} files of 3 runs ({count} records)\n"
    assert files_of(app / "back") == files_of(store)
    again = wfx("migrate", "--to", "v1", "back", "--world", "sqlite:///w.db")
    assert again.code == 1
    assert again.error == "back is not an empty directory; give the name of a new one"
    run_id = wfx("runs", "list", "--json", "--world", "sqlite:///w.db").json["runs"][0]["runId"]
    one = wfx(
        "migrate", "--to", "v1", "one", "--world", "sqlite:///w.db", "--only", run_id, "--json"
    )
    assert one.json["runs"] == 1
    some = files_of(app / "one")
    assert some.items() < files_of(store).items()
    assert sum(run_id in path for path in some) == sum(run_id in path for path in files_of(store))


def test_what_is_quarantined_is_named_and_the_rest_goes_on(wfx: Wfx, app: Path) -> None:
    """Exit code 1; ids first; the reason with its place."""
    unpacked("jsonl", app / "logs")

    done = wfx("migrate", "--from", "v1", "logs")

    assert done.code == 1
    first = done.out.splitlines()[0]
    assert first.startswith("wrun_")
    assert "quarantined: " in first
    assert "run_resumed, though the run was not paused" in first
    assert "7 runs migrated" in done.out
    assert "3 runs quarantined" in done.out
    assert " + 17 quarantined" in done.out


def test_what_is_quarantined_is_kept_and_listed_until_its_source_is_mended(
    wfx: Wfx, app: Path
) -> None:
    """It is no run, but nothing of it is lost; a later migration takes it out."""
    unpacked("jsonl", app / "logs", "damaged-truncated.jsonl", "fatal.jsonl")
    (damaged,) = (app / "logs").rglob("damaged-truncated.jsonl")
    source = str(damaged.parent.relative_to(app))
    assert wfx("migrate", "--from", "v1", source).code == 1
    run_id = "wrun_01KBSNWHB818KQ0ZA2X4WE1EX1"

    listed = wfx("runs", "list").out.splitlines()
    assert [line.split()[:2] for line in listed[2:]] == [[run_id, "quarantined"]]
    (kept,) = json.loads(wfx("runs", "list", "--status", "quarantined", "--json").out)["runs"]
    assert (kept["runId"], kept["status"]) == (run_id, "quarantined")
    assert "cut off" in kept["quarantine"]["reasons"][0]
    assert wfx("runs", "list", "--limit", "1").err == "… and more: --cursor quarantined:\n"
    assert run_id in wfx("runs", "list", "--limit", "1", "--cursor", "quarantined:").out
    shown = wfx("runs", "show", run_id)
    assert shown.code == 0
    assert "because   damaged-truncated.jsonl:7: it is no JSON" in shown.out
    for words in (("runs", "events"), ("release",), ("export",), ("cancel",)):
        refused = wfx(*words, run_id)
        assert (refused.code, refused.out) == (1, "")
        assert "it is in quarantine, because a migration could not convert it" in refused.err
    verified = wfx("world", "verify")
    assert verified.out.endswith("; of 1 in quarantine the records of 1 are whole\n")
    assert wfx("migrate", "--to", "v1", "back").code == 0
    assert files_of(app / "back") == files_of(app / source)
    assert wfx("migrate", "--to", "v1", "one", "--only", run_id).code == 0
    assert files_of(app / "one") == {damaged.name: damaged.read_bytes()}

    lines = damaged.read_bytes().splitlines(keepends=True)
    damaged.write_bytes(b"".join(lines[:-1]))
    tried = wfx("migrate", "--from", "v1", source, "--dry-run")
    assert "1 run would migrate, 1 of them out of quarantine" in tried.out
    assert wfx("runs", "list", "--status", "quarantined", "--json").out.count(run_id) == 1
    mended = wfx("migrate", "--from", "v1", source)
    assert (mended.code, mended.err) == (0, "")
    assert "1 run migrated, 1 of them out of quarantine" in mended.out
    assert wfx("runs", "list", "--status", "quarantined").err == "no such runs\n"
    assert wfx("runs", "events", run_id).code == 0


def test_a_dry_run_looks_at_the_target_and_leaves_it_as_it_is(
    wfx: Wfx, store: Path, app: Path, empty_postgres_url: str
) -> None:
    """What is there is skipped; a target that is not there is not made; a wrong one is named."""
    (app / "there").mkdir()
    for url in ("sqlite:///there/world.db", empty_postgres_url):
        tried = wfx("migrate", "--from", "v1", str(store), "--dry-run", "--to", url, "--json")
        assert tried.code == 0
        report = json.loads(tried.out)
        assert report["runs"] == {"would migrate": 3}
        assert list((app / "there").iterdir()) == []
        first = report["reports"][0]["runId"]
        assert wfx("migrate", "--from", "v1", str(store), "--to", url, "--only", first).code == 0
        again = wfx("migrate", "--from", "v1", str(store), "--dry-run", "--to", url, "--json")
        assert json.loads(again.out)["runs"] == {"skipped": 1, "would migrate": 2}
        assert len(json.loads(wfx("runs", "list", "--world", url, "--json").out)["runs"]) == 1
        for file in (app / "there").iterdir():
            file.unlink()
    wrong = wfx("migrate", "--from", "v1", str(store), "--dry-run", "--to", "mysql://x")
    assert (wrong.code, wrong.out) == (2, "")


def test_reports_are_a_page_and_json(wfx: Wfx, app: Path) -> None:
    """The whole of it, run by run; `--json` prints the same object."""
    unpacked("jsonl", app / "logs")

    done = wfx(
        *("migrate", "--from", "v1", "logs", "--dry-run", "--json"),
        *("--report", "report.html", "--report", "report.json"),
    )

    page = (app / "report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "damaged-truncated.jsonl:7" in page
    written = json.loads((app / "report.json").read_text())
    assert done.json == written
    counts = written["records"]
    parts = {name: count for name, count in counts.items() if name not in ("inSource", "accounted")}
    assert sum(parts.values()) == counts["inSource"] == counts["accounted"]
    assert sum(written["runs"].values()) == len(written["reports"]) == 10


def test_some_runs_only(wfx: Wfx, store: Path) -> None:
    """The others are counted as not selected; one that is not there is told."""
    listed = wfx("runs", "list", "--json", "--world", f"v1:{store}").json["runs"]

    done = wfx("migrate", "--from", "v1", str(store), "--only", listed[0]["runId"])
    missing = wfx("migrate", "--from", "v1", str(store), "--only", "wrun_none")

    assert done.code == 0
    assert "1 run migrated" in done.out
    assert "not selected" in done.out
    assert missing.code == 1
    assert "wrun_none: the source has no such run" in missing.out


def test_paused_runs_are_parked_unless_something_else_is_asked(wfx: Wfx, app: Path) -> None:
    """`--paused refuse` quarantines them."""
    unpacked("jsonl", app / "logs")
    (log,) = app.rglob("left-paused.jsonl")

    refused = wfx("migrate", "--from", "v1", str(log), "--paused", "refuse")
    held = wfx("migrate", "--from", "v1", str(log), "--json")

    assert refused.code == 1
    assert "quarantined" in refused.out
    assert held.json["parked"] == 1
    assert "it was paused" in held.json["reports"][0]["parked"]


def test_names_are_bound_to_python_ones(wfx: Wfx, store: Path) -> None:
    """`--map` is kept with the run and in its certificate."""
    old = "workflow//workflows/flows.ts//sequence"
    (run,) = wfx("runs", "list", "--json", "--world", f"v1:{store}", "--workflow", old).json["runs"]

    done = wfx(
        *("migrate", "--from", "v1", str(store), "--json"),
        *("--map", f"{old}=shop:add", "--only", run["runId"]),
    )

    assert done.code == 0
    assert done.json["reports"][0]["certificate"]["options"]["names"] == {old: "shop:add"}


PORT = """
from wfx import create_hook, step, workflow


@step
async def add(a: int, b: int) -> int:
    return a + b


@step
async def hang(milliseconds: int) -> str:
    return "woke"


@workflow
async def long_running(mode: str, token: str) -> object:
    await add(40, {summand})
    if mode == "hook":
        return await create_hook(token)
    return await hang(3_600_000)
"""
FLOWS = "workflow//workflows/flows.ts//longRunning=port:long_running"
STEPS = "step//workflows/flows.ts//"
MAPS = ("--map", FLOWS, "--map", f"{STEPS}add=port:add", "--map", f"{STEPS}hang=port:hang")


def open_run(wfx: Wfx) -> str:
    """The one parked run of the world."""
    (run,) = json.loads(wfx("runs", "list", "--parked", "--json").out)["runs"]
    return str(run["runId"])


def test_a_run_is_bound_when_its_port_is_there(wfx: Wfx, store: Path, app: Path) -> None:
    """Until then each command says what is missing; then it is released, and goes on."""
    name = FLOWS.partition("=")[0]
    assert wfx("migrate", "--from", "v1", str(store)).code == 0
    run_id = open_run(wfx)
    world = ("--world", "sqlite:///.wfx/world.db")
    hint = wfx("release", run_id, *world)
    assert f"wfx release {run_id} --map {name}=module:function {' '.join(world)}" in hint.err
    for words in (("run", "--resume", run_id), ("run", "--resume", run_id, "port:long_running")):
        (app / "port.py").write_text(PORT.format(summand=2))
        refused = wfx(*words)
        assert (refused.code, refused.out) == (1, "")
        assert f"{run_id} was migrated, and its workflow '{name}' is bound to no" in refused.err

    bound = wfx("release", run_id, *MAPS)
    assert (bound.code, bound.out) == (0, f"{run_id} was not parked\n"), bound.err
    assert wfx("hook", "send", "tok-inflight", '"yes"').code == 0
    done = wfx("run", "--resume", run_id, "--json")
    assert (done.code, json.loads(done.out)["output"]) == (0, "yes"), done.err
    assert wfx("export", run_id, "-o", "bound.jsonl").code == 0
    assert wfx("replay", "bound.jsonl").out.splitlines()[0] == f"bound.jsonl {run_id} match"
    assert wfx("world", "verify").code == 0


def test_names_given_after_the_migration_are_said_to_be_unbound(wfx: Wfx, store: Path) -> None:
    """Migrating again binds nothing; it says what does, until it is done."""
    assert wfx("migrate", "--from", "v1", str(store)).code == 0
    again = wfx("migrate", "--from", "v1", str(store), *MAPS)
    assert again.code == 0
    told = "1 of these open and not bound to the names given: `wfx release --all-parked"
    assert told in again.out


def test_a_replay_of_an_unbound_run_says_what_is_missing(wfx: Wfx, store: Path) -> None:
    """Its recorded name is no path."""
    assert wfx("migrate", "--from", "v1", str(store)).code == 0
    run_id = open_run(wfx)
    assert wfx("export", run_id, "-o", "open.jsonl").code == 0
    judged = wfx("replay", "open.jsonl")
    assert judged.code == 2
    name = FLOWS.partition("=")[0]
    assert f"its workflow '{name}' is bound to no Python workflow" in judged.out
    assert f"--map {name}=module:function" in judged.out


def test_an_unbound_run_is_replayed_by_patterns_from_a_file(
    wfx: Wfx, store: Path, app: Path
) -> None:
    """The same file that a migration and a release take, before anything is bound."""
    (app / "port.py").write_text(PORT.format(summand=2))
    assert wfx("migrate", "--from", "v1", str(store)).code == 0
    Path("names.txt").write_text(
        "workflow//workflows/flows.ts//*=port:*\nstep//workflows/flows.ts//*=port:*\n"
    )
    run_id = open_run(wfx)
    for words in ((run_id,), ("--open", "--workflow", "port:long_running")):
        done = wfx("replay", *words, "--world", "sqlite:///.wfx/world.db", "--map", "names.txt")
        assert (done.code, f"{run_id} match" in done.out) == (0, True)


def test_many_runs_are_bound_and_released_at_once(wfx: Wfx, app: Path) -> None:
    """All whose workflow is named; those that the port does not fit stay parked."""
    for scenario in ("inflight-hook", "inflight-step", "inflight-pending-run"):
        unpacked("v1-4.0.1-beta.35", app / "old", scenario)
    assert wfx("migrate", "--from", "v1", "old").code == 0
    (app / "port.py").write_text(PORT.format(summand=3))
    wrong = wfx("release", "--all-parked", *MAPS, "--app-dir", str(app))
    assert wrong.code == 1
    assert wrong.out.count(" not released: ") == 2
    assert "position 2" in wrong.out
    assert "1 parked runs are of workflows that no --map names" in wrong.err

    sys.modules.pop("port", None)
    (app / "port.py").write_text(PORT.format(summand=2))
    right = wfx("release", "--all-parked", *MAPS, "--json")
    assert right.code == 0, right.err
    assert [run["released"] for run in json.loads(right.out)["runs"]] == [True, True]
    rest = wfx("release", "--all-parked", "--workflow", "workflow//workflows/flows.ts//sequence")
    assert rest.out.endswith(" released\n")
    assert wfx("release", "--all-parked").err == "nothing to release: no run is parked\n"


def test_a_hook_whose_token_another_run_has_is_told_of(wfx: Wfx, app: Path) -> None:
    """While the run is parked and when it is released: what it waits for does not come."""
    second = with_hooks(SECOND, "hook_2", received=True)
    log_of(app / "log.jsonl", with_hooks(FIRST, "hook_1"), second)
    assert wfx("migrate", "--from", "v1", "log.jsonl").code == 0
    assert f"its token 'same' belongs to {FIRST}" in wfx("runs", "show", SECOND).out

    wfx("release", SECOND)
    shown = wfx("runs", "show", SECOND)
    assert (
        f"its token 'same' belonged to {FIRST} when it was migrated, and its hook is disposed: if "
        f"it waits for a payload there, it waits for ever; wfx cancel {SECOND} ends it"
    ) in shown.out
    assert "waits for a worker" not in shown.out
    assert wfx("runs", "show", SECOND, "--json").json["takenTokens"] == {"same": FIRST}
    assert "takenTokens" not in wfx("runs", "show", FIRST, "--json").json


def test_what_is_to_be_released_is_said_clearly(wfx: Wfx) -> None:
    """One run, or all; and names as names."""
    for words in ((), ("wrun_1", "--all-parked"), ("wrun_1", "--workflow", "x")):
        assert wfx("release", *words).code == 2
    told = "--map 'x' is neither OLD=module:function nor a file with such lines"
    assert told in wfx("release", "wrun_1", "--map", "x").err
    Path("names.txt").write_text("# ours\n\na*=b:*\nno name\n")
    said = wfx("release", "wrun_1", "--map", "names.txt").err
    assert "names.txt:4: 'no name' is not OLD=module:function" in said
    said = wfx("release", "wrun_1", "--map", "a*b*=c:*").err
    assert "'a*b*=c:*' has 2 * before the = and 1 after it" in said


@pytest.mark.parametrize("late", [False, True])
def test_names_are_bound_by_patterns_from_a_file(
    wfx: Wfx, store: Path, app: Path, late: bool
) -> None:
    """In a migration as in a release; only names that the runs have are kept."""
    (app / "port.py").write_text(PORT.format(summand=2))
    Path("names.txt").write_text(
        "# the port has the names of the old program, as Python writes them\n"
        "workflow//workflows/flows.ts//*=port:*\n"
        "step//workflows/*.ts//*=*:*\nstep//workflows/flows.ts//*=port:*\n"
    )
    first = () if late else ("--map", "names.txt")
    assert wfx("migrate", "--from", "v1", str(store), *first).code == 0
    run_id = open_run(wfx)
    released = wfx("release", run_id, *(("--map", "names.txt") if late else ()))
    assert (released.code, released.err) == (0, "")
    with open_world("sqlite:///.wfx/world.db") as world:
        names = names_of(world.runs.get(run_id).execution_context)
    assert names["workflow//workflows/flows.ts//longRunning"] == "port:long_running"
    assert set(names.values()) == {"port:long_running", "port:add"}


def test_lines_are_read_from_standard_input(
    wfx: Wfx, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-` is standard input."""
    unpacked("jsonl", app / "logs")
    (log,) = app.rglob("fatal.jsonl")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(log.read_bytes())))

    assert "1 run migrated" in wfx("migrate", "--from", "v1", "-").out


# -- bad input ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("migrate", "old"), "say --from v1 to migrate old, or --to v1 to give originals back"),
        (("migrate", "--from", "v0", "old"), "--from 'v0' is no format; there is v1"),
        (("migrate", "--from", "v1", "old", "--map", "a=b"), "'a=b' is not OLD=module:function"),
        (("migrate", "--from", "v1", "old", "--report", "r.txt"), "ends in .html or .json"),
        (("migrate", "--from", "v1", "old", "--report", "no/r.html"), "there is no directory no"),
        (("migrate", "--to", "v1", "old", "--dry-run"), "does not go with --dry-run"),
        (("migrate", "--to", "v1", "old", "--from", "v1"), "does not go with --from"),
        (("migrate", "--from", "v1", "old", "--to", "a:", "--world", "b:"), "give one of them"),
        (("migrate", "--from", "v1", "nowhere"), "there is no nowhere; expected a data directory"),
        (("migrate", "--from", "v1", "n" * 300), "File name too long; expected a data directory"),
        (("migrate", "--from", "v1", "nothing.jsonl/x"), "nothing.jsonl/x: Not a directory"),
        (("migrate", "--from", "v1", "empty"), "empty is an empty directory"),
        (("migrate", "--from", "v1", "other"), "other has no legacy store in it"),
        (("migrate", "--from", "v1", "half.tar.gz"), "half.tar.gz cannot be unpacked"),
        (("migrate", "--from", "v1", "nothing.jsonl"), "nothing.jsonl is empty"),
        (("migrate", "--from", "v1", "mysql://me:secret@h/d"), "is no scheme of a legacy source"),
        (("migrate", "--from", "v1", "postgresql://me:secret@127.0.0.1:1/d"), "cannot be opened"),
        (("export", "--format", "workflow-local", "s", "-o", "f"), "-o goes with recordings"),
        (("export", "a", "b"), "a recording holds one run"),
    ],
)
def test_what_cannot_be_begun_is_said_in_a_sentence(
    wfx: Wfx, app: Path, words: tuple[str, ...], said: str
) -> None:
    """Exit code 2, nothing made, no password shown."""
    (app / "empty").mkdir()
    (app / "other").mkdir()
    (app / "other" / "notes.txt").write_text("hello")
    (app / "nothing.jsonl").touch()
    with tarfile.open(app / "whole.tar.gz", "w:gz") as tar:
        tar.add(app / "shop.py")
    (app / "half.tar.gz").write_bytes((app / "whole.tar.gz").read_bytes()[:200])

    done = wfx(*words)

    assert done.code == 2
    assert said in done.error
    assert "secret" not in done.err + done.out
    assert not (app / ".wfx").exists()


def test_a_store_of_a_later_release_is_recognised(wfx: Wfx, app: Path) -> None:
    """It is no v1, and is named as what it is."""
    unpacked("v2-4.1.0-beta.54", app / "new", "sequence")
    (found,) = app.rglob("new*/**/sequence")

    done = wfx("migrate", "--from", "v1", str(found.relative_to(app)))

    assert done.code == 2
    assert "later release of the Workflow DevKit" in done.error or "v2" in done.error


def test_the_command_knows_the_formats() -> None:
    """Its list is written down, so that `--help` loads no adapter."""
    assert set(migrating._FORMATS) == set(FORMATS)


def test_a_database_is_migrated_into_another(
    wfx: Wfx, app: Path, empty_postgres_url: str, postgres_url: str
) -> None:
    """From PostgreSQL to PostgreSQL; the source as a world; a database that is none."""
    unpacked("postgres", app / "dumps")
    (dump,) = app.rglob("v1-world-postgres-4.1.0-beta.15")
    none = wfx("migrate", "--from", "v1", empty_postgres_url)
    load(empty_postgres_url, dump / "csv")

    done = wfx("migrate", "--from", "v1", empty_postgres_url, "--to", postgres_url)
    seen = wfx("runs", "list", "--world", f"v1:{empty_postgres_url}", "--json")
    back = wfx("migrate", "--to", "v1", "back", "--world", postgres_url)

    assert none.code == 2
    assert "has no table workflow_runs: it is no database of the Workflow DevKit" in none.error
    assert done.code == 0
    assert "(a PostgreSQL database of the Workflow DevKit (v1, CBOR columns)) into" in done.out
    assert "10 runs migrated" in done.out
    assert len(seen.json["runs"]) == 10
    assert back.code == 0
    assert (app / "back" / "workflow_runs.jsonl").read_bytes().count(b"\n") == 10


def test_a_dry_run_without_room_for_its_own_files_says_that_nothing_was_migrated(
    wfx: Wfx, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops like a migration, and tells how far it came."""

    make = tempfile.TemporaryFile

    def no_room(*args: Any, **options: Any) -> Any:
        if args or options:  # the report's
            return make(*args, **options)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(spool, "_MEMORY_BYTES", 1)
    monkeypatch.setattr(tempfile, "TemporaryFile", no_room)

    stopped = wfx("migrate", "--from", "v1", str(store), "--dry-run")

    assert stopped.code == 1
    assert "not reached" in stopped.out
    assert stopped.error.startswith("the dry run stopped at ")
    assert stopped.error.endswith("name another directory in TMPDIR. Nothing was migrated")


def test_a_full_disk_stops_a_migration_that_goes_on_later(
    spawn: Spawn, wfx: Wfx, store: Path
) -> None:
    """What was written stays whole, the sentence says where it stopped, the rest follows."""

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    words = ("migrate", "--from", "v1", str(store), "--to", "sqlite:///w.db")
    assert wfx("world", "init", "--world", "sqlite:///w.db").code == 0
    stopped = spawn(*words, preexec_fn=small_files)
    out, err = stopped.communicate(timeout=60)

    assert stopped.returncode == 1
    assert "Error: the migration stopped at wrun_" in err
    assert err.endswith(
        "network file systems cannot hold a world. What was migrated before stays; the same "
        "command goes on from there\n"
    )
    assert "not reached" in out
    assert wfx(*words).code == 0
    verified = wfx("world", "verify", "--world", "sqlite:///w.db", "--json").json
    assert (verified["migrated"], verified["problems"]) == (3, [])


# -- processes ----------------------------------------------------------------------------


@pytest.fixture
def many(app: Path) -> Path:
    """A store of a few hundred runs."""
    write(legal(4, runs=300), app / "many")
    assert len(list((app / "many" / "runs").iterdir())) == MANY
    return Path("many")


def test_a_killed_migration_goes_on_where_it_was(wfx: Wfx, spawn: Spawn, many: Path) -> None:
    """kill -9 anywhere: each run is there once, and the whole is there at the end."""
    process = spawn("migrate", "--from", "v1", str(many), "--to", "sqlite:///w.db")
    while process.poll() is None:
        listed = wfx("runs", "list", "--json", "--world", "sqlite:///w.db")
        if listed.code == 0 and len(listed.json["runs"]) > 3:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    there = len(
        wfx("runs", "list", "--json", "--limit", "1000", "--world", "sqlite:///w.db").json["runs"]
    )

    done = wfx("migrate", "--from", "v1", str(many), "--to", "sqlite:///w.db", "--json")

    assert done.json["runs"] == {"migrated": MANY - there, "skipped": there} or there == MANY
    verified = wfx("world", "verify", "--world", "sqlite:///w.db")
    assert verified.out == (
        f"{MANY} of {MANY} runs are what their logs say; {MANY} migrated, with certificates\n"
    )


def test_what_a_killed_migration_left_is_removed_by_the_next(
    wfx: Wfx, spawn: Spawn, app: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its temporary files, in both directions; not while it is at work."""
    temporary = app / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    words = ("migrate", "--from", "v1")
    # It has copied half a line, and waits for the rest.
    process = spawn(*words, "-", stdin=subprocess.PIPE, env={"TMPDIR": str(temporary)})
    while not (copies := list(temporary.glob("*/stdin"))):
        assert process.poll() is None

    assert wfx(*words, str(store)).code == 0
    assert list(temporary.glob("*/stdin")) == copies
    process.kill()
    process.wait()
    assert list(temporary.glob("*/stdin")) == copies
    assert wfx("migrate", "--to", "v1", "back").code == 0
    assert list(temporary.iterdir()) == []


def test_two_migrations_at_once_share_the_work(wfx: Wfx, spawn: Spawn, many: Path) -> None:
    """Both end well, and each run is there once: what both write is the same."""
    words = ("migrate", "--from", "v1", str(many), "--to", "sqlite:///w.db", "--json")
    both = [spawn(*words), spawn(*words)]
    results = [process.communicate(timeout=100) for process in both]

    assert [process.returncode for process in both] == [0, 0], results
    counts = [json.loads(out)["runs"] for out, _ in results]
    assert [sum(each.values()) for each in counts] == [MANY, MANY]
    assert all(set(each) <= {"migrated", "skipped"} for each in counts)
    verified = wfx("world", "verify", "--world", "sqlite:///w.db", "--json").json
    assert (verified["runs"], verified["problems"]) == (MANY, [])


def test_a_terminal_sees_a_bar(spawn: Spawn, many: Path) -> None:
    """With a rate and the time that remains; the summary stays."""
    mine, theirs = pty.openpty()
    process = spawn(
        *("migrate", "--from", "v1", str(many), "--dry-run"), stderr=theirs, env={"TERM": "xterm"}
    )
    os.close(theirs)
    drawn = b""
    while chunk := _read(mine):
        drawn += chunk
    out, _ = process.communicate(timeout=60)

    assert b"checking" in drawn
    assert f"/{MANY}".encode() in drawn
    assert b"events/s" in drawn
    assert f"{MANY} runs would migrate" in out


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


# -- verify -------------------------------------------------------------------------------


@pytest.mark.parametrize("small", [True, False])
def test_a_world_that_was_changed_by_hand_does_not_verify(
    wfx: Wfx, store: Path, monkeypatch: pytest.MonkeyPatch, small: bool
) -> None:
    """A row, an event and a source record: each is found, in large runs as in small ones."""
    if not small:
        for name, value in (("SMALL", -1), ("HELD", 16)):
            monkeypatch.setattr(room, name, value)
    wfx("migrate", "--from", "v1", str(store), "--to", "sqlite:///w.db")
    runs = wfx("runs", "list", "--json", "--world", "sqlite:///w.db").json["runs"]
    by_status = {run["status"]: run["runId"] for run in runs}
    with sqlite3.connect("w.db") as database:
        database.execute(
            "UPDATE run SET workflow_name = 'other' WHERE run_id = ?", (by_status["completed"],)
        )
        database.execute(
            "UPDATE legacy_record SET data = x'00' WHERE run_id = ? AND source LIKE '%/runs/%'",
            (by_status["failed"],),
        )
        (step_id,) = database.execute(
            "UPDATE step SET attempt = 7 WHERE step_id = (SELECT min(step_id) FROM step WHERE"
            " run_id = ?) RETURNING step_id",
            (by_status["completed"],),
        ).fetchone()
    database.close()

    done = wfx("world", "verify", "--world", "sqlite:///w.db")
    one = wfx("world", "verify", by_status["running"], "--world", "sqlite:///w.db", "--json")

    assert done.code == 1
    assert f"{by_status['completed']} {by_status['completed']} is shown otherwise" in done.out
    assert f"{step_id} is shown otherwise than its log says: attempt" in done.out
    failed = by_status["failed"]
    assert f"{failed} its source records have another hash than was certified" in done.out
    assert "1 of 3 runs are what their logs say" in done.out
    assert (one.code, one.json["runs"], one.json["problems"]) == (0, 1, [])


def test_an_empty_world_has_nothing_to_verify(wfx: Wfx) -> None:
    """In words."""
    assert wfx("world", "verify").out == (
        "nothing to verify: sqlite:///.wfx/world.db has no runs\n"
    )


# -- looking in, and out again ------------------------------------------------------------


def test_a_legacy_source_is_looked_into_without_migrating(wfx: Wfx, store: Path, app: Path) -> None:
    """list, show, events and export; what would write is refused."""
    world = ("--world", f"v1:{store}")
    runs = wfx("runs", "list", *world, "--json").json["runs"]
    by_status = {run["status"]: run["runId"] for run in runs}

    assert "step_completed" in wfx("runs", "events", by_status["completed"], *world).out
    assert "deep error from workflow" in wfx("runs", "show", by_status["failed"], *world).out
    assert wfx("export", by_status["completed"], *world, "-o", "r.jsonl").code == 0
    refused = wfx("cancel", by_status["running"], *world)
    assert refused.code == 1
    assert "can only be looked at" in refused.error
    assert not (app / ".wfx").exists()


def test_runs_go_out_as_a_store_of_the_workflow_devkit(wfx: Wfx, store: Path, app: Path) -> None:
    """Native ones too; what has no counterpart is counted."""
    wfx("migrate", "--from", "v1", str(store))
    wfx("run", "shop:add", "1")
    run_id = wfx("run", "shop:checkout", '{"id": 7}', "--json").json["runId"]

    done = wfx("export", "--format", "workflow-local", "store")
    one = wfx("export", "--format", "workflow-local", "one", run_id, "--json")
    again = wfx("export", "--format", "workflow-local", "store")

    assert done.code == 0
    assert done.out.startswith("store: 5 runs, ")
    assert len(list((app / "store" / "runs").iterdir())) == 5
    assert (app / "store" / "version.txt").read_text() == "@workflow/world-local@4.1.0-beta.30"
    assert one.json["runs"] == 1
    assert again.code == 1
    assert again.error == "store is not an empty directory; give the name of a new one"
    shutil.rmtree(app / "one")
