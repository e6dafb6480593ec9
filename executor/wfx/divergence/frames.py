"""
Today's source around a place, and whether what was recorded there is still there.

A place is `orders.py:31`, of the file as it was when the log was written. Lines move, so
what was asked for there is looked for by the name that its call must have.
"""

from __future__ import annotations

from typing import Final

from wfx.divergence.report import Frame
from wfx.syntax import Sourced, split_place

_AROUND: Final = 2


def frame_now(source: Sourced, place: str) -> Frame:
    """The frame of a place of today's code."""
    return _frame(source, split_place(place)[1], place, None)


def frame_then(source: Sourced, place: str, name: str | None) -> Frame:
    """
    The frame of a recorded place in today's file.

    Args:
        name: What is called there, by which the line is found again; None if no name
            tells.
    """
    line = split_place(place)[1]
    if not 0 < line <= len(source.lines):
        note = f"{source.file} has only {len(source.lines)} lines today"
        return Frame(place, note=note)
    if name is None or _names(source, line, name):
        return _frame(source, line, place, None)
    calls = source.calls(name)
    if not calls:
        note = f"line {line} when it was recorded; today {source.file} has no call of {name}"
        return _frame(source, line, place, note, marked=False)
    nearest = min(calls, key=lambda each: abs(each - line))
    note = f"line {line} when it was recorded; today {name} is called in line {nearest}"
    return _frame(source, nearest, f"{source.file}:{nearest}", note)


def _names(source: Sourced, line: int, name: str) -> bool:
    first, last = source.extent(line)
    return any(first <= each <= last for each in source.calls(name))


def _frame(
    source: Sourced, line: int, place: str, note: str | None, *, marked: bool = True
) -> Frame:
    first, last = max(1, line - _AROUND), min(len(source.lines), line + _AROUND)
    lines = tuple((number, source.lines[number - 1]) for number in range(first, last + 1))
    return Frame(place, lines, line if marked else None, note)
