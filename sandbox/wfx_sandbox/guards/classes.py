"""What a class statement may make: its bases, its metaclass, and what is put into it."""

from __future__ import annotations

import abc
import types
from collections.abc import Callable
from typing import Any, Final

from wfx_sandbox import kinds, names, text
from wfx_sandbox.guards.identity import SERIAL, inherited
from wfx_sandbox.guards.models import check_model, parametrized
from wfx_sandbox.guards.own import behind_method, described, is_own_class, is_own_function
from wfx_sandbox.modules import bases, copying
from wfx_sandbox.names import OWN_MARK
from wfx_sandbox.state import violate


def base(cls: Any) -> Any:
    """`cls`, if workflow code may inherit from it."""
    found = cls if is_own_class(cls) else bases.base_of(cls)
    if found is not None:
        return found
    return violate("WFX235", f"workflow code cannot inherit from {described(cls)}.")


def metaclass(cls: Any) -> Any:
    """What stands behind `metaclass=`, if it is ABCMeta."""
    if cls is abc.ABCMeta or cls is kinds.kind(abc.ABCMeta):
        return abc.ABCMeta
    return violate("WFX234", "a class can have no metaclass but ABCMeta.")


def class_made(cls: Any) -> Any:
    """Innermost decorator of every class: marks it as sandboxed code's own."""
    if isinstance(cls, type):
        check_class(cls)
        check_model(cls)
        setattr(cls, OWN_MARK, True)
        if hasattr(cls, "__pydantic_fields__"):
            type.__setattr__(cls, "__reduce_ex__", copying.REDUCE)
        if hasattr(cls, "__pydantic_generic_metadata__") and "__class_getitem__" not in vars(cls):
            cls.__class_getitem__ = classmethod(parametrized)  # type: ignore[attr-defined]  # a model
    return cls


_FUNCTIONS: Final = (types.FunctionType, types.BuiltinFunctionType)


def check_class(cls: type) -> None:
    """Refuse what interpreter and libraries would trust in a class, however it was put there."""
    check_matched(cls)
    if issubclass(cls, BaseExceptionGroup):
        for name in names.REFUSED_METHODS:
            if getattr(cls, name) is not getattr(BaseExceptionGroup, name):
                violate("WFX233", f"`{name}` of an exception group cannot be overridden.")
    for name in sorted(names.TRUSTED_DUNDERS & vars(cls).keys()):
        if is_own_function(behind_method(vars(cls)[name])):
            violate("WFX233", f"workflow code cannot define `{name}`.")
    lookup = vars(cls).get("__getattr__")
    if lookup is not None:
        if not is_own_function(lookup):
            violate("WFX233", "`__getattr__` must be a plain method.")
        cls.__getattr__ = _only_ordinary(lookup)  # type: ignore[attr-defined]  # as it was
    maker = vars(cls).get("__new__")
    if maker is not None and not isinstance(behind_method(maker), _FUNCTIONS):
        violate("WFX233", "`__new__` must be a plain method.")
    if isinstance(maker, staticmethod) and is_own_function(maker.__func__):
        cls.__new__ = staticmethod(_only_own(maker.__func__))  # type: ignore[method-assign]  # as it was
    elif maker is None and issubclass(cls, str) and cls.__new__ is str.__new__:
        cls.__new__ = staticmethod(_text_maker)  # type: ignore[method-assign]  # as str's own
    copier = vars(cls).get("__deepcopy__")
    if is_own_function(copier):
        cls.__deepcopy__ = _without_memo(copier)  # type: ignore[attr-defined]  # as it was


def _text_maker(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """`str.__new__` for a kind of text, without addresses in it."""
    if len(args) == 1 and not kwargs:
        args = (text.shown(args[0]),)
    return str.__new__(cls, *args, **kwargs)


def _without_memo(copier: Any) -> Callable[[Any, Any], Any]:
    def __deepcopy__(self: Any, memo: Any = None) -> Any:
        return copier(self, memo if isinstance(memo, copying.Memo) else copying.Memo(memo))

    return __deepcopy__


def _only_ordinary(lookup: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """A `__getattr__` that is not asked for what libraries look for on any object."""

    def __getattr__(self: Any, name: str) -> Any:
        if names.is_dunder(name) and name not in names.LOADABLE_DUNDERS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return lookup(self, name)

    return __getattr__


def _only_own(maker: Callable[..., Any]) -> Callable[..., Any]:
    """A `__new__` that gives own objects: typing marks what a generic class gives."""

    def __new__(cls: type, *args: Any, **kwargs: Any) -> Any:
        made = maker(cls, *args, **kwargs)
        if not is_own_class(type(made)) and type(made) not in kinds.BUILTIN:
            violate("WFX236", f"`__new__` of {described(cls)} gives an object that is not yours.")
        return made

    return __new__


def check_matched(cls: type) -> None:
    """Refuse `__match_args__` that would read more than plain attributes of any object."""
    if not hasattr(cls, "__match_args__"):
        return
    for each in cls.__mro__:
        if "__match_args__" in vars(each):
            listed = vars(each)["__match_args__"]
            break
    if type(listed) is not tuple:
        violate("WFX237", f"`__match_args__` of {described(cls)} is no tuple.")
    protocol = getattr(cls, "_is_protocol", False)  # it matches whatever has its names
    for name in listed:
        special = type(name) is not str or names.is_dunder(name) or name in names.INTERPRETER
        if special or (protocol and not names.is_plain(name)):
            violate("WFX237", f"a pattern cannot read the attribute {name!r}.")


def class_done(cls: Any) -> Any:
    """Outermost decorator of every class: hashes and reprs without addresses."""
    if not is_own_class(cls):
        return cls
    check_matched(cls)  # a dataclass has them now
    for name, serial in SERIAL.items():
        found = inherited(cls.__mro__, name)
        if found is getattr(object, name):
            setattr(cls, name, serial)
        elif getattr(cls, name) is serial:  # that of a mixin, which has none of its own
            setattr(cls, name, found)
    return cls
