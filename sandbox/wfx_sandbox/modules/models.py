"""Parts of pydantic that would evaluate text as code, as versions that look at it first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import annotated_types
import pydantic
from pydantic_core import PydanticCustomError

from wfx_sandbox import names
from wfx_sandbox.guards.annotations import annotation
from wfx_sandbox.modules import bases, clock
from wfx_sandbox.sets import OrderedFrozenSet, OrderedSet
from wfx_sandbox.state import violate


class _RootModelKind(type):
    __iter__ = None  # else `__getitem__` makes it a sequence without an end

    def __getitem__(cls, item: Any) -> Any:
        real: Any = pydantic.RootModel
        return real[annotation(item)]

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, pydantic.RootModel)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, pydantic.RootModel)


class RootModel(metaclass=_RootModelKind):
    """`pydantic.RootModel`."""


bases.admit(RootModel, real=pydantic.RootModel)


def _typed(real: Any) -> Any:
    def function(*args: Any, **kwargs: Any) -> Any:
        annotation(kwargs.get("return_type"))
        for each in args[1:]:
            if isinstance(each, str) and real in _SERIALIZERS:
                annotation(each)
        return real(*args, **kwargs)

    function.__name__ = function.__qualname__ = real.__name__
    return function


_SERIALIZERS = (pydantic.PlainSerializer, pydantic.WrapSerializer)


def _clocked(kind: type[date], where: str) -> Any:
    """`PastDate` and the like, whose own check reads the machine's clock and zone."""

    text = f"{'Date' if kind is date else 'Datetime'} should be in the {where}"

    def check(value: Any) -> Any:
        now: Any = clock.utc_now()
        if not isinstance(value, datetime):
            now = now.date()
        elif value.tzinfo is None:
            now = now.replace(tzinfo=None)
        if not (value < now if where == "past" else value > now):
            raise PydanticCustomError(f"{kind.__name__}_{where}", text)
        return value

    return Annotated[kind, pydantic.AfterValidator(check)]


def conset(item_type: Any, *, min_length: int | None = None, max_length: int | None = None) -> Any:
    """`pydantic.conset`, in order of insertion."""
    items: Any = OrderedSet[annotation(item_type)]  # type: ignore[misc]  # a type at run time
    return Annotated[items, annotated_types.Len(min_length or 0, max_length)]


def confrozenset(
    item_type: Any, *, min_length: int | None = None, max_length: int | None = None
) -> Any:
    """`pydantic.confrozenset`, in order of insertion."""
    items: Any = OrderedFrozenSet[annotation(item_type)]  # type: ignore[misc]  # a type at run time
    return Annotated[items, annotated_types.Len(min_length or 0, max_length)]


def _field(*args: Any, **kwargs: Any) -> Any:
    """`pydantic.Field`."""
    for name in ("discriminator", "alias", "validation_alias"):
        _check_looked_up(kwargs.get(name))
    return pydantic.Field(*args, **kwargs)


def _discriminator(discriminator: Any, *args: Any, **kwargs: Any) -> Any:
    """`pydantic.Discriminator`."""
    _check_looked_up(discriminator)
    return pydantic.Discriminator(discriminator, *args, **kwargs)


def _check_looked_up(name: Any) -> None:
    # The tag of a union is looked up in any object, and shown if it is wrong.
    if isinstance(name, str) and not names.may_be_looked_up(str.__str__(name)):
        violate("WFX237", f"pydantic is to look {name!r} up.")


REPLACED: dict[str, Any] = {
    "conset": conset,
    "confrozenset": confrozenset,
    "RootModel": RootModel,
    "PastDate": _clocked(date, "past"),
    "FutureDate": _clocked(date, "future"),
    "PastDatetime": _clocked(datetime, "past"),
    "FutureDatetime": _clocked(datetime, "future"),
    "Field": _field,
    "Discriminator": _discriminator,
    **{
        real.__name__: _typed(real)
        for real in (
            pydantic.computed_field,
            pydantic.field_serializer,
            pydantic.model_serializer,
            *_SERIALIZERS,
        )
    },
}
