"""Waits: all that is known of them is in the log (D-15, D-26)."""

from __future__ import annotations

from datetime import datetime

from wfx.events import WaitCompleted, WaitCreated, moment
from wfx.values import Json
from wfx_migrate.v1.conversion import Conversion
from wfx_migrate.v1.drafts import RANK_CREATION, RANK_STORED, Draft, Stored
from wfx_migrate.v1.notes import NoteKind
from wfx_migrate.v1.room import Groups


def waits(run: Conversion, by_wait: Groups[Stored]) -> None:
    for wait_id in by_wait:
        _wait(run, wait_id, list(by_wait.of(wait_id)))
        run.drafts.settle()


def _wait(run: Conversion, wait_id: str, events: list[Stored]) -> None:
    created = next((event for event in events if event.type == "wait_created"), None)
    first = events[0]
    if created is None:
        _wait_without_creation(run, wait_id, first)
    done = False
    for event in events:
        legacy: dict[str, Json] = {"source": event.source}
        if event is created:
            data = WaitCreated(delay=None, resume_at=_resume_at(event), call=None)
            run.drafts.append(
                Draft(
                    data=data,
                    at=event.at,
                    order=min(event.order, first.order),
                    rank=RANK_STORED if event is first else RANK_CREATION,
                    sources=[event.source],
                    legacy=legacy,
                    correlation_id=wait_id,
                    stored=event,
                    key=event.key,
                )
            )
        elif event.type == "wait_created":
            run.archive(NoteKind.DUPLICATE, event, f"{wait_id} was created before", "D-15", wait_id)
        elif done:
            run.archive(
                NoteKind.DUPLICATE, event, f"{wait_id} was completed before", "D-15", wait_id
            )
        else:
            done = True
            run.keep(event, WaitCompleted(), legacy, wait_id)


def _wait_without_creation(run: Conversion, wait_id: str, first: Stored) -> None:
    if run.open:
        raise first.row.bad(
            f"there is no wait_created of {wait_id}, and the run is still open: "
            "it could not be continued"
        )
    run.create_unseen(
        first,
        WaitCreated(delay=None, resume_at=first.at, call=None),
        unknown=("resumeAt",),
        where=first.source,
        key=wait_id,
    )


def _resume_at(event: Stored) -> datetime:
    text = event.data.get("resumeAt")
    try:
        if not isinstance(text, str):
            raise ValueError
        return moment(text)
    except ValueError:
        raise event.row.bad(f"resumeAt is {text!r}, and should be an ISO 8601 date") from None
