"""
Encoded values as people want to read them: plain JSON without the log's forms.

A model is an object of its fields, a datetime its text, a tuple a list. That loses what
tells the forms apart; who needs it reads the log (`wfx runs events --json`, `wfx export`).
The forms are those of `wfx.codec`.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wfx.values import Json

_DEPTH_MAX: Final = 200
_HEX_DIGITS_MAX: Final = 3500


def plain(tree: Json, depth: int = 0) -> Json:
    """The value without forms."""
    if depth > _DEPTH_MAX:
        return tree
    if isinstance(tree, list):
        return [plain(item, depth + 1) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "$" not in tree:
        return {key: plain(item, depth + 1) for key, item in tree.items()}
    return _form(tree, depth + 1)


def _form(tree: dict[str, Json], depth: int) -> Json:
    form = tree["$"]
    fields, items = tree.get("fields"), tree.get("items")
    if form == "exception":
        return f"{tree.get('type')}: {tree.get('message')}"
    if isinstance(fields, dict):
        extra = tree.get("extra")
        more = extra if isinstance(extra, dict) else {}
        shown = {key: plain(item, depth) for key, item in {**fields, **more}.items()}
        # A root model is what it holds.
        return shown["root"] if form == "model" and list(shown) == ["root"] else shown
    if isinstance(items, list):
        if form in ("dict", "ordered_dict", "counter", "defaultdict"):
            return _pairs(items, depth)
        return [plain(item, depth) for item in items]
    if form == "enum":
        return tree.get("name", tree.get("value"))
    value = tree.get("value")
    if form == "str" and isinstance(value, str):
        # With code points that no UTF-8 has; whoever writes it out escapes them, as JSON does.
        return b64decode(value).decode("utf-8", "surrogatepass")
    if form == "int" and isinstance(value, str):
        # Python itself refuses to write very long numbers as decimals.
        return int(value, 16) if len(value) <= _HEX_DIGITS_MAX else value
    if form == "timedelta" and isinstance(value, list):
        days, seconds, micros = (part if isinstance(part, int) else 0 for part in value)
        return days * 86400 + seconds + micros / 1_000_000
    return tree if value is None else plain(value, depth)


def _pairs(items: list[Json], depth: int) -> Json:
    pairs = [item for item in items if isinstance(item, list) and len(item) == 2]
    shown: dict[str, Json] = {}
    for key, item in ((plain(key, depth), plain(item, depth)) for key, item in pairs):
        if not isinstance(key, (str, int, float, bool)) or str(key) in shown:
            return [[plain(part, depth) for part in pair] for pair in pairs]
        shown[str(key)] = item
    return shown
