"""Runs that a migration could not convert, as the commands about runs show them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from wfx.cli import output, words
from wfx.cli.lookup import reasons_of
from wfx.events import iso, moment

if TYPE_CHECKING:
    from wfx.client import Client
    from wfx.values import Json
    from wfx.world import Quarantined

STATUS: Final = "quarantined"
_CURSOR: Final = f"{STATUS}:"
"""How a cursor begins behind the last run of a world."""


def is_cursor(cursor: str | None) -> bool:
    """Whether a list goes on among what is in quarantine."""
    return cursor is not None and cursor.startswith(_CURSOR)


def page(
    client: Client, limit: int, cursor: str | None = None, workflow: str | None = None
) -> tuple[list[Quarantined], str | None]:
    """Some of what is in quarantine, and the cursor of what follows."""
    archive = client.world.archive
    after = (cursor or "").removeprefix(_CURSOR) or None
    found = archive.quarantined(limit=max(limit, 1), cursor=after)
    if limit < 1:
        return [], _CURSOR if found.items else None
    items = [each for each in found.items if workflow in (None, _said(each, "workflowName"))]
    return items, None if found.cursor is None else f"{_CURSOR}{found.cursor}"


def row(kept: Quarantined) -> tuple[str, str, str, str]:
    """A line of the list."""
    at = _created(kept)
    name = _said(kept, "workflowName") or "?"
    return kept.run_id, STATUS, "?" if at is None else words.moment(at), name


def to_json(kept: Quarantined) -> dict[str, Json]:
    """One of the objects of the list."""
    at = _created(kept)
    shown: dict[str, Json] = {"runId": kept.run_id, "status": STATUS}
    if (name := _said(kept, "workflowName")) is not None:
        shown["workflowName"] = name
    if at is not None:
        shown["createdAt"] = iso(at)
    shown["quarantine"] = kept.report
    return shown


def show(kept: Quarantined, *, as_json: bool) -> None:
    """`wfx runs show` of one."""
    if as_json:
        output.json_object(to_json(kept))
        return
    output.line(f"{kept.run_id} {STATUS}")
    for name, text in (
        ("workflow", _said(kept, "workflowName")),
        ("was", _said(kept, "status")),
    ):
        if text is not None:
            output.line(f"  {name:<9} {text}")
    at = _created(kept)
    if at is not None:
        output.line(f"  created   {words.moment(at)}")
    for reason in reasons_of(kept):
        output.line(f"  because   {reason.removeprefix(f'{kept.run_id}: ')}")
    source = kept.report.get("source")
    if isinstance(source, dict):
        output.line(f"  kept      {source.get('records')} records of its source")
    output.note("Mend the source and migrate it again, or get the originals: wfx migrate --to v1")


def _said(kept: Quarantined, name: str) -> str | None:
    """What its source says of it."""
    said = kept.report.get("legacy")
    value = said.get(name) if isinstance(said, dict) else None
    return value if isinstance(value, str) else None


def _created(kept: Quarantined) -> datetime | None:
    try:
        return moment(_said(kept, "createdAt") or "")
    except (ValueError, OverflowError):
        return None
