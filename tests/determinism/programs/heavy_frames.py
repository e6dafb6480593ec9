"""Stands for a package with C extensions and metaclass magic."""

import ctypes
import sys
import weakref


class Meta(type):
    """Registers."""

    registry: "weakref.WeakValueDictionary[str, type]" = weakref.WeakValueDictionary()

    def __new__(mcs, name: str, bases: tuple[type, ...], ns: dict[str, object]) -> type:
        made = super().__new__(mcs, name, bases, ns)
        mcs.registry[name] = made
        return made


class Frame(metaclass=Meta):
    """Made by magic."""

    size = ctypes.sizeof(ctypes.c_int)
    depth = sys.getrecursionlimit()


def columns() -> int:
    """What a step uses."""
    return Frame.size
