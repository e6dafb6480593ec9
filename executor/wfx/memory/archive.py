"""
The archive of a `MemoryWorld`: runs brought in whole, with what was kept beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wfx import admission
from wfx.errors import AlreadyExists
from wfx.events import Event
from wfx.memory.contents import Contents
from wfx.world import PAGE_DEFAULT, Archive, Page, Quarantined, SourceRecord

if TYPE_CHECKING:
    from wfx.values import Json


class MemoryArchive:
    """Runs brought in whole."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def write(
        self,
        run_id: str,
        events: Sequence[Event],
        source_records: Sequence[SourceRecord] = (),
        certificate: Mapping[str, Json] | None = None,
        *,
        parked: Mapping[str, Json] | None = None,
    ) -> None:
        """Write a run's whole log, folding its entities."""
        head, folded = admission.fold_archived(run_id, events)
        contents = self._contents
        with contents.lock:
            there = contents.logs.get(run_id)
            if there is not None:
                if there.events == list(events):
                    return
                raise AlreadyExists(what="run", id=run_id)
            for hook in folded.hooks.values():
                if not hook.ended and hook.token in contents.active_by_token:
                    raise AlreadyExists(what="an active hook with the token", id=hook.token)
            log = contents.new_log(head, events[0])
            log.add(events)
            for step_id, step in folded.steps.items():
                log.put_step(step_id, step)
            for hook in folded.hooks.values():
                contents.put_hook(log, hook)
            log.waits.update(folded.waits)
            log.archive = Archive(
                list(source_records), None if certificate is None else dict(certificate)
            )
            contents.quarantine.pop(run_id, None)
            tasks = admission.tasks_of(folded, contents.now(), parked=parked)
            for task in tasks:
                contents.tasks.put(task)
            if tasks:
                contents.notify()

    def read(self, run_id: str) -> Archive:
        """What was kept beside a run."""
        with self._contents.lock:
            kept = self._contents.quarantine.get(run_id)
            return kept if kept is not None else self._contents.log(run_id).archive

    def quarantine(
        self, run_id: str, source_records: Sequence[SourceRecord], report: Mapping[str, Json]
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
