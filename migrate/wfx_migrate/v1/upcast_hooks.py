"""Hooks: their events are in the log, their tokens only in rows that die with them (D-14, D-15)."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from datetime import datetime
from typing import Final

from wfx.events import EventData, HookConflict, HookCreated, HookDisposed, HookReceived
from wfx.values import Json
from wfx_migrate.v1.conversion import Conversion, came_from, dict_in, keep_rest, list_in, plain
from wfx_migrate.v1.drafts import RANK_CREATION, RANK_DERIVED, RANK_STORED, Draft, Stored
from wfx_migrate.v1.model import Row, ValueForm
from wfx_migrate.v1.notes import NoteKind
from wfx_migrate.v1.values import UNDEFINED

_IN_ROW: Final = frozenset({"runId", "hookId", "token", "metadata"})
"""Fields of the row that events say; the others are kept in `legacy.row`."""


def hooks(run: Conversion, events: Iterable[Stored]) -> None:
    by_hook: MutableMapping[str, list[Stored]] = run.room.dict()
    for event in events:
        by_hook.setdefault(event.about(), []).append(event)
    rows: MutableMapping[str, Row] = run.room.dict()
    for row in run.legacy.hooks:
        hook_id = plain(row, "hookId")
        if hook_id in rows:
            raise row.bad(f"{rows[hook_id].source} is a row of {hook_id} too")
        rows[hook_id] = row
    for hook_id in by_hook:
        _hook(run, hook_id, rows.get(hook_id), by_hook[hook_id])
        run.drafts.settle()
    for hook_id in rows:
        if hook_id not in by_hook:
            _hook(run, hook_id, rows[hook_id], [])
            run.drafts.settle()


def _hook(run: Conversion, hook_id: str, row: Row | None, events: list[Stored]) -> None:
    created = next((event for event in events if event.type == "hook_created"), None)
    before = events.index(created) if created else len(events)
    holder = _holder(run, row, events)
    received = any(event.type == "hook_received" for event in events)
    _hook_created(run, hook_id, row, created, events, None if received else holder)
    disposed = False
    for index, event in enumerate(events):
        legacy: dict[str, Json] = {"source": event.source}
        if event.type == "hook_created":
            if event is not created:
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
        if created and index < before:
            run.note(
                NoteKind.ORDER,
                event.source,
                f"{event.type} came before hook_created by the clock; creation comes first",
                decision="D-23",
            )
    if holder is not None and received and row is not None:
        _disposed(run, hook_id, row, events[-1], holder)


def _holder(run: Conversion, row: Row | None, events: list[Stored]) -> str | None:
    """
    The run that has the token of a hook that would be active; None if this hook may have it.

    v1 did not see to it that a token has one active hook; a world of today does (D-20).
    """
    disposed = any(event.type == "hook_disposed" for event in events)
    if row is None or disposed or not run.open:
        return None
    token = plain(row, "token")
    holder = run.taken.get(token)
    if holder is None:
        run.taken[token] = run.legacy.run_id
        return None
    run.note(
        NoteKind.HELD,
        row.source,
        f"its token {token!r} belongs to {holder}: a payload would go there",
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
    run: Conversion,
    hook_id: str,
    row: Row | None,
    event: Stored | None,
    events: list[Stored],
    holder: str | None,
) -> None:
    """The log has neither token nor metadata; the row has, while the hook lives (D-14)."""
    legacy: dict[str, Json] = {}
    sources = [record.source for record in (event, row) if record is not None]
    if event is not None:
        legacy["source"] = event.source
        at, order = event.at, event.order
    else:
        at, order = _without_event(run, hook_id, row, events, legacy)
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
    first = next(iter(events), None)
    data: EventData = HookCreated(token=token, metadata=metadata, call=None)
    if holder is not None and token is not None:
        data = HookConflict(token=token, conflicting_run_id=holder)
        dict_in(legacy, "inferred")["conflictingRunId"] = "the run that has the token"
    run.drafts.append(
        Draft(
            data=data,
            at=at,
            order=min(order, first.order) if first else order,
            rank=RANK_STORED if event is not None and first is event else RANK_CREATION,
            sources=sources,
            legacy=legacy,
            correlation_id=hook_id,
            stored=event,
            key=event.key if event else (0, hook_id),
        )
    )


def _without_event(
    run: Conversion, hook_id: str, row: Row | None, events: list[Stored], legacy: dict[str, Json]
) -> tuple[datetime, datetime]:
    """When a hook was created whose hook_created is missing, and its place in the log."""
    where = row.source if row is not None else events[0].source
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
    return events[0].at, events[0].order
