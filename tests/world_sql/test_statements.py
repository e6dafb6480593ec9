"""The texts that go to the drivers are those that the tables make."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from wfx_world_sql import compiled
from wfx_world_sql.compiled.postgresql import POSTGRESQL
from wfx_world_sql.compiled.shape import Sql
from wfx_world_sql.compiled.sqlite import SQLITE
from wfx_world_sql.listing import Listing
from wfx_world_sql.sqlite import SqliteDatabase
from wfx_world_sql.statements.source import sources
from wfx_world_sql.world import open_world


def test_the_compiled_statements_are_fresh() -> None:
    """`python -m wfx_world_sql.statements` would write what is there."""
    room = Path(compiled.__file__).parent
    there = {
        path.name: path.read_text(encoding="utf-8")
        for path in room.glob("*.py")
        if path.name != "__init__.py"
    }
    assert there == sources()


@pytest.mark.parametrize("sql", [SQLITE, POSTGRESQL], ids=["sqlite", "pg"])
def test_a_statement_has_a_place_for_each_parameter(sql: Sql) -> None:
    """Nothing of a listing is lost when it is cut to pieces."""
    for field in dataclasses.fields(sql):
        text = getattr(sql, field.name)
        if isinstance(text, Listing):
            assert text.head.startswith("SELECT ")
            assert text.tail.startswith("ORDER BY ")
            assert all(text.filters.values())


def test_rows_are_locked_in_one_order() -> None:
    """Those of a table by its key, whoever locks them: else two could wait for each other."""
    orders: dict[str, str] = {}
    for field in dataclasses.fields(POSTGRESQL):
        text = getattr(POSTGRESQL, field.name)
        if isinstance(text, str) and " FOR UPDATE" in text:
            before = text.partition(" FOR UPDATE")[0]
            orders[field.name] = before.rpartition(" ORDER BY ")[2]
    assert orders.pop("run_lock").endswith(" WHERE run.run_id = %s")  # one row
    assert len(orders) > 5
    assert set(orders.values()) == {"run.run_id", "task.task_id", "queue_limit.queue"}


def test_opening_a_world_imports_no_sqlalchemy(tmp_path: Path) -> None:
    """A short run must not pay for it, neither with a new world nor with an old one."""
    code = (
        "import sys; from wfx_world_sql import open_world\n"
        f"for _ in range(2): open_world('sqlite:///{tmp_path}/w.db').close()\n"
        "heavy = {'sqlalchemy', 'sqlmodel', 'alembic', 'psycopg'} & set(sys.modules)\n"
        "sys.exit(','.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("statement", "parameters", "index"),
    [
        ("events_known", ['["e"]'], "event_by_id"),
        ("tokens_load", ['["t"]'], "hook_of_token"),
        ("tasks_lock", ['["t"]'], "task_by_id"),
        ("tasks_held", ["t", "t"], "task_by_run"),
        ("claim_ready", [0, 1], "task_ready"),
        ("claim_urgent", [0, 1], "task_ranked"),
        ("claim_patient", [0, 1], "task_ranked"),
        ("next_ready", [1], "task_ready"),
        ("runs_plain_down", [1], "run_by_time"),
        ("holders", [], "task_by_owner"),
        ("close_hooks", [0, "r"], "hook_by_run"),
    ],
)
def test_an_index_answers(
    tmp_path: Path, statement: str, parameters: list[object], index: str
) -> None:
    """No statement that is run often looks at a whole table."""
    path = tmp_path / "world.db"
    open_world(f"sqlite:///{path}").close()
    text = getattr(SQLITE, statement)
    if isinstance(text, Listing):
        text = f"{text.head} {text.tail}"
    raw = SqliteDatabase(path, "", None).open_raw()
    try:
        plan = raw.execute(f"EXPLAIN QUERY PLAN {text}", parameters).fetchall()
    finally:
        raw.close()
    assert any(index in row[3] for row in plan), plan
