"""How often this process was forked off: a child must not use the connections of its parent."""

from __future__ import annotations

import os

count = 0
"""Asking the system who this process is takes longer than a look at this."""


def _forked() -> None:
    global count
    count += 1


os.register_at_fork(after_in_child=_forked)
