"""Keeping stdout for the result: what user code prints goes to stderr."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def own_stdout() -> Iterator[None]:
    """While modules are imported and steps run, `print` writes to stderr."""
    with contextlib.redirect_stdout(sys.stderr):
        yield
