"""The classes of the host that workflow code may inherit from."""

from __future__ import annotations

import abc
import collections
import collections.abc
import contextlib
import csv
import enum
import json
import types
import typing
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final

_BASES: Final[tuple[Any, ...]] = (
    object, str, bytes, int, float, complex, tuple, list, dict,
    date, datetime, time, timedelta, tzinfo, Decimal,
    enum.Enum, enum.IntEnum, enum.StrEnum, enum.Flag, enum.IntFlag,
    abc.ABC, typing.Generic, typing.Protocol, typing.NamedTuple, typing.TypedDict,
    collections.OrderedDict, collections.defaultdict, collections.Counter, collections.deque,
    collections.UserDict, collections.UserList, collections.ChainMap,
    contextlib.ContextDecorator, contextlib.AbstractContextManager,
    contextlib.AbstractAsyncContextManager,
    types.SimpleNamespace,
    json.JSONEncoder, json.JSONDecoder, csv.Dialect, csv.excel, csv.excel_tab, csv.unix_dialect,
)  # fmt: skip


_stand_ins: Final[dict[Any, Any]] = {}


def admit(*classes: type, real: type | None = None) -> None:
    """Note classes of ours that stand for some of the host; `real` is then made a base of."""
    for each in classes:
        _stand_ins[each] = real or each


def base_of(cls: Any) -> Any:
    """What becomes the base where workflow code inherits from `cls`, None if it must not."""
    origin = typing.get_origin(cls) or cls
    if isinstance(origin, type) and origin in _stand_ins:
        return _stand_ins[origin] if origin is cls else cls
    return cls if _is_base(origin) else None


def _is_base(origin: Any) -> bool:
    if any(origin is each for each in _BASES):
        return True
    if not isinstance(origin, type):
        return False
    if issubclass(origin, BaseException):
        return origin.__module__ in (
            "builtins",
            "wfx.errors",
            "asyncio.exceptions",
            "pydantic_core",
        )
    if origin.__module__ == "collections.abc":
        return True
    if issubclass(origin, tuple) and isinstance(getattr(origin, "_fields", None), tuple):
        return origin.__module__ != "typing"
    # `RootModel[int]` is a class that pydantic makes in the name of whoever asked for it.
    made: Any = getattr(origin, "__pydantic_generic_metadata__", {})
    origin = made.get("origin") or origin
    return bool(
        origin.__module__ == "pydantic.main"
        or (origin.__module__ == "pydantic.root_model" and origin.__name__ == "RootModel")
    )
