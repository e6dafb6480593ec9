"""
What `obj.name` gives workflow code.

The compiler leaves plain names alone; what arrives here is a private, special or otherwise
risky name, or one computed for `getattr`. Everything is judged by the tables in `names.py`.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Callable
from typing import Any, Final

from wfx_sandbox import names, text
from wfx_sandbox.guards import formatting
from wfx_sandbox.guards.identity import inherited, serial_repr
from wfx_sandbox.guards.lookups import GUARDED, OBSERVED
from wfx_sandbox.guards.own import behind, class_behind, described, is_own, is_own_class, receiver
from wfx_sandbox.guards.stores import bound_store
from wfx_sandbox.hashing import stable_hash
from wfx_sandbox.kinds import type_of
from wfx_sandbox.state import violate


def get_attribute(obj: Any, name: Any) -> Any:
    """What `obj.name` gives workflow code; also behind `getattr`."""
    if type(name) is not str:
        # A subclass of str could look plain to us and be something else to getattr.
        raise TypeError(f"attribute name must be string, not '{type(name).__name__}'")
    if name in names.OBSERVED:
        return OBSERVED[name](obj, name)
    if names.is_plain(name):
        return getattr(obj, name)
    obj = behind(obj)
    if name in names.GUARDED:
        return _GUARDED[name](obj, name)
    if names.is_dunder(name):
        return _special(obj, name)
    if name in names.INTERPRETER:
        violate("WFX232", f"the attribute `{name}` leads into the interpreter.")
    if names.is_reserved(name):
        violate("WFX230", f"the attribute name `{name}` is reserved for the sandbox.")
    if _by_convention(obj, name):
        return getattr(obj, name)
    if (is_own(obj) or isinstance(obj, super)) and not _defined_by_host(obj, name):
        return getattr(obj, name)
    return violate("WFX243", f"`{name}` is a private attribute of {described(obj)}.")


def _defined_by_host(obj: Any, name: str) -> bool:
    """Whether a private name is that of a host class which an own class inherits from."""
    cls = class_behind(obj)
    for each in (*cls.__mro__, *(type(cls).__mro__ if cls is receiver(obj) else ())):
        if name in vars(each):
            return not is_own_class(each)
    return False


def _by_convention(obj: Any, name: str) -> bool:
    cls = obj if isinstance(obj, type) else type(obj)
    if name in names.NAMEDTUPLE_NAMES:
        return issubclass(cls, tuple) and hasattr(cls, "_fields")
    return name in names.ENUM_NAMES and issubclass(cls, enum.Enum)


def _special(obj: Any, name: str) -> Any:
    if name not in names.LOADABLE_DUNDERS:
        violate("WFX231", f"the attribute `{name}` is special to Python.")
    if name == "__class__":
        return type_of(obj)
    if name in ("__setattr__", "__delattr__"):
        return bound_store(obj, name)
    if name == "__hash__":
        if isinstance(obj, super):
            return lambda: stable_hash(receiver(obj))
        violate("WFX231", "`__hash__` differs between processes.", "Use the builtin `hash`.")
    if name in ("__new__", "__init__", "__init_subclass__") and not (
        isinstance(obj, super) or is_own(obj) or any(obj is each for each in _CONSTRUCTIBLE)
    ):
        violate("WFX231", f"`{name}` of {described(obj)} cannot be called by name.")
    if name == "__call__" and not (is_own(obj) or isinstance(obj, super)):
        violate("WFX231", f"`__call__` of {described(obj)} cannot be named.", "Call the object.")
    if name == "__init__" and obj is object:
        return lambda *args, **kwargs: None
    found = getattr(obj, name)
    if isinstance(obj, super) and getattr(found, "__func__", None) is serial_repr:
        # The one of a mixin, which has none of its own.
        start: Any = getattr(obj, "__thisclass__")  # noqa: B009 (typeshed does not know it)
        mro = class_behind(obj).__mro__
        found = inherited(mro[mro.index(start) + 1 :], name).__get__(receiver(obj))
    if name == "__members__" and isinstance(found, types.MappingProxyType):
        # Comparing a proxy hands the dict behind it to the other operand.
        return types.MappingProxyType(dict(found))
    if name in ("__repr__", "__str__") and getattr(found, "__objclass__", None) is object:
        return lambda *args: serial_repr(args[0] if args else getattr(obj, "__self__", obj))
    if name in ("__repr__", "__str__"):
        if isinstance(obj, super):
            owner = getattr(found, "__objclass__", None) or getattr(found, "__qualname__", "")
            if owner is object or owner == "object.__repr__":
                return lambda: serial_repr(receiver(obj))
        return lambda *args: text.scrubbed(found(*args), args or receiver(obj))
    if name in ("__name__", "__module__") and isinstance(found, str):
        return text.scrubbed(found)
    return found


_CONSTRUCTIBLE: Final[tuple[Any, ...]] = (
    object,
    str,
    int,
    float,
    tuple,
    dict,
    list,
    bytes,
    Exception,
    BaseException,
    ValueError,
    RuntimeError,
    TypeError,
    KeyError,
    LookupError,
)

_MISSING: Final = object()


def get_attribute_or(obj: Any, name: Any, default: Any = _MISSING, /) -> Any:
    """The builtin `getattr`."""
    if default is _MISSING:
        return get_attribute(obj, name)
    try:
        return get_attribute(obj, name)
    except AttributeError:
        return default


def attribute_remainder(obj: Any, name: str, right: Any) -> None:
    """`obj.name %= right`, where the compiler has judged the store."""
    setattr(obj, name, text.remainder_in_place(get_attribute(obj, name), right))


def has_attribute(obj: Any, name: Any, /) -> bool:
    """The builtin `hasattr`."""
    try:
        get_attribute(obj, name)
    except AttributeError:
        return False
    return True


def _format(obj: Any, name: str) -> Any:
    return formatting.method(obj, name, get_attribute)


_GUARDED: Final[dict[str, Callable[[Any, str], Any]]] = {
    **GUARDED,
    "format": _format,
    "format_map": _format,
}
