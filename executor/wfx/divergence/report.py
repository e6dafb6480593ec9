"""
What a divergence looks like to people and programs: a value, and its JSON.

A report is made once, where code and log are at hand (`wfx.divergence.explaining`), and then stored
with a parked run, printed, or turned into the formats of a CI. Nothing here looks anything
up. The names of the JSON fields are stable: docs/reference/divergence-report.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfx.values import Json


class CauseKind(StrEnum):
    """What was most likely changed."""

    ADDED = "added"
    """The code asks for something that it did not ask for."""
    REMOVED = "removed"
    """It no longer asks for something."""
    MOVED = "moved"
    """It asks for the same things in another order."""
    REPLACED = "replaced"
    """It asks for something else in this place."""
    RENAMED = "renamed"
    """A step with the same arguments has another name."""
    ARGUMENTS = "arguments"
    DURATION = "duration"
    TOKEN = "token"
    SCHEMA = "schema"
    METADATA = "metadata"
    BRANCH = "branch"
    """A condition or a loop takes another way; what the log has is still in the code."""
    OUTPUT = "output"
    ERROR = "error"
    """The workflow fails where it did not, or otherwise than it did."""
    MIGRATED = "migrated"
    """The log is of another program."""


class Mark(StrEnum):
    """What became of one thing that the code asks for."""

    SAME = "same"
    REMOVED = "removed"
    """In the log only."""
    ADDED = "added"
    """In the code only."""
    CHANGED = "changed"
    MOVED = "moved"
    """Asked for by both, here by the code."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place inside a value where the log and the code differ."""

    path: str
    """`args[0].items[3].price`"""
    expected: str
    """As JSON for people; empty when the log has nothing there."""
    actual: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Lines of today's source around a place."""

    place: str
    """`orders.py:31`, where `lines` has its mark; as it was recorded if there are none."""
    lines: tuple[tuple[int, str], ...] = ()
    marked: int | None = None
    """The number of the line that it is about."""
    note: str | None = None
    """How the recorded line and today's file differ."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that was delivered to the code on the way."""

    position: int
    text: str
    place: str | None = None
    """Where the code had asked for it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One command or effect, as the log has it and as the code makes it."""

    mark: Mark
    expected: str | None
    actual: str | None
    position: int | None = None
    place: str | None = None
    """Where today's code asks for it."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The most likely cause, in words and for programs."""

    kind: CauseKind
    text: str
    place: str | None = None
    """The line of today's code that it is about, if it is another than where the code is."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do about it."""

    text: str
    snippet: str | None = None
    """Code to put in the place of the line at `place`."""
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DivergenceReport:
    """The first place where today's code leaves the path that a log recorded."""

    run_id: str
    workflow: str
    position: int
    message: str
    """One sentence, as the exception says it."""
    expected: str
    """What the log has, in words."""
    actual: str
    """What the code does, in words that continue "the code"."""
    expected_place: str | None
    actual_place: str | None
    expected_frame: Frame | None = None
    actual_frame: Frame | None = None
    differences: tuple[Difference, ...] = ()
    history: tuple[Happening, ...] = ()
    rows: tuple[Row, ...] = ()
    """From a little before the divergence on: the log beside the code."""
    cause: Cause
    remedy: Remedy

    def to_json(self) -> dict[str, Json]:
        """The report with its stable field names."""
        return {
            "runId": self.run_id,
            "workflow": self.workflow,
            "position": self.position,
            "message": self.message,
            "expected": self.expected,
            "actual": self.actual,
            "expectedPlace": self.expected_place,
            "actualPlace": self.actual_place,
            "expectedFrame": _frame_out(self.expected_frame),
            "actualFrame": _frame_out(self.actual_frame),
            "differences": [
                {"path": each.path, "expected": each.expected, "actual": each.actual}
                for each in self.differences
            ],
            "history": [
                {"position": each.position, "text": each.text, "place": each.place}
                for each in self.history
            ],
            "commands": [
                {
                    "mark": str(row.mark),
                    "expected": row.expected,
                    "actual": row.actual,
                    "position": row.position,
                    "place": row.place,
                }
                for row in self.rows
            ],
            "cause": {
                "kind": str(self.cause.kind),
                "text": self.cause.text,
                "place": self.cause.place,
            },
            "remedy": {
                "text": self.remedy.text,
                "snippet": self.remedy.snippet,
                "place": self.remedy.place,
            },
        }


def report_from_json(tree: Json) -> DivergenceReport | None:
    """The report that `to_json` made; None when this is none (of an older wfx, or damaged)."""
    if not isinstance(tree, Mapping):
        return None
    try:
        cause, remedy = _object(tree["cause"]), _object(tree["remedy"])
        return DivergenceReport(
            run_id=str(tree["runId"]),
            workflow=str(tree["workflow"]),
            position=_number(tree["position"]),
            message=str(tree["message"]),
            expected=str(tree["expected"]),
            actual=str(tree["actual"]),
            expected_place=_text(tree["expectedPlace"]),
            actual_place=_text(tree["actualPlace"]),
            expected_frame=_frame_in(tree["expectedFrame"]),
            actual_frame=_frame_in(tree["actualFrame"]),
            differences=tuple(
                Difference(str(each["path"]), str(each["expected"]), str(each["actual"]))
                for each in _objects(tree["differences"])
            ),
            history=tuple(
                Happening(_number(each["position"]), str(each["text"]), _text(each["place"]))
                for each in _objects(tree["history"])
            ),
            rows=tuple(
                Row(
                    Mark(str(each["mark"])),
                    _text(each["expected"]),
                    _text(each["actual"]),
                    None if each["position"] is None else _number(each["position"]),
                    _text(each["place"]),
                )
                for each in _objects(tree["commands"])
            ),
            cause=Cause(CauseKind(str(cause["kind"])), str(cause["text"]), _text(cause["place"])),
            remedy=Remedy(str(remedy["text"]), _text(remedy["snippet"]), _text(remedy["place"])),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _frame_out(frame: Frame | None) -> Json:
    if frame is None:
        return None
    return {
        "place": frame.place,
        "lines": [[number, text] for number, text in frame.lines],
        "marked": frame.marked,
        "note": frame.note,
    }


def _frame_in(tree: Json) -> Frame | None:
    if tree is None:
        return None
    known = _object(tree)
    lines = known["lines"]
    if not isinstance(lines, list):
        raise TypeError
    pairs = [line for line in lines if isinstance(line, list) and len(line) == 2]
    return Frame(
        str(known["place"]),
        tuple((_number(number), str(text)) for number, text in pairs),
        None if known["marked"] is None else _number(known["marked"]),
        _text(known["note"]),
    )


def _object(tree: Json) -> Mapping[str, Json]:
    if not isinstance(tree, Mapping):
        raise TypeError
    return tree


def _objects(tree: Json) -> Sequence[Mapping[str, Json]]:
    if not isinstance(tree, list):
        raise TypeError
    return [_object(each) for each in tree]


def _number(tree: Json) -> int:
    if not isinstance(tree, int):
        raise TypeError
    return tree


def _text(tree: Json) -> str | None:
    return None if tree is None else str(tree)
