"""Reprs, hashes and ids that are numbers of the run instead of addresses."""

from __future__ import annotations

from typing import Any

from wfx_sandbox import text
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
