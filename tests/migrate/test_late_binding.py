"""Open runs that were migrated without names, and are bound when their port is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from wfx import aio, step, workflow
from wfx.client import Client
from wfx.client.driving import Drive, Left, drive
from wfx.entities import RunStatus
from wfx.errors import Divergence, LoadError, NotBindable, RunGone
from wfx.events import RunBound
from wfx.memory import MemoryWorld
from wfx.replay import VerdictKind, replay
from wfx.testing.plain import PlainProgram
from wfx.world import World
from wfx_migrate import check, migrate

FLOW: Final = "workflow//workflows/flows.ts//longRunning"
STEP: Final = "step//workflows/flows.ts//"
NAMES: Final = {FLOW: "flows:long_running", f"{STEP}add": "flows:add", f"{STEP}hang": "flows:hang"}

Recorded = Callable[[str], Path]


@step(name="flows:add")
async def add(a: int, b: int) -> int:
    """It has an outcome in every log."""
    raise AssertionError


@step(name="flows:hang")
async def hang(milliseconds: int) -> str:
    """Was running when the old system died."""
    return "woke here"


@workflow(name="flows:long_running")
async def long_running(mode: str, token: str) -> object:
    """The port."""
    await add(40, 2)
    return await hang(3_600_000)


@workflow(name="flows:wrong")
async def wrong(mode: str, token: str) -> object:
    """Another program."""
    await aio.sleep(1)
    return await add(40, 2)


PROGRAM: Final = PlainProgram(long_running, wrong, add, hang)


@pytest.fixture(params=["memory", "sqlite"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    """A client of an empty world of each kind, with the port loaded."""
    if request.param == "memory":
        yield Client(MemoryWorld(), programs=[PROGRAM])
        return
    with Client(f"sqlite:///{tmp_path / 'world.db'}", programs=[PROGRAM]) as opened:
        yield opened


def unbound(recorded: Recorded, world: World, scenario: str = "inflight-step") -> str:
    """The id of a run that was migrated without names."""
    with migrate(recorded(f"v1-4.0.1-beta.35/{scenario}"), world) as report:
        assert report.ok
        (run,) = report.runs()
    return str(run["runId"])


def test_a_run_is_bound_later_and_goes_on(recorded: Recorded, client: Client) -> None:
    """The binding is in its log, so that a replay of it finds the port; the proof still holds."""
    run_id = unbound(recorded, client.world)

    assert client.bind(run_id, NAMES).kind is VerdictKind.MATCH
    assert client.release(run_id)
    assert drive(Drive(client.world, client.program_of_run(run_id), run_id)) is Left.ENDED

    run = client.world.runs.get(run_id)
    assert (run.status, run.output, run.workflow_name) == (RunStatus.COMPLETED, "woke here", FLOW)
    log = client.world.events.list(run_id)
    assert [e.data.names for e in log if isinstance(e.data, RunBound)] == [NAMES]
    assert replay(PROGRAM, log).kind is VerdictKind.MATCH
    assert check(client.world, run_id) == []


def test_names_can_be_bound_one_after_the_other(recorded: Recorded, client: Client) -> None:
    """Those that are bound stay; the same again writes nothing."""
    run_id = unbound(recorded, client.world)
    with pytest.raises(Divergence, match=f"bind it: --map {STEP}add=flows:add"):
        client.bind(run_id, {FLOW: "flows:long_running"})
    client.bind(run_id, NAMES)
    before = client.world.events.list(run_id)

    client.bind(run_id, {f"{STEP}add": "flows:add"})

    assert client.world.events.list(run_id) == before


def test_code_that_does_not_fit_is_not_bound(recorded: Recorded, client: Client) -> None:
    """The run stays as it was, and the divergence is told."""
    run_id = unbound(recorded, client.world)
    before = client.world.events.list(run_id)

    with pytest.raises(Divergence, match="position 2"):
        client.bind(run_id, {**NAMES, FLOW: "flows:wrong"})

    assert client.world.events.list(run_id) == before
    task = client.world.queue.get(run_id)
    assert task is not None
    assert task.name == FLOW


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({f"{STEP}ad": "flows:add"}, f"it has no name '{STEP}ad'; did you mean {STEP}add?"),
        ({f"{STEP}add": "flows:add"}, "is bound to no Python workflow"),
        ({**NAMES, f"{STEP}add": "flows:plus"}, "'flows:plus', which the code has not; it has"),
    ],
    ids=["name", "workflow", "step"],
)
def test_what_cannot_be_bound_is_named(
    recorded: Recorded, names: dict[str, str], said: str
) -> None:
    """With what there is instead."""
    client = Client(MemoryWorld(), programs=[PROGRAM])
    run_id = unbound(recorded, client.world)
    with pytest.raises(NotBindable, match=f"{run_id} cannot be bound: ") as caught:
        client.bind(run_id, names)
    assert said in str(caught.value)


def test_only_open_migrated_runs_are_bound(recorded: Recorded) -> None:
    """A native run has the names of its code; one that ended needs none."""
    client = Client(MemoryWorld(), programs=[PROGRAM])
    native = client.start("flows:long_running", "hook", "t").run_id
    with pytest.raises(NotBindable, match="it was not migrated"):
        client.bind(native, {"flows:long_running": "flows:other"})
    ended = unbound(recorded, client.world, "sequence")
    with pytest.raises(RunGone):
        client.bind(ended, NAMES)


@pytest.mark.parametrize("target", [None, "flows:long_running"])
def test_who_resumes_an_unbound_run_is_told_to_bind_it(
    recorded: Recorded, target: str | None
) -> None:
    """Its recorded name looks like a path, and is none."""
    client = Client(MemoryWorld(), programs=[PROGRAM])
    run_id = unbound(recorded, client.world)
    with pytest.raises(LoadError) as caught:
        client.program_of_run(run_id, target)
    said = f"{run_id} was migrated, and its workflow '{FLOW}' is bound to no Python workflow"
    assert str(caught.value).startswith(said)
    assert f"wfx release RUN --map {FLOW}=module:function" in str(caught.value)
