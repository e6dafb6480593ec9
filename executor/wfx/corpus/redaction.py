"""
Taking values out of a log, so that what is left still replays.

A path names values: `input[0].card`, `input.note`, `output.token`, `steps.charge.input[0].card`,
`steps.charge.result.token`, `hooks.payload.phone`; `*` stands for any name and `[*]` for any
index. Each value gets a placeholder of the same type and look (a digit for a digit, a letter
for a letter), and wherever the value appears in the log it gets the same one, inside of
longer texts too: code that passes it on is then given what it passed on. What code computes
from it in other ways cannot be known here: a replay tells (see `keeping`).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from wfx.errors import WfxError
from wfx.events import (
    Event,
    EventData,
    HookCreated,
    HookReceived,
    RunCompleted,
    RunCreated,
    RunFailed,
    StepCompleted,
    StepCreated,
    StepFailed,
    data_from_wire,
    data_to_wire,
)

if TYPE_CHECKING:
    from wfx.values import Json

_PART: Final = re.compile(r"\.?([^.\[\]]+)|\[(\*|\d+)\]")
_ROOTS: Final = ("input", "output", "error", "steps", "hooks")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TEXT_MIN: Final = 4
"""Shorter texts are replaced where the path leads, and not wherever they appear."""
_NUMBER_MIN: Final = 1000
_KEPT: Final = frozenset(
    {"stepName", "workflowName", "call", "deploymentId", "executionContext", "queue", "effect"}
)
"""Fields of events in which no value of the workflow is."""
_TAGS: Final = frozenset({"$", "class", "type", "zone", "factory", "module"})
"""Keys of encoded values that say of what kind they are."""


class BadPath(WfxError):
    """A path of `--redact` or of `[tool.wfx] redact` cannot be understood."""

    code = "bad-redaction"

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        super().__init__(
            f"the path {path!r} {reason}; write input[0].card, steps.charge.result.token, "
            "hooks.payload.phone or output.token"
        )


@dataclass(frozen=True, slots=True)
class ValuePath:
    """Which values of a log are meant."""

    text: str
    root: str
    name: str
    """Of the step or of the hook's token; `*` for any."""
    field: str
    """`input`, `result`, `output`, `payload` or `error`."""
    parts: tuple[str | int, ...]
    """Names and indexes inside of the value; `*` for any."""


def parse(text: str) -> ValuePath:
    """
    Read a path.

    Raises:
        BadPath: It is none.
    """
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            raise BadPath(text, f"is no path at {text[at:]!r}")
        name, index = found.groups()
        parts.append(name if name is not None else index if index == "*" else int(index))
        at = found.end()
    root = parts[0] if parts else ""
    if root not in _ROOTS:
        raise BadPath(text, f"begins with {root!r}, and not with {', '.join(_ROOTS)}")
    if root == "steps":
        if len(parts) < 3 or parts[2] not in ("input", "result", "error"):
            raise BadPath(text, "does not say input, result or error of which step")
        return ValuePath(text, "steps", str(parts[1]), str(parts[2]), tuple(parts[3:]))
    if root == "hooks":
        named = parts[1:2] != ["payload"]
        name, rest = (str(parts[1]), parts[2:]) if named and len(parts) > 1 else ("*", parts[1:])
        if rest[:1] != ["payload"]:
            raise BadPath(text, "does not lead to a payload")
        return ValuePath(text, "hooks", name, "payload", tuple(rest[1:]))
    return ValuePath(text, str(root), "*", str(root), tuple(parts[1:]))


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
    originals: dict[tuple[str, object], Json] = {}
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
            for tree in _values(event, wire, path, steps.get(id, ""), tokens.get(id, "")):
                for leaf in _leaves(tree, path.parts):
                    done.found[path.text] = done.found.get(path.text, 0) + 1
                    _collect(leaf, originals, path, done)
    placeholders = _placeholders(originals)
    swap = _swapper(placeholders)
    for event, wire in zip(events, wires, strict=True):
        changed = {
            name: value if name in _KEPT else _swapped(value, swap) for name, value in wire.items()
        }
        for path in paths:
            id = event.correlation_id or ""
            for tree in _values(event, changed, path, steps.get(id, ""), tokens.get(id, "")):
                _put(tree, path.parts, placeholders)
        where = f"{event.run_id} position {event.position}"
        data = data_from_wire(event.data.type, changed, where=where)
        legacy = event.legacy
        if legacy is not None:
            legacy = {name: _swapped(value, swap) for name, value in legacy.items()}
        done.events.append(replace(event, data=data, legacy=legacy))
    return done


