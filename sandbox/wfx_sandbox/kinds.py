"""
What `type` and `x.__class__` give workflow code.

The class of an own object, and every class that a facade or the builtins list, are given as
they are. Any other class of the host (of a generator, a task, a field of a model) could make
objects that workflow code must not have, so what is given is a kind: it has the class's name,
works in `isinstance` and as a key, and makes nothing.
"""

from __future__ import annotations

import builtins
import threading
import types
import typing
from collections.abc import Callable
from typing import Any, Final, NoReturn

from wfx_sandbox.names import OWN_MARK
from wfx_sandbox.state import violate


class _InertType(type):
    __iter__ = None  # else `__getitem__` makes it a sequence without an end

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, type)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, type)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) != 1 or kwargs:
            violate("WFX234", "`type` with three arguments makes a class.", "Write the class.")
        return type_of(args[0])

    # Through typing.Type, which cannot be called: `type[int]` is as good as `type`.
    def __getitem__(cls, item: Any) -> Any:
        return _TYPE[item]

    def __or__(cls, other: Any) -> Any:
        return _TYPE | other

    def __ror__(cls, other: Any) -> Any:
        return other | _TYPE

    def __repr__(cls) -> str:
        return "<class 'type'>"


class InertType(metaclass=_InertType):
    """The builtin `type`: tells the class of an object, makes none."""


_TYPE: Final[Any] = typing.Type  # noqa: UP006 (the special form, which makes nothing)


class _Kind(type):
    """The metaclass of kinds."""

    _of: type

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls._of)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls._of)

    def __call__(cls, *args: object, **kwargs: object) -> NoReturn:
        violate("WFX234", f"`{cls.__name__}` is a class of Python that cannot be called here.")

    def __setattr__(cls, name: str, value: object) -> NoReturn:
        violate("WFX236", f"`{cls.__name__}` is shared by all runs.")

    def __repr__(cls) -> str:
        return repr(cls._of)


_kinds: Final[dict[type, type]] = {}


def stand_in(cls: type, by: type) -> None:
    """Note that a class of ours stands for one of the host, wherever that is asked for."""
    _kinds[cls] = by


def kind(cls: type) -> type:
    """The kind that stands for a class."""
    found = _kinds.get(cls)
    if found is None:
        found = _kinds[cls] = _Kind(
            cls.__name__,
            (),
            {
                "_of": cls,
                "__module__": cls.__module__,
                "__qualname__": cls.__qualname__,
                "__doc__": None,
            },
        )
    return found


BUILTIN: Final = frozenset(
    {each for each in vars(builtins).values() if isinstance(each, type)}
    - {type, memoryview, super, classmethod, staticmethod, map}
) | {types.NoneType, types.EllipsisType, types.NotImplementedType}
_given: set[type] = set()
"""Host classes that facades hand out."""


def give(cls: type) -> None:
    """Note that a facade hands out a class."""
    _given.add(cls)


def type_of(obj: Any) -> Any:
    """The class of an object as workflow code may have it; metaclasses all look like `type`."""
    cls = type(obj)
    if cls in BUILTIN or getattr(cls, OWN_MARK, False) is True:
        return cls
    if issubclass(cls, (type, types.ModuleType)):
        return InertType
    if issubclass(cls, BaseException):
        return cls
    return cls if _is_given(cls) else kind(cls)


_makers: list[Callable[[], None]] = []
_making: Final = threading.RLock()


def given_by(make_all: Callable[[], None]) -> None:
    """Note who makes the facades that are not made yet."""
    _makers.append(make_all)


def _is_given(cls: type) -> bool:
    if cls not in _given and _makers:
        # Which facades exist already must not decide, nor how far another thread is with them.
        with _making:
            while _makers:
                _makers[-1]()
                _makers.pop()
    return cls in _given
