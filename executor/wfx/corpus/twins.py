"""
Several logs of one run.

One may be longer than the other, since a log only grows: both are judged, and that they are
of one run is said. If they contradict each other, one of them was changed, and nobody can
tell which: the later one is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from wfx.corpus.judging import About
from wfx.corpus.sources import Reader
from wfx.events import to_wire
from wfx.recording import Recording
from wfx.replay import VerdictKind

if TYPE_CHECKING:
    from wfx.corpus.judgment import Judgment
    from wfx.corpus.sources import Source
    from wfx.events import Event


def told_of_twins(judgments: Iterable[Judgment], sources: Sequence[Source]) -> Iterator[Judgment]:
    """The judgments; a second log of a run is compared with the first."""
    by_name = {source.name: source for source in sources}
    first: dict[str, Judgment] = {}
    for each in judgments:
        if each.run_id is None or each.recorded_at is None:
            yield each
        elif each.run_id in first:
            yield _compared(each, first[each.run_id], by_name)
        else:
            first[each.run_id] = each
            yield each


def _compared(second: Judgment, first: Judgment, sources: Mapping[str, Source]) -> Judgment:
    one, other = _log(first, sources), _log(second, sources)
    for a, b in zip(one, other, strict=False):
        if to_wire(a) != to_wire(b):
            what = f"{a.type} there and {b.type} here" if a.type != b.type else a.type
            reason = (
                f"it contradicts {first.recording}, a log of the same run, at position "
                f"{a.position} ({what}). One of them was changed: export the run again"
            )
            return replace(
                second,
                verdict=VerdictKind.UNJUDGED,
                reason=reason,
                report=None,
                place=None,
                next=[],
            )
    if len(one) == len(other):
        note = f"the same log as {first.recording}"
    else:
        grown = "longer" if len(one) < len(other) else "shorter"
        note = f"a {grown} log of the same run as {first.recording}"
    return replace(second, note=note)


def _log(judgment: Judgment, sources: Mapping[str, Source]) -> list[Event]:
    assert judgment.recorded_at is not None
    reader = Reader()
    source = sources[judgment.recorded_at.file]
    for read in reader.read(source):
        if isinstance(read, Recording) and About(read, source).name == judgment.recording:
            return read.events
    return []
