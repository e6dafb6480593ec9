"""
From Python values to JSON.

One function per form, found by the exact type of the value. What a class needs is decided
once per class (`_choose`) and remembered. The place of a failure is put together while the
failure unwinds, so that a value that can be written pays nothing for it.
"""

from __future__ import annotations

import io
import math
import sys
from binascii import b2a_base64
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields as fields_of
from datetime import date, datetime, time, timedelta, timezone
from enum import Enum, Flag
from functools import cached_property
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final, TypeAlias
from weakref import ref

from wfx.codec.forms import (
    DEPTH_MAX,
    FACTORIES,
    INT_MAX,
    INT_MIN,
    TAG,
    TEXT_FORMS,
    step_into,
)
from wfx.codec.generics import type_to_json
from wfx.codec.refused import Refused
from wfx.codec.registry import HOST, ClassRegistry
from wfx.errors import EncodeError
from wfx.values import Json

_ABSENT: Final = object()
_NOTHING: Final[dict[str, object]] = {}


class Pass:
    """One call of `encode`."""

    __slots__ = ("active", "registry")

    def __init__(self, registry: ClassRegistry) -> None:
        self.registry = registry
        self.active: set[int] = set()
        """Ids of the exceptions being written: one may hold itself, and is then left out."""


Put: TypeAlias = Callable[[Any, Pass, int], Json]


def encode(value: object, *, registry: ClassRegistry = HOST, path: str = "value") -> Json:
    """
    The JSON of a Python value, sharing nothing mutable with it.

    Args:
        path: What the value is called in errors: `input[0]`, `result`.

    Raises:
        EncodeError: If a part of it cannot be written; it names the part and the remedy.
    """
    try:
        return put(value, Pass(registry), 0)
    except Refused as refused:
        place, reason = refused.describe()
    except RecursionError:
        place, reason = "", _TOO_DEEP
    except Exception as error:
        # Code of the value's own: a descriptor, a time zone, a dict that changes meanwhile.
        place, reason = "", f"reading it raised {type(error).__name__}: {error}"
    raise EncodeError(path=path + place, reason=reason)


def encode_items(
    values: Sequence[object], *, registry: ClassRegistry = HOST, path: str = "value"
) -> list[Json]:
    """`encode` of each value; in errors they are called `path[0]`, `path[1]` …"""
    try:
        return _items(values, Pass(registry), -1, values)
    except Exception:
        # Asked again for the reason, one by one.
        return [
            encode(value, registry=registry, path=f"{path}[{index}]")
            for index, value in enumerate(values)
        ]


def put(value: object, into: Pass, depth: int) -> Json:
    """The JSON of `value`, which lies in `depth` containers. Raises Refused."""
    cls = type(value)
    plan = _EXACT.get(cls)
    if plan is None:
        plan = _PLANS.get(ref(cls))
        if plan is None:
            plan = _PLANS[ref(cls, _PLANS.pop)] = _choose(cls)
    return plan(value, into, depth)


# -- values that JSON has -----------------------------------------------------------------


def _itself(value: Any, into: Pass, depth: int) -> Json:
    return value  # type: ignore[no-any-return]  # None, True, False


def _int(value: int, into: Pass, depth: int) -> Json:
    if INT_MIN <= value <= INT_MAX:
        return value
    return {TAG: "int", "value": hex(value)}


def _float(value: float, into: Pass, depth: int) -> Json:
    if math.isfinite(value):
        return value
    return {TAG: "float", "value": repr(value)}


def _str(value: str, into: Pass, depth: int) -> Json:
    if value.isascii() or not _has_surrogates(value):
        return value
    return {TAG: "str", "value": _base64(value.encode("utf-8", "surrogatepass"))}


def _has_surrogates(text: str) -> bool:
    # A pair of them would come back from JSON text as one character, and a database or
    # another language may refuse or replace a lone one.
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _list(value: list[object], into: Pass, depth: int) -> Json:
    return _items(value, into, depth, value)


def _items(items: Iterable[object], into: Pass, depth: int, owner: object) -> list[Json]:
    if depth >= DEPTH_MAX:
        raise Refused(_TOO_DEEP)
    out: list[Json] = []
    try:
        for item in items:
            # What `put` does, without the call: lists are where most values are.
            plan = _EXACT.get(type(item))
            out.append(put(item, into, depth + 1) if plan is None else plan(item, into, depth + 1))
    except Refused as refused:
        raise refused.inside(f"[{len(out)}]", owner)  # noqa: B904 (the same exception)
    return out


