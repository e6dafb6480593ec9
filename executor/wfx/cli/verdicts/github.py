"""Judgments as annotations of a pull request: workflow commands that GitHub's runner reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wfx.cli.verdicts.text import details
from wfx.divergence.telling import unstyled

if TYPE_CHECKING:
    from wfx.corpus.judgment import Judgment, Place


def lines(judgments: Iterable[Judgment]) -> Iterator[str]:
    """An error for each judgment that is no match, at the line it is about."""
    for each in judgments:
        if each.report is not None:
            at = each.place or each.recorded_at
            title = f"the code parts from a recorded run: {each.report.cause.text}"
            yield _error(at, title, _named(each) + unstyled(details(each)))
        elif not each.matches:
            yield _error(each.recorded_at, "cannot be judged", f"{_named(each)}{each.reason}")


def _named(judgment: Judgment) -> str:
    return f"{judgment.recorded_at or judgment.recording}: "


def _error(place: Place | None, title: str, message: str) -> str:
    about = {} if place is None else {"file": place.file, "line": str(place.line)}
    about["title"] = f"wfx replay: {title}"
    shown = ",".join(f"{key}={_property(value)}" for key, value in about.items())
    return f"::error {shown}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
