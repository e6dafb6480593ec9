"""
The flattened form as the bytes that the release stores.

What our values flatten to is decided in `wfx_migrate.v1.flatten`. Reading such a store back
gives that, not the Python values: a recording (`wfx export RUN`) is what keeps everything.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from typing import Any, Final, cast

from wfx.values import Json

PREFIX: Final = b"devl"

_ESCAPED: Final = re.compile("[<\u2028\u2029\ud800-\udfff]")


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
