"""A world that cannot be used says why and what to do, and nothing is half-written."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from wfx.errors import ForeignWorld, WorldError, WorldUnavailable
from wfx.events import NewEvent, RunCreated
from wfx_world_sql import open_world, sqlite
from wfx_world_sql.database import Connection
from wfx_world_sql.postgres import PostgresConnection, PostgresDatabase
from wfx_world_sql.schema import upgrade
from wfx_world_sql.world import SqlWorld


def created(size: int = 1) -> NewEvent:
    """A run with an input of about this size."""
    return NewEvent(RunCreated(deployment_id="d", workflow_name="w", input=["x" * size]))


def refused(url: str) -> WorldUnavailable:
    """How opening a world is refused."""
    with pytest.raises(WorldUnavailable) as caught:
        open_world(url)
    return caught.value


# -- SQLite -------------------------------------------------------------------------------


def leave_two_pages(connection: Connection) -> None:
    """What a full disk does to the connection that writes."""
    (pages,) = connection.one("PRAGMA page_count") or (0,)
    connection.one(f"PRAGMA max_page_count = {pages + 2}")


def test_a_damaged_file_is_said_to_be(tmp_path: Path) -> None:
    """Also where SQLite's own message quotes damaged text, which the driver cannot decode."""
    path = tmp_path / "world.db"
    open_world(f"sqlite:///{path}").close()
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE step ", b"CREATE TABL\xb7 step "))
    for call in (open_world, upgrade):
        with pytest.raises(ForeignWorld, match=r"the database is damaged\. Restore it from a"):
            call(f"sqlite:///{path}")


def test_a_damaged_text_is_a_damaged_file(tmp_path: Path) -> None:
    """The driver's message would have all of it."""
    path = tmp_path / "world.db"
    with open_world(f"sqlite:///{path}") as world:
        run_id = world.events.create(None, created()).event.run_id
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE event SET data = CAST(x'7b22b7' AS TEXT)")
    with (
        open_world(f"sqlite:///{path}") as world,
        pytest.raises(ForeignWorld, match=r"the database is damaged"),
    ):
        world.events.list(run_id)


def test_a_full_disk_writes_nothing(tmp_path: Path) -> None:
    """The append is refused whole, and the world goes on when there is room."""
    path = tmp_path / "world.db"
    with open_world(f"sqlite:///{path}") as world:
        kept = world.events.create(None, created()).event
        world._database.write(leave_two_pages)

        with pytest.raises(WorldUnavailable) as full:
            world.events.create(None, created(1_000_000))
        assert full.value.reason == f"there is no room left to write to {path}"
        assert full.value.remedy.startswith("Nothing of this write was kept. Free space")

        assert kept is not None
        assert [run.run_id for run in world.runs.list().items] == [kept.run_id]
        world.events.create(None, created(1_000_000))  # the connection without room is gone


