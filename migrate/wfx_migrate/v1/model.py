"""
What a legacy source holds: rows of four kinds, gathered run by run.

Every reader yields `LegacyRun`s: all rows about one run, in one spelling of their fields
(the Workflow DevKit's own, camelCase, moments as ISO 8601 text), and every record they came
from byte for byte. What could not be read is a `Problem` with its place; nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from wfx.closing import Closing
from wfx.errors import WfxError
from wfx.events import moment
from wfx.frozen import quick
from wfx.world import SourceRecord

if TYPE_CHECKING:
    from wfx_migrate.v1.room import Shelf


class SourceKind(StrEnum):
    """What kind of source it is."""

    LOCAL = "local"
    """A data directory of the Workflow DevKit, or several."""
    POSTGRES = "postgres"
    JSONL = "jsonl"


class ValueForm(StrEnum):
    """How values are written."""

    FLAT = "flat"
    """The flattened form, see `values`."""
    PLAIN = "plain"
    """Plain JSON."""


class RowKind(StrEnum):
    """What a row is about."""

    RUN = "run"
    STEP = "step"
    HOOK = "hook"
    EVENT = "event"
    OTHER = "other"
    """A chunk of a stream, an index, a file that is no row: kept, not converted."""


class SourceError(WfxError):
    """The source cannot be migrated at all; the message says what it is and what to do."""

    code = "legacy-source"


class NotAStore(SourceError):
    """There is nothing at the source, or nothing that anybody here can read."""

    code = "not-a-legacy-store"


class NotV1(SourceError):
    """The source is of another format than v1."""

    code = "not-v1"


class SourceLost(SourceError):
    """The source went away while it was read; what was written before stays."""

    code = "legacy-source-lost"


@dataclass(frozen=True, slots=True)
class Problem:
    """A record, or a part of one, that could not be read or does not fit."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class BadRow(WfxError, ValueError):
    """A field of a row is missing or is not what it should be."""

    code = "bad-legacy-row"

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


@quick
@dataclass(frozen=True, slots=True)
class Row:
    """One row or event."""

    kind: RowKind
    source: str
    fields: Mapping[str, Any]

    def bad(self, reason: str) -> BadRow:
        """The error that this row is not right."""
        return BadRow(Problem(self.source, reason))

    def text(self, name: str) -> str:
        """A field that must be a text."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise self.bad(f"{name} is {_shown(value)}, and should be a text")
        return value

    def text_or_none(self, name: str) -> str | None:
        """A field that may be missing."""
        return None if self.fields.get(name) is None else self.text(name)

    def moment(self, name: str) -> datetime:
        """A field that must be a moment."""
        text = self.text(name)
        try:
            return moment(text)
        except (ValueError, OverflowError):
            raise self.bad(f"{name} is {text!r}, and should be an ISO 8601 date") from None

    def moment_or_none(self, name: str) -> datetime | None:
        """A moment that may be missing."""
        return None if self.fields.get(name) is None else self.moment(name)

    def number(self, name: str) -> int:
        """A field that must be an integer."""
        value = self.fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.bad(f"{name} is {_shown(value)}, and should be an integer")
        return value

    def data(self) -> Mapping[str, Any]:
        """The eventData of an event; empty when there is none."""
        value = self.fields.get("eventData")
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.bad(f"eventData is {_shown(value)}, and should be an object")
        return value


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyRun:
    """Everything a source has about one run."""

    run_id: str
    kind: SourceKind
    values: ValueForm
    run: Row | None
    steps: list[Row] | Shelf[Row] = field(default_factory=list)
    hooks: list[Row] | Shelf[Row] = field(default_factory=list)
    events: list[Row] | Shelf[Row] = field(default_factory=list)
    """In the order in which v1 itself reads them."""
    records: Collection[SourceRecord] = ()
    """All records about the run, converted or not."""
    others: frozenset[str] = frozenset()
    """The sources among them that no event is made of: chunks and indexes of streams."""
    problems: list[Problem] = field(default_factory=list)
    unreadable: int = 0
    """Records that are not among `records`, because their bytes could not be had."""

    @property
    def count(self) -> int:
        """How many records there are about the run."""
        return len(self.records) + self.unreadable


@dataclass(frozen=True, slots=True)
class Loose:
    """
    A record of a source that belongs to no run that it has.

    Files like `version.txt`, chunks of streams nobody names, files left by a crash; or what
    looks like a part of a run and cannot be attributed to one.
    """

    record: SourceRecord | None
    """None if it cannot be read."""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """What a source holds."""

    runs: int
    records: int


class Source(Closing, Protocol):
    """An opened legacy source. Reading changes nothing in it."""

    @property
    def kind(self) -> SourceKind:
        """What kind of source it is."""
        ...

    @property
    def name(self) -> str:
        """For people: a path, or a URL without its password."""
        ...

    @property
    def description(self) -> str:
        """What was found there, in words."""
        ...

    def size(self) -> Size:
        """How many runs and records there are."""
        ...

    def run_ids(self) -> Iterable[str]:
        """The ids of all runs, in order."""
        ...

    def runs(self, only: frozenset[str] | None = None) -> Iterator[LegacyRun]:
        """One run after the other, by id; only these runs if given. Memory is that of one run."""
        ...

    def loose(self) -> Iterator[Loose]:
        """What belongs to no run."""
        ...

    def close(self) -> None:
        """Let go of files, connections and temporary copies."""
        ...
