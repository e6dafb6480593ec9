"""From a recorded store to a run that goes on in Python, and what keeps a wrong port from it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from wfx import aio, create_hook, step, workflow
from wfx.client import Client
from wfx.client.driving import Drive, Left, drive
from wfx.entities import RunStatus
from wfx.errors import RunParked
from wfx.events import Event, StepCompleted, StepStarted
from wfx.memory import MemoryWorld
from wfx.program import Program
from wfx.replay import VerdictKind, replay
from wfx.testing.plain import PlainProgram
from wfx.world import ParkReason, World
from wfx.worlds import open_world
from wfx_migrate import Options, migrate
from wfx_sandbox import load_target

PORTED: Final = Path(__file__).resolve().parents[2] / "docs" / "examples" / "ported"
RELEASES: Final = ("v1-4.0.1-beta.3", "v1-4.0.1-beta.13", "v1-4.0.1-beta.35", "v1-4.0.1-beta.50")
LATEST: Final = "v1-4.0.1-beta.35"
"""The last release of which paused runs are recorded, one of them finished."""

FLOW: Final = "workflow//workflows/flows.ts//"
STEP: Final = "step//workflows/flows.ts//"
NAMES: Final = {
    f"{FLOW}longRunning": "flows:long_running",
    f"{FLOW}sequence": "flows:sequence",
    f"{FLOW}sleeper": "flows:sleeper",
    **{f"{STEP}{name}": f"flows:{name}" for name in ("add", "nothing", "hang")},
}
SCENARIOS: Final = (
    *("empty", "fatal-caught", "fatal-uncaught", "hooks", "parallel", "retry-exhausted-uncaught"),
    *("retry-then-ok", "sequence", "sleep", "throws-at-once", "throws-deep"),
)

Recorded = Callable[[str], Path]


@pytest.fixture(scope="module")
def flows() -> Program:
    """The port that the documentation shows, in the sandbox."""
    return load_target("flows:long_running", app_dir=PORTED).program


@pytest.fixture(scope="module")
def ports() -> Program:
    """Ports of the other scenarios."""
    module = _imported(Path(__file__).parent / "ports.py")
    program: Program = module.PROGRAM
    return program


def _imported(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"wfx_tests_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """An empty world of each kind."""
    if request.param == "memory":
        yield MemoryWorld()
        return
    with open_world(f"sqlite:///{tmp_path / 'world.db'}") as opened:
        yield opened


def migrated(world: World, source: Path, names: dict[str, str] | None = None) -> dict[str, str]:
    """Migrate a store; the workflow's arguments, as text, by run."""
    options = Options(names=NAMES if names is None else names)
    with migrate(source, world, options) as report:
        assert report.ok
    runs = world.runs.list(limit=100, order="asc").items
    return {str(world.runs.get(run.run_id).input): run.run_id for run in runs}


def log(world: World, run_id: str) -> list[Event]:
    return world.events.list(run_id)


def go_on(world: World, program: Program, run_id: str) -> Left:
    """Work on the run, as `wfx run --resume` does, until it ends or waits."""
    return drive(Drive(world, program, run_id, stay=False))


def ended(world: World, program: Program, run_id: str) -> object:
    """What a run that has ended returned; its whole log replays."""
    run = world.runs.get(run_id)
    assert run.status is RunStatus.COMPLETED
    found = replay(program, log(world, run_id))
    assert (found.kind, found.divergence) == (VerdictKind.MATCH, None)
    return run.output


# -- proof --------------------------------------------------------------------------------


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_port_makes_the_decisions_of_the_recorded_program(
    recorded: Recorded, ports: Program, release: str, scenario: str
) -> None:
    """Every release, every kind of end; the log has no call and no effect."""
    source = recorded(release) / scenario
    if not source.is_dir():
        pytest.skip(f"{scenario} was not recorded with {release}")
    world = MemoryWorld()
    [run_id] = migrated(world, source, names={}).values()
    found = replay(ports, log(world, run_id))
    assert (found.kind, found.divergence, found.reason) == (VerdictKind.MATCH, None, None)


@pytest.mark.parametrize("scenario", ["paused", "cancelled", "inflight-hook", "inflight-step"])
def test_the_documented_port_replays_every_run_of_its_scenario(
    recorded: Recorded, flows: Program, scenario: str
) -> None:
    """Finished, cancelled and open ones, in the sandbox, their names bound by the migration."""
    world = MemoryWorld()
    for run_id in migrated(world, recorded(LATEST) / scenario).values():
        found = replay(flows, log(world, run_id))
        assert (found.kind, found.divergence, found.reason) == (VerdictKind.MATCH, None, None)


