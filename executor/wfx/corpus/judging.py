"""Replaying the logs of one source, one judgment each."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wfx.corpus.judgment import Judgment, Place
from wfx.corpus.orders import orders
from wfx.corpus.shapes import shape_of
from wfx.corpus.sources import FileSource, Source
from wfx.corpus.tracing import Tracer
from wfx.errors import CorruptLog, WfxError
from wfx.replay import VerdictKind, replay

if TYPE_CHECKING:
    from wfx.activation import Watched
    from wfx.corpus.code import Code
    from wfx.corpus.sources import Reader
    from wfx.recording import Recording

_LINE: Final = re.compile(r" line (\d+)$")


@dataclass(frozen=True, slots=True)
class Looks:
    """What is looked at beside the verdict."""

    traced: bool = False
    """Note what of the code is exercised."""
    orders: int = 0
    """How many pairs of a log's facts are tried the other way round."""


NO_LOOKS: Final = Looks()


def judge_source(
    source: Source,
    reader: Reader,
    code: Code,
    *,
    watched: Watched | None = None,
    looks: Looks = NO_LOOKS,
) -> Iterator[Judgment]:
    """
    The judgments of a source's logs; whatever is wrong with one leaves the others alone.

    Args:
        watched: Is told when an activation begins and ends.
        looks: What is looked at beside the verdict.
    """
    for read in reader.read(source):
        if isinstance(read, (WfxError, OSError)):
            yield unreadable(source, read)
        else:
            tracer = Tracer() if looks.traced else None
            with tracer or contextlib.nullcontext():
                judgment = judge_recording(read, source, code, watched=watched)
            if tracer is not None:
                shown = shape_of(read.events).features
                judgment = replace(judgment, exercised=frozenset(tracer.arcs) | shown)
            if looks.orders and judgment.matches:
                judge = code.judge_of(read)
                tried = orders(judge, read.events, limit=looks.orders, watched=watched)
                judgment = replace(judgment, orders=tuple(each.text for each in tried))
            yield judgment


def judge_recording(
    recording: Recording, source: Source, code: Code, *, watched: Watched | None = None
) -> Judgment:
    """Replay one log."""
    about = About(recording, source)
    try:
        judge = code.judge_of(recording)
        verdict = replay(judge.program, recording.events, renames=judge.renames, watched=watched)
    except WfxError as error:
        return about.unjudged(said(error))
    except Exception as error:
        return about.unjudged(
            f"wfx itself failed on it ({type(error).__name__}: {error}). This is a bug: report it"
        )
    report = verdict.report
    return Judgment(
        recording=about.name,
        verdict=verdict.kind,
        run_id=recording.run_id,
        workflow=recording.workflow_name,
        events=len(recording.events),
        report=report,
        reason=verdict.reason,
        output=verdict.output,
        ended=verdict.ended,
        next=verdict.next,
        patches=verdict.patches,
        unjudged=verdict.unjudged,
        target=code.target or judge.workflow,
        place=None if report is None else code.place(report.actual_place, judge),
        recorded_at=about.at(0 if report is None else report.position + 1),
    )


@dataclass(frozen=True, slots=True)
class About:
    """What a judgment says of its log, whatever it is."""

    recording: Recording
    source: Source

    @property
    def name(self) -> str:
        """The file, with the line if it is not the first recording in it; or the run."""
        if not isinstance(self.source, FileSource):
            return self.recording.run_id
        first = self.recording.first_line
        return self.source.name if first == 1 else f"{self.source.name}:{first}"

    def at(self, line: int) -> Place | None:
        """A line of the recording, its header being line 0."""
        if not isinstance(self.source, FileSource):
            return None
        return Place(self.source.name, self.recording.first_line + line)

    def unjudged(self, reason: str) -> Judgment:
        """It could not be judged."""
        return Judgment(
            recording=self.name,
            verdict=VerdictKind.UNJUDGED,
            run_id=self.recording.run_id,
            workflow=self.recording.workflow_name,
            events=len(self.recording.events),
            reason=reason,
            recorded_at=self.at(0),
        )


def unreadable(source: Source, error: WfxError | OSError) -> Judgment:
    """The judgment of what cannot be read."""
    if not isinstance(source, FileSource):
        return Judgment(
            recording=source.run_id,
            run_id=source.run_id,
            verdict=VerdictKind.UNJUDGED,
            reason=said(error),
        )
    found = _LINE.search(error.where) if isinstance(error, CorruptLog) else None
    return Judgment(
        recording=source.name,
        verdict=VerdictKind.UNJUDGED,
        reason=said(error),
        recorded_at=Place(source.name, int(found[1]) if found else 1),
    )


def said(error: WfxError | OSError) -> str:
    """What an error says to a person."""
    if isinstance(error, OSError) and not isinstance(error, WfxError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return str(error)
