"""Hooks: their events are in the log, their tokens only in rows that die with them (D-14, D-15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Final

from wfx.events import EventData, HookConflict, HookCreated, HookDisposed, HookReceived
from wfx.values import Json
from wfx_migrate.v1.conversion import Conversion, came_from, dict_in, keep_rest, list_in, plain
from wfx_migrate.v1.drafts import RANK_CREATION, RANK_DERIVED, RANK_STORED, Draft, Stored
from wfx_migrate.v1.model import Row, ValueForm
from wfx_migrate.v1.notes import NoteKind
from wfx_migrate.v1.room import Groups
from wfx_migrate.v1.values import UNDEFINED

_IN_ROW: Final = frozenset({"runId", "hookId", "token", "metadata"})
"""Fields of the row that events say; the others are kept in `legacy.row`."""


@dataclass(slots=True)
class _Seen:
    """What the events of one hook are, of which there may be very many."""

    events: Callable[[], Iterator[Stored]]
    first: Stored | None = None
    last: Stored | None = None
    created: Stored | None = None
    """The first hook_created."""
    received: bool = False
    disposed: bool = False

    def __post_init__(self) -> None:
        for event in self.events():
            self.first = self.first or event
            self.last = event
            self.received = self.received or event.type == "hook_received"
            self.disposed = self.disposed or event.type == "hook_disposed"
            if event.type == "hook_created" and self.created is None:
                self.created = event


def hooks(run: Conversion, by_hook: Groups[Stored]) -> None:
    rows: MutableMapping[str, Row] = run.room.dict()
    for row in run.legacy.hooks:
        hook_id = plain(row, "hookId")
        if hook_id in rows:
            raise row.bad(f"{rows[hook_id].source} is a row of {hook_id} too")
        rows[hook_id] = row
    for hook_id in chain(by_hook, (hook_id for hook_id in rows if hook_id not in by_hook)):
        _hook(run, hook_id, rows.get(hook_id), _Seen(partial(by_hook.of, hook_id)))
        run.drafts.settle()


def _hook(run: Conversion, hook_id: str, row: Row | None, seen: _Seen) -> None:
    holder = _holder(run, row, seen)
    _hook_created(run, hook_id, row, seen, None if seen.received else holder)
    created_at = None if seen.created is None else seen.created.number
    disposed = False
    for event in seen.events():
        run.drafts.settle()
        legacy: dict[str, Json] = {"source": event.source}
        if event.type == "hook_created":
            if event.number != created_at:
                run.archive(
                    NoteKind.DUPLICATE, event, f"{hook_id} was created before", "D-15", hook_id
                )
            continue
        if disposed:
            run.archive(NoteKind.LATE, event, f"{hook_id} was disposed before", "D-19", hook_id)
        elif event.type == "hook_disposed":
            disposed = True
            run.keep(event, HookDisposed(), legacy, hook_id)
        else:
            payload = event.data.get("payload")
            if payload is None and run.legacy.values is ValueForm.FLAT:
                if "payload" not in event.data:
                    run.unknown(legacy, "payload", event.source, "the event has none")
                payload = UNDEFINED
            value = run.value(payload, "payload", event.source, legacy)
            run.keep(event, HookReceived(payload=value), legacy, hook_id)
        if created_at is not None and event.number < created_at:
            run.note(
                NoteKind.ORDER,
                event.source,
                f"{event.type} came before hook_created by the clock; creation comes first",
                decision="D-23",
            )
    if holder is not None and seen.last is not None and seen.received and row is not None:
        _disposed(run, hook_id, row, seen.last, holder)


def _holder(run: Conversion, row: Row | None, seen: _Seen) -> str | None:
    """
    The run that has the token of a hook that would be active; None if this hook may have it.

    v1 did not see to it that a token has one active hook; a world of today does (D-20).
    """
    if row is None or seen.disposed or not run.open:
        return None
    token = plain(row, "token")
    holder = run.taken.get(token)
    if holder is None:
        run.taken[token] = run.legacy.run_id
        return None
    remedy = "The workflow is told of the conflict when it awaits the hook"
    if seen.received:
        run.taken_away(token, holder)
        remedy = (
            "The hook keeps what it received and is disposed: if the workflow waits for more, it "
            f"waits for ever, and `wfx cancel {run.legacy.run_id}` ends it"
        )
    run.note(
        NoteKind.HELD,
        row.source,
        f"its token {token!r} belongs to {holder}: a payload would go there. " + remedy,
        decision="D-20",
        entity=plain(row, "hookId"),
    )
    return holder


def _disposed(run: Conversion, hook_id: str, row: Row, last: Stored, holder: str) -> None:
    """The end of a hook whose token another run has, after all that it received."""
    run.drafts.append(
        Draft(
            data=HookDisposed(),
            at=last.at,
            order=last.order,
            rank=RANK_DERIVED,
            sources=[row.source],
            legacy={
                "source": row.source,
                "synthesised": True,
                "inferred": {"token": f"it belongs to {holder}"},
            },
            correlation_id=hook_id,
            key=(len(run.drafts), ""),
        )
    )


def _hook_created(
    run: Conversion, hook_id: str, row: Row | None, seen: _Seen, holder: str | None
) -> None:
    """The log has neither token nor metadata; the row has, while the hook lives (D-14)."""
    legacy: dict[str, Json] = {}
    event, first = seen.created, seen.first
    sources = [record.source for record in (event, row) if record is not None]
    if event is not None:
        legacy["source"] = event.source
        at, order = event.at, event.order
    else:
        at, order = _without_event(run, hook_id, row, first, legacy)
    token: str | None = None
    metadata: Json = None
    if row is not None:
        token = plain(row, "token")
        came_from(legacy, "token", f"{row.source}#token")
        if row.fields.get("metadata") is not None:
            metadata = run.value(row.fields["metadata"], "metadata", row.source, legacy, hook_id)
            came_from(legacy, "metadata", f"{row.source}#metadata")
        keep_rest(legacy, row, _IN_ROW)
    else:
        run.unknown(legacy, "token", hook_id, "the row of the hook is gone")
        list_in(legacy, "unknown").append("metadata")
    # Creation wins over the clock: nothing about the hook comes before it (D-23).
    earlier = event is not None and first is not None and first.number != event.number
    data: EventData = HookCreated(token=token, metadata=metadata, call=None)
    if holder is not None and token is not None:
        data = HookConflict(token=token, conflicting_run_id=holder)
        dict_in(legacy, "inferred")["conflictingRunId"] = "the run that has the token"
    run.drafts.append(
        Draft(
            data=data,
            at=at,
            order=min(order, first.order) if first else order,
            rank=RANK_STORED if event is not None and not earlier else RANK_CREATION,
            sources=sources,
            legacy=legacy,
            correlation_id=hook_id,
            stored=event,
            key=event.key if event else (0, hook_id),
        )
    )


def _without_event(
    run: Conversion, hook_id: str, row: Row | None, first: Stored | None, legacy: dict[str, Json]
) -> tuple[datetime, datetime]:
    """When a hook was created whose hook_created is missing, and its place in the log."""
    known = row if row is not None else first
    assert known is not None  # what made us look for this hook
    where = known.source
    legacy |= {"source": where, "synthesised": True}
    run.note(
        NoteKind.CONTRADICTION,
        where,
        f"the log has no hook_created of {hook_id}; one was made",
        decision="D-11",
        entity=hook_id,
    )
    if row is not None:
        at = row.moment("createdAt")
        came_from(legacy, "createdAt", f"{row.source}#createdAt")
        return at, at
    dict_in(legacy, "inferred")["createdAt"] = "the hook's first event"
    assert first is not None
    return first.at, first.order