def test_what_could_not_be_compared_is_told(recorded: Recorded, flows: Program) -> None:
    """The clock of the old program, with the line of the port that reads it."""
    world = MemoryWorld()
    [run_id] = migrated(world, recorded(LATEST) / "sleep").values()
    lines = (PORTED / "flows.py").read_text().splitlines()
    places = [number for number, line in enumerate(lines, 1) if "datetime.now" in line]
    assert replay(flows, log(world, run_id)).unjudged == [
        f"the clock (flows.py:{number})" for number in places
    ]


# -- going on -----------------------------------------------------------------------------


def test_a_run_that_waited_for_a_payload_goes_on(
    recorded: Recorded, flows: Program, world: World
) -> None:
    """Parked until it is released; then its token takes a payload, and it ends."""
    [run_id] = migrated(world, recorded(LATEST) / "inflight-hook").values()
    task = world.queue.get(run_id)
    assert task is not None
    assert (task.parked, task.name) == (ParkReason.HELD, "flows:long_running")
    with pytest.raises(RunParked):
        go_on(world, flows, run_id)

    client = Client(world)
    assert client.release(run_id)
    assert go_on(world, flows, run_id) is Left.SUSPENDED
    client.resume_hook("tok-inflight", {"ok": True})
    assert go_on(world, flows, run_id) is Left.ENDED
    assert ended(world, flows, run_id) == {"ok": True}
    assert [event.type for event in log(world, run_id) if event.legacy is None] == [
        "hook_received",
        "run_completed",
    ]


def test_a_payload_that_came_while_the_run_was_paused_is_received(
    recorded: Recorded, flows: Program, world: World
) -> None:
    """The old system dropped the message; the payload is in the log all the same."""
    runs = migrated(world, recorded(LATEST) / "paused")
    run_id = runs["['hook', 'tok-paused-3']"]
    Client(world).release(run_id)
    assert go_on(world, flows, run_id) is Left.ENDED
    assert ended(world, flows, run_id) == "sent while paused"


def test_a_run_that_was_never_picked_up_runs_from_its_beginning(
    recorded: Recorded, flows: Program, world: World
) -> None:
    """All of it is native, but for its first event."""
    [run_id] = migrated(world, recorded(LATEST) / "inflight-pending-run").values()
    Client(world).release(run_id)
    assert go_on(world, flows, run_id) is Left.ENDED
    assert ended(world, flows, run_id) == {"a": 2, "b": 4, "c": 7}


@pytest.mark.parametrize("pinned", [False, True], ids=["bound", "pinned"])
def test_a_step_that_was_running_when_the_old_system_died_is_executed_here(
    recorded: Recorded, world: World, pinned: bool
) -> None:
    """Its name is bound to a Python step, or the step bears it; the next attempt is ours."""
    slept: list[int] = []

    @step(name=f"{STEP}add" if pinned else "flows:add")
    async def add(a: int, b: int) -> int:
        raise AssertionError("it has an outcome")

    @step(name=f"{STEP}hang" if pinned else "flows:hang")
    async def hang(milliseconds: int) -> str:
        slept.append(milliseconds)
        return "woke here"

    @workflow(name=f"{FLOW}longRunning" if pinned else "flows:long_running")
    async def long_running(mode: str, token: str) -> object:
        await add(40, 2)
        return await hang(3_600_000)

    program = PlainProgram(long_running, add, hang)
    source = recorded(LATEST) / "inflight-step"
    [run_id] = migrated(world, source, names={} if pinned else None).values()
    Client(world).release(run_id)
    assert go_on(world, program, run_id) is Left.ENDED
    assert slept == [3_600_000]
    assert ended(world, program, run_id) == "woke here"
    native = [event.data for event in log(world, run_id) if event.legacy is None]
    assert [type(data) for data in native[:2]] == [StepStarted, StepCompleted]
    assert isinstance(native[0], StepStarted)
    assert native[0].attempt == 2


# -- wrong ports --------------------------------------------------------------------------


def wrong(change: str) -> Program:
    """Ports of `longRunning` that do something else."""

    @step(name="flows:add")
    async def add(a: int, b: int) -> int:
        raise AssertionError

    @workflow(name="flows:long_running")
    async def long_running(mode: str, token: str) -> object:
        if change == "arguments":
            await add(40, 3)
        if change == "order":
            return await create_hook(token)
        await add(40, 2)
        if change == "kind":
            await aio.sleep(1)
        if change == "token":
            return await create_hook(f"{token}!")
        payload: object = await create_hook(token)
        return [payload] if change == "output" else payload

    return PlainProgram(long_running, add)


