"""
From the flattened form of values to Python.

v1 stores an array whose first element is the root: objects and arrays hold indices into
that array, negative numbers stand for what JSON lacks, and `["Type", index]` is a value of
another type. A whole value may be a negative number too.

`decode` gives the Python value a port of the workflow would use, and `encoding` the way back.
Where two JavaScript values become one in Python, the array cannot be made again from the
value alone, and whoever keeps the value keeps the array beside it:

| JavaScript | Python | made again |
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
SAFE_INTEGER: Final = 2**53
EMPTY: Final = "."


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
    """A Python value."""

    value: object
    lossy: bool
    """Whether something is known to be lost: the array cannot be made of the value again."""
    own: bool = False
    """Whether the array is known to be the one that `encode` makes of the value."""


class _Raw(Exception):
    """The value can only be kept as it is."""


def decode(flat: Json, *, path: str = "value") -> Decoded:
    """
    The Python value of a flattened one.

    Raises:
        BadValue: If it is none: an index that leads nowhere, a constant that nobody knows.
    """
    if isinstance(flat, int) and not isinstance(flat, bool):
        if flat not in _CONSTANTS:
            raise BadValue(path=path, reason=f"the constant {flat} is unknown (-1 to -6 are)")
        return Decoded(_CONSTANTS[flat], flat in (UNDEFINED, HOLE))
    if not isinstance(flat, list) or not flat:
        raise BadValue(
            path=path,
            reason=f"a flattened value is an array or a negative number, not {_kind(flat)}",
        )
    reading = _Reading(flat, path)
    try:
        value = reading.index(0, 0)
    except _Raw as raw:
        return Decoded(Flattened(flat, str(raw)), False)
    return Decoded(value, reading.lossy, reading.own)


@quick
@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a run or step."""

    values: list[object]
    lossy: bool = False
    """As of `Decoded`."""
    own: bool = False
    """As of `Decoded`, and `encode_arguments`."""
    wrapper: tuple[str, ...] = ()
    """The keys of the object that later releases put around a step's arguments."""
    rest: Mapping[str, object] | None = None
    """What else that object held; None when all of it was undefined."""


_WRAPPER_KEYS: Final = frozenset({"args", "closureVars", "thisVal"})


def decode_arguments(flat: Json, *, path: str = "input") -> Arguments:
    """
    The arguments of a run or step, without the object around them.

    Each argument is decoded by itself, so that only those that have no Python value stay
    `Flattened`.

    Raises:
        BadValue: If it is no array of arguments.
    """
    if not isinstance(flat, list) or not flat:
        raise BadValue(path=path, reason=f"arguments are a flattened array, not {_kind(flat)}")
    reading = _Reading(flat, path)
    root, at = flat[0], 0
    wrapper: tuple[str, ...] = ()
    rest: dict[str, object] = {}
    if isinstance(root, dict) and "args" in root and set(root) <= _WRAPPER_KEYS:
        wrapper = tuple(root)
        reading.meet(0)
        for key in wrapper:
            if key != "args" and root[key] != UNDEFINED:
                rest[key] = reading.part(root[key])
        index = root["args"]
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(flat):
            raise BadValue(path=path, reason="its args lead nowhere")
        root, at = flat[index], index
    if not isinstance(root, list) or (root and isinstance(root[0], str)):
        raise BadValue(path=path, reason=f"arguments are an array, not {_kind(root)}")
    reading.meet(at)
    values = [reading.part(index) for index in root]
    # What was around them is kept elsewhere, and not put there again.
    lossy = reading.lossy or bool(rest)
    return Arguments(values, lossy, reading.own and not lossy, wrapper, rest or None)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "an empty array", str: "a text", type(None): "null"}
    return names.get(type(value), repr(value))


