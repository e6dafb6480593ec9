"""
What can happen to a run: one frozen class per event type.

An event in a log is an envelope (`Event`: ids, position, time) around what happened (an
`EventData` subclass). A writer hands in a `NewEvent`; position and time are the world's to
give. `to_wire` and `from_wire` are the only places that know the JSON field names, which
are those of the Workflow DevKit; the attributes here are the same names in snake_case.
Values inside (`input`, `result`, `payload` …) are encoded JSON, see `wfx.codec`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import TYPE_CHECKING, Any, ClassVar, Final

from wfx.clock import from_us
from wfx.errors import CorruptLog
from wfx.frozen import quick
from wfx.ids import new_id
from wfx.written import written

if TYPE_CHECKING:
    from wfx.values import Json

SPEC_VERSION: Final = 2
FORMAT: Final = "wfx/1"


class Kind(Enum):
    """Who may append an event, and what it depends on."""

    FACT = "fact"
    """Happened outside workflow code; never depends on a command."""
    COMMAND = "command"
    """Asked for by workflow code; only the holder of the run's claim appends it."""
    EFFECT = "effect"
    """A value workflow code observed; only the holder of the run's claim appends it."""
    BOOKKEEPING = "bookkeeping"
    """The executor's own marks: a run or an attempt began."""


class Subject(Enum):
    """What an event is about."""

    __hash__ = object.__hash__  # a key of tables; the standard library's is slow

    RUN = "run"
    STEP = "step"
    HOOK = "hook"
    WAIT = "wait"
    EFFECT = "effect"


@quick
@dataclass(frozen=True, slots=True)
class Call:
    """Where workflow code asked: scope of its asyncio task, ordinal in it, source place."""

    scope: str
    ordinal: int
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventData:
    """Base of what can happen."""

    type: ClassVar[str]
    kind: ClassVar[Kind]
    subject: ClassVar[Subject]
    delivered: ClassVar[bool] = False
    """Whether workflow code is told of it (PROTOCOL: a delivery begins an activation)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCreated(EventData):
    """A run exists, pending."""

    type = "run_created"
    kind = Kind.BOOKKEEPING
    subject = Subject.RUN
    deployment_id: str
    workflow_name: str
    input: Json
    """The positional arguments, a list."""
    kwargs: dict[str, Json] | None = None
    """Keyword-only arguments; absent when there are none."""
    execution_context: dict[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(EventData):
    """The workflow's first activation."""

    type = "run_started"
    kind = Kind.BOOKKEEPING
    subject = Subject.RUN
    delivered = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCompleted(EventData):
    """The workflow returned."""

    type = "run_completed"
    kind = Kind.COMMAND
    subject = Subject.RUN
    output: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailed(EventData):
    """The workflow raised."""

    type = "run_failed"
    kind = Kind.COMMAND
    subject = Subject.RUN
    error: dict[str, Json]
    error_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCancelled(EventData):
    """Somebody cancelled the run."""

    type = "run_cancelled"
    kind = Kind.FACT
    subject = Subject.RUN
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBound(EventData):
    """Somebody said what names of a migrated run are called in Python."""

    type = "run_bound"
    kind = Kind.FACT
    subject = Subject.RUN
    names: dict[str, str]
    """Recorded names of workflow and steps → what they are bound to; a later one wins."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class StepCreated(EventData):
    """The workflow asked for a step."""

    type = "step_created"
    kind = Kind.COMMAND
    subject = Subject.STEP
    step_name: str | None
    input: Json
    """The positional arguments, a list."""
    kwargs: dict[str, Json] | None = None
    queue: str | None = None
    """The queue the step is routed to; absent for the default one."""
    key: str | None = None
    """What the limits per key of the queue count the step under."""
    priority: int | None = None
    """The step's own priority; absent for that of its run."""
    call: Call | None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted(EventData):
    """An attempt begins; its body starts only after this is committed."""

    type = "step_started"
    kind = Kind.BOOKKEEPING
    subject = Subject.STEP
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRetrying(EventData):
    """An attempt failed and another will follow."""

    type = "step_retrying"
    kind = Kind.FACT
    subject = Subject.STEP
    error: dict[str, Json]
    retry_after: datetime | None = None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class StepCompleted(EventData):
    """The step returned."""

    type = "step_completed"
    kind = Kind.FACT
    subject = Subject.STEP
    delivered = True
    result: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailed(EventData):
    """The step failed for good; always terminal."""

    type = "step_failed"
    kind = Kind.FACT
    subject = Subject.STEP
    delivered = True
    error: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCancelled(EventData):
    """The workflow gave the step up."""

    type = "step_cancelled"
    kind = Kind.COMMAND
    subject = Subject.STEP


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCreated(EventData):
    """The workflow opened a hook under a token."""

    type = "hook_created"
    kind = Kind.COMMAND
    subject = Subject.HOOK
    token: str | None
    schema: dict[str, Json] | None = None
    """JSON Schema that payloads are checked against before they are appended."""
    metadata: Json = None
    call: Call | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookConflict(EventData):
    """Written by the world in place of hook_created when the token is taken."""

    type = "hook_conflict"
    kind = Kind.FACT
    subject = Subject.HOOK
    delivered = True
    token: str
    conflicting_run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookReceived(EventData):
    """A payload arrived."""

    type = "hook_received"
    kind = Kind.FACT
    subject = Subject.HOOK
    delivered = True
    payload: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDisposed(EventData):
    """The workflow gave the token up."""

    type = "hook_disposed"
    kind = Kind.COMMAND
    subject = Subject.HOOK


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitCreated(EventData):
    """The workflow waits for a moment."""

    type = "wait_created"
    kind = Kind.COMMAND
    subject = Subject.WAIT
    delay: int | None
    """What was asked for, in microseconds; None in logs of formats that did not record it."""
    resume_at: datetime
    call: Call | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitCompleted(EventData):
    """The moment came."""

    type = "wait_completed"
    kind = Kind.FACT
    subject = Subject.WAIT
    delivered = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitCancelled(EventData):
    """The workflow gave the wait up."""

    type = "wait_cancelled"
    kind = Kind.COMMAND
    subject = Subject.WAIT


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRecorded(EventData):
    """Values that workflow code observed, coalesced per activation and scope."""

    type = "effect_recorded"
    kind = Kind.EFFECT
    subject = Subject.EFFECT
    effect: str
    key: str | None = None
    values: list[Json]
    call: Call


