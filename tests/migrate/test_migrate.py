"""A migration as a whole: into a world, twice, interrupted, proved, and back."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from wfx import create_hook, workflow
from wfx.binding import taken_of
from wfx.client import Client
from wfx.client.driving import Drive, Left, drive
from wfx.entities import RunStatus
from wfx.errors import AlreadyExists, UnsupportedFormat, WorldUnavailable
from wfx.errors import HookConflict as Taken
from wfx.events import HookConflict, HookDisposed, NewEvent, RunCancelled, RunCreated
from wfx.memory import MemoryWorld
from wfx.replay import VerdictKind, replay
from wfx.testing.plain import PlainProgram
from wfx.world import Incoming, World
from wfx.worlds import open_world
from wfx_migrate import (
    NotRestorable,
    Options,
    Paused,
    Progress,
    Report,
    check,
    migrate,
    restore,
    write_html,
    write_json,
)
from wfx_migrate.formats import FORMATS, PRESENT, chain
from wfx_migrate.report import LISTED_MAX
from wfx_migrate.v1.notes import NoteKind

SOURCES = {
    "v1-4.0.1-beta.3": {"migrated": 28, "quarantined": 1},
    "v1-4.0.1-beta.13": {"migrated": 31, "quarantined": 1},
    "v1-4.0.1-beta.35": {"migrated": 18},
    "v1-4.0.1-beta.50": {"migrated": 24},
    "jsonl": {"migrated": 7, "quarantined": 3},
}
"""Recording → what becomes of its runs."""

REASONS = {
    "storage-api-oddities": "without the name and input of its step it could not be continued",
    "damaged-resumed-never-paused": "though the run was not paused: an event is missing",
    "damaged-truncated": "it may be cut off",
    "damaged-unknown-event": "the event type 'step_exploded' is unknown",
}
"""Where recorded damage is, and what is said about it."""


def files_of(directory: Path) -> dict[str, bytes]:
    """All files below a directory."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def runs(report: Report, verdict: str) -> list[dict[str, Any]]:
    """The reports of runs with this verdict."""
    return [run for run in report.runs() if run["verdict"] == verdict]


