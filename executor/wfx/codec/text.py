"""Encoded values as text: compact, ASCII, and JSON that every reader knows."""

from __future__ import annotations

import json
from typing import Final, NoReturn, cast

from wfx.errors import DecodeError
from wfx.values import Json


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# Made once: json.dumps and json.loads make new ones whenever they get options.
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=True, separators=(",", ":"), allow_nan=False, check_circular=False
)
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def dumps(tree: Json) -> str:
    """The JSON text of an encoded value."""
    return _ENCODER.encode(tree)


def loads(text: str) -> Json:
    """
    The encoded value of a JSON text.

    Raises:
        DecodeError: If the text is not JSON; the message has line and column.
    """
    try:
        return cast("Json", _DECODER.decode(text))
    except json.JSONDecodeError as error:
        reason = f"this is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    except RecursionError:
        reason = "this JSON is nested too deeply to be one of our values"
    except ValueError as error:
        reason = f"this is not JSON: {error}"
    raise DecodeError(path="text", reason=reason)
