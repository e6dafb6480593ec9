"""`str.format`, whose fields may name attributes."""

from __future__ import annotations

import collections
import importlib
import string
from collections.abc import Callable
from typing import Any

from wfx_sandbox import text
from wfx_sandbox.guards.own import receiver

_Lookup = Callable[[Any, str], Any]


class _Formatter(string.Formatter):
    """`str.format` whose attribute lookups are guarded."""

    def __init__(self, lookup: _Lookup) -> None:
        self._lookup = lookup

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        first, rest = _split_field(field_name)
        obj = self.get_value(first, args, kwargs)
        for is_attribute, key in rest:
            obj = self._lookup(obj, key) if is_attribute else obj[key]
        return obj, first

    def convert_field(self, value: Any, conversion: Any) -> Any:
        if conversion == "r":
            return text.show(value)
        if conversion == "a":
            return text.show_ascii(value)
        return text.line(value) if conversion == "s" else super().convert_field(value, conversion)

    def format_field(self, value: Any, format_spec: str) -> Any:
        return text.formatted(value, format_spec)


def _split_field(field_name: str) -> tuple[Any, Any]:
    split: Any = importlib.import_module("_string").formatter_field_name_split
    first, rest = split(field_name)
    return first, rest


def method(obj: Any, name: str, lookup: _Lookup) -> Any:
    """`format` or `format_map` of an object, which looks attributes up with `lookup`."""
    bound = receiver(obj)
    formatter = _Formatter(lookup)
    if isinstance(bound, collections.UserString):
        bound = str(bound)
    elif isinstance(bound, type) and issubclass(bound, collections.UserString):
        return lambda form, *args, **kwargs: method(str(form), name, lookup)(*args, **kwargs)
    if isinstance(bound, str):
        form = str(bound)
        if name == "format":
            return lambda *args, **kwargs: formatter.vformat(form, args, kwargs)
        return lambda mapping: formatter.vformat(form, (), mapping)
    if isinstance(bound, type) and issubclass(bound, str):
        if name == "format":
            return lambda form, *args, **kwargs: formatter.vformat(form, args, kwargs)
        return lambda form, mapping: formatter.vformat(form, (), mapping)
    return getattr(obj, name)
