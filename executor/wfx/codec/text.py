"""Encoded values as text: compact, ASCII, and JSON that every reader knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn, cast

from wfx.errors import DecodeError
from wfx.values import Json


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# Made once: json.dumps and json.loads make new ones whenever they get options.
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=True, separators=(",", ":"), allow_nan=False, check_circular=False
)
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)
_SCAN: Final[Callable[[str, int], tuple[Json, int]]] = _DECODER.scan_once  # type: ignore[attr-defined]  # every decoder has it


def _chunks_of(encoder: json.JSONEncoder) -> Callable[[Json, int], Iterable[str]]:
    """
    What `encoder.iterencode` makes anew for each text, made once.

    That takes two thirds of the time of a small text, and a step writes six.
    """
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return lambda tree, _level: encoder.iterencode(tree)
    text = json.encoder.encode_basestring_ascii
    chunks: Callable[[Json, int], Iterable[str]] = make(
        None, encoder.default, text, None, ":", ",", False, False, False
    )
    return chunks


_CHUNKS: Final = _chunks_of(_ENCODER)


def dumps(tree: Json) -> str:
    """The JSON text of an encoded value."""
    return "".join(_CHUNKS(tree, 0))


def loads(text: str) -> Json:
    """
    The encoded value of a JSON text.

    Raises:
        DecodeError: If the text is not JSON; the message has line and column.
    """
    try:
        # What `decode` does with a text that has no space around it, in a third of the time.
        tree, end = _SCAN(text, 0)
        if end == len(text):
            return tree
    except (StopIteration, ValueError, RecursionError):
        pass  # asked again for the reason
    try:
        return cast("Json", _DECODER.decode(text))
    except json.JSONDecodeError as error:
        reason = f"this is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    except RecursionError:
        reason = "this JSON is nested too deeply to be one of our values"
    except ValueError as error:
        reason = f"this is not JSON: {error}"
    raise DecodeError(path="text", reason=reason)