# -- finding values -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Leaf:
    holder: Any
    """The list or object that has it."""
    key: Any

    @property
    def value(self) -> Json:
        found: Json = self.holder[self.key]
        return found


_FIELDS: Final[Mapping[type, Mapping[str, str]]] = {
    RunCreated: {"input": "input"},
    RunCompleted: {"output": "output"},
    RunFailed: {"error": "error"},
}
_STEP_FIELDS: Final[Mapping[type, str]] = {
    StepCreated: "input",
    StepCompleted: "result",
    StepFailed: "error",
}


def _values(
    event: Event, wire: dict[str, Json], path: ValuePath, step: str, token: str
) -> Iterator[_Leaf]:
    """Where the values that a path begins with are, in an event."""
    kind = type(event.data)
    if path.root == "steps":
        if _STEP_FIELDS.get(kind) != path.field or not _named(step, path.name):
            return
    elif path.root == "hooks":
        if kind is not HookReceived or path.name not in ("*", token):
            return
    elif path.field not in _FIELDS.get(kind, {}):
        return
    by_name = path.field == "input" and bool(path.parts) and isinstance(path.parts[0], str)
    if by_name and path.parts[0] != "*":
        if isinstance(wire.get("kwargs"), dict):
            yield _Leaf(wire, "kwargs")
    elif path.field in wire:
        yield _Leaf(wire, path.field)


def _named(step: str, wanted: str) -> bool:
    return wanted in ("*", step, step.rpartition(":")[2], step.rpartition(".")[2])


def _leaves(start: _Leaf, parts: Sequence[str | int]) -> Iterator[_Leaf]:
    """Where the values are that these parts lead to, from a value on."""
    if not parts:
        yield start
        return
    for inner in _inside(start.value, parts[0]):
        yield from _leaves(inner, parts[1:])


def _inside(tree: Json, part: str | int) -> Iterator[_Leaf]:
    if isinstance(tree, list):
        if part == "*":
            yield from (_Leaf(tree, index) for index in range(len(tree)))
        elif isinstance(part, int) and part < len(tree):
            yield _Leaf(tree, part)
        return
    if not isinstance(tree, dict):
        return
    if "$" not in tree:
        yield from (_Leaf(tree, key) for key in list(tree) if part in ("*", key))
        return
    for name in ("fields", "extra", "private", "state"):
        fields = tree.get(name)
        if isinstance(fields, dict):
            yield from (_Leaf(fields, key) for key in list(fields) if part in ("*", key))
    items = tree.get("items")
    if isinstance(items, list):
        if tree["$"] in ("dict", "ordered_dict", "counter", "defaultdict"):
            for pair in items:
                if isinstance(pair, list) and len(pair) == 2 and part in ("*", pair[0]):
                    yield _Leaf(pair, 1)
        else:
            yield from _inside(items, part)


# -- placeholders -------------------------------------------------------------------------


def _collect(
    leaf: _Leaf, originals: dict[tuple[str, object], Json], path: ValuePath, done: Redacted
) -> None:
    for each in _scalars(leaf):
        key = _key(each.value)
        if key is None:
            done.kept[path.text] = done.kept.get(path.text, 0) + 1
        else:
            originals.setdefault(key, each.value)


def _scalars(leaf: _Leaf) -> Iterator[_Leaf]:
    """The single values in a value."""
    tree = leaf.value
    if isinstance(tree, list):
        for index in range(len(tree)):
            yield from _scalars(_Leaf(tree, index))
    elif isinstance(tree, dict) and _key(tree) is None and tree.get("$") != "enum":
        for key in list(tree):
            if key not in _TAGS:
                yield from _scalars(_Leaf(tree, key))
    else:
        yield leaf


def _key(tree: Json) -> tuple[str, object] | None:
    """What tells a value that has a placeholder from others; None if it has none."""
    if isinstance(tree, bool) or tree is None or tree == "":
        return None
    if isinstance(tree, (str, int, float)):
        return (type(tree).__name__, tree)
    if isinstance(tree, dict) and tree.get("$") in (*_FORMS, "url"):
        value = tree.get("value")
        return (str(tree["$"]), value) if isinstance(value, str) else None
    return None


