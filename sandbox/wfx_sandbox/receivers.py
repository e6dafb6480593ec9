"""
Private attributes of own objects, at little cost.

Ordinary classes use `self._x` all the time. A method that does checks its `self` once, at its
beginning, and then uses private names and stores natively; the check is a look at the class
(see `policy._receiver_check`) and comes here only when that finds no mark. Private names of
other objects are looked up by `private`.
"""

from __future__ import annotations

import enum
from typing import Any

from wfx_sandbox.guards.attributes import get_attribute
from wfx_sandbox.guards.own import is_own
from wfx_sandbox.guards.stores import write
from wfx_sandbox.names import OWN_MARK, is_of_run
from wfx_sandbox.state import violate


def written(obj: Any) -> None:
    """Check an unmarked first argument of a method that assigns attributes of it."""
    receiver(obj)
    if not isinstance(obj, enum.Enum):
        write(obj)


def receiver(obj: Any) -> None:
    """Check an unmarked first argument of a method that reads its private parts."""
    if is_own(obj):
        return
    cls = type(obj)
    if isinstance(obj, enum.Enum) and _is_being_made(cls):
        return
    violate(
        "WFX243",
        "a method that uses private attributes of its first argument, or assigns some, is given "
        f"an object of `{cls.__qualname__}`, which is not yours.",
    )


def _is_being_made(cls: type) -> bool:
    """Whether a class is in the middle of its class statement, in sandboxed code."""
    return is_of_run(cls.__module__)


def private(obj: Any, name: str) -> Any:
    """`obj._x`, for a name that the compiler has judged."""
    if getattr(type(obj), OWN_MARK, False) is True:
        return getattr(obj, name)
    return get_attribute(obj, name)
