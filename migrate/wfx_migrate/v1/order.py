"""
The order of a converted log (D-23).

First run_created and run_started; then by time, rank and id. Causal order wins over the
clock. What the transition table does not let follow is archived if v1 stored it, and put
before the end of the run if it is the creation of a step; else the run is quarantined.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from wfx import codec
from wfx.errors import IllegalEvent
from wfx.events import RUN_ENDS, Event, StepCompleted, data_to_wire, iso, wire_text
from wfx.ids import ulid
from wfx.projection import Fold
from wfx_migrate.v1.conversion import Conversion
from wfx_migrate.v1.drafts import RANK_STORED, Draft
from wfx_migrate.v1.model import Problem
from wfx_migrate.v1.notes import Fate, NoteKind, Quarantine
from wfx_migrate.v1.room import Shelf


class Placed:
    """
    The log: drafts in order, with positions (D-23).

    First run_created and run_started; then by time, rank and id. What the transition
    table does not let follow is archived if v1 stored it, and moved before the end of
    the run if it is the creation of a step; else the run is quarantined. The drafts are
    used up.

    Each event is written as text here, once: for the hash and for the world.
    """

    def __init__(self, run: Conversion) -> None:
        room = run.room
        self.events: Shelf[Event] = room.shelf()
        self.folded = Fold(steps=room.dict(), hooks=room.dict(), waits=room.dict())
        self.inversions = 0
        digest = sha256()
        before: Event | None = None
        for draft in run.drafts.in_order(lambda draft: _late(run, draft)):
            event = _event(run, draft, len(self.events))
            try:
                self.folded.add(event)
            except IllegalEvent as error:
                _refused(run, draft, error)
                continue
            _hash(digest, event)
            if before is not None and event.created_at < before.created_at:
                self.inversions += 1
            before = event
            self.events.append(event)
            for source in draft.sources:
                run.fates[source] = Fate.CONVERTED
            if self.ended and not isinstance(draft.data, RUN_ENDS):
                run.note(
                    NoteKind.ORDER,
                    draft.sources[0],
                    f"{draft.data.type} came after the end of the run and is kept: it was running",
                    decision="D-19",
                )
        self.sha256 = digest.hexdigest()

    @property
    def ended(self) -> bool:
        """Whether the run has ended so far."""
        return self.folded.run is not None and self.folded.run.ended


def _hash(digest: Any, event: Event) -> None:
    assert event.texts is not None  # `_event` made them
    line = wire_text(
        *(event.event_id, event.run_id, event.position, event.data.type),
        *(event.correlation_id, iso(event.created_at), *event.texts),
    )
    digest.update(f"{line}\n".encode("ascii"))


def _late(run: Conversion, draft: Draft) -> None:
    step_id = draft.correlation_id or ""
    run.note(
        NoteKind.ORDER,
        step_id,
        "the step was created after the end of the run; its creation is put before it",
        decision="D-23",
        entity=step_id,
    )


def _refused(run: Conversion, draft: Draft, error: IllegalEvent) -> None:
    if draft.stored is None:
        raise Quarantine(
            [
                Problem(
                    (draft.sources or [draft.correlation_id or run.legacy.run_id])[0],
                    f"its {draft.data.type} cannot follow: {error.subject} is {error.status}",
                )
            ]
        )
    if isinstance(draft.data, StepCompleted):
        run.flats.pop(f"{draft.correlation_id}#result", None)
    run.archive(
        NoteKind.LATE,
        draft.stored,
        f"{error.subject} was {error.status} before",
        "D-19",
        draft.correlation_id or run.legacy.run_id,
    )
    for source in draft.sources:
        if source != draft.stored.source:
            run.fates.setdefault(source, Fate.ARCHIVED)


def _event(run: Conversion, draft: Draft, position: int) -> Event:
    stored = draft.stored
    return Event(
        event_id=stored.id if stored else _synthetic_id(run.legacy.run_id, draft),
        run_id=run.legacy.run_id,
        position=position,
        created_at=draft.at,
        data=draft.data,
        correlation_id=draft.correlation_id,
        legacy=draft.legacy,
        texts=(codec.dumps(data_to_wire(draft.data)), codec.dumps(draft.legacy)),
    )


def _synthetic_id(run_id: str, draft: Draft) -> str:
    """
    The id of an event that v1 did not store: the same at every migration.

    It sorts among stored ids of the same millisecond as the event does in the log.
    """
    milliseconds = int(draft.at.timestamp() * 1000)
    bound = min(max(milliseconds, 0), 2**48 - 1)
    rank = 0xFF if draft.rank > RANK_STORED else draft.rank
    what = f"{run_id}\0{draft.data.type}\0{draft.correlation_id}\0{draft.key}"
    random = sha256(what.encode("utf-8", "surrogatepass")).digest()[:8]
    high = bytes([rank, rank if rank == 0xFF else 0])
    return f"evnt_{ulid(bound.to_bytes(6, 'big') + high + random)}"
