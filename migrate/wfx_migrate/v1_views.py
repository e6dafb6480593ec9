"""
Runs of a legacy source, converted when they are looked at and never written anywhere.

Each is held in a world in memory of its own, a few at a time. A run that would be
quarantined is a run of one event with the reason.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from wfx.clock import EPOCH
from wfx.entities import Run
from wfx.errors import CorruptLog, IllegalEvent, NotFound
from wfx.events import Event, RunCreated
from wfx.memory import MemoryWorld
from wfx.world import Task
from wfx_migrate.formats import chain, convert
from wfx_migrate.v1.model import LegacyRun, Problem, Row, Source
from wfx_migrate.v1.notes import Choices, Quarantine
from wfx_migrate.v1.streams import RunStreams

if TYPE_CHECKING:
    from wfx.values import Json

_VIEWS_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class View:
    """One run, converted."""

    world: MemoryWorld
    run: Run
    damage: CorruptLog | None


class Views:
    """The runs of a source, converted when they are asked for."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.lock = threading.RLock()
        self._formats = chain("v1")
        self._ids: list[str] | None = None
        self._known: frozenset[str] = frozenset()
        self._views: OrderedDict[str, View] = OrderedDict()
        self._tasks: dict[str, Task | None] = {}

    def ids(self) -> list[str]:
        """All runs by id. Ids of runs begin with their time, so that this is their order."""
        with self.lock:
            if self._ids is None:
                self._ids = sorted(self.source.run_ids())
                self._known = frozenset(self._ids)
            return self._ids

    def get(self, run_id: str) -> View:
        """
        One run.

        Raises:
            NotFound: The source has none of this id.
        """
        with self.lock:
            view = self._views.get(run_id)
            if view is None:
                self.ids()
                if run_id in self._known:
                    view = next(self.several([run_id]), None)
            if view is None:
                raise NotFound(what="run", id=run_id, hint=f"it is not in {self.source.name}")
            self._views[run_id] = view
            self._views.move_to_end(run_id)
            while len(self._views) > _VIEWS_MAX:
                self._views.popitem(last=False)
            return view

    def several(self, run_ids: Collection[str]) -> Iterator[View]:
        """Some runs, by id."""
        with self.lock:
            for legacy in self.source.runs(frozenset(run_ids)):
                view = self._convert(legacy)
                # A listing asks for the tasks of all of its runs.
                self._tasks[legacy.run_id] = view.world.queue.get(legacy.run_id)
                yield view

    def task(self, run_id: str) -> Task | None:
        """A run's task."""
        with self.lock:
            if run_id not in self._tasks:
                self.get(run_id)
            return self._tasks.get(run_id)

    def _convert(self, legacy: LegacyRun) -> View:
        try:
            made = convert(self._formats, legacy, Choices())
            world = MemoryWorld()
            detail: dict[str, Json] = {"message": self._why(made.paused), "reason": "legacy"}
            streams = RunStreams(legacy.records, legacy.others)
            world.archive.write(
                *(legacy.run_id, made.events, legacy.records),
                parked=detail,
                chunks=streams,
                closed=streams.closed,
            )
        except Quarantine as refused:
            return _damaged(legacy, refused.problems)
        except (IllegalEvent, CorruptLog) as error:
            return _damaged(legacy, [Problem(legacy.run_id, str(error))])
        return View(world, world.runs.get(legacy.run_id), None)

    def _why(self, paused: bool) -> str:
        was = "it is paused" if paused else "it is open"
        return (
            f"{was} in a legacy source; to go on with it, wfx migrate --from v1 {self.source.name}"
        )


def _damaged(legacy: LegacyRun, problems: list[Problem]) -> View:
    """A run that cannot be converted: what its row says of it, and why."""
    row = legacy.run
    status = row.fields.get("status") if row else None
    created = _moment_or(row, "createdAt", EPOCH)
    name = row.fields.get("workflowName") if row else None
    event = Event(
        event_id="evnt_00000000000000000000000000",
        run_id=legacy.run_id,
        position=0,
        created_at=created,
        data=RunCreated(
            deployment_id="unknown",
            workflow_name=name if isinstance(name, str) else "unknown",
            input=[],
        ),
    )
    first, more = problems[0], len(problems) - 1
    said = f"{first}" + (f" (and {more} more problems)" if more else "")
    detail: dict[str, Json] = {
        "message": f"it is damaged and would be quarantined: {said}",
        "reason": "quarantined",
        "legacyStatus": status if isinstance(status, str) else None,
        "problems": [str(problem) for problem in problems[:100]],
    }
    world = MemoryWorld()
    world.archive.write(legacy.run_id, [event], parked=detail)
    damage = CorruptLog(where=first.where, reason=first.reason)
    return View(world, world.runs.get(legacy.run_id), damage)


def _moment_or(row: Row | None, name: str, default: datetime) -> datetime:
    try:
        return (row.moment_or_none(name) if row else None) or default
    except ValueError:
        return default
