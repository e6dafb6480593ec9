"""`zoneinfo.ZoneInfo`: its key is looked up in files, so it must be a plain text."""

from __future__ import annotations

import zoneinfo
from typing import Any, NoReturn

from wfx_sandbox.state import violate


class _ZoneKind(type):
    def __call__(cls, key: Any) -> Any:
        if not isinstance(key, str):
            raise TypeError(f"a zone's key is a str, not {type(key).__name__}")
        text = str.__str__(key)  # a subclass could lead the search elsewhere
        found = _found(text)
        if found is None:
            raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {text}")
        return found

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, zoneinfo.ZoneInfo)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, zoneinfo.ZoneInfo)

    def __repr__(cls) -> str:
        return "<class 'zoneinfo.ZoneInfo'>"


def _found(key: str) -> zoneinfo.ZoneInfo | None:
    # What the search raises has paths of this machine in it.
    try:
        return zoneinfo.ZoneInfo(key)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


class ZoneInfo(metaclass=_ZoneKind):
    """`zoneinfo.ZoneInfo`."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: Any) -> Any:
        return handler(zoneinfo.ZoneInfo)

    @staticmethod
    def from_file(*_: object, **__: object) -> NoReturn:
        """Refused."""
        violate("WFX201", "`ZoneInfo.from_file` reads a file.")


ZoneInfo.__module__ = "zoneinfo"
