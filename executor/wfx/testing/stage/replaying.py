"""
Leading a fresh coroutine through a log after each commit.

A coroutine that is kept between activations could use what is not in the log: a replay
could not. So after each commit the whole log is replayed by a new one. It must make the same
decisions; and what it would do next must be what the kept one then does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wfx.events import Kind
from wfx.matching import describe
from wfx.replay import VerdictKind, replay

if TYPE_CHECKING:
    from wfx.events import Event
    from wfx.program import Program
    from wfx.world import World


class NotReplayed(AssertionError):
    """A replay of the log so far does not do what the run did."""


class Replaying:
    """Checks the logs of a world as they grow."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._next: dict[str, list[str]] = {}

    def check(self, program: Program, appended: Sequence[Event]) -> None:
        """
        Check one run after a commit.

        Raises:
            NotReplayed: It would not be replayed.
        """
        run_id = appended[0].run_id
        asked = [describe(e.data) for e in appended if e.data.kind is Kind.COMMAND]
        foretold = self._next.pop(run_id, [])
        if asked and foretold and asked[: len(foretold)] != foretold[: len(asked)]:
            raise NotReplayed(
                f"{run_id} asked for {', '.join(asked)}; a replay of its log before that asks for "
                f"{', '.join(foretold)}"
            )
        log = self._world.events.list(run_id)
        verdict = replay(program, log)
        if verdict.kind is not VerdictKind.MATCH:
            raise NotReplayed(
                f"the log of {run_id} does not replay after position {log[-1].position}: "
                f"{verdict.divergence or verdict.reason}"
            )
        self._next[run_id] = verdict.next
