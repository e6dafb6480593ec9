"""
The flattened form of values, to Python and back.

v1 stores an array whose first element is the root: objects and arrays hold indices into
that array, negative numbers stand for what JSON lacks, and `["Type", index]` is a value of
another type. A whole value may be a negative number too.

`decode` gives the Python value a port of the workflow would use. Where two JavaScript values
become one in Python, the array cannot be made again from the value alone (`Decoded.exact`
is false), and whoever keeps the value keeps the array beside it:

| JavaScript | Python | exact |
|---|---|---|
| null, booleans, strings, numbers | None, bool, str, int, float | yes |
| undefined, a hole in an array | None | no |
| -0, NaN, infinities | float | yes |
| BigInt | int | if larger than any number that is an integer |
| Date | datetime in UTC; `JsDate` if invalid or too early or late | yes |
| Array, Object | list, dict | yes |
| an object without prototype, a boxed primitive | dict, the primitive | no |
| the serialiser's own shape of a type, `["BigInt", "7"]` | as its usual shape | no |
| Map | dict; `JsMap` if its keys cannot be a dict's | if a key is no string, or there is none |
| Set | set; `JsSet` if its members cannot be a set's | if it has at most one member |
| Uint8Array, other typed arrays, ArrayBuffer | bytes, `TypedArray` | yes |
| RegExp, URL, URLSearchParams, Headers, Error | the classes of `js` | yes |
| Request, Response, streams, StepFunction, Class, Instance | `Tagged` | yes |
| one object in several places | equal copies | no |
| a cycle, more than 150 levels, an unknown type | `Flattened` | yes |

An unknown type is never guessed: the whole value stays raw, with the reason.
"""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, cast

from wfx.codec import equal
from wfx.errors import WfxError
from wfx.frozen import quick
from wfx.values import Json
from wfx_migrate.v1.js import (
    URL,
    Flattened,
    Headers,
    JsDate,
    JsError,
    JsMap,
    JsSet,
    RegExp,
    Tagged,
    TypedArray,
    Undefined,
    URLSearchParams,
)

UNDEFINED: Final = -1
HOLE: Final = -2
_CONSTANTS: Final[Mapping[int, object]] = {
    UNDEFINED: None,
    HOLE: None,
    -3: math.nan,
    -4: math.inf,
    -5: -math.inf,
    -6: -0.0,
}
DEPTH_MAX: Final = 150
"""Containers inside containers; with what surrounds a value still below the codec's limit."""
_COPIES_MAX: Final = 10_000
"""Values made beyond the length of the array, before shared references count as too many."""
_SAFE_INTEGER: Final = 2**53
_EMPTY: Final = "."


Form: TypeAlias = Callable[[dict[str, Json]], object]


