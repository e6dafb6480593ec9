"""Public names whose meaning depends on the object they are looked up in."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, Final

from pydantic_core import ValidationError

from wfx_sandbox import text
from wfx_sandbox.guards import models
from wfx_sandbox.guards.own import (
    class_behind,
    described,
    is_own,
    is_own_class,
    is_own_function,
    is_own_module,
    receiver,
)
from wfx_sandbox.modules import clock
from wfx_sandbox.sets import from_view
from wfx_sandbox.state import violate


def _exception_object(obj: Any, name: str) -> Any:
    if isinstance(obj, BaseException) and not is_own_class(type(obj)):
        violate("WFX232", "the attribute `obj` of an exception leads to other objects.")
    return getattr(obj, name)


def _moment(obj: Any, name: str) -> Any:
    cls = class_behind(obj)
    mro = cls.__mro__
    if isinstance(obj, super):
        start: Any = getattr(obj, "__thisclass__")  # noqa: B009 (typeshed does not know it)
        mro = cls.__mro__[cls.__mro__.index(start) + 1 :]
    if issubclass(cls, date | time) and _native(mro, name):
        return clock.moment_method(receiver(obj), cls, name)
    return getattr(obj, name)


def _native(mro: tuple[type, ...], name: str) -> bool:
    """Whether a class with these bases has datetime's own method of that name."""
    for each in mro:
        if name in vars(each):
            return each in (datetime, date, time)
    return False


def _perhaps_module(obj: Any, name: str) -> Any:
    value = getattr(obj, name)
    if isinstance(value, types.ModuleType) and not is_own_module(value):
        violate("WFX232", f"`{name}` of {described(obj)} is a module of Python.")
    return value


def view(obj: Any, name: str) -> Any:
    """`d.keys` that is not called on the spot: what it will return is ordered."""
    found = getattr(obj, name)
    cls = obj if isinstance(obj, type) else type(receiver(obj))
    if not issubclass(cls, Mapping) or not callable(found):
        return found
    return lambda *args: from_view(found(*args))


def _exception_args(obj: Any, name: str) -> Any:
    value = getattr(obj, name)
    if not isinstance(obj, BaseException) or type(value) is not tuple:
        return value
    return tuple(text.scrubbed(each, obj) if type(each) is str else each for each in value)


def _errors_as_json(obj: Any, name: str) -> Any:
    found = getattr(obj, name)
    if not isinstance(obj, ValidationError):
        return found
    return lambda *args, **kwargs: text.scrubbed(found(*args, **kwargs), obj)


def _validators_config(obj: Any, name: str) -> Any:
    found = getattr(obj, name)
    if isinstance(found, dict) and type(obj).__module__.startswith("pydantic_core"):
        return dict(found)  # all runs of the process share it
    return found


OBSERVED: Final[dict[str, Callable[[Any, str], Any]]] = {
    "keys": view,
    "items": view,
    "args": _exception_args,
    "json": _errors_as_json,
    "config": _validators_config,
}


def _proxied(obj: Any, name: str) -> Any:
    value = getattr(obj, name)
    # Comparing a proxy hands the dict behind it to the other operand.
    return types.MappingProxyType(dict(value)) if type(obj).__module__ == "re" else value


def _address(obj: Any, name: str) -> Any:
    import array

    if isinstance(obj, array.array) or obj is array.array:
        violate("WFX232", "`buffer_info` is an address, which differs between processes.")
    return getattr(obj, name)


def _accessor(obj: Any, name: str) -> Any:
    found = getattr(obj, name)
    if isinstance(obj, property) and found is not None and not is_own_function(found):
        violate("WFX232", f"`{name}` of a property that is not yours.")
    return found


def _shared_cache(obj: Any, name: str) -> Any:
    if not is_own(receiver(obj)) and class_behind(obj).__module__ == "zoneinfo":
        violate("WFX236", f"`{name}` of {described(obj)} is shared by all runs.")
    return getattr(obj, name)


def _register(obj: Any, name: str) -> Any:
    if isinstance(obj, type):
        violate("WFX231", "`register` would make unrelated classes look like this one.")
    return getattr(obj, name)


GUARDED: Final[dict[str, Callable[[Any, str], Any]]] = {
    # (object, name) -> what the name gives
    "obj": _exception_object,
    "register": _register,
    "model_config": models.shared_settings,
    "parser": _perhaps_module,  # of paths, from Python 3.13 on
    "model_fields": models.shared_settings,
    "model_fields_set": models.dumped,
    "model_dump": models.dumped,
    **dict.fromkeys(("model_json_schema", "schema", "schema_json"), models.json_schema),
    "dict": models.dumped,
    **dict.fromkeys(clock.METHODS, _moment),
    "model_computed_fields": models.shared_settings,
    "groupindex": _proxied,
    "buffer_info": _address,
    "clear_cache": _shared_cache,
    "byte_sizes": models.copied,
    **dict.fromkeys(("fget", "fset", "fdel"), _accessor),
    **dict.fromkeys(
        (
            "metadata",
            "metadata_lookup",
            "apply_typevars_map",
            "rebuild_annotation",
            "from_annotation",
            "from_annotated_attribute",
            "from_field",
            "merge_field_infos",
        ),
        models.of_field,
    ),
    **dict.fromkeys(
        (
            "model_validate",
            "model_validate_json",
            "model_validate_strings",
            "model_rebuild",
            "parse_obj",
            "parse_file",
            "parse_raw",
            "from_orm",
            "construct",
            "validate",
            "update_forward_refs",
        ),
        models.validating,
    ),
}
