"""Reading the tables of the old PostgreSQL world, of both eras."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from wfx.memory import MemoryWorld
from wfx_migrate import NotAStore, NotV1, SourceError, migrate, open_source, restore
from wfx_migrate.v1.model import Size

TYPES = {
    **dict.fromkeys(("attempt",), "integer"),
    **dict.fromkeys(("eof",), "boolean"),
    **dict.fromkeys(("input", "output", "payload", "metadata", "execution_context"), "jsonb"),
}
DATABASES = {
    "v1-jsonb-era": ("jsonb", Size(20, 187), 1),
    "v1-world-postgres-4.1.0-beta.15": ("CBOR", Size(10, 70), 0),
    "v1-world-postgres-4.1.0-beta.27": ("CBOR", Size(24, 476), 0),
}
"""Recording: the era of its columns, what is in it, how many of its runs are damaged."""


def load(url: str, directory: Path) -> None:
    """Make the tables of a recording, and fill them."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA workflow")
        for path in sorted(directory.glob("*.csv")):
            with path.open() as file:
                columns = file.readline().strip().split(",")
            table = f"workflow.{path.stem}"
            shaped = ", ".join(f"{name} {column_type(name)}" for name in columns)
            connection.execute(f"CREATE TABLE {table} ({shaped})")
            with (
                path.open("rb") as data,
                connection.cursor() as cursor,
                cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv, HEADER)") as copy,
            ):
                copy.write(data.read())


def column_type(name: str) -> str:
    if name.endswith("_cbor") or name == "data":
        return "bytea"
    return TYPES.get(name) or ("timestamp" if name.endswith(("_at", "_after")) else "varchar")


@pytest.mark.parametrize("name", DATABASES)
def test_a_database_migrates_like_a_directory(
    recorded: Callable[[str], Path], empty_postgres_url: str, tmp_path: Path, name: str
) -> None:
    """Every row is accounted for; canonical rows come back; reading changed nothing."""
    load(empty_postgres_url, recorded("postgres") / name / "csv")
    era, size, damaged = DATABASES[name]
    world = MemoryWorld()

    with open_source(empty_postgres_url) as source:
        assert source.size() == size
        assert f"{era} columns" in source.description
        with migrate(source, world) as report:
            assert report.totals.runs["quarantined"] == damaged
            assert report.accounted == size.records

    restored = restore(world, tmp_path / "back")
    assert restored.records == size.records
    for path in (tmp_path / "back").iterdir():
        rows = path.read_bytes().splitlines()
        assert rows == sorted(set(rows), key=rows.index)


def test_only_some_runs_can_be_read(
    recorded: Callable[[str], Path], empty_postgres_url: str
) -> None:
    """The others are not fetched."""
    load(empty_postgres_url, recorded("postgres") / "v1-jsonb-era" / "csv")
    wanted = "wrun_01M8180Z5X7KPGR5R8FWC6WVPH"

    with open_source(empty_postgres_url) as source:
        (run,) = source.runs(frozenset({wanted}))

    assert run.run_id == wanted
    assert len(run.steps) == 4


def test_rows_of_a_run_that_has_no_row_are_quarantined(
    recorded: Callable[[str], Path], empty_postgres_url: str
) -> None:
    """They are not passed over."""
    load(empty_postgres_url, recorded("postgres") / "v1-jsonb-era" / "csv")
    gone = "wrun_01M8180Z5X7KPGR5R8FWC6WVPH"
    with psycopg.connect(empty_postgres_url) as connection:
        connection.execute("DELETE FROM workflow.workflow_runs WHERE id = %s", (gone,))

    with migrate(empty_postgres_url, MemoryWorld()) as report:
        found = {run["runId"]: run for run in report.runs()}[gone]

    assert found["verdict"] == "quarantined"
    assert found["reasons"] == [f"{gone}: there is no row of this run, only parts of it"]


def test_chunks_of_no_run_are_kept_beside(
    recorded: Callable[[str], Path], empty_postgres_url: str
) -> None:
    """A stream that names no run, and one whose run is gone; each is counted once."""
    load(empty_postgres_url, recorded("postgres") / "v1-world-postgres-4.1.0-beta.27" / "csv")
    with psycopg.connect(empty_postgres_url) as connection:
        for chunk, stream in (("c1", "strm_x"), ("c2", "strm_01KBMRAWB0TBMCZ2RBY6BBXDAX_user")):
            connection.execute(
                "INSERT INTO workflow.workflow_stream_chunks (id, stream_id, data, created_at, eof)"
                " VALUES (%s, %s, 'x', now(), false)",
                (chunk, stream),
            )
    world = MemoryWorld()

    with open_source(empty_postgres_url) as source:
        found = [one.record.source for one in source.loose() if one.record]
        with migrate(source, world) as report:
            assert report.ok
            assert report.accounted == report.records_in_source == 478
            assert report.totals.records["beside runs"] == 2

    assert found == [
        "workflow_stream_chunks/strm_01KBMRAWB0TBMCZ2RBY6BBXDAX_user/c2",
        "workflow_stream_chunks/strm_x/c1",
    ]


def test_other_databases_are_named(empty_postgres_url: str) -> None:
    """One without the tables, and one of a later release."""
    with pytest.raises(NotAStore, match="has no table workflow_runs"):
        open_source(empty_postgres_url)
    with psycopg.connect(empty_postgres_url) as connection:
        connection.execute("CREATE SCHEMA workflow")
        for table in ("runs", "steps", "events", "hooks"):
            connection.execute(
                f"CREATE TABLE workflow.workflow_{table} (id varchar, spec_version varchar)"
            )
    with pytest.raises(NotV1, match="workflow_runs has a spec_version"):
        open_source(empty_postgres_url)


@pytest.mark.parametrize("lost", ["workflow_runs", "workflow_events", "workflow_stream_chunks"])
def test_a_table_that_goes_away_while_it_is_read_is_named(
    recorded: Callable[[str], Path], empty_postgres_url: str, lost: str
) -> None:
    """In a sentence, and nothing is left open."""
    load(empty_postgres_url, recorded("postgres") / "v1-world-postgres-4.1.0-beta.27" / "csv")
    with open_source(empty_postgres_url) as source:
        with psycopg.connect(empty_postgres_url) as connection:
            connection.execute(f"DROP TABLE workflow.{lost}")
        said = f'cannot be read on: relation "workflow.{lost}" does not exist'
        with pytest.raises(SourceError, match=said):
            migrate(source, MemoryWorld())
        with pytest.raises(SourceError, match="cannot be read on: "):
            source.run_ids()
        with pytest.raises(SourceError, match="cannot be read on: "):
            list(source.loose())
    gc.collect()  # what was left open would say so now
