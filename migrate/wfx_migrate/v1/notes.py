"""
What is noticed while a run is converted, and what becomes of its records.

Values only: the conversion makes them, plans and reports read them.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from wfx.events import Event
from wfx.projection import Fold
from wfx.values import Json
from wfx_migrate.v1.model import Problem
from wfx_migrate.v1.room import Shelf


class NoteKind(StrEnum):
    """What can be noticed about a run that migrates all the same."""

    CONTRADICTION = "contradiction"
    """Two records say different things; the text says which one won."""
    DUPLICATE = "duplicate"
    """Something happened twice; the first counts, the other is archived."""
    LATE = "late"
    """Something came after the end of its run, step or hook, and is archived."""
    MERGED = "merged"
    """A record says what another one says too."""
    INFERRED = "inferred"
    """A field is not what the source says but follows from it."""
    UNKNOWN = "unknown"
    """A field cannot be known."""
    RAW = "raw"
    """A value could only be kept as it was written."""
    PAUSED = "paused"
    """The run was, or is, paused."""
    ORDER = "order"
    """Clocks that tie, go backwards, or are apart."""
    HELD = "held"
    """The run is open in a way that wants a look before it goes on."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something noticed about a run."""

    kind: NoteKind
    where: str
    """The record, or the entity's id."""
    text: str
    decision: str = ""
    entity: str | None = None
    """The id of the run, step, hook or wait whose row and log may differ because of it."""


class Fate(StrEnum):
    """What became of a source record."""

    CONVERTED = "converted"
    """Events were made of it."""
    MERGED = "merged"
    """Events made of others say what it says."""
    ARCHIVED = "archived"
    """It is no part of the log (a duplicate, or too late), and kept beside it."""
    KEPT = "kept"
    """It is no row: a stream's chunk or a file beside; kept as it is."""


@dataclass(frozen=True, slots=True)
class Upcast:
    """A run converted."""

    run_id: str
    events: Shelf[Event]
    notes: Shelf[Note]
    fates: MutableMapping[str, Fate]
    """Source record → what became of it."""
    flats: MutableMapping[str, Json]
    """What values in the log are in the source's own form, by entity and field (`id#field`)."""
    paused: bool
    """It was paused when its source was written."""
    ties: int
    """Pairs of stored events in one instant, which the order of ids decided."""
    inversions: int
    """Places where the log's order goes against the clock."""
    folded: Fold
    """The entities of the log."""
    sha256: str
    """The hash of the log, line by line as `wfx.world.Events.lines` has it."""


class Quarantine(Exception):
    """This run cannot be converted; the problems say why, with their places."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(str(problem) for problem in problems))


class Paused(StrEnum):
    """What a run that is paused becomes."""

    HOLD = "hold"
    """Running, parked as paused."""
    RUNNING = "running"
    """Running, parked like every other open run."""
    CANCEL = "cancel"
    """Cancelled, which is what the vendor's own migration did."""
    REFUSE = "refuse"
    """It is quarantined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What decides about a run beside its records."""

    paused: Paused = Paused.HOLD
    names: Mapping[str, str] = field(default_factory=dict)
    """Recorded name → the Python workflow or step it is bound to (D-21)."""
    taken: Mapping[str, str] = field(default_factory=dict)
    """Tokens of active hooks that another run has → that run (D-20)."""

    def to_json(self) -> dict[str, Json]:
        """As a certificate has it."""
        made: dict[str, Json] = {"paused": str(self.paused), "names": dict(self.names)}
        return {**made, "taken": dict(self.taken)} if self.taken else made

    @staticmethod
    def from_json(options: Json) -> Choices:
        """What a certificate has."""
        given = options if isinstance(options, dict) else {}
        paused, names, taken = given.get("paused"), given.get("names"), given.get("taken")
        return Choices(
            paused=Paused(paused) if isinstance(paused, str) else Paused.HOLD,
            names=_texts(names),
            taken=_texts(taken),
        )


def _texts(value: Json) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {key: text for key, text in pairs if isinstance(text, str)}
