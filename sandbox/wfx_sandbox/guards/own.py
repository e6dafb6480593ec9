"""What belongs to sandboxed code, and what stands behind a name that it uses."""

from __future__ import annotations

import types
import typing
from typing import Any, Final

from wfx_sandbox.kinds import InertType
from wfx_sandbox.names import OWN_MARK, PLACE


def is_own_class(cls: object) -> bool:
    """Whether a class was defined by sandboxed code."""
    return isinstance(cls, type) and getattr(cls, OWN_MARK, False) is True


def is_own_function(obj: object) -> bool:
    """Whether a function was defined by sandboxed code."""
    return isinstance(obj, types.FunctionType) and PLACE in obj.__globals__


def is_own_module(obj: object) -> bool:
    """Whether a module object is a sandboxed one of this run."""
    return isinstance(obj, types.ModuleType) and PLACE in vars(obj)


def is_own(obj: object) -> bool:
    """Whether sandboxed code may look at the private parts of `obj`, and change it."""
    return (
        is_own_class(type(obj)) or is_own_class(obj) or is_own_function(obj) or is_own_module(obj)
    )


_ALIASES: Final = (types.GenericAlias, type.mro(type(typing.List[int]))[-3])  # noqa: UP006
"""Classes whose objects pass attribute lookups on to their origin."""


def behind(obj: Any) -> Any:
    """What lookups on an alias such as `Annotated[X, ...]` end at; anything else as it is."""
    while issubclass(type(obj), _ALIASES):
        obj = obj.__origin__
    return obj


def receiver(obj: Any) -> Any:
    """The instance or class behind a `super()`; anything else as it is."""
    return getattr(obj, "__self__", None) if isinstance(obj, super) else obj


def class_behind(obj: Any) -> type:
    """The class that `obj` is, or is an instance of, or a `super()` of."""
    inner = receiver(obj)
    return inner if isinstance(inner, type) else type(inner)


def described(obj: Any) -> str:
    """The class of an object as an error names it."""
    cls = obj if isinstance(obj, type) else type(obj)
    return "`type`" if cls is InertType else f"`{cls.__qualname__}`"


def behind_method(value: Any) -> Any:
    """The function of a method of any kind."""
    return getattr(value, "__func__", None) or getattr(value, "fget", None) or value
