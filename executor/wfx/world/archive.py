"""Runs brought in whole, and what is kept beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from wfx.frozen import quick
from wfx.world.paging import PAGE_DEFAULT, Page
from wfx.world.streams import StreamChunk

if TYPE_CHECKING:
    from wfx.events import Event
    from wfx.values import Json


@quick
@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A record of a legacy source, byte for byte."""

    source: str
    """Where it came from, for example `runs/wrun_….json`."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """A run to be brought in whole, see `ArchiveStore.write`."""

    run_id: str
    events: Collection[Event]
    source_records: Collection[SourceRecord] = ()
    certificate: Mapping[str, Json] | None = None
    parked: Mapping[str, Json] | None = None
    chunks: Collection[StreamChunk] = ()
    closed: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Brought:
    """A run as it was brought in, to be compared or hashed; see `ArchiveStore.several`."""

    run_id: str
    source_records: list[SourceRecord]
    certificate: dict[str, Json] | None
    lines: list[str]
    """Its log as text, as `Events.lines` has it."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What `archive.write` kept beside a run."""

    source_records: list[SourceRecord] = field(default_factory=list)
    certificate: dict[str, Json] | None = None
    quarantine: dict[str, Json] | None = None
    """Why it is no run of this world but kept beside; see `ArchiveStore.quarantine`."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A run that could not be brought in; its records are kept until it can."""

    run_id: str
    report: dict[str, Json]
    """Why, and what its source says of it."""


class ArchiveStore(Protocol):
    """Runs brought in whole, with ids and times kept."""

    def write(
        self,
        run_id: str,
        events: Collection[Event],
        source_records: Collection[SourceRecord] = (),
        certificate: Mapping[str, Json] | None = None,
        *,
        parked: Mapping[str, Json] | None = None,
        chunks: Collection[StreamChunk] = (),
        closed: Collection[str] = (),
    ) -> None:
        """
        Write a run's whole log in one transaction, folding its entities.

        A run that is still open gets its task, and so do its open steps and waits; if
        `parked` is given all of them are parked as `held` with this detail, so that nothing
        happens on the run before it is released (`wfx.admission.tasks_of`).

        Collections are read piece by piece, perhaps more than once: they may be larger than
        memory.

        Args:
            chunks: What the run's streams hold, those of each stream in order.
            closed: The streams that have ended.

        Raises:
            AlreadyExists: The run is there already with another log; the same log is
                accepted again and changes nothing.
            IdTaken: The id of one of its hooks or open steps and waits, or the token of an
                active hook, belongs to another run.
            CorruptLog, IllegalEvent: It is no legal log.
        """
        self.write_all(
            [Incoming(run_id, events, source_records, certificate, parked, chunks, closed)]
        )

    def write_all(self, runs: Sequence[Incoming]) -> None:
        """
        `write` for several runs, in one transaction: all of them or none.

        Raises:
            AlreadyExists, CorruptLog, IllegalEvent: See `write`; of any of them.
        """
        ...

    def read(self, run_id: str) -> Archive:
        """
        What was kept beside a run; empty when nothing was. Or what is in quarantine.

        All of it is in memory at once: of what may be large, ask for its parts.

        Raises:
            NotFound: There is no such run, in quarantine neither.
        """
        why, certificate = self.why_quarantined(run_id), self.certificate(run_id)
        return Archive(list(self.records(run_id)), certificate, why)

    def records(self, run_id: str) -> Iterator[SourceRecord]:
        """
        The source records that were kept beside a run, in order, in bounded memory.

        Raises:
            NotFound: There is no such run, in quarantine neither (when the first is asked for).
        """
        ...

    def certificate(self, run_id: str) -> dict[str, Json] | None:
        """What the run was certified with. Raises NotFound, as `read` does."""
        ...

    def why_quarantined(self, run_id: str) -> dict[str, Json] | None:
        """The report that something is in quarantine with; None of a run. Raises NotFound."""
        ...

    def several(self, run_ids: Collection[str]) -> list[Brought]:
        """
        Runs with all that was brought in of them, by id; unknown ones are left out.

        All of it is in memory at once: of runs that may be large, ask for `records` and
        `lines`.
        """
        ...

    def quarantine(
        self, run_id: str, source_records: Collection[SourceRecord], report: Mapping[str, Json]
    ) -> None:
        """
        Keep the records of a run that cannot be brought in, with the reason.

        It is no run of this world: it has no log and no task. What was in quarantine under
        this id is replaced, and `write` replaces it by the run.

        Raises:
            AlreadyExists: The run is there.
        """
        ...

    def quarantined(
        self, *, limit: int = PAGE_DEFAULT, cursor: str | None = None
    ) -> Page[Quarantined]:
        """What is in quarantine, by id."""
        ...
