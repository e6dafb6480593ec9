"""
What is to be done with one run: write it, skip it, or quarantine it with the reason.

A plan is made of the source alone, by pure functions, and checked before anything is
written: the log is folded with the core's transition table and compared with the legacy
rows. A dry run stops here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, TypeAlias

from wfx.entities import Run
from wfx.errors import CorruptLog, IllegalEvent
from wfx.values import Json
from wfx.world import Incoming, SourceRecord
from wfx_migrate.formats import Format, convert
from wfx_migrate.proof import Comparison, certify, compare
from wfx_migrate.v1.model import BadRow, LegacyRun, Problem
from wfx_migrate.v1.notes import Choices, NoteKind, Paused, Quarantine, Upcast
from wfx_migrate.v1.spool import Spool, size_of
from wfx_migrate.v1.spool import names as names_of
from wfx_migrate.v1.streams import RunStreams

_HELD_MAX: Final = 3
"""Peculiarities of an open run that its parking tells; the report has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """The run can be written."""

    legacy: LegacyRun
    made: Upcast
    run: Run
    """As the fold of the new log has it."""
    records: Collection[SourceRecord]
    fates: Counter[str]
    """What became of how many of the run's own records."""
    comparison: Comparison
    certificate: dict[str, Json]
    parked: dict[str, Json] | None
    """Why its tasks are parked; None when it has ended."""

    beside: frozenset[str]
    """The records among them that belong to no run."""

    @property
    def size(self) -> int:
        """How many bytes its records have."""
        return size_of(self.records)

    def incoming(self) -> Incoming:
        """What goes into a world."""
        legacy = self.legacy
        streams = RunStreams(legacy.records, legacy.others)
        return Incoming(
            self.made.run_id,
            self.made.events,
            self.records,
            self.certificate,
            self.parked,
            streams,
            streams.closed,
        )

    def free(self) -> None:
        """Let go of the log and the rows: it is written."""
        self.made.events.clear()
        self.made.flats.clear()
        self.made.fates.clear()
        for entities in (self.made.folded.steps, self.made.folded.hooks, self.made.folded.waits):
            entities.clear()
        for rows in (self.legacy.steps, self.legacy.hooks, self.legacy.events):
            rows.clear()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The run cannot be converted, or may not be written; nothing of it is."""

    legacy: LegacyRun
    problems: list[Problem] = field(default_factory=list)


Plan: TypeAlias = Write | Quarantined


def plan(
    formats: list[Format],
    legacy: LegacyRun,
    *,
    choices: Choices | None = None,
    beside: Sequence[SourceRecord] = (),
) -> Plan:
    """
    Decide about one run; the rows of its events are used up.

    Args:
        beside: Records of the source that belong to no run and are to be kept with this one.
    """
    choices = choices or Choices()
    try:
        made = convert(formats, legacy, choices)
        comparison = compare(legacy, made)
    except Quarantine as refused:
        return Quarantined(legacy, refused.problems)
    except BadRow as error:
        return Quarantined(legacy, [error.problem])
    except (IllegalEvent, CorruptLog) as error:
        # The upcast sees to it; this is the net under it.
        return Quarantined(legacy, [Problem(legacy.run_id, str(error))])
    problems = [
        Problem(found.entity, f"row and log differ without a reason: {found}")
        for found in comparison.unexplained
    ]
    fates: Counter[str] = Counter()
    for source in names_of(legacy.records):
        fate = made.fates.get(source)
        if fate is None:
            problems.append(Problem(source, "nothing became of this record"))
        else:
            fates[str(fate)] += 1
    if problems:
        return Quarantined(legacy, problems)
    records = Spool(chain(legacy.records, beside)) if beside else legacy.records
    run = made.folded.run
    assert run is not None  # a legal log begins with run_created
    return Write(
        legacy=legacy,
        made=made,
        run=run,
        records=records,
        fates=fates,
        comparison=comparison,
        certificate=certify(legacy, made, records, comparison, options=choices.to_json()),
        parked=None if run.ended else _parked(legacy, made, choices.paused),
        beside=frozenset(record.source for record in beside),
    )


def _parked(legacy: LegacyRun, made: Upcast, paused: Paused) -> dict[str, Json]:
    if made.paused and paused is Paused.HOLD:
        why, message = "paused", "it was paused when it was migrated"
    else:
        why, message = "open", "it was open when it was migrated"
    held = [note.text for note in made.notes if note.kind is NoteKind.HELD]
    if held:
        message += f" ({'; '.join(held[:_HELD_MAX])})"
    return {
        "message": f"{message}; bind it to a Python workflow and `wfx release {legacy.run_id}`",
        "reason": why,
        "migratedFrom": "v1",
    }
