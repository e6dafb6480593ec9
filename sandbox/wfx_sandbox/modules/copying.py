"""`copy.deepcopy`, whose memo is full of addresses."""

from __future__ import annotations

import copy
from typing import Any


class Memo:
    """What was copied already; workflow code passes it on and sees nothing of it."""

    __slots__ = ("_known",)
    __iter__ = None

    def __init__(self, known: Any = None) -> None:
        self._known: Any = {} if known is None else known

    def __getitem__(self, key: Any) -> Any:
        return self._known[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._known[key] = value

    def get(self, key: Any, default: Any = None) -> Any:
        """The copy of the object with this `id()`."""
        return self._known.get(key, default)


def deepcopy(x: Any, memo: Any = None) -> Any:
    """`copy.deepcopy`."""
    return copy.deepcopy(x, memo if isinstance(memo, Memo) else Memo())  # type: ignore[arg-type]  # like a dict
