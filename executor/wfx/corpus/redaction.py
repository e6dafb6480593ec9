"""
Taking values out of a log, so that what is left still replays.

Each value that a path names gets a placeholder, and wherever the value appears in the log it
gets the same one, inside of longer texts too: code that passes it on is then given what it
passed on. What code computes from it in other ways cannot be known here: a replay tells (see
`keeping`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from wfx.corpus.placeholders import TAGS, Key, key_of, placeholders_for, scalars
from wfx.corpus.valuepaths import Leaf, ValuePath, leaves, values_at
from wfx.events import (
    Event,
    EventData,
    HookCreated,
    StepCreated,
    data_from_wire,
    data_to_wire,
)

if TYPE_CHECKING:
    from wfx.values import Json

_TEXT_MIN: Final = 4
"""Shorter texts are replaced where the path leads, and not wherever they appear."""
_NUMBER_MIN: Final = 1000
_DIGITS_MIN: Final = 6
"""Shorter whole numbers are not looked for inside of texts: they are in dates, for example."""
_KEPT: Final = frozenset(
    {"stepName", "workflowName", "call", "deploymentId", "executionContext", "queue", "effect"}
)
"""Fields of events in which no value of the workflow is."""


@dataclass(slots=True)
class Redacted:
    """A log without some of its values."""

    events: list[Event]
    found: dict[str, int] = field(default_factory=dict)
    """How many values each path led to."""
    kept: dict[str, int] = field(default_factory=dict)
    """Of these, what has no placeholder: booleans, nothing, and what is an enum's."""


def redact(events: Sequence[Event], paths: Sequence[ValuePath]) -> Redacted:
    """The log with placeholders for these values."""
    done = Redacted([])
    originals: dict[Key, Json] = {}
    steps: dict[str, str] = {}
    tokens: dict[str, str] = {}
    wires = [data_to_wire(event.data) for event in events]
    for event, wire in zip(events, wires, strict=True):
        id = event.correlation_id or ""
        if isinstance(event.data, StepCreated):
            steps[id] = event.data.step_name or ""
        elif isinstance(event.data, HookCreated):
            tokens[id] = event.data.token or ""
        for path in paths:
            for tree in values_at(event, wire, path, steps.get(id, ""), tokens.get(id, "")):
                for leaf in leaves(tree, path.parts):
                    done.found[path.text] = done.found.get(path.text, 0) + 1
                    _collect(leaf, originals, path, done)
    placeholders = placeholders_for(originals)
    swap = _swapper(placeholders)
    for event, wire in zip(events, wires, strict=True):
        changed = {
            name: value if name in _KEPT else _swapped(value, swap) for name, value in wire.items()
        }
        for path in paths:
            id = event.correlation_id or ""
            for tree in values_at(event, changed, path, steps.get(id, ""), tokens.get(id, "")):
                _put(tree, path.parts, placeholders)
        where = f"{event.run_id} position {event.position}"
        data = data_from_wire(event.data.type, changed, where=where)
        legacy = event.legacy
        if legacy is not None:
            legacy = {name: _swapped(value, swap) for name, value in legacy.items()}
        done.events.append(replace(event, data=data, legacy=legacy))
    return done


def _collect(leaf: Leaf, originals: dict[Key, Json], path: ValuePath, done: Redacted) -> None:
    for each in scalars(leaf):
        key = key_of(each.value)
        if key is None:
            done.kept[path.text] = done.kept.get(path.text, 0) + 1
        else:
            originals.setdefault(key, each.value)


# -- putting them in ----------------------------------------------------------------------


def _swapper(placeholders: Mapping[Key, Json]) -> Callable[[Json], Json]:
    """Replaces values wherever they appear: long texts also inside of others."""
    texts: dict[str, str] = {}
    patterns: dict[str, str] = {}
    for (kind, original), value in placeholders.items():
        text = str(original)
        if isinstance(original, str) and len(text) >= _TEXT_MIN:
            patterns[text] = re.escape(text)
        elif kind == "int" and len(text.lstrip("-")) >= _DIGITS_MIN:
            patterns.setdefault(text, rf"(?<!\d){re.escape(text)}(?!\d)")
        else:
            continue
        texts[text] = value if isinstance(value, str) else str(_value_of(value))
    longest = sorted(patterns, key=len, reverse=True)
    pattern = re.compile("|".join(patterns[text] for text in longest)) if patterns else None

    def swap(tree: Json) -> Json:
        if isinstance(tree, str):
            if pattern is None:
                return tree
            return pattern.sub(lambda found: texts[found[0]], tree)
        if isinstance(tree, (int, float)) and abs(tree) >= _NUMBER_MIN:
            return placeholders.get((type(tree).__name__, tree), tree)
        return tree

    return swap


def _value_of(tree: Json) -> Json:
    return tree["value"] if isinstance(tree, dict) else tree


def _swapped(tree: Json, swap: Callable[[Json], Json]) -> Json:
    if isinstance(tree, list):
        return [_swapped(item, swap) for item in tree]
    if isinstance(tree, dict):
        if "$" not in tree:
            return {str(swap(key)): _swapped(value, swap) for key, value in tree.items()}
        return {key: value if key in TAGS else _swapped(value, swap) for key, value in tree.items()}
    return swap(tree)


def _put(start: Leaf, parts: Sequence[str | int], placeholders: Mapping[Key, Json]) -> None:
    """Replace what a path leads to, also what is too short to be replaced everywhere."""
    for leaf in leaves(start, parts):
        for each in list(scalars(leaf)):
            key = key_of(each.value)
            if key is not None and key in placeholders:
                each.holder[each.key] = placeholders[key]


# -- what was computed --------------------------------------------------------------------


def carry(events: list[Event], position: int, before: EventData, after: EventData) -> None:
    """Let texts that the code has computed anew at a position be those in later events too."""
    texts: dict[Key, Json] = {}
    _pairs(data_to_wire(before), data_to_wire(after), texts)
    if not texts:
        return
    swap = _swapper(texts)
    for at in range(position + 1, len(events)):
        event = events[at]
        wire = data_to_wire(event.data)
        changed = {
            name: value if name in _KEPT else _swapped(value, swap) for name, value in wire.items()
        }
        if changed != wire:
            data = data_from_wire(event.data.type, changed, where=f"position {event.position}")
            events[at] = replace(event, data=data)


def _pairs(before: Json, after: Json, texts: dict[Key, Json]) -> None:
    """Texts that differ in the same place of two values."""
    if isinstance(before, str) and isinstance(after, str):
        if before != after:
            texts["str", before] = after
    elif isinstance(before, list) and isinstance(after, list):
        for one, other in zip(before, after, strict=False):
            _pairs(one, other, texts)
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() & after.keys() - _KEPT:
            _pairs(before[key], after[key], texts)
