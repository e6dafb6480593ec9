"""
The writings of a process: one at a time of each run, their appends in one transaction.

What waits when a commit begins goes into it together. So the fewer commits a second a disk
can do, the more runs share one; and a run that waits alone commits at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from wfx.workers.appending import Answered, Writing, append_all, go_on

if TYPE_CHECKING:
    from wfx.world import Append, World

T = TypeVar("T")


@dataclass(slots=True)
class _Queued:
    """A writing that has not begun."""

    writing: Writing[Any]
    then: Callable[[Any], None]


@dataclass(slots=True)
class _Waiting:
    """A writing whose append is to be answered."""

    writing: Writing[Any]
    then: Callable[[Any], None]
    append: Append
    sent: bool = False
    """It was sent, and not answered."""


class Grouping:
    """
    Drives writings.

    Nothing of a run is sent before what it sent before is answered (PROTOCOL 4).

    Args:
        pause: Waits between repeats of a group that got no answer.
    """

    def __init__(self, world: World, pause: Callable[[float], None]) -> None:
        self._world = world
        self._pause = pause
        self._queued: dict[str, deque[_Queued]] = {}
        self._active: set[str] = set()
        """Runs with a writing under way."""
        self._waiting: dict[str, _Waiting] = {}

    @property
    def waits(self) -> bool:
        """Whether something is to be committed."""
        return bool(self._waiting)

    def busy(self, run_id: str) -> bool:
        """Whether a writing of this run is under way or to begin."""
        return run_id in self._active or run_id in self._queued

    def begin(self, run_id: str, writing: Writing[T], then: Callable[[T], None]) -> None:
        """
        Begin a writing of a run, at once or after those of the run that are there already.

        Args:
            then: Is called with its value.

        Raises:
            What the writing raises before its first append.
        """
        if self.busy(run_id):
            self._queued.setdefault(run_id, deque()).append(_Queued(writing, then))
            self._start_next(run_id)
        else:
            self._start(run_id, writing, then)

    def commit(self) -> None:
        """
        Append what waits, and let its writings go on.

        Raises:
            WorldUnavailable: The world does not answer. What waited waits still; it is sent
                again, unchanged, by the next commit.
            What a writing raises; the others go on with the next commit.
        """
        if self._queued:
            # None, but after an error of the writing before it.
            for run_id in list(self._queued):
                self._start_next(run_id)
        if not self._waiting:
            return
        group, sent = dict(self._waiting), False
        for waiting in group.values():
            sent = sent or waiting.sent
            waiting.sent = True
        answers = append_all(
            self._world,
            [waiting.append for waiting in group.values()],
            pause=self._pause,
            repeated=sent,
        )
        for (run_id, waiting), answer in zip(group.items(), answers, strict=True):
            del self._waiting[run_id]
            self._move(run_id, waiting.writing, waiting.then, answer)

    def close(self) -> None:
        """Give up what is under way. What was sent and not answered may be in the log."""
        for waiting in self._waiting.values():
            waiting.writing.close()
        self._waiting.clear()
        self._queued.clear()
        self._active.clear()

    def _move(
        self,
        run_id: str,
        writing: Writing[Any],
        then: Callable[[Any], None],
        answer: Answered | None,
    ) -> None:
        """Let a writing go on to its next append, or its end; without an answer it begins."""
        try:
            append = next(writing) if answer is None else go_on(writing, answer)
        except StopIteration as end:
            self._active.discard(run_id)
            then(end.value)
            if self._queued:
                self._start_next(run_id)
        except BaseException:
            self._active.discard(run_id)
            raise
        else:
            self._waiting[run_id] = _Waiting(writing, then, append)

    def _start_next(self, run_id: str) -> None:
        queue = self._queued.get(run_id)
        if queue is None or run_id in self._active:
            return
        queued = queue.popleft()
        if not queue:
            del self._queued[run_id]
        self._start(run_id, queued.writing, queued.then)

    def _start(self, run_id: str, writing: Writing[Any], then: Callable[[Any], None]) -> None:
        self._active.add(run_id)
        self._move(run_id, writing, then, None)
