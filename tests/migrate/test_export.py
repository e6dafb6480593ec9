"""Out again: a store that the Workflow DevKit's own world opens."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.migrate.generated import legal, write

from wfx import codec
from wfx.clock import from_us
from wfx.events import (
    Call,
    EffectRecorded,
    Event,
    HookCreated,
    NewEvent,
    RunCreated,
    RunStarted,
    StepCompleted,
    StepCreated,
    StepRetrying,
    StepStarted,
    WaitCancelled,
    WaitCreated,
)
from wfx.memory import MemoryWorld
from wfx_migrate import migrate
from wfx_migrate.v1.encoding import encode
from wfx_migrate.v1.flatten import flat, simple, wrapped
from wfx_migrate.v1.streams import id_of
from wfx_migrate.v1_world import open_world
from wfx_migrate.workflow_local import NotExportable, export
from wfx_migrate.workflow_local.order import Order, time_of
from wfx_migrate.workflow_local.values import devl, read

STORES: Final = ("v1-4.0.1-beta.3", "v1-4.0.1-beta.13", "v1-4.0.1-beta.35", "v1-4.0.1-beta.50")
PACKAGES: Final = ("@workflow/world-local@4.1.0-beta.30", "@workflow/core@4.1.0-beta.54")

Row = dict[str, Any]


def rows(store: Path, folder: str) -> dict[str, Row]:
    """The files of a folder, by name."""
    return {
        path.stem: json.loads(path.read_bytes()) for path in sorted((store / folder).glob("*.json"))
    }


def exported(source: Path, target: Path) -> MemoryWorld:
    """A legacy source, migrated and exported."""
    world = MemoryWorld()
    migrate(source, world).close()
    export(world, target)
    return world


def opened(store: Path, home: Path) -> Any:
    """What the release's own world sees in a store."""
    script = Path(__file__).with_name("open_store.mjs")
    done = subprocess.run(
        ["node", str(script), str(home), str(store)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def devkit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the Workflow DevKit's packages; skips where they cannot be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not here, so that their world cannot be asked")
    home = tmp_path_factory.mktemp("devkit")
    (home / "package.json").write_text('{"private": true}')
    try:
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES],
            cwd=home,
            capture_output=True,
            text=True,
            timeout=240,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm install took too long")
    if done.returncode:
        pytest.skip(f"npm install failed: {done.stderr.strip()[-300:]}")
    return home


# -- their own world ----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", STORES)
def test_their_world_lists_everything_without_a_warning(
    recorded: Callable[[str], Path], devkit: Path, tmp_path: Path, name: str
) -> None:
    """Every run, step, event and hook, in order, in pages, and every value can be read."""
    world = exported(recorded(name), tmp_path / "store")

    assert_seen_whole(opened(tmp_path / "store", devkit), world)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_their_world_opens_runs_of_ours(devkit: Path, tmp_path: Path) -> None:
    """Runs that were never theirs, with values that JavaScript does not have."""
    world = native()
    export(world, tmp_path / "store")

    assert_seen_whole(opened(tmp_path / "store", devkit), world)


def assert_seen_whole(seen: Any, world: MemoryWorld) -> None:
    """What another program saw is what a world has."""
    assert seen["warnings"] == []
    runs = world.runs.list(limit=1_000).items
    assert set(seen["runs"]) == {run.run_id for run in runs}
    assert seen["order"]["forwards"] == seen["order"]["backwards"][::-1]
    for run in runs:
        found = seen["runs"][run.run_id]
        assert found["status"] == run.status
        assert [type for type, _ in found["events"]] == [
            event.type
            for event in world.events.stream(run.run_id)
            if event.type not in ("effect_recorded", "step_cancelled", "wait_cancelled")
        ]
        assert found["events"] == found["eventsBackwards"][::-1]
        steps = sorted(step.step_id for step in world.steps.list(run.run_id, limit=1_000).items)
        assert found["steps"] == found["stepsBackwards"] == steps
    hooks = world.hooks.list(limit=1_000).items
    assert set(seen["hooks"]) == {hook.hook_id for hook in hooks if not hook.ended}


# -- against what they wrote themselves ---------------------------------------------------

_CHANCE: Final = (
    (re.compile(r"(wrun|step|hook|wait|evnt|strm)_[0-9A-HJKMNP-TV-Z]{26}"), r"\1_ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "NOW"),
    (re.compile(r"localhost:\d+"), "localhost:PORT"),
    (re.compile(r"/srv/wf-app/[^)\s]*|\n    at .*"), ""),
    # The form of names changed between the two releases.
    (re.compile(r"workflows/flows\.ts//"), "./workflows/flows//"),
    # Generated tokens are drawn; that of a hook whose row is gone is a placeholder (D-14).
    (re.compile(r"\b[A-Za-z0-9_-]{21}\b|wfx-unknown-token-\S+|tok-[a-z0-9-]+"), "TOKEN"),
    # The later release wrote U+FFFD for half a character; ours keeps it (D-24).
    (re.compile("\ud800"), "\ufffd"),
)
_PASSED_OVER: Final = frozenset(
    {"stack", "createdAt", "updatedAt", "startedAt", "completedAt", "resumeAt", "retryAfter"}
    | {"executionContext", "deploymentId", "environment", "ownerId", "projectId"}
)
FINISHED: Final = (
    *("empty", "fatal-caught", "fatal-uncaught", "hook-anonymous", "retry-after"),
    *("retry-exhausted-uncaught", "retry-then-ok", "sequence", "sleep", "streams"),
    *("throws-at-once", "throws-deep", "values", "webhook", "nested-small", "parallel", "hooks"),
)
DOUBLED: Final = frozenset({"nested-small", "parallel"})
"""Where the later release wrote one step_created twice, which no reader of it minds."""


def plain(value: Any) -> Any:
    """A row without what is chance, its values read."""
    if isinstance(value, dict):
        if value.get("__type") == "Uint8Array":
            return plain(read(value))
        return {key: plain(item) for key, item in value.items() if key not in _PASSED_OVER}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str):
        for pattern, shown in _CHANCE:
            value = pattern.sub(shown, value)
    return value


def counted(store: Path, folder: str) -> Counter[str]:
    """The files of a folder without what is chance, and how often each is there."""
    found: Counter[str] = Counter()
    for row in (plain(row) for row in rows(store, folder).values()):
        if row.get("eventType") == "hook_created":
            # The metadata of a hook whose row is gone cannot be known (D-14).
            row["eventData"].pop("metadata", None)
        found[json.dumps(row, sort_keys=True)] += 1
    return found


@pytest.mark.parametrize("scenario", FINISHED)
def test_the_store_is_the_one_they_would_have_written(
    recorded: Callable[[str], Path], tmp_path: Path, scenario: str
) -> None:
    """Runs, steps, hooks and events equal, but for ids, times, places and the known losses."""
    ours, theirs = tmp_path / "store", recorded("v2-4.1.0-beta.54") / scenario
    exported(recorded("v1-4.0.1-beta.50") / scenario, ours)

    for folder in ("runs", "steps", "hooks", "events"):
        made, wanted = counted(ours, folder), counted(theirs, folder)
        if scenario in DOUBLED and folder == "events":
            assert made - wanted == Counter()
            assert all('"step_created"' in row and row in made for row in wanted - made)
        else:
            assert made == wanted
    assert (ours / "version.txt").read_bytes() == (theirs / "version.txt").read_bytes()


def assert_values_as_before(source: Path, store: Path) -> int:
    """Each row has the arrays that the old row had; how many there were."""
    count = 0
    for folder in ("runs", "steps"):
        made = rows(store, folder)
        for path in source.rglob(f"{folder}/*.json"):
            row = json.loads(path.read_bytes())
            if path.parent.parent.name == "streams" or path.stem not in made:
                # An index of streams, or a run that was quarantined.
                continue
            for name in row.keys() & {"input", "output"}:
                wanted = row[name]
                if (folder, name) == ("steps", "input") and isinstance(wanted[0], list):
                    wanted = wrapped(wanted)
                assert codec.equal(read(made[path.stem][name]), wanted), (path, name)
                count += 1
    return count


@pytest.mark.parametrize(
    ("name", "count"),
    list(zip(STORES, (395, 398, 104, 379), strict=True)),
)
def test_values_come_out_as_they_came_in(
    recorded: Callable[[str], Path], tmp_path: Path, name: str, count: int
) -> None:
    """Array by array, also those that no value of Python can tell."""
    exported(recorded(name), tmp_path / "store")

    assert assert_values_as_before(recorded(name), tmp_path / "store") == count


@pytest.mark.parametrize("seed", range(12))
def test_generated_stores_come_out_as_they_came_in(tmp_path: Path, seed: int) -> None:
    """Whatever the old runtime may have written."""
    write(legal(seed, runs=4), tmp_path / "source")
    world = exported(tmp_path / "source", tmp_path / "store")

    assert assert_values_as_before(tmp_path / "source", tmp_path / "store")
    for run in world.runs.list(limit=100).items:
        own = [
            row
            for name, row in rows(tmp_path / "store", "events").items()
            if name.startswith(run.run_id)
        ]
        own.sort(key=lambda row: (row["createdAt"], row["eventId"]))
        assert [row["eventType"] for row in own] == [
            event.type
            for event in world.events.stream(run.run_id)
            if event.type not in ("step_cancelled", "wait_cancelled")
        ]


def test_streams_come_out_as_they_came_in(recorded: Callable[[str], Path], tmp_path: Path) -> None:
    """Chunk by chunk, byte for byte."""
    source = recorded("v1-4.0.1-beta.50/streams")
    exported(source, tmp_path / "store")

    for path in (source / "streams" / "chunks").iterdir():
        assert (tmp_path / "store" / "streams" / "chunks" / path.name).read_bytes() == (
            path.read_bytes()
        )


def test_what_a_migrated_run_wrote_since_comes_out_too(
    recorded: Callable[[str], Path], tmp_path: Path
) -> None:
    """The chunks of before as they were, and new ones after them."""
    source = recorded("v1-4.0.1-beta.50/streams")
    world = MemoryWorld()
    with migrate(source, world) as report:
        (run,) = report.runs()
    run_id = str(run["runId"])
    with open_world(f"v1:{source}") as before:
        streams = before.streams.list(run_id)
        assert world.streams.list(run_id) == streams
        for stream in streams:
            assert world.streams.read(run_id, stream.stream) == (
                before.streams.read(run_id, stream.stream)
            )
    world.streams.write(run_id, "later", b"more")

    export(world, tmp_path / "store")

    chunks = {path.name for path in (tmp_path / "store" / "streams" / "chunks").iterdir()}
    (new,) = chunks - {path.name for path in (source / "streams" / "chunks").iterdir()}
    assert new.startswith(f"{id_of(run_id, 'later')}-chnk_")


# -- runs of ours -------------------------------------------------------------------------


class Colour(Enum):
    RED = 1


@dataclass(frozen=True)
class Parcel:
    id: int
    parts: tuple[str, ...]


def native() -> MemoryWorld:
    """A world with runs that no JavaScript ever saw."""
    world = MemoryWorld()
    call = Call("main", 0)
    order = Parcel(7, ("a", "b"))
    value = codec.encode([order, Colour.RED, {1: 2}, {"x"}, 2**70, b"\xff", 1e300, None])
    run_id = "wrun_01M8181CRYGKNX0DYHMHMBAMWH"
    created = RunCreated(
        deployment_id="d", workflow_name="shop:checkout", input=value, kwargs={"fast": True}
    )
    world.events.create(run_id, NewEvent(created))
    world.archive.write(
        "wrun_01M8181CRYGKNX0DYHMHMBAMWJ",
        [
            Event(f"evnt_{position}", "wrun_01M8181CRYGKNX0DYHMHMBAMWJ", position, at(us), data, id)
            for position, (us, data, id) in enumerate(
                [
                    (9_000, created, None),
                    (8_000, RunStarted(), None),
                    (8_000, EffectRecorded(effect="clock", values=[1], call=call), None),
                    (8_100, StepCreated(step_name="shop:pay", input=[], call=call), "step_a"),
                    (8_200, StepStarted(attempt=1), "step_a"),
                    (
                        8_300,
                        StepRetrying(error={"type": "builtins:OSError", "message": "x"}),
                        "step_a",
                    ),
                    (9_900, StepStarted(attempt=2), "step_a"),
                    (9_900, StepCompleted(result=value), "step_a"),
                    (9_900, HookCreated(token="tok", metadata=value, call=call), "hook_a"),
                    (9_900, WaitCreated(delay=1, resume_at=at(10), call=call), "wait_a"),
                    (9_900, WaitCancelled(), "wait_a"),
                ]
            )
        ],
    )
    return world


def at(us: int) -> datetime:
    return from_us(1_700_000_000_000_000 + us)


def test_runs_of_ours_come_out_in_their_order(tmp_path: Path) -> None:
    """What has no counterpart is counted; ids and times sort as the log is ordered."""
    done = export(native(), tmp_path / "store")

    assert (done.runs, done.steps, done.hooks) == (2, 1, 1)
    assert done.left_out == {"effect_recorded": 1, "wait_cancelled": 1}
    events = [
        row
        for name, row in rows(tmp_path / "store", "events").items()
        if name.startswith("wrun_01M8181CRYGKNX0DYHMHMBAMWJ")
    ]
    ordered = sorted(events, key=lambda row: (row["createdAt"], row["eventId"]))
    assert [row["eventType"] for row in ordered] == [
        *("run_created", "run_started", "step_created", "step_started", "step_retrying"),
        *("step_started", "step_completed", "hook_created", "wait_created"),
    ]
    assert ordered[4]["eventData"] == {"error": "OSError: x"}
    (step,) = rows(tmp_path / "store", "steps").values()
    assert read(step["input"]) == [{"args": 1, "closureVars": -1, "thisVal": -1}, []]
    assert step["error"] == {"message": "OSError: x"}
    run = rows(tmp_path / "store", "runs")["wrun_01M8181CRYGKNX0DYHMHMBAMWH"]
    assert len(read(run["input"])[0]) == 9, "keyword-only arguments are one more argument"


def test_values_of_python_become_what_javascript_has() -> None:
    """Each by its row of the table; classes need not be importable."""
    cases: list[tuple[object, object]] = [
        (None, [None]),
        (2**70, [["BigInt", 1], str(2**70)]),
        (1.5, [1.5]),
        (float("nan"), -3),
        (date(2026, 1, 2), ["2026-01-02"]),
        (datetime(2026, 1, 2), ["2026-01-02T00:00:00"]),
        (datetime(2026, 1, 2, tzinfo=UTC), [["Date", 1], "2026-01-02T00:00:00.000Z"]),
        (timedelta(seconds=90), [90.0]),
        (Decimal("1.10"), ["1.10"]),
        (UUID(int=1), ["00000000-0000-0000-0000-000000000001"]),
        ((1, 2), [[1, 2], 1, 2]),
        ({"x"}, [["Set", 1], [2], "x"]),
        ({"$": 1}, [{"$": 1}, 1]),
        ({1: 2}, [["Map", 1], [2], [3, 4], 1, 2]),
        (b"\xff", [["Uint8Array", 1], "/w=="]),
        (Colour.RED, ["RED"]),
        (Parcel(7, ("a",)), [{"id": 1, "parts": 2}, 7, [3], "a"]),
        (
            ValueError("no"),
            [["Error", 1], {"name": 2, "message": 3, "stack": -1}, "ValueError", "no"],
        ),
        ("\ud800", ["\ud800"]),
    ]
    for value, expected in cases:
        made = flat(codec.encode(value), "output", None)
        assert codec.equal(made, expected), (value, made)
    unknown = {"$": "dataclass", "class": "gone:Order", "fields": {"id": 7}}
    assert simple(unknown) == {"id": 7}  # type: ignore[arg-type]  # it is JSON


def test_text_is_written_as_their_serialiser_writes_it() -> None:
    """Whole numbers without a point; what would end a script, and half characters, escaped."""
    assert devl(encode(["<a>", "\u2028", "\ud800", "ü", 2.0, 0.5])) == (
        b'devl[[1,2,3,4,5,6],"\\u003Ca>","\\u2028","\\ud800","\xc3\xbc",2,0.5]'
    )


def test_a_wrapper_moves_indices_and_nothing_else() -> None:
    """Numbers that stand for themselves, texts, constants and boxed primitives stay."""
    array = [[1, 2, -1], 7, ["Map", 3], [4], [5, 6], "1", ["Object", 5]]

    assert wrapped(array) == [
        {"args": 1, "closureVars": -1, "thisVal": -1},
        *([2, 3, -1], 7, ["Map", 4], [5], [6, 7], "1", ["Object", 5]),
    ]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 20),
            st.sampled_from(["evnt", "wevt"]),
            st.integers(0, 20),
            st.integers(0, 2**80 - 1) | st.just(2**80 - 1),
        )
    )
)
def test_ids_sort_as_the_log_is_ordered(events: list[tuple[int, str, int, int]]) -> None:
    """By time, then id; and no id tells an earlier moment than the event before it."""
    from ulid import ULID

    order = Order()
    placed = []
    for position, (own, prefix, told, random) in enumerate(events):
        id = f"{prefix}_{ULID.from_int(((1_000_000 + told) << 80) + random)}"
        placed.append(order.place(id, from_us((1_000_000 + own) * 1_000), seed=str(position)))
    keys = [(milliseconds, id) for id, milliseconds in placed]
    assert keys == sorted(set(keys))
    for (_, before), (id, _) in pairwise(placed):
        assert (time_of(id) or before) >= before


# -- what is refused ----------------------------------------------------------------------


def test_a_directory_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    """And so is one that the export does not get to the end of."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    with pytest.raises(NotExportable, match="is not an empty directory"):
        export(native(), tmp_path / "full")
    with pytest.raises(NotExportable, match="there is no directory"):
        export(native(), tmp_path / "no" / "store")
    with pytest.raises(NotExportable, match="has no runs to export"):
        export(MemoryWorld(), tmp_path / "store")
    odd = MemoryWorld()
    odd.events.create(
        "wrun_../x", NewEvent(RunCreated(deployment_id="d", workflow_name="w", input=[]))
    )
    with pytest.raises(NotExportable, match="cannot be the name of a file"):
        export(odd, tmp_path / "store")
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
