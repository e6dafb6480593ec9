"""Parts of pydantic that would evaluate text as code, as versions that look at it first."""

from __future__ import annotations

from typing import Any

import pydantic

from wfx_sandbox.guards import annotation


class _RootModelKind(type):
    def __getitem__(cls, item: Any) -> Any:
        real: Any = pydantic.RootModel
        return real[annotation(item)]

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, pydantic.RootModel)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, pydantic.RootModel)


class RootModel(metaclass=_RootModelKind):
    """`pydantic.RootModel`."""

    real = pydantic.RootModel


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

REPLACED: dict[str, Any] = {
    "RootModel": RootModel,
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
