"""`wfx worker` as a process: its log, its pages, how it ends, what it leaves to others."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Wfx = Callable[..., Any]
Spawn = Callable[..., Any]

MORE = """
import asyncio
from wfx import step, workflow

@step(queue="gpu")
async def draw(name: str) -> str:
    return name

@workflow
async def art(name: str) -> str:
    return await draw(name)

@step(max_retries=0)
async def gate() -> str:
    from pathlib import Path
    while not Path("open").exists():
        await asyncio.sleep(0.01)
    return "through"

@workflow
async def waits() -> str:
    return await gate()
"""


@pytest.fixture(autouse=True)
def more(app: Path) -> None:
    """The module `more` beside `shop`."""
    (app / "more.py").write_text(MORE)


def log(process: Any) -> Iterator[dict[str, Any]]:
    """What a worker tells programs."""
    for line in process.stderr:
        yield json.loads(line)


def until(events: Iterator[dict[str, Any]], event: str, **fields: Any) -> dict[str, Any]:
    """The next line of this event with these fields."""
    for line in events:
        if line["event"] == event and all(line.get(k) == v for k, v in fields.items()):
            return line
    raise AssertionError(f"{event} {fields} never came")


def started(wfx: Wfx, *words: str) -> str:
    return str(wfx("start", *words).out.strip())


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_log_for_programs_is_one_object_a_line(wfx: Wfx, spawn: Spawn) -> None:
    """Also what user code prints, with the step that did."""
    run_id = started(wfx, "shop:checkout", '{"id": 7}')
    worker = spawn("worker", "shop", "--log-format", "json")
    lines = []
    for line in log(worker):
        lines.append(line)
        if line["event"] == "run_completed":
            worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0

    assert {"time", "level", "event", "message"} <= set.intersection(*(set(x) for x in lines))
    told = [line for line in lines if line.get("runId") == run_id]
    known = {"runId": run_id, "workflow": "shop:checkout"}
    assert all(line["workflow"] == "shop:checkout" for line in told if line["event"] != "output")
    assert [line["event"] for line in told if line["event"] != "output"] == [
        *("run_started", "step_started", "step_retried", "step_started", "step_completed"),
        "run_completed",
    ]
    retried = next(line for line in told if line["event"] == "step_retried")
    assert (retried["level"], retried["step"], retried["attempt"]) == ("warning", "shop:charge", 1)
    assert retried["error"] == "RuntimeError: flaky"
    assert retried.items() >= known.items()
    printed = [line for line in told if line["event"] == "output"]
    assert [(line["message"], line.get("attempt")) for line in printed] == [
        ("printed by the workflow", None),
        ("printed by a step", 1),
        ("printed by a step", 2),
    ]
    assert [line["event"] for line in lines[-2:]] == ["worker_stopping", "worker_stopped"]


def test_a_worker_asked_to_end_lets_running_steps_end(wfx: Wfx, spawn: Spawn, app: Path) -> None:
    """Even when a process manager sends the signal to the whole group."""
    run_id = started(wfx, "more:waits")
    worker = spawn("worker", "more", "--log-format", "json", start_new_session=True)
    events = log(worker)
    until(events, "step_started")
    os.killpg(worker.pid, signal.SIGTERM)
    assert until(events, "worker_stopping")["running"] == 1
    (app / "open").touch()

    stopped = until(events, "worker_stopped")
    assert (stopped["finished"], stopped["handedBack"]) == (1, 0)
    assert worker.wait(60) == 0
    types = [e["eventType"] for e in wfx("runs", "events", run_id, "--json").json["events"]]
    assert types[-1] == "step_completed"
    assert wfx("run", "--resume", run_id, "--json").json["output"] == "through"


def test_what_does_not_end_in_time_is_left_to_another_worker(
    wfx: Wfx, spawn: Spawn, app: Path
) -> None:
    """It is said, and the other one makes another attempt at once."""
    run_id = started(wfx, "more:waits")
    worker = spawn("worker", "more", "--log-format", "json", "--grace", "0.05")
    events = log(worker)
    until(events, "step_started")
    worker.send_signal(signal.SIGTERM)
    stopped = until(events, "worker_stopped")
    assert (stopped["finished"], stopped["handedBack"]) == (0, 1)
    assert worker.wait(60) == 0

    (app / "open").touch()
    done = wfx("run", "--resume", run_id, "--json")
    assert (done.code, done.json["output"]) == (0, "through")
    (step,) = wfx("runs", "show", run_id, "--json").json["steps"]
    assert step["attempt"] == 2


def test_a_worker_says_how_it_does_over_http(wfx: Wfx, spawn: Spawn) -> None:
    """Alive, ready, and what it counts as Prometheus reads it."""
    worker = spawn("worker", "shop", "--log-format", "json", "--http", "127.0.0.1:0")
    events = log(worker)
    url = until(events, "http")["url"]
    until(events, "worker_started")
    started(wfx, "shop:checkout", '{"id": 7}')
    until(events, "run_completed")

    assert get(f"{url}/live") == (200, "alive\n")
    assert get(f"{url}/ready") == (200, "ready\n")
    status, text = get(f"{url}/metrics")
    assert status == 200
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    step = 'step="shop:charge"'
    assert values['wfx_runs_total{status="completed"}'] == "1"
    assert values[f'wfx_steps_total{{{step},event="started"}}'] == "2"
    assert values[f'wfx_steps_total{{{step},event="retried"}}'] == "1"
    assert values[f"wfx_step_seconds_count{{{step}}}"] == "2"
    assert values[f'wfx_step_seconds_bucket{{{step},le="+Inf"}}'] == "2"
    assert int(values['wfx_claims_total{kind="run"}']) > 0
    assert int(values["wfx_append_seconds_count"]) > 0
    assert values["wfx_world_up"] == "1"
    helped = re.findall(r"^# HELP (\w+) .+\n# TYPE \1 (?:counter|gauge|histogram)$", text, re.M)
    assert {re.split(r"[{ ]", line)[0] for line in values} <= {
        name for base in helped for name in (base, *(f"{base}_{s}" for s in _SUFFIXES))
    }
    assert get(f"{url}/other") == (404, "there is /live, /ready, /metrics\n")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0


_SUFFIXES = ("bucket", "sum", "count")


def test_an_address_in_use_is_told(wfx: Wfx, spawn: Spawn) -> None:
    """Before anything is worked on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        worker = spawn("worker", "shop", "--http", f"127.0.0.1:{port}")
        _, err = worker.communicate(timeout=60)
    assert worker.returncode == 2
    assert f"cannot listen at 127.0.0.1:{port}: Address already in use" in err
    assert "'here' is no address such as" in wfx("worker", "shop", "--http", "here").error


