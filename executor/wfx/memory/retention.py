"""
The retention of a `MemoryWorld`: runs are deleted whole, at once.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from wfx.clock import to_us
from wfx.codec import dumps
from wfx.entities import Hook, entity_to_wire
from wfx.events import to_wire
from wfx.memory.contents import Contents, Log
from wfx.retention import why_kept
from wfx.world import Extent, Kept, Retention


class MemoryRetention(Retention):
    """Deleting runs."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def extents(self, run_ids: Collection[str]) -> dict[str, Extent]:
        """How much there is of these runs."""
        with self._contents.lock:
            return {run_id: _extent(log) for run_id, log in self._found(run_ids)}

    def judge(
        self, run_ids: Collection[str], *, ended_before: datetime, originals: bool = False
    ) -> dict[str, Kept | None]:
        """What `delete` would answer now."""
        contents = self._contents
        with contents.lock:
            return {
                run_id: why_kept(
                    log.head.run,
                    contents.tasks.of_run(run_id),
                    has_originals=bool(log.archive.source_records or log.archive.certificate),
                    now=contents.now(),
                    ended_before=ended_before,
                    originals=originals,
                )
                for run_id, log in self._found(run_ids)
            }

    def delete(
        self, run_ids: Collection[str], *, ended_before: datetime, originals: bool = False
    ) -> dict[str, Kept | None]:
        """Delete those of the runs that may be."""
        with self._contents.lock:
            verdicts = self.judge(run_ids, ended_before=ended_before, originals=originals)
            gone = {run_id for run_id, kept in verdicts.items() if kept is None}
            if gone:
                self._delete(gone)
            return verdicts

    def clear(self) -> bool:
        """Nothing is ever left."""
        return False

    def _found(self, run_ids: Collection[str]) -> list[tuple[str, Log]]:
        logs = self._contents.logs
        return [(run_id, logs[run_id]) for run_id in sorted({*run_ids} & logs.keys())]

    def _delete(self, gone: Collection[str]) -> None:
        contents = self._contents
        for run_id in gone:
            log = contents.logs.pop(run_id)
            first = log.events[0].event_id
            if (
                contents.created_by[first] == run_id
            ):  # not that of a copy, whose events have its ids
                del contents.created_by[first]
            for task in contents.tasks.of_run(run_id):
                contents.tasks.delete(task.task_id)
            for hook_id in log.hooks:
                del contents.run_of_hook[hook_id]
        contents.run_keys = [key for key in contents.run_keys if key[1] not in gone]
        contents.hook_keys = [key for key in contents.hook_keys if key[2] not in gone]
        # A token whose last hook is gone may have had one before.
        freed = {token for token, hook in contents.disposed_by_token.items() if hook.run_id in gone}
        for token in freed:
            del contents.disposed_by_token[token]
        hooks = (contents.logs[run_id].hooks[id] for *_, run_id, id in contents.hook_keys)
        for hook in sorted((hook for hook in hooks if hook.token in freed), key=_disposed):
            if hook.ended and hook.token is not None:
                contents.disposed_by_token[hook.token] = hook


def _disposed(hook: Hook) -> int:
    return 0 if hook.disposed_at is None else to_us(hook.disposed_at)


def _extent(log: Log) -> Extent:
    texts = [dumps(to_wire(event)["eventData"]) for event in log.events]
    texts += [
        dumps(entity_to_wire(entity))
        for entities in (log.steps, log.hooks)
        for entity in entities.values()
    ]
    chunks = [chunk.data for stream in log.streams.values() for chunk in stream.chunks]
    records = [record.data for record in log.archive.source_records]
    return Extent(
        events=len(log.events),
        steps=len(log.steps),
        hooks=len(log.hooks),
        waits=len(log.waits),
        chunks=len(chunks),
        records=len(records),
        bytes=sum(map(len, (*texts, *chunks, *records))),
    )
