"""Functions of pass-through modules that reach too far, as versions that do not."""

from __future__ import annotations

import abc
import collections
import dataclasses
import enum
import functools
import sys
import textwrap
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Final

from wfx_sandbox import kinds, names, tank, text
from wfx_sandbox.guards.attributes import get_attribute
from wfx_sandbox.guards.classes import check_matched
from wfx_sandbox.guards.own import is_own, is_own_class, is_own_function
from wfx_sandbox.guards.stores import write
from wfx_sandbox.modules import (
    bases,
    copying,
    decimals,
    digests,
    enums,
    kept,
    models,
    tables,
    takers,
    texts,
    zones,
)
from wfx_sandbox.names import OWN_MARK
from wfx_sandbox.sets import Items, Keys, OrderedFrozenSet, OrderedSet
from wfx_sandbox.state import violate

# -- functools and operator ---------------------------------------------------------------


def wraps(wrapped: Any, *_: Any, **__: Any) -> Callable[[Any], Any]:
    """`functools.wraps`: names, doc and own attributes, onto own functions only."""

    def decorate(wrapper: Any) -> Any:
        write(wrapper)
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            value = getattr(wrapped, name, None)
            if isinstance(value, str):
                setattr(wrapper, name, value)
        if is_own_function(wrapped):
            vars(wrapper).update(vars(wrapped))
        return wrapper

    return decorate


class attrgetter:
    """`operator.attrgetter` with guarded lookups."""

    __slots__ = ("_names",)

    def __init__(self, name: str, *names: str) -> None:
        for each in (name, *names):
            if type(each) is not str:
                raise TypeError("attribute name must be a string")
        self._names = (name, *names)

    def __call__(self, obj: Any) -> Any:
        found = tuple(self._get(obj, name) for name in self._names)
        return found[0] if len(found) == 1 else found

    @staticmethod
    def _get(obj: Any, name: str) -> Any:
        for part in name.split("."):
            obj = get_attribute(obj, part)
        return obj


class methodcaller:
    """`operator.methodcaller` with a guarded lookup."""

    __slots__ = ("_args", "_kwargs", "_name")

    def __init__(self, name: str, /, *args: Any, **kwargs: Any) -> None:
        self._name, self._args, self._kwargs = name, args, kwargs

    def __call__(self, obj: Any) -> Any:
        return get_attribute(obj, self._name)(*self._args, **self._kwargs)


class cached_property(functools.cached_property[Any]):
    """`functools.cached_property`, without the lock that it has before Python 3.12."""

    def __init__(self, func: Callable[[Any], Any]) -> None:
        super().__init__(func)
        vars(self).pop("lock", None)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        name = self.attrname
        if name is None:
            raise TypeError(
                "Cannot use cached_property instance without calling __set_name__ on it."
            )
        cache = getattr(instance, "__dict__", None)
        if cache is None:
            raise TypeError(
                f"No '__dict__' attribute on {type(instance).__name__!r} instance to cache "
                f"{name!r} property."
            )
        if name not in cache:
            cache[name] = self.func(instance)
        return cache[name]


cached_property.__module__ = "functools"


def total_ordering(cls: Any) -> Any:
    """`functools.total_ordering` for own classes."""
    return functools.total_ordering(_own_class(cls, "total_ordering"))


# -- classes ------------------------------------------------------------------------------


def _own_class(cls: Any, what: str) -> Any:
    if not is_own_class(cls):
        violate("WFX236", f"`{what}` is applied to a class that is not yours.")
    return cls


def dataclass(cls: Any = None, /, **options: Any) -> Any:
    """`dataclasses.dataclass` for own classes."""

    def decorate(target: Any) -> Any:
        _own_class(target, "dataclass")
        for name in vars(target).get("__annotations__", {}):
            special = names.is_dunder(name) or name in names.INTERPRETER
            if not name.isidentifier() or names.is_reserved(name) or special:
                violate("WFX230", f"the field name {name!r} cannot be used.")
        made: Any = dataclasses.dataclass(target, **options)
        check_matched(made)
        return made

    return decorate if cls is None else decorate(cls)


def namedtuple(
    typename: str, field_names: Any, *, rename: bool = False, defaults: Any = None
) -> Any:
    """`collections.namedtuple`; the class counts as own."""
    module = sys._getframe(1).f_globals["__name__"]
    make: Any = collections.namedtuple  # type checkers want literals
    named = make(typename, field_names, rename=rename, defaults=defaults, module=module)
    check_matched(named)
    setattr(named, OWN_MARK, True)
    return named