def _placeholders(originals: Mapping[tuple[str, object], Json]) -> dict[tuple[str, object], Json]:
    """A placeholder for each value, and no two the same."""
    taken: set[tuple[str, object]] = set()
    found: dict[tuple[str, object], Json] = {}
    for key, original in originals.items():
        kind, value = key
        number = 0
        while True:
            made = _placeholder(kind, value, original, number)
            made_key = _key(made)
            if made_key is not None and made_key not in taken and made_key not in originals:
                break
            number += 1
        taken.add(made_key)
        found[key] = made
    return found


def _placeholder(kind: str, value: object, original: Json, number: int) -> Json:
    if isinstance(original, dict):
        return {**original, "value": _FORMS.get(kind, _look)(str(value), number)}
    if isinstance(value, str):
        return _look(value, number)
    if isinstance(value, float):
        return (1.5 + number) * (-1 if value < 0 else 1)
    assert isinstance(value, int)
    digits = len(str(abs(value)))
    return int(10 ** (digits - 1) + number) * (-1 if value < 0 else 1)


def _look(text: str, number: int) -> str:
    """A text of the same length and look, with a number in it so that it is another one."""
    if _UUID.fullmatch(text):
        return _uuid(text, number)
    shown = [_like(character) for character in text]
    places = [at for at, c in enumerate(shown) if c in "0Xx"]
    for at in reversed(places):
        if not number:
            break
        base = 10 if shown[at] == "0" else 26
        number, digit = divmod(number, base)
        shown[at] = str(digit) if base == 10 else chr(ord("a") + (23 + digit) % 26)
    return "".join(shown) + (str(number) if number else "")


def _like(character: str) -> str:
    if character.isdigit():
        return "0"
    if character.isalpha():
        return "X" if character.isupper() else "x"
    return character


def _uuid(_text: str, number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def _date(text: str, number: int) -> str:
    year, day = 2000 + number // 28 % 1000, 1 + number % 28
    return f"{year:04}-01-{day:02}{text[10:]}"


def _decimal(text: str, number: int) -> str:
    sign = "-" if text.startswith("-") else ""
    whole, point, part = text.lstrip("-").partition(".")
    if not (whole.isdecimal() and (part.isdecimal() or not point)):
        return f"{sign}{1 + number}"
    digits = str(10 ** (len(whole + part) - 1) + number)
    return f"{sign}{digits[: len(digits) - len(part)]}{point}{digits[len(digits) - len(part) :]}"


def _base64(text: str, number: int) -> str:
    size = len(b64decode(text))
    return b64encode(str(number).encode().rjust(size, b"0")).decode()


_FORMS: Final[Mapping[str, Callable[[str, int], str]]] = {
    "uuid": _uuid,
    "decimal": _decimal,
    "bytes": _base64,
    "bytearray": _base64,
    "datetime": _date,
    "date": _date,
}


# -- putting them in ----------------------------------------------------------------------


def _swapper(placeholders: Mapping[tuple[str, object], Json]) -> Callable[[Json], Json]:
    """Replaces values wherever they appear: long texts also inside of others."""
    texts = {
        str(key[1]): value if isinstance(value, str) else str(_value_of(value))
        for key, value in placeholders.items()
        if isinstance(key[1], str) and len(key[1]) >= _TEXT_MIN
    }
    pattern = (
        re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True)))
        if texts
        else None
    )

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
        return {
            key: value if key in _TAGS else _swapped(value, swap) for key, value in tree.items()
        }
    return swap(tree)


def _put(
    start: _Leaf, parts: Sequence[str | int], placeholders: Mapping[tuple[str, object], Json]
) -> None:
    """Replace what a path leads to, also what is too short to be replaced everywhere."""
    for leaf in _leaves(start, parts):
        for each in list(_scalars(leaf)):
            key = _key(each.value)
            if key is not None and key in placeholders:
                each.holder[each.key] = placeholders[key]


# -- what was computed --------------------------------------------------------------------


def carry(events: list[Event], position: int, before: EventData, after: EventData) -> None:
    """Let texts that the code has computed anew at a position be those in later events too."""
    texts: dict[tuple[str, object], Json] = {}
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


def _pairs(before: Json, after: Json, texts: dict[tuple[str, object], Json]) -> None:
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
