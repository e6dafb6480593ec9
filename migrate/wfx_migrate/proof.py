"""
The proof that a run was migrated: hashes, and its log against its legacy rows.

`compare` folds nothing itself: it is given the entities that the core folded from the new
log, and looks for every field of every legacy row in them. A difference must have a reason,
by the nature of the two formats or because the conversion said so in a note; one without
reason means that the conversion lost something, and the run is not written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any, Final

from wfx import __version__, codec
from wfx.entities import Hook, Run, Step
from wfx.frozen import quick
from wfx.values import Json
from wfx.world import SourceRecord
from wfx_migrate.v1.failures import bare_message
from wfx_migrate.v1.model import LegacyRun, Row
from wfx_migrate.v1.notes import Note, NoteKind, Upcast
from wfx_migrate.v1.room import Room
from wfx_migrate.v1.spool import Spool, by_name

CERTIFICATE: Final = "wfx-migration/1"

INVARIANTS: Final = (
    "positions are dense from 0",
    "every event is legal after those before it",
    "every source record is converted, merged, archived or kept",
    "every legacy row is found in the fold of the log, field by field",
    "every value flattens to what the source has",
)

LISTED_MAX: Final = 1_000
"""Differences that are listed one by one; all are counted."""
_LINES: Final = 500
"""Lines of a log that are hashed at once."""


@quick
@dataclass(frozen=True, slots=True)
class Difference:
    """A field that a legacy row has otherwise than the fold of the log."""

    entity: str
    field: str
    legacy: Json
    log: Json
    reason: str | None
    """None if there is none: then something was lost."""

    def __str__(self) -> str:
        return (
            f"{self.entity}.{self.field}: the source says {_short(self.legacy)}, "
            f"the log {_short(self.log)}"
        )


@dataclass(slots=True)
class Comparison:
    """Legacy rows against the fold of the new log."""

    fields: int = 0
    equal: int = 0
    explained: int = 0
    """Differences with a reason."""
    differences: list[Difference] = field(default_factory=list)
    """The first of them."""
    unexplained: list[Difference] = field(default_factory=list)
    """The first differences without a reason."""

    def add(self, found: Difference) -> None:
        """Note a difference."""
        if found.reason is not None:
            self.explained += 1
            if len(self.differences) < LISTED_MAX:
                self.differences.append(found)
        elif len(self.unexplained) < LISTED_MAX:
            self.unexplained.append(found)


def source_hash(records: Collection[SourceRecord]) -> str:
    """One hash of all source records, whatever their order."""
    return _hash_in_order(by_name(records))[1]


def source_hash_of(read: Callable[[], Iterable[SourceRecord]]) -> tuple[int, str]:
    """
    How many source records there are, and `source_hash` of them.

    Args:
        read: Begins to read them; called again if they do not come in order, which is rare.
    """
    try:
        return _hash_in_order(_sorted_already(read()))
    except _NotSorted:
        return _hash_in_order(Spool(read()).by_name())


class _NotSorted(Exception):
    """Records do not come in the order of their names."""


def _sorted_already(records: Iterable[SourceRecord]) -> Iterator[SourceRecord]:
    before = ""
    for record in records:
        if record.source < before:
            raise _NotSorted
        before = record.source
        yield record


def _hash_in_order(records: Iterable[SourceRecord]) -> tuple[int, str]:
    digest, count = sha256(), 0
    for record in records:
        name = record.source.encode("utf-8", "surrogatepass")
        data = record.data
        digest.update(b"%d %d\n%b%b" % (len(name), len(data), name, data))
        count += 1
    return count, digest.hexdigest()


def log_hash(lines: Iterable[str]) -> tuple[int, str]:
    """How many events a log has, and one hash of them, in their wire form."""
    digest = sha256()
    count, rest = 0, iter(lines)
    while some := list(islice(rest, _LINES)):
        count += len(some)
        some.append("")
        digest.update("\n".join(some).encode("ascii"))
    return count, digest.hexdigest()


def migrated(certificate: Mapping[str, Json]) -> tuple[int, str, int, str] | None:
    """Of a migration's certificate: events, their hash, records, their hash; None of others."""
    if certificate.get("certificate") != CERTIFICATE:
        return None
    log, source = certificate.get("log"), certificate.get("source")
    if not isinstance(log, dict) or not isinstance(source, dict):
        return None
    events, records = log.get("events"), source.get("records")
    if not isinstance(events, int) or not isinstance(records, int):
        return None
    return events, str(log.get("sha256")), records, str(source.get("sha256"))


