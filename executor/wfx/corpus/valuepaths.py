"""
Which values of a log a path names, and where they are.

`input[0].card`, `input.note`, `output.token`, `steps.charge.input[0].card`,
`steps.charge.result.token`, `hooks.payload.phone`; `*` stands for any name and `[*]` for any
index. A path leads through the forms of encoded values: a field of a model is its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wfx.errors import WfxError
from wfx.events import (
    Event,
    HookReceived,
    RunCompleted,
    RunCreated,
    RunFailed,
    StepCompleted,
    StepCreated,
    StepFailed,
    StepRetrying,
)

if TYPE_CHECKING:
    from wfx.values import Json

_PART: Final = re.compile(r"\.?([^.\[\]]+)|\[(\*|\d+)\]")
_ROOTS: Final = ("input", "output", "error", "steps", "hooks")


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


@dataclass(frozen=True, slots=True)
class Leaf:
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
    StepRetrying: "error",
    StepFailed: "error",
}


def values_at(
    event: Event, wire: dict[str, Json], path: ValuePath, step: str, token: str
) -> Iterator[Leaf]:
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
            yield Leaf(wire, "kwargs")
    elif path.field in wire:
        yield Leaf(wire, path.field)


def _named(step: str, wanted: str) -> bool:
    return wanted in ("*", step, step.rpartition(":")[2], step.rpartition(".")[2])


def leaves(start: Leaf, parts: Sequence[str | int]) -> Iterator[Leaf]:
    """Where the values are that these parts lead to, from a value on."""
    if not parts:
        yield start
        return
    for inner in _inside(start.value, parts[0]):
        yield from leaves(inner, parts[1:])


def _inside(tree: Json, part: str | int) -> Iterator[Leaf]:
    if isinstance(tree, list):
        if part == "*":
            yield from (Leaf(tree, index) for index in range(len(tree)))
        elif isinstance(part, int) and part < len(tree):
            yield Leaf(tree, part)
        return
    if not isinstance(tree, dict):
        return
    if "$" not in tree:
        yield from (Leaf(tree, key) for key in list(tree) if part in ("*", key))
        return
    for name in ("fields", "extra", "private", "state"):
        fields = tree.get(name)
        if isinstance(fields, dict):
            yield from (Leaf(fields, key) for key in list(fields) if part in ("*", key))
    items = tree.get("items")
    if isinstance(items, list):
        if tree["$"] in ("dict", "ordered_dict", "counter", "defaultdict"):
            for pair in items:
                if isinstance(pair, list) and len(pair) == 2 and part in ("*", pair[0]):
                    yield Leaf(pair, 1)
        else:
            yield from _inside(items, part)
