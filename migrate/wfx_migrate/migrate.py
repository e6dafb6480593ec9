"""
Migrating a source into a world: read, convert, check, write, verify, report.

    with migrate("/var/workflow-data", world) as report:
        print(report.summary())

One run at a time, in the order of their ids; each in one transaction. It may be killed at
any moment and started again, and several processes may do it at once: what is there is
skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from wfx.errors import WorldError
from wfx.values import Json
from wfx.world import SourceRecord, World
from wfx_migrate.apply import Refused, Skipped, apply
from wfx_migrate.formats import Format, chain
from wfx_migrate.plan import Quarantined, Write, plan
from wfx_migrate.report import (
    Report,
    RunReport,
    Verdict,
    differences,
    note_to_json,
    synthesised,
    unknown,
)
from wfx_migrate.v1.model import LegacyRun, Problem, Source, ValueForm
from wfx_migrate.v1.notes import Paused

LOOSE: Final = "beside runs"
"""What records that belong to no run are counted as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to migrate."""

    format: str = "v1"
    dry_run: bool = False
    paused: Paused = Paused.HOLD
    names: Mapping[str, str] = field(default_factory=dict)
    """Recorded name → the Python workflow or step it is bound to."""
    only: frozenset[str] | None = None
    """Only these runs."""
    values: ValueForm = ValueForm.PLAIN
    """How values in JSON Lines are written."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a migration is."""

    runs: int
    runs_total: int
    records: int
    records_total: int
    events: int
    quarantined: int


Watch: TypeAlias = Callable[[Progress], None]


def migrate(
    source: str | Path | Source,
    world: World | None,
    options: Options | None = None,
    progress: Watch | None = None,
) -> Report:
    """
    Migrate a source into a world.

    Args:
        source: A path, a URL, `-`, or a source that is open already (and stays open).
        world: Where to write; None only in a dry run.
        progress: Called after each run.

    Raises:
        SourceError: The source cannot be read at all, or is of another format.
        UnsupportedFormat: `options.format` is none.
        WorldUnavailable: The world cannot be reached; nothing was begun.
    """
    options = options or Options()
    formats = chain(options.format)
    if world is None and not options.dry_run:
        raise ValueError("without a world there is only a dry run")
    if not isinstance(source, (str, Path)):
        return _Migration(source, world, formats, options, progress).run()
    with formats[0].open(source, options.values) as opened:
        return _Migration(opened, world, formats, options, progress).run()


class _Migration:
    def __init__(
        self,
        source: Source,
        world: World | None,
        formats: list[Format],
        options: Options,
        progress: Watch | None,
    ) -> None:
        self.source = source
        self.world = None if options.dry_run else world
        self.formats = formats
        self.options = options
        self.progress = progress
        self.report = Report(
            source=source.name,
            description=source.description,
            target=self.world.url if self.world is not None else None,
        )
        self.loose: list[SourceRecord] = []

    def run(self) -> Report:
        try:
            self._run()
        except BaseException:
            self.report.close()
            raise
        return self.report

    def _run(self) -> None:
        report, options = self.report, self.options
        size = self.source.size()
        report.records_in_source = size.records
        seen: set[str] = set()
        if options.only is None:
            loose = self.source.loose()
            self.loose = loose.records
            report.totals.records[LOOSE] += len(loose.records)
            report.problems += loose.problems
        records = 0
        for done, legacy in enumerate(self.source.runs(options.only), start=1):
            try:
                self._one(legacy)
            except WorldError as error:
                # A full disk or a lost database: what was written stays, the rest can follow.
                report.stopped = f"{legacy.run_id}: {error}"
                return
            records += len(legacy.records)
            if options.only is not None:
                seen.add(legacy.run_id)
            if self.progress is not None:
                self.progress(
                    Progress(
                        runs=done,
                        runs_total=size.runs if options.only is None else len(options.only),
                        records=records,
                        records_total=size.records,
                        events=report.totals.events,
                        quarantined=report.totals.runs[Verdict.QUARANTINED],
                    )
                )
        if options.only is not None:
            report.totals.records["not selected"] = size.records - report.accounted
            report.problems += [
                Problem(run_id, "the source has no such run")
                for run_id in sorted(options.only - seen)
            ]
        elif self.loose and self.world is not None:
            report.problems += [
                Problem(record.source, "no run was written that it could be kept with")
                for record in self.loose
            ]

    def _one(self, legacy: LegacyRun) -> None:
        options = self.options
        planned = plan(
            self.formats, legacy, paused=options.paused, names=options.names, beside=self.loose
        )
        # All of it is in the plan now; a run may be a great part of the memory there is.
        for rows in (legacy.steps, legacy.hooks, legacy.events):
            rows.clear()
        if isinstance(planned, Quarantined):
            self.report.add(_not_written(legacy, Verdict.QUARANTINED, planned.problems))
            return
        if self.world is None:
            self.loose = []
            self.report.add(_written(planned, Verdict.WOULD_MIGRATE))
            return
        result = apply(self.world, planned)
        if isinstance(result, Refused):
            self.report.add(_not_written(legacy, Verdict.QUARANTINED, result.problems))
        elif isinstance(result, Skipped):
            self.loose = [record for record in self.loose if record.source not in result.kept]
            problem = Problem(legacy.run_id, result.reason)
            self.report.add(_not_written(legacy, Verdict.SKIPPED, [problem]))
        else:
            self.loose = []
            self.report.add(_written(planned, Verdict.MIGRATED))


def _not_written(legacy: LegacyRun, verdict: Verdict, problems: list[Problem]) -> RunReport:
    fields = legacy.run.fields if legacy.run else {}
    name, status = fields.get("workflowName"), fields.get("status")
    return RunReport(
        run_id=legacy.run_id,
        workflow_name=name if isinstance(name, str) else None,
        verdict=verdict,
        reasons=[str(problem) for problem in problems],
        legacy_status=status if isinstance(status, str) else None,
        records=len(legacy.records),
    )


def _written(planned: Write, verdict: Verdict) -> RunReport:
    legacy, made = planned.legacy, planned.made
    fates: dict[str, int] = {}
    for record in legacy.records:
        fate = str(made.fates[record.source])
        fates[fate] = fates.get(fate, 0) + 1
    parked = planned.parked["message"] if planned.parked else None
    notes: list[dict[str, Json]] = [note_to_json(note) for note in made.notes]
    return RunReport(
        run_id=legacy.run_id,
        workflow_name=planned.run.workflow_name,
        verdict=verdict,
        legacy_status=legacy.run.text("status") if legacy.run else None,
        status=str(planned.run.status),
        parked=str(parked) if parked else None,
        records=len(legacy.records),
        fates=fates,
        events=len(made.events),
        synthesised=list(synthesised(made.events)),
        unknown=list(unknown(made.events)),
        notes=notes,
        ties=made.ties,
        inversions=made.inversions,
        fields_compared=planned.comparison.fields,
        fields_equal=planned.comparison.equal,
        differences=list(differences(planned.comparison)),
        certificate=planned.certificate,
    )
