"""Group appends in databases: one commit, locks in one order, what goes wrong, and again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from wfx.clock import ManualClock
from wfx.errors import RunGone, WorldUnavailable
from wfx.events import NewEvent, RunCreated
from wfx.testing import scenes as s
from wfx.world import Append
from wfx_world_sql import open_world
from wfx_world_sql.database import Connection
from wfx_world_sql.postgres import PostgresConnection, PostgresDatabase
from wfx_world_sql.sqlite import SqliteConnection, SqliteDatabase


def created(size: int = 1) -> Append:
    """A run with an input of about this size."""
    data = RunCreated(deployment_id="d", workflow_name="w", input=["x" * size])
    return Append(None, [NewEvent(data)])


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many commits were made since it was asked last."""
    made = 0
    for kind in (SqliteConnection, PostgresConnection):

        def counting(self: Any, commit: Any = kind.commit) -> None:
            nonlocal made
            made += 1
            commit(self)

        monkeypatch.setattr(kind, "commit", counting)

    def since() -> int:
        nonlocal made
        made, before = 0, made
        return before

    return since


def test_a_group_is_one_commit(sql_url: str, commits: Callable[[], int]) -> None:
    """With a refusal in it, and batches of one run that follow each other."""
    with open_world(sql_url) as world:
        clock = ManualClock()
        runs = [s.started_run(world, clock) for _ in range(20)]
        runs[3].append(s.run_completed())
        group = [Append(r.run_id, [s.effect_recorded()], 1, [r.hold]) for r in runs]
        group.append(Append(runs[0].run_id, [s.effect_recorded()], 2, [runs[0].hold]))
        commits()

        answers = world.events.create_group(group)

        assert commits() == 1
        assert isinstance(answers[3], RunGone)
        assert [run.end for run in runs] == [3, *[2] * 19]


