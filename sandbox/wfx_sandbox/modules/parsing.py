"""
`strptime` in the C locale and in UTC, on every machine.

Python's own parser takes the names of days, months and zones from the process's locale and
zone, and keeps them for all runs. This is a copy of its module, with names of its own.
"""

from __future__ import annotations

import importlib.util
import time
from datetime import datetime
from types import ModuleType, SimpleNamespace
from typing import Any, Final

from wfx_sandbox.modules.moments import DAYS, MONTHS


class _Names:
    """What Python's parser asks a locale for."""

    lang = (None, None)
    f_weekday: Final = [each.lower() for each in DAYS]
    a_weekday: Final = [each[:3].lower() for each in DAYS]
    f_month: Final = ["", *(each.lower() for each in MONTHS)]
    a_month: Final = ["", *(each[:3].lower() for each in MONTHS)]
    am_pm: Final = ["am", "pm"]
    LC_date_time = "%a %b %d %H:%M:%S %Y"
    LC_date = "%m/%d/%y"
    LC_time = "%H:%M:%S"
    LC_time_ampm = "%I:%M:%S %p"
    LC_alt_digits = None
    timezone: Final = (frozenset({"utc", "gmt"}), frozenset[str]())
    tzname = ("utc", "utc")
    daylight = 0


_ZONELESS: Final = SimpleNamespace(
    **(vars(time) | {"tzname": _Names.tzname, "daylight": _Names.daylight})
)
"""What the parser asks `time` for."""


def _copy() -> ModuleType:
    spec = importlib.util.find_spec("_strptime")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.LocaleTime = _Names
    module._getlang = lambda: _Names.lang
    module.time = _ZONELESS
    module._TimeRE_cache = module.TimeRE(_Names())
    return module  # type: ignore[no-any-return]  # filled in above


_parser: Final[Any] = _copy()


def to_datetime(text: str, form: str) -> Any:
    """`datetime.strptime`."""
    make = getattr(_parser, "_strptime_datetime_datetime", None) or _parser._strptime_datetime
    return make(datetime, text, form)


def to_struct_time(text: str, form: str) -> Any:
    """`time.strptime`."""
    return _parser._strptime_time(text, form)
