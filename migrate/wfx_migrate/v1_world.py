"""
A legacy source as a world to look into: `--world v1:SOURCE`, read-only.

What it shows are the runs as `v1_views` converts them. One that would be quarantined is listed as
parked, with the reason; it has no log to show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, NoReturn

from wfx.entities import Hook, HookStatus, Run, Step, StepStatus, Wait, WaitStatus
from wfx.errors import NotFound, WorldError
from wfx.events import Event
from wfx.memory import MemoryWorld
from wfx.world import (
    PAGE_DEFAULT,
    Archive,
    Brought,
    Head,
    Order,
    Page,
    Quarantined,
    ResolveData,
    Retention,
    RunQuery,
    Runs,
    SourceRecord,
    StreamChunk,
    StreamInfo,
    Task,
    TaskKind,
    Watch,
    World,
)
from wfx_migrate.v1.model import NotAStore, Source
from wfx_migrate.v1.reader import open_source
from wfx_migrate.v1_views import Views

if TYPE_CHECKING:
    from wfx.queues import QueueLimits, QueueState, WorkerInfo
    from wfx.values import Json
    from wfx.world import (
        ArchiveStore,
        Events,
        Hooks,
        Queue,
        Steps,
        Streams,
        Waits,
    )

SCHEME: Final = "v1:"
_PAGE: Final = 50


class ReadOnlyWorld(WorldError):
    """A legacy source is looked at as it is; nothing can be written there."""

    code = "read-only-world"
    status = 403

    def __init__(self, *, url: str) -> None:
        self.url = url
        source = url.removeprefix(SCHEME)
        super().__init__(
            f"{url} can only be looked at. To go on with its runs, migrate them into a world: "
            f"wfx migrate --from v1 {source}"
        )


def open_world(url: str, *, create: bool = True, read_only: bool = True) -> V1World:
    """
    Open a legacy source as a world (`v1:SOURCE`); nothing is ever made or written.

    Raises:
        SourceError: There is nothing there that could be read.
    """
    source = url.removeprefix(SCHEME)
    if not source:
        raise NotAStore("v1: names no source; write v1:PATH or v1:postgresql://…")
    return V1World(open_source(source))


def _refused(views: Views) -> ReadOnlyWorld:
    """What a writer is told."""
    return ReadOnlyWorld(url=f"{SCHEME}{views.source.name}")


class V1World(World):
    """A legacy source, seen as a world."""

    def __init__(self, source: Source) -> None:
        self.url = f"{SCHEME}{source.name}"
        views = Views(source)
        self._views = views
        self.events: Events = _Events(views)
        self.runs: Runs = _Runs(views)
        self.steps: Steps = _Steps(views)
        self.hooks: Hooks = _Hooks(views)
        self.waits: Waits = _Waits(views)
        self.queue: Queue = _Queue(views)
        self.streams: Streams = _Streams(views)
        self.archive: ArchiveStore = _Archive(views)
        self.retention: Retention = _Retention(views)

    def watch(self) -> Watch:
        """Nothing ever changes."""
        return MemoryWorld().watch()

    def check_writable(self) -> None:
        """Raises ReadOnlyWorld: nothing can ever be written here."""
        raise _refused(self._views)

    def close(self) -> None:
        """Let go of the source."""
        self._views.source.close()


# -- the parts of the world ---------------------------------------------------------------


class _Part:
    def __init__(self, views: Views) -> None:
        self._views = views

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise _refused(self._views)

    def _world(self, run_id: str) -> MemoryWorld:
        return self._views.get(run_id).world


class _Events(_Part):
    def _log(self, run_id: str) -> Events:
        view = self._views.get(run_id)
        if view.damage is not None:
            raise view.damage
        return view.world.events

    create = create_batch = create_group = _Part._refuse

    def stream(self, run_id: str, from_position: int = 0) -> Iterator[Event]:
        yield from self._log(run_id).stream(run_id, from_position)

    def lines(self, run_id: str) -> Iterator[str]:
        yield from self._log(run_id).lines(run_id)

    def list_by_correlation_id(self, run_id: str, correlation_id: str) -> list[Event]:
        return self._log(run_id).list_by_correlation_id(run_id, correlation_id)

    def heads(self, run_ids: Collection[str]) -> dict[str, Head]:
        heads: dict[str, Head] = {}
        for run_id in run_ids:
            heads |= self._log(run_id).heads([run_id])
        return heads

    def list(
        self, run_id: str, from_position: int = 0, limit: int | None = None, order: Order = "asc"
    ) -> list[Event]:
        return self._log(run_id).list(run_id, from_position, limit, order)


class _Runs(_Part, Runs):
    def get(self, run_id: str, resolve_data: ResolveData = "all") -> Run:
        return self._world(run_id).runs.get(run_id, resolve_data)

    def find(self, query: RunQuery) -> Page[Run]:
        ids, cursor, limit = self._views.ids(), query.cursor, query.limit
        if query.order == "desc":
            ids = ids[::-1]
        if cursor is not None:
            ids = [id for id in ids if (id < cursor if query.order == "desc" else id > cursor)]
        of_one = replace(query, limit=1, cursor=None)
        found: list[Run] = []
        for start in range(0, len(ids), _PAGE):
            chunk = ids[start : start + _PAGE]
            wanted: dict[str, Run] = {}
            for view in self._views.several(chunk):
                wanted |= {run.run_id: run for run in view.world.runs.find(of_one).items}
            found += [wanted[id] for id in chunk if id in wanted]
            if len(found) > limit:
                return Page(found[:limit], found[limit - 1].run_id)
        return Page(found)


class _Steps(_Part):
    def get(self, run_id: str, step_id: str, resolve_data: ResolveData = "all") -> Step:
        return self._world(run_id).steps.get(run_id, step_id, resolve_data)

    def list(
        self,
        run_id: str,
        *,
        status: StepStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
        resolve_data: ResolveData = "none",
    ) -> Page[Step]:
        return self._world(run_id).steps.list(
            run_id, status=status, limit=limit, cursor=cursor, resolve_data=resolve_data
        )

    def get_many(self, run_id: str, step_ids: Collection[str]) -> dict[str, Step]:
        return self._world(run_id).steps.get_many(run_id, step_ids)


class _Hooks(_Part):
    # A hook is looked for by its token or id to send something to it.
    get = get_by_token = _Part._refuse

    def list(
        self,
        *,
        run_id: str | None = None,
        status: HookStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Hook]:
        if run_id is None:
            self._refuse()
        return self._world(run_id).hooks.list(
            run_id=run_id, status=status, limit=limit, cursor=cursor
        )


class _Waits(_Part):
    def get(self, run_id: str, wait_id: str) -> Wait:
        return self._world(run_id).waits.get(run_id, wait_id)

    def list(
        self,
        run_id: str,
        *,
        status: WaitStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Wait]:
        return self._world(run_id).waits.list(run_id, status=status, limit=limit, cursor=cursor)


class _Queue(_Part):
    claim = extend = release = release_many = park = unpark = due = revoke = _Part._refuse
    set_limits = enlist = leave = _Part._refuse

    def next_ready(
        self, *, kinds: Collection[TaskKind] | None = None, run_id: str | None = None
    ) -> datetime | None:
        return None

    def get(self, task_id: str) -> Task | None:
        try:
            return self._views.task(task_id)
        except NotFound:
            return None

    def get_many(self, task_ids: Collection[str]) -> dict[str, Task]:
        found = ((task_id, self.get(task_id)) for task_id in task_ids)
        return {task_id: task for task_id, task in found if task is not None}

    def list(
        self,
        *,
        run_id: str | None = None,
        kind: TaskKind | None = None,
        parked: bool | None = None,
        held: bool | None = None,
        limit: int = PAGE_DEFAULT,
    ) -> list[Task]:
        if run_id is None:
            return []
        return self._world(run_id).queue.list(
            run_id=run_id, kind=kind, parked=parked, held=held, limit=limit
        )

    def holders(self) -> dict[str, int]:
        return {}

    def overview(self) -> Sequence[QueueState]:
        return []

    def limits(self) -> dict[str, QueueLimits]:
        return {}

    def workers(self) -> Sequence[WorkerInfo]:
        return []

    def now(self) -> datetime:
        return MemoryWorld().queue.now()


class _Streams(_Part):
    write = close = _Part._refuse

    def read(
        self, run_id: str, stream: str, from_index: int = 0, limit: int = PAGE_DEFAULT
    ) -> tuple[list[StreamChunk], bool]:
        return self._world(run_id).streams.read(run_id, stream, from_index, limit)

    def list(self, run_id: str) -> list[StreamInfo]:
        return self._world(run_id).streams.list(run_id)


class _Archive(_Part):
    write = write_all = quarantine = _Part._refuse

    def read(self, run_id: str) -> Archive:
        return self._world(run_id).archive.read(run_id)

    def records(self, run_id: str) -> Iterator[SourceRecord]:
        yield from self._world(run_id).archive.records(run_id)

    def certificate(self, run_id: str) -> dict[str, Json] | None:
        return self._world(run_id).archive.certificate(run_id)

    def why_quarantined(self, run_id: str) -> dict[str, Json] | None:
        return self._world(run_id).archive.why_quarantined(run_id)

    def several(self, run_ids: Collection[str]) -> list[Brought]:
        there = sorted({*run_ids}.intersection(self._views.ids()))
        return [each for id in there for each in self._world(id).archive.several([id])]

    def quarantined(
        self, *, limit: int = PAGE_DEFAULT, cursor: str | None = None
    ) -> Page[Quarantined]:
        # What would be is listed among the runs, as parked: nothing is kept here.
        return Page([])


class _Retention(_Part):
    extents = judge = delete = clear = _Part._refuse


__all__ = ["ReadOnlyWorld", "V1World", "open_world"]
