"""
Whether what the code asks for is what a log recorded: kind, name and values.

A recorded value is read by today's classes, as a step or a workflow that receives it reads
it: a field that its class has gained since has its default, one that the class has lost is
not there, and the order of a class's fields says nothing. Everything else is strict. What
a hook's schema says to people (titles, descriptions) says nothing to the payloads that it
judges. See decisions/0016.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from wfx.codec import MISSING, encode, equal
from wfx.codec.forms import TAG
from wfx.errors import EncodeError
from wfx.events import (
    EventData,
    HookConflict,
    HookCreated,
    RunCompleted,
    RunFailed,
    StepCreated,
    WaitCreated,
)

if TYPE_CHECKING:
    from wfx.codec import ClassRegistry
    from wfx.values import Json

_INSTANCES: Final = frozenset({"model", "dataclass", "namedtuple"})
_PURE_FACTORIES: Final = (list, dict, tuple, str, int, float, bool, bytes)
"""Factories of defaults that may be called to compare: what they make is always the same."""

_FOR_PEOPLE: Final = frozenset(
    {"title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly"}
    | {"$comment", "$defs", "discriminator"}
)
"""Keywords of a JSON Schema that refuse no payload (`$defs` are followed where they are used)."""
_NAMED_SCHEMAS: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
_LITERAL: Final = frozenset({"enum", "const"})


def same_request(recorded: EventData, asked: EventData, registry: ClassRegistry) -> bool:
    """Whether kind, name and arguments are those recorded."""
    if isinstance(asked, StepCreated):
        return (
            isinstance(recorded, StepCreated)
            and recorded.step_name == asked.step_name
            and same_value(recorded.input, asked.input, registry)
            and same_value(recorded.kwargs or {}, asked.kwargs or {}, registry)
        )
    match recorded, asked:
        case WaitCreated(), WaitCreated():
            return recorded.delay == asked.delay
        case HookCreated(), HookCreated():
            return (
                recorded.token == asked.token
                and same_value(recorded.metadata, asked.metadata, registry)
                and same_schema(recorded.schema, asked.schema)
            )
        case HookConflict(), HookCreated():
            return recorded.token == asked.token
        case _:
            return False


def same_end(
    recorded: EventData, reached: RunCompleted | RunFailed, registry: ClassRegistry
) -> bool:
    """Whether output or error are those recorded; traceback texts may differ."""
    match recorded, reached:
        case RunCompleted(), RunCompleted():
            return same_value(recorded.output, reached.output, registry)
        case RunFailed(), RunFailed():
            return same_value(
                without_stacks(recorded.error), without_stacks(reached.error), registry
            )
        case _:
            return False


def without_stacks(error: Json) -> Json:
    """A recorded error without its traceback texts."""
    if isinstance(error, dict):
        return {key: without_stacks(value) for key, value in error.items() if key != "stack"}
    if isinstance(error, list):
        return [without_stacks(item) for item in error]
    return error


# -- values -------------------------------------------------------------------------------


def same_value(recorded: Json, asked: Json, registry: ClassRegistry) -> bool:
    """Whether a recorded value, read by today's classes, is the one that the code made."""
    return equal(recorded, asked) or _reads_as(recorded, asked, registry)


def _reads_as(recorded: Json, asked: Json, registry: ClassRegistry) -> bool:
    if isinstance(recorded, list) and isinstance(asked, list):
        return len(recorded) == len(asked) and all(
            same_value(mine, theirs, registry) for mine, theirs in zip(recorded, asked, strict=True)
        )
    if not (isinstance(recorded, dict) and isinstance(asked, dict)):
        return False
    form = recorded.get(TAG)
    if form in _INSTANCES and form == asked.get(TAG):
        return _same_instance(recorded, asked, registry)
    return list(recorded) == list(asked) and all(
        same_value(recorded[key], asked[key], registry) for key in asked
    )