class BadValue(WfxError, ValueError):
    """A value is no flattened form: damaged, or something else."""

    code = "bad-legacy-value"

    def __init__(self, *, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


@quick
@dataclass(frozen=True, slots=True)
class Decoded:
    """A Python value, and whether `encode` makes the same array of it again."""

    value: object
    exact: bool


class _Raw(Exception):
    """The value can only be kept as it is."""


def decode(flat: Json, *, path: str = "value", tried: bool = True) -> Decoded:
    """
    The Python value of a flattened one.

    Args:
        tried: Whether `exact` is found out by making the array again; else it says only that
            nothing is known to be lost.

    Raises:
        BadValue: If it is none: an index that leads nowhere, a constant that nobody knows.
    """
    if isinstance(flat, int) and not isinstance(flat, bool):
        if flat not in _CONSTANTS:
            raise BadValue(path=path, reason=f"the constant {flat} is unknown (-1 to -6 are)")
        return Decoded(_CONSTANTS[flat], flat not in (UNDEFINED, HOLE))
    if not isinstance(flat, list) or not flat:
        raise BadValue(
            path=path,
            reason=f"a flattened value is an array or a negative number, not {_kind(flat)}",
        )
    if len(flat) == 1 and (flat[0] is None or isinstance(flat[0], (str, bool))):
        return Decoded(flat[0], True)
    reading = _Reading(flat, path)
    try:
        value = reading.at(0)
    except _Raw as raw:
        return Decoded(Flattened(flat, str(raw)), True)
    return Decoded(value, not reading.lossy and (not tried or _same(value, flat)))


@quick
@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a run or step."""

    values: list[object]
    exact: bool
    """Whether `encode_arguments` makes the same array again."""
    wrapper: tuple[str, ...] = ()
    """The keys of the object that later releases put around a step's arguments."""
    rest: Mapping[str, object] | None = None
    """What else that object held; None when all of it was undefined."""


_WRAPPER_KEYS: Final = frozenset({"args", "closureVars", "thisVal"})


def decode_arguments(flat: Json, *, path: str = "input", tried: bool = True) -> Arguments:
    """
    The arguments of a run or step, without the object around them.

    Each argument is decoded by itself, so that only those that have no Python value stay
    `Flattened`.

    Args:
        tried: See `decode`.

    Raises:
        BadValue: If it is no array of arguments.
    """
    if not isinstance(flat, list) or not flat:
        raise BadValue(path=path, reason=f"arguments are a flattened array, not {_kind(flat)}")
    root = flat[0]
    wrapper: tuple[str, ...] = ()
    rest: dict[str, object] = {}
    if isinstance(root, dict) and "args" in root and set(root) <= _WRAPPER_KEYS:
        wrapper = tuple(root)
        for key in wrapper:
            if key != "args" and root[key] != UNDEFINED:
                rest[key] = _part(flat, root[key], path)[0]
        at = root["args"]
        if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at < len(flat):
            raise BadValue(path=path, reason="its args lead nowhere")
        root = flat[at]
    if not isinstance(root, list) or (root and isinstance(root[0], str)):
        raise BadValue(path=path, reason=f"arguments are an array, not {_kind(root)}")
    parts = [_part(flat, index, path) for index in root]
    values = [value for value, _ in parts]
    found = Arguments(values, False, wrapper, rest or None)
    exact = not rest and not any(lossy for _, lossy in parts) and (not tried or _same(found, flat))
    return Arguments(values, exact, wrapper, rest or None)


def _part(flat: list[Json], index: Json, path: str) -> tuple[object, bool]:
    """The value at an index, and whether something of it is lost."""
    reading = _Reading(flat, path)
    try:
        return reading.index(index, 0), reading.lossy
    except _Raw as raw:
        assert isinstance(index, int)  # `reading.index` saw to it
        return Flattened(flat, str(raw), index), True


def encode_arguments(
    arguments: Arguments, *, path: str = "input", form: Form | None = None
) -> Json:
    """
    The flattened form of arguments, in their wrapper if they had one.

    Raises:
        BadValue: If a part of them has no flattened form.
    """
    if not arguments.wrapper:
        return encode(arguments.values, path=path, form=form)
    rest = arguments.rest or {}
    wrapped = {
        key: arguments.values if key == "args" else rest.get(key, Undefined())
        for key in arguments.wrapper
    }
    return encode(wrapped, path=path, form=form)


def _same(value: object, flat: Json) -> bool:
    try:
        made = encode_arguments(value) if isinstance(value, Arguments) else encode(value)
    except BadValue:
        return False
    return equal(made, flat)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "an empty array", str: "a text", type(None): "null"}
    return names.get(type(value), repr(value))


class _Reading:
    """One pass over one array."""

    def __init__(self, flat: list[Json], path: str) -> None:
        self.flat = flat
        self.path = path
        self.lossy = False
        self.active: set[int] = set()
        self.depth = 0
        self.left = len(flat) + _COPIES_MAX

    def bad(self, reason: str) -> BadValue:
        return BadValue(path=self.path, reason=reason)

    def index(self, index: Json, owner: int) -> object:
        """What an object or array holds: the value at an index, or a constant."""
        if type(index) is int and 0 <= index < len(self.flat):
            element = self.flat[index]
            return self.at(index) if isinstance(element, (list, dict)) else element
        if not isinstance(index, int) or isinstance(index, bool):
            raise self.bad(f"element {owner} holds {index!r} where an index belongs")
        if index < 0:
            if index not in _CONSTANTS:
                raise self.bad(f"element {owner} holds the unknown constant {index}")
            self.lossy = self.lossy or index in (UNDEFINED, HOLE)
            return _CONSTANTS[index]
        return self.at(index)

    def at(self, index: int) -> object:
        if index >= len(self.flat):
            raise self.bad(f"index {index} leads nowhere: the array ends at {len(self.flat) - 1}")
        element = self.flat[index]
        if not isinstance(element, (list, dict)):
            return element
        if index in self.active:
            raise _Raw("it holds itself")
        self.left -= 1
        if self.left < 0:
            raise _Raw("its shared references would make too many copies")
        if self.depth >= DEPTH_MAX:
            raise _Raw(f"it is nested more than {DEPTH_MAX} levels deep")
        self.active.add(index)
        self.depth += 1
        try:
            if isinstance(element, dict):
                return {key: self.index(item, index) for key, item in element.items()}
            if element and isinstance(element[0], str):
                return self.tagged(element, index)
            return [self.index(item, index) for item in element]
        finally:
            self.active.discard(index)
            self.depth -= 1

    def tagged(self, element: list[Json], index: int) -> object:
        name = cast("str", element[0])
        if name == "null":
            self.lossy = True
            return self.without_prototype(element, index)
        reader = _READERS.get(name)
        if reader is None:
            raise _Raw(f"the type {name!r} is unknown")
        try:
            if len(element) != 2 or not _is_index(element[1]) or name in _NATIVE_ONLY:
                self.lossy = True
                return reader(self, name, self.native(name, element[1:], index))
            return reader(self, name, self.index(element[1], index))
        except (TypeError, ValueError) as error:
            if isinstance(error, BadValue):
                raise
            raise _Raw(f"a {name!r} has an unknown shape") from None

    def native(self, name: str, parts: list[Json], index: int) -> object:
        """
        The reduced form of a value in the serialiser's own shape, with its parts inline.

        The earliest releases have it where they lacked a reduction of their own.
        """
        match name, parts:
            case (("Date" | "BigInt" | "URL" | "URLSearchParams" | "ArrayBuffer"), [str(text)]):
                return text or _EMPTY
            case "RegExp", [str(source), *flags] if len(flags) < 2:
                return {"source": source, "flags": _text(flags[0]) if flags else ""}
            case "Object", [None | bool() | int() | float() | str()]:
                return parts[0]
            case "Map", _ if len(parts) % 2 == 0:
                items = [self.index(part, index) for part in parts]
                return [list(pair) for pair in zip(items[::2], items[1::2], strict=True)]
            case "Set", _:
                return [self.index(part, index) for part in parts]
            case _:
                raise TypeError

    def without_prototype(self, element: list[Json], index: int) -> object:
        if len(element) % 2 == 0:
            raise self.bad(f"element {index} lacks the value of its last key")
        out: dict[str, object] = {}
        for key, item in zip(element[1::2], element[2::2], strict=True):
            if not isinstance(key, str):
                raise self.bad(f"element {index} has the key {key!r}")
            out[key] = self.index(item, index)
        return out


