"""
A line to PostgreSQL that breaks at any moment, or that swallows everything.

Between the world and the real server stands a relay that a test tells what to do.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext, suppress

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from wfx.clock import ManualClock
from wfx.errors import LeaseLost, WorldError, WorldUnavailable
from wfx.testing import scenes as s
from wfx.world import TaskKind
from wfx_world_sql import open_world
from wfx_world_sql.silence import WatchedConnection

SECONDS_MAX = 30


class Relay:
    """
    Passes on what clients and the server say to each other.

    Attributes:
        connected: How many clients there were.
        swallows: Nothing is passed on any more; nothing is closed either.
        messages: What clients sent, in pieces; None to count none.
        breaks: Is asked of each piece, and where it is on its way, whether the line breaks there.
    """

    def __init__(self, url: str) -> None:
        self._server = conninfo_to_dict(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        who = str(self._server.get("user", "postgres"))
        if "password" in self._server:
            who += f":{self._server['password']}"
        place = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"postgresql://{who}@{place}/{self._server['dbname']}"
        self.connected = 0
        self.swallows = False
        self.breaks: Callable[[str], bool] = lambda where: False
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connected += 1
                server = self._to_server()
                self._ends += [client, server]
                for ends in ((client, server, "to the server"), (server, client, "to the client")):
                    thread = threading.Thread(target=self._pass_on, args=ends, daemon=True)
                    self._threads.append(thread)
                    thread.start()

    def _to_server(self) -> socket.socket:
        host, port = str(self._server.get("host", "localhost")), self._server.get("port") or 5432
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _pass_on(self, source: socket.socket, target: socket.socket, where: str) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                if self.swallows:
                    continue
                if self.breaks(where):
                    break
                target.sendall(piece)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Break all lines."""
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        for thread in self._threads:
            thread.join(SECONDS_MAX)


@pytest.fixture
def relay(postgres_url: str) -> Iterator[Relay]:
    """A relay to a fresh world."""
    with closing(Relay(postgres_url)) as relay:
        yield relay


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers are asked sooner whether they are there."""
    monkeypatch.setattr(WatchedConnection, "patience", 0.2)


# -- lines that break ---------------------------------------------------------------------


CALLS: dict[str, Callable[[s.Scene], object]] = {
    "append": lambda scene: s.types_of(
        scene.append(s.effect_recorded(), s.step_created(scene.id("step"))),
    ),
    "end": lambda scene: s.types_of(scene.append(s.run_completed())),
    "read": lambda scene: scene.types(),
    "claim": lambda scene: len(scene.world.queue.claim("bob", kinds=[TaskKind.RUN])),
    "extend": lambda scene: len(scene.world.queue.extend("ann", [scene.hold])),
    "due": lambda scene: scene.world.queue.due() * 0,  # what was done is not told again
    "release of many": lambda scene: scene.world.queue.release_many({scene.hold: scene.end}),
    "revoke": lambda scene: scene.world.queue.revoke("ann") * 0,
}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_line_that_breaks_once_anywhere_changes_nothing(name: str, relay: Relay) -> None:
    """Before any piece arrives, on its way there or back: also between a commit and its answer."""

    def tried(where: str = "", number: int = 0) -> tuple[object, list[str], bool]:
        """The answer, the log, and whether the line broke."""
        clock = ManualClock()
        left = [number]

        def breaks(here: str) -> bool:
            left[0] -= here == where
            return left[0] == 0 and here == where

        with open_world(relay.url, clock=clock) as world:
            if name == "claim":
                s.new_run(world, clock)
            scene = s.started_run(world, clock)
            scene.append(s.wait_created(scene.id("wait"), s.START))
            relay.breaks = breaks
            answer = CALLS[name](scene)
            relay.breaks = lambda where: False
            return answer, scene.types(), number > 0 and left[0] <= 0

    fair = tried()[:2]
    for where in ("to the server", "to the client"):
        for number in range(1, 20):
            answer, log, broke = tried(where, number)
            if not broke:
                break
            if name == "claim":
                # What was claimed without an answer is nobody's until its lease ends.
                assert answer in (0, 1)
            else:
                assert (answer, log) == fair, f"{where}, piece {number}"
        assert number > 1


def test_a_release_whose_answer_was_lost_is_lost_the_second_time(relay: Relay) -> None:
    """It is not repeated by itself; whoever does hears that the claim is gone."""
    left = [0]

    def breaks(where: str) -> bool:
        left[0] -= where == "to the client"
        return left[0] == 0 and where == "to the client"

    lost = 0
    with open_world(relay.url, clock=ManualClock()) as world:
        relay.breaks = breaks
        for number in range(1, 9):
            left[0] = 0
            scene = s.started_run(world, ManualClock())
            left[0] = number
            with suppress(WorldUnavailable):
                world.queue.release(scene.hold, read_through=1)
                continue
            left[0] = 0
            lost += scene.task().owner is None
            with pytest.raises(LeaseLost) if scene.task().owner is None else nullcontext():
                world.queue.release(scene.hold, read_through=1)
    assert lost


# -- lines that swallow everything --------------------------------------------------------


@pytest.mark.timeout(SECONDS_MAX * 2)
@pytest.mark.usefixtures("hasty")
def test_a_line_that_swallows_everything_is_given_up_and_not_tried_by_everybody(
    relay: Relay,
) -> None:
    """Whoever waits hears of it; others are told so at once; a watch tries again."""
    with open_world(relay.url) as world, closing(world.watch()) as watch:
        run_id = world.events.create(None, s.run_created()).event.run_id
        assert watch.wait(10)
        cancelled = s.run_cancelled()
        relay.swallows = True
        with pytest.raises(WorldUnavailable, match="cannot be reached") as caught:
            world.events.create(run_id, cancelled)
        assert caught.value.transient

        tried = relay.connected
        for _ in range(10):
            with pytest.raises(WorldUnavailable):
                world.runs.get(run_id)
        assert relay.connected == tried

        relay.swallows = False
        while True:
            with suppress(WorldError):
                watch.wait(1)
                world.events.create(run_id, cancelled)
                break
        assert world.runs.get(run_id).status == "cancelled"


@pytest.mark.timeout(SECONDS_MAX)
@pytest.mark.usefixtures("hasty")
def test_a_server_that_is_slow_is_not_given_up(relay: Relay, postgres_url: str) -> None:
    """It is asked whether it is there, and the statement goes on."""
    with open_world(relay.url) as world, psycopg.connect(postgres_url) as other:
        run_id = world.events.create(None, s.run_created()).event.run_id
        other.execute("SELECT 1 FROM run FOR UPDATE")
        asked = relay.connected
        waits = threading.Thread(
            target=world.events.create, args=(run_id, s.run_cancelled()), daemon=True
        )
        waits.start()
        while relay.connected < asked + 2:
            waits.join(0.01)
            assert waits.is_alive()
        other.rollback()
        waits.join(SECONDS_MAX)

        assert world.runs.get(run_id).status == "cancelled"
        assert [event.type for event in world.events.list(run_id)] == [
            "run_created",
            "run_cancelled",
        ]


def test_a_host_that_is_gone_is_noticed_by_connections_that_only_listen(relay: Relay) -> None:
    """The system asks the other end now and then, unless the URL says otherwise."""
    for url, seconds in ((relay.url, 10), (f"{relay.url}?keepalives_idle=77", 77)):
        with open_world(url) as world:
            raw = world._database.connect().raw  # type: ignore[union-attr]  # it is PostgreSQL
            with closing(raw), socket.socket(fileno=raw.pgconn.socket) as its:
                assert its.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == seconds
                its.detach()
