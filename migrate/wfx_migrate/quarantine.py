"""
What a migration could not bring in: kept record by record, with the reason, until it can.

A run in quarantine is no run of its world. It has a report instead of a log, and the
originals of it come back like those of the others. A later migration, of a mended source or
by a later wfx, puts the run in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from wfx import __version__
from wfx.errors import AlreadyExists
from wfx.values import Json
from wfx.world import SourceRecord, World
from wfx_migrate.proof import source_hash, source_hash_of
from wfx_migrate.target import Here
from wfx_migrate.v1.model import LegacyRun, Problem

QUARANTINE: Final = "wfx-quarantine/1"

_LISTED_MAX: Final = 100
"""Reasons that are kept one by one."""


def keep(
    world: World,
    legacy: LegacyRun,
    records: Collection[SourceRecord],
    problems: Sequence[Problem],
    there: Here | None,
) -> str | None:
    """
    Keep what could not be converted; why it was not kept, or None if it was.

    Args:
        there: What the world has of the run.
    """
    if there is not None and there.quarantine is None:
        return "what is in the target of it stays as it is"
    report = _report(legacy, records, problems)
    if there is not None and there.quarantine == report:
        return None
    try:
        world.archive.quarantine(legacy.run_id, records, report)
    except AlreadyExists:
        return "another process put it into the target meanwhile"
    return None


def _report(
    legacy: LegacyRun, records: Collection[SourceRecord], problems: Sequence[Problem]
) -> dict[str, Json]:
    fields = legacy.run.fields if legacy.run else {}
    said: dict[str, Json] = {
        name: value
        for name in ("workflowName", "status", "createdAt")
        if isinstance(value := fields.get(name), str)
    }
    return {
        "quarantine": QUARANTINE,
        "wfxVersion": __version__,
        "reasons": [str(problem) for problem in problems[:_LISTED_MAX]],
        "reasonsTotal": len(problems),
        "source": {
            "kind": str(legacy.kind),
            "format": "v1",
            "records": len(records),
            "sha256": source_hash(records),
        },
        "legacy": said,
    }


def check_quarantine(world: World, run_id: str) -> list[Problem]:
    """
    Hold what is in quarantine against its report.

    Raises:
        NotFound: There is nothing of this id.
    """
    source = (world.archive.why_quarantined(run_id) or {}).get("source")
    if not isinstance(source, dict):
        return [Problem(run_id, "it is not in quarantine, or not by a migration")]
    count, hashed = source_hash_of(lambda: world.archive.records(run_id))
    if source.get("records") != count:
        kept = source.get("records")
        return [Problem(run_id, f"{count} of its {kept} source records are kept")]
    if source.get("sha256") != hashed:
        return [Problem(run_id, "its source records have another hash than was noted")]
    return []
