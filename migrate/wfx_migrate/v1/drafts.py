"""Events before they have a place in the log, and the stored ones they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from wfx.events import RUN_ENDS, EventData, StepCreated
from wfx.values import Json
from wfx_migrate.v1.model import Row
from wfx_migrate.v1.room import Room


@dataclass(slots=True)
class Stored:
    """An event as v1 stored it; its place is known when all are read."""

    row: Row
    id: str
    type: str
    at: datetime
    order: datetime
    """`at`, or that of an earlier event that v1 reads before it."""
    number: int
    """Its place among the stored events."""
    correlation_id: str | None
    data: Mapping[str, Any]

    @property
    def source(self) -> str:
        return self.row.source

    @property
    def key(self) -> tuple[int, str]:
        """Its draft's key: stored events stay in their order."""
        return self.number, "stored"

    def about(self) -> str:
        """The step, hook or wait it is about."""
        if not self.correlation_id:
            raise self.row.bad(f"{self.type} has no correlationId")
        return self.correlation_id

    def use_up(self) -> None:
        """Let go of what it said: the draft has all of it."""
        for said in (self.data, self.row.fields):
            if isinstance(said, dict):
                said.clear()


RANK_CREATION: Final = 2
RANK_STORED: Final = 3
RANK_DERIVED: Final = 4
RANK_END: Final = 5


@dataclass(slots=True)
class Draft:
    """An event before it has a position."""

    data: EventData
    at: datetime
    order: datetime
    rank: int
    sources: list[str]
    legacy: dict[str, Json]
    correlation_id: str | None = None
    stored: Stored | None = None
    key: tuple[int, str] = (0, "")
    """Decides between drafts of one moment and rank."""


def _place(draft: Draft) -> tuple[datetime, int, tuple[int, str]]:
    return draft.order, draft.rank, draft.key


class Drafts:
    """
    All drafts of a run.

    The newest may still be changed, until `settle` is called; then they may go to disk.
    """

    def __init__(self, room: Room) -> None:
        self._begin: list[Draft] = []
        self._creations = room.sorted(_place)
        self._others = room.sorted(_place)
        self._fresh: list[Draft] = []
        self._count = 0
        self._first: datetime | None = None
        self._earliest: datetime | None = None
        self._latest: datetime | None = None

    def append(self, draft: Draft) -> None:
        """Add one."""
        self._fresh.append(draft)
        self._count += 1
        at = draft.at
        self._latest = at if self._latest is None else max(self._latest, at)
        if self._first is None:
            self._first = at
        else:
            self._earliest = at if self._earliest is None else min(self._earliest, at)

    def __len__(self) -> int:
        return self._count

    @property
    def earliest(self) -> datetime:
        """When the first thing happened after the first draft; its own time if nothing did."""
        at = self._earliest or self._first
        assert at is not None  # run_created is always there
        return at

    @property
    def latest(self) -> datetime:
        """When the last thing happened."""
        assert self._latest is not None  # run_created is always there
        return self._latest

    def settle(self) -> None:
        """Those added so far are not changed any more."""
        for draft in self._fresh:
            if draft.rank < RANK_CREATION:
                self._begin.append(draft)
            elif isinstance(draft.data, StepCreated):
                self._creations.add(draft)
            else:
                self._others.add(draft)
        self._fresh.clear()

    def in_order(self, late: Callable[[Draft], None]) -> Iterator[Draft]:
        """
        All of them: run_created and run_started; then by time, rank and key.

        Creations of steps after the end of the run come before it.

        Args:
            late: Told of each of those.
        """
        self.settle()
        self._begin.sort(key=lambda draft: draft.rank)
        yield from self._begin
        creations, ended = iter(self._creations), False
        creation = next(creations, None)
        for draft in self._others:
            ends = not ended and isinstance(draft.data, RUN_ENDS)
            while creation is not None and ((early := _place(creation) < _place(draft)) or ends):
                if not early:
                    late(creation)
                yield creation
                creation = next(creations, None)
            ended = ended or ends
            yield draft
        while creation is not None:
            yield creation
            creation = next(creations, None)