@pytest.mark.parametrize(
    ("change", "position", "expected", "actual"),
    [
        (
            *("arguments", 2, f"step '{STEP}add' with [40, 2]"),
            "asks for step 'flows:add' with [40, 3]",
        ),
        ("order", 2, f"step '{STEP}add' with [40, 2]", "asks for a hook with token 'tok-paused-2'"),
        ("kind", 5, "a hook", "asks for a wait of 1 s"),
        (
            *("output", 7, 'the end of the run with "after resume"'),
            'asks for the end of the run with ["after resume"]',
        ),
    ],
    ids=["arguments", "order", "kind", "output"],
)
def test_a_wrong_port_is_found_on_finished_runs(
    recorded: Recorded, change: str, position: int, expected: str, actual: str
) -> None:
    """The first thing it does otherwise, what the old program did, and what to do about it."""
    world = MemoryWorld()
    runs = migrated(world, recorded(LATEST) / "paused")
    found = replay(wrong(change), log(world, runs["['hook', 'tok-paused-2']"]))
    assert found.divergence is not None
    assert (found.divergence.position, found.divergence.expected, found.divergence.actual) == (
        position,
        expected,
        actual,
    )
    assert "change the port until it asks for what the old program asked for" in str(
        found.divergence
    )


def test_a_wrong_port_is_parked_and_writes_nothing(recorded: Recorded, world: World) -> None:
    """Released too early, the run is parked for this code; the right code takes it up again."""
    [run_id] = migrated(world, recorded(LATEST) / "inflight-hook").values()
    before = log(world, run_id)
    Client(world).release(run_id)
    assert go_on(world, wrong("token"), run_id) is Left.PARKED
    task = world.queue.get(run_id)
    assert task is not None
    assert task.parked is ParkReason.DIVERGENCE
    assert isinstance(task.parked_detail, dict)
    assert task.parked_detail["expected"] == "a hook with token 'tok-inflight'"
    assert log(world, run_id) == before


def test_a_port_without_a_step_of_the_log_is_told_how_to_bind_it(recorded: Recorded) -> None:
    """The name is all that differs."""
    world = MemoryWorld()
    names = {f"{FLOW}longRunning": "flows:long_running"}
    runs = migrated(world, recorded(LATEST) / "paused", names)
    found = replay(wrong("nothing"), log(world, runs["['hook', 'tok-paused-2']"]))
    assert found.divergence is not None
    assert f"bind it: --map {STEP}add=flows:add" in found.divergence.actual


def test_an_unbound_run_is_not_taken_by_anybody(recorded: Recorded, flows: Program) -> None:
    """Its recorded name is no Python workflow's; a replay says what is missing."""
    world = MemoryWorld()
    [run_id] = migrated(world, recorded(LATEST) / "inflight-hook", {}).values()
    task = world.queue.get(run_id)
    assert task is not None
    assert task.name == f"{FLOW}longRunning"
    found = replay(flows, log(world, run_id))
    assert found.kind is VerdictKind.UNJUDGED
    assert found.reason is not None
    assert found.reason.startswith(f"the code has no workflow '{FLOW}longRunning'; it has")


def test_a_run_of_json_lines_with_a_wait_in_flight_goes_on(
    recorded: Recorded, world: World
) -> None:
    """Its wait's moment is long past: it is late, and not lost."""

    @step(name="reports:query")
    async def query(what: str) -> int:
        raise AssertionError("it has an outcome")

    @step(name="reports:send")
    async def send(total: int) -> str:
        return f"sent {total}"

    @workflow(name="reports:weekly")
    async def weekly() -> str:
        _, a, b = await aio.gather(aio.sleep(7 * 86_400), query("a"), query("b"))
        return await send(a + b)

    program = PlainProgram(weekly, query, send)
    names = {"reports.weekly": "reports:weekly", "reports.query": "reports:query"}
    source = recorded("jsonl") / "in-flight-wait-and-steps.jsonl"
    [run_id] = migrated(world, source, names).values()
    Client(world).release(run_id)
    assert go_on(world, program, run_id) is Left.ENDED
    assert ended(world, program, run_id) == "sent 3"
    assert [event.type for event in log(world, run_id) if event.legacy is None] == [
        *("wait_completed", "step_created", "step_started", "step_completed", "run_completed")
    ]
