"""Finding the run that somebody means."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from wfx.errors import NotFound

if TYPE_CHECKING:
    from wfx.client import Client
    from wfx.entities import Run

_LOOKED_AT: Final = 200
_NEAR_MAX: Final = 3


def known_run(client: Client, run_id: str) -> Run:
    """
    The run of this id, without payloads.

    Raises:
        NotFound: There is none; the message has the nearest ids.
    """
    try:
        return client.world.runs.get(run_id, "none")
    except NotFound:
        ids = [run.run_id for run in client.list_runs(limit=_LOOKED_AT).items]
    near = [known for known in ids if known.startswith(run_id) or known.endswith(run_id)]
    near = near or difflib.get_close_matches(run_id, ids, n=_NEAR_MAX, cutoff=0.85)
    if near:
        hint = f"did you mean {' or '.join(near[:_NEAR_MAX])}?"
    elif ids:
        hint = "`wfx runs list` shows those that are"
    else:
        hint = f"{client.world.url} has no runs yet"
    raise NotFound(what="run", id=run_id, hint=hint) from None
