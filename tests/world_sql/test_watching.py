"""A watch wakes a thread soon after something changed, and not before."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path

from wfx.clock import ManualClock
from wfx.events import NewEvent, RunCreated, RunStarted
from wfx.testing.scenes import started_run
from wfx_world_sql import open_world
from wfx_world_sql.world import SqlWorld


def create(world: SqlWorld) -> None:
    """Something to wake up for."""
    data = RunCreated(deployment_id="d", workflow_name="w", input=[])
    world.events.create(None, NewEvent(data))


def while_waiting(world: SqlWorld, act: Callable[[], None]) -> tuple[bool, float]:
    """What a thread that waits is told, and how long after the act."""
    watch = world.watch()
    watch.wait(0)
    told: list[tuple[bool, float]] = []

    def wait() -> None:
        told.append((watch.wait(30), time.monotonic()))

    thread = threading.Thread(target=wait)
    thread.start()
    acted = time.monotonic()
    act()
    thread.join(20)
    watch.close()
    assert told, "it did not wake up"
    return told[0][0], told[0][1] - acted


def test_an_append_of_this_process_wakes(sql_url: str) -> None:
    """Through the same world."""
    with open_world(sql_url) as world:
        changed, seconds = while_waiting(world, lambda: create(world))
        assert changed
        assert seconds < 5


def test_an_append_of_another_wakes(sql_url: str) -> None:
    """Another world object shares nothing with this one but the database."""
    with open_world(sql_url) as world, open_world(sql_url) as other:
        changed, seconds = while_waiting(world, lambda: create(other))
        assert changed
        assert seconds < 5


def test_what_happened_since_the_last_wait_is_told(sql_url: str) -> None:
    """A wake-up between two waits is not lost, and told once."""
    with open_world(sql_url) as world:
        watch = world.watch()
        assert watch.wait(0) is False
        create(world)
        assert watch.wait(5) is True
        assert watch.wait(0.02) is False
        watch.close()


def test_an_append_that_is_no_news_wakes_nobody_here(sql_url: str) -> None:
    """A worker's own steps are none; what another world writes between them is."""
    with open_world(sql_url) as world, open_world(sql_url) as other:
        create(world)
        (task,) = world.queue.claim("me")
        watch = world.watch()
        watch.wait(0)

        world.events.create_batch(task.run_id, [NewEvent(RunStarted())], fence=[task.hold])
        assert watch.wait(0.05) is False

        create(other)
        world.queue.extend("me", [task.hold])
        assert watch.wait(5) is True
        assert watch.wait(0.05) is False
        watch.close()


def test_a_process_that_appends_all_the_time_hears_of_others(tmp_path: Path) -> None:
    """Its appends look for the watch, which then does not keep them waiting."""
    url = f"sqlite:///{tmp_path / 'world.db'}"
    with open_world(url) as world, open_world(url) as other:
        run = started_run(world, ManualClock())
        watch = world.watch()
        told: list[bool] = []
        thread = threading.Thread(target=lambda: told.append(watch.wait(30)))
        numbers = itertools.count(1)
        run.running_step(next(numbers))
        thread.start()
        for _ in range(20):
            run.running_step(next(numbers))
        assert thread.is_alive()

        create(other)
        deadline = time.monotonic() + 20
        while thread.is_alive() and time.monotonic() < deadline:
            run.running_step(next(numbers))

        thread.join(5)
        assert told == [True]
        watch.close()


def test_a_watch_of_a_closed_world_tells_nothing(tmp_path: Path) -> None:
    """And opens no file again."""
    world = open_world(f"sqlite:///{tmp_path}/world.db")
    watch = world.watch()
    world.close()
    assert watch.wait(0.02) is False
    assert world._database._writer is None  # type: ignore[union-attr]  # SQLite's has one


def test_closing_returns_the_waiting_thread(sql_url: str) -> None:
    """Promptly, saying that nothing changed."""
    with open_world(sql_url) as world:
        watch = world.watch()
        watch.wait(0)
        told: list[bool] = []
        thread = threading.Thread(target=lambda: told.append(watch.wait(30)))
        thread.start()
        time.sleep(0.02)
        begin = time.monotonic()
        watch.close()
        thread.join(20)
        assert told == [False]
        assert time.monotonic() - begin < 5
        assert watch.wait(0.01) is False
        watch.close()


def cut_the_watch(world: SqlWorld) -> None:
    """End the server's side of every connection that listens."""
    world._database.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query = 'LISTEN wfx'"
    )


def test_a_watch_survives_a_cut_connection(postgres_url: str) -> None:
    """What it missed meanwhile may be anything, so it says that something changed."""
    with open_world(postgres_url) as world:
        changed, _ = while_waiting(world, lambda: cut_the_watch(world))
        assert changed