def _dict(value: dict[object, object], into: Pass, depth: int) -> Json:
    if depth >= DEPTH_MAX:
        raise Refused(_TOO_DEEP)
    if TAG in value:
        return {TAG: "dict", "items": _pairs(value, into, depth)}
    out: dict[str, Json] = {}
    key: object = None
    try:
        for key, item in value.items():
            if type(key) is not str or (not key.isascii() and _has_surrogates(key)):
                break
            plan = _EXACT.get(type(item))
            out[key] = put(item, into, depth + 1) if plan is None else plan(item, into, depth + 1)
        else:
            return out
    except Refused as refused:
        raise refused.inside(step_into(key), value)  # noqa: B904 (the same exception)
    return {TAG: "dict", "items": _pairs(value, into, depth)}


def _pairs(value: Mapping[Any, object], into: Pass, depth: int) -> list[Json]:
    if depth >= DEPTH_MAX:
        raise Refused(_TOO_DEEP)
    out: list[Json] = []
    key: object = None
    part = ""
    try:
        for key, item in value.items():
            part = f"[key {len(out)}]"
            key_json = put(key, into, depth + 1)
            part = ""
            out.append([key_json, put(item, into, depth + 1)])
    except Refused as refused:
        raise refused.inside(part or step_into(key), value)  # noqa: B904 (the same exception)
    return out


def _named(
    pairs: Iterable[tuple[str, object]], into: Pass, depth: int, owner: object
) -> dict[str, Json]:
    """Attributes by name. None of ours is called `$`, so there is nothing to escape."""
    if depth >= DEPTH_MAX:
        raise Refused(_TOO_DEEP)
    out: dict[str, Json] = {}
    name = ""
    try:
        for name, item in pairs:
            plan = _EXACT.get(type(item))
            out[name] = put(item, into, depth + 1) if plan is None else plan(item, into, depth + 1)
    except Refused as refused:
        raise refused.inside(step_into(name), owner)  # noqa: B904 (the same exception)
    return out


# -- values of the standard library -------------------------------------------------------


def _base64(data: bytes | bytearray) -> str:
    return b2a_base64(data, newline=False).decode("ascii")


def _bytes(value: bytes, into: Pass, depth: int) -> Json:
    return {TAG: "bytes", "value": _base64(value)}


def _bytearray(value: bytearray, into: Pass, depth: int) -> Json:
    return {TAG: "bytearray", "value": _base64(value)}


def _datetime(value: datetime | time, into: Pass, depth: int) -> Json:
    out: dict[str, Json] = {TAG: "datetime" if isinstance(value, datetime) else "time"}
    zone = value.tzinfo
    if zone is None:
        out["value"] = value.isoformat()
    elif type(zone) is timezone:
        offset = zone.utcoffset(None)
        if offset.microseconds:
            # `fromisoformat` drops an offset of less than a second.
            out["value"] = value.replace(tzinfo=None).isoformat()
            out["offset"] = [offset.days, offset.seconds, offset.microseconds]
        else:
            out["value"] = value.isoformat()
        # Only by comparing can one tell a given name from the one made of the offset.
        if (name := zone.tzname(None)) != timezone(offset).tzname(None):
            out["name"] = _str(name, into, depth)
    elif type(zone).__module__ == "zoneinfo" and type(zone).__qualname__ == "ZoneInfo":
        key: str | None = zone.key  # type: ignore[attr-defined]  # not imported for its type
        if key is None:
            raise Refused("a ZoneInfo without a key cannot be found again; use ZoneInfo(key)")
        out["value"] = value.replace(tzinfo=None).isoformat()
        out["zone"] = key
    else:
        if value.utcoffset() is None:
            raise Refused(
                f"the time zone {_class_name(type(zone))} gives no offset here; "
                "use datetime.timezone or zoneinfo.ZoneInfo"
            )
        out["value"] = value.isoformat()
    if value.fold:
        out["fold"] = 1
    return out


def _date(value: date, into: Pass, depth: int) -> Json:
    return {TAG: "date", "value": value.isoformat()}


def _timedelta(value: timedelta, into: Pass, depth: int) -> Json:
    return {TAG: "timedelta", "value": [value.days, value.seconds, value.microseconds]}


def _tuple(value: tuple[object, ...], into: Pass, depth: int) -> Json:
    return {TAG: "tuple", "items": _items(value, into, depth, value)}