def _own_or_passed(function: Callable[[Any], Any], what: str) -> Callable[[Any], Any]:
    def decorate(target: Any) -> Any:
        inner = getattr(target, "fget", None) or getattr(target, "__func__", None) or target
        if is_own(inner):
            return function(target)
        return target

    decorate.__name__ = decorate.__qualname__ = what
    return decorate


def _same(target: Any) -> Any:
    return target


def unique(cls: Any) -> Any:
    """`enum.unique` for own classes."""
    return enum.unique(_own_class(cls, "unique"))


def runtime_checkable(cls: Any) -> Any:
    """`typing.runtime_checkable` for own classes."""
    checked: Any = typing.runtime_checkable(_own_class(cls, "runtime_checkable"))
    if sys.version_info < (3, 12):  # later ones ask no property
        checked.__class__ = _Protocol
    return checked


class _Protocol(type(typing.Protocol)):  # type: ignore[misc]  # a class that mypy cannot see
    """Asks an object for the names of a protocol in their order, and not in that of hashes."""

    def __instancecheck__(cls, instance: object) -> bool:
        private: Any = typing
        runtime = vars(cls).get("_is_protocol") and getattr(cls, "_is_runtime_protocol", False)
        if not runtime:
            return bool(super().__instancecheck__(instance))
        methods = private._is_callable_members_only(cls)
        if methods and issubclass(type(instance), cls):
            return True
        wanted = sorted(private._get_protocol_attrs(cls))
        return all(
            hasattr(instance, name)
            and (not callable(getattr(cls, name, None)) or getattr(instance, name) is not None)
            for name in wanted
        ) or abc.ABCMeta.__instancecheck__(cls, instance)


_RealAlias: Any = type(typing.Annotated[int, None])


class _AnnotatedAlias(_RealAlias, _root=True):  # type: ignore[misc, call-arg]  # a class that mypy cannot see
    """
    What `Annotated[...]` gives, with the metadata that it was given.

    Libraries keep what they make of a type, for the whole process and for all types that are
    equal; as equality asks the metadata, they would give a run what they made of another one's.
    So equal ones have different hashes.
    """

    __module__ = "typing"
    __hash__ = object.__hash__

    def copy_with(self, params: Any) -> Any:
        """The same metadata for another type."""
        return _AnnotatedAlias(params[0], self.__metadata__)


def _annotated(params: Any) -> Any:
    if not isinstance(params, tuple) or len(params) < 2:
        return typing.Annotated[params]  # which says what is wrong
    checked: Any = typing.Annotated[params[0], None]
    metadata = map(_calling_no_str, params[1:])
    return _AnnotatedAlias(checked.__origin__, (*checked.__metadata__[:-1], *metadata))


def _calling_no_str(metadata: Any) -> Any:
    """A validator that calls `str`, which would show addresses; anything else as it is."""
    if type(metadata).__module__.startswith("pydantic.") and dataclasses.is_dataclass(metadata):
        given: Any = metadata
        if getattr(given, "func", None) is str:
            return dataclasses.replace(given, func=text.text_of_one)
    return metadata


class _AnnotatedKind(type):
    __iter__ = None  # else `__getitem__` makes it a sequence without an end

    def __getitem__(cls, params: Any) -> Any:
        first = params[0] if isinstance(params, tuple) and params else None
        if isinstance(first, types.FunctionType) or is_callable_object(first):
            # Called, it would mark what the function gives.
            violate("WFX238", "`Annotated` is given a function where a type belongs.")
        return _annotated(params)

    def __repr__(cls) -> str:
        return "typing.Annotated"


class Annotated(metaclass=_AnnotatedKind):
    """`typing.Annotated`."""


def is_callable_object(value: Any) -> bool:
    """Whether a value can be called and is no type."""
    if isinstance(value, type) or type(value).__module__ in (
        "typing",
        "types",
        "typing_extensions",
    ):
        return False
    return callable(value)


def _shown_type(value: Any) -> Any:
    stand_ins: dict[Any, Any] = {
        type: kinds.InertType,
        set: OrderedSet,
        frozenset: OrderedFrozenSet,
        typing.Annotated: Annotated,
    }
    try:
        return stand_ins.get(value, value)
    except TypeError:  # not hashable
        return value


