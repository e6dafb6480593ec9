"""
The shape of a log: which ways it took, whatever the values were.

Per asyncio task, what was asked for and what was delivered, each with the source line that
asked for it, and what followed what. A loop of three turns has the shape of one of thirty; a
fan-out over three items that over five; how tasks took turns does not count. Two logs of one
shape exercise the same code, so a corpus needs one of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wfx.events import (
    CANCELS,
    REQUESTS,
    RUN_ENDS,
    STEP_OUTCOMES,
    EffectRecorded,
    HookReceived,
    RunCreated,
    StepCreated,
    WaitCompleted,
)
from wfx.events import HookConflict as HookConflictEvent

if TYPE_CHECKING:
    from wfx.events import Event

Feature = tuple[str, ...]
"""Something that a log shows the code doing."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What makes two logs the same kind of log."""

    workflow: str
    features: frozenset[Feature]


def shape_of(events: Iterable[Event]) -> Shape:
    """The shape of a log."""
    workflow = ""
    features: set[Feature] = set()
    last: dict[str, str] = {}
    scopes: dict[str, tuple[str, str]] = {}
    ended = "open"
    for event in events:
        data = event.data
        id = event.correlation_id or ""
        if isinstance(data, RunCreated):
            workflow = data.workflow_name
            continue
        if isinstance(data, RUN_ENDS):
            ended = f"{data.type} {_error_type(data)}".strip()
            scope, token = "", ended
        elif isinstance(data, EffectRecorded):
            scope, token = data.call.scope, f"reads {data.effect} {data.call.place}"
        elif isinstance(data, REQUESTS):
            scope = data.call.scope if data.call is not None else ""
            place = data.call.place if data.call is not None else ""
            name = data.step_name if isinstance(data, StepCreated) else data.type
            scopes[id] = scope, f"{name} {place}"
            token = f"asks {name} {place}"
        elif isinstance(
            data, (*STEP_OUTCOMES, *CANCELS, WaitCompleted, HookReceived, HookConflictEvent)
        ):
            scope, about = scopes.get(id, ("", ""))
            token = f"{data.type} {about} {_error_type(data)}".strip()
        else:
            continue
        depth = str(scope.count(".") + 1 if scope else 0)
        features.add((depth, last.get(scope, "begins"), token))
        last[scope] = token
    features.add(("ends", ended))
    return Shape(workflow, frozenset(features))


def _error_type(data: object) -> str:
    error = getattr(data, "error", None)
    return str(error.get("type", "")) if isinstance(error, dict) else ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A log that could be kept."""

    run_id: str
    shape: Shape
    events: int


def chosen(
    candidates: Iterable[Candidate], limit: int, *, there: Iterable[Shape] = ()
) -> list[Candidate]:
    """
    Logs that together show most, at most so many of them.

    The one that adds most is taken first; of those that add the same, the shortest, then
    the oldest. One of a shape that is there already is never taken.

    Args:
        there: Shapes of logs that are kept already.
    """
    known = {shape.workflow: set[Feature]() for shape in there}
    shapes = set(there)
    for shape in shapes:
        known[shape.workflow] |= shape.features
    best: dict[Shape, Candidate] = {}
    for each in candidates:
        if each.shape not in shapes:
            kept = best.get(each.shape)
            if kept is None or (each.events, each.run_id) < (kept.events, kept.run_id):
                best[each.shape] = each
    left = sorted(best.values(), key=lambda each: (each.events, each.run_id))
    taken: list[Candidate] = []
    while left and len(taken) < limit:
        adds = [len(each.shape.features - known.get(each.shape.workflow, set())) for each in left]
        at = adds.index(max(adds))
        each = left.pop(at)
        known.setdefault(each.shape.workflow, set()).update(each.shape.features)
        taken.append(each)
    return taken
