"""What the target of a migration has of the runs of its source, before they are written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from wfx.errors import NotFound
from wfx.values import Json
from wfx.world import World
from wfx_migrate.proof import migrated

_PAGE: Final = 500


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
        return self.certificate is not None and migrated(self.certificate) is not None


class Target:
    """What a world has of runs that are asked for one after the other."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._quarantined = _quarantined(world)
        self._coming: Iterator[str] = iter(())
        self._page: Collection[str] = ()
        self._there: Collection[str] = ()
        """Those of the page that are runs there."""

    def expect(self, run_ids: Iterable[str]) -> None:
        """These are asked for next, in this order: they are looked for page by page."""
        self._coming = iter(run_ids)

    def look(self, run_id: str) -> Here | None:
        """What there is of a run."""
        while run_id not in self._page:
            # One that nobody expected is a page of its own.
            self._page = frozenset(islice(self._coming, _PAGE)) or {run_id}
            self._there = self._world.events.heads(self._page).keys()
        if run_id in self._there:
            return Here(self._world.archive.certificate(run_id))
        if run_id not in self._quarantined:
            return None
        try:
            return Here(None, self._world.archive.why_quarantined(run_id))
        except NotFound:  # somebody took it out meanwhile
            return None


def _quarantined(world: World) -> frozenset[str]:
    """The ids of all that a world has in quarantine."""
    found: set[str] = set()
    cursor: str | None = None
    while True:
        page = world.archive.quarantined(limit=_PAGE, cursor=cursor)
        found.update(kept.run_id for kept in page.items)
        cursor = page.cursor
        if cursor is None:
            return frozenset(found)
