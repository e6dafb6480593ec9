"""Worlds are made, upgraded and told apart from everything else."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory

from wfx.errors import ForeignWorld, SchemaOutdated, WorldUnavailable
from wfx_world_sql import HEAD, Upgrade, open_world, schema, upgrade
from wfx_world_sql.revisions.runner import config, engine
from wfx_world_sql.schema import open_database
from wfx_world_sql.tables import METADATA
from wfx_world_sql.url import parse


def execute(url: str, *texts: str) -> list[Any]:
    """Run statements beside the world; the rows of the last."""
    database = open_database(parse(url))
    with closing(database.open_raw()) as raw:
        for text in texts:
            cursor = raw.execute(text)
        return list(cursor.fetchall()) if cursor.description else []


def described(url: str) -> list[tuple[str, ...]]:
    """Every table, column, constraint and index, in words that do not depend on how it was made."""
    if url.startswith("sqlite"):
        rows = execute(url, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name")
        return [(kind, name, re.sub(r'[\s"]+', "", text or "")) for kind, name, text in rows]
    columns = execute(
        url,
        "SELECT table_name, column_name, data_type, coalesce(collation_name, ''), is_nullable, "
        "is_identity, coalesce(column_default, ''), coalesce(character_maximum_length, 0)::text "
        "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
    )
    indexes = execute(
        url, "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
    )
    constraints = execute(
        url,
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    )
    return [*columns, *indexes, *constraints]


def other(url: str, request: pytest.FixtureRequest, tmp_path: Path, name: str) -> str:
    """Another empty database of the same kind."""
    if url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / name}.db"
    server: str = request.getfixturevalue("postgres_server")
    made: str = request.getfixturevalue("_empty_databases")()
    return server.format(database=made)


def test_a_fresh_a_migrated_and_a_described_schema_are_the_same(
    empty_sql_url: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The quick texts, all revisions in a row, and the models themselves agree."""
    open_world(empty_sql_url).close()
    migrated = other(empty_sql_url, request, tmp_path, "migrated")
    assert upgrade(migrated) == Upgrade(None, HEAD)
    modelled = other(empty_sql_url, request, tmp_path, "modelled")
    made = engine(open_database(parse(modelled)))
    METADATA.create_all(made)
    made.dispose()

    fresh = described(empty_sql_url)
    assert len(fresh) > 15
    assert described(migrated) == fresh
    assert described(modelled) == fresh


def test_the_revisions_are_those_of_alembic() -> None:
    """One line, in the order of their numbers."""
    script = ScriptDirectory.from_config(config())
    assert [step.revision for step in script.walk_revisions()] == list(reversed(schema.REVISIONS))
    assert list(schema.REVISIONS) == sorted(schema.REVISIONS)


def test_an_upgrade_of_the_newest_does_nothing(empty_sql_url: str) -> None:
    """It may be run at any time."""
    open_world(empty_sql_url).close()
    before = described(empty_sql_url)
    assert upgrade(empty_sql_url) == Upgrade(HEAD, HEAD)
    assert described(empty_sql_url) == before


def test_a_migrated_world_opens(empty_sql_url: str) -> None:
    """`wfx world upgrade` on an empty database makes a world."""
    upgrade(empty_sql_url)
    with open_world(empty_sql_url, create=False) as world:
        assert world.runs.list().items == []


def test_open_work_of_an_older_world_goes_on_after_an_upgrade(empty_sql_url: str) -> None:
    """Its tasks have no priority and no key."""
    upgrade(empty_sql_url, "0001")
    execute(
        empty_sql_url,
        "INSERT INTO task (task_id, kind, run_id, name, queue, claimable_at, fence, deaths, "
        "abandoned, parked_digests) "
        "VALUES ('step_1', 'step', 'wrun_1', 'shop:pay', 'gpu', 1, 0, 0, FALSE, '[]')",
    )
    assert upgrade(empty_sql_url) == Upgrade("0001", HEAD)

    with open_world(empty_sql_url) as world:
        (task,) = world.queue.claim("ann")
    assert (task.task_id, task.queue, task.priority, task.key) == ("step_1", "gpu", 0, "")


def test_a_newer_world_is_refused(empty_sql_url: str) -> None:
    """Both revisions are named, and nothing is changed."""
    open_world(empty_sql_url).close()
    execute(empty_sql_url, "UPDATE wfx_revision SET version_num = '9001'")

    for attempt in (open_world, upgrade):
        with pytest.raises(ForeignWorld) as refused:
            attempt(empty_sql_url)
        assert refused.value.reason == (
            f"its tables have revision 9001, and this wfx knows revisions up to {HEAD}"
        )
        assert refused.value.remedy == "Upgrade wfx to the version that wrote it."
        assert not isinstance(refused.value, SchemaOutdated)


def test_an_older_world_wants_an_upgrade(
    empty_sql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not changed behind the back of running workers."""
    open_world(empty_sql_url).close()
    monkeypatch.setattr(schema, "REVISIONS", (HEAD, "9999"))
    monkeypatch.setattr(schema, "HEAD", "9999")

    with pytest.raises(SchemaOutdated, match="`wfx world upgrade"):
        open_world(empty_sql_url)


def test_a_database_of_somebody_else_is_refused_and_left_as_it_is(empty_sql_url: str) -> None:
    """Even opening must not turn on a write-ahead log there."""
    execute(empty_sql_url, "CREATE TABLE customer (id INTEGER)")
    before = described(empty_sql_url)

    for attempt in (open_world, upgrade):
        with pytest.raises(ForeignWorld) as refused:
            attempt(empty_sql_url)
        assert refused.value.reason == "it has tables of something else (customer)"
    assert described(empty_sql_url) == before
    if empty_sql_url.startswith("sqlite"):
        assert execute(empty_sql_url, "PRAGMA journal_mode") == [("delete",)]


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """A world's name may hit a picture by mistake."""
    path = tmp_path / "notes.txt"
    path.write_text("remember the milk\n" * 100)

    for attempt in (open_world, upgrade):
        with pytest.raises(ForeignWorld, match="it is not a SQLite database"):
            attempt(f"sqlite:///{path}")
    assert path.read_text() == "remember the milk\n" * 100


def test_an_empty_database_is_no_world_unless_it_may_become_one(empty_sql_url: str) -> None:
    """`create=False` names what makes a world."""
    with pytest.raises(WorldUnavailable, match="`wfx world init"):
        open_world(empty_sql_url, create=False)
    if empty_sql_url.startswith("sqlite"):
        path = Path(empty_sql_url.removeprefix("sqlite:///"))
        assert not path.exists()
        path.touch()
        with pytest.raises(WorldUnavailable, match="is empty"):
            open_world(empty_sql_url, create=False)
    open_world(empty_sql_url).close()
    open_world(empty_sql_url, create=False).close()


def test_a_failed_upgrade_leaves_nothing(
    empty_sql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All revisions land, or none."""
    monkeypatch.setattr("alembic.op.create_index", _fail)
    with pytest.raises(RuntimeError, match="in the middle"):
        upgrade(empty_sql_url)
    assert described(empty_sql_url) == []


def _fail(*_: object, **__: object) -> None:
    raise RuntimeError("in the middle")


def test_a_world_keeps_a_write_ahead_log(tmp_path: Path) -> None:
    """And each of its connections waits for the disk."""
    path = tmp_path / "world.db"
    with open_world(f"sqlite:///{path}") as world:
        raw = world._database.connect().raw
        assert isinstance(raw, sqlite3.Connection)
        with closing(raw):
            assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert raw.execute("PRAGMA synchronous").fetchone() == (2,)
