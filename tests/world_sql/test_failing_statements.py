"""
SQLite fails at any statement of a call, the commit too: all of the call is done, or nothing.

Before the failure everything is real, and after it as well: the same world goes on, with what
its connection remembers of the runs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wfx.clock import ManualClock
from wfx.errors import LeaseLost, WorldUnavailable
from wfx.testing import scenes as s
from wfx.world import Append, TaskKind
from wfx_world_sql import open_world, sqlite

STATEMENTS_MAX = 60


class Fault:
    """
    What goes wrong at one of the next statements.

    Attributes:
        happened: It has.
        committed: A transaction was committed, whatever was said then.
    """

    def __init__(self) -> None:
        self.happened = self.committed = False
        self._left = 0
        self._code = 0
        self._after = False

    def arm(self, number: int, code: int, *, after: bool) -> None:
        """Let the n-th statement from now on fail, before it is executed or after; none if 0."""
        self.happened = self.committed = False
        self._left, self._code, self._after = number, code, after

    def disarm(self) -> None:
        """Nothing goes wrong any more."""
        self._left = 0

    def execute(self, run: Callable[..., Any], statement: str, *parameters: Any) -> Any:
        """A statement."""
        self._left -= 1
        if self._left == 0 and not self._after:
            raise self._failure()
        answer = run(statement, *parameters)
        self.committed = self.committed or statement == "COMMIT"
        if self._left == 0:
            raise self._failure()
        return answer

    def _failure(self) -> sqlite3.Error:
        self.happened = True
        error = sqlite3.OperationalError("a fault")
        error.sqlite_errorcode = self._code
        return error


class FailingCursor:
    """A cursor whose statements may fail."""

    def __init__(self, cursor: sqlite3.Cursor, fault: Fault) -> None:
        self._cursor, self._fault = cursor, fault

    def execute(self, *statement: Any) -> Any:
        """See `sqlite3.Cursor`."""
        return self._fault.execute(self._cursor.execute, *statement)

    def executemany(self, *statement: Any) -> Any:
        """See `sqlite3.Cursor`."""
        return self._fault.execute(self._cursor.executemany, *statement)


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Fault:
    """What goes wrong on all connections."""
    fault = Fault()
    begun = sqlite.SqliteConnection.__init__

    def begin(self: Any, raw: sqlite3.Connection, busy_seconds: float) -> None:
        begun(self, raw, 0.0)
        self._cursor = FailingCursor(self._cursor, fault)

    monkeypatch.setattr(sqlite.SqliteConnection, "__init__", begin)
    return fault


def bet(scene: s.Scene) -> Append:
    """An outcome, and the next step with its start."""
    done, next_one = scene.ids("step", 2)
    events = [s.step_completed(done), s.step_created(next_one), s.step_started(next_one)]
    return Append(scene.run_id, events, scene.end, [scene.hold, (done, 1)])


def append(scene: s.Scene, batch: Append) -> object:
    """One batch."""
    return s.types_of(
        scene.world.events.create_batch(batch.run_id, batch.events, batch.after, batch.fence)
    )


def group(scene: s.Scene, batch: Append) -> object:
    """The same batch with another run's."""
    payload = Append(scene.run_id, [s.hook_received(scene.id("hook", 3))], None, ())
    answers = scene.world.events.create_group([batch, payload])
    return [s.types_of(answer) for answer in answers if isinstance(answer, list)]


CALLS: dict[str, Callable[[s.Scene, Append], object]] = {
    "append": append,
    "group": group,
    "claim": lambda scene, _: len(scene.world.queue.claim("bob", kinds=[TaskKind.STEP])),
    "extend": lambda scene, _: len(scene.world.queue.extend("ann", [scene.hold])),
    "due": lambda scene, _: scene.world.queue.due(),
    "release": lambda scene, _: scene.world.queue.release(scene.hold, read_through=scene.end),
    "revoke": lambda scene, _: scene.world.queue.revoke("ann"),
}
REPEATABLE = ("append", "extend")
"""Calls that may be made again after they were done, and are answered as before."""


@pytest.mark.parametrize("after", [False, True], ids=["at once", "after it was executed"])
@pytest.mark.parametrize("code", ["IOERR", "FULL", "BUSY", "LOCKED"])
@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_call_that_fails_at_any_statement_is_done_whole_or_not_at_all(
    name: str, code: str, after: bool, tmp_path: Path, fault: Fault
) -> None:
    """Then it is made again, unless it was done, and all ends as if nothing had failed."""
    clock = ManualClock()
    with open_world(f"sqlite:///{tmp_path / 'world.db'}", clock=clock) as world:

        def tried(number: int) -> object:
            """What is answered, and what is there then, if the n-th statement fails."""
            scene = s.started_run(world, clock)
            scene.append(s.hook_created(scene.id("hook", 3), f"token-{scene.run_id}"))
            scene.append(s.wait_created(scene.id("wait", 4), s.START))
            scene.append(s.step_created(scene.id("step", 5), "shop:other"))
            scene.running_step()
            batch, before = bet(scene), s.everything(world, scene.run_id)
            fault.arm(number, getattr(sqlite3, f"SQLITE_{code}"), after=after)
            try:
                answer = CALLS[name](scene, batch)
                fault.disarm()
            except WorldUnavailable:
                assert fault.happened
                if not fault.committed:
                    assert s.everything(world, scene.run_id) == before
                if not fault.committed or name in REPEATABLE:
                    answer = CALLS[name](scene, batch)
                else:
                    answer = fair[0]
            log, *rest = s.everything(world, scene.run_id)
            for owner in ("ann", "bob"):
                world.queue.revoke(owner)
            with pytest.raises(LeaseLost):
                scene.append(s.effect_recorded())
            return answer, [event.type for event in log], [len(part) for part in rest[1:4]]

        fair: Any = tried(0)
        for number in range(1, STATEMENTS_MAX):
            assert tried(number) == fair, f"statement {number}"
            if not fault.happened:
                break
        assert 2 < number < STATEMENTS_MAX - 1
