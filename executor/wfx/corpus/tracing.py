"""Which lines of workflow code follow which, while a log is replayed."""

from __future__ import annotations

import sys
from types import FrameType, TracebackType
from typing import Any, Final

from wfx.authoring import PLACE_NAME

Arc = tuple[str, int, int]
"""A file as places name it, a line, and the line after it; 0 before the first of a function."""

LEFT: Final = -1
"""The line after the last of a function that returned, or was left by an exception."""


class Tracer:
    """Notes the arcs of workflow code in this thread, as long as it is entered."""

    def __init__(self) -> None:
        self.arcs: set[Arc] = set()
        self._last: dict[int, int] = {}
        self._before: Any = None

    def __enter__(self) -> Tracer:
        self._before = sys.gettrace()
        sys.settrace(self._called)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        sys.settrace(self._before)

    def _called(self, frame: FrameType, event: str, argument: object) -> Any:
        place = frame.f_globals.get(PLACE_NAME)
        if place is None or frame.f_code.co_filename != place:
            return None
        # A coroutine goes on where it had stopped.
        self._last.setdefault(id(frame), 0)
        return self._stepped

    def _stepped(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            name, line = frame.f_code.co_filename, frame.f_lineno
            self.arcs.add((name, self._last.get(id(frame), 0), line))
            self._last[id(frame)] = line
        elif event == "return" and not _suspends(frame):
            last = self._last.pop(id(frame), 0)
            self.arcs.add((frame.f_code.co_filename, last, LEFT))
        return self._stepped


_SUSPENDING: Final = frozenset({"YIELD_VALUE", "RESUME", "SEND", "YIELD_FROM"})


def _suspends(frame: FrameType) -> bool:
    """Whether a coroutine gives way here, and does not end."""
    import opcode

    return opcode.opname[frame.f_code.co_code[frame.f_lasti]] in _SUSPENDING