def _sorted_items(value: Iterable[object], into: Pass, depth: int) -> list[Json]:
    # The order of a host's set differs between processes; the order of their texts does not.
    from wfx.codec.text import dumps

    return sorted(_items(value, into, depth, value), key=dumps)


def _set(value: set[object], into: Pass, depth: int) -> Json:
    return {TAG: "set", "items": _sorted_items(value, into, depth)}


def _frozenset(value: frozenset[object], into: Pass, depth: int) -> Json:
    return {TAG: "frozenset", "items": _sorted_items(value, into, depth)}


def _deque(value: deque[object], into: Pass, depth: int) -> Json:
    out: dict[str, Json] = {TAG: "deque", "items": _items(value, into, depth, value)}
    if value.maxlen is not None:
        out["maxlen"] = value.maxlen
    return out


def _ordered_dict(value: OrderedDict[object, object], into: Pass, depth: int) -> Json:
    return {TAG: "ordered_dict", "items": _pairs(value, into, depth)}


def _counter(value: Counter[object], into: Pass, depth: int) -> Json:
    return {TAG: "counter", "items": _pairs(value, into, depth)}


def _defaultdict(value: defaultdict[object, object], into: Pass, depth: int) -> Json:
    factory = value.default_factory
    name: str | None = None
    if factory is not None:
        name = next((name for name, cls in FACTORIES.items() if cls is factory), None)
        if name is None and factory is into.registry.resolve("builtins:set"):
            name = "set"
        if name is None:
            raise Refused(
                "a defaultdict whose factory is not a builtin type cannot be written to the "
                "log; pass dict(value)"
            )
    return {TAG: "defaultdict", "items": _pairs(value, into, depth), "factory": name}


_EXACT: Final[dict[type, Put]] = {
    type(None): _itself,
    bool: _itself,
    int: _int,
    float: _float,
    str: _str,
    list: _list,
    dict: _dict,
    bytes: _bytes,
    bytearray: _bytearray,
    datetime: _datetime,
    time: _datetime,
    date: _date,
    timedelta: _timedelta,
    tuple: _tuple,
    set: _set,
    frozenset: _frozenset,
    deque: _deque,
    OrderedDict: _ordered_dict,
    Counter: _counter,
    defaultdict: _defaultdict,
}

# -- classes ------------------------------------------------------------------------------

_PLANS: Final[dict[ref[type], Put]] = {}
"""By class, as long as it lives."""

_TEXT_FORM_OF: Final = {
    place: form for form, names in TEXT_FORMS.items() for place in (names, (names[0], names[1]))
} | {
    # Python 3.13 keeps the classes of pathlib in a module of its own.
    ("pathlib._local", name): form
    for form, (module, name) in TEXT_FORMS.items()
    if module == "pathlib"
}

_BUILTIN_BASES: Final = (
    *(str, bytes, bytearray, int, float, complex, list, dict, set, frozenset, deque),
    *(datetime, date, time, timedelta),
)


def _choose(cls: type) -> Put:
    """How instances of a class are written; decided by what the class is."""
    if issubclass(cls, Enum):
        return _enum
    if issubclass(cls, BaseException):
        return _exception
    if (form := _TEXT_FORM_OF.get((cls.__module__, cls.__qualname__))) is not None:
        return _text_plan(form)
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and issubclass(cls, pydantic.BaseModel):
        if hasattr(cls, "_sa_class_manager"):
            return _refusal(_DATABASE_ROW)
        return _model_plan(cls)
    if issubclass(cls, set | frozenset):
        return _own_set
    if issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple):
        return _namedtuple
    if issubclass(cls, (*_BUILTIN_BASES, tuple)):
        return _refusal(_subclass_reason(cls))
    if hasattr(cls, "__dataclass_fields__"):
        if hasattr(cls, "_sa_class_manager"):
            return _refusal(_DATABASE_ROW)
        return _dataclass_plan(cls)
    if cls.__module__ in ("pydantic.networks", "pydantic_core._pydantic_core") and (
        cls.__qualname__.endswith(("Url", "Dsn"))
    ):
        return _url
    return _refusal(_reason_for(cls))