@pytest.mark.parametrize("name", SOURCES)
def test_every_recorded_store_migrates_and_comes_back(
    recorded: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    """Each run is written with a certificate that holds, or quarantined for a named reason."""
    source, world = recorded(name), MemoryWorld()

    with migrate(source, world) as report:
        assert dict(report.totals.runs) == SOURCES[name]
        assert report.accounted == report.records_in_source
        for run in runs(report, "migrated"):
            assert check(world, run["runId"]) == []
            assert run["fieldsEqual"] + len(run.get("differences", [])) == run["fieldsCompared"]
        for run in runs(report, "quarantined"):
            (reason,) = run["reasons"]
            assert any(place in reason and said in reason for place, said in REASONS.items())
    restore(world, tmp_path / "back")

    assert files_of(tmp_path / "back") == files_of(source)


@pytest.mark.parametrize("name", ["v1-4.0.1-beta.3", "v1-4.0.1-beta.50", "jsonl"])
def test_sql_worlds_hold_every_recorded_run_and_give_it_back(
    recorded: Callable[[str], Path], sql_url: str, tmp_path: Path, name: str
) -> None:
    """NUL and half characters included; certificates hold in another process's eyes."""
    from wfx_world_sql import open_world

    with open_world(sql_url) as world:
        migrate(recorded(name), world).close()
    with open_world(sql_url) as world:
        ids = [run.run_id for run in world.runs.list(limit=1_000).items]
        assert [check(world, run_id) for run_id in ids] == [[] for _ in ids]
        with migrate(recorded(name), world) as again:
            assert again.totals.runs["skipped"] == SOURCES[name]["migrated"] == len(ids)
        restore(world, tmp_path / "back")

    assert files_of(tmp_path / "back") == files_of(recorded(name))


def test_a_folder_with_data_directories_and_lines_is_one_source(
    recorded: Callable[[str], Path], tmp_path: Path
) -> None:
    """Both migrate, with what belongs to no run, and come back; neither is passed over."""
    folder = tmp_path / "old"
    shutil.copytree(recorded("v1-4.0.1-beta.50/sequence"), folder / "a" / "store")
    shutil.copytree(recorded("jsonl"), folder / "logs")
    with (folder / "logs" / "fatal.jsonl").open("a") as file:
        file.write("\n")
    (folder / "a" / "store" / "more.jsonl").write_text("{}")
    world = MemoryWorld()

    with migrate(folder, world) as report:
        assert dict(report.totals.runs) == {"migrated": 8, "quarantined": 3}
        assert report.accounted == report.records_in_source
        assert report.totals.records["beside runs"] == 3
        assert report.description == (
            "a data directory of the Workflow DevKit (v1) and 10 files of JSON Lines (v1)"
        )
    restore(world, tmp_path / "back")
    assert files_of(tmp_path / "back") == files_of(folder)
    with migrate(folder, world) as again:
        assert dict(again.totals.runs) == {"skipped": 8, "quarantined": 3}


def test_a_run_that_two_parts_of_a_folder_have_is_told(
    recorded: Callable[[str], Path], tmp_path: Path
) -> None:
    """The data directory counts; what the lines say of it stays in the source."""
    shutil.copytree(recorded("v1-4.0.1-beta.50/sequence"), tmp_path / "store")
    (run_id,) = [path.stem for path in (tmp_path / "store" / "runs").iterdir()]
    log_of(tmp_path / "copy.jsonl", with_hooks(run_id))
    world = MemoryWorld()
    for _ in range(2):
        with migrate(tmp_path, world) as report:
            assert not report.ok
            (twice,) = runs(report, "quarantined")
        assert twice["reasons"] == [
            f"{run_id}: another part of the source has this run too",
            f"{run_id}: these records of it are left in the source",
        ]
    assert check(world, run_id) == []


def test_lines_of_something_else_beside_data_directories_are_named(
    recorded: Callable[[str], Path], tmp_path: Path
) -> None:
    """They keep nothing from being migrated."""
    shutil.copytree(recorded("v1-4.0.1-beta.50/sequence"), tmp_path / "store")
    (tmp_path / "access.jsonl").write_text('{"path": "/"}\n')
    with migrate(tmp_path, MemoryWorld()) as report:
        assert report.ok
        said = "; its files of JSON Lines are of something else and were left alone"
        assert report.description.endswith(said)


def test_doing_it_again_changes_nothing(recorded: Callable[[str], Path]) -> None:
    """Everything is skipped, and the records beside runs are known to be kept."""
    world = MemoryWorld()
    migrate(recorded("v1-4.0.1-beta.50"), world).close()
    before = world.events.list(world.runs.list().items[0].run_id)

    with migrate(recorded("v1-4.0.1-beta.50"), world) as again:
        assert dict(again.totals.runs) == {"skipped": 24}
        assert again.ok

    assert world.events.list(before[0].run_id) == before


def test_a_dry_run_writes_nothing_and_says_the_same(recorded: Callable[[str], Path]) -> None:
    """The report differs in the verdict only."""
    world = MemoryWorld()
    source = recorded("v1-4.0.1-beta.35")

    with migrate(source, None, Options(dry_run=True)) as dry, migrate(source, world) as wet:
        planned = [run | {"verdict": ""} for run in runs(dry, "would migrate")]
        written = [run | {"verdict": ""} for run in runs(wet, "migrated")]

    assert planned == written
    assert dry.summary()["dryRun"] is True


def test_open_runs_are_parked_and_ended_ones_have_no_tasks(
    recorded: Callable[[str], Path],
) -> None:
    """Nothing happens on a migrated run before somebody releases it."""
    world = MemoryWorld()
    with migrate(recorded("v1-4.0.1-beta.35"), world) as report:
        assert report.totals.parked == 5

    tasks = world.queue.list(limit=1_000)

    assert world.queue.claim("w", limit=100) == []
    assert {task.run_id for task in tasks} == {
        run.run_id for run in world.runs.list().items if not run.ended
    }
    details = {str(task.parked_detail["reason"]) for task in tasks}  # type: ignore[index,call-overload]  # an object
    assert details == {"open", "paused"}


def test_paused_runs_follow_the_option(recorded: Callable[[str], Path]) -> None:
    """Cancelled, for example."""
    world = MemoryWorld()
    options = Options(paused=Paused.CANCEL)
    migrate(recorded("v1-4.0.1-beta.35/paused"), world, options).close()

    statuses = sorted(run.status for run in world.runs.list().items)

    assert statuses == [RunStatus.CANCELLED, RunStatus.CANCELLED, RunStatus.COMPLETED]


def test_only_some_runs_can_be_migrated(recorded: Callable[[str], Path]) -> None:
    """The others are counted as not selected; one that is not there is named."""
    source, world = recorded("v1-4.0.1-beta.50/cancelled"), MemoryWorld()
    wanted = sorted(path.stem for path in (source / "runs").iterdir())[0]

    with migrate(source, world, Options(only=frozenset({wanted, "wrun_X"}))) as report:
        assert dict(report.totals.runs) == {"migrated": 1}
        assert [str(problem) for problem in report.problems] == [
            "wrun_X: the source has no such run"
        ]
        assert report.accounted == report.records_in_source

    assert [run.run_id for run in world.runs.list().items] == [wanted]


class Interrupted(Exception):
    """The process died here."""


class Fragile(MemoryWorld):
    """A world that fails at the n-th archive."""

    def __init__(self, fail_at: int, error: Exception) -> None:
        super().__init__()
        self.left, self.error = fail_at, error
        write = self.archive.write_all

        def fragile(*args: Any, **more: Any) -> None:
            self.left -= 1
            if self.left == 0:
                raise self.error
            write(*args, **more)

        self.archive.write_all = fragile  # type: ignore[method-assign]  # the world that fails


def test_a_migration_that_was_interrupted_is_finished_by_the_next(
    recorded: Callable[[str], Path], tmp_path: Path
) -> None:
    """After any number of runs; nothing is there twice."""
    source = recorded("v1-4.0.1-beta.35")
    for crash in range(1, 19):
        world = Fragile(crash, Interrupted())
        with pytest.raises(Interrupted):
            migrate(source, world, Options(together=1))

        with migrate(source, world) as report:
            assert dict(report.totals.runs) == (
                {"skipped": crash - 1, "migrated": 19 - crash} if crash > 1 else {"migrated": 18}
            )
            assert report.ok
        restore(world, tmp_path / str(crash))
        assert files_of(tmp_path / str(crash)) == files_of(source)


def test_small_runs_are_written_together_and_judged_one_by_one(
    recorded: Callable[[str], Path],
) -> None:
    """One that the target refuses keeps no other out, and all are reported in their order."""
    source = recorded("v1-4.0.1-beta.35")
    with migrate(source, MemoryWorld(), Options(together=1)) as alone:
        expected = list(alone.runs())
    world = MemoryWorld()
    groups: list[int] = []
    write = world.archive.write_all

    def counted(runs: Sequence[Incoming]) -> None:
        groups.append(len(runs))
        write(runs)

    world.archive.write_all = counted  # type: ignore[method-assign]  # to see the groups

    with migrate(source, world) as report:
        assert list(report.runs()) == expected
    assert sum(groups) == len(expected) > len(groups)

    refusing = MemoryWorld()
    bad = str(expected[4]["runId"])
    write = refusing.archive.write_all

    def refuse(runs: Sequence[Incoming]) -> None:
        if any(run.run_id == bad for run in runs):
            raise AlreadyExists(what="an active hook with the token", id="taken")
        write(runs)

    refusing.archive.write_all = refuse  # type: ignore[method-assign]  # a token is taken
    with migrate(source, refusing) as report:
        verdicts = {str(run["runId"]): run["verdict"] for run in report.runs()}
    assert verdicts == {
        str(run["runId"]): "refused" if run["runId"] == bad else "migrated" for run in expected
    }


def test_a_full_disk_stops_it_with_a_report(recorded: Callable[[str], Path]) -> None:
    """What was written stays, and the report says where it stopped and why."""
    full = WorldUnavailable(url="memory:", reason="the disk is full", remedy="Make room.")
    world = Fragile(3, full)

    with migrate(recorded("v1-4.0.1-beta.35"), world, Options(together=1)) as report:
        assert not report.ok
        assert report.stopped is not None
        assert report.stopped.endswith(
            "the world memory: cannot be used: the disk is full. Make room."
        )
        assert dict(report.totals.runs) == {"migrated": 2}
        assert report.accounted == report.records_in_source
        assert report.totals.records["not reached"] > 0


def test_a_run_that_the_target_has_already_is_left_alone(
    recorded: Callable[[str], Path],
) -> None:
    """A native run of the same id is no migrated one."""
    source, world = recorded("v1-4.0.1-beta.50/sequence"), MemoryWorld()
    (run_id,) = [path.stem for path in (source / "runs").iterdir()]
    created = RunCreated(deployment_id="d", workflow_name="mine", input=[])
    world.events.create(run_id, NewEvent(created))

    with migrate(source, world) as report:
        (run,) = runs(report, "refused")
        assert not report.ok

    assert run["reasons"] == [
        f"{run_id}: a run of this id is in the target already, and was not migrated"
    ]
    assert world.runs.get(run_id).workflow_name == "mine"


def test_a_source_that_changed_since_is_refused(
    recorded: Callable[[str], Path], tmp_path: Path
) -> None:
    """The target keeps what it has."""
    store = shutil.copytree(recorded("v1-4.0.1-beta.50/sequence"), tmp_path / "store")
    world = MemoryWorld()
    migrate(store, world).close()
    (row,) = (store / "runs").iterdir()
    row.write_text(json.dumps(json.loads(row.read_text()) | {"deploymentId": "other"}))

    with migrate(store, world) as report:
        (run,) = runs(report, "refused")

    assert "it was migrated before with another log" in run["reasons"][0]


A_MOMENT = "2025-01-01T00:00:00.000Z"
FIRST, SECOND = (f"wrun_01KBMRAWB0TBMCZ2RBY6BBXDA{number}" for number in (1, 2))


def with_hooks(run_id: str, *hooks: str, received: bool = False) -> list[dict[str, Any]]:
    """The lines of an open run with hooks of one token."""
    lines: list[dict[str, Any]] = [
        {"runId": run_id, "status": "running", "deploymentId": "d", "workflowName": "w",
         "input": [], "createdAt": A_MOMENT, "startedAt": A_MOMENT, "updatedAt": A_MOMENT},
    ]  # fmt: skip
    for hook in hooks:
        about = {"runId": run_id, "correlationId": hook, "createdAt": A_MOMENT}
        lines += [
            {"runId": run_id, "hookId": hook, "token": "same", "createdAt": A_MOMENT},
            {**about, "eventType": "hook_created", "eventId": f"evnt_1{hook}"},
        ]
        if received:
            payload = {"payload": "early"}
            lines.append(
                {**about, "eventType": "hook_received", "eventId": f"evnt_2{hook}",
                 "eventData": payload}
            )  # fmt: skip
    return lines


def log_of(path: Path, *lines: list[dict[str, Any]]) -> Path:
    """A file of JSON Lines."""
    path.write_text("".join(json.dumps(line) + "\n" for some in lines for line in some))
    return path


@pytest.fixture(params=["memory", "sqlite"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """An empty world of each kind."""
    if request.param == "memory":
        yield MemoryWorld()
        return
    with open_world(f"sqlite:///{tmp_path / 'world.db'}") as opened:
        yield opened


def test_a_token_that_another_run_has_is_a_conflict_in_the_log(
    target: World, tmp_path: Path
) -> None:
    """v1 did not always see to it that tokens are unique. Both runs are kept and come back."""
    path = log_of(tmp_path / "log.jsonl", with_hooks(FIRST, "hook_1"), with_hooks(SECOND, "hook_2"))

    with migrate(path, target, Options(dry_run=True)) as tried:
        assert dict(tried.totals.runs) == {"would migrate": 2}
        expected = [run | {"verdict": "migrated"} for run in tried.runs()]
    with migrate(path, target) as report:
        assert report.ok
        found = list(report.runs())
    assert found == expected
    (note,) = [note for note in found[1]["notes"] if note.get("decision") == "D-20"]  # type: ignore[union-attr,call-overload,index]  # lists, by their writer
    assert f"its token 'same' belongs to {FIRST}" in note["text"]

    assert target.hooks.get_by_token("same").run_id == FIRST
    conflict = target.events.list(SECOND)[-1]
    assert conflict.data == HookConflict(token="same", conflicting_run_id=FIRST)
    assert conflict.legacy is not None
    assert conflict.legacy["source"] == "log.jsonl:6"
    task = target.queue.get(SECOND)
    assert task is not None
    assert f"belongs to {FIRST}" in str(task.parked_detail)
    assert [check(target, run_id) for run_id in (FIRST, SECOND)] == [[], []]
    restore(target, tmp_path / "back")
    assert (tmp_path / "back" / "log.jsonl").read_bytes() == path.read_bytes()
    with migrate(path, target) as again:
        assert dict(again.totals.runs) == {"skipped": 2}


def test_a_hook_that_had_payloads_is_disposed_when_another_run_has_its_token(
    target: World, tmp_path: Path
) -> None:
    """What it received stays; an event that says where it comes from ends it."""
    second = with_hooks(SECOND, "hook_2", received=True)
    path = log_of(tmp_path / "log.jsonl", with_hooks(FIRST, "hook_1"), second)

    with migrate(path, target) as report:
        assert report.ok
        notes = runs(report, "migrated")[1]["notes"]

    last = target.events.list(SECOND)[-1]
    assert isinstance(last.data, HookDisposed)
    assert last.legacy == {
        "source": "log.jsonl:5",
        "synthesised": True,
        "inferred": {"token": f"it belongs to {FIRST}"},
    }
    assert target.hooks.get("hook_2").received == 1
    (told,) = [note["text"] for note in notes if note.get("decision") == "D-20"]
    assert told.endswith(f"it waits for ever, and `wfx cancel {SECOND}` ends it")
    assert taken_of(target.runs.get(SECOND).execution_context) == {"same": FIRST}
    assert taken_of(target.runs.get(FIRST).execution_context) == {}
    task = target.queue.get(SECOND)
    assert task is not None
    assert "it waits for ever" in str(task.parked_detail)


def test_a_token_is_taken_from_a_run_of_the_target_too_and_within_one_run(
    target: World, tmp_path: Path
) -> None:
    """Whoever has it first keeps it: of an earlier source, or the first hook of a run."""
    migrate(log_of(tmp_path / "1.jsonl", with_hooks(SECOND, "hook_2", "hook_3")), target).close()
    migrate(log_of(tmp_path / "2.jsonl", with_hooks(FIRST, "hook_1")), target).close()

    def conflicts(run_id: str) -> list[HookConflict]:
        return [e.data for e in target.events.list(run_id) if isinstance(e.data, HookConflict)]

    assert target.hooks.get_by_token("same").hook_id == "hook_2"
    expected = HookConflict(token="same", conflicting_run_id=SECOND)
    assert (conflicts(FIRST), conflicts(SECOND)) == ([expected], [expected])


def test_a_port_is_told_of_the_conflict(tmp_path: Path) -> None:
    """As a run that wants a token that is taken is told today."""

    @workflow(name="w")
    async def waits() -> str:
        try:
            return str(await create_hook("same"))
        except Taken as error:
            return f"taken by {error.conflicting_run_id}"

    world = MemoryWorld()
    path = log_of(tmp_path / "log.jsonl", with_hooks(FIRST, "hook_1"), with_hooks(SECOND, "hook_2"))
    migrate(path, world).close()
    program = PlainProgram(waits)
    found = replay(program, world.events.list(SECOND))
    assert (found.kind, found.divergence, found.reason) == (VerdictKind.MATCH, None, None)
    assert Client(world).release(SECOND)
    assert drive(Drive(world, program, SECOND)) is Left.ENDED
    assert world.runs.get(SECOND).output == f"taken by {FIRST}"


def test_a_report_lists_so_much_of_a_run_and_counts_the_rest(tmp_path: Path) -> None:
    """A run of any size has a report that can be read; the counts are of all."""
    hooks = [f"hook_{number}" for number in range(LISTED_MAX // 2 + 10)]
    lines = [line for line in with_hooks(FIRST, *hooks) if "token" not in line]
    with migrate(log_of(tmp_path / "log.jsonl", lines), MemoryWorld()) as report:
        (run,) = runs(report, "migrated")
        assert report.totals.notes["unknown"] == len(hooks)
    assert len(run["unknown"]) == LISTED_MAX
    assert run["omitted"] == 2 * len(hooks) - LISTED_MAX


def test_a_certificate_finds_what_was_changed_afterwards(
    recorded: Callable[[str], Path],
) -> None:
    """In the log as in the records."""
    world = MemoryWorld()
    migrate(recorded("v1-4.0.1-beta.50/sequence"), world).close()
    run_id = world.runs.list().items[0].run_id
    archive = world.archive._kept(run_id)
    records = list(archive.source_records)

    archive.source_records.pop()
    (missing,) = check(world, run_id)
    archive.source_records[:] = [*records[:-1], type(records[0])("other", b"x")]
    (changed,) = check(world, run_id)

    assert missing.reason == f"{len(records) - 1} of its {len(records)} source records are kept"
    assert changed.reason == "its source records have another hash than was certified"


def test_a_run_that_went_on_after_its_migration_still_has_its_certificate(
    recorded: Callable[[str], Path],
) -> None:
    """What came later is not the migration's matter, and a second one skips it."""
    source, world = recorded("v1-4.0.1-beta.35/inflight-pending-run"), MemoryWorld()
    migrate(source, world).close()
    run_id = world.runs.list().items[0].run_id
    world.events.create(run_id, NewEvent(RunCancelled()))

    assert check(world, run_id) == []
    with migrate(source, world) as report:
        assert dict(report.totals.runs) == {"skipped": 1}


def test_progress_is_told_after_each_run(recorded: Callable[[str], Path]) -> None:
    """With what is needed for a bar, a rate and the time that remains."""
    seen: list[Progress] = []
    migrate(recorded("v1-4.0.1-beta.50/cancelled"), MemoryWorld(), progress=seen.append).close()

    assert [(one.runs, one.runs_total) for one in seen] == [(1, 3), (2, 3), (3, 3)]
    assert seen[-1].records_total == seen[-1].records + 1  # version.txt belongs to no run


def test_the_report_can_be_written_as_json_and_as_a_page(
    recorded: Callable[[str], Path],
) -> None:
    """Both whole, both of one reading; the page is well-formed and escapes what it shows."""
    page, text = io.StringIO(), io.StringIO()
    with migrate(recorded("jsonl"), MemoryWorld()) as report:
        write_html(report, page)
        write_json(report, text)

    whole = json.loads(text.getvalue())
    assert whole["runs"] == {"migrated": 7, "quarantined": 3}
    assert len(whole["reports"]) == 10
    synthesised = [event for run in whole["reports"] for event in run.get("synthesised", [])]
    assert len(synthesised) == whole["synthesised"]
    assert all(event["fields"] or event["inferred"] for event in synthesised)
    assert "step_exploded" in page.getvalue()
    assert "<script" not in page.getvalue()
    Tags().feed(page.getvalue())


class Tags(HTMLParser):
    """Looks that details are closed."""

    open = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.open += tag == "details"

    def handle_endtag(self, tag: str) -> None:
        self.open -= tag == "details"
        assert self.open >= 0


def test_formats_are_a_chain_to_the_present() -> None:
    """Each leads to the next, and an unknown one is named."""
    for name in FORMATS:
        assert chain(name)[-1].into == PRESENT
    with pytest.raises(UnsupportedFormat, match="has format 'v0'"):
        chain("v0")


def test_there_is_nothing_to_restore_where_nothing_was_migrated(tmp_path: Path) -> None:
    """And no directory is written over."""
    with pytest.raises(NotRestorable, match="has no migrated run to give back"):
        restore(MemoryWorld(), tmp_path / "new")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(NotRestorable, match="is not an empty directory"):
        restore(MemoryWorld(), tmp_path / "full")


def test_notes_have_every_kind_a_word(recorded: Callable[[str], Path]) -> None:
    """What the report counts are kinds of notes."""
    with migrate(recorded("v1-4.0.1-beta.13"), MemoryWorld()) as report:
        assert set(report.totals.notes) <= {str(kind) for kind in NoteKind}


@pytest.mark.parametrize("name", ["startedAt", "completedAt", "stepName", "attempt"])
@pytest.mark.parametrize("value", [True, [[]], "soon", "+275760-09-13T00:00:00.000Z", {}])
def test_a_field_that_is_only_compared_may_be_damaged_too(
    recorded: Callable[[str], Path], tmp_path: Path, name: str, value: object
) -> None:
    """What no event is made of is looked at last; the run is quarantined, and no other with it."""
    store = tmp_path / "store"
    shutil.copytree(recorded("v1-4.0.1-beta.50") / "fatal-caught", store)
    (step, *_) = sorted((store / "steps").iterdir())
    row = json.loads(step.read_bytes())
    step.write_text(json.dumps(row | {name: value}))

    with MemoryWorld() as world, migrate(store, world) as report:
        assert report.stopped is None
        assert report.accounted == report.records_in_source
        for run in runs(report, "quarantined"):
            assert f"{step.name}: {name} is" in str(run["reasons"])
        told = name == "stepName" and isinstance(value, str)
        assert bool(runs(report, "quarantined")) is not told