def test_a_disk_that_is_full_from_the_start_is_said_to_be(tmp_path: Path) -> None:
    """There is no room for the memory that processes share; with room the same file is a world."""
    path = tmp_path / "world.db"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_000, before[1]))
    try:
        full = refused(f"sqlite:///{path}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert full.reason == f"there is no room left to write to {path}"
    with open_world(f"sqlite:///{path}") as world:
        assert world.runs.list().items == []


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_a_file_that_is_taken_away_from_under_a_process_is_noticed(
    tmp_path: Path, replaced: bool
) -> None:
    """Reading, writing and watching are refused; the file in its place is left as it is."""
    path = tmp_path / "world.db"
    url = f"sqlite:///{path}"
    with open_world(url) as world, closing(world.watch()) as watch:
        kept = world.events.create(None, created()).event
        assert kept is not None
        path.rename(tmp_path / "old.db")
        if replaced:
            open_world(url).close()

        for use in (
            lambda: world.events.create(None, created()),
            lambda: world.runs.list(),
            lambda: watch.wait(0),
        ):
            with pytest.raises(WorldUnavailable) as gone:
                use()
            what = "replaced by another one" if replaced else "deleted"
            assert gone.value.reason == f"the file {path} was {what} while this process had it open"
            assert not gone.value.transient
    if replaced:
        with open_world(url) as other:
            assert other.runs.list().items == []
    else:
        assert not path.exists()


def test_a_working_directory_that_changes_changes_no_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps may do that, and the world may have been named by a relative path."""
    monkeypatch.chdir(tmp_path)
    with open_world("sqlite:///world.db") as world:
        world.events.create(None, created())
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        world._database.drop_idle()
        assert len(world.runs.list().items) == 1
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    """A path that is wrong in the middle is not made."""
    error = refused(f"sqlite:///{tmp_path}/a/b/world.db")
    assert error.reason == f"there is no directory {tmp_path}/a/b"
    assert not (tmp_path / "a").exists()


def test_one_missing_directory_is_made(tmp_path: Path) -> None:
    """The default world lives in a directory of its own."""
    open_world(f"sqlite:///{tmp_path}/.wfx/world.db").close()
    assert (tmp_path / ".wfx" / "world.db").exists()


def test_a_directory_is_no_world(tmp_path: Path) -> None:
    """It is told apart from a file that may not be opened."""
    assert refused(f"sqlite:///{tmp_path}").reason == f"{tmp_path} is a directory"


def test_a_locked_file_is_waited_for_and_then_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another writer that does not end."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    path = tmp_path / "world.db"
    with open_world(f"sqlite:///{path}") as world, closing(sqlite3.connect(path)) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(WorldUnavailable) as busy:
            world.events.create(None, created())
        assert busy.value.reason == f"another process has kept {path} locked for 0.05 s"
        other.execute("ROLLBACK")
        world.events.create(None, created())


@pytest.mark.parametrize(
    ("file_mode", "directory_mode", "reason"),
    [
        (0o000, 0o755, "{path} cannot be opened"),
        (0o444, 0o555, "{path} cannot be "),
    ],
    ids=["no right to read", "no right to write"],
)
def test_missing_rights_are_named(
    tmp_path: Path, file_mode: int, directory_mode: int, reason: str
) -> None:
    """Tried by a user who is not the owner, because root may do anything."""
    directory = tmp_path / "d"
    directory.mkdir()
    path = directory / "world.db"
    open_world(f"sqlite:///{path}").close()
    path.chmod(file_mode)
    directory.chmod(directory_mode)
    tmp_path.chmod(0o755)
    code = (
        "import sys, json, os; url = sys.argv[1]\n"
        "from wfx_world_sql import open_world\n"
        "from wfx.errors import WorldUnavailable\n"
        "from wfx.events import NewEvent, RunCreated\n"
        "import wfx.codec, wfx_world_sql.sqlite, wfx_world_sql.world\n"
        "if os.geteuid() == 0: os.chroot(sys.argv[2]); os.setgid(65534); os.setuid(65534)\n"
        "try:\n"
        "    open_world(url).events.create(None, NewEvent(RunCreated("
        "deployment_id='d', workflow_name='w', input=[])))\n"
        "except WorldUnavailable as error:\n"
        "    print(json.dumps([error.reason, error.remedy]))\n"
    )
    # A root directory of its own, because the way to the test's files is closed to others.
    inside = Path("/d/world.db") if os.geteuid() == 0 else path
    done = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{inside}", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    directory.chmod(0o755)
    assert done.stderr == ""
    told, remedy = json.loads(done.stdout)
    assert told.startswith(reason.format(path=inside))
    assert remedy.startswith("Give this user the right to ")


# -- PostgreSQL ---------------------------------------------------------------------------


def test_an_unreachable_server_is_named(tmp_path: Path) -> None:
    """Nobody listens there; the password is not shown."""
    error = refused(f"postgresql://me:secret@/db?host={tmp_path}")
    assert error.reason.startswith("the server cannot be reached: ")
    assert error.reason.endswith(" failed: No such file or directory")
    assert error.url == f"postgresql://me:***@/db?host={tmp_path}"
    assert "secret" not in str(error)


def test_a_missing_database_is_named(postgres_server: str) -> None:
    """And what to do about it."""
    error = refused(postgres_server.format(database="nowhere"))
    assert error.reason.startswith("there is no such database: ")
    assert 'database "nowhere" does not exist' in error.reason


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (psycopg.errors.DiskFull("no"), "the server's disk is full"),
        (psycopg.errors.ReadOnlySqlTransaction("no"), "the database is read-only"),
        (psycopg.errors.TooManyConnections("no"), "the server takes no more connections"),
        (
            psycopg.OperationalError('password authentication failed for user "me"'),
            (
                "the server refuses this user or password: "
                'password authentication failed for user "me"'
            ),
        ),
        (psycopg.errors.InsufficientPrivilege("no"), "this user may not do that: no"),
        (psycopg.errors.UndefinedTable("gone"), "PostgreSQL says: gone"),
    ],
)
def test_errors_of_the_server_have_words(error: psycopg.Error, reason: str) -> None:
    """One sentence for each that somebody can do something about."""
    database = PostgresDatabase("", "postgresql://host/db", None)
    failure = database.failure(error)
    assert isinstance(failure, WorldUnavailable)
    assert failure.reason == reason
    assert failure.remedy


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (psycopg.OperationalError("server closed the connection unexpectedly"), True),
        (psycopg.OperationalError("connection refused: Connection refused"), True),
        (psycopg.OperationalError("the database system is starting up"), True),
        (psycopg.errors.AdminShutdown("no"), True),
        (psycopg.errors.CrashShutdown("no"), True),
        (psycopg.errors.CannotConnectNow("no"), True),
        (psycopg.errors.ConnectionFailure("no"), True),
        (psycopg.errors.TooManyConnections("no"), True),
        (psycopg.errors.LockNotAvailable("no"), True),
        (psycopg.errors.DiskFull("no"), False),
        (psycopg.errors.ReadOnlySqlTransaction("no"), True),
        (psycopg.OperationalError('password authentication failed for user "me"'), False),
        (psycopg.errors.UndefinedTable("gone"), False),
        (psycopg.ProgrammingError("the query has 1 placeholder"), False),
    ],
)
def test_a_server_that_restarts_is_worth_another_try(error: psycopg.Error, transient: bool) -> None:
    """A worker waits for it; what a person must put right ends the worker at once."""
    failure = PostgresDatabase("", "postgresql://host/db", None).failure(error)
    assert isinstance(failure, WorldUnavailable)
    assert failure.transient is transient


@pytest.mark.parametrize(
    ("said", "transient"),
    [
        ('connection to server at "h" failed: No route to host', True),
        ("failed to resolve host 'h': [Errno -3] Temporary failure in name resolution", True),
        ("FATAL:  sorry, too many clients already", True),
        ("FATAL:  the database system is not yet accepting connections", True),
        ("FATAL:  server login has been failing, try again later (server_login_retry)", True),
        ('FATAL:  role "nobody" does not exist', False),
        ('FATAL:  database "x" does not exist', False),
        ("FATAL:  unrecognized configuration parameter", False),
        ('connection is bad: invalid port number: "99999"', False),
        ("failed to resolve host 'h': [Errno -8] Servname not supported for ai_socktype", False),
        ("server does not support SSL, but SSL was required", False),
    ],
)
def test_a_refused_connection_says_whether_to_wait(said: str, transient: bool) -> None:
    """Nothing but its words tells: it has no SQLSTATE."""
    database = PostgresDatabase("", "postgresql://host/db", None)
    failure = database.failure(psycopg.OperationalError(said), connecting=True)
    assert isinstance(failure, WorldUnavailable)
    assert failure.transient is transient


def test_a_connection_that_became_read_only_is_not_used_again(postgres_url: str) -> None:
    """It keeps the setting that it began with, when others may write again."""
    with open_world(postgres_url) as world, closing(psycopg.connect(postgres_url)) as admin:
        admin.autocommit = True
        (name,) = admin.execute("SELECT current_database()").fetchone() or ("",)
        admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        try:
            _cut_but(admin)
            with pytest.raises(WorldUnavailable, match="the database is read-only"):
                world.events.create(None, created())
        finally:
            admin.execute("SET default_transaction_read_only = off")
            admin.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        world.events.create(None, created())


def _cut_but(mine: psycopg.Connection[Any]) -> None:
    mine.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_a_world_that_takes_no_writes_says_so_without_being_written(sql_url: str) -> None:
    """For people who wonder why nothing goes on."""
    open_world(sql_url).close()
    with (
        open_world(sql_url, read_only=True) as world,
        pytest.raises(WorldUnavailable, match=r"the database is read-only|cannot be written"),
    ):
        world.check_writable()


def test_a_locked_file_is_worth_another_try(tmp_path: Path) -> None:
    """Another process has it for longer than a writer waits; it will be done some time."""
    path = tmp_path / "world.db"
    with open_world(f"sqlite:///{path}") as world, closing(sqlite3.connect(path)) as other:
        world._database._busy_seconds = 0.0  # type: ignore[union-attr]  # it is SQLite's
        world._database.close()  # what is opened from now on does not wait
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(WorldUnavailable) as caught:
            world.events.create(None, created())
        assert caught.value.transient


def test_a_read_only_transaction_writes_nothing(postgres_url: str) -> None:
    """A standby, for example."""
    joint = "&" if "?" in postgres_url else "?"
    url = f"{postgres_url}{joint}options=-cdefault_transaction_read_only%3Don"
    with open_world(url) as world:
        with pytest.raises(WorldUnavailable, match="the database is read-only"):
            world.events.create(None, created())
        assert world.runs.list().items == []


def _cut(world: SqlWorld) -> None:
    """Cut all connections to the world's database but the one that does it."""
    database = world._database
    assert isinstance(database, PostgresDatabase)
    with closing(database.open_raw()) as raw:
        raw.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_lost_connection_is_opened_again(postgres_url: str) -> None:
    """For reading, for appending, and for what must not be done twice."""
    with open_world(postgres_url) as world:
        world.events.create(None, created())
        _cut(world)
        assert len(world.runs.list().items) == 1
        _cut(world)
        world.events.create(None, created())
        _cut(world)
        (task,) = world.queue.claim("me")
        _cut(world)
        world.queue.release(task.hold)
        assert len(world.runs.list().items) == 2


def test_an_append_whose_answer_was_lost_is_repeated(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit landed, the connection broke: the same event is not written twice."""
    with open_world(postgres_url) as world:
        commit = PostgresConnection.commit
        cut: list[bool] = []

        def broken(self: PostgresConnection) -> None:
            commit(self)
            if not cut:
                cut.append(True)
                self.raw.close()
                raise psycopg.OperationalError("the connection is lost")

        monkeypatch.setattr(PostgresConnection, "commit", broken)
        result = world.events.create(None, created())
        run_id = result.event.run_id  # type: ignore[union-attr] # it is new
        assert cut
        assert result.stored
        assert [run.run_id for run in world.runs.list().items] == [run_id]
        assert len(world.events.list(run_id)) == 1


def test_a_deadlock_is_tried_again(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole transaction, from the beginning."""
    with open_world(postgres_url) as world:
        commit = PostgresConnection.commit
        failures = iter([psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure])

        def failing(self: PostgresConnection) -> None:
            error = next(failures, None)
            if error is not None:
                raise error("in the way")
            commit(self)

        monkeypatch.setattr(PostgresConnection, "commit", failing)
        world.events.create(None, created())
        assert len(world.runs.list().items) == 1


def test_an_error_leaves_connections_usable(sql_url: str) -> None:
    """A refused append of many threads breaks nothing."""
    with open_world(sql_url) as world:
        errors: list[Any] = []

        def attempt() -> None:
            try:
                world.events.create("wrun_unknown", NewEvent(_started()))
            except WorldError as error:
                errors.append(error.status)

        threads = [threading.Thread(target=attempt) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == [404] * 8
        world.events.create(None, created())


def _started() -> Any:
    from wfx.events import RunStarted

    return RunStarted()


def test_the_statement_that_failed_is_named_and_not_those_after_it(postgres_url: str) -> None:
    """All are sent together, and the server skips what follows an error."""

    def asking(connection: Connection) -> object:
        return connection.ask(("SELECT 1 / 0", ()), *[("SELECT 1", ())] * 50)

    def staging(connection: Connection) -> None:
        connection.stage("SELECT 1 / 0", [()])
        connection.stage("SELECT %s::bigint", [(number,) for number in range(50)])

    with open_world(postgres_url) as world:
        for work in (asking, staging):
            for _ in range(10):
                with pytest.raises(WorldUnavailable, match="division by zero"):
                    world._database.write(work)