def _tag(cls: type, into: Pass) -> str:
    """The name of a class that can be found again by it."""
    tag = into.registry.tag(cls)
    if "<locals>" in tag:
        raise Refused(
            f"the class {tag} is defined inside a function, where nobody could find it again; "
            "define it at module level"
        )
    if into.registry.resolve(tag) is None:
        raise Refused(
            f"the class {tag} cannot be found again under this name; "
            "define it at module level, in a module that can be imported"
        )
    return tag


def _enum(value: Enum, into: Pass, depth: int) -> Json:
    cls = type(value)
    out: dict[str, Json] = {TAG: "enum", "class": _tag(cls, into)}
    name = value._name_
    if name is not None and cls.__members__.get(name) is value:
        out["name"] = name
    elif isinstance(value, Flag):
        out["value"] = _int(value._value_, into, depth)
    else:
        raise Refused(f"{value!r} is not a member of {_class_name(cls)}")
    return out


def _exception(value: BaseException, into: Pass, depth: int) -> Json:
    from wfx.codec.failure import put_error

    if id(value) in into.active:
        raise Refused("an exception that holds itself cannot be written to the log")
    return {TAG: "exception", **put_error(value, into, depth, include_stack=False)}


def _text_plan(form: str) -> Put:
    def text(value: object, into: Pass, depth: int) -> Json:
        try:
            return {TAG: form, "value": str(value)}
        except ValueError as error:
            raise Refused(f"its text cannot be made: {error}") from None

    return text


def _url(value: object, into: Pass, depth: int) -> Json:
    return {TAG: "url", "class": into.registry.tag(type(value)), "value": str(value)}


def _own_set(value: Any, into: Pass, depth: int) -> Json:
    cls: type = type(value)
    form = "set" if issubclass(cls, set) else "frozenset"
    if cls is not into.registry.resolve(f"builtins:{form}"):
        raise Refused(_subclass_reason(cls))
    return {TAG: form, "items": _items(value, into, depth, value)}


def _namedtuple(value: Any, into: Pass, depth: int) -> Json:
    cls = type(value)
    return {
        TAG: "namedtuple",
        "class": _tag(cls, into),
        "fields": _named(zip(cls._fields, tuple.__iter__(value), strict=False), into, depth, value),
    }


def _dataclass_plan(cls: type) -> Put:
    names = tuple(field.name for field in fields_of(cls))
    derived = frozenset(
        name
        for base in cls.__mro__
        for name, item in vars(base).items()
        if isinstance(item, cached_property)
    )
    slots = tuple(name for name in _slot_names(cls) if name not in names and name not in derived)

    def elsewhere(value: object, own: Mapping[str, object]) -> list[tuple[str, object]]:
        # In slots, behind descriptors, left to a default of the class, or nowhere.
        pairs = ((name, own.get(name, _ABSENT)) for name in names)
        found = (
            (name, getattr(value, name, _ABSENT) if item is _ABSENT else item)
            for name, item in pairs
        )
        return [(name, item) for name, item in found if item is not _ABSENT]

    def dataclass(value: object, into: Pass, depth: int) -> Json:
        own: dict[str, object] = getattr(value, "__dict__", _NOTHING)
        pairs = [(name, own[name]) for name in names if name in own]
        more = len(own) > len(pairs)
        if len(pairs) < len(names):
            pairs = elsewhere(value, own)
        out: dict[str, Json] = {
            TAG: "dataclass",
            "class": _tag(type(value), into),
            "fields": _named(pairs, into, depth, value),
        }
        state: dict[str, object] = {}
        if more:
            state = {k: v for k, v in own.items() if k not in names and k not in derived}
        for name in slots:
            if (item := getattr(value, name, _ABSENT)) is not _ABSENT:
                state[name] = item
        if state:
            out["state"] = _named(state.items(), into, depth, value)
        return out

    return dataclass


def _slot_names(cls: type) -> Iterable[str]:
    for base in cls.__mro__:
        slots = vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else tuple(slots):
            if name in ("__dict__", "__weakref__"):
                continue
            mangled = name.startswith("__") and not name.endswith("__")
            yield f"_{base.__name__.lstrip('_')}{name}" if mangled else name


