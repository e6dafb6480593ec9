"""Finding the run that somebody means."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from wfx.entities import HookStatus
from wfx.errors import NotFound
from wfx.world import Quarantined

if TYPE_CHECKING:
    from wfx.client import Client
    from wfx.entities import Run

_LOOKED_AT: Final = 200
_NEAR_MAX: Final = 3
_IDS_ALIKE: Final = 0.85
"""Ids of one hour begin alike."""
_TOKENS_ALIKE: Final = 0.75


def known_run(client: Client, run_id: str) -> Run:
    """
    The run of this id, without payloads.

    Raises:
        NotFound: There is none; the message has the nearest ids.
    """
    try:
        if not _may_be(run_id):
            raise NotFound(what="run", id=run_id)
        return client.world.runs.get(run_id, "none")
    except NotFound:
        kept = quarantine_of(client, run_id)
        if kept is not None:
            raise NotFound(what="run", id=run_id, hint=in_words(kept)) from None
        ids = [run.run_id for run in client.list_runs(limit=_LOOKED_AT).items]
    hint = _near(run_id, ids, _IDS_ALIKE)
    if not hint:
        listed = "`wfx runs list` shows those that are"
        hint = listed if ids else f"{client.world.url} has no runs yet"
    raise NotFound(what="run", id=run_id, hint=hint) from None


def with_near_tokens(client: Client, unknown: NotFound) -> NotFound:
    """The same for the token of a hook, if another one that takes payloads is near."""
    hooks = client.world.hooks.list(status=HookStatus.ACTIVE, limit=_LOOKED_AT).items
    hint = _near(unknown.id, [hook.token for hook in hooks if hook.token], _TOKENS_ALIKE)
    return NotFound(what=unknown.what, id=unknown.id, hint=hint) if hint else unknown


def _near(wanted: str, known: Sequence[str], alike: float) -> str:
    """What may have been meant; empty if nothing is near."""
    if not wanted:
        return ""
    near = [each for each in known if each.startswith(wanted) or each.endswith(wanted)]
    near = near or difflib.get_close_matches(wanted, known, n=_NEAR_MAX, cutoff=alike)
    return f"did you mean {' or '.join(near[:_NEAR_MAX])}?" if near else ""


def known_or_kept(client: Client, run_id: str) -> str:
    """
    The id of a run that is there or in quarantine.

    Raises:
        NotFound: Neither; the message has the nearest ids.
    """
    return run_id if quarantine_of(client, run_id) is not None else known_run(client, run_id).run_id


def quarantine_of(client: Client, run_id: str) -> Quarantined | None:
    """What is in quarantine of this id."""
    if not _may_be(run_id):
        return None
    if client.world.events.heads([run_id]):
        return None
    try:
        report = client.world.archive.why_quarantined(run_id)
    except NotFound:
        return None
    return None if report is None else Quarantined(run_id, report)


def _may_be(run_id: str) -> bool:
    """Whether a world may have such an id; databases cannot even be asked for others."""
    return run_id.isprintable()


def in_words(kept: Quarantined) -> str:
    """Why a run is in quarantine, and what to do."""
    return (
        f"it is in quarantine, because a migration could not convert it: {reasons_of(kept)[0]}. "
        "Mend its source and migrate it again; `wfx migrate --to v1` gives its originals back"
    )


def reasons_of(kept: Quarantined) -> list[str]:
    """Why a run is in quarantine."""
    reasons = kept.report.get("reasons")
    return [str(reason) for reason in reasons] if isinstance(reasons, list) and reasons else ["?"]