def certify(
    legacy: LegacyRun,
    made: Upcast,
    records: Collection[SourceRecord],
    comparison: Comparison,
    *,
    options: Mapping[str, Json],
) -> dict[str, Json]:
    """The certificate of a run."""
    return {
        "certificate": CERTIFICATE,
        "wfxVersion": __version__,
        "source": {
            "kind": str(legacy.kind),
            "format": "v1",
            "records": len(records),
            "sha256": source_hash(records),
        },
        "log": {"events": len(made.events), "sha256": made.sha256},
        "options": dict(options),
        "invariants": list(INVARIANTS),
        "compared": {
            "fields": comparison.fields,
            "equal": comparison.equal,
            "explained": comparison.explained,
            "differences": [difference_to_json(found) for found in comparison.differences],
        },
    }


def difference_to_json(found: Difference) -> dict[str, Json]:
    """A difference in certificates and reports."""
    return {
        "entity": found.entity,
        "field": found.field,
        "legacy": found.legacy,
        "log": found.log,
        "reason": found.reason,
    }


def compare(legacy: LegacyRun, made: Upcast) -> Comparison:
    """Look for every field of the legacy rows in the entities of the new log."""
    return _Comparing(legacy, made).run()


_RUN_WHY: Final = {
    "status": "the run was paused, which is no state today; see its notes",
}
_STEP_WHY: Final = {
    "startedAt": "the row is stamped a moment after its event; the event's time is kept",
    "completedAt": "the row is stamped a moment before or after its event; the event's is kept",
    "error": "the latest error stays on a step today; the row had none, or another wording of it",
}


