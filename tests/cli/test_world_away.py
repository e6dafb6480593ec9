"""A worker whose database is not there, or cannot be written: what it waits for, and what not."""

from __future__ import annotations

import importlib.util
import json
import shutil
import signal
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from wfx_world_sql import open_world
from wfx_world_sql.schema import HEAD

Wfx = Callable[..., Any]
Spawn = Callable[..., Any]
JSON = ("--log-format", "json", "--http", "127.0.0.1:0")


def _conftest() -> Any:
    path = Path(__file__).parents[1] / "conftest.py"
    spec = importlib.util.spec_from_file_location("away_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


conftest = _conftest()


@pytest.fixture
def server() -> Iterator[Any]:
    """A PostgreSQL server that has not been started."""
    directory = Path(tempfile.mkdtemp(prefix="wfx-pg-", dir="/tmp"))  # sockets want short paths
    server = conftest.PostgresServer(directory, wal_level="replica", max_wal_senders="2")
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


class Told:
    """What a worker tells programs, and what it said of each event so far."""

    def __init__(self, process: Any) -> None:
        self._lines = process.stderr
        self.events: list[str] = []

    def until(self, event: str, **fields: Any) -> dict[str, Any]:
        """The next line of this event with these fields."""
        for line in self._lines:
            told: dict[str, Any] = json.loads(line)
            self.events.append(told["event"])
            if told["event"] == event and all(told.get(k) == v for k, v in fields.items()):
                return told
        raise AssertionError(f"{event} {fields} never came, only {self.events}")


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def away(url: str) -> tuple[int, str]:
    """/ready, when it no longer says that all is well."""
    while (said := get(f"{url}/ready"))[0] == 200:
        pass
    return said


def ready(url: str) -> None:
    """Wait until /ready says so."""
    while get(f"{url}/ready")[0] != 200:
        pass


@contextmanager
def read_only(url: str) -> Iterator[None]:
    """While the block is entered, the database of this URL is."""
    with closing(psycopg.connect(url, autocommit=True)) as admin:
        (name,) = admin.execute("SELECT current_database()").fetchone() or ("",)
        admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        try:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            yield
        finally:
            admin.execute("SET default_transaction_read_only = off")
            admin.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')


def test_a_worker_that_starts_before_its_database_waits_for_it(
    wfx: Wfx, spawn: Spawn, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so once, is not ready meanwhile, and then works as ever."""
    monkeypatch.setenv("WFX_WORLD", server.url.format(database="postgres"))
    worker = spawn("worker", "shop", *JSON)
    told = Told(worker)
    url = told.until("http")["url"]
    said = told.until("world_out_of_reach")
    assert said["level"] == "warning"
    assert "the server cannot be reached: " in said["message"]
    assert said["message"].endswith("Trying again until it can be used.")
    status, why = get(f"{url}/ready")
    assert (status, "the server cannot be reached" in why) == (503, True)
    assert get(f"{url}/live") == (200, "alive\n")
    assert "\nwfx_world_up 0\n" in get(f"{url}/metrics")[1]

    server.start()
    told.until("worker_started")
    run_id = wfx("start", "shop:add", "1").out.strip()
    told.until("run_completed", runId=run_id)
    ready(url)
    assert "\nwfx_world_up 1\n" in get(f"{url}/metrics")[1]
    assert told.events.count("world_out_of_reach") == told.events.count("world_in_reach") == 1
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_worker_that_waits_for_its_database_can_be_stopped(
    spawn: Spawn, tmp_path: Path, number: signal.Signals
) -> None:
    """In good order: there is nothing to lose."""
    worker = spawn("worker", "shop", *JSON, "--world", f"postgresql://me@/db?host={tmp_path}")
    told = Told(worker)
    told.until("world_out_of_reach")
    worker.send_signal(number)
    told.until("worker_stopped")
    assert worker.wait(60) == 0


def test_people_are_told_in_a_sentence(spawn: Spawn, tmp_path: Path) -> None:
    """And the password is not shown."""
    worker = spawn("worker", "shop", "--world", f"postgresql://me:secret@/db?host={tmp_path}")
    said = worker.read_until("Trying again")
    assert f"the world postgresql://me:***@/db?host={tmp_path} cannot be used: " in said
    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert "cannot be used" not in err


@pytest.mark.parametrize(
    ("change", "reason", "code"),
    [
        (lambda url: url.replace("/postgres?", "/nowhere?"), "there is no such database", 1),
        (lambda url: url.replace("postgres@", "nobody:wrong@"), "refuses this user or password", 1),
        (lambda url: url + "&port=99999", "is no port", 2),
    ],
    ids=["database", "user", "port"],
)
def test_a_mistake_in_the_url_is_not_waited_for(
    spawn: Spawn, postgres_server: str, change: Callable[[str], str], reason: str, code: int
) -> None:
    """The same URL would get the same answer again."""
    url = change(postgres_server.format(database="postgres"))
    worker = spawn("worker", "shop", "--world", url)
    _, err = worker.communicate(timeout=60)
    assert worker.returncode == code
    assert reason in err
    assert "Trying again" not in err


def test_a_world_of_a_newer_wfx_is_not_waited_for(spawn: Spawn, sql_url: str) -> None:
    """Nor is anything else of it touched."""
    with open_world(sql_url) as world:
        world._database.write(
            lambda connection: connection.one(
                "UPDATE wfx_revision SET version_num = '9999' RETURNING version_num"
            )
        )
    try:
        worker = spawn("worker", "shop", "--world", sql_url)
        _, err = worker.communicate(timeout=60)
    finally:
        if sql_url.startswith("postgresql"):
            with psycopg.connect(sql_url) as admin:
                admin.execute("UPDATE wfx_revision SET version_num = %s", [HEAD])
    assert worker.returncode == 1
    assert "its tables have revision 9999" in err
    assert "Upgrade wfx to the version that wrote it." in err


def test_a_database_that_becomes_read_only_is_waited_for(
    wfx: Wfx, spawn: Spawn, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a failover: said once, seen from outside, and then the worker goes on."""
    monkeypatch.setenv("WFX_WORLD", postgres_url)
    worker = spawn("worker", "shop", *JSON)
    told = Told(worker)
    url = told.until("http")["url"]
    told.until("worker_started")
    run_id = wfx("run", "shop:approve", "3", "--no-wait", "--json").json["runId"]
    with read_only(postgres_url):
        said = told.until("world_out_of_reach")
        assert "the database is read-only" in said["message"]
        status, why = away(url)
        assert (status, "the database is read-only" in why) == (503, True)
        assert "\nwfx_world_up 0\n" in get(f"{url}/metrics")[1]
        seen = wfx("queue")
        assert "the database is read-only" in seen.err
        assert "the database is read-only" in wfx("queue", "--json").json["unwritable"]
    told.until("world_in_reach")
    assert wfx("hook", "send", "approve-3", '{"ok": true}').code == 0
    told.until("run_completed", runId=run_id)
    assert told.events.count("world_out_of_reach") == 1
    assert wfx("queue").err == ""
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0


def test_a_step_that_ends_while_nothing_can_be_written_is_not_lost(
    wfx: Wfx, spawn: Spawn, app: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its outcome is appended when that can be done again; the body runs once."""
    (app / "gates.py").write_text(GATES)
    monkeypatch.setenv("WFX_WORLD", postgres_url)
    run_id = wfx("start", "gates:waits").out.strip()
    worker = spawn("worker", "gates", "--log-format", "json")
    told = Told(worker)
    told.until("step_started", runId=run_id)
    while not (app / "begun").exists():
        time.sleep(0.01)
    with read_only(postgres_url):
        told.until("world_out_of_reach")
        (app / "open").touch()
        while not (app / "through").exists():
            time.sleep(0.01)
    told.until("run_completed", runId=run_id)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    assert (app / "begun").read_text() == "1"
    events = wfx("runs", "events", run_id, "--json").json["events"]
    types = [event["eventType"] for event in events]
    assert types.count("step_started") == types.count("step_completed") == 1


def test_a_run_at_a_terminal_says_what_it_waits_for(
    spawn: Spawn, app: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a minute; here it is shorter."""
    (app / "gates.py").write_text(GATES)
    monkeypatch.setenv("WFX_WORLD", postgres_url)
    run = spawn("run", "gates:waits")
    while not (app / "begun").exists():
        time.sleep(0.01)
    with read_only(postgres_url):
        assert "the database is read-only" in run.read_until("Trying again for 60 s.")
    run.read_until("the world can be used again")
    (app / "open").touch()
    out, _ = run.communicate(timeout=60)
    assert (run.returncode, out) == (0, '"through"\n')


def test_a_worker_can_be_stopped_while_nothing_can_be_written(
    wfx: Wfx, spawn: Spawn, app: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it cannot give back is given up by its death, as after a crash."""
    (app / "gates.py").write_text(GATES)
    monkeypatch.setenv("WFX_WORLD", postgres_url)
    run_id = wfx("start", "gates:waits").out.strip()
    worker = spawn("worker", "gates", "--log-format", "json", "--grace", "0")
    told = Told(worker)
    told.until("step_started", runId=run_id)
    with read_only(postgres_url):
        told.until("world_out_of_reach")
        worker.send_signal(signal.SIGTERM)
        told.until("worker_stopped")
        assert worker.wait(60) == 0
    (app / "open").touch()
    done = wfx("run", "--resume", run_id, "--json")
    assert (done.code, done.json["output"]) == (0, "through")


def test_a_standby_is_waited_for_until_it_is_the_primary(
    wfx: Wfx, spawn: Spawn, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The primary stopped for ever; the worker was started on the other one too early."""
    server.start()
    primary = server.url.format(database="postgres")
    monkeypatch.setenv("WFX_WORLD", primary)
    run_id = wfx("start", "shop:add", "1").out.strip()
    standby = server.standby()
    try:
        server.stop()
        url = standby.url.format(database="postgres")
        worker = spawn("worker", "shop", "--log-format", "json", "--world", url)
        told = Told(worker)
        assert "the database is read-only" in told.until("world_out_of_reach")["message"]
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("SELECT pg_promote(true)")
        told.until("run_completed", runId=run_id)
        assert told.events.count("world_out_of_reach") == 1
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    finally:
        standby.stop()


GATES = """
import asyncio
from pathlib import Path
from wfx import step, workflow

@step(max_retries=0)
async def gate() -> str:
    begun = Path("begun")
    begun.write_text(str(int(begun.read_text() or 0) + 1 if begun.exists() else 1))
    while not Path("open").exists():
        await asyncio.sleep(0.01)
    Path("through").touch()
    return "through"

@workflow
async def waits() -> str:
    return await gate()
"""