def test_a_larger_group_takes_no_more_messages(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL: one for the questions, one for the writes and the commit."""
    with open_world(postgres_url) as world:
        clock = ManualClock()
        runs = [s.started_run(world, clock) for _ in range(20)]
        asked = 0
        ask = PostgresConnection.ask

        def counting(self: PostgresConnection, *queries: Any) -> Any:
            nonlocal asked
            asked += 1
            return ask(self, *queries)

        monkeypatch.setattr(PostgresConnection, "ask", counting)
        for count in (2, 20):
            asked = 0
            world.events.create_group(
                [
                    Append(r.run_id, [s.step_created(r.id("step", count))], None, [r.hold])
                    for r in runs[:count]
                ]
            )
            assert asked == 1


def test_a_full_disk_writes_nothing_of_a_group(tmp_path: Path) -> None:
    """Neither what fits nor what does not."""
    with open_world(f"sqlite:///{tmp_path / 'world.db'}") as world:

        def leave_two_pages(connection: Connection) -> None:
            (pages,) = connection.one("PRAGMA page_count") or (0,)
            connection.one(f"PRAGMA max_page_count = {pages + 2}")

        world._database.write(leave_two_pages)
        with pytest.raises(WorldUnavailable, match="no room left"):
            world.events.create_group([created(), created(1_000_000), created()])
        assert world.runs.list().items == []
        world.events.create_group([created(), created(1_000_000)])  # there is room again
        assert len(world.runs.list().items) == 2


@pytest.mark.parametrize(
    "errors",
    [
        [psycopg.errors.SerializationFailure],
        [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure],
    ],
)
def test_a_group_in_the_way_of_others_is_begun_anew(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, errors: list[type[psycopg.Error]]
) -> None:
    """The whole of it, with what each member was refused or given judged again."""
    with open_world(postgres_url) as world:
        run = s.started_run(world, ManualClock())
        other = s.started_run(world, ManualClock())
        commit = PostgresConnection.commit
        failures = list(errors)

        def failing(self: PostgresConnection) -> None:
            if failures:
                raise failures.pop()("in the way")
            commit(self)

        monkeypatch.setattr(PostgresConnection, "commit", failing)
        answers = world.events.create_group(
            [Append(r.run_id, [s.effect_recorded()], 1, [r.hold]) for r in (run, other)]
        )
        assert all(isinstance(answer, list) for answer in answers)
        assert (run.end, other.end) == (2, 2)


def test_a_real_deadlock_ends_and_the_group_lands(postgres_url: str) -> None:
    """Somebody who keeps no order holds one run and wants another; one of the two gives way."""
    with open_world(postgres_url) as world:
        clock = ManualClock()
        first, last = sorted(
            (s.started_run(world, clock) for _ in range(2)), key=lambda run: run.run_id
        )
        group = [Append(r.run_id, [s.effect_recorded()], 1, [r.hold]) for r in (last, first)]
        database = world._database
        assert isinstance(database, PostgresDatabase)
        lock = "SELECT 1 FROM run WHERE run_id = %s FOR UPDATE"
        answers: list[Any] = []
        with closing(database.open_raw()) as stranger:
            stranger.execute("BEGIN")
            stranger.execute("SET LOCAL deadlock_timeout = '10s'")
            stranger.execute(lock, [last.run_id])
            thread = threading.Thread(
                target=lambda: answers.extend(world.events.create_group(group))
            )
            thread.start()
            _wait_for_a_blocked(database)
            # Now the group holds `first` and waits for `last`: its own timeout is the shorter.
            stranger.execute(lock, [first.run_id])
            stranger.execute("COMMIT")
            thread.join(30)
        assert [isinstance(answer, list) for answer in answers] == [True, True]
        assert (first.end, last.end) == (2, 2)


def _wait_for_a_blocked(database: PostgresDatabase) -> None:
    with closing(database.open_raw()) as eye:
        for _ in range(30_000):
            found = eye.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
            ).fetchone()
            if found is not None and found[0]:
                return
    pytest.fail("nobody was blocked")


def test_groups_lock_in_the_order_of_ids(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes whose groups name the same runs in opposite orders never deadlock."""
    begun: list[int] = []
    begin = PostgresConnection.begin

    def counting(self: PostgresConnection) -> None:
        begun.append(1)
        begin(self)

    with open_world(postgres_url) as world, open_world(postgres_url) as other:
        clock = ManualClock()
        runs = [s.started_run(world, clock) for _ in range(8)]
        for run in runs:
            run.append(s.hook_created(run.id("hook"), f"{run.run_id} token"))
        gate = threading.Barrier(2)
        monkeypatch.setattr(PostgresConnection, "begin", counting)

        def send(line: Any, order: list[s.Scene]) -> None:
            for turn in range(20):
                gate.wait()
                line.events.create_group(
                    [Append(run.run_id, [s.hook_received(run.id("hook"), turn)]) for run in order]
                )

        threads = [
            threading.Thread(target=send, args=given)
            for given in ((world, runs), (other, runs[::-1]))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [run.end for run in runs] == [42] * 8
        assert len(begun) == 40  # none was tried again


def test_a_writer_of_a_file_gets_its_turn_soon(tmp_path: Path) -> None:
    """However long another process held the file, the next look comes within milliseconds."""
    url = f"sqlite:///{tmp_path / 'world.db'}"
    pauses: list[float] = []
    with open_world(url) as world, open_world(url) as other:
        holder = other._database
        assert isinstance(holder, SqliteDatabase)

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 200:
                raw.execute("COMMIT")

        with closing(holder.open_raw()) as raw, pytest.MonkeyPatch.context() as patched:
            raw.execute("BEGIN IMMEDIATE")
            patched.setattr("wfx_world_sql.sqlite.time.sleep", pause)
            (answer,) = world.events.create_group([created()])
    assert isinstance(answer, list)
    assert len(pauses) == 200
    assert max(pauses) <= 0.002


def test_a_claim_of_nothing_does_not_take_the_place_of_a_writer(tmp_path: Path) -> None:
    """Workers that look around must not slow down the one that works."""
    url = f"sqlite:///{tmp_path / 'world.db'}"
    with open_world(url) as world, open_world(url) as other:
        holder = other._database
        assert isinstance(holder, SqliteDatabase)
        with closing(holder.open_raw()) as raw:
            raw.execute("BEGIN IMMEDIATE")
            assert world.queue.claim("me", digest="d") == []
            raw.execute("ROLLBACK")
        world.events.create_group([created()])
        assert len(world.queue.claim("me")) == 1