class _Comparing:
    def __init__(self, legacy: LegacyRun, made: Upcast) -> None:
        self.legacy = legacy
        self.folded = made.folded
        self.out = Comparison()
        room = Room.of(len(made.notes), 0)
        self.notes: MutableMapping[str, Note] = room.dict()
        for note in made.notes:
            if note.entity is not None:
                self.notes.setdefault(note.entity, note)
        self.flats = made.flats

    def run(self) -> Comparison:
        run, row = self.folded.run, self.legacy.run
        assert run is not None  # the upcast needs the row, and a log makes the run
        assert row is not None
        self.compare_run(run, row)
        for row in self.legacy.steps:
            step_id = row.text("stepId")
            step = self.folded.steps.get(step_id)
            if step is None:
                self.note(step_id, "", "a step", None)
            else:
                self.compare_step(step, row)
        for row in self.legacy.hooks:
            hook_id = row.text("hookId")
            hook = self.folded.hooks.get(hook_id)
            if hook is None:
                self.note(hook_id, "", "a hook", None)
            else:
                self.compare_hook(hook, row)
        return self.out

    # -- one field ------------------------------------------------------------------------

    def check(
        self, entity: str, name: str, legacy: Json, log: Json, why: str | None = None
    ) -> None:
        self.out.fields += 1
        if codec.equal(legacy, log):
            self.out.equal += 1
        else:
            self.note(entity, name, legacy, log, why)

    def note(self, entity: str, name: str, legacy: Json, log: Json, why: str | None = None) -> None:
        if why is None and (found := self.notes.get(entity)) is not None:
            why = f"{found.decision + ': ' if found.decision else ''}{found.text}"
        self.out.add(Difference(entity, name, _bounded(legacy), _bounded(log), why))

    def moment(
        self, entity: str, row: Row, name: str, log: datetime | None, why: str | None = None
    ) -> None:
        at = row.moment_or_none(name)
        if at is None:
            return
        if at == log:
            self.out.fields += 1
            self.out.equal += 1
        else:
            shown = None if log is None else log.isoformat()
            self.check(entity, name, at.isoformat(), shown, why if log else None)

    def value(self, entity: str, row: Row, name: str, in_event: str) -> None:
        """A value: what the log has flattens to what the row has."""
        legacy = row.fields.get(name)
        if legacy is None:
            return
        found = self.flats.get(f"{entity}#{in_event}")
        if found is None:
            self.note(entity, name, legacy, None)
        else:
            self.check(entity, name, legacy, found)

    # -- entities -------------------------------------------------------------------------

    def compare_run(self, run: Run, row: Row) -> None:
        id = run.run_id
        status = row.text("status")
        why = _RUN_WHY["status"] if status == "paused" else None
        self.check(id, "status", status, str(run.status), why)
        self.check(id, "workflowName", row.text("workflowName"), run.workflow_name)
        if row.fields.get("deploymentId") is not None:
            self.check(id, "deploymentId", row.text("deploymentId"), run.deployment_id)
        self.moment(id, row, "createdAt", run.created_at)
        self.moment(id, row, "startedAt", run.started_at)
        self.moment(id, row, "completedAt", run.completed_at)
        self.value(id, row, "input", "input")
        self.value(id, row, "output", "output")
        self.error(id, row, run.error)
        context = dict(run.execution_context or {})
        ours = context.pop("legacy", None)
        if isinstance(ours, dict) and "legacy" in ours:
            context["legacy"] = ours["legacy"]
        if row.fields.get("executionContext") is not None:
            self.out.fields += 1
            if dict(row.fields["executionContext"]) == context:
                self.out.equal += 1
            else:
                self.note(id, "executionContext", row.fields["executionContext"], context)

    def compare_step(self, step: Step, row: Row) -> None:
        id = step.step_id
        self.check(id, "stepName", row.text("stepName"), step.step_name)
        self.check(id, "status", row.text("status"), str(step.status))
        if "attempt" in row.fields:
            self.check(id, "attempt", row.number("attempt"), step.attempt)
        self.moment(id, row, "createdAt", step.created_at)
        self.moment(id, row, "startedAt", step.first_started_at, _STEP_WHY["startedAt"])
        self.moment(id, row, "completedAt", step.completed_at, _STEP_WHY["completedAt"])
        self.value(id, row, "input", "input")
        self.value(id, row, "output", "result")
        self.error(id, row, step.error, _STEP_WHY["error"] if step.error else None)

    def compare_hook(self, hook: Hook, row: Row) -> None:
        self.check(hook.hook_id, "token", row.text("token"), hook.token)
        self.value(hook.hook_id, row, "metadata", "metadata")

    def error(
        self, id: str, row: Row, log: Mapping[str, Any] | None, why: str | None = None
    ) -> None:
        error = row.fields.get("error")
        if error is None:
            return
        found = None if log is None else str(log.get("message", ""))
        self.check(id, "error", bare_message(error), found, why)


def _bounded(value: Json) -> Json:
    """A value in a report: whole if it is small."""
    if value is None or (type(value) is str and len(value) < 60):
        return value
    try:
        text = codec.dumps(value)
    except (TypeError, ValueError):
        return repr(value)[:200]
    return value if len(text) <= 400 else text[:400] + "…"


def _short(value: Json) -> str:
    if value is None:
        return "nothing"
    text = codec.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."


__all__ = [
    "CERTIFICATE",
    "INVARIANTS",
    "Comparison",
    "Difference",
    "NoteKind",
    "certify",
    "compare",
    "difference_to_json",
    "log_hash",
    "migrated",
    "source_hash",
    "source_hash_of",
]
