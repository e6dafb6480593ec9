"""Several processes at one world: making it, writing to it, dying in the middle."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wfx.events import NewEvent, RunCreated
from wfx_world_sql import open_world

CREATE = """
import sys
from wfx_world_sql import open_world
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
open_world(sys.argv[1]).close()
"""

APPEND = """
import sys
from wfx.events import HookReceived, NewEvent
from wfx_world_sql import open_world
with open_world(sys.argv[1]) as world:
    sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
    for number in range(int(sys.argv[4])):
        payload = HookReceived(payload=[sys.argv[3], number])
        world.events.create(sys.argv[2], NewEvent(payload, "hook_1"))
"""

BATCH = """
import sys
from wfx.events import HookReceived, NewEvent
from wfx_world_sql import open_world
from wfx_world_sql.append import Writes
stage = Writes.stage
def slow(self, connection, sql):
    stage(self, connection, sql)
    if hasattr(connection, "_staged"):  # PostgreSQL gets it with the commit
        for statement, rows in connection._staged:
            connection.raw.cursor().executemany(statement, rows)
        connection._staged = []
    sys.stdout.write("written\\n"); sys.stdout.flush(); sys.stdin.readline()
with open_world(sys.argv[1]) as world:
    Writes.stage = slow
    world.events.create_batch(sys.argv[2], [
        NewEvent(HookReceived(payload=number), "hook_1") for number in range(500)])
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A process of its own, once it has said its first line."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    if not said:
        raise AssertionError(process.communicate()[1])
    return process


def finish(*processes: subprocess.Popen[str]) -> None:
    """Let them go on, all at once, and wait for their end."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")


def run_with_hook(url: str) -> str:
    """A run with an open hook, which needs no claim to be written to."""
    from wfx.events import HookCreated, RunStarted

    with open_world(url) as world:
        data = RunCreated(deployment_id="d", workflow_name="w", input=[])
        event = world.events.create(None, NewEvent(data)).event
        assert event is not None
        (task,) = world.queue.claim("me")
        hook = NewEvent(HookCreated(token="t", call=None), "hook_1")
        begun = [NewEvent(RunStarted()), hook]
        world.events.create_batch(event.run_id, begun, after=0, fence=[task.hold])
        return event.run_id


def test_processes_that_start_at_once_on_an_empty_database_all_succeed(
    empty_sql_url: str,
) -> None:
    """One makes the world, the others find it."""
    finish(*(start(CREATE, empty_sql_url) for _ in range(3)))
    open_world(empty_sql_url, create=False).close()


def test_two_processes_append_to_one_run(sql_url: str) -> None:
    """Nothing is lost, and positions are dense."""
    run_id = run_with_hook(sql_url)
    finish(*(start(APPEND, sql_url, run_id, name, "100") for name in "ab"))

    with open_world(sql_url) as world:
        events = world.events.list(run_id)
        assert [event.position for event in events] == list(range(203))
        payloads = [event.data.payload for event in events[3:]]  # type: ignore[attr-defined] # hooks
        for name in "ab":
            assert [n for who, n in payloads if who == name] == list(range(100))
        assert world.hooks.get("hook_1").received == 200


def test_a_writer_that_is_killed_in_the_middle_of_a_batch_leaves_nothing(sql_url: str) -> None:
    """kill -9 after all rows were written and before the commit."""
    run_id = run_with_hook(sql_url)
    process = start(BATCH, sql_url, run_id)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    with open_world(sql_url) as world:
        assert len(world.events.list(run_id)) == 3
        assert world.hooks.get("hook_1").received == 0
        finish(start(APPEND, sql_url, run_id, "a", "1"))
        assert [event.position for event in world.events.list(run_id)] == [0, 1, 2, 3]


@pytest.mark.slow
def test_a_hundred_thousand_events_at_once(sql_url: str, tmp_path: Path) -> None:
    """Linear in the time that this process works, which no neighbour makes longer."""
    import gc
    import time

    from wfx.events import HookReceived

    run_id = run_with_hook(sql_url)
    seconds = {}
    with open_world(sql_url) as world:
        for count in (10_000, 100_000):
            batch = [NewEvent(HookReceived(payload=n), "hook_1") for n in range(count)]
            gc.collect()
            gc.disable()  # a whole collection takes as long as the heap of all tests is large
            try:
                begin = time.process_time()
                results = world.events.create_batch(run_id, batch)
                seconds[count] = time.process_time() - begin
            finally:
                gc.enable()
            assert len(results) == count
        assert sum(1 for _ in world.events.stream(run_id)) == 110_003
    assert seconds[100_000] < 25 * seconds[10_000]
