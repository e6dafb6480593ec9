"""A legacy source as a world to look into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.migrate.test_postgres import load

from wfx.errors import CorruptLog, NotFound
from wfx.events import NewEvent, RunCancelled, to_wire
from wfx.memory import MemoryWorld
from wfx.worlds import hide_password, open_world
from wfx_migrate import NotAStore, migrate
from wfx_migrate.v1.streams import id_of, name_of
from wfx_migrate.v1_world import ReadOnlyWorld


def test_it_shows_what_migrating_would_write(recorded: Callable[[str], Path]) -> None:
    """The same logs and entities, event by event."""
    source, migrated = recorded("v1-4.0.1-beta.35"), MemoryWorld()
    migrate(source, migrated).close()

    with open_world(f"v1:{source}", create=False) as world:
        runs = world.runs.list(limit=100).items
        assert len(runs) == 18
        for run in runs:
            id = run.run_id
            assert world.runs.get(id) == migrated.runs.get(id)
            assert [to_wire(event) for event in world.events.stream(id)] == [
                to_wire(event) for event in migrated.events.stream(id)
            ]
            assert world.steps.list(id).items == migrated.steps.list(id).items
            assert world.hooks.list(run_id=id).items == migrated.hooks.list(run_id=id).items
            assert world.waits.list(id).items == migrated.waits.list(id).items


def test_pages_of_runs_are_without_gaps(recorded: Callable[[str], Path]) -> None:
    """Newest first, with filters, in pages of two."""
    with open_world(f"v1:{recorded('v1-4.0.1-beta.50')}") as world:
        whole = [run.run_id for run in world.runs.list(limit=100).items]
        paged: list[str] = []
        cursor: str | None = None
        while True:
            page = world.runs.list(limit=5, cursor=cursor)
            paged += [run.run_id for run in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        upward = [run.run_id for run in world.runs.list(limit=100, order="asc").items]
        assert paged == whole == upward[::-1]
        assert [run.created_at for run in world.runs.list(limit=100).items] == sorted(
            (run.created_at for run in world.runs.list(limit=100).items), reverse=True
        )
        parked = world.runs.list(parked=True).items
        assert {world.queue.get(run.run_id).parked for run in parked} == {"held"}  # type: ignore[union-attr]  # it has a task


def test_a_damaged_run_is_listed_with_the_reason_and_has_no_log(
    recorded: Callable[[str], Path],
) -> None:
    """Nothing is guessed about it, and the others are there."""
    with open_world(f"v1:{recorded('jsonl')}") as world:
        assert len(world.runs.list().items) == 10
        run_id = "wrun_01KBSNWHB818KQ0ZA2X4WE1EX1"
        task = world.queue.get(run_id)
        assert task is not None
        detail: Any = task.parked_detail
        assert detail["reason"] == "quarantined"
        assert "damaged-truncated.jsonl:7: it is no JSON" in detail["message"]
        with pytest.raises(CorruptLog, match="damaged-truncated"):
            list(world.events.stream(run_id))


def test_what_steps_wrote_can_be_read(recorded: Callable[[str], Path]) -> None:
    """Chunks lie in files of their own."""
    with open_world(f"v1:{recorded('v1-4.0.1-beta.50/streams')}") as world:
        (run,) = world.runs.list().items
        assert [(each.stream, each.chunks) for each in world.streams.list(run.run_id)] == [
            ("default", 4)
        ]
        chunks, _ = world.streams.read(run.run_id, "default")
        assert chunks[0].data == b'["first\\n"]\n'


def test_a_database_can_be_looked_into_too(
    recorded: Callable[[str], Path], empty_postgres_url: str
) -> None:
    """Also its streams; and its password is never shown."""
    load(empty_postgres_url, recorded("postgres") / "v1-world-postgres-4.1.0-beta.27" / "csv")

    with open_world(f"v1:{empty_postgres_url}") as world:
        runs = world.runs.list(limit=100).items
        assert len(runs) == 24
        (streamed,) = (run for run in runs if run.workflow_name.endswith("//streams"))
        chunks, _ = world.streams.read(streamed.run_id, "default")
        assert chunks[0].data == b'["first\\n"]\n'
    assert hide_password("v1:postgresql://me:secret@host/db") == "v1:postgresql://me:***@host/db"


def test_nothing_can_be_written(recorded: Callable[[str], Path]) -> None:
    """Every writer is told how to go on instead."""
    source = recorded("v1-4.0.1-beta.50/inflight-hook")
    with open_world(f"v1:{source}") as world:
        (run,) = world.runs.list().items
        for attempt in (
            lambda: world.events.create(run.run_id, NewEvent(RunCancelled())),
            lambda: world.queue.unpark(run.run_id),
            lambda: world.queue.claim("me"),
            lambda: world.hooks.get_by_token("tok-inflight"),
            lambda: world.archive.write(run.run_id, []),
        ):
            with pytest.raises(ReadOnlyWorld) as refused:
                attempt()
            assert str(refused.value) == (
                f"v1:{source} can only be looked at. To go on with its runs, migrate them into a "
                f"world: wfx migrate --from v1 {source}"
            )
        with pytest.raises(NotFound, match="wrun_none"):
            world.runs.get("wrun_none")


def test_what_is_no_source_is_said_in_a_sentence(tmp_path: Path) -> None:
    """As `wfx migrate` says it."""
    with pytest.raises(NotAStore, match="is an empty directory"):
        open_world(f"v1:{tmp_path}")
    with pytest.raises(NotAStore, match="names no source"):
        open_world("v1:")


@pytest.mark.parametrize("name", ["default", "logs", "ünï/cödé"])
def test_names_of_streams_come_back(name: str) -> None:
    """A run's own streams have its id in theirs."""
    stream_id = id_of("wrun_01M8181CRYGKNX0DYHMHMBAMWH", name)
    assert stream_id.startswith("strm_01M8181CRYGKNX0DYHMHMBAMWH_user")
    assert name_of(stream_id) == name
    assert name_of("strm_01M8181CRYGKNX0DYHMHMBAMWH") == "strm_01M8181CRYGKNX0DYHMHMBAMWH"
