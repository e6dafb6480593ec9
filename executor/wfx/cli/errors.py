"""
What an error means at the command line: its sentence and its exit code.

Errors that wfx raises on purpose say what to do. Anything else is a bug of ours: one
sentence with its type, and how to see the traceback.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from wfx.errors import EncodeError, WfxError

DEBUG_VARIABLE: Final = "WFX_DEBUG"


class Exit(IntEnum):
    """Exit codes."""

    DONE = 0
    FAILED = 1
    """Failed, diverged or refused."""
    USAGE = 2
    SUSPENDED = 3
    """Waits for something, or was interrupted; resumable."""


_USAGE_CODES: Final = frozenset(
    {"bad-target", "module-missing", "workflow-missing", "invalid-arguments", "bad-world-url"}
    | {"not-a-legacy-store", "not-v1", "bad-redaction"}
)
"""Errors of what was typed, as opposed to what it named."""

_PREFIXES: Final[Mapping[type[WfxError], str]] = {
    EncodeError: "an argument cannot be written to the log: ",
}


def exit_code(error: BaseException) -> Exit:
    """The exit code of an error."""
    if getattr(error, "code", None) in _USAGE_CODES:
        return Exit.USAGE
    return Exit.FAILED


def code_of(error: BaseException) -> str:
    """What programs know an error by."""
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else "internal-error"


def sentence(error: BaseException) -> str:
    """What an error says to a person."""
    if isinstance(error, WfxError):
        return _PREFIXES.get(type(error), "") + str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    text = str(error).strip().splitlines()
    return (
        f"wfx itself failed ({type(error).__name__}{': ' + text[0] if text else ''}). "
        f"This is a bug: set {DEBUG_VARIABLE}=1 to see the traceback, and report it."
    )


def debug_text(error: BaseException) -> str:
    """The traceback, if somebody wants to see it."""
    if not os.environ.get(DEBUG_VARIABLE):
        return ""
    return "".join(traceback.format_exception(error))