# -- the types ----------------------------------------------------------------------------

_NATIVE_ONLY: Final = frozenset({"Object"})
"""Types that have no reduced form: their one part is the primitive that was boxed."""


def _is_index(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _date(reading: _Reading, name: str, value: object) -> object:
    text = _text(value)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return JsDate(text)
    if moment.tzinfo is None or _js_iso(moment.astimezone(UTC)) != text:
        return JsDate(text)
    return moment.astimezone(UTC)


def _js_iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _bigint(reading: _Reading, name: str, value: object) -> object:
    text = _text(value)
    if len(text) > 4000:
        raise ValueError  # more digits than int() reads
    number = int(text)
    if str(number) != text:
        raise ValueError
    return number


def _pairs(value: object) -> list[tuple[Any, Any]]:
    if not isinstance(value, list) or not all(
        isinstance(pair, list) and len(pair) == 2 for pair in value
    ):
        raise TypeError
    return [(key, item) for key, item in value]


def _map(reading: _Reading, name: str, value: object) -> object:
    pairs = _pairs(value)
    try:
        made = dict(pairs)
    except TypeError:
        made = None
    if made is None or len(made) != len(pairs):
        return JsMap(tuple(pairs))
    return made


def _set(reading: _Reading, name: str, value: object) -> object:
    if not isinstance(value, list):
        raise TypeError
    try:
        made = set(value)
    except TypeError:
        made = None
    if made is None or len(made) != len(value):
        return JsSet(tuple(value))
    return made


def _bytes(value: object) -> bytes:
    text = _text(value)
    data = b"" if text == _EMPTY else b64decode(text, validate=True)
    if _base64(data) != text:
        raise ValueError
    return data


def _typed_array(reading: _Reading, name: str, value: object) -> object:
    data = _bytes(value)
    return data if name == "Uint8Array" else TypedArray(name, data)


def _regexp(reading: _Reading, name: str, value: object) -> object:
    if not isinstance(value, dict) or set(value) != {"source", "flags"}:
        raise TypeError
    return RegExp(_text(value["source"]), _text(value["flags"]))


def _headers(reading: _Reading, name: str, value: object) -> object:
    return Headers(tuple((_text(key), _text(item)) for key, item in _pairs(value)))


def _error(reading: _Reading, name: str, value: object) -> object:
    if not isinstance(value, dict) or set(value) != {"name", "message", "stack"}:
        raise TypeError
    return JsError(value["name"], value["message"], value["stack"])


def _boxed(reading: _Reading, name: str, value: object) -> object:
    return value


_Reader: TypeAlias = Callable[[_Reading, str, object], object]

TYPED_ARRAYS: Final = (
    *("ArrayBuffer", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array"),
    *("Uint16Array", "Int32Array", "Uint32Array", "Float32Array", "Float64Array"),
    *("BigInt64Array", "BigUint64Array"),
)
TAGGED: Final = (
    *("Request", "Response", "ReadableStream", "WritableStream"),
    *("StepFunction", "Class", "Instance"),
)
_READERS: Final[Mapping[str, _Reader]] = {
    "Date": _date,
    "BigInt": _bigint,
    "Map": _map,
    "Set": _set,
    "RegExp": _regexp,
    "URL": lambda reading, name, value: URL(_text(value)),
    "URLSearchParams": lambda reading, name, value: URLSearchParams(
        "" if value == _EMPTY else _text(value)
    ),
    "Headers": _headers,
    "Error": _error,
    "Object": _boxed,
    **dict.fromkeys(TYPED_ARRAYS, _typed_array),
    **dict.fromkeys(TAGGED, lambda reading, name, value: Tagged(name, value)),
}


# -- writing ------------------------------------------------------------------------------


def encode(value: object, *, path: str = "value", form: Form | None = None) -> Json:
    """
    The flattened form of a Python value, in the order v1 itself writes it.

    Args:
        form: What an object stands for, if objects may stand for other values.

    Raises:
        BadValue: If it has a part that the form has no word for.
    """
    if form is not None and isinstance(value, dict):
        value = form(value)
    if isinstance(value, Flattened) and value.root == 0:
        return value.array
    writing = _Writing(path, form)
    root = writing.put(value, 0)
    return root if root < 0 else writing.out


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii") if data else _EMPTY


class _Writing:
    """One array being made. Equal primitives share an element, as v1 has it."""

    def __init__(self, path: str, form: Form | None) -> None:
        self.path = path
        self.form = form
        self.out: list[Json] = []
        self.known: dict[object, int] = {}

    def put(self, value: object, depth: int) -> int:
        kind = type(value)
        if kind is str:
            return self.primitive(value, value)
        if value is None or kind is bool:
            # 1 and 1.0 are one number in JavaScript; True is another value than both.
            return self.primitive(value, (kind, value))
        if isinstance(value, float):
            if math.isnan(value):
                return -3
            if math.isinf(value):
                return -4 if value > 0 else -5
            if value == 0 and math.copysign(1, value) < 0:
                return -6
        if isinstance(value, (str, float)) or _is_number(value):
            return self.primitive(value, value)
        if kind is Undefined:
            return UNDEFINED
        if depth > 2 * DEPTH_MAX:
            raise BadValue(path=self.path, reason="it is nested too deeply, or holds itself")
        if kind is dict and self.form is not None:
            found = self.form(value)  # type: ignore[arg-type]  # by its exact type
            if found is not value:
                return self.put(found, depth)
        index = len(self.out)
        self.out.append(None)
        self.out[index] = self.container(value, depth + 1)
        return index

    def primitive(self, value: object, key: object) -> int:
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = len(self.out)
            self.out.append(cast("Json", value))
        return found

    def container(self, value: object, depth: int) -> Json:
        put = self.put
        if isinstance(value, (list, tuple)):
            return [put(item, depth) for item in value]
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return {key: put(item, depth) for key, item in value.items()}
        name, reduced = _reduced(value, self.path)
        return [name, self.put(reduced, depth)]


def _is_number(value: object) -> bool:
    return isinstance(value, int) and -_SAFE_INTEGER <= value <= _SAFE_INTEGER


def _reduced(value: object, path: str) -> tuple[str, object]:
    """The type's name and its reduced form, for values that are not JSON's."""
    match value:
        case int():
            return "BigInt", str(value)
        case datetime():
            if value.tzinfo is None:
                raise BadValue(path=path, reason="a datetime needs a time zone to be a Date")
            return "Date", _js_iso(value.astimezone(UTC))
        case JsDate(text):
            return "Date", text
        case dict():
            return "Map", [[key, item] for key, item in value.items()]
        case JsMap(entries):
            return "Map", [list(entry) for entry in entries]
        case set() | frozenset():
            return "Set", list(value)
        case JsSet(items):
            return "Set", list(items)
        case bytes() | bytearray():
            return "Uint8Array", _base64(bytes(value))
        case TypedArray(kind, data):
            return kind, _base64(data)
        case RegExp(source, flags):
            return "RegExp", {"source": source, "flags": flags}
        case URL(href):
            return "URL", href
        case URLSearchParams(text):
            return "URLSearchParams", text or _EMPTY
        case Headers(pairs):
            return "Headers", [list(pair) for pair in pairs]
        case JsError(name, message, stack):
            return "Error", {"name": name, "message": message, "stack": stack}
        case Tagged(kind, inner):
            return kind, inner
        case _:
            raise BadValue(
                path=path,
                reason=f"{type(value).__qualname__} has no flattened form; "
                "pass plain data, a datetime, bytes or a class of wfx_migrate.v1.js",
            )
