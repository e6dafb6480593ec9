"""
A server that answers nobody, told apart from one that is slow.

A host that is gone, or a line that swallows everything, refuses nothing: whoever waits for
it waits for ever. But a statement may take long, too, or wait for a lock. So when an answer
takes long, a second connection is tried: if nobody answers that one either, the first is
given up, as if it had broken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, Final, TypeVar

import psycopg

from wfx_world_sql.database import Row

T = TypeVar("T")

PATIENCE_SECONDS: Final = 2.0
"""How long an answer may take before the server is asked whether it is there; then twice that."""
_PATIENCE_SECONDS_MAX: Final = 60.0


class WatchedConnection(psycopg.Connection[Row]):
    """A connection that gives itself up when its server is silent."""

    is_there: Callable[[], bool] = staticmethod(lambda: True)
    """Whether the server answers anybody."""
    patience = PATIENCE_SECONDS

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **options: Any) -> T:
        """Wait for an answer; the driver waits for all of them here."""
        return super().wait(self._watched(gen), *args, **options)

    def _watched(self, waits: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """What the driver wants to wait for; it is told each moment in which nothing comes."""
        patience, silent_since = self.patience, None
        try:
            wanted = next(waits)
            while True:
                ready = yield wanted
                if ready:
                    silent_since = None
                elif silent_since is None:
                    silent_since = time.monotonic()
                elif time.monotonic() - silent_since > patience:
                    if not self.is_there():
                        self.pgconn.finish()
                        raise psycopg.OperationalError("the server does not answer any more")
                    silent_since = None
                    patience = min(2 * patience, _PATIENCE_SECONDS_MAX)
                wanted = waits.send(ready)
        except StopIteration as end:
            answer: T = end.value
            return answer


class Silence:
    """
    What is known of a server that did not answer: nobody else waits for it in vain.

    Somebody has to try again, though. Whoever has time for that does it all the time (a watch,
    in a thread of its own); others only when nobody has tried for a while.
    """

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def lasts(self) -> bool:
        """Whether the last who tried it had no answer, a moment ago."""
        return time.monotonic() < self._until

    def note(self, *, seconds: float) -> None:
        """It did not answer; who does not want to wait need not try for so long."""
        self._until = time.monotonic() + seconds

    def end(self) -> None:
        """It answered."""
        self._until = 0.0
