"""The forms of values in the log: the table that stands in the codec itself."""

from __future__ import annotations

import inspect

from wfx import codec


def form_table() -> str:
    """The table, and what follows it."""
    text = inspect.cleandoc(codec.__doc__ or "")
    return text.partition("\n\n")[2]
