"""`wfx queue`, `wfx runs list` with filters, `wfx runs watch`, `wfx release --all-parked`."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wfx.events import Call, NewEvent, RunStarted, StepCreated
from wfx.queues import QueueLimits, WorkerInfo
from wfx.world import ParkReason, TaskKind, World
from wfx_world_sql import open_world

Wfx = Callable[..., Any]

ART = """
from wfx import step, workflow

@step(queue="gpu", key="who")
async def draw(who: str) -> str:
    return who

@workflow
async def art(who: str) -> str:
    return await draw(who)
"""


@pytest.fixture
def world(wfx: Wfx, app: Path) -> Any:
    """The world of the command line, with the module `art` beside `shop`."""
    (app / "art.py").write_text(ART)
    assert wfx("world", "init").code == 0
    with open_world("sqlite:///.wfx/world.db") as world:
        yield world


def started(wfx: Wfx, *words: str) -> str:
    return str(wfx("start", *words).out.strip())


def parked(wfx: Wfx, world: World, *words: str, reason: ParkReason) -> str:
    run_id = started(wfx, *words)
    (task,) = world.queue.claim("ann", run_id=run_id)
    world.queue.park(task.hold, reason, {"message": "because"}, "digest")
    return run_id


def ids(listed: Any) -> list[str]:
    return [run["runId"] for run in listed.json["runs"]]


def test_runs_are_filtered_by_why_they_are_parked(wfx: Wfx, world: World) -> None:
    """`--parked` alone means any reason, and a run is shown with its own."""
    held = parked(wfx, world, "shop:add", "1", reason=ParkReason.HELD)
    diverged = parked(wfx, world, "shop:say", "x", reason=ParkReason.DIVERGENCE)
    started(wfx, "shop:add", "2")

    assert ids(wfx("runs", "list", "--parked", "--json")) == [diverged, held]
    assert ids(wfx("runs", "--parked", "held", "--json")) == [held]
    assert ids(wfx("runs", "--status", "parked", "--json")) == [diverged, held]
    assert "parked (divergence)" in wfx("runs", "--parked", "divergence").out
    assert "'hld' is not one of" in wfx("runs", "--parked", "hld").error


def test_runs_are_filtered_by_time_and_queue(wfx: Wfx, world: World) -> None:
    """A time ago, or a moment; a queue in which a step is open."""
    run_id = started(wfx, "art:art", "ann")
    claimed = world.queue.claim("ann", run_id=run_id)
    assert [task.run_id for task in claimed] == [run_id]
    call = Call("", 0, "art.py:10")
    step = StepCreated(step_name="art:draw", input=["ann"], queue="gpu", key="ann", call=call)
    fence = [claimed[0].hold]
    world.events.create_batch(run_id, [NewEvent(RunStarted())], fence=fence)
    world.events.create_batch(run_id, [NewEvent(step, "step_1")], fence=fence)

    assert ids(wfx("runs", "--queue", "gpu", "--json")) == [run_id]
    assert ids(wfx("runs", "--queue", "default", "--json")) == []
    assert ids(wfx("runs", "--since", "1h", "--json")) == [run_id]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert ids(wfx("runs", "--since", later, "--json")) == []
    assert wfx("runs", "--since", later).err == "no such runs\n"
    assert "is no moment: write" in wfx("runs", "--since", "yesterday").error


def test_an_empty_world_has_nothing_to_do(wfx: Wfx, world: World) -> None:
    """Said in words; as JSON it is empty."""
    assert wfx("queue").err == "nothing to do, and no worker\n"
    assert wfx("queue", "--json").json == {
        "queues": [],
        "workers": [],
        "claims": [],
        "withoutWorker": [],
        "unwritable": None,
    }


def test_a_queue_that_nobody_serves_is_told(wfx: Wfx, world: World) -> None:
    """And a run whose workflow no worker has the code of."""
    run_id = started(wfx, "shop:add", "1")
    now = world.queue.now()
    world.queue.enlist(
        WorkerInfo(
            owner="host/7/f/n",
            workflows=("shop:say",),
            queues=("gpu",),
            slots=3,
            since=now,
            seen_until=now + timedelta(minutes=1),
        )
    )

    told = wfx("queue")
    assert told.out.splitlines()[1].split()[:2] == ["default", "1"]
    assert "nobody" in told.out.splitlines()[1]
    assert re.search(r"^process 7 on host, for .*: shop:say; queues gpu, 3 slots$", told.out, re.M)
    assert "default: 1 ready, and no worker serves this queue" in told.err
    assert f"shop:add: no worker has this workflow; {run_id} has been ready for" in told.err
    shown = wfx("queue", "--json").json
    assert [queue["servedBy"] for queue in shown["queues"]] == [[]]
    assert shown["withoutWorker"] == [{"workflowName": "shop:add", "runIds": [run_id]}]


def test_who_holds_what_is_told_with_host_process_and_lease(wfx: Wfx, world: World) -> None:
    """Also of an owner that said no worker of itself."""
    run_id = started(wfx, "shop:add", "1")
    world.queue.claim("host/7/f/n", kinds=[TaskKind.RUN])

    told = wfx("queue")
    assert "process 7 on host (said no worker of itself)" in told.out
    assert re.search(rf"^  run shop:add {run_id}, lease (for|ran out) ", told.out, re.M)
    (claim,) = wfx("queue", "--json").json["claims"]
    assert (claim["host"], claim["pid"], claim["runId"]) == ("host", 7, run_id)
    (task,) = world.queue.list(held=True)
    assert datetime.fromisoformat(claim["leaseUntil"]) == task.lease_until


def test_limits_are_set_shown_and_taken_away(wfx: Wfx, world: World) -> None:
    """A limit that means nothing is refused."""
    words = ("--concurrency", "2", "--rate", "100/minute", "--concurrency-per-key", "1")
    assert wfx("queue", "limit", "gpu", *words).out == (
        "gpu: 2 at once, 100/minute, 1 at once per key\n"
    )
    (shown,) = wfx("queue", "--json").json["queues"]
    assert (shown["queue"], shown["limits"]) == (
        "gpu",
        {"concurrency": 2, "rate": "100/minute", "concurrencyPerKey": 1},
    )
    assert wfx("queue", "limit", "gpu", "--none").out == "gpu: -\n"
    assert world.queue.limits() == {}
    assert wfx("queue", "limit", "gpu").error == "give limits, or --none, and not both"
    refused = wfx("queue", "limit", "gpu", "--rate", "100").error
    assert "'100' is no rate such as 100/minute" in refused
    with pytest.raises(ValueError, match="concurrency is 0 to"):
        QueueLimits(concurrency=-1)


def test_all_parked_runs_of_one_reason_are_released(wfx: Wfx, world: World) -> None:
    """The others stay as they are."""
    held = parked(wfx, world, "shop:add", "1", reason=ParkReason.HELD)
    runaway = parked(wfx, world, "shop:add", "2", reason=ParkReason.RUNAWAY)

    assert wfx("release", "--all-parked", "--reason", "runaway").out == f"{runaway} released\n"
    assert ids(wfx("runs", "--parked", "--json")) == [held]
    assert "--workflow and --reason go with" in wfx("release", held, "--reason", "held").error


def test_a_run_is_watched_to_its_end(wfx: Wfx, app: Path) -> None:
    """Its events, as lines or as objects; one that ended is shown whole."""
    run_id = wfx("run", "shop:add", "1", "--json").json["runId"]

    lines = wfx("runs", "watch", run_id)
    assert lines.code == 0
    assert [line.split()[3] for line in lines.out.splitlines()] == [
        "run_created",
        "run_started",
        "run_completed",
    ]
    shown = [json.loads(line) for line in wfx("runs", "watch", run_id, "--json").out.splitlines()]
    assert [event["position"] for event in shown] == [0, 1, 2]


def test_a_run_is_watched_while_another_process_executes_it(
    wfx: Wfx, spawn: Callable[..., Any], app: Path
) -> None:
    """The watcher ends with the run."""
    run_id = wfx("run", "shop:approve", "1", "--no-wait", "--json").json["runId"]
    watcher = spawn("runs", "watch", run_id)
    for line in watcher.stdout:
        if "hook_created" in line:
            break
    wfx("hook", "send", "approve-1", '{"ok": true}')
    assert wfx("run", "--resume", run_id).code == 0

    out, _ = watcher.communicate(timeout=60)
    assert watcher.returncode == 0
    assert "hook_received" in out
    assert "run_completed" in out.splitlines()[-1]


def test_runs_are_watched_line_by_line_where_there_is_no_terminal(
    wfx: Wfx, spawn: Callable[..., Any], app: Path
) -> None:
    """One line for each that is new or changed, until Ctrl-C, which is a good end."""
    run_id = wfx("start", "shop:add", "1").out.strip()
    watcher = spawn("runs", "watch", "--json")
    first = json.loads(watcher.stdout.readline())
    assert (first["runId"], first["status"]) == (run_id, "pending")

    assert wfx("run", "--resume", run_id).code == 0
    last = first
    while last["status"] != "completed":
        last = json.loads(watcher.stdout.readline())
    assert last["runId"] == run_id
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(60) == 0
    assert watcher.stdout.read() == ""
    assert watcher.stderr.read() == ""
