"""
Text of values without addresses.

The repr of a function, a generator or a host object contains its address, which differs
between processes. Text made by `repr`, `str`, f-strings, `print` and logging shows a number
of the run in its place.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from wfx_sandbox.state import state

_ADDRESS: Final = re.compile(r" at 0x([0-9A-Fa-f]+)")
_PLAIN: Final = frozenset({str, int, float, bool, bytes, complex, type(None), Decimal})


def scrubbed(text: str) -> str:
    """The text with numbers of the run instead of addresses."""
    if " at 0x" not in text:
        return text
    numbers = state().addresses
    return _ADDRESS.sub(lambda match: f" #{numbers.setdefault(match[1], len(numbers) + 1)}", text)


def shown(value: Any) -> Any:
    """`value`, or its text where that has an address in it; behind f-strings and `str`."""
    if type(value) in _PLAIN or isinstance(value, str):
        return value
    kind: Any = type(value)
    if kind.__str__ is object.__str__ or kind in (list, dict, tuple):
        text = repr(value)
        return scrubbed(text) if " at 0x" in text else value
    return value


def represented(value: Any) -> Any:
    """What `!r` formats: `value` itself, unless its repr has an address in it."""
    if type(value) in _PLAIN:
        return value
    text = repr(value)
    return _Verbatim(scrubbed(text)) if " at 0x" in text else value


class _Verbatim:
    """Its repr is a given text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def show(value: Any, /) -> str:
    """The builtin `repr`."""
    return scrubbed(repr(value))


def line(value: Any) -> str:
    """`str(value)` for print and logging."""
    return scrubbed(str(value))
