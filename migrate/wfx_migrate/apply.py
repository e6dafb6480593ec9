"""
Writing a planned run into a world, and reading it back.

One transaction per run, ids and times kept. Doing it again does nothing: a run that is
there already, with this log at its beginning, is skipped; one that is there with another
log is never touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from wfx.entities import Run
from wfx.errors import AlreadyExists, CorruptLog, IllegalEvent, NotFound
from wfx.values import Json
from wfx.world import Archive, SourceRecord, World
from wfx_migrate.plan import Write
from wfx_migrate.proof import CERTIFICATE, log_hash, source_hash
from wfx_migrate.v1.model import Problem


@dataclass(frozen=True, slots=True)
class Written:
    """It was written, read back and found the same."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """It was there already."""

    reason: str
    kept: frozenset[str]
    """The source records that are kept with it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not be written, or came back otherwise than it was written."""

    problems: list[Problem]


def apply(world: World, planned: Write) -> Written | Skipped | Refused:
    """
    Write a run and verify it. A plan that is written is used up.

    Raises:
        WorldUnavailable: The world cannot be reached, is full, or refuses to write.
    """
    run_id = planned.made.run_id
    there = _there(world, run_id)
    if there is not None:
        return _present(world, planned)
    try:
        world.archive.write(
            run_id,
            planned.made.events,
            planned.records,
            planned.certificate,
            parked=planned.parked,
        )
    except AlreadyExists as error:
        if error.id == run_id:
            # Another process migrates the same source, and was faster.
            return _present(world, planned)
        return Refused([Problem(run_id, f"the target refuses it: {error}")])
    except (CorruptLog, IllegalEvent) as error:
        return Refused([Problem(run_id, f"the target refuses it: {error}")])
    planned.free()  # reading it back takes as much memory again
    problems = check(world, run_id, expected=planned.certificate)
    return Refused(problems) if problems else Written()


def _there(world: World, run_id: str) -> Run | None:
    try:
        return world.runs.get(run_id, resolve_data="none")
    except NotFound:
        return None


def _present(world: World, planned: Write) -> Skipped | Refused:
    """What a run that is there already means."""
    run_id = planned.made.run_id
    archive = world.archive.read(run_id)
    if archive.certificate is None or _migrated(archive.certificate) is None:
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
                    "or other options were given",
                )
            ]
        )
    return Skipped(
        "it was migrated before",
        frozenset(record.source for record in archive.source_records),
    )


def check(world: World, run_id: str, *, expected: dict[str, Json] | None = None) -> list[Problem]:
    """
    Read a migrated run back and hold it against its certificate.

    What was appended after the migration is not its matter.

    Args:
        expected: The certificate it was written with.

    Raises:
        NotFound: There is no such run.
    """
    archive = world.archive.read(run_id)
    found = archive.certificate
    wanted = None if found is None else _migrated(found)
    if found is None or wanted is None:
        return [Problem(run_id, "it has no certificate of a migration")]
    problems = []
    if expected is not None and expected != found:
        problems.append(Problem(run_id, "its certificate came back otherwise than it was written"))
    count, log_sha256, records, source_sha256 = wanted
    problems += _check_log(world, run_id, count, log_sha256)
    problems += _check_records(run_id, archive, records, source_sha256)
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


def _check_records(run_id: str, archive: Archive, count: int, expected: str) -> list[Problem]:
    if len(archive.source_records) != count:
        found = len(archive.source_records)
        return [Problem(run_id, f"{found} of its {count} source records are kept")]
    if source_hash(archive.source_records) != expected:
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


__all__ = ["Refused", "Skipped", "SourceRecord", "Written", "apply", "check"]
