"""
The flattened form of what an event of today holds: the way back for values.

What was migrated comes out as it was read: the array that a log keeps beside a value that
cannot tell it again, else what the value flattens to. What Python has and JavaScript lacks
becomes the nearest thing that a program there can use:

| Python | there |
|---|---|
| None | null |
| int beyond 2^53, any | BigInt, number |
| datetime with a zone | Date, to the millisecond |
| datetime without a zone, date, time | ISO 8601 text |
| timedelta | number of seconds |
| Decimal, UUID, Fraction, complex, paths, addresses, zones | their text |
| Enum member | its name; of combined flags, the number |
| tuple, named tuple, deque | Array, Object of its fields, Array |
| set, frozenset | Set |
| dict | Object if its keys are texts, else Map |
| dataclass, pydantic model | Object of its fields |
| exception | Error |
| bytes, bytearray | Uint8Array |
| URL types of pydantic | URL |
| keyword-only arguments | one more argument, an Object |

A class never has to be importable for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, Final, cast

from wfx import codec
from wfx.codec.forms import TAG, TEXT_FORMS
from wfx.values import Json
from wfx_migrate.v1 import js
from wfx_migrate.v1.encoding import encode, encode_arguments
from wfx_migrate.v1.values import Arguments

WRAPPER: Final = ("args", "closureVars", "thisVal")
"""What a step's arguments lie in, in later releases; all but the arguments is mostly undefined."""

_OURS: Final = f"{js.__name__}:"
_INLINE: Final = "Object"
"""The one type whose part is a primitive and not an index."""


# -- the values of an event ---------------------------------------------------------------


def flat(tree: Json, name: str, legacy: Mapping[str, Json] | None) -> Json:
    """
    A value of an event, flattened.

    Args:
        name: The field it stands in, as the log's `legacy` names it.

    Raises:
        BadValue: If it has a part that the form has no word for.
    """
    kept = _kept(name, legacy)
    if kept is not None:
        return kept
    return encode(tree, form=_form)


def flat_arguments(
    tree: Json,
    legacy: Mapping[str, Json] | None,
    *,
    kwargs: Json = None,
    wrapper: tuple[str, ...] = (),
) -> Json:
    """
    The arguments of a run or a step, an array.

    Args:
        wrapper: The keys of the object around them, where the log does not say that there
            was none, or another.

    Raises:
        BadValue: If they have a part that the form has no word for.
    """
    had = (legacy or {}).get("wrapper")
    kept = _kept("input", legacy)
    if kept is not None:
        return wrapped(kept) if wrapper and not had and isinstance(kept, list) else kept
    arguments: list[object] = [*tree] if isinstance(tree, list) else [tree]
    if kwargs:
        arguments.append(kwargs)
    keys = tuple(str(key) for key in had) if isinstance(had, list) else wrapper
    return encode_arguments(Arguments(arguments, wrapper=keys), form=_form)


def _kept(name: str, legacy: Mapping[str, Json] | None) -> Json:
    """The array that a log keeps beside a value; None if it keeps none."""
    kept = (legacy or {}).get("flat")
    if isinstance(kept, dict) and name in kept:
        return cast("Json", codec.decode(kept[name]))  # it was JSON
    return None


def wrapped(array: list[Json]) -> list[Json]:
    """A flattened array of arguments with the wrapper before it, its indices moved up by one."""
    root: dict[str, Json] = {key: 1 if key == "args" else -1 for key in WRAPPER}
    return [root, *(_moved(element) for element in array)]


def _moved(element: Json) -> Json:
    if isinstance(element, dict):
        return {key: _up(index) for key, index in element.items()}
    if isinstance(element, list) and not (element and element[0] == _INLINE):
        return [_up(index) for index in element]
    return element


def _up(index: Json) -> Json:
    is_index = isinstance(index, int) and not isinstance(index, bool) and index >= 0
    return cast("int", index) + 1 if is_index else index


# -- what goes into the flattened form ----------------------------------------------------


def simple(tree: Json) -> object:
    """An encoded value, of parts that the flattened form has."""
    if isinstance(tree, list):
        return [simple(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if TAG not in tree:
        return {key: simple(item) for key, item in tree.items()}
    return _form(tree)


def _form(tree: dict[str, Json]) -> object:
    """The same for an object that is a form of ours; any other is itself."""
    if TAG not in tree:
        return tree
    reader = _FORMS.get(str(tree[TAG]))
    return tree if reader is None else reader(tree)


def _decoded(tree: dict[str, Json]) -> object:
    return codec.decode(tree)


def _text(tree: dict[str, Json]) -> object:
    return tree.get("value")


def _moment(tree: dict[str, Json]) -> object:
    at = cast("Any", codec.decode(tree))
    if at.tzinfo is None:
        return at.isoformat()
    try:
        at.astimezone(UTC)
    except OverflowError:
        # A moment that is in UTC before the year 1 or after 9999.
        return js.JsDate(at.isoformat())
    return at


def _seconds(tree: dict[str, Json]) -> object:
    return cast("Any", codec.decode(tree)).total_seconds()


def _items(tree: dict[str, Json]) -> object:
    return simple(tree.get("items"))


def _set(tree: dict[str, Json]) -> object:
    return js.JsSet(tuple(cast("list[object]", simple(tree.get("items")))))


def _dict(tree: dict[str, Json]) -> object:
    pairs = cast("list[list[object]]", simple(tree.get("items")))
    if all(isinstance(key, str) for key, _ in pairs):
        return {cast("str", key): item for key, item in pairs}
    return js.JsMap(tuple((key, item) for key, item in pairs))


def _enum(tree: dict[str, Json]) -> object:
    return tree["name"] if "name" in tree else simple(tree.get("value"))


def _instance(tree: dict[str, Json]) -> object:
    if str(tree.get("class")).startswith(_OURS):
        return codec.decode(tree)
    fields = tree.get("fields")
    extra = tree.get("extra")
    shown = {
        **(fields if isinstance(fields, dict) else {}),
        **(extra if isinstance(extra, dict) else {}),
    }
    if tree[TAG] == "model" and list(shown) == ["root"]:
        # A root model is what it holds.
        return simple(shown["root"])
    return {key: simple(item) for key, item in shown.items()}


def _exception(tree: dict[str, Json]) -> object:
    return js.JsError(short_type(tree.get("type")), tree.get("message", ""), js.Undefined())


def short_type(name: object) -> str:
    """The name of an error's class, without its module."""
    return str(name or "Error").rpartition(":")[2].rpartition(".")[2]


_FORMS: Final[Mapping[str, Callable[[dict[str, Json]], object]]] = {
    **dict.fromkeys(("int", "float", "str", "bytes", "bytearray"), _decoded),
    "datetime": _moment,
    "date": _text,
    "time": _text,
    "timedelta": _seconds,
    **dict.fromkeys(TEXT_FORMS, _text),
    "url": lambda tree: js.URL(str(tree.get("value"))),
    "tuple": _items,
    "deque": _items,
    "set": _set,
    "frozenset": _set,
    **dict.fromkeys(("dict", "ordered_dict", "counter", "defaultdict"), _dict),
    "enum": _enum,
    **dict.fromkeys(("namedtuple", "dataclass", "model"), _instance),
    "exception": _exception,
}
"""Form of ours → what it becomes; any other stays the object it is."""
