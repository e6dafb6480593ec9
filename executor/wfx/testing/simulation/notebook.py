"""
The judge's notebook: what it writes down of claims, bodies and logs as it sees them happen.

Nothing here is asked of a world a second time; the judge compares what the world says next
with what stands here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wfx.events import Event
from wfx.projection import Fold
from wfx.world import Append, Hold

if TYPE_CHECKING:
    from wfx.errors import WorldError
    from wfx.events import NewEvent
    from wfx.testing.simulation.lanes import Lane
    from wfx.testing.simulation.line import Party


@dataclass(slots=True)
class Claim:
    """A claim, as the world granted it."""

    owner: str
    fence: int
    until: datetime
    lane: Lane | None = None
    """Of a step."""
    since: datetime | None = None
    """When it was granted."""
    lapsed: bool = False
    """Its lease had ended when somebody claimed; the world's clock may have gone back since."""


@dataclass(slots=True)
class Body:
    """A step body that began."""

    party: Party
    hold: Hold


@dataclass(slots=True)
class Owed:
    """Facts of a refused batch, by event id: the next appends must bring the good ones."""

    good: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Heard:
    """An answer, and what it tells about claims at the moment it was made."""

    answer: Any
    at: int
    proves: list[Hold] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    refused: list[Append] = field(default_factory=list)


@dataclass(slots=True)
class Log:
    """A log, as it was seen to grow."""

    events: list[Event] = field(default_factory=list)
    ids: dict[str, Event] = field(default_factory=dict)
    fold: Fold = field(default_factory=Fold)
    commits: list[int] = field(default_factory=list)
    """How long it was after each commit."""
    open_waits: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    attempts: dict[tuple[str, int], Hold] = field(default_factory=dict)
    """By step id and attempt: the claim it was begun under."""
    began: dict[Hold, int] = field(default_factory=dict)
    """When each attempt was committed, in executed calls."""
    retried: set[Hold] = field(default_factory=set)
    waited: dict[str, datetime] = field(default_factory=dict)
    """By step id: the retry whose moment had come when the step was given out."""


def short(id: str) -> str:
    """An id as a trace has it."""
    kind, _, rest = id.partition("_")
    return f"{kind}_{rest[-4:]}"


def brief(event: NewEvent) -> str:
    """An event as a trace has it."""
    name = event.data.type
    return f"{name}({short(event.correlation_id)})" if event.correlation_id else name


def named(error: WorldError) -> str:
    """A refusal as a trace has it."""
    return f"{type(error).__name__}: {error}"