EVENT_TYPES: Final[Mapping[str, type[EventData]]] = {
    cls.type: cls
    for cls in (
        RunCreated,
        RunStarted,
        RunCompleted,
        RunFailed,
        RunCancelled,
        StepCreated,
        StepStarted,
        StepRetrying,
        StepCompleted,
        StepFailed,
        StepCancelled,
        HookCreated,
        HookConflict,
        HookReceived,
        HookDisposed,
        WaitCreated,
        WaitCompleted,
        WaitCancelled,
        EffectRecorded,
        RunBound,
    )
}

PATCH: Final = "patch"
"""The effect of `patched`: its key is the patch's name."""

RUN_ENDS: Final = (RunCompleted, RunFailed, RunCancelled)
STEP_OUTCOMES: Final = (StepCompleted, StepFailed)
CANCELS: Final = (StepCancelled, WaitCancelled, HookDisposed)
"""Commands that the world drops when their target has ended already."""
REQUESTS: Final = (StepCreated, WaitCreated, HookCreated)
"""Commands that make an entity and take an ordinal."""


@quick
@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as a writer hands it in. The id makes a repeated append harmless."""

    data: EventData
    correlation_id: str | None = None
    event_id: str = field(default_factory=lambda: new_id("evnt"))
    legacy: dict[str, Json] | None = None


@quick
@dataclass(frozen=True, slots=True)
class Event:
    """An event in a log."""

    event_id: str
    run_id: str
    position: int
    created_at: datetime
    data: EventData
    correlation_id: str | None = None
    legacy: dict[str, Json] | None = None
    texts: tuple[str, str | None] | None = field(default=None, compare=False, repr=False)
    """`data` and `legacy` as the JSON that a world keeps, if its maker had need of it already."""

    @property
    def type(self) -> str:
        """The event type's name on the wire."""
        return self.data.type


# -- the wire form ------------------------------------------------------------------------


def iso(moment: datetime) -> str:
    """A moment on the wire: ISO 8601, UTC, microseconds."""
    at = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return at.isoformat(timespec="microseconds")[:-6] + "Z"


def iso_us(us: int) -> str:
    """`iso` of microseconds since the epoch."""
    second, rest = divmod(us, 1_000_000)
    return f"{_second(second)}.{rest:06d}Z"


@lru_cache(maxsize=64)
def _second(number: int) -> str:
    """A second on the wire; a log has many events of one."""
    return from_us(number * 1_000_000).isoformat()[:-6]


