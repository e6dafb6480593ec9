"""
What a migration did, as values: a verdict per run and counts that add up.

Reports of runs go to a temporary file as they come, so that a report of a million runs
needs no memory; `Report.runs()` reads them back, and `report_json`, `report_html` write
them out.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, Final, Self

from wfx import codec
from wfx.events import Event
from wfx.values import Json
from wfx_migrate.v1.model import Problem
from wfx_migrate.v1.notes import Fate, Note, NoteKind

REPORT: Final = "wfx-migration-report/1"

LISTED_MAX: Final = 2_000
"""Synthesised events, notes and differences that are listed one by one for one run."""


class Verdict(StrEnum):
    """What became of a run."""

    MIGRATED = "migrated"
    WOULD_MIGRATE = "would migrate"
    """In a dry run."""
    SKIPPED = "skipped"
    """It is in the target already."""
    QUARANTINED = "quarantined"
    """It is damaged. No log was made of it; its records are kept beside the runs."""
    REFUSED = "refused"
    """The target has something else in its place; nothing of it was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What became of one run."""

    run_id: str
    workflow_name: str | None
    verdict: Verdict
    reasons: list[str] = field(default_factory=list)
    """Why it was skipped, quarantined or refused, each with its place."""
    mended: bool = False
    """It was in quarantine before, and takes its place."""
    unbound: bool = False
    """It is open and was migrated before, without the names that are given now."""
    legacy_status: str | None = None
    status: str | None = None
    parked: str | None = None
    records: int = 0
    fates: dict[str, int] = field(default_factory=dict)
    events: int = 0
    synthesised: list[dict[str, Json]] = field(default_factory=list)
    """Events that the source does not have, and where each of their fields comes from."""
    synthesised_total: int = 0
    unknown: list[str] = field(default_factory=list)
    notes: list[dict[str, Json]] = field(default_factory=list)
    notes_total: dict[str, int] = field(default_factory=dict)
    """Kind of note → how many, listed or not."""
    ties: int = 0
    inversions: int = 0
    fields_compared: int = 0
    fields_equal: int = 0
    differences: list[dict[str, Json]] = field(default_factory=list)
    certificate: dict[str, Json] | None = None
    omitted: int = 0
    """Lines left out of the lists above, because there are too many."""

    def to_json(self) -> dict[str, Json]:
        """The report as JSON; what is empty is left out."""
        named: dict[str, Json] = {
            "runId": self.run_id,
            "workflowName": self.workflow_name,
            "verdict": str(self.verdict),
            "reasons": list(self.reasons),
            "mended": self.mended,
            "unbound": self.unbound,
            "legacyStatus": self.legacy_status,
            "status": self.status,
            "parked": self.parked,
            "records": self.records,
            "fates": dict(self.fates),
            "events": self.events,
            "synthesised": list(self.synthesised),
            "synthesisedTotal": self.synthesised_total,
            "unknown": list(self.unknown),
            "notes": list(self.notes),
            "notesTotal": dict(self.notes_total),
            "ties": self.ties,
            "inversions": self.inversions,
            "fieldsCompared": self.fields_compared,
            "fieldsEqual": self.fields_equal,
            "differences": list(self.differences),
            "certificate": self.certificate,
            "omitted": self.omitted,
        }
        always = ("runId", "verdict", "records", "events")
        return {name: value for name, value in named.items() if value or name in always}


@dataclass(slots=True)
class Made:
    """What a report says of the events of a new log; the first of each kind are listed."""

    synthesised: list[dict[str, Json]] = field(default_factory=list)
    """Events that the source does not have."""
    synthesised_total: int = 0
    unknown: list[str] = field(default_factory=list)
    """Fields that cannot be known, as `entity.field`."""
    unknown_total: int = 0

    @classmethod
    def of(cls, events: Iterable[Event]) -> Made:
        """What is to be said of these."""
        made = cls()
        for event in events:
            legacy = event.legacy or {}
            names = legacy.get("unknown")
            if isinstance(names, list):
                made._add_unknown(
                    f"{event.correlation_id or event.run_id}.{name}" for name in names
                )
            if legacy.get("synthesised"):
                made._add_synthesised(event, legacy)
        return made

    def _add_unknown(self, names: Iterable[str]) -> None:
        for name in names:
            self.unknown_total += 1
            if self.unknown_total <= LISTED_MAX:
                self.unknown.append(name)

    def _add_synthesised(self, event: Event, legacy: Mapping[str, Json]) -> None:
        self.synthesised_total += 1
        if self.synthesised_total <= LISTED_MAX:
            self.synthesised.append(
                {
                    "position": event.position,
                    "eventType": event.type,
                    "correlationId": event.correlation_id,
                    "fields": legacy.get("fields", {}),
                    "inferred": legacy.get("inferred", {}),
                    "unknown": legacy.get("unknown", []),
                }
            )


def note_to_json(note: Note) -> dict[str, Json]:
    """A note in a report."""
    out: dict[str, Json] = {"kind": str(note.kind), "where": note.where, "text": note.text}
    if note.decision:
        out["decision"] = note.decision
    return out


@dataclass(slots=True)
class Totals:
    """Sums over all runs."""

    runs: Counter[str] = field(default_factory=Counter)
    """Verdict → runs."""
    records: Counter[str] = field(default_factory=Counter)
    """What became of a record → records."""
    notes: Counter[str] = field(default_factory=Counter)
    events: int = 0
    synthesised: int = 0
    parked: int = 0
    mended: int = 0
    unbound: int = 0
    ties: int = 0
    inversions: int = 0


class Report:
    """What a migration did. Close it to remove its temporary file."""

    def __init__(
        self, *, source: str, description: str, target: str | None, dry_run: bool = False
    ) -> None:
        self.source = source
        self.description = description
        self.target = target
        """None in a dry run that looks at none."""
        self.dry_run = dry_run
        self.records_in_source = 0
        self.totals = Totals()
        self.problems: list[Problem] = []
        """What is wrong in the source beside its runs."""
        self.stopped: str | None = None
        """Why it did not get to the end; None when it did."""
        self._spool: IO[str] = tempfile.TemporaryFile("w+", encoding="ascii")  # noqa: SIM115 (closed with the report)

    def add(self, run: RunReport) -> None:
        """Add the report of a run."""
        totals = self.totals
        totals.runs[str(run.verdict)] += 1
        totals.events += run.events
        totals.synthesised += run.synthesised_total
        totals.ties += run.ties
        totals.inversions += run.inversions
        totals.parked += run.parked is not None
        totals.mended += run.mended
        totals.unbound += run.unbound
        totals.notes.update(run.notes_total)
        if run.verdict in (Verdict.QUARANTINED, Verdict.REFUSED, Verdict.SKIPPED):
            totals.records[str(run.verdict)] += run.records
        else:
            totals.records.update(run.fates)
        self._spool.seek(0, 2)
        self._spool.write(codec.dumps(run.to_json()) + "\n")

    def runs(self) -> Iterator[dict[str, Json]]:
        """The reports of all runs as JSON, in order."""
        self._spool.flush()
        self._spool.seek(0)
        for line in self._spool:
            run = codec.loads(line)
            assert isinstance(run, dict)  # it was written by `add`
            yield run

    @property
    def ok(self) -> bool:
        """Whether everything in the source is in the target."""
        runs = self.totals.runs
        refused = runs[Verdict.QUARANTINED] or runs[Verdict.REFUSED]
        return not refused and not self.problems and not self.stopped

    @property
    def accounted(self) -> int:
        """How many source records the counts say something about."""
        return self.totals.records.total()

    def summary(self) -> dict[str, Json]:
        """The report without its runs."""
        totals = self.totals
        return {
            "report": REPORT,
            "source": self.source,
            "description": self.description,
            "target": self.target,
            "dryRun": self.dry_run,
            "ok": self.ok,
            "stopped": self.stopped,
            "runs": dict(sorted(totals.runs.items())),
            "records": {
                "inSource": self.records_in_source,
                "accounted": self.accounted,
                **dict(sorted(totals.records.items())),
            },
            "events": totals.events,
            "synthesised": totals.synthesised,
            "parked": totals.parked,
            "mended": totals.mended,
            "unbound": totals.unbound,
            "ties": totals.ties,
            "inversions": totals.inversions,
            "notes": dict(sorted(totals.notes.items())),
            "problems": [str(problem) for problem in self.problems],
        }

    def close(self) -> None:
        """Remove the temporary file."""
        # What a full disk kept in memory is not wanted any more.
        with contextlib.suppress(OSError):
            self._spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def write_json(report: Report, file: IO[str]) -> None:
    """Write the whole report as one JSON object, run by run."""
    head = codec.dumps(report.summary())
    # The list of runs goes into the object that the summary is.
    file.write(head[:-1] + ',"reports":[')
    for number, run in enumerate(report.runs()):
        file.write(("," if number else "") + "\n" + codec.dumps(run))
    file.write("\n]}\n")


__all__ = [
    "LISTED_MAX",
    "REPORT",
    "Fate",
    "Made",
    "NoteKind",
    "Report",
    "RunReport",
    "Totals",
    "Verdict",
    "note_to_json",
    "write_json",
]
