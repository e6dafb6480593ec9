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


def is_base(cls: Any) -> bool:
    """Whether workflow code may inherit from `cls`."""
    origin = typing.get_origin(cls) or cls
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
    from wfx_sandbox.modules.copying import SimpleNamespace
    from wfx_sandbox.modules.enums import ROOTS
    from wfx_sandbox.sets import OrderedFrozenSet, OrderedSet
    from wfx_sandbox.text import UserText

    if origin in (SimpleNamespace, UserText):
        return True
    if origin in (OrderedSet, OrderedFrozenSet) or origin in ROOTS:
        return True
    # `RootModel[int]` is a class that pydantic makes in the name of whoever asked for it.
    made: Any = getattr(origin, "__pydantic_generic_metadata__", {})
    origin = made.get("origin") or origin
    return origin.__module__ == "pydantic.main" or (
        origin.__module__ == "pydantic.root_model" and origin.__name__ == "RootModel"
    )
