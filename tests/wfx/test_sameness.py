"""Whether a recorded value, read by today's classes, is the one that the code made."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel

from wfx.codec import HOST, encode
from wfx.sameness import same_schema, same_value


class Item(BaseModel):
    """A model that has grown."""

    sku: str
    tags: list[str] = []
    count: int = 1


@dataclass
class Order:
    """A dataclass that has grown."""

    id: str
    items: list[Item] = field(default_factory=list)
    key: object = field(default_factory=object)


class Point(NamedTuple):
    """A named tuple that has grown."""

    x: int
    y: int = 0


def without(value: object, *names: str) -> Any:
    """The tree of an instance as it was before it had these fields."""
    tree: Any = encode(value)
    for name in names:
        del tree["fields"][name]
    if "set" in tree:
        tree["set"] = [name for name in tree["set"] if name not in names]
        if set(tree["set"]) == set(tree["fields"]):
            del tree["set"]
    return tree


@pytest.mark.parametrize(
    ("recorded", "today", "same"),
    [
        (without(Item(sku="a"), "tags", "count"), Item(sku="a"), True),
        (without(Item(sku="a"), "tags", "count"), Item(sku="b"), False),
        (without(Item(sku="a"), "count"), Item(sku="a", count=1), True),
        (without(Item(sku="a"), "count"), Item(sku="a", count=2), False),
        (without(Item(sku="a"), "tags"), Item(sku="a", tags=["x"]), False),
        (without(Item(sku="a", count=1), "tags"), Item(sku="a"), False),
        (without(Point(1), "y"), Point(1), True),
        (without(Order("1", key=1), "items"), Order("1", key=1), True),
        (without(Order("1", key=1), "key"), Order("1", key=1), False),
        (without(Point(1), "y"), Point(1, 2), False),
        ({**without(Item(sku="a")), "class": "other:Item"}, Item(sku="a"), False),
        ([encode(Item(sku="a"))], [Item(sku="a")], True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
        (1, True, False),
        (1, 1.0, False),
    ],
)
def test_fields_gained_since_have_their_defaults(recorded: Any, today: object, same: bool) -> None:
    """All else is strict: classes, values, which fields were given, the order of keys."""
    assert same_value(recorded, encode(today), HOST) is same


def test_a_field_lost_since_is_not_there() -> None:
    """A receiver would not see it."""
    tree: Any = encode(Item(sku="a"))
    tree["fields"]["colour"] = "red"
    assert same_value(tree, encode(Item(sku="a")), HOST)


class Yes(BaseModel):
    """Agrees."""

    yes: bool
    inner: Item | None = None


def schema(**changes: Any) -> Any:
    """The schema of a payload, with parts of it replaced."""
    return {**Yes.model_json_schema(), **changes}


@pytest.mark.parametrize(
    ("today", "same"),
    [
        (schema(title="No", description="Refuses."), True),
        (schema(required=[]), False),
        (schema(properties={}), False),
        (schema(additionalProperties=False), False),
        (None, False),
    ],
)
def test_schemas_are_compared_by_what_they_refuse(today: Any, same: bool) -> None:
    """What only people read does not count."""
    assert same_schema(schema(), today) is same


def test_references_are_followed() -> None:
    """A class inside may have another name, but not other fields."""
    renamed = json.loads(json.dumps(schema()).replace("Item", "Line"))
    assert same_schema(schema(), renamed)
    renamed["$defs"]["Line"]["properties"]["sku"]["type"] = "integer"
    assert not same_schema(schema(), renamed)


def test_a_schema_that_refers_to_itself_is_compared_once() -> None:
    """A tree of nodes has no end."""

    class Node(BaseModel):
        left: Node | None = None

    one = Node.model_json_schema()
    assert same_schema(one, {**one, "title": "Other"})
