"""Judgments for people: a line each, what is wrong below it, and a summary at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

import click

from wfx.replay import VerdictKind

if TYPE_CHECKING:
    from wfx.corpus.judgment import Judgment

_COLOURS: Final[Mapping[VerdictKind, str]] = {
    VerdictKind.MATCH: "green",
    VerdictKind.DIVERGED: "red",
    VerdictKind.UNJUDGED: "yellow",
}


def lines(judgments: Iterable[Judgment], *, colour: bool, quiet: bool) -> Iterator[str]:
    """
    The lines of all judgments.

    Args:
        colour: Mark verdicts with colours.
        quiet: Leave out what matches.
    """
    counts = dict.fromkeys(VerdictKind, 0)
    events = 0
    for each in judgments:
        counts[each.verdict] += 1
        events += each.events
        if not (quiet and each.matches):
            yield _head(each, colour)
            yield from (f"  {line}" for line in details(each))
    if sum(counts.values()) > 1:
        yield summary(counts, events, colour)


def _head(judgment: Judgment, colour: bool) -> str:
    named = [judgment.recording]
    if judgment.run_id is not None and judgment.run_id != judgment.recording:
        named.append(judgment.run_id)
    return " ".join([*named, _verdict(judgment.verdict, str(judgment.verdict), colour)])


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


def summary(counts: Mapping[VerdictKind, int], events: int | None, colour: bool) -> str:
    """How many there are of each verdict."""
    total = sum(counts.values())
    of = "" if events is None else f", {events:,} events"
    parts = [_verdict(kind, f"{count:,} {kind}", colour) for kind, count in counts.items() if count]
    return f"{total:,} recording{'' if total == 1 else 's'}{of}: {', '.join(parts)}"


def _verdict(kind: VerdictKind, text: str, colour: bool) -> str:
    return click.style(text, fg=_COLOURS[kind], bold=True) if colour else text
