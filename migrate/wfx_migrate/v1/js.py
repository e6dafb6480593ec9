"""
JavaScript values that Python has no builtin for, as small frozen dataclasses.

They are ordinary values to our codec: a migrated log holds them under the class tags of
this module, so none of them may move or lose a field.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wfx.values import Json


@dataclass(frozen=True, slots=True)
class Undefined:
    """
    JavaScript's undefined, for those who write the flattened form.

    Reading gives None instead: what returns nothing in one language does so in the other.
    """


@dataclass(frozen=True, slots=True)
class JsDate:
    """A Date that no `datetime` can be: an invalid one (`.`), or one outside years 1 to 9999."""

    text: str


@dataclass(frozen=True, slots=True)
class RegExp:
    """A regular expression in JavaScript's own syntax; its flags as text."""

    source: str
    flags: str


@dataclass(frozen=True, slots=True)
class URL:
    """A URL object."""

    href: str

    def __str__(self) -> str:
        return self.href


@dataclass(frozen=True, slots=True)
class URLSearchParams:
    """A query string, encoded."""

    text: str


@dataclass(frozen=True, slots=True)
class Headers:
    """HTTP headers, in order, as name and value."""

    pairs: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The value of a header, whatever its case; None when it is not there."""
        wanted = name.lower()
        return next((value for key, value in self.pairs if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class JsError:
    """An Error as a value (an error that was thrown is an error of the log)."""

    name: object
    message: object
    stack: object


_ITEM_FORMATS: Final = {
    "Int8Array": "b",
    "Uint8ClampedArray": "B",
    "Int16Array": "h",
    "Uint16Array": "H",
    "Int32Array": "i",
    "Uint32Array": "I",
    "Float32Array": "f",
    "Float64Array": "d",
    "BigInt64Array": "q",
    "BigUint64Array": "Q",
}


@dataclass(frozen=True, slots=True)
class TypedArray:
    """A typed array or an ArrayBuffer, little-endian (a Uint8Array is `bytes`)."""

    kind: str
    data: bytes

    def items(self) -> list[int | float]:
        """Its numbers; the bytes of an ArrayBuffer, and of what does not divide evenly."""
        code = _ITEM_FORMATS.get(self.kind, "B")
        if len(self.data) % struct.calcsize("<" + code):
            return list(self.data)
        return [item for (item,) in struct.iter_unpack("<" + code, self.data)]


@dataclass(frozen=True, slots=True)
class JsMap:
    """A Map with keys that no `dict` can have, or that are one key to Python (`1`, `true`)."""

    entries: tuple[tuple[object, object], ...]


@dataclass(frozen=True, slots=True)
class JsSet:
    """A Set with members that no `set` can have, or that are one member to Python."""

    items: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Tagged:
    """A Request, Response, stream, step function, class or instance: its type and its parts."""

    type: str
    value: object


@dataclass(frozen=True, slots=True)
class Flattened:
    """
    A value kept as it was written, because no tree of Python values is it.

    It holds itself, is nested too deeply for our codec, or has a part of a type that nobody
    here knows (`reason` says which).
    """

    array: Json
    reason: str
    root: int = 0
    """The element of the array that is the value."""
