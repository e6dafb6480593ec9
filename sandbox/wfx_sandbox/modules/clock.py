"""
`time` and the clock methods of `datetime`: all read the run's recorded clock, in UTC.

The classes of datetime stay the real ones, so that pydantic, isinstance and arithmetic work;
their methods that read the clock or the host's zone are reached by guarded names.
"""

from __future__ import annotations

import calendar
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from datetime import time as clock_time
from typing import Any, Final

from wfx.clock import EPOCH, to_us
from wfx_sandbox.modules import moments, parsing
from wfx_sandbox.state import run

_NS = 1000
_SECOND = 1_000_000


def _now_us() -> int:
    return run("the clock").now_us()


def _elapsed_us() -> int:
    context = run("the clock")
    return context.now_us() - to_us(context.created_at)


def _utc(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)


def utc_now() -> datetime:
    """A reading of the run's clock."""
    return _utc(_now_us())


# -- time ---------------------------------------------------------------------------------


def wall() -> float:
    """`time.time`."""
    return _now_us() / _SECOND


def wall_ns() -> int:
    """`time.time_ns`."""
    return _now_us() * _NS


def monotonic() -> float:
    """`time.monotonic` and the other stopwatches: seconds since the run was created."""
    return _elapsed_us() / _SECOND


def monotonic_ns() -> int:
    """`time.monotonic_ns`."""
    return _elapsed_us() * _NS


def gmtime(seconds: float | None = None) -> time.struct_time:
    """`time.gmtime` and `time.localtime`."""
    return _in_utc(time.gmtime(wall() if seconds is None else seconds))


def _in_utc(moment: time.struct_time) -> time.struct_time:
    return time.struct_time((*moment[:9], "UTC", 0))


def mktime(moment: Any) -> float:
    """`time.mktime`, the zone being UTC."""
    return float(calendar.timegm(moment))


def strftime(form: str, moment: Any = None) -> str:
    """`time.strftime`."""
    parts = gmtime() if moment is None else moment
    if not isinstance(parts, tuple):
        raise TypeError("Tuple or struct_time argument required")
    checked = time.struct_time(parts)
    time.strftime("", checked)  # complains of what is out of range
    zone = getattr(checked, "tm_zone", None)
    return moments.formatted(
        form, moments.Moment.of(checked, zone="UTC" if zone is None else zone, offset=timedelta(0))
    )


def strptime(text: str, form: str = "%a %b %d %H:%M:%S %Y") -> time.struct_time:
    """`time.strptime`, to which the zone UTC alone has a name."""
    parsed: time.struct_time
    parsed, zone, offset = moments.parsed(text, form, parsing.to_struct_time)
    if offset is not None:
        return parsed
    return time.struct_time((*parsed[:9], zone, None if zone is None else 0))


def asctime(moment: Any = None) -> str:
    """`time.asctime`."""
    return time.asctime(gmtime() if moment is None else moment)


def ctime(seconds: float | None = None) -> str:
    """`time.ctime`."""
    return time.asctime(gmtime(seconds))


NAMES: dict[str, Any] = {
    "time": wall,
    "time_ns": wall_ns,
    "monotonic": monotonic,
    "monotonic_ns": monotonic_ns,
    "perf_counter": monotonic,
    "perf_counter_ns": monotonic_ns,
    "process_time": monotonic,
    "process_time_ns": monotonic_ns,
    "thread_time": monotonic,
    "thread_time_ns": monotonic_ns,
    "gmtime": gmtime,
    "localtime": gmtime,
    "mktime": mktime,
    "strftime": strftime,
    "strptime": strptime,
    "asctime": asctime,
    "ctime": ctime,
    "struct_time": time.struct_time,
    "timezone": 0,
    "altzone": 0,
    "daylight": 0,
    "tzname": ("UTC", "UTC"),
}


# -- datetime -----------------------------------------------------------------------------


def _made(cls: Any, moment: datetime) -> Any:
    """`moment` as an instance of `cls`, through its constructor as datetime itself does."""
    if not issubclass(cls, datetime):
        return cls(moment.year, moment.month, moment.day)
    return cls(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond,
        moment.tzinfo,
        fold=moment.fold,
    )


def _now(cls: Any) -> Callable[..., Any]:
    def now(tz: tzinfo | None = None) -> Any:
        moment = _utc(_now_us())
        return _made(cls, moment.replace(tzinfo=None) if tz is None else moment.astimezone(tz))

    return now


def _utcnow(cls: Any) -> Callable[..., Any]:
    return lambda: _made(cls, _utc(_now_us()).replace(tzinfo=None))


def _fromtimestamp(cls: Any) -> Callable[..., Any]:
    def fromtimestamp(timestamp: float, tz: tzinfo | None = None) -> Any:
        moment = datetime.fromtimestamp(timestamp, UTC)
        return _made(cls, moment.replace(tzinfo=None) if tz is None else moment.astimezone(tz))

    return fromtimestamp


def _strptime(cls: Any) -> Callable[..., Any]:
    def strptime(text: str, form: str) -> Any:
        made, zone, _ = moments.parsed(text, form, parsing.to_datetime)
        if zone is not None and made.tzinfo is not None:
            made = made.replace(tzinfo=timezone(made.utcoffset(), zone))
        return made if cls is datetime else _made(cls, made)

    return strptime


def format_moment(value: Any, form: str) -> str:
    """`value.strftime(form)` of a date, a time or a datetime."""
    return moments.formatted(form, moments.Moment.of_datetime(value))


class _Formattable:
    """A date, time or datetime whose format specification is ours to expand."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __format__(self, form: str) -> str:
        return format_moment(self._value, form) if form else str(self._value)


_FORMATS: Final = (date.__format__, datetime.__format__, clock_time.__format__)
_STRFTIMES: Final = (date.strftime, datetime.strftime, clock_time.strftime)


def formattable(value: Any) -> Any:
    """`value`, or what formats it as it would in the C locale and in UTC."""
    cls: Any = type(value)
    if isinstance(value, date | clock_time) and cls.__format__ in _FORMATS:
        if cls.strftime in _STRFTIMES:
            return _Formattable(value)
        return value
    return value


METHODS: Final = (
    "now", "utcnow", "today", "fromtimestamp", "timestamp", "astimezone", "strftime", "strptime",
)  # fmt: skip
"""Methods of datetime's classes that read the clock, the zone or the locale."""


def moment_method(obj: Any, cls: Any, name: str) -> Any:
    """What `obj.name` is for a date or datetime class or instance."""
    if name == "now":
        return _now(cls)
    if name in ("utcnow", "today"):
        return _utcnow(cls)
    if name == "fromtimestamp":
        return _fromtimestamp(cls)
    if name == "strptime":
        return _strptime(cls)
    if isinstance(obj, type):
        return lambda moment, *args: moment_method(moment, type(moment), name)(*args)
    if name == "strftime":
        return lambda format: format_moment(obj, format)
    aware = obj if obj.tzinfo is not None else datetime.replace(obj, tzinfo=UTC)
    if name == "timestamp":
        return lambda: datetime.timestamp(aware)
    assert name == "astimezone"

    def astimezone(tz: tzinfo | None = None) -> datetime:
        moment: datetime = datetime.astimezone(aware, UTC if tz is None else tz)
        return moment

    return astimezone
