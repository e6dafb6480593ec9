"""
A divergence report as text for people: lines of styled parts, readable at 80 columns.

The styles are names; who prints decides whether they become colours.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from wfx.divergence.report import DivergenceReport, Frame, Mark, Row
from wfx.wording import clipped

WIDTH: Final = 78

_MARKS: Final = {
    Mark.SAME: (" ", "dim"),
    Mark.REMOVED: ("-", "then"),
    Mark.ADDED: ("+", "now"),
    Mark.CHANGED: ("~", "now"),
    Mark.MOVED: ("+", "now"),
}


class Part(NamedTuple):
    """Some text of a line, and how it looks: `""`, strong, dim, then, now or code."""

    text: str
    style: str = ""


Line = tuple[Part, ...]


def report_lines(report: DivergenceReport, *, width: int = WIDTH) -> Iterator[Line]:
    """The report, without a line break in any line; an empty line is an empty tuple."""
    yield from _wrapped(f"Most likely: {report.cause.text}.", width, "  ", "strong")
    yield ()
    yield from _sides(report, width)
    if report.rows:
        yield ()
        yield (Part("  the log (-) beside the code (+)", "dim"),)
        for row in report.rows:
            yield from _row(row, width)
    if report.differences:
        yield ()
        yield (Part("  what differs", "dim"),)
        for each in report.differences:
            yield from _difference(each.path, each.expected, each.actual, width)
    if report.history:
        yield ()
        yield (Part("  how the run came there", "dim"),)
        for happening in report.history:
            yield (
                Part(f"  {happening.position:>6}  ", "dim"),
                Part(clipped(happening.text, width - 10)),
            )
    yield ()
    yield from _remedy(report, width)


def unstyled(lines: Iterable[Line]) -> str:
    """Lines as plain text."""
    return "\n".join("".join(part.text for part in line) for line in lines)


def _sides(report: DivergenceReport, width: int) -> Iterator[Line]:
    yield from _wrapped(f"the log has  {report.expected}", width, "  ", "then", hang=15)
    yield from _frame(report.expected_frame, report.expected_place, "then", width)
    yield from _wrapped(f"the code     {report.actual}", width, "  ", "now", hang=15)
    same = report.actual_frame is not None and report.actual_frame == report.expected_frame
    if same:
        yield (Part(f"    {report.actual_place}, as above", "dim"),)
    else:
        yield from _frame(report.actual_frame, report.actual_place, "now", width)


def _frame(frame: Frame | None, place: str | None, style: str, width: int) -> Iterator[Line]:
    if frame is None:
        if place is not None:
            yield (Part(f"    {place}", "dim"),)
        return
    note = f"  ({frame.note})" if frame.note else ""
    yield from _wrapped(f"{frame.place}{note}", width, "    ", "dim")
    for number, text in frame.lines:
        marked = number == frame.marked
        yield (
            Part(f"  {'>' if marked else ' '} {number:>5} | ", style if marked else "dim"),
            Part(clipped(text.expandtabs(4), width - 12), "code" if marked else "dim"),
        )


def _row(row: Row, width: int) -> Iterator[Line]:
    sign, style = _MARKS[row.mark]
    if row.mark is Mark.CHANGED:
        yield _command(
            "-",
            row.expected,
            None if row.position is None else f"position {row.position}",
            "then",
            width,
        )
        yield _command("+", row.actual, row.place, "now", width)
        return
    where = row.place
    if row.mark is Mark.REMOVED and row.position is not None:
        where = f"position {row.position}"
    yield _command(sign, row.actual or row.expected, where, style, width)


def _command(sign: str, text: str | None, where: str | None, style: str, width: int) -> Line:
    where = where or ""
    room = width - 6 - len(where) - 2
    shown = clipped(text or "", room)
    return (
        Part(f"  {sign} ", style),
        Part(shown.ljust(room + 2) if where else shown, style),
        *((Part(where, "dim"),) if where else ()),
    )


def _difference(path: str, expected: str, actual: str, width: int) -> Iterator[Line]:
    then, now = expected or "nothing", actual or "nothing"
    if len(path) + len(then) + len(now) + 9 <= width:
        yield (Part(f"    {path}: "), Part(then, "then"), Part(" → "), Part(now, "now"))
        return
    yield (Part(f"    {path}:"),)
    yield (Part("      - "), Part(clipped(then, width - 8), "then"))
    yield (Part("      + "), Part(clipped(now, width - 8), "now"))


def _remedy(report: DivergenceReport, width: int) -> Iterator[Line]:
    remedy = report.remedy
    yield from _wrapped(f"What to do: {remedy.text}", width, "  ", "strong")
    if remedy.snippet is None:
        return
    where = f"in place of {remedy.place}" if remedy.place else "in the workflow"
    yield (Part(f"    {where}", "dim"),)
    yield ()
    for text in remedy.snippet.splitlines():
        yield (Part(f"      {text}", "code"),)


def _wrapped(
    text: str, width: int, indent: str, style: str, hang: int | None = None
) -> Iterator[Line]:
    following = indent if hang is None else " " * hang
    for line in textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=following,
        break_on_hyphens=False,
    ):
        yield (Part(line, style),)
