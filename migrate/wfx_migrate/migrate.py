"""
Migrating a source into a world: read, convert, check, write, verify, report.

    with migrate("/var/workflow-data", world) as report:
        print(report.summary())

Run by run, in the order of their ids; each whole in one transaction, small ones together. It
may be killed at any moment and started again, and several processes may do it at once: what
is there is skipped.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias

from wfx.binding import bound, named
from wfx.errors import NotFound, WorldError
from wfx.world import SourceRecord, World
from wfx_migrate.apply import Refused, Result, Skipped, apply, foreseen
from wfx_migrate.beside import Beside
from wfx_migrate.formats import Format
from wfx_migrate.formats import chain as formats_from
from wfx_migrate.plan import Quarantined, Write, plan
from wfx_migrate.quarantine import keep
from wfx_migrate.report import Report, RunReport, Verdict
from wfx_migrate.run_reports import not_written, written
from wfx_migrate.target import Here, Target
from wfx_migrate.v1.model import LegacyRun, Problem, Source, SourceError, ValueForm
from wfx_migrate.v1.notes import Choices, Paused
from wfx_migrate.v1.reader import parts_of
from wfx_migrate.v1.room import in_temporary_files
from wfx_migrate.v1.spool import Spool, names, size_of

LOOSE: Final = "beside runs"
"""What records that belong to no run are counted as."""
_MADE_MIN: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to migrate."""

    format: str = "v1"
    dry_run: bool = False
    paused: Paused = Paused.HOLD
    names: Mapping[str, str] = field(default_factory=dict)
    """Recorded name, or pattern → what it is bound to in Python; see `wfx.binding.named`."""
    only: frozenset[str] | None = None
    """Only these runs."""
    values: ValueForm = ValueForm.PLAIN
    """How values in JSON Lines are written."""
    together: int = 2_000
    """Runs are written in one transaction until they have so many records, or KiB of them."""


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
        world: Where to write; in a dry run only looked at, and may be None.
        progress: Called after each run.

    Raises:
        SourceError: The source cannot be read at all, or is of another format.
        UnsupportedFormat: `options.format` is none.
        WorldUnavailable: The world cannot be reached; nothing was begun.
    """
    options = options or Options()
    formats = formats_from(options.format)
    if world is None and not options.dry_run:
        raise ValueError("without a world there is only a dry run")
    if not isinstance(source, (str, Path)):
        return _Migration(source, world, formats, options, progress).run()
    with formats[0].open(source, options.values) as opened:
        return _Migration(opened, world, formats, options, progress).run()


@dataclass(frozen=True, slots=True)
class _Member:
    """A run that waits to be written with others."""

    legacy: LegacyRun
    planned: Write | None
    """None if there is nothing to write."""
    report: RunReport
    """What is said of it if it is written."""

    @property
    def weight(self) -> int:
        """How many records it has, or KiB of them."""
        if self.planned is None:
            return 1
        return max(len(self.planned.records), size_of(self.planned.records) // 1024)


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
        self.world = world
        """The target; a dry run only looks at it."""
        self.writes = world is not None and not options.dry_run
        self.target = None if world is None else Target(world)
        self.tokens: dict[str, str] = {}
        """Tokens that open runs before have, or would have, and those runs."""
        self.formats = formats
        self.options = options
        self.progress = progress
        self.size = source.size()
        self.report = Report(
            source=source.name,
            description=source.description,
            target=self.world.url if self.world is not None else None,
            dry_run=not self.writes,
        )
        self.runs = self.records = 0
        self.group: list[_Member] = []
        self.beside = Beside(iter(()))
        self.twice: frozenset[str] = frozenset()
        """Runs that an earlier part of the source has too."""

    def run(self) -> Report:
        try:
            with in_temporary_files(), _collecting_seldom():
                self._run()
        except BaseException:
            self.report.close()
            raise
        return self.report

    def _run(self) -> None:
        report = self.report
        size = self.size
        report.records_in_source = size.records
        seen: set[str] = set()
        at = "the source"
        try:
            for part, twice in parts_of(self.source):
                self.twice = twice
                self.beside = Beside(part.loose() if self.options.only is None else iter(()))
                if self.target is not None:
                    self.target.expect(self._wanted(part))
                for legacy in part.runs(self.options.only):
                    at = legacy.run_id
                    if at in self.twice:
                        problem = Problem(at, "another part of the source has this run too")
                        legacy.problems.append(problem)
                    self._one(legacy)
                    if self.options.only is not None:
                        seen.add(at)
                self._finish()
                self._account_beside()
        except (WorldError, SourceError) as error:
            # A full disk, or a database that went away: what was written stays, and the rest
            # follows when it is started again.
            at = self.group[0].legacy.run_id if self.group else at
            report.stopped = f"{at}: {error}"
        self._account(seen)

    def _wanted(self, part: Source) -> Iterator[str]:
        """The runs of a part that are asked for, in their order."""
        only = self.options.only
        return (run_id for run_id in part.run_ids() if only is None or run_id in only)

    def _tell(self, legacy: LegacyRun) -> None:
        self.runs += 1
        self.records += legacy.count
        if self.progress is None:
            return
        only, size = self.options.only, self.size
        self.progress(
            Progress(
                runs=self.runs,
                runs_total=size.runs if only is None else len(only),
                records=self.records,
                records_total=size.records,
                events=self.report.totals.events,
                quarantined=self.report.totals.runs[Verdict.QUARANTINED],
            )
        )

    def _account(self, seen: set[str]) -> None:
        """Say something about the records that no run's report speaks of."""
        report, only, size = self.report, self.options.only, self.size
        records = report.totals.records
        if report.stopped:
            records["not reached"] = size.records - report.accounted
            return
        if only is not None:
            records["not selected"] = size.records - report.accounted
            report.problems += [
                Problem(run_id, "the source has no such run") for run_id in sorted(only - seen)
            ]

    def _account_beside(self) -> None:
        """Say something about the records of a part that belong to no run."""
        report = self.report
        for where in self.beside.rest():
            if self.writes:
                problem = Problem(where, "no run was written that it could be kept with")
                report.problems.append(problem)
        report.problems += self.beside.problems
        report.totals.records[LOOSE] += self.beside.count

    def _one(self, legacy: LegacyRun) -> None:
        beside = self.beside.page()
        run_id = legacy.run_id
        there = None if self.target is None else self.target.look(run_id)
        tokens = _tokens(legacy)
        choices = self._choices(run_id, tokens, there)
        planned = plan(self.formats, legacy, choices=choices, beside=beside)
        # All of it is in the plan now; a run may be a great part of the memory there is.
        for rows in (legacy.steps, legacy.hooks, legacy.events):
            rows.clear()
        if isinstance(planned, Quarantined):
            report = self._kept(legacy, planned.problems, beside, there)
            self.group.append(_Member(legacy, None, report))
        else:
            if not planned.run.ended:
                self.tokens |= dict.fromkeys(tokens - choices.taken.keys(), run_id)
            self.group.append(self._member(legacy, planned, there))
        # Until they are written, the same records would be kept with the next run too.
        if beside or sum(member.weight for member in self.group) >= self.options.together:
            self._finish()

    def _member(self, legacy: LegacyRun, planned: Write, there: Here | None) -> _Member:
        """A run that can be converted, for the group that is written next."""
        mended = there is not None and there.quarantine is not None
        if self.writes:
            return _Member(legacy, planned, written(planned, Verdict.MIGRATED, mended=mended))
        found = None if self.world is None else foreseen(self.world, planned, there)
        report = written(planned, Verdict.WOULD_MIGRATE, mended=mended)
        if found is None:
            self.beside.kept(planned.beside)
        else:
            report = self._judged(_Member(legacy, planned, report), planned, found)
        return _Member(legacy, None, report)

    def _kept(
        self,
        legacy: LegacyRun,
        problems: list[Problem],
        beside: list[SourceRecord],
        there: Here | None,
    ) -> RunReport:
        """Keep what cannot be converted; its report."""
        why_not: str | None = None
        if legacy.run_id in self.twice:
            why_not = "these records of it are left in the source"
        elif self.writes and self.world is not None:
            records = Spool(chain(legacy.records, beside)) if beside else legacy.records
            why_not = keep(self.world, legacy, records, problems, there)
        if why_not is None:
            self.beside.kept(names(beside))
        else:
            problems = [*problems, Problem(legacy.run_id, why_not)]
        return not_written(legacy, Verdict.QUARANTINED, problems)

    def _choices(self, run_id: str, tokens: set[str], there: Here | None) -> Choices:
        """What decides about a run: if it was migrated before, what decided then."""
        if there is not None and there.migrated and there.certificate is not None:
            return Choices.from_json(there.certificate.get("options"))
        holders = {token: self._holder(token) for token in sorted(tokens)}
        return Choices(
            paused=self.options.paused,
            names=self.options.names,
            taken={
                token: holder
                for token, holder in holders.items()
                if holder is not None and holder != run_id
            },
        )

    def _holder(self, token: str) -> str | None:
        """The run that has a hook of this token active."""
        if token in self.tokens:
            return self.tokens[token]
        if self.world is None:
            return None
        try:
            hook = self.world.hooks.get_by_token(token)
        except NotFound:
            return None
        return None if hook.ended else hook.run_id

    def _finish(self) -> None:
        """Write the runs that are planned, and report on them."""
        group, self.group = self.group, []
        plans = [member.planned for member in group if member.planned is not None]
        results: list[Result] = []
        try:
            if self.world is not None and plans:
                results = apply(self.world, plans)
        except WorldError:
            self.group = group
            raise
        results.reverse()
        for member in group:
            report = member.report
            if member.planned is not None:
                report = self._judged(member, member.planned, results.pop())
            self.report.add(report)
            self._tell(member.legacy)

    def _judged(self, member: _Member, planned: Write, result: Result) -> RunReport:
        """The report of a run that was to be written."""
        if isinstance(result, Refused):
            return not_written(member.legacy, Verdict.REFUSED, result.problems)
        if isinstance(result, Skipped):
            self.beside.kept(result.kept)
            unbound = self._unbound(planned)
            reason = result.reason
            if unbound:
                reason += f"; to bind its names now: wfx release {planned.run.run_id} --map …"
            if self._otherwise_paused(planned):
                reason += "; what became of it when it was paused stays"
            problem = Problem(member.legacy.run_id, reason)
            report = not_written(member.legacy, Verdict.SKIPPED, [problem])
            return replace(report, unbound=unbound)
        self.beside.kept(planned.beside)
        return member.report

    def _unbound(self, planned: Write) -> bool:
        """Whether a run that was migrated before lacks a name that is given now."""
        run = planned.run
        wanted = named(self.options.names, run.workflow_name)
        if run.ended or wanted is None or self.world is None:
            return False
        there = self.world.runs.get(run.run_id, "none")
        return not there.ended and bound(run.workflow_name, there.execution_context) != wanted

    def _otherwise_paused(self, planned: Write) -> bool:
        before = Choices.from_json(planned.certificate["options"]).paused
        return planned.made.paused and before is not self.options.paused


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """
    Have Python look for cycles less often: it looks whenever so many more things were made.

    A run is very many small things, and they are let go of with it, without any cycles.
    """
    before = gc.get_threshold()
    if before[0]:
        gc.set_threshold(max(before[0], _MADE_MIN), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _tokens(legacy: LegacyRun) -> set[str]:
    """The tokens that a run's hooks may still have."""
    given = (row.fields.get("token") for row in legacy.hooks)
    return {token for token in given if isinstance(token, str)}
