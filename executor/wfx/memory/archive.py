"""
The archive of a `MemoryWorld`: runs brought in whole, with what was kept beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wfx import admission
from wfx.codec import dumps
from wfx.errors import AlreadyExists, IdTaken
from wfx.events import to_wire
from wfx.memory.contents import Contents, Stream
from wfx.world import (
    PAGE_DEFAULT,
    Archive,
    ArchiveStore,
    Brought,
    Incoming,
    Page,
    Quarantined,
    SourceRecord,
)

if TYPE_CHECKING:
    from wfx.projection import Fold
    from wfx.values import Json


@dataclass(frozen=True, slots=True)
class _Met:
    """Ids and tokens of runs that are brought in together → their runs."""

    tokens: dict[str, str] = field(default_factory=dict)
    hooks: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)


class MemoryArchive(ArchiveStore):
    """Runs brought in whole."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def write_all(self, runs: Sequence[Incoming]) -> None:
        """Write runs, all or none."""
        with self._contents.lock:
            checked: list[tuple[Incoming, admission.Incoming]] = []
            met = _Met()
            for run in runs:
                log = admission.Incoming(run.run_id)
                for event in run.events:
                    log.add(event)
                log.head()
                if self._is_new(run, log.folded, met):
                    checked.append((run, log))
            notifies = [self._put(run, log) for run, log in checked]
            if any(notifies):
                self._contents.notify()

    def _is_new(self, run: Incoming, folded: Fold, met: _Met) -> bool:
        """Whether the run is to be written; not if it is there as it is."""
        contents, run_id = self._contents, run.run_id
        there = contents.logs.get(run_id)
        if there is not None:
            if there.events == list(run.events):
                return False
            raise AlreadyExists(what="run", id=run_id)
        for hook in folded.hooks.values():
            if hook.token is not None and not hook.ended:
                active = contents.active_by_token.get(hook.token)
                holder = met.tokens.setdefault(hook.token, active.run_id if active else run_id)
                if holder != run_id:
                    raise IdTaken(run_id=run_id, what="token", id=hook.token, holder=holder)
        for hook_id in folded.hooks:
            holder = met.hooks.setdefault(hook_id, contents.run_of_hook.get(hook_id, run_id))
            if holder != run_id:
                raise IdTaken(run_id=run_id, what="hook", id=hook_id, holder=holder)
        for task in admission.tasks_of(folded, contents.now()):
            known = contents.tasks.get(task.task_id)
            holder = met.tasks.setdefault(task.task_id, known.run_id if known else run_id)
            if holder != run_id:
                raise IdTaken(run_id=run_id, what=task.kind, id=task.task_id, holder=holder)
        return True

    def _put(self, run: Incoming, checked: admission.Incoming) -> bool:
        """Write a run that may be written; whether there is something to do on it."""
        contents, folded = self._contents, checked.folded
        events = list(run.events)
        log = contents.new_log(checked.head(), events[0])
        log.add(events)
        for step_id, step in folded.steps.items():
            log.put_step(step_id, step)
        for hook in folded.hooks.values():
            contents.put_hook(log, hook)
        log.waits.update(folded.waits)
        for chunk in run.chunks:
            stream = log.streams.setdefault(chunk.stream, Stream())
            at = chunk.created_at or contents.now()
            index = len(stream.chunks)
            stream.chunks.append(replace(chunk, run_id=run.run_id, index=index, created_at=at))
        for name in run.closed:
            log.streams.setdefault(name, Stream()).closed = True
        certificate = None if run.certificate is None else dict(run.certificate)
        log.archive = Archive(list(run.source_records), certificate)
        contents.quarantine.pop(run.run_id, None)
        tasks = admission.tasks_of(folded, contents.now(), parked=run.parked)
        for task in tasks:
            contents.tasks.put(task)
        return bool(tasks)

    def _kept(self, run_id: str) -> Archive:
        with self._contents.lock:
            kept = self._contents.quarantine.get(run_id)
            return kept if kept is not None else self._contents.log(run_id).archive

    def records(self, run_id: str) -> Iterator[SourceRecord]:
        """The source records that were kept beside a run."""
        yield from self._kept(run_id).source_records

    def certificate(self, run_id: str) -> dict[str, Json] | None:
        """What the run was certified with."""
        found = self._kept(run_id).certificate
        return None if found is None else dict(found)

    def why_quarantined(self, run_id: str) -> dict[str, Json] | None:
        """Why it is in quarantine; None of a run."""
        return self._kept(run_id).quarantine

    def several(self, run_ids: Collection[str]) -> list[Brought]:
        """Runs with all that was brought in of them."""
        contents = self._contents
        with contents.lock:
            logs = {
                run_id: contents.logs[run_id] for run_id in sorted({*run_ids} & {*contents.logs})
            }
            return [
                Brought(
                    run_id,
                    list(log.archive.source_records),
                    log.archive.certificate,
                    [dumps(to_wire(event)) for event in log.events],
                )
                for run_id, log in logs.items()
            ]

    def quarantine(
        self, run_id: str, source_records: Collection[SourceRecord], report: Mapping[str, Json]
    ) -> None:
        """Keep the records of a run that cannot be brought in."""
        with self._contents.lock:
            if run_id in self._contents.logs:
                raise AlreadyExists(what="run", id=run_id)
            self._contents.quarantine[run_id] = Archive(
                list(source_records), quarantine=dict(report)
            )

    def quarantined(
        self, *, limit: int = PAGE_DEFAULT, cursor: str | None = None
    ) -> Page[Quarantined]:
        """What is in quarantine."""
        with self._contents.lock:
            kept = self._contents.quarantine
            ids = sorted(id for id in kept if cursor is None or id > cursor)
            items = [Quarantined(id, kept[id].quarantine or {}) for id in ids[:limit]]
        return Page(items, items[-1].run_id if len(ids) > limit else None)