def test_a_worker_serves_the_queues_it_is_told_to(wfx: Wfx, spawn: Spawn) -> None:
    """Runs are activated by any worker; a step waits for one that serves its queue."""
    run_id = started(wfx, "more:art", "x")
    cpu = spawn("worker", "more", "--log-format", "json", "--queues", "cpu,default")
    events = log(cpu)
    until(events, "run_started", runId=run_id)
    gpu = spawn("worker", "more", "--log-format", "json", "--queues", "gpu", "--concurrency", "1")
    assert until(log(gpu), "step_completed", runId=run_id)["step"] == "more:draw"
    for worker in (cpu, gpu):
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=60)
        assert worker.returncode == 0
    seen = wfx("run", "--resume", run_id, "--json").json
    assert seen["output"] == "x"


def test_a_run_of_unknown_code_is_left_to_others_and_said_once(wfx: Wfx, spawn: Spawn) -> None:
    """One line for the workflow, not one for each look or run."""
    first = started(wfx, "more:art", "x")
    started(wfx, "more:art", "y")
    worker = spawn("worker", "shop", "--log-format", "json")
    events = log(worker)
    told = until(events, "not_ours")
    assert told["message"] == (
        f"{first} waits for a worker that has the workflow 'more:art', which this one does not "
        "have; others of it are not told"
    )
    started(wfx, "shop:add", "1")
    until(events, "run_completed")
    worker.send_signal(signal.SIGTERM)
    assert "not_ours" not in [line["event"] for line in events]
    assert worker.wait(60) == 0
    assert wfx("runs", "list", "--status", "pending", "--json").json["runs"]


def test_a_worker_that_is_about_to_begin_anew_can_be_stopped(
    wfx: Wfx, spawn: Spawn, app: Path
) -> None:
    """Its process was ended by a step; between two processes nobody else hears signals."""
    (app / "deadly.py").write_text(
        "import os\nfrom wfx import step, workflow\n\n"
        "@step\nasync def die() -> None:\n    os._exit(7)\n\n"
        "@workflow\nasync def dies() -> None:\n    await die()\n"
    )
    started(wfx, "deadly:dies")
    worker = spawn("worker", "deadly")
    worker.read_until("ended itself with exit code 7")
    worker.send_signal(signal.SIGINT)
    _, err = worker.communicate(timeout=60)
    assert "Traceback" not in err


def test_work_of_a_killed_worker_is_taken_over_and_counted(
    wfx: Wfx, spawn: Spawn, app: Path
) -> None:
    """On the same machine at once; the lost attempt is counted, and said."""
    run_id = started(wfx, "more:waits")
    first = spawn("worker", "more", "--log-format", "json")
    until(log(first), "step_started", runId=run_id)
    first.kill()

    second = spawn("worker", "more", "--log-format", "json", "--http", "127.0.0.1:0")
    events = log(second)
    url = until(events, "http")["url"]
    taken = until(events, "taken_over", step="more:gate")
    (app / "open").touch()  # not before: the process that has the body may outlive its parent
    assert (taken["level"], taken["runId"]) == ("warning", run_id)
    until(events, "run_completed", runId=run_id)
    assert 'wfx_step_attempts_lost_total{step="more:gate"} 1' in get(f"{url}/metrics")[1]
    second.send_signal(signal.SIGTERM)
    assert second.wait(60) == 0
