"""What became of one log of a corpus: a plain value that crosses processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wfx.replay import VerdictKind

if TYPE_CHECKING:
    from wfx.corpus.shapes import Feature
    from wfx.corpus.tracing import Arc
    from wfx.divergence.report import DivergenceReport
    from wfx.patches import PatchState
    from wfx.values import Json


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, as the working directory sees it."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgment:
    """What replaying one log found, or why it could not be judged."""

    recording: str
    """The file, or the world and the run."""
    verdict: VerdictKind
    run_id: str | None = None
    workflow: str | None = None
    """Its recorded name."""
    events: int = 0
    report: DivergenceReport | None = None
    reason: str | None = None
    output: Json = None
    """What the workflow returned, encoded."""
    ended: str | None = None
    next: list[str] = field(default_factory=list)
    patches: Mapping[str, PatchState] = field(default_factory=dict)
    """Which way the run goes at the patches of today's code."""
    unjudged: list[str] = field(default_factory=list)
    """What the log does not say, and so could not be compared."""
    exercised: frozenset[Arc | Feature] = frozenset()
    """Lines of workflow code that followed each other, and the features of the log's shape."""
    target: str | None = None
    """The workflow that judged it, as it can be loaded."""
    orders: tuple[str, ...] = ()
    """Where the order of facts decides, in sentences."""
    note: str | None = None
    """Something about the log itself."""
    place: Place | None = None
    """Where today's code parts from the log, or else where the workflow begins."""
    recorded_at: Place | None = None
    """The line of a recording file that this is about."""

    @property
    def matches(self) -> bool:
        """Whether the code makes all recorded decisions."""
        return self.verdict is VerdictKind.MATCH
