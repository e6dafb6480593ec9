"""
Errors of v1 as error objects of our log, and the text they were back.

v1 has an error as `String(err)` beside a stack, or, in its early releases, as one text of
both. The class name is split off the message when it is one; the two error classes that
steer retries become ours, so that a port's `except FatalError` catches them in replay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from wfx.values import Json

_NAMED: Final = re.compile(r"((?:[A-Za-z_$][\w$]*)?(?:Error|Exception)): (.*)", re.DOTALL)
_FIRST_FRAME: Final = re.compile(r"\n\s+at ")
_OURS: Final = {
    "FatalError": "wfx.errors:FatalError",
    "RetryableError": "wfx.errors:RetryableError",
}
_THEIRS: Final = {ours: theirs for theirs, ours in _OURS.items()}

UNKNOWN_MESSAGE: Final = "(the error was not recorded)"


def error_object(error: Any, stack: Any = None) -> dict[str, Json]:
    """The error object of what v1 has in an `error` field; never fails."""
    if isinstance(error, Mapping):
        return _from_object(error, stack)
    text = error if isinstance(error, str) else repr(error)
    if stack is None and (frame := _FIRST_FRAME.search(text)):
        # The early releases put message and stack into one text.
        text, stack = text[: frame.start()], text
    return _object(text, stack)


def _from_object(error: Mapping[str, Any], stack: Any) -> dict[str, Json]:
    message = error.get("message")
    name = error.get("name")
    text = message if isinstance(message, str) else repr(dict(error))
    out = _object(text, error.get("stack", stack))
    if isinstance(name, str) and name and "type" not in out:
        out = {"type": _OURS.get(name, name), **out}
    if isinstance(error.get("code"), str):
        out["code"] = error["code"]
    return out


def _object(text: str, stack: Any) -> dict[str, Json]:
    out: dict[str, Json] = {"message": text}
    if found := _NAMED.fullmatch(text):
        name, message = found[1], found[2]
        out = {"type": _OURS.get(name, name), "message": message}
        if name in _OURS:
            out["args"] = [message]
    if isinstance(stack, str):
        out["stack"] = stack
    return out


def error_text(error: Mapping[str, Any]) -> str:
    """What `String(err)` of an error object was."""
    message = str(error.get("message", ""))
    name = error.get("type")
    return f"{_THEIRS.get(name, name)}: {message}" if isinstance(name, str) else message


def bare_message(error: Any) -> str:
    """The message of an error in any of its shapes, without a class name, for comparing."""
    return str(error_object(error)["message"])
