"""
Our encoded values in the flattened form, and that form as bytes.

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

A class never has to be importable for that. Reading such a store back gives these, not the
Python values: a recording (`wfx export RUN`) is what keeps everything.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from wfx import codec
from wfx.codec.forms import TAG, TEXT_FORMS
from wfx.values import Json
from wfx_migrate.v1 import js
from wfx_migrate.v1.values import Arguments, encode, encode_arguments

PREFIX: Final = b"devl"
WRAPPER: Final = ("args", "closureVars", "thisVal")
"""What a step's arguments lie in; all but the arguments is undefined in most steps."""

_OURS: Final = f"{js.__name__}:"
_ESCAPED: Final = re.compile("[<\u2028\u2029\ud800-\udfff]")
_INLINE: Final = "Object"
"""The one type whose part is a primitive and not an index."""


# -- what goes into the flattened form ----------------------------------------------------


def simple(tree: Json) -> object:
    """An encoded value, of parts that the flattened form has."""
    if isinstance(tree, list):
        return [simple(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if TAG not in tree:
        return {key: simple(item) for key, item in tree.items()}
    form = str(tree[TAG])
    reader = _FORMS.get(form)
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
        encode(at)
    except (ValueError, OverflowError):
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


# -- the values of an event ---------------------------------------------------------------


def flat(tree: Json, name: str, legacy: Mapping[str, Json] | None) -> Json:
    """
    A value of an event, flattened.

    Args:
        name: The field it stands in, as the log's `legacy` names it.
    """
    kept = (legacy or {}).get("flat")
    if isinstance(kept, dict) and name in kept:
        return cast("Json", codec.decode(kept[name]))
    value = simple(tree)
    return value.array if isinstance(value, js.Flattened) else encode(value)


def flat_arguments(tree: Json, kwargs: Json, legacy: Mapping[str, Json] | None) -> Json:
    """The arguments of a run: an array."""
    kept = (legacy or {}).get("flat")
    if isinstance(kept, dict) and "input" in kept:
        return cast("Json", codec.decode(kept["input"]))
    return encode(_arguments(tree, kwargs))


def wrapped_arguments(tree: Json, kwargs: Json, legacy: Mapping[str, Json] | None) -> Json:
    """The arguments of a step, in the object that this release has around them."""
    legacy = legacy or {}
    kept, had = legacy.get("flat"), legacy.get("wrapper")
    if isinstance(kept, dict) and "input" in kept:
        array = cast("Json", codec.decode(kept["input"]))
        return array if had or not isinstance(array, list) else wrapped(array)
    keys = tuple(str(key) for key in had) if isinstance(had, list) else WRAPPER
    return encode_arguments(Arguments(_arguments(tree, kwargs), True, keys))


def _arguments(tree: Json, kwargs: Json) -> list[object]:
    values = simple(tree)
    arguments = values if isinstance(values, list) else [values]
    return [*arguments, simple(kwargs)] if kwargs else arguments


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


# -- bytes --------------------------------------------------------------------------------


def devl(array: Json) -> bytes:
    """A flattened value as the release stores it: four letters and the text of the array."""
    text = json.dumps(_numbers(array), ensure_ascii=False, separators=(",", ":"))
    return PREFIX + _ESCAPED.sub(_escape, text).encode("utf-8")


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04X}" if found[0] == "<" else f"\\u{code:04x}"


def _numbers(array: Json) -> Json:
    """Numbers as JavaScript writes them, where JSON's text of a whole one differs."""
    if isinstance(array, list):
        return [
            int(item)
            if isinstance(item, float) and item.is_integer() and abs(item) < 1e21
            else item
            for item in array
        ]
    return array


def stored(array: Json) -> dict[str, Json]:
    """A value as it stands in a JSON file."""
    return {"__type": "Uint8Array", "data": b64encode(devl(array)).decode("ascii")}


def read(data: Any) -> Json:
    """The array of a stored value, for those who check one."""
    found = b64decode(data["data"])
    if not found.startswith(PREFIX):
        raise ValueError(f"the prefix {found[:4]!r} is unknown")
    return cast("Json", json.loads(found[len(PREFIX) :]))
