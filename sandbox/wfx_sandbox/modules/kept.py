"""
Functions of the standard library that keep what they have made of a text, for the whole process.

An object of a class that inherits from `str` would be kept with it, and given to the next run
that has an equal one. So what they are given is the text and nothing else.
"""

from __future__ import annotations

import fnmatch
import functools
import re
import struct
import urllib.parse
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Final

from wfx_sandbox.words import words

_NAMES: Final[Mapping[ModuleType, str]] = {
    re: "compile findall finditer fullmatch match search split sub subn",
    fnmatch: "fnmatch fnmatchcase translate",
    struct: "calcsize iter_unpack pack pack_into unpack unpack_from",
    urllib.parse: "parse_qs parse_qsl urldefrag urljoin urlparse urlsplit",
}
_PATTERNS: Final = ("pattern", "repl")
"""Arguments that are kept; others may be given by the same object again: `match.string`."""


def plain(text: Any) -> Any:
    """What a text says, as an ordinary text; anything else as it is."""
    if type(text) is str or not isinstance(text, str | bytes):
        return text
    return str.__str__(text) if isinstance(text, str) else bytes.__getitem__(text, slice(None))


def _with_plain_patterns(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        for place, each in enumerate(args[:count]):
            if type(each) is not str and isinstance(each, str | bytes):
                args = (*args[:place], plain(each), *args[place + 1 :])
        for name in kwargs:
            if name in _PATTERNS:
                kwargs[name] = plain(kwargs[name])
        return function(*args, **kwargs)

    del called.__wrapped__  # which `wraps` has put there
    return called


def _of(module: ModuleType) -> dict[str, Any]:
    found = {}
    for name in words(_NAMES[module]):
        count = 1 if module in (re, struct) and name not in ("sub", "subn") else 2
        found[name] = _with_plain_patterns(getattr(module, name), count)
    return found


MODULES: Final[Mapping[str, Callable[[], Mapping[str, Any]]]] = {
    module.__name__: functools.partial(_of, module) for module in _NAMES
}
