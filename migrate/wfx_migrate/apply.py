"""
Writing planned runs into a world, and reading them back.

Whole runs, one or some in a transaction, ids and times kept. Doing it again does nothing: a
run that is there already, with this log at its beginning, is skipped; one that is there with
another log is never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final, TypeAlias

from wfx.errors import AlreadyExists, CorruptLog, IllegalEvent
from wfx.values import Json
from wfx.world import SourceRecord, World
from wfx_migrate.plan import Write
from wfx_migrate.proof import log_hash, migrated, source_hash_of
from wfx_migrate.target import Here
from wfx_migrate.v1.model import Problem

_TOGETHER_BYTES: Final = 4 * 1024 * 1024
"""Runs are read back together up to so many bytes of source records."""


@dataclass(frozen=True, slots=True)
class Written:
    """It was written, read back and found the same."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """It was there already."""

    reason: str
    kept: frozenset[str]
    """The records beside it that were to be kept with it, and are."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not be written, or came back otherwise than it was written."""

    problems: list[Problem]


Result: TypeAlias = Written | Skipped | Refused


def foreseen(world: World, planned: Write, there: Here | None) -> Skipped | Refused | None:
    """What `apply` would answer without writing; None if it would write."""
    return None if there is None or there.quarantine is not None else _present(world, planned)


def apply(world: World, plans: Sequence[Write]) -> list[Result]:
    """
    Write runs and verify them, in one transaction if that can be. The plans are used up.

    Raises:
        WorldUnavailable: The world cannot be reached, is full, or refuses to write.
    """
    there = world.events.heads([planned.made.run_id for planned in plans])
    new = [planned for planned in plans if planned.made.run_id not in there]
    written = _write(world, new) if new else {}
    return [
        written[planned.made.run_id] if planned.made.run_id in written else _present(world, planned)
        for planned in plans
    ]


def _write(world: World, plans: Sequence[Write]) -> dict[str, Result]:
    """Write runs that are not there; what became of each."""
    try:
        world.archive.write_all([planned.incoming() for planned in plans])
    except (AlreadyExists, CorruptLog, IllegalEvent) as error:
        if len(plans) > 1:
            # One of them is refused: which, and what of the others?
            found: dict[str, Result] = {}
            for planned in plans:
                found |= _write(world, [planned])
            return found
        run_id = plans[0].made.run_id
        if type(error) is AlreadyExists and error.id == run_id:
            # Another process migrates the same source, and was faster.
            return {run_id: _present(world, plans[0])}
        return {run_id: Refused([Problem(run_id, f"the target refuses it: {error}")])}
    for planned in plans:
        planned.free()  # reading it back takes as much memory again
    return {
        planned.made.run_id: Refused(problems) if problems else Written()
        for planned, problems in _read_back(world, plans)
    }


def _read_back(world: World, plans: Sequence[Write]) -> Iterator[tuple[Write, list[Problem]]]:
    """What is wrong with runs that were just written; a large one is read by itself."""
    small: list[Write] = []
    size = 0
    for planned in plans:
        if planned.size >= _TOGETHER_BYTES:
            run_id = planned.made.run_id
            yield planned, check(world, run_id, expected=planned.certificate)
            continue
        if size + planned.size > _TOGETHER_BYTES:
            yield from _read_together(world, small)
            small, size = [], 0
        small.append(planned)
        size += planned.size
    yield from _read_together(world, small)


def _read_together(world: World, plans: Sequence[Write]) -> Iterator[tuple[Write, list[Problem]]]:
    found = {run.run_id: run for run in world.archive.several([one.made.run_id for one in plans])}
    for planned in plans:
        run_id = planned.made.run_id
        run = found.get(run_id)
        if run is None:
            yield planned, [Problem(run_id, "it is not there after it was written")]
        else:
            records = partial(iter, run.source_records)
            yield (
                planned,
                _judged(run_id, run.certificate, run.lines, records, planned.certificate),
            )


def _present(world: World, planned: Write) -> Skipped | Refused:
    """What a run that is there already means."""
    run_id = planned.made.run_id
    certificate = world.archive.certificate(run_id)
    if certificate is None or migrated(certificate) is None:
        return Refused(
            [Problem(run_id, "a run of this id is in the target already, and was not migrated")]
        )
    mine = planned.made
    lines = islice(world.events.lines(run_id), len(mine.events))
    if log_hash(lines)[1] != mine.sha256:
        return Refused(
            [
                Problem(
                    run_id,
                    "it was migrated before with another log: the source has changed since, "
                    "or a later wfx converts it otherwise",
                )
            ]
        )
    kept: frozenset[str] = frozenset()
    if planned.beside:
        records = world.archive.records(run_id)
        kept = frozenset(record.source for record in records) & planned.beside
    return Skipped("it was migrated before", kept)


def check(world: World, run_id: str, *, expected: dict[str, Json] | None = None) -> list[Problem]:
    """
    Read a migrated run back and hold it against its certificate.

    What was appended after the migration is not its matter.

    Args:
        expected: The certificate it was written with.

    Raises:
        NotFound: There is no such run.
    """
    lines = world.events.lines(run_id)
    certificate = world.archive.certificate(run_id)
    return _judged(run_id, certificate, lines, lambda: world.archive.records(run_id), expected)


def _judged(
    run_id: str,
    certificate: dict[str, Json] | None,
    lines: Iterable[str],
    records: Callable[[], Iterable[SourceRecord]],
    expected: dict[str, Json] | None,
) -> list[Problem]:
    """What is wrong with a run as it was read back."""
    wanted = None if certificate is None else migrated(certificate)
    if wanted is None:
        return [Problem(run_id, "it has no certificate of a migration")]
    problems = []
    if expected is not None and expected != certificate:
        problems.append(Problem(run_id, "its certificate came back otherwise than it was written"))
    count, log_sha256, kept, source_sha256 = wanted
    problems += _check_log(run_id, lines, count, log_sha256)
    problems += _check_records(run_id, records, kept, source_sha256)
    return problems


def _check_log(run_id: str, lines: Iterable[str], count: int, expected: str) -> list[Problem]:
    # What has the hash of the log that was folded and compared is that log: no need to do
    # either again.
    found, hashed = log_hash(islice(lines, count))
    if found < count:
        return [Problem(run_id, f"its log has {found} events, and {count} were written")]
    if hashed != expected:
        return [Problem(run_id, "its log has another hash than was certified")]
    return []


def _check_records(
    run_id: str, records: Callable[[], Iterable[SourceRecord]], count: int, expected: str
) -> list[Problem]:
    found, hashed = source_hash_of(records)
    if found != count:
        return [Problem(run_id, f"{found} of its {count} source records are kept")]
    if hashed != expected:
        return [Problem(run_id, "its source records have another hash than was certified")]
    return []
