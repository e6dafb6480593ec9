"""What is special about pydantic's models: their classes, fields and methods."""

from __future__ import annotations

import copy
from typing import Any

from wfx.context import current
from wfx_sandbox import names
from wfx_sandbox.guards.annotations import annotation, exact
from wfx_sandbox.guards.own import class_behind, described, is_own_class
from wfx_sandbox.sets import OrderedSet, ordered
from wfx_sandbox.sharing import is_shared
from wfx_sandbox.state import state, violate


def validating(obj: Any, name: str) -> Any:
    """Methods that make a model: none reads the attributes of other objects."""
    import pydantic

    cls = class_behind(obj)
    if not issubclass(cls, pydantic.BaseModel):
        return getattr(obj, name)
    if name in ("parse_file", "parse_raw", "from_orm", "validate", "construct"):
        violate("WFX201", f"`{name}` of pydantic models is not available to workflow code.")
    method = getattr(obj, name)
    if name in ("model_rebuild", "update_forward_refs"):
        return lambda **_: _rebuild(cls)

    def validate(*args: Any, from_attributes: Any = None, **kwargs: Any) -> Any:
        if from_attributes:
            violate("WFX231", "`from_attributes` reads any attribute of any object.")
        return method(*args, **kwargs)

    return validate


def dumped(obj: Any, name: str) -> Any:
    """What pydantic makes of a model contains plain sets."""
    import pydantic

    found = getattr(obj, name)
    cls = class_behind(obj)
    if not issubclass(cls, pydantic.BaseModel):
        return found
    if name == "model_fields_set":
        fields = [each for each in cls.model_fields if each in found]
        return OrderedSet([*fields, *sorted(found.difference(fields))])
    return lambda *args, **kwargs: ordered(found(*args, **kwargs))


def shared_settings(obj: Any, name: str) -> Any:
    """Configuration and fields of a model: copies, if other runs or pydantic go by them."""
    value = getattr(obj, name)
    cls = class_behind(obj)
    if not isinstance(value, dict):
        return value
    if not is_own_class(cls) or isinstance(obj, super) or is_shared(cls):
        return {key: _copied_field(each) for key, each in value.items()}  # all runs share it
    if hasattr(cls, "__pydantic_fields__"):
        return dict(value)  # what pydantic goes by must stay as it was checked
    return value


def _copied_field(value: Any) -> Any:
    """A copy of a field of a model; anything else as it is."""
    metadata = getattr(value, "metadata", None)
    if not isinstance(metadata, list):
        return value
    field = copy.copy(value)
    field.metadata = list(metadata)
    return field


def _rebuild(cls: Any) -> None:
    check_model(cls)
    namespace = getattr(cls, "__wfx_namespace__", None)
    cls.model_rebuild(force=True, _types_namespace=namespace)


def of_field(obj: Any, name: str) -> Any:
    """Parts of `pydantic.Field(...)`."""
    import pydantic.fields

    value = getattr(obj, name)
    cls = obj if isinstance(obj, type) else type(obj)
    if not issubclass(cls, pydantic.fields.FieldInfo):
        return value
    if name == "metadata":
        return list(value)
    return violate("WFX232", f"`{name}` of a field is pydantic's own.")


def json_schema(obj: Any, name: str) -> Any:
    """Methods that give a JSON Schema, without what would reach into pydantic."""
    method = getattr(obj, name)
    cls = class_behind(obj)
    if not hasattr(cls, "__pydantic_fields__"):
        return method

    def schema(*args: Any, **kwargs: Any) -> Any:
        if len(args) > 2 or "schema_generator" in kwargs:
            violate("WFX231", "`schema_generator` is given what pydantic keeps for itself.")
        template = args[1] if len(args) > 1 else kwargs.get("ref_template", "")
        if type(template) is not str or "{" in template.replace("{model}", ""):
            violate("WFX231", "`ref_template` may contain `{model}` and nothing else in braces.")
        return method(*args, **kwargs)

    return schema


def copied(obj: Any, name: str) -> Any:
    """A table of pydantic's that all runs share."""
    found = getattr(obj, name)
    return dict(found) if type(obj).__module__ == "pydantic.types" or _is_host(obj) else found


def _is_host(obj: Any) -> bool:
    return isinstance(obj, type) and obj.__module__.startswith("pydantic.")


def parametrized(cls: Any, item: Any) -> Any:
    """`Model[item]`: pydantic would evaluate text in it."""
    import pydantic

    annotation(item)
    known = state().parametrized if current() is not None and _has_metadata(item) else []
    for origin, given, found in known:
        if origin is cls and given == item:
            return found
    made = pydantic.BaseModel.__class_getitem__.__func__(cls, item)  # type: ignore[attr-defined]  # a classmethod
    known.append((cls, item, made))
    return made


def _has_metadata(item: Any) -> bool:
    """Whether there is an `Annotated` in a type, which pydantic itself would not know again."""
    if hasattr(item, "__metadata__"):
        return True
    inner = item if isinstance(item, tuple | list) else getattr(item, "__args__", ())
    return isinstance(inner, tuple | list) and any(map(_has_metadata, inner))


def check_model(cls: Any) -> None:
    """Refuse a model whose configuration or fields read special attributes of any object."""
    config = getattr(cls, "model_config", None)
    if not isinstance(config, dict) or not hasattr(cls, "__pydantic_fields__"):
        return
    if config.get("from_attributes"):
        violate("WFX234", f"{described(cls)} has `from_attributes`, which reads any object.")
    for name, field in getattr(cls, "__pydantic_fields__", {}).items():
        for alias in (name, field.alias, field.validation_alias):
            if isinstance(alias, str) and not names.may_be_looked_up(exact(alias)):
                # A tagged union looks its tag up in any object.
                violate("WFX237", f"a field of {described(cls)} is called {alias!r}.")