class _Reading:
    """
    One pass over one array.

    It goes through the array as `encode` goes through the value, and so can tell whether that
    would give each part the index that it has here.
    """

    def __init__(self, flat: list[Json], path: str) -> None:
        self.flat = flat
        self.path = path
        self.lossy = False
        self.active: set[int] = set()
        self.depth = 0
        self.left = len(flat) + _COPIES_MAX
        self.next = 0
        """The index that `encode` gives next; -1 once the array is another than it makes."""
        self.known: dict[object, int] = {}
        """Primitives that were met, and where."""

    @property
    def own(self) -> bool:
        """Whether `encode` makes this very array; known when all of it was read."""
        return self.next == len(self.flat) and not self.lossy

    def bad(self, reason: str) -> BadValue:
        return BadValue(path=self.path, reason=reason)

    def part(self, index: Json) -> object:
        """A value that stands by itself, though others share the array."""
        self.left = len(self.flat) + _COPIES_MAX
        try:
            return self.index(index, 0)
        except _Raw as raw:
            assert isinstance(index, int)  # `index` saw to it
            self.lossy = True
            return Flattened(self.flat, str(raw), index)

    def index(self, index: Json, owner: int) -> object:
        """What an object or array holds: the value at an index, or a constant."""
        if type(index) is int and 0 <= index < len(self.flat):
            element = self.flat[index]
            if isinstance(element, (list, dict)):
                return self.at(index, element)
            if self.next >= 0:
                self.primitive(index, element)
            return element
        if not isinstance(index, int) or isinstance(index, bool):
            raise self.bad(f"element {owner} holds {index!r} where an index belongs")
        if index >= 0:
            end = len(self.flat) - 1
            raise self.bad(f"index {index} leads nowhere: the array ends at {end}")
        if index not in _CONSTANTS:
            raise self.bad(f"element {owner} holds the unknown constant {index}")
        self.lossy = self.lossy or index in (UNDEFINED, HOLE)
        return _CONSTANTS[index]

    def meet(self, index: int) -> None:
        """An object or array at an index: each has an element of its own."""
        self.next = self.next + 1 if index == self.next else -1

    def primitive(self, index: int, element: Json) -> None:
        """A primitive at an index: equal ones have one element."""
        key: object = element
        if type(element) is not str:
            if element is None or type(element) is bool:
                key = (type(element), element)
            elif not plain_number(element):
                self.next = -1
                return
        place = self.known.setdefault(key, self.next)
        if place != index:
            self.next = -1
        elif place == self.next:
            self.next += 1

    def at(self, index: int, element: list[Json] | dict[str, Json]) -> object:
        if index in self.active:
            raise _Raw("it holds itself")
        self.left -= 1
        if self.left < 0:
            raise _Raw("its shared references would make too many copies")
        if self.depth >= DEPTH_MAX:
            raise _Raw(f"it is nested more than {DEPTH_MAX} levels deep")
        self.meet(index)
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
            value = reader(self, name, self.index(element[1], index))
        except (TypeError, ValueError) as error:
            if isinstance(error, BadValue):
                raise
            raise _Raw(f"a {name!r} has an unknown shape") from None
        if type(value) is not datetime:
            self.next = -1  # not all of them have one reduced form
        return value

    def native(self, name: str, parts: list[Json], index: int) -> object:
        """
        The reduced form of a value in the serialiser's own shape, with its parts inline.

        The earliest releases have it where they lacked a reduction of their own.
        """
        match name, parts:
            case (("Date" | "BigInt" | "URL" | "URLSearchParams" | "ArrayBuffer"), [str(text)]):
                return text or EMPTY
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


def plain_number(value: object) -> bool:
    """Whether a number is an element, and neither a constant nor a BigInt."""
    if isinstance(value, float):
        return math.isfinite(value) and (value != 0 or math.copysign(1, value) > 0)
    return isinstance(value, int) and -SAFE_INTEGER <= value <= SAFE_INTEGER


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
    if moment.tzinfo is None or js_iso(moment.astimezone(UTC)) != text:
        return JsDate(text)
    return moment.astimezone(UTC)


def js_iso(moment: datetime) -> str:
    """A moment in UTC as JavaScript writes it."""
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
    data = b"" if text == EMPTY else b64decode(text, validate=True)
    if base64_text(data) != text:
        raise ValueError
    return data


def base64_text(data: bytes) -> str:
    """Bytes in their reduced form."""
    return b64encode(data).decode("ascii") if data else EMPTY


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
        "" if value == EMPTY else _text(value)
    ),
    "Headers": _headers,
    "Error": _error,
    "Object": _boxed,
    **dict.fromkeys(TYPED_ARRAYS, _typed_array),
    **dict.fromkeys(TAGGED, lambda reading, name, value: Tagged(name, value)),
}
