"""`difflib` and `calendar` without what follows the order of hashes or the host's settings."""

from __future__ import annotations

import calendar
import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from wfx_sandbox.modules.moments import DAYS, MONTHS
from wfx_sandbox.sets import OrderedSet


class SequenceMatcher(difflib.SequenceMatcher[Any]):
    """`difflib.SequenceMatcher`, whose sets are ordered."""

    def set_seq2(self, b: Any) -> None:
        """Set the second sequence."""
        super().set_seq2(b)
        found: Any = self
        found.bjunk, found.bpopular = OrderedSet(found.bjunk), OrderedSet(found.bpopular)


class _Names(Sequence[str]):
    """`calendar.day_name` and the like, which the process's locale would translate."""

    __slots__ = ("_names",)

    def __init__(self, *names: str) -> None:
        self._names = names

    def __getitem__(self, index: Any) -> Any:
        found = self._names[index]
        return list(found) if isinstance(index, slice) else found

    def __len__(self) -> int:
        return len(self._names)


_DAY: Final = _Names(*DAYS)
_DAY_ABBR: Final = _Names(*(each[:3] for each in DAYS))
_MONTH: Final = _Names("", *MONTHS)
_MONTH_ABBR: Final = _Names("", *(each[:3] for each in MONTHS))


class TextCalendar(calendar.TextCalendar):
    """`calendar.TextCalendar`, in English wherever it is."""

    def formatweekday(self, day: int, width: int) -> str:
        """The name of a day."""
        names = _DAY if width >= 9 else _DAY_ABBR
        return str(names[day][:width].center(width))

    def formatmonthname(
        self, theyear: int, themonth: int, width: int, withyear: bool = True
    ) -> str:
        """The name of a month."""
        name = _MONTH[themonth]
        return str((f"{name} {theyear!r}" if withyear else name).center(width))


def monthcalendar(year: int, month: int) -> list[list[int]]:
    """`calendar.monthcalendar`; weeks begin on Monday, whatever the host has set."""
    return calendar.Calendar().monthdayscalendar(year, month)


SequenceMatcher.__module__ = "difflib"
TextCalendar.__module__ = "calendar"

DIFFLIB: Final[Mapping[str, Any]] = {"SequenceMatcher": SequenceMatcher}
CALENDAR: Final[Mapping[str, Any]] = {
    "day_name": _DAY,
    "day_abbr": _DAY_ABBR,
    "month_name": _MONTH,
    "month_abbr": _MONTH_ABBR,
    "monthcalendar": monthcalendar,
    "TextCalendar": TextCalendar,
}
