"""
Reading CBOR as the PostgreSQL world of v1 wrote it.

Written for what no library reads: text strings may hold lone surrogates (as bytes that are
no UTF-8), `undefined` drops the key that has it, dates become ISO 8601 text, as the JSON of
the same row has them. Anything else than data that JSON can hold is refused, by name.
"""

from __future__ import annotations

import math
import struct
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_DEPTH_MAX: Final = 400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNDEFINED: Final = object()
_SIMPLE: Final = {20: False, 21: True, 22: None, 23: _UNDEFINED}
_FLOATS: Final = {25: (2, ">e"), 26: (4, ">f"), 27: (8, ">d")}


class BadCbor(ValueError):
    """The bytes are no CBOR, or CBOR that v1 did not write; the message says where."""


def loads(data: bytes) -> Any:
    """
    The value of these bytes.

    Raises:
        BadCbor: If they are not one whole value of the kinds that JSON knows.
    """
    reading = _Reading(data)
    value = reading.value(0)
    if reading.at != len(data):
        raise BadCbor(f"{len(data) - reading.at} bytes are left over after the value")
    return None if value is _UNDEFINED else value


class _Reading:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise BadCbor(f"it is cut off: {size} bytes were expected at byte {self.at}")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def length(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise BadCbor(f"a length of indefinite size at byte {self.at - 1}")
        return int.from_bytes(self.take(1 << (info - 24)), "big")

    def value(self, depth: int) -> Any:
        if depth > _DEPTH_MAX:
            raise BadCbor(f"it is nested more than {_DEPTH_MAX} levels deep")
        start = self.at
        head = self.take(1)[0]
        major, info = head >> 5, head & 31
        match major:
            case 0:
                return self.length(info)
            case 1:
                return -1 - self.length(info)
            case 3:
                return self.text(info)
            case 4:
                return [self.item(depth) for _ in range(self.count(info))]
            case 5:
                return self.mapping(info, depth)
            case 6:
                return self.tagged(self.length(info), depth, start)
            case 7 if info in _SIMPLE:
                return _SIMPLE[info]
            case 7 if info in _FLOATS:
                return self.number(info)
            case _:
                raise BadCbor(f"the byte {head:#04x} at {start} begins nothing that v1 writes")

    def count(self, info: int) -> int:
        count = self.length(info)
        if count > len(self.data) - self.at:
            raise BadCbor(f"it is cut off: {count} items were expected at byte {self.at}")
        return count

    def text(self, info: int) -> str:
        start = self.at
        try:
            return self.take(self.length(info)).decode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise BadCbor(f"the text at byte {start} is no UTF-8: {error.reason}") from None

    def item(self, depth: int) -> Any:
        value = self.value(depth + 1)
        if value is _UNDEFINED:
            raise BadCbor(f"undefined inside an array, before byte {self.at}")
        return value

    def mapping(self, info: int, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for _ in range(self.count(info)):
            key = self.value(depth + 1)
            if not isinstance(key, str):
                raise BadCbor(f"a key that is no text, before byte {self.at}")
            value = self.value(depth + 1)
            if value is not _UNDEFINED:
                out[key] = value
        return out

    def number(self, info: int) -> float | int:
        size, code = _FLOATS[info]
        (number,) = struct.unpack(code, self.take(size))
        if not math.isfinite(number):
            raise BadCbor(f"a number that JSON does not have, before byte {self.at}")
        # The JSON of the same value has no fraction.
        if number.is_integer() and abs(number) < 1e21:
            return int(number)
        return float(number)

    def tagged(self, tag: int, depth: int, start: int) -> Any:
        value = self.value(depth + 1)
        if tag == 1 and isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                moment = _EPOCH + timedelta(milliseconds=round(value * 1000))
            except OverflowError:
                raise BadCbor(f"a date out of range at byte {start}") from None
            return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        raise BadCbor(f"the tag {tag} at byte {start} is none that v1 writes")
