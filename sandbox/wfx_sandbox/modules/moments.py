"""
Moments in time as text, and back: in the C locale and in UTC, on every machine.

The C library's `strftime` follows the process's locale and zone (`%s`, `%Z`), and differs
between systems in what it pads and knows. The directives are therefore expanded here.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Any, Final

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

_DIRECTIVE: Final = re.compile(r"%([-_0^#]?)(:?[A-Za-z%])", re.DOTALL)
_NUMBERS: Final = frozenset("dHIjmMSUwWyYGVgeklCus")


@dataclass(frozen=True, slots=True)
class Moment:
    """The parts of a moment that a format can name."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    microsecond: int
    weekday: int
    """Monday is 0."""
    day_of_year: int
    zone: str
    offset: timedelta | None

    @classmethod
    def of(cls, parts: Any, *, zone: str, offset: timedelta | None) -> Moment:
        """A `struct_time`."""
        year, month, day, hour, minute, second, weekday, day_of_year = parts[:8]
        return cls(
            year, max(month, 1), max(day, 1), hour, minute, second, 0, weekday,
            max(day_of_year, 1), zone, offset,
        )  # fmt: skip

    @classmethod
    def of_datetime(cls, value: date | clock_time) -> Moment:
        """A date, a time (of the first of January 1900) or a datetime."""
        zone, offset, micro, clock = "", None, 0, (0, 0, 0)
        if isinstance(value, datetime | clock_time):
            offset, zone = value.utcoffset(), value.tzname() or ""
            micro, clock = value.microsecond, (value.hour, value.minute, value.second)
        day = value if isinstance(value, date) else date(1900, 1, 1)
        return cls(
            day.year, day.month, day.day, *clock, micro, date.weekday(day),
            (date(day.year, day.month, day.day) - date(day.year, 1, 1)).days + 1, zone, offset,
        )  # fmt: skip

    @property
    def date(self) -> date:
        """Its day."""
        return date(self.year, self.month, self.day)


def _offset(moment: Moment, colon: str = "") -> str:
    if moment.offset is None:
        return ""
    sign = "-" if moment.offset < timedelta(0) else "+"
    total = abs(moment.offset)
    minutes, rest = divmod(total, timedelta(minutes=1))
    text = f"{sign}{minutes // 60:02}{colon}{minutes % 60:02}"
    if rest:
        text += f"{colon}{rest.seconds:02}"
        if rest.microseconds:
            text += f".{rest.microseconds:06}"
    return text


def _epoch(moment: Moment) -> int:
    clock = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second)
    seconds = calendar.timegm((moment.year, moment.month, moment.day, 0, 0, 0)) + (
        clock // timedelta(seconds=1)
    )
    return seconds - ((moment.offset or timedelta(0)) // timedelta(seconds=1))


def _hour12(moment: Moment) -> int:
    return moment.hour % 12 or 12


_FIELDS: Final[dict[str, Callable[[Moment], str]]] = {
    "a": lambda m: DAYS[m.weekday][:3],
    "A": lambda m: DAYS[m.weekday],
    "b": lambda m: MONTHS[m.month - 1][:3],
    "B": lambda m: MONTHS[m.month - 1],
    "h": lambda m: MONTHS[m.month - 1][:3],
    "c": lambda m: formatted("%a %b %e %H:%M:%S %Y", m),
    "x": lambda m: formatted("%m/%d/%y", m),
    "X": lambda m: formatted("%H:%M:%S", m),
    "r": lambda m: formatted("%I:%M:%S %p", m),
    "D": lambda m: formatted("%m/%d/%y", m),
    "F": lambda m: formatted("%Y-%m-%d", m),
    "T": lambda m: formatted("%H:%M:%S", m),
    "R": lambda m: formatted("%H:%M", m),
    "d": lambda m: f"{m.day:02}",
    "e": lambda m: f"{m.day:2}",
    "H": lambda m: f"{m.hour:02}",
    "k": lambda m: f"{m.hour:2}",
    "I": lambda m: f"{_hour12(m):02}",
    "l": lambda m: f"{_hour12(m):2}",
    "j": lambda m: f"{m.day_of_year:03}",
    "m": lambda m: f"{m.month:02}",
    "M": lambda m: f"{m.minute:02}",
    "S": lambda m: f"{m.second:02}",
    "f": lambda m: f"{m.microsecond:06}",
    "p": lambda m: "AM" if m.hour < 12 else "PM",
    "P": lambda m: "am" if m.hour < 12 else "pm",
    "s": lambda m: str(_epoch(m)),
    "u": lambda m: str(m.weekday + 1),
    "w": lambda m: str((m.weekday + 1) % 7),
    "U": lambda m: f"{(m.day_of_year + 6 - (m.weekday + 1) % 7) // 7:02}",
    "W": lambda m: f"{(m.day_of_year + 6 - m.weekday) // 7:02}",
    "y": lambda m: f"{m.year % 100:02}",
    "Y": lambda m: f"{m.year:04}",
    "C": lambda m: f"{m.year // 100:02}",
    "G": lambda m: f"{m.date.isocalendar().year:04}",
    "g": lambda m: f"{m.date.isocalendar().year % 100:02}",
    "V": lambda m: f"{m.date.isocalendar().week:02}",
    "z": _offset,
    ":z": lambda m: _offset(m, ":"),
    "Z": lambda m: m.zone,
    "n": lambda m: "\n",
    "t": lambda m: "\t",
    "%": lambda m: "%",
}


def formatted(form: str, moment: Moment) -> str:
    """
    The moment in this format: the directives that Python documents, and the usual ones of
    the C library with its flags. Others stay as they are written.
    """

    def field(match: re.Match[str]) -> str:
        flag, directive = match[1], match[2]
        make = _FIELDS.get(directive)
        if make is None:
            return match[0]
        text = make(moment)
        if flag == "^":
            return text.upper()
        if flag == "#":
            return text.swapcase() if directive in "pZ" else text.upper()
        if flag and directive in _NUMBERS:
            bare = text.lstrip("0 ") or "0"
            if flag == "-":
                return bare
            return bare.rjust(len(text), " " if flag == "_" else "0")
        return text

    return _DIRECTIVE.sub(field, form)


_ZONE: Final = re.compile(r"(?<!%)((?:%%)*)%Z")


def parsed(text: Any, form: Any, parse: Callable[[str, str], Any]) -> tuple[Any, str | None, Any]:
    """
    What `parse(text, form)` gives where UTC is the only zone that has a name.

    Returns:
        The moment, the zone's name if there was one, and its offset if the format has one.
    """
    if not isinstance(text, str) or not isinstance(form, str):
        return parse(text, form), None, None  # it complains
    text, form = str.__str__(text), str.__str__(form)  # Python keeps formats for all runs
    offset = re.search(r"(?<!%)(?:%%)*%z", form)
    if not _ZONE.search(form):
        return parse(text, form), None, offset
    for zone in ("UTC", "GMT"):
        try:
            return parse(text, _ZONE.sub(rf"\g<1>{zone}", form)), zone, offset
        except ValueError:
            continue
    raise ValueError(f"time data {text!r} does not match format {form!r}")
