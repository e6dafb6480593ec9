"""
Writing planned runs into a world, and reading them back.

Whole runs, one or some in a transaction, ids and times kept. Doing it again does nothing: a
run that is there already, with this log at its beginning, is skipped; one that is there with
another log is never touched.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from wfx.errors import AlreadyExists, CorruptLog, IllegalEvent, NotFound
from wfx.values import Json
from wfx.world import World
from wfx_migrate.plan import Write
from wfx_migrate.proof import CERTIFICATE, log_hash, source_hash
from wfx_migrate.v1.model import Problem
from wfx_migrate.v1.spool import Spool


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


@dataclass(frozen=True, slots=True)
class Here:
    """What the target has of a run before anything of it is written."""

    certificate: dict[str, Json] | None
    """Of one that is there; None if it was not migrated."""
    quarantine: dict[str, Json] | None = None
    """Why it is in quarantine; None if it is there."""

    @property
    def migrated(self) -> bool:
        """Whether a run is there, and a migration wrote it."""
        return self.certificate is not None and _migrated(self.certificate) is not None


def look(world: World, run_id: str, quarantined: Container[str]) -> Here | None:
    """
    What a world has of a run.

    Args:
        quarantined: The ids of all that is in quarantine.
    """
    if world.events.heads([run_id]):
        return Here(world.archive.certificate(run_id))
    if run_id not in quarantined:
        return None
    try:
        return Here(None, world.archive.read(run_id).quarantine)
    except NotFound:  # somebody took it out meanwhile
        return None


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
        if isinstance(error, AlreadyExists) and error.id == run_id:
            # Another process migrates the same source, and was faster.
            return {run_id: _present(world, plans[0])}
        return {run_id: Refused([Problem(run_id, f"the target refuses it: {error}")])}
    out: dict[str, Result] = {}
    for planned in plans:
        planned.free()  # reading it back takes as much memory again
        run_id = planned.made.run_id
        problems = check(world, run_id, expected=planned.certificate)
        out[run_id] = Refused(problems) if problems else Written()
    return out


def _present(world: World, planned: Write) -> Skipped | Refused:
    """What a run that is there already means."""
    run_id = planned.made.run_id
    certificate = world.archive.certificate(run_id)
    if certificate is None or _migrated(certificate) is None:
        return Refused(
            [Problem(run_id, "a run of this id is in the target already, and was not migrated")]
        )
    mine = planned.made
    if log_hash(islice(world.events.lines(run_id), len(mine.events))) != mine.sha256:
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
    found = world.archive.certificate(run_id)
    wanted = None if found is None else _migrated(found)
    if found is None or wanted is None:
        return [Problem(run_id, "it has no certificate of a migration")]
    problems = []
    if expected is not None and expected != found:
        problems.append(Problem(run_id, "its certificate came back otherwise than it was written"))
    count, log_sha256, records, source_sha256 = wanted
    problems += _check_log(world, run_id, count, log_sha256)
    problems += _check_records(world, run_id, records, source_sha256)
    return problems


def _check_log(world: World, run_id: str, count: int, expected: str) -> list[Problem]:
    # What has the hash of the log that was folded and compared is that log: no need to do
    # either again.
    found = 0

    def counted() -> Iterator[str]:
        nonlocal found
        for line in islice(world.events.lines(run_id), count):
            found += 1
            yield line

    hashed = log_hash(counted())
    if found < count:
        return [Problem(run_id, f"its log has {found} events, and {count} were written")]
    if hashed != expected:
        return [Problem(run_id, "its log has another hash than was certified")]
    return []


def _check_records(world: World, run_id: str, count: int, expected: str) -> list[Problem]:
    kept = Spool(world.archive.records(run_id))
    if len(kept) != count:
        return [Problem(run_id, f"{len(kept)} of its {count} source records are kept")]
    if source_hash(kept) != expected:
        return [Problem(run_id, "its source records have another hash than was certified")]
    return []


def _migrated(certificate: dict[str, Json]) -> tuple[int, str, int, str] | None:
    """Events, their hash, records, their hash; None if it is no certificate of ours."""
    if certificate.get("certificate") != CERTIFICATE:
        return None
    log, source = certificate.get("log"), certificate.get("source")
    if not isinstance(log, dict) or not isinstance(source, dict):
        return None
    events, records = log.get("events"), source.get("records")
    if not isinstance(events, int) or not isinstance(records, int):
        return None
    return events, str(log.get("sha256")), records, str(source.get("sha256"))


__all__ = ["Here", "Refused", "Result", "Skipped", "Written", "apply", "check", "foreseen", "look"]
