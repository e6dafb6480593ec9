"""
Whether two encoded values mean the same, though programs of two languages made them.

A migrated value was written by JavaScript, where there is one kind of number and one of
list, no class that the log could name, and no difference between a field that is missing
and one that is undefined. So a migrated value and a Python one are alike when they are the
same without the forms of our log: a model is an object of its fields, a tuple a list, an
enum its value, a UUID or a URL its text; a moment is a moment in any time zone, `1` is
`1.0`, a field of None is as good as none, and keys have no order. A value that holds itself
is kept in the flattened form of its log, and compared by what leads where in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from wfx.codec import HOST
from wfx.codec.forms import TAG, TEXT_FORMS

if TYPE_CHECKING:
    from wfx.codec import ClassRegistry
    from wfx.values import Json

_TEXTS: Final = frozenset({*TEXT_FORMS, "url"})
_LISTS: Final = frozenset({"tuple", "deque"})
_SETS: Final = frozenset({"set", "frozenset"})
_MAPPINGS: Final = frozenset({"dict", "ordered_dict", "counter", "defaultdict"})
_JS_URL: Final = "wfx_migrate.v1.js:URL"
_JS_FLATTENED: Final = "wfx_migrate.v1.js:Flattened"


def alike(recorded: Json, asked: Json, *, registry: ClassRegistry = HOST) -> bool:
    """
    Whether a migrated value and one of today's code mean the same.

    Args:
        registry: Finds the classes of enums, to know what their members stand for.
    """
    return _plain(recorded, registry) == _plain(asked, registry)


def arguments_alike(recorded: Json, asked: Json, *, registry: ClassRegistry = HOST) -> bool:
    """Whether two lists of arguments are alike; None at their end is as good as nothing."""
    return _arguments(recorded, registry) == _arguments(asked, registry)


def _arguments(tree: Json, registry: ClassRegistry) -> list[object]:
    items = [_plain(item, registry) for item in (tree if isinstance(tree, list) else [tree])]
    while items and items[-1] is None:
        items.pop()
    return items


def _plain(tree: Json, registry: ClassRegistry) -> object:
    if isinstance(tree, bool):
        # Python's True equals 1, and nobody means that.
        return ("bool", tree)
    if isinstance(tree, list):
        return [_plain(item, registry) for item in tree]
    if isinstance(tree, dict):
        return _form(tree, registry) if TAG in tree else _fields(tree, registry)
    return tree


def _fields(tree: Mapping[str, Json], registry: ClassRegistry) -> dict[object, object]:
    return {key: _plain(item, registry) for key, item in tree.items() if item is not None}


def _form(tree: dict[str, Json], registry: ClassRegistry) -> object:
    form, value, items = tree[TAG], tree.get("value"), tree.get("items")
    fields = tree.get("fields")
    if isinstance(fields, dict):
        return _instance(tree, fields, registry)
    if isinstance(items, list):
        if form in _LISTS:
            return [_plain(item, registry) for item in items]
        if form in _SETS:
            return ("set", sorted((_plain(item, registry) for item in items), key=repr))
        if form in _MAPPINGS:
            return _mapping(items, registry)
    if form == "enum":
        return _member(tree, registry)
    if form == "int" and isinstance(value, str):
        return int(value, 16)
    if form == "datetime" and isinstance(value, str):
        return _moment(tree, value)
    if form == "bytearray":
        return {TAG: "bytes", "value": value}
    return value if form in _TEXTS else {**tree}


def _instance(tree: Mapping[str, Json], fields: dict[str, Json], registry: ClassRegistry) -> object:
    if tree.get("class") == _JS_FLATTENED:
        return _flattened(fields)
    extra = tree.get("extra")
    shown = _fields({**fields, **(extra if isinstance(extra, dict) else {})}, registry)
    if tree[TAG] == "model" and list(shown) == ["root"]:
        return shown["root"]
    return shown.get("href") if tree.get("class") == _JS_URL else shown


def _flattened(fields: Mapping[str, Json]) -> object:
    """An array of elements that name each other by index, numbered in the order of reach."""
    array, root = fields.get("array"), fields.get("root", 0)
    if not isinstance(array, list) or not _is_index(root, array):
        return {**fields}
    reached = [root]
    number = {root: 0}
    for index in reached:
        for part in filter(lambda part: _is_index(part, array), _parts(array[index])):
            if part not in number:
                number[part] = len(reached)
                reached.append(part)

    def moved(part: Any) -> Json:
        return number[part] if _is_index(part, array) else part

    def element(index: int) -> Json:
        found = array[index]
        if isinstance(found, dict):
            return {key: moved(part) for key, part in found.items()}
        return [moved(part) for part in found] if isinstance(found, list) else found

    return ("flattened", [element(index) for index in reached])


def _parts(element: Json) -> Iterable[Any]:
    """What an element may name: its items or fields."""
    if isinstance(element, dict):
        return [element[key] for key in sorted(element)]
    return element if isinstance(element, list) else ()


def _is_index(part: Json, array: list[Json]) -> TypeGuard[int]:
    return isinstance(part, int) and not isinstance(part, bool) and 0 <= part < len(array)


def _mapping(items: list[Json], registry: ClassRegistry) -> object:
    pairs = [pair for pair in items if isinstance(pair, list) and len(pair) == 2]
    if all(isinstance(key, str) for key, _ in pairs):
        return {key: _plain(item, registry) for key, item in pairs if item is not None}
    return ("dict", sorted(([_plain(part, registry) for part in pair] for pair in pairs), key=repr))


def _member(tree: Mapping[str, Json], registry: ClassRegistry) -> object:
    """What a member of an enum stands for."""
    cls = registry.resolve(str(tree.get("class")))
    if cls is not None and issubclass(cls, Enum) and "name" in tree:
        member = cls.__members__.get(str(tree["name"]))
        if member is not None:
            return member.value
    return tree.get("value", tree.get("name"))


def _moment(tree: Mapping[str, Json], text: str) -> object:
    """A moment, whatever its zone is called; JavaScript has no others."""
    zone = tree.get("zone")
    try:
        moment = datetime.fromisoformat(text)
        if isinstance(zone, str):
            from zoneinfo import ZoneInfo

            moment = moment.replace(tzinfo=ZoneInfo(zone), fold=1 if tree.get("fold") else 0)
    except (ValueError, OSError, LookupError):
        return {**tree}
    return ("moment", moment.astimezone(UTC)) if moment.tzinfo is not None else {**tree}
