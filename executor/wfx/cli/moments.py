"""Moments as people type them: `7d` ago, a day, or an ISO time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

_AGO: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Moment(click.ParamType):  # type: ignore[type-arg]  # not generic in older clicks
    """A moment: an ISO one, in the time zone of this machine unless it says; or how long ago."""

    name = "WHEN"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """See click."""
        text = str(value).strip()
        ago = _AGO.fullmatch(text)
        try:
            if ago is not None:
                return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: float(ago[1])})
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(
                f"{text!r} is no moment: write 30m, 12h or 7d for so long ago, a day such as "
                "2026-11-22, or an ISO time such as 2026-11-22T08:00Z.",
                param,
                ctx,
            )