@lru_cache(maxsize=16)
def moment(text: str) -> datetime:
    """Read a moment from the wire; without a zone it is UTC. Events of one append have the same."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is UTC:
        return read
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def call_to_wire(call: Call) -> dict[str, Json]:
    """The JSON object of a call."""
    return {"scope": call.scope, "ordinal": call.ordinal, "place": call.place}


def _call_text(call: Call) -> str:
    scope, place = _quoted(call.scope), _quoted(call.place)
    return f'{{"scope":{scope},"ordinal":{call.ordinal},"place":{place}}}'


def _call_from_wire(wire: Any) -> Call:
    return Call(_str(wire["scope"]), _int(wire["ordinal"]), _str(wire.get("place", "")))


def _names(value: Any) -> dict[str, str]:
    return {_str(name): _str(bound) for name, bound in value.items()}


def _str(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("a text was expected")
    return value


def _int(value: Any) -> int:
    if type(value) is not int or not -_INT_MAX <= value <= _INT_MAX:
        raise TypeError("a number of at most 64 bits was expected")
    return value


def _object(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise TypeError("an object was expected")
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError("a list was expected")
    return value


def _same(value: Any) -> Any:
    return value


_OUT: Final[Mapping[str, Callable[[Any], Any]]] = {
    "call": call_to_wire,
    "retry_after": iso,
    "resume_at": iso,
}
_TEXT: Final[Mapping[str, Callable[[Any], str]]] = {
    "str": _quoted,
    "call": _call_text,
    "retry_after": lambda value: f'"{iso(value)}"',
    "resume_at": lambda value: f'"{iso(value)}"',
}
"""Name or type of a field → how it is written as JSON, where that is not left to the caller."""
_SHOWN_MAX: Final = 200
_INT_MAX: Final = 2**63 - 1
_IN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "str": _str,
    "int": _int,
    "Json": _same,
    "dict[str, Json]": _object,
    "dict[str, str]": _names,
    "list[Json]": _list,
    "datetime": moment,
    "Call": _call_from_wire,
}
"""Type of a field → how it is read."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    wire: str
    out: Callable[[Any], Any]
    read: Callable[[Any], Any]
    nullable: bool
    """Whether None is among its values."""
    optional: bool
    """Whether it has a default, and so is left out of the wire form at that default."""
    key: str
    """What stands before its value in JSON."""
    text: Callable[[Any], str] | None
    """Its value as JSON text; None if the value is JSON."""


def wire_name(name: str) -> str:
    """What a field is called on the wire."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _fields(cls: type[EventData]) -> tuple[_Field, ...]:
    return tuple(
        _Field(
            f.name,
            wire_name(f.name),
            _OUT.get(f.name, _same),
            _IN[str(f.type).removesuffix(" | None")],
            str(f.type) == "Json" or str(f.type).endswith(" | None"),
            f.default is not dataclasses.MISSING,
            f'"{wire_name(f.name)}":',
            _TEXT.get(f.name) or _TEXT.get(str(f.type).removesuffix(" | None")),
        )
        for f in dataclasses.fields(cls)
    )


_FIELDS: Final[Mapping[type[EventData], tuple[_Field, ...]]] = {
    cls: _fields(cls) for cls in EVENT_TYPES.values()
}


_READS: Final = {
    cls: ({f.wire: f for f in fields}, tuple(f.wire for f in fields if not f.optional))
    for cls, fields in _FIELDS.items()
}
"""By class: its fields by the name they have on the wire, and the names that must be there."""


def data_to_wire(data: EventData) -> dict[str, Json]:
    """The `eventData` object of an event."""
    wire: dict[str, Json] = {}
    for f in _FIELDS[type(data)]:
        value = getattr(data, f.name)
        if value is None:
            if not f.optional:
                wire[f.wire] = None
        else:
            wire[f.wire] = f.out(value)
    return wire


def _writer(cls: type[EventData]) -> Callable[[EventData, Callable[[Any], str]], str]:
    """What makes the JSON text of the data of a class."""
    names: dict[str, object] = {}
    body = ['out = ""']
    for f in _FIELDS[cls]:
        own = f"_{f.name}_text"
        names[own] = f.text
        made = f"{own if f.text else 'text'}(value)"
        body += [f"value = data.{f.name}", "if value is not None:"]
        body += [f"    out += {',' + f.key!r} + {made}"]
        if not f.optional:
            body += ["else:", f"    out += {',' + f.key + 'null'!r}"]
    return written("data_text", ["data", "text"], [*body, "return '{' + out[1:] + '}'"], names)


_WRITERS: Final = {cls: _writer(cls) for cls in EVENT_TYPES.values()}


def data_text(data: EventData, text: Callable[[Any], str]) -> str:
    """The JSON text of `data_to_wire`'s object; `text` gives that of a value inside."""
    return _WRITERS[type(data)](data, text)


