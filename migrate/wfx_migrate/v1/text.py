"""Bytes of a legacy record to JSON, refusing what our own JSON could not hold."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, Final, NoReturn


class BadJson(ValueError):
    """The bytes are no JSON; the message says where."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is out of range")
    return number


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_SCAN: Final[Callable[[str, int], tuple[Any, int]]] = _DECODER.scan_once  # type: ignore[attr-defined]  # every decoder has it
_SPACE: Final = " \t\n\r"


def parse(data: bytes) -> Any:
    """
    The JSON value of these bytes.

    Raises:
        BadJson: If they are none.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJson(f"it is no UTF-8 text (byte {error.start})") from None
    try:
        # What `decode` does with a text that begins at once, in half the time.
        value, end = _SCAN(text, 0)
        if end == len(text) or not text[end:].strip(_SPACE):
            return value
    except (StopIteration, ValueError, RecursionError):
        pass  # asked again for the reason
    if not text.strip():
        raise BadJson("it is empty")
    try:
        return _DECODER.decode(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        unfinished = error.msg.startswith("Unterminated") or error.pos >= len(text.rstrip()) - 1
        cut = "; it may be cut off" if unfinished else ""
        raise BadJson(
            f"it is no JSON (line {error.lineno}, column {error.colno}): {error.msg}{cut}"
        ) from None
    except RecursionError:
        raise BadJson("its JSON is nested too deeply") from None
    except ValueError as error:
        raise BadJson(f"it is no JSON: {error}") from None
