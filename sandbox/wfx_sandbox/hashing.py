"""
`hash()` as workflow code sees it: the same in every process.

Python salts the hashes of text with the process, and hashes objects by their address. What
is given here depends on the value, or for objects that are compared by identity on their
serial number in the run. Equal values have equal hashes, as everywhere.
"""

from __future__ import annotations

import asyncio
import enum
import hashlib
import types
import typing
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from wfx_sandbox.names import OWN_MARK
from wfx_sandbox.state import state

_NONE: Final = 0xFCA86420  # what Python itself gives, from 3.12 on
_NAN: Final = 0x7FF8


def stable_hash(value: Any, /) -> int:
    """The builtin `hash`."""
    hash(value)  # what is not hashable says so itself
    return _stable(value)


def _stable(value: Any) -> int:
    cls = type(value)
    definer = next(each for each in cls.__mro__ if "__hash__" in vars(each))
    if getattr(definer, OWN_MARK, False) is True:
        function = vars(definer)["__hash__"]
        if getattr(function, "__module__", "").startswith("pydantic."):
            return _digest("m", [cls.__qualname__, *_fields(value)])
        return hash(value)  # its own __hash__, or the serial one
    if isinstance(value, int | float | complex | Decimal | Fraction):
        # Python hashes NaN by its address, everything else by its value.
        return _NAN if value != value else hash(value)
    if isinstance(value, asyncio.Future):
        return hash(value)  # a serial number of the run's loop
    if value is None:
        return _NONE
    if isinstance(value, str):
        return _digest("s", [str(value)])
    if isinstance(value, bytes):
        return _digest("b", [value.hex()])
    if isinstance(value, enum.Enum):
        return _digest("e", [cls.__qualname__, value.name])
    if isinstance(value, tuple):
        return _digest("t", map(stable_hash, value))
    if isinstance(value, frozenset):
        return _digest("f", sorted(map(stable_hash, value)))
    if isinstance(value, datetime):
        return _digest("d", [_instant(value)])
    if isinstance(value, date | time):
        return _digest(cls.__qualname__, [value.isoformat()])
    if isinstance(value, range):
        count = len(value)
        return _digest("r", [count, value[0] if count else None, value.step if count > 1 else None])
    if isinstance(value, types.MethodType):
        return _digest("i", [state().serial(value.__self__), state().serial(value.__func__)])
    if isinstance(value, types.GenericAlias | types.UnionType) or hasattr(value, "__origin__"):
        return _type_hash(value)
    if definer is object or isinstance(value, type):
        return state().serial(value)
    text = repr(value)
    if " at 0x" in text or isinstance(value, types.BuiltinFunctionType):
        return state().serial(value)
    return _digest("v", [cls.__qualname__, text])


def _instant(value: datetime) -> str:
    aware = datetime.utcoffset(value) is not None
    # Read through datetime itself: the methods of a subclass are the author's.
    moment = datetime.astimezone(value, UTC) if aware else datetime.replace(value, fold=0)
    return datetime.isoformat(moment)


def _fields(value: Any) -> list[int]:
    return [stable_hash(getattr(value, name)) for name in type(value).model_fields]


def _type_hash(value: Any) -> int:
    origin = typing.get_origin(value)
    parts = [each if isinstance(each, list) else stable_hash(each) for each in value.__args__]
    if origin in (typing.Union, types.UnionType):
        return _digest("u", sorted(map(str, parts)))
    return _digest("g", [state().serial(origin), *parts])


def _digest(kind: str, parts: Iterable[object]) -> int:
    text = kind + "\0".join(map(str, parts))
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) >> 3