def data_from_wire(event_type: str, wire: Mapping[str, Any], *, where: str) -> EventData:
    """
    Read the `eventData` of an event; fields of later minor versions are passed over.

    Raises:
        CorruptLog: If the type is unknown, or a field is missing or misshapen.
    """
    cls = EVENT_TYPES.get(event_type)
    if cls is None:
        raise CorruptLog(where=where, reason=f"there is no event type {event_type!r}")
    arguments: dict[str, Any] = {}
    known, required = _READS[cls]
    for key, value in wire.items():
        f = known.get(key)
        if f is None:
            continue
        try:
            arguments[f.name] = None if value is None and f.nullable else f.read(value)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            shown = repr(value)
            shown = shown if len(shown) <= _SHOWN_MAX else f"{shown[:_SHOWN_MAX]}…"
            raise CorruptLog(
                where=where, reason=f"{event_type}.{key} is {shown}: {error}"
            ) from None
    for key in required:
        if key not in wire:
            raise CorruptLog(where=where, reason=f"{event_type} lacks {key!r}")
    return cls(**arguments)


def to_wire(event: Event) -> dict[str, Json]:
    """The JSON object of an event, as recordings and `--json` have it."""
    wire: dict[str, Json] = {
        "eventId": event.event_id,
        "runId": event.run_id,
        "position": event.position,
        "eventType": event.data.type,
    }
    if event.correlation_id is not None:
        wire["correlationId"] = event.correlation_id
    wire["createdAt"] = iso(event.created_at)
    wire["specVersion"] = SPEC_VERSION
    wire["eventData"] = data_to_wire(event.data)
    if event.legacy is not None:
        wire["legacy"] = event.legacy
    return wire


def wire_text(
    event_id: str,
    run_id: str,
    position: int,
    event_type: str,
    correlation_id: str | None,
    created_at: str,
    data: str,
    legacy: str | None,
) -> str:
    """The text of `to_wire`'s object, of parts that are as they are on the wire."""
    about = "" if correlation_id is None else f'"correlationId":{_quoted(correlation_id)},'
    end = "}" if legacy is None else f',"legacy":{legacy}}}'
    return (
        f'{{"eventId":{_quoted(event_id)},"runId":{_quoted(run_id)},"position":{position},'
        f'"eventType":"{event_type}",{about}"createdAt":"{created_at}",'
        f'"specVersion":{SPEC_VERSION},"eventData":{data}{end}'
    )


def from_wire(wire: Any, *, where: str) -> Event:
    """
    Read an event from its JSON object.

    Raises:
        CorruptLog: If it is none, naming `where` and the field.
    """
    if not isinstance(wire, dict):
        raise CorruptLog(where=where, reason="not an event: a JSON object was expected")
    try:
        event_type, position = wire["eventType"], wire["position"]
        event_id, run_id, created_at = wire["eventId"], wire["runId"], wire["createdAt"]
    except KeyError as missing:
        raise CorruptLog(where=where, reason=f"the event lacks {missing.args[0]!r}") from None
    if not isinstance(position, int) or isinstance(position, bool) or position < 0:
        raise CorruptLog(where=where, reason=f"position is {position!r}")
    try:
        created = moment(created_at)
    except (TypeError, ValueError):
        raise CorruptLog(where=where, reason=f"createdAt is {created_at!r}") from None
    data = wire.get("eventData") or {}
    if not isinstance(data, dict):
        raise CorruptLog(where=where, reason="eventData is no object")
    about, legacy = wire.get("correlationId"), wire.get("legacy")
    if not (_is_id(event_id) and _is_id(run_id) and (about is None or _is_id(about))):
        ids = {"eventId": event_id, "runId": run_id, "correlationId": about}
        name, text = next(pair for pair in ids.items() if not _is_id(pair[1]))
        raise CorruptLog(where=where, reason=f"{name} is {text!r}, which is no id")
    if legacy is not None and not isinstance(legacy, dict):
        raise CorruptLog(where=where, reason="legacy is no object")
    return Event(
        event_id=event_id,
        run_id=run_id,
        position=position,
        created_at=created,
        data=data_from_wire(str(event_type), data, where=where),
        correlation_id=about,
        legacy=legacy,
    )


def _is_id(text: Any) -> bool:
    """
    Ids of any make: those of migrated logs are older than ours.

    Worlds keep an id as it is, unlike names, and no database keeps half of a pair of
    surrogates, nor PostgreSQL a NUL.
    """
    if type(text) is not str or not text or "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
