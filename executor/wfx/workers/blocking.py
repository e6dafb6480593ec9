"""
Noticing a step body that blocks the worker's loop.

Async bodies share one loop. One that waits without `await` (`time.sleep`, a synchronous HTTP
client) keeps all others waiting, and no timeout can end it. Nobody on the loop can tell, so
it is asked from outside: a loop that does not answer between two looks is blocked, and the
task that it executes is the one that blocks it.
"""

from __future__ import annotations

import asyncio
from typing import Final

TASK_PREFIX: Final = "wfx "
"""What the names of tasks of step bodies begin with; the step's name follows."""


class LoopWatch:
    """Looks at a loop now and then, from any thread."""

    def __init__(self) -> None:
        self._asked = False
        self._answered = False
        self._told: asyncio.Task[object] | None = None

    def look(self, loop: asyncio.AbstractEventLoop) -> str | None:
        """The name of the step that has blocked the loop since the last look; told once."""
        if self._asked and not self._answered:
            task = asyncio.current_task(loop)
            if task is None or task is self._told or not task.get_name().startswith(TASK_PREFIX):
                return None
            self._told = task
            return task.get_name().removeprefix(TASK_PREFIX)
        self._asked, self._answered = True, False
        loop.call_soon_threadsafe(self._answer)
        return None

    def _answer(self) -> None:
        self._answered, self._told = True, None
