"""Several worker processes over one world, and what can be wrong with it or with them."""

from __future__ import annotations

import json
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Wfx = Callable[..., Any]
Spawn = Callable[..., Any]

ART = """
import asyncio
from wfx import step, workflow

@step(queue="gpu", key="who")
async def draw(who: str) -> str:
    await asyncio.sleep(0.03)
    return who

@workflow
async def art(count: int) -> int:
    return len(await asyncio.gather(*[draw(f"c{n % 2}") for n in range(count)]))
"""

FLOW = """
from wfx import create_hook, step, workflow

@step
async def {first}() -> str:
    return "{first}"

@workflow
async def flow() -> str:
    said = await {first}()
    return said + await create_hook(token="go")
"""


@pytest.fixture
def each_world(app: Path, sql_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A world of each database, named by the environment."""
    monkeypatch.setenv("WFX_WORLD", sql_url)
    return sql_url


def log(process: Any) -> Iterator[dict[str, Any]]:
    """What a worker tells programs."""
    for line in process.stderr:
        yield json.loads(line)


def until(events: Iterator[dict[str, Any]], event: str, **fields: Any) -> dict[str, Any]:
    """The next line of this event with these fields."""
    seen = []
    for line in events:
        seen.append(line["event"])
        if line["event"] == event and all(line.get(k) == v for k, v in fields.items()):
            return line
    raise AssertionError(f"{event} {fields} never came, only {seen}")


def stop(*workers: Any) -> None:
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    for worker in workers:
        worker.communicate(timeout=60)
        assert worker.returncode == 0


def ended(wfx: Wfx, run_id: str) -> dict[str, Any]:
    """The run, when a watcher has seen its end."""
    assert wfx("runs", "watch", run_id).code == 0
    return dict(wfx("runs", "show", run_id, "--json").json)


@pytest.mark.usefixtures("each_world")
def test_a_limit_holds_over_all_workers(wfx: Wfx, spawn: Spawn, app: Path) -> None:
    """At no position of the log do more steps run."""
    (app / "art.py").write_text(ART)
    (app / "pyproject.toml").write_text("[tool.wfx.queues.gpu]\nconcurrency = 3\n")
    workers = [spawn("worker", "art", "--log-format", "json") for _ in range(2)]
    for worker in workers:
        until(log(worker), "worker_started")
    run_id = wfx("start", "art:art", "14").out.strip()
    assert ended(wfx, run_id)["output"] == 14
    stop(*workers)

    running = seen = 0
    for event in wfx("runs", "events", run_id, "--json").json["events"]:
        running += event["eventType"] == "step_started"
        running -= event["eventType"] == "step_completed"
        seen = max(seen, running)
    assert seen == 3


def test_a_queue_that_no_worker_serves_is_seen(wfx: Wfx, spawn: Spawn, app: Path) -> None:
    """The step waits, and whoever looks is told what to start."""
    (app / "art.py").write_text(ART)
    run_id = wfx("start", "art:art", "2").out.strip()
    worker = spawn("worker", "art", "--queues", "default", "--log-format", "json")
    until(log(worker), "run_started", runId=run_id)

    told = wfx("queue")
    assert "gpu: 2 ready, and no worker serves this queue; start one with " in told.err
    assert "`wfx worker MODULE --queues gpu`" in told.err
    shown = wfx("queue", "--json").json
    served = {queue["queue"]: len(queue["servedBy"]) for queue in shown["queues"]}
    assert served == {"default": 1, "gpu": 0}
    stop(worker)


def test_two_workers_with_different_versions_of_a_workflow(
    wfx: Wfx, spawn: Spawn, app: Path
) -> None:
    """The one whose code does not fit parks the run, and the other goes on with it."""
    for version, first in (("old", "reserve"), ("new", "charge")):
        (app / version).mkdir()
        (app / version / "flow.py").write_text(FLOW.format(first=first))
    run_id = wfx("start", "flow:flow", "--app-dir", "old").out.strip()
    old = spawn("worker", "flow", "--app-dir", "old", "--log-format", "json")
    until(log(old), "step_completed", runId=run_id)
    while not wfx("hook", "list", "--json").json["hooks"]:
        pass
    stop(old)
    assert wfx("hook", "send", "go", '" on"').code == 0

    new = spawn("worker", "flow", "--app-dir", "new", "--log-format", "json")
    parked = until(log(new), "run_parked", runId=run_id)
    assert "diverged" in parked["message"]
    again = spawn("worker", "flow", "--app-dir", "old", "--log-format", "json")
    until(log(again), "run_completed", runId=run_id)
    assert ended(wfx, run_id)["output"] == "reserve on"
    stop(new, again)


def test_payloads_that_nobody_takes_are_told_apart(wfx: Wfx) -> None:
    """404 for a token that never was, 410 for the hook of a run that has ended."""
    wfx("world", "init")
    unknown = wfx("hook", "send", "approve-7", "{}", "--json")
    assert (unknown.code, unknown.json["error"]["code"]) == (1, "not-found")
    assert "there is no hook with the token 'approve-7'" in unknown.error
    assert "`wfx hook list` shows those that wait" in unknown.error

    run_id = wfx("run", "shop:approve", "7", "--no-wait", "--json").json["runId"]
    assert wfx("hook", "send", "approve-7", '{"ok": true}').code == 0
    assert wfx("run", "--resume", run_id).code == 0
    gone = wfx("hook", "send", "approve-7", '{"ok": true}', "--json")
    assert (gone.code, gone.json["error"]["code"]) == (1, "entity-gone")
    assert run_id in gone.error


def test_a_disk_that_fills_up_ends_a_worker_with_a_sentence(wfx: Wfx, spawn: Spawn) -> None:
    """Another one, with room, goes on with what was acknowledged."""
    run_id = wfx("start", "shop:big", "30").out.strip()

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    worker = spawn("worker", "shop", "--log-format", "json", preexec_fn=little_room)
    failed = until(log(worker), "worker_failed")
    assert failed["error"] == "world-unavailable"
    assert "the world sqlite:///.wfx/world.db cannot be used" in failed["message"]
    assert worker.wait(60) == 1
    assert wfx("run", "--resume", run_id).out == f"{30 * 50_000}\n"


def test_a_file_deleted_under_a_worker_ends_it_with_a_sentence(
    wfx: Wfx, spawn: Spawn, app: Path
) -> None:
    """It does not go on into a file that nobody sees."""
    worker = spawn("worker", "shop", "--log-format", "json")
    events = log(worker)
    until(events, "worker_started")
    (app / ".wfx" / "world.db").unlink()
    failed = until(events, "worker_failed")
    assert "was deleted while this process had it open" in failed["message"]
    assert worker.wait(60) == 1
    assert not (app / ".wfx" / "world.db").exists()
