"""How often this process was forked off: a child has no threads, connections or ids of a parent."""

from __future__ import annotations

import os

count = 0
"""Asking the system who this process is takes longer than a look at this."""


def _forked() -> None:
    global count
    count += 1


os.register_at_fork(after_in_child=_forked)
