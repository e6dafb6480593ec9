"""Every way to a clock."""

import calendar
import dataclasses
import datetime as module
import functools
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from datetime import datetime as renamed
from time import monotonic, perf_counter, time as bare_time, time_ns
from typing import Any
from zoneinfo import ZoneInfo

import asyncio

from pydantic import BaseModel, Field

from wfx import step, workflow

AT_IMPORT = time.time()
NOW = datetime.now


@step
def nothing() -> None:
    """A turn of the loop."""


@workflow
async def time_functions() -> Any:
    """Wall clocks move on with each reading; stopwatches count from the run's creation."""
    return [
        time.time(),
        time.time_ns(),
        time.monotonic(),
        time.monotonic_ns(),
        time.perf_counter(),
        time.perf_counter_ns(),
        time.process_time(),
        time.process_time_ns(),
        time.thread_time(),
    ]


@workflow
async def from_imports() -> Any:
    """Names bound by from-import."""
    return [bare_time(), monotonic() >= 0, perf_counter() >= 0, time_ns(), renamed.now()]


@workflow
async def struct_times() -> Any:
    """The zone is UTC."""
    return [
        tuple(time.localtime()),
        tuple(time.gmtime()),
        tuple(time.localtime(86_400 * 180)),
        time.localtime(0).tm_zone,
        time.localtime(0).tm_gmtoff,
        time.mktime((2030, 7, 1, 12, 0, 0, 0, 0, -1)),
        time.mktime(time.localtime(1_000_000_000)),
        calendar.timegm(time.gmtime(1_000_000_000)),
        time.ctime(0),
        time.ctime(),
        time.asctime(),
        time.asctime(time.gmtime(0)),
        time.timezone,
        time.altzone,
        time.daylight,
        time.tzname,
    ]


@workflow
async def formats() -> Any:
    """Names of days and months in the C locale, the zone's name."""
    moment = time.gmtime(1_000_000_000)
    aware = datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
    naive = datetime(2001, 9, 9, 1, 46, 40)
    return [
        time.strftime("%A %B %d %H:%M:%S %Z %z %c %x %X %p %a %b %j %U", moment),
        time.strftime("%Y"),
        aware.strftime("%A %B %Z %z %c %x %X %p"),
        naive.strftime("%A %B [%Z] [%z] %c %s"),
        f"{aware:%A %Z %s}",
        format(naive, "%s %c"),
        "{:%c %s}".format(naive),
        date(2001, 9, 9).strftime("%s %x %a"),
        naive.ctime(),
        time.strftime("%s", moment),
        datetime.strptime("Sunday 9 September 2001", "%A %d %B %Y"),
        tuple(time.strptime("9 Sep 2001", "%d %b %Y")),
        time.strptime("2001", "%Y").tm_zone,
    ]


@workflow
async def strptime_with_zone() -> Any:
    """The names a zone has are those of UTC."""
    found = []
    for text in ("UTC", "GMT", "EST", "JST", "PET", "-05"):
        try:
            found.append(list(time.strptime(text, "%Z")))
        except ValueError as error:
            found.append(str(error))
        try:
            found.append(datetime.strptime(text, "%Z"))
        except ValueError as error:
            found.append(str(error))
    return found


@workflow
async def datetime_functions() -> Any:
    """On the class, through the module, with and without a zone."""
    return [
        datetime.now(),
        datetime.now(UTC),
        datetime.now(timezone(timedelta(hours=3))),
        datetime.now(tz=ZoneInfo("Asia/Tokyo")),
        datetime.utcnow(),
        datetime.today(),
        date.today(),
        module.datetime.now(),
        module.date.today(),
        NOW(),
    ]


class Mine(datetime):
    """A subclass of ours."""

    extra = "x"


class MyDate(date):
    """A subclass of ours."""