def get_origin(tp: Any) -> Any:
    """`typing.get_origin`."""
    return _shown_type(typing.get_origin(tp))


def get_args(tp: Any) -> tuple[Any, ...]:
    """`typing.get_args`."""
    return tuple(_shown_type(each) for each in typing.get_args(tp))


class _AliasKind(type):
    def __call__(cls, origin: Any, args: Any) -> Any:
        if not is_own_class(origin):
            violate("WFX236", "`GenericAlias` is made of a class that is not yours.")
        return types.GenericAlias(origin, args)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, types.GenericAlias)


class GenericAlias(metaclass=_AliasKind):
    """`types.GenericAlias`."""


class _Table:
    """A mapping for `str.translate` that cannot be changed."""

    __slots__ = ("_get",)

    def __init__(self, items: Mapping[int, int]) -> None:
        self._get = dict(items).__getitem__

    def __getitem__(self, key: int) -> int:
        return self._get(key)


class TextWrapper(textwrap.TextWrapper):
    """`textwrap.TextWrapper`, whose table of spaces is a dict that all would share."""

    unicode_whitespace_trans = _Table(textwrap.TextWrapper.unicode_whitespace_trans)  # type: ignore[assignment]


bases.admit(copying.SimpleNamespace, text.UserText, *enums.ROOTS)

_TYPING: Final[Mapping[str, Any]] = {
    "Annotated": Annotated,
    "deprecated": lambda *_, **__: _same,
    "final": _same,
    "get_args": get_args,
    "get_origin": get_origin,
    "no_type_check": _same,
    "override": _same,
    "overload": _same,
    "reveal_type": _same,
    "runtime_checkable": runtime_checkable,
    "dataclass_transform": lambda **_: _same,
}

MODULES: Final[Mapping[str, Callable[[], Mapping[str, Any]]]] = {
    "functools": lambda: {
        **takers.MODULES["functools"],
        "cached_property": cached_property,
        "wraps": wraps,
        "total_ordering": total_ordering,
    },
    "operator": lambda: {
        "attrgetter": attrgetter,
        "methodcaller": methodcaller,
        "mod": text.remainder,
        "imod": text.remainder_in_place,
        "is_": text.same,
        "is_not": lambda left, right: not text.same(left, right),
    },
    "string": lambda: {"Template": text.Template},
    "pprint": lambda: {"pformat": text.pformat},
    "collections": lambda: {"namedtuple": namedtuple, "UserString": text.UserText},
    "dataclasses": lambda: {"dataclass": dataclass},
    "calendar": lambda: texts.CALENDAR,
    "collections.abc": lambda: {"KeysView": Keys, "ItemsView": Items},
    "csv": lambda: {**tables.CSV, **takers.MODULES["csv"]},
    "hashlib": lambda: digests.HASHLIB,
    "hmac": lambda: digests.HMACS,
    "difflib": lambda: texts.DIFFLIB,
    "shlex": lambda: tables.SHLEX,
    "statistics": lambda: tables.STATISTICS,
    "pydantic": lambda: models.REPLACED,
    "typing": lambda: _TYPING,
    "typing_extensions": lambda: _TYPING,
    "types": lambda: {
        "GenericAlias": GenericAlias,
        "SimpleNamespace": copying.SimpleNamespace,
    },
    "zoneinfo": lambda: {"ZoneInfo": zones.ZoneInfo},
    "textwrap": lambda: {"TextWrapper": TextWrapper},
    "copy": lambda: {"deepcopy": copying.deepcopy},
    "abc": lambda: {
        "abstractmethod": _own_or_passed(abc.abstractmethod, "abstractmethod"),
        "ABCMeta": kinds.kind(abc.ABCMeta),
    },
    "enum": lambda: {"unique": unique, **enums.NAMES},
    "itertools": lambda: {**tank.ENDLESS, **takers.MODULES["itertools"]},
    "heapq": lambda: takers.MODULES["heapq"],
    "contextlib": lambda: tank.SWALLOWING,
    "decimal": lambda: decimals.NAMES,
    **kept.MODULES,
    "urllib.parse": lambda: {
        **kept.MODULES["urllib.parse"](),
        **takers.MODULES["urllib.parse"],
    },
}
