"""Reprs, hashes and ids that are numbers of the run instead of addresses."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from wfx_sandbox import names, text
from wfx_sandbox.state import state


def serial_repr(obj: Any) -> str:
    """The default repr, with a number instead of an address."""
    cls = type(obj)
    module = text.scrubbed(cls.__module__)
    return f"<{module}.{cls.__qualname__} object #{state().serial(obj)}>"


def serial_hash(obj: Any) -> int:
    """The default hash: a number of the run instead of an address."""
    return state().serial(obj)


def serial_id(obj: Any, /) -> int:
    """The builtin `id`."""
    return state().serial(obj)


SERIAL: Final[Mapping[str, Any]] = {"__hash__": serial_hash, "__repr__": serial_repr}


def inherited(mro: Sequence[type], name: str) -> Any:
    """The method that Python would find in these classes, were there no serial one."""
    for each in mro:
        found = vars(each).get(name, SERIAL[name])
        if found is not SERIAL[name]:
            return found
    return getattr(object, name)


def directory(*args: Any) -> list[str]:
    """The builtin `dir`, without the names that the sandbox puts in."""
    found = dir(*args) if args else sorted(sys._getframe(1).f_locals)
    return [each for each in found if not names.is_reserved(each)]
