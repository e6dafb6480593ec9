"""
Frozen dataclasses with slots that are made, and replaced, as fast as mutable ones.

The `__init__` that the standard library writes for a frozen class sets each field by name
through `object.__setattr__`, and its `replace` goes through a dict of all fields. A sequential
step makes about 25 such values: that was a tenth of its time. Here a value is made as its
mutable twin, a class with the same slots, and then becomes what it is. What it is, and that
it cannot be changed, stays as it was. What pickles it is written out too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, cast

from wfx.written import written

if TYPE_CHECKING:
    # Checked as the standard library's is: names and types of the fields.
    from dataclasses import replace as replace

T = TypeVar("T")
P = ParamSpec("P")

_ABSENT: Final = object()
_COPIES: Final[dict[type, Callable[[Any], Any]]] = {}
"""What makes a twin that is like a value, by class."""
_MAKERS: Final[dict[type, Callable[..., Any]]] = {}
"""What makes a value as the class does, by class."""
_TWINS: Final[dict[type, type]] = {}
"""The mutable class, by class."""


def quick(cls: type[T]) -> type[T]:
    """Class decorator, to stand above `@dataclass(frozen=True, slots=True)`."""
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]  # it is a dataclass, see above
    if hasattr(cls, "__post_init__") or not all(f.init and f.name in _slots(cls) for f in fields):
        raise TypeError(f"{cls.__name__} wants more of its making than to set its slots")
    _TWINS[cls] = _twin(cls)
    names = _basic_names(cls)
    names |= {"_ABSENT": _ABSENT, "_become": vars(object)["__class__"].__set__}
    positional, named, values = ["self"], ["*"], []
    for f in fields:
        name = f.name
        parameter, value = name, name
        if f.default is not dataclasses.MISSING:
            names[f"_default_{name}"] = f.default
            parameter = f"{name}=_default_{name}"
        elif f.default_factory is not dataclasses.MISSING:
            names[f"_make_{name}"] = f.default_factory
            parameter = f"{name}=_ABSENT"
            value = f"_make_{name}() if {name} is _ABSENT else {name}"
        (named if f.kw_only else positional).append(parameter)
        values.append(value)
    parameters = positional + (named if len(named) > 1 else [])
    made = [f"self.{f.name} = {value}" for f, value in zip(fields, values, strict=True)]
    _write(
        cls, names, "__init__", parameters, ["_become(self, _twin)", *made, "self.__class__ = _cls"]
    )
    copied = [f"new.{f.name} = self.{f.name}" for f in fields]
    _COPIES[cls] = written("copy", ["self"], ["new = _twin()", *copied, "return new"], names)
    setattr(cls, "__replace__", replace)  # noqa: B010 (mypy knows no such attribute of a class)
    made = [f"new.{f.name} = {value}" for f, value in zip(fields, values, strict=True)]
    lines = ["new = _twin()", *made, "new.__class__ = _cls", "return new"]
    _MAKERS[cls] = written(cls.__name__, parameters[1:], lines, names)
    names["_make"] = _make
    state = "".join(f", self.{f.name}" for f in fields)
    _write(cls, names, "__reduce__", ["self"], [f"return _make, (_cls{state})"])
    return cls


def maker(cls: Callable[P, T]) -> Callable[P, T]:
    """
    A function that makes values of a quick class as the class itself does.

    A class is called through three layers of the interpreter, which pack and unpack what it is
    called with; a function of many keywords takes a third of the time.
    """
    return cast("Callable[P, T]", _MAKERS[cast("type", cls)])


def changer(cls: type[T], *changed: str) -> Callable[..., T]:
    """
    A function that makes a value like another one of a quick class, but for these fields.

    It is `replace` for where that is called often: it takes the value and then, in the order
    of `changed`, what these fields are to be.

    Raises:
        TypeError: The class has no field of one of these names.
    """
    names = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]  # a dataclass
    if not {*changed} <= {*names}:
        raise TypeError(f"{cls.__name__} has not all of the fields {', '.join(changed)}")
    made = [f"new.{name} = {name if name in changed else f'_old.{name}'}" for name in names]
    lines = ["new = _twin()", *made, "new.__class__ = _cls", "return new"]
    return written("changed", ["_old", *changed], lines, _basic_names(cls))


def _basic_names(cls: type) -> dict[str, Any]:
    """What any function that makes values of a class calls by name."""
    return {"_cls": cls, "_twin": _TWINS[cls]}


def _make(cls: type, *values: object) -> object:
    """A value that was pickled."""
    names = [f.name for f in dataclasses.fields(cls)]
    return _MAKERS[cls](**dict(zip(names, values, strict=True)))


def _twin(cls: type) -> type:
    """A class with the slots of `cls` whose values can be changed."""
    # All of them, or a base would have a say in it.
    plain = {name: vars(object)[name] for name in ("__init__", "__setattr__", "__delattr__")}
    return type(cls.__name__, cls.__bases__, {"__slots__": vars(cls)["__slots__"], **plain})


def _slots(cls: type) -> set[str]:
    return {name for base in cls.__mro__ for name in getattr(base, "__slots__", ())}


def _write(
    cls: type, names: dict[str, Any], name: str, parameters: list[str], body: list[str]
) -> None:
    """Give a class a method."""
    method = written(name, parameters, body, names)
    method.__qualname__ = f"{cls.__qualname__}.{name}"
    method.__module__ = cls.__module__
    before = getattr(cls, name, None)
    method.__annotations__ = dict(getattr(before, "__annotations__", {}))
    setattr(cls, name, method)


if not TYPE_CHECKING:

    def replace(value: T, /, **changes: object) -> T:
        """A value like this one, but for these fields."""
        cls = type(value)
        new = _COPIES[cls](value)
        try:
            for name, item in changes.items():
                setattr(new, name, item)
        except AttributeError:
            fault = f"{cls.__name__} got an unexpected keyword argument {name!r}"
            raise TypeError(fault) from None
        new.__class__ = cls
        return new
