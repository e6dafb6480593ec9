"""Judgments for people: a line each, what is wrong below it, and a summary at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from wfx.replay import VerdictKind

if TYPE_CHECKING:
    from wfx.corpus.judgment import Judgment

_COLOURS: Final[Mapping[VerdictKind, str]] = {
    VerdictKind.MATCH: "green",
    VerdictKind.DIVERGED: "red",
    VerdictKind.UNJUDGED: "yellow",
}


Line = list[tuple[str, str | None]]
"""Parts of a line, each with its colour."""


def lines(judgments: Iterable[Judgment], *, quiet: bool) -> Iterator[Line]:
    """
    The lines of all judgments.

    Args:
        quiet: Leave out what matches.
    """
    counts = dict.fromkeys(VerdictKind, 0)
    events = 0
    for each in judgments:
        counts[each.verdict] += 1
        events += each.events
        if not (quiet and each.matches):
            yield _head(each)
            for line in details(each):
                yield [(f"  {line}", None)]
    if sum(counts.values()) > 1:
        yield summary(counts, events)


def _head(judgment: Judgment) -> Line:
    named = [judgment.recording]
    if judgment.run_id is not None and judgment.run_id != judgment.recording:
        named.append(judgment.run_id)
    return [
        (" ".join([*named, ""]), None),
        (str(judgment.verdict), _COLOURS[judgment.verdict]),
    ]


def details(judgment: Judgment) -> Iterator[str]:
    """What is below the line of a judgment."""
    difference = judgment.difference
    if difference is not None:
        then = f" ({difference.expected_place})" if difference.expected_place else ""
        now = f" ({judgment.place})" if judgment.place else ""
        yield f"position {difference.position}"
        yield f"the log has  {difference.expected}{then}"
        yield f"the code     {difference.actual}{now}"
        yield difference.remedy
    elif judgment.reason is not None:
        yield from judgment.reason.splitlines()
    elif judgment.ended is None:
        what = ", ".join(judgment.next) or "nothing new: it waits"
        yield f"still open; the code would go on with {what}"
    for each in judgment.unjudged:
        yield f"not in the log, so not compared: {each}"
    if judgment.note is not None:
        yield judgment.note


def summary(counts: Mapping[VerdictKind, int], events: int | None) -> Line:
    """How many there are of each verdict."""
    total = sum(counts.values())
    of = "" if events is None else f", {events:,} events"
    line: Line = [(f"{total:,} recording{'' if total == 1 else 's'}{of}: ", None)]
    for kind, count in counts.items():
        if count:
            line += [(f"{count:,} {kind}", _COLOURS[kind]), (", ", None)]
    return line[:-1]
