"""
What stands in the place of a value: of the same type and look, and never that of another one.

A digit for a digit, a letter for a letter, so that code which splits, slices or measures a
text finds what it expects; numbers keep their sign and their number of digits.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from wfx.corpus.valuepaths import Leaf

if TYPE_CHECKING:
    from wfx.values import Json

Key = tuple[str, object]
"""What tells a value that has a placeholder from others."""

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
TAGS: Final = frozenset({"$", "class", "type", "zone", "factory", "module"})
"""Keys of encoded values that say of what kind they are."""


def scalars(leaf: Leaf) -> Iterator[Leaf]:
    """The single values in a value."""
    tree = leaf.value
    if isinstance(tree, list):
        for index in range(len(tree)):
            yield from scalars(Leaf(tree, index))
    elif isinstance(tree, dict) and key_of(tree) is None and tree.get("$") != "enum":
        for key in list(tree):
            if key not in TAGS:
                yield from scalars(Leaf(tree, key))
    else:
        yield leaf


def key_of(tree: Json) -> Key | None:
    """What tells a value that has a placeholder from others; None if it has none."""
    if isinstance(tree, bool) or tree is None or tree == "":
        return None
    if isinstance(tree, (str, int, float)):
        return (type(tree).__name__, tree)
    if isinstance(tree, dict) and tree.get("$") in (*_FORMS, "url"):
        value = tree.get("value")
        return (str(tree["$"]), value) if isinstance(value, str) else None
    return None


def placeholders_for(originals: Mapping[Key, Json]) -> dict[Key, Json]:
    """A placeholder for each value, and no two the same."""
    taken: set[Key] = set()
    found: dict[Key, Json] = {}
    for key, original in originals.items():
        kind, value = key
        number = 0
        while True:
            made = _placeholder(kind, value, original, number)
            made_key = key_of(made)
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
