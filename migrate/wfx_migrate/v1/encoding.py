"""
From Python values to the flattened form, in the order in which v1 itself writes it.

What `values` decodes comes out as it was, except where its table says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias, cast

from wfx.values import Json
from wfx_migrate.v1.js import (
    URL,
    Flattened,
    Headers,
    JsDate,
    JsError,
    JsMap,
    JsSet,
    RegExp,
    Tagged,
    TypedArray,
    Undefined,
    URLSearchParams,
)
from wfx_migrate.v1.values import (
    DEPTH_MAX,
    EMPTY,
    UNDEFINED,
    Arguments,
    BadValue,
    base64_text,
    js_iso,
    plain_number,
)

Form: TypeAlias = Callable[[dict[str, Json]], object]


def encode(value: object, *, path: str = "value", form: Form | None = None) -> Json:
    """
    The flattened form of a Python value, in the order v1 itself writes it.

    Args:
        form: What an object stands for, if objects may stand for other values.

    Raises:
        BadValue: If it has a part that the form has no word for.
    """
    if form is not None and isinstance(value, dict):
        value = form(value)
    if isinstance(value, Flattened) and value.root == 0:
        return value.array
    writing = _Writing(path, form)
    root = writing.put(value, 0)
    return root if root < 0 else writing.out


def encode_arguments(
    arguments: Arguments, *, path: str = "input", form: Form | None = None
) -> Json:
    """
    The flattened form of arguments, in their wrapper if they had one.

    Raises:
        BadValue: If a part of them has no flattened form.
    """
    if not arguments.wrapper:
        return encode(arguments.values, path=path, form=form)
    rest = arguments.rest or {}
    wrapped = {
        key: arguments.values if key == "args" else rest.get(key, Undefined())
        for key in arguments.wrapper
    }
    return encode(wrapped, path=path, form=form)


class _Writing:
    """One array being made. Equal primitives share an element, as v1 has it."""

    def __init__(self, path: str, form: Form | None) -> None:
        self.path = path
        self.form = form
        self.out: list[Json] = []
        self.known: dict[object, int] = {}

    def put(self, value: object, depth: int) -> int:
        kind = type(value)
        if kind is str:
            return self.primitive(value, value)
        if value is None or kind is bool:
            # 1 and 1.0 are one number in JavaScript; True is another value than both.
            return self.primitive(value, (kind, value))
        if plain_number(value) or isinstance(value, str):
            return self.primitive(value, value)
        if isinstance(value, float):
            if math.isnan(value):
                return -3
            return -6 if value == 0 else (-4 if value > 0 else -5)
        if kind is Undefined:
            return UNDEFINED
        if depth > 2 * DEPTH_MAX:
            raise BadValue(path=self.path, reason="it is nested too deeply, or holds itself")
        if kind is dict and self.form is not None:
            found = self.form(value)  # type: ignore[arg-type]  # by its exact type
            if found is not value:
                return self.put(found, depth)
        index = len(self.out)
        self.out.append(None)
        self.out[index] = self.container(value, depth + 1)
        return index

    def primitive(self, value: object, key: object) -> int:
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = len(self.out)
            self.out.append(cast("Json", value))
        return found

    def container(self, value: object, depth: int) -> Json:
        put = self.put
        if isinstance(value, (list, tuple)):
            return [put(item, depth) for item in value]
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return {key: put(item, depth) for key, item in value.items()}
        name, reduced = _reduced(value, self.path)
        return [name, self.put(reduced, depth)]


def _reduced(value: object, path: str) -> tuple[str, object]:
    """The type's name and its reduced form, for values that are not JSON's."""
    match value:
        case int():
            return "BigInt", str(value)
        case datetime():
            if value.tzinfo is None:
                raise BadValue(path=path, reason="a datetime needs a time zone to be a Date")
            return "Date", js_iso(value.astimezone(UTC))
        case JsDate(text):
            return "Date", text
        case dict():
            return "Map", [[key, item] for key, item in value.items()]
        case JsMap(entries):
            return "Map", [list(entry) for entry in entries]
        case set() | frozenset():
            return "Set", list(value)
        case JsSet(items):
            return "Set", list(items)
        case bytes() | bytearray():
            return "Uint8Array", base64_text(bytes(value))
        case TypedArray(kind, data):
            return kind, base64_text(data)
        case RegExp(source, flags):
            return "RegExp", {"source": source, "flags": flags}
        case URL(href):
            return "URL", href
        case URLSearchParams(text):
            return "URLSearchParams", text or EMPTY
        case Headers(pairs):
            return "Headers", [list(pair) for pair in pairs]
        case JsError(name, message, stack):
            return "Error", {"name": name, "message": message, "stack": stack}
        case Tagged(kind, inner):
            return kind, inner
        case _:
            raise BadValue(
                path=path,
                reason=f"{type(value).__qualname__} has no flattened form; "
                "pass plain data, a datetime, bytes or a class of wfx_migrate.v1.js",
            )