def _same_instance(
    recorded: dict[str, Json], asked: dict[str, Json], registry: ClassRegistry
) -> bool:
    """Whether two instances are the same to today's class."""
    tag, then, now = asked.get("class"), recorded.get("fields"), asked.get("fields")
    if recorded.get("class") != tag or not (isinstance(then, dict) and isinstance(now, dict)):
        return False
    parts = {*recorded, *asked} - {"fields", "set"}
    if not all(
        part in recorded and part in asked and same_value(recorded[part], asked[part], registry)
        for part in parts
    ):
        return False
    cls = registry.resolve(str(tag))
    if cls is None or any(name in _fields(cls) for name in then if name not in now):
        return False
    common = [name for name in then if name in now]
    return (
        all(same_value(then[name], now[name], registry) for name in common)
        and all(
            equal(_default(cls, name, registry), value)
            for name, value in now.items()
            if name not in then
        )
        and _given(recorded, then, common) == _given(asked, now, common)
    )


def _given(tree: Mapping[str, Json], fields: Mapping[str, Json], of: Collection[str]) -> set[str]:
    """Which of these fields of a model were given, and are not defaults."""
    given = tree.get("set")
    return {name for name in (given if isinstance(given, list) else fields) if name in of}  # type: ignore[misc]  # names of fields are text


def _fields(cls: type) -> Mapping[str, Any]:
    """The fields of a model, dataclass or named tuple, whatever describes them."""
    model = getattr(cls, "__pydantic_fields__", None)
    if isinstance(model, dict):
        return model
    if dataclasses.is_dataclass(cls):
        return {field.name: field for field in dataclasses.fields(cls)}
    return dict.fromkeys(getattr(cls, "_fields", ()))


def _default(cls: type, name: str, registry: ClassRegistry) -> Json:
    """The encoded default of a field, if it is always the same; else MISSING."""
    field = _fields(cls).get(name)
    if field is None:
        defaults = getattr(cls, "_field_defaults", {})
        if name not in defaults:
            return MISSING
        value = defaults[name]
    elif field.default_factory in _PURE_FACTORIES:
        value = field.default_factory()
    else:
        value = field.default
    try:
        return encode(value, registry=registry, path=name)
    except EncodeError:
        return MISSING


# -- schemas ------------------------------------------------------------------------------


def same_schema(recorded: Json, asked: Json) -> bool:
    """Whether two JSON Schemas judge payloads alike, as far as their text tells."""
    return equal(recorded, asked) or _Schemas(recorded, asked).same(recorded, asked)


class _Schemas:
    """Two schemas side by side, each with its own definitions."""

    def __init__(self, recorded: Json, asked: Json) -> None:
        self._roots = (recorded, asked)
        self._seen: set[tuple[object, object]] = set()

    def same(self, mine: Json, theirs: Json) -> bool:
        """Whether what stands here judges alike."""
        if isinstance(mine, list) and isinstance(theirs, list):
            return len(mine) == len(theirs) and all(map(self.same, mine, theirs))
        if not (isinstance(mine, dict) and isinstance(theirs, dict)):
            return equal(mine, theirs)
        if "$ref" in mine or "$ref" in theirs:
            both = (mine.get("$ref"), theirs.get("$ref"))
            if both in self._seen:
                return True
            self._seen.add(both)
            mine, theirs = self._followed(0, mine), self._followed(1, theirs)
        keys = {*mine, *theirs} - _FOR_PEOPLE
        return all(key in mine and key in theirs for key in keys) and all(
            self._same_keyword(key, mine[key], theirs[key]) for key in keys
        )

    def _same_keyword(self, key: str, mine: Json, theirs: Json) -> bool:
        if key in _LITERAL:
            return equal(mine, theirs)
        if key == "required" and isinstance(mine, list) and isinstance(theirs, list):
            return sorted(map(str, mine)) == sorted(map(str, theirs))
        if key in _NAMED_SCHEMAS and isinstance(mine, dict) and isinstance(theirs, dict):
            return mine.keys() == theirs.keys() and all(
                self.same(mine[name], theirs[name]) for name in mine
            )
        return self.same(mine, theirs)

    def _followed(self, side: int, schema: dict[str, Json]) -> dict[str, Json]:
        """What a reference stands for, with what stands beside it."""
        found: Json = self._roots[side]
        for part in str(schema.get("$ref", "#")).split("/")[1:]:
            found = (
                found.get(part.replace("~1", "/").replace("~0", "~"))
                if (isinstance(found, dict))
                else None
            )
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if "$ref" not in schema:
            return beside
        return {**(found if isinstance(found, dict) else {}), **beside}
