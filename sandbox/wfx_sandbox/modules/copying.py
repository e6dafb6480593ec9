"""`copy.deepcopy`, whose memo is full of addresses."""

from __future__ import annotations

import copy
import types
from typing import Any, Final


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


class _Reduce:
    """
    `object.__reduce_ex__`, as a descriptor that an attribute of the instance does not hide.

    `copy` asks the instance, and a model or namespace can be given attributes of any name.
    """

    def __get__(self, obj: Any, cls: type) -> Any:
        return object.__reduce_ex__.__get__(cls if obj is None else obj)

    def __set__(self, obj: Any, value: object) -> None:
        raise AttributeError("__reduce_ex__ cannot be set")


REDUCE: Final = _Reduce()


class SimpleNamespace(types.SimpleNamespace):
    """`types.SimpleNamespace`."""

    __reduce_ex__ = REDUCE

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"namespace({inner})"


SimpleNamespace.__module__ = "types"


def deepcopy(x: Any, memo: Any = None) -> Any:
    """`copy.deepcopy`."""
    return copy.deepcopy(x, memo if isinstance(memo, Memo) else Memo())  # type: ignore[arg-type]  # like a dict
