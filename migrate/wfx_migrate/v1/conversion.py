"""
One run under conversion: what was read of it, and the drafts of events made so far.

The modules `upcast_*` each know how one kind of entity is converted and add drafts here;
`order` gives the drafts their places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, cast

from wfx import codec
from wfx.entities import RunStatus
from wfx.errors import EncodeError
from wfx.events import EventData, Subject
from wfx.values import Json
from wfx_migrate.v1 import flatten
from wfx_migrate.v1.drafts import RANK_CREATION, RANK_STORED, Draft, Drafts, Stored
from wfx_migrate.v1.js import Flattened
from wfx_migrate.v1.model import LegacyRun, Problem, Row, ValueForm
from wfx_migrate.v1.notes import Fate, Note, NoteKind, Paused, Quarantine
from wfx_migrate.v1.room import Room, Shelf
from wfx_migrate.v1.spool import size_of
from wfx_migrate.v1.values import Arguments, BadValue, Decoded, decode, decode_arguments

_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")
_RUN_STATUSES: Final = frozenset({*RunStatus, "paused"})


class Conversion:
    """The conversion of one run."""

    def __init__(
        self,
        legacy: LegacyRun,
        paused: Paused,
        names: Mapping[str, str],
        taken: Mapping[str, str],
        *,
        uses_up: bool = False,
    ) -> None:
        self.legacy = legacy
        self.policy = paused
        self.names = names
        self.taken = dict(taken)
        """Tokens that another run has, or a hook of this one, → that run."""
        self.uses_up = uses_up
        self.room = Room.of(len(legacy.records), size_of(legacy.records))
        self.notes: Shelf[Note] = Shelf()
        self.drafts = Drafts(self.room)
        self.fates: MutableMapping[str, Fate] = self.room.dict()
        self.fates.update(dict.fromkeys(legacy.others, Fate.KEPT))
        self.flats: MutableMapping[str, Json] = self.room.dict()
        """What values in the new log flatten to, by entity and field."""
        self.context: dict[str, Json] = {}
        """What the run says of itself as a migrated one, `executionContext.legacy`."""
        self.ties = 0
        self.shift = timedelta(0)
        if legacy.run is None:
            raise Quarantine(
                [Problem(legacy.run_id, "there is no row of this run, only parts of it")]
            )
        self.row = legacy.run
        plain(self.row, "runId")
        self.status = self.row.text("status")
        if self.status not in _RUN_STATUSES:
            raise self.row.bad(f"the status {self.status!r} is unknown")
        self.is_paused = self.status == "paused"

    @property
    def open(self) -> bool:
        """Whether the run has not ended."""
        return self.status in ("pending", "running", "paused")

    def note(
        self, kind: NoteKind, where: str, text: str, *, decision: str = "", entity: str = ""
    ) -> None:
        self.notes.append(Note(kind, where, text, decision, entity or None))

    # -- values ---------------------------------------------------------------------------

    def by_events_clock(self, at: datetime) -> datetime:
        """A moment of a row, as the clock of the events had it."""
        return at - self.shift

    def value(
        self, flat: Json, name: str, where: str, legacy: dict[str, Json], entity: str = ""
    ) -> Json:
        """
        A value of v1 as a value of ours.

        Args:
            entity: Whose row has it too, and is compared with what is made here.
        """
        path = f"{where}#{name}"
        if self.legacy.values is ValueForm.PLAIN:
            tree = codec.encode(flat, path=path)
            self._made(entity, name, codec.decode(tree))
            return tree
        found = decode(flat, path=path)
        if isinstance(found.value, Flattened):
            self.note(
                NoteKind.RAW, where, f"{name} is kept as it was written: {found.value.reason}"
            )
        tree = self.encoded(found.value, flat, path)
        self._flatten(entity, name, flat, legacy, lambda: flatten.flat(tree, name, legacy), found)
        return tree

    def encoded(self, value: object, flat: Json, path: str) -> Json:
        try:
            return codec.encode(value, path=path)
        except EncodeError as error:
            return codec.encode(Flattened(flat, error.reason), path=path)

    def arguments(self, row: Row, legacy: dict[str, Json], entity: str) -> Json:
        """The arguments of a run or step."""
        path = f"{row.source}#input"
        flat = row.fields.get("input")
        if flat is None:
            self.unknown(legacy, "input", row.source, "the row has no input")
            return []
        if self.legacy.values is ValueForm.PLAIN:
            is_list = isinstance(flat, list)
            if not is_list:
                legacy["input"] = "one value, not a list of arguments"
            tree = codec.encode(flat if is_list else [flat], path=path)
            back = cast("list[Json]", codec.decode(tree))
            self._made(entity, "input", back if is_list else back[0])
            return tree
        found = decode_arguments(flat, path=path)
        self.keep_wrapper(found, path, legacy)
        for number, value in enumerate(found.values):
            if isinstance(value, Flattened):
                self.note(
                    NoteKind.RAW,
                    row.source,
                    f"input[{number}] is kept as it was written: {value.reason}",
                )
        made: Json = [self.encoded(value, flat, path) for value in found.values]
        self._flatten(
            entity, "input", flat, legacy, lambda: flatten.flat_arguments(made, legacy), found
        )
        return made

    def _flatten(
        self,
        entity: str,
        name: str,
        flat: Json,
        legacy: dict[str, Json],
        again: Callable[[], Json],
        found: Decoded | Arguments,
    ) -> None:
        """Keep the flattened form too, where what was made of it cannot tell it again."""
        if found.own:
            self._made(entity, name, flat)
            return
        if not found.lossy:
            with suppress(BadValue):
                back = again()
                if codec.equal(back, flat):
                    self._made(entity, name, flat)
                    return
        _keep_flat(legacy, name, flat)
        self._made(entity, name, again())

    def _made(self, entity: str, name: str, back: object) -> None:
        if entity:
            self.flats[f"{entity}#{name}"] = cast("Json", back)

    def keep_wrapper(self, found: Arguments, path: str, legacy: dict[str, Json]) -> None:
        """What later releases put around the arguments (D-4)."""
        if found.wrapper:
            legacy["wrapper"] = list(found.wrapper)
        for name, value in (found.rest or {}).items():
            legacy[name] = codec.encode(value, path=f"{path}.{name}")

    def unknown(self, legacy: dict[str, Json], name: str, where: str, why: str) -> None:
        """Mark a field as unknown."""
        list_in(legacy, "unknown").append(name)
        self.note(NoteKind.UNKNOWN, where, f"{name} is unknown: {why}")

    def taken_away(self, token: str, holder: str) -> None:
        """A hook of this run had payloads, and its token belongs to another run now."""
        dict_in(self.context, "taken")[token] = holder

    # -- what becomes of stored events ----------------------------------------------------

    def keep(
        self, event: Stored, data: EventData, legacy: dict[str, Json], correlation_id: str
    ) -> Draft:
        """A stored event that becomes one of ours; what it said is not asked for again."""
        draft = Draft(
            data=data,
            at=event.at,
            order=event.order,
            rank=RANK_STORED,
            sources=[event.source],
            legacy=legacy,
            correlation_id=correlation_id,
            stored=event,
            key=event.key,
        )
        self.drafts.append(draft)
        if self.uses_up:
            event.use_up()
        return draft

    def create_unseen(
        self, first: Stored, data: EventData, *, unknown: tuple[str, ...], where: str, key: str
    ) -> None:
        """
        The creation of a step or wait of which only later events are left: before the first.

        Args:
            unknown: The fields that nobody can know.
            where: What lacks them.
        """
        about, what = first.about(), data.subject.value
        lost = "row of the step" if data.subject is Subject.STEP else f"wait_created of {about}"
        legacy: dict[str, Json] = {
            "source": first.source,
            "synthesised": True,
            "inferred": {"createdAt": f"the {what}'s first event"},
        }
        for name in unknown:
            self.unknown(legacy, name, where, f"there is no {lost}")
        draft = Draft(
            data=data,
            at=first.at,
            order=first.order,
            rank=RANK_CREATION,
            sources=[],
            legacy=legacy,
            correlation_id=about,
            key=(0, key),
        )
        self.drafts.append(draft)

    def merged(self, event: Stored, why: str, decision: str = "D-17") -> None:
        self.fates[event.source] = Fate.MERGED
        self.note(NoteKind.MERGED, event.source, f"{event.type}: {why}", decision=decision)

    def archive(
        self, kind: NoteKind, event: Stored, why: str, decision: str, entity: str = ""
    ) -> None:
        self.fates[event.source] = Fate.ARCHIVED
        self.note(
            kind, event.source, f"{event.type} is archived: {why}", decision=decision, entity=entity
        )


def plain(row: Row, name: str) -> str:
    """A name or id: a text that a database can have in a column."""
    text = row.text(name)
    if _NO_TEXT.search(text):
        raise row.bad(f"{name} is {text!r}, which has a NUL or half a character in it")
    return text


def made_of(row: Row, *same: str, **renamed: str) -> dict[str, Json]:
    """The `legacy` field of an event that is synthesised from a row."""
    fields: dict[str, Json] = {name: f"{row.source}#{name}" for name in same}
    fields |= {name: f"{row.source}#{field}" for name, field in renamed.items()}
    return {"source": row.source, "synthesised": True, "fields": fields}


def came_from(legacy: dict[str, Json], name: str, source: str) -> None:
    dict_in(legacy, "fields")[name] = source


def keep_rest(legacy: dict[str, Json], row: Row, said: frozenset[str]) -> None:
    """What a row says beyond what events say."""
    rest: dict[str, Json] = {
        name: value
        for name, value in row.fields.items()
        if name not in said and isinstance(value, (str, int, float, bool))
    }
    if rest:
        legacy["row"] = rest


def _keep_flat(legacy: dict[str, Json], name: str, flat: Json) -> None:
    """The flattened form, where the Python value cannot tell it again."""
    dict_in(legacy, "flat")[name] = codec.encode(flat)


def dict_in(legacy: dict[str, Json], name: str) -> dict[str, Json]:
    found = legacy.setdefault(name, {})
    assert isinstance(found, dict)
    return found


def list_in(legacy: dict[str, Json], name: str) -> list[Json]:
    found = legacy.setdefault(name, [])
    assert isinstance(found, list)
    return found
