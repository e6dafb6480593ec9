"""Judgments for people: a line each, what is wrong below it, and a summary at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from wfx.divergence.telling import Line, Part, report_lines
from wfx.patches import PatchTally
from wfx.replay import VerdictKind

if TYPE_CHECKING:
    from wfx.corpus.judgment import Judgment


def lines(judgments: Iterable[Judgment], *, quiet: bool) -> Iterator[Line]:
    """
    The lines of all judgments.

    Args:
        quiet: Leave out what matches.
    """
    counts = dict.fromkeys(VerdictKind, 0)
    events = 0
    patches = PatchTally()
    told: dict[object, str] = {}
    for each in judgments:
        counts[each.verdict] += 1
        events += each.events
        patches.add(each.patches)
        if not (quiet and each.matches):
            yield _head(each)
            first = told.setdefault(_way(each), each.recording)
            yield from details(each) if first == each.recording else _again(each, first)
    if sum(counts.values()) > 1:
        yield summary(counts, events)
    for advice in patches.advice():
        yield (Part(advice.text),)


def _way(judgment: Judgment) -> object:
    """What tells whether two logs part from the code in the same way."""
    report = judgment.report
    if report is None:
        return judgment.recording
    return report.cause, report.remedy, report.expected_place, report.actual_place


def _again(judgment: Judgment, first: str) -> Iterator[Line]:
    """A divergence that was told before."""
    assert judgment.report is not None  # others are told each
    yield (Part(f"  at position {judgment.report.position}, in the same way as {first}"),)


def _head(judgment: Judgment) -> Line:
    named = [judgment.recording]
    if judgment.run_id is not None and judgment.run_id != judgment.recording:
        named.append(judgment.run_id)
    return (Part(" ".join([*named, ""])), Part(str(judgment.verdict), str(judgment.verdict)))


def details(judgment: Judgment) -> Iterator[Line]:
    """What is below the line of a judgment."""
    if judgment.report is not None:
        where = "" if judgment.place is None else f", the code at {judgment.place}"
        yield (Part(f"  at position {judgment.report.position}{where}"),)
        yield from report_lines(judgment.report)
        yield ()
    elif judgment.reason is not None:
        yield from ((Part(f"  {line}"),) for line in judgment.reason.splitlines())
    elif judgment.ended is None:
        what = ", ".join(judgment.next) or "nothing new: it waits"
        yield (Part(f"  still open; the code would go on with {what}"),)
    for each in judgment.unjudged:
        yield (Part(f"  not in the log, so not compared: {each}"),)
    for each in judgment.orders:
        yield (Part(f"  {each}"),)
    if judgment.note is not None:
        yield (Part(f"  {judgment.note}"),)


def summary(counts: Mapping[VerdictKind, int], events: int | None) -> Line:
    """How many there are of each verdict."""
    total = sum(counts.values())
    of = "" if events is None else f", {events:,} events"
    line = [Part(f"{total:,} recording{'' if total == 1 else 's'}{of}: ")]
    for kind, count in counts.items():
        if count:
            line += [Part(f"{count:,} {kind}", str(kind)), Part(", ")]
    return tuple(line[:-1])