def _model_plan(cls: Any) -> Put:
    # Nothing here may hold the class, whose plan lives as long as it does.
    names = [*cls.__pydantic_fields__]
    all_given = frozenset(names)
    is_generic = cls.__pydantic_generic_metadata__["origin"] is not None
    is_root = cls.__pydantic_root_model__
    has_private = not is_root and bool(cls.__private_attributes__)

    def model(value: Any, into: Pass, depth: int) -> Json:
        own: dict[str, object] = value.__dict__
        if is_generic:
            generic = type(value).__pydantic_generic_metadata__
            out: dict[str, Json] = {
                TAG: "model",
                "class": _tag(generic["origin"], into),
                "args": [type_to_json(arg, into.registry) for arg in generic["args"]],
            }
        else:
            out = {TAG: "model", "class": _tag(type(value), into)}
        in_order = [*own] == names
        pairs = own.items() if in_order else [(name, own[name]) for name in names if name in own]
        out["fields"] = _named(pairs, into, depth, value)
        given: set[str] = value.__pydantic_fields_set__
        # Whatever its class says: a validation may have allowed more.
        extra: dict[str, object] | None = None if is_root else value.__pydantic_extra__
        if given != (all_given | extra.keys() if extra else all_given):
            order = {name: index for index, name in enumerate([*names, *(extra or ())])}
            out["set"] = [
                _str(name, into, depth)
                for name in sorted(given, key=lambda name: (order.get(name, len(order)), name))
            ]
        if extra:
            out["extra"] = _dict(extra, into, depth)  # type: ignore[arg-type]  # its keys are str
        private: dict[str, object] | None = value.__pydantic_private__ if has_private else None
        if private and (kept := _encodable(private, into, depth)):
            out["private"] = kept
        return out

    return model


def _encodable(items: Mapping[str, object], into: Pass, depth: int) -> dict[str, Json]:
    """What can be written of the private attributes of a model; the rest have defaults."""
    out: dict[str, Json] = {}
    for name, item in items.items():
        try:
            out[name] = put(item, into, depth + 1)
        except Refused:
            continue
    return out


# -- refusals -----------------------------------------------------------------------------

_TOO_DEEP: Final = (
    f"more than {DEPTH_MAX} containers inside each other cannot be written to the log; "
    "pass a flat list with references by index or key"
)
_DATABASE_ROW: Final = (
    "a database row bound to a session cannot be written to the log; "
    "pass its model_dump() or a plain model made from it"
)


def _class_name(cls: type) -> str:
    return (
        cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}:{cls.__qualname__}"
    )


def _refusal(reason: str) -> Put:
    def refuse(value: object, into: Pass, depth: int) -> Json:
        raise Refused(reason)

    return refuse


def _subclass_reason(cls: type) -> str:
    base = next(base for base in cls.__mro__ if base.__module__ in _STANDARD and base is not cls)
    return (
        f"{_class_name(cls)} is a kind of {base.__qualname__} that would come back as a plain "
        f"{base.__qualname__}; convert it first, or make it a dataclass that holds one"
    )


_STANDARD: Final = frozenset({"builtins", "collections", "datetime"})

_REASONS: Final[tuple[tuple[tuple[type, ...], str, str], ...]] = (
    (
        (FunctionType, BuiltinFunctionType, MethodType),
        "a function",
        "pass plain data, and choose the function by name where it is called",
    ),
    ((type,), "a class", "pass its name"),
    ((ModuleType,), "a module", "pass its name"),
    (
        (io.IOBase,),
        "an open file",
        "pass its path or its content",
    ),
    ((memoryview,), "a memoryview", "pass bytes(value)"),
    ((range,), "a range", "pass list(value)"),
    (
        (type({}.keys()), type({}.values()), type({}.items())),
        "a view of a dict",
        "pass list(value)",
    ),
)


def _reason_for(cls: type) -> str:
    for types, what, remedy in _REASONS:
        if issubclass(cls, types):
            return f"{what} cannot be written to the log; {remedy}"
    if hasattr(cls, "__await__"):
        return (
            f"an awaitable ({_class_name(cls)}) cannot be written to the log; "
            "await it first and pass the result"
        )
    if hasattr(cls, "__next__") or hasattr(cls, "__anext__"):
        return (
            f"an iterator ({_class_name(cls)}) cannot be written to the log; "
            "pass a list of its items"
        )
    if cls.__module__ == "pydantic.types" and cls.__qualname__.startswith("Secret"):
        return (
            "a secret does not belong into the log; pass a name under which a step can look it up"
        )
    if issubclass(cls, Mapping):
        return f"{_class_name(cls)} cannot be written to the log; pass dict(value)"
    return (
        f"an instance of {_class_name(cls)} cannot be written to the log; "
        "make the class a dataclass or a pydantic model, or pass plain data"
    )