class Overridden(datetime):
    """A subclass with its own now()."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        """Reads through super()."""
        return ["mine", super().now(tz).isoformat()]


@workflow
async def through_values() -> Any:
    """type(x).now(), instance.now(), subclasses, getattr, super()."""
    moment = datetime(2000, 1, 1)
    return [
        type(moment).now(),
        moment.now(),
        moment.today(),
        type(date(2000, 1, 1)).today(),
        type(Mine.now()).__name__,
        Mine.now().isoformat(),
        Mine.utcnow().isoformat(),
        MyDate.today().isoformat(),
        MyDate.fromtimestamp(0).isoformat(),
        Overridden.now(),
        getattr(datetime, "now")(),
        getattr(moment, "to" + "day")(),
        moment.__class__.now(),
    ]


@workflow
async def as_values() -> Any:
    """Functions passed around: partial, map, default arguments, dict of functions, sorted."""

    def default(at: Any = datetime.now()) -> Any:
        return at

    later = functools.partial(time.time)
    later_now = functools.partial(datetime.now, UTC)
    table = {"a": time.time, "b": datetime.now, "c": date.today}
    return [
        default(),
        default(),
        later(),
        later_now(),
        list(map(lambda f: f(), [time.time, datetime.now, time.monotonic])),
        list(map(datetime.fromtimestamp, [0, 86_400])),
        list(map(datetime.now, [UTC, None])),
        {key: read() for key, read in table.items()},
        sorted([3, 1, 2], key=lambda _: time.time()),
        [f() for f in (datetime.utcnow,)],
        list(map(datetime.timestamp, [datetime(2030, 7, 1), datetime(1970, 1, 1)])),
        list(map(datetime.astimezone, [datetime(2030, 7, 1)])),
    ]


@workflow
async def at_import() -> Any:
    """A reading at module level is executed per run."""
    return [AT_IMPORT, AT_IMPORT < time.time()]


@dataclass
class Stamped:
    """default_factory."""

    at: datetime = field(default_factory=datetime.now)
    on: date = field(default_factory=date.today)
    s: float = dataclasses.field(default_factory=time.time)


class StampedModel(BaseModel):
    """default_factory of pydantic."""

    at: datetime = Field(default_factory=datetime.now)
    utc: datetime = Field(default_factory=lambda: datetime.now(UTC))
    s: float = Field(default_factory=time.time)


@workflow
async def factories() -> Any:
    """Dataclass and pydantic factories."""
    return [Stamped(), StampedModel(), StampedModel().model_dump(mode="json")]


@workflow
async def conversions() -> Any:
    """Naive moments are UTC."""
    naive = datetime(2030, 7, 1, 12)
    aware = datetime(2030, 7, 1, 12, tzinfo=ZoneInfo("America/New_York"))
    return [
        naive.timestamp(),
        aware.timestamp(),
        naive.astimezone(),
        aware.astimezone(),
        naive.astimezone(ZoneInfo("Asia/Kolkata")),
        aware.astimezone(UTC),
        datetime.fromtimestamp(1_900_000_000),
        datetime.fromtimestamp(1_900_000_000.5, UTC),
        datetime.fromtimestamp(-1),
        datetime.utcfromtimestamp(1_900_000_000),
        date.fromtimestamp(1_900_000_000),
        naive.timetuple().tm_isdst,
        tuple(naive.utctimetuple()),
        tuple(aware.utctimetuple()),
        aware.tzname(),
        naive.tzname(),
        aware.utcoffset(),
        str(aware.dst()),
        datetime.fromisoformat("2030-07-01T12:00:00+02:00").astimezone().isoformat(),
        datetime.combine(date(2030, 1, 1), aware.timetz()),
    ]


@workflow
async def loop_time() -> Any:
    """Sleep, timeouts and the clock agree."""
    before = time.monotonic()
    wall = datetime.now(UTC)
    await asyncio.sleep(5)
    middle = time.monotonic()
    await nothing()
    try:
        async with asyncio.timeout(2):
            await asyncio.sleep(10)
    except TimeoutError:
        pass
    after = datetime.now(UTC)
    return [before, middle - before >= 5, (after - wall) >= timedelta(seconds=7), after]


@workflow
async def many_readings() -> Any:
    """10,000 readings add one event."""
    first = time.time_ns()
    last = first
    for _ in range(10_000):
        now = time.time_ns()
        assert now > last
        last = now
    return last - first


@workflow
async def zones() -> Any:
    """ZoneInfo by name."""
    summer = datetime(2030, 7, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    return [
        summer,
        summer.utcoffset(),
        str(ZoneInfo("Europe/Berlin")),
        repr(ZoneInfo("Europe/Berlin")),
        ZoneInfo("UTC") is ZoneInfo("UTC"),
        datetime(2030, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1).timestamp(),
    ]


@workflow
async def past_and_future() -> Any:
    """pydantic's PastDatetime reads a clock of its own: see the refusals."""
    return (datetime.now() - datetime(2031, 1, 1)).days
