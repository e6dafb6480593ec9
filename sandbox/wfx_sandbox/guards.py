"""
The checks that compiled workflow code makes while it runs.

The compiler leaves plain attribute names alone; what arrives here is a private, special or
otherwise risky name, a store, a class statement, an annotation, or a name computed for
`getattr`. Everything is judged by the tables in `names.py`.
"""

from __future__ import annotations

import abc
import ast
import collections
import copy
import enum
import importlib
import string
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, Final

from wfx.errors import Violation
from wfx_sandbox import kinds, names, text
from wfx_sandbox.hashing import stable_hash
from wfx_sandbox.kinds import type_of
from wfx_sandbox.modules import clock, copying
from wfx_sandbox.names import OWN_MARK, PLACE
from wfx_sandbox.sets import OrderedSet, from_view, ordered, ordered_type
from wfx_sandbox.sharing import check_member, is_shared
from wfx_sandbox.state import state, violate


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


# -- attributes ---------------------------------------------------------------------------


def get_attribute(obj: Any, name: Any) -> Any:
    """What `obj.name` gives workflow code; also behind `getattr`."""
    if type(name) is not str:
        # A subclass of str could look plain to us and be something else to getattr.
        raise TypeError(f"attribute name must be string, not '{type(name).__name__}'")
    if name in names.VIEWS:
        return _view(obj, name)
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
    return violate("WFX243", f"`{name}` is a private attribute of {_described(obj)}.")


_ALIASES: Final = (types.GenericAlias, type.mro(type(typing.List[int]))[-3])  # noqa: UP006
"""Classes whose objects pass attribute lookups on to their origin."""


def behind(obj: Any) -> Any:
    """What lookups on an alias such as `Annotated[X, ...]` end at; anything else as it is."""
    while issubclass(type(obj), _ALIASES):
        obj = obj.__origin__
    return obj


def _defined_by_host(obj: Any, name: str) -> bool:
    """Whether a private name is that of a host class which an own class inherits from."""
    inner = _receiver(obj)
    cls = inner if isinstance(inner, type) else type(inner)
    for each in (*cls.__mro__, *(type(cls).__mro__ if cls is inner else ())):
        if name in vars(each):
            return not is_own_class(each)
    return False


def _by_convention(obj: Any, name: str) -> bool:
    cls = obj if isinstance(obj, type) else type(obj)
    if name in names.NAMEDTUPLE_NAMES:
        return issubclass(cls, tuple) and hasattr(cls, "_fields")
    return name in names.ENUM_NAMES and issubclass(cls, enum.Enum)


def _described(obj: Any) -> str:
    cls = obj if isinstance(obj, type) else type(obj)
    return f"`{cls.__qualname__}`"


def _receiver(obj: Any) -> Any:
    """The instance or class behind a `super()`; anything else as it is."""
    return getattr(obj, "__self__", None) if isinstance(obj, super) else obj


def _special(obj: Any, name: str) -> Any:
    if name not in names.LOADABLE_DUNDERS:
        violate("WFX231", f"the attribute `{name}` is special to Python.")
    if name == "__class__":
        return type_of(obj)
    if name in ("__setattr__", "__delattr__"):
        return _bound_store(obj, name)
    if name == "__hash__":
        if isinstance(obj, super):
            return lambda: stable_hash(_receiver(obj))
        violate("WFX231", "`__hash__` differs between processes.", "Use the builtin `hash`.")
    if name in ("__new__", "__init__", "__init_subclass__") and not (
        isinstance(obj, super) or is_own(obj) or any(obj is each for each in _CONSTRUCTIBLE)
    ):
        violate("WFX231", f"`{name}` of {_described(obj)} cannot be called by name.")
    if name == "__call__" and not (is_own(obj) or isinstance(obj, super)):
        violate("WFX231", f"`__call__` of {_described(obj)} cannot be named.", "Call the object.")
    if name == "__init__" and obj is object:
        return lambda *args, **kwargs: None
    found = getattr(obj, name)
    if name == "__members__" and isinstance(found, types.MappingProxyType):
        # Comparing a proxy hands the dict behind it to the other operand.
        return types.MappingProxyType(dict(found))
    if name in ("__repr__", "__str__") and getattr(found, "__objclass__", None) is object:
        return lambda *args: serial_repr(args[0] if args else getattr(obj, "__self__", obj))
    if name in ("__repr__", "__str__"):
        if isinstance(obj, super):
            owner = getattr(found, "__objclass__", None) or getattr(found, "__qualname__", "")
            if owner is object or owner == "object.__repr__":
                return lambda: serial_repr(_receiver(obj))
        return lambda *args: text.scrubbed(found(*args), args or _receiver(obj))
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


def _check_stored(name: Any) -> str:
    if type(name) is not str:
        raise TypeError(f"attribute name must be string, not '{type(name).__name__}'")
    if names.is_dunder(name):
        violate("WFX231", f"the attribute `{name}` cannot be assigned.")
    if names.is_reserved(name) or name in names.INTERPRETER or name in names.UNSTORABLE:
        violate("WFX230", f"the attribute name `{name}` is reserved.")
    return name


def _bound_store(obj: Any, name: str) -> Callable[..., None]:
    """`super().__setattr__` and `object.__setattr__`, as frozen dataclasses use them."""
    if isinstance(obj, super):
        method = getattr(obj, name)

        def bound(attribute: Any, *value: Any) -> None:
            check_member(_receiver(obj))
            method(_check_stored(attribute), *value)

        return bound
    if isinstance(obj, type):
        function = getattr(obj, name)

        def unbound(instance: Any, attribute: Any, *value: Any) -> None:
            if isinstance(instance, type):
                violate("WFX236", "a class cannot be changed through `object`.")
            check_member(instance)
            function(write(instance), _check_stored(attribute), *value)

        return unbound
    write(obj)
    own = getattr(obj, name)

    def method_of_own(attribute: Any, *value: Any) -> None:
        own(_check_stored(attribute), *value)

    return method_of_own


def set_attribute(obj: Any, name: Any, value: Any) -> None:
    """The builtin `setattr`."""
    setattr(write(obj), _check_stored(name), value)


def delete_attribute(obj: Any, name: Any) -> None:
    """The builtin `delattr`."""
    delattr(write(obj), _check_stored(name))


_MISSING: Final = object()


def get_attribute_or(obj: Any, name: Any, default: Any = _MISSING, /) -> Any:
    """The builtin `getattr`."""
    if default is _MISSING:
        return get_attribute(obj, name)
    try:
        return get_attribute(obj, name)
    except AttributeError:
        return default


def has_attribute(obj: Any, name: Any, /) -> bool:
    """The builtin `hasattr`."""
    return get_attribute_or(obj, name, _MISSING) is not _MISSING


_WRITABLE: tuple[type, ...] = (BaseException, types.SimpleNamespace)


def write(obj: Any) -> Any:
    """`obj`, if workflow code may assign its attributes."""
    if getattr(type(obj), OWN_MARK, False) is True:
        return obj
    if is_shared(obj):
        violate("WFX236", f"{_described(obj)} is shared by all runs and cannot be changed here.")
    if isinstance(obj, Violation):
        violate("WFX236", "a violation is reported as it was found.")
    if isinstance(obj, super) or is_own(obj) or isinstance(obj, _WRITABLE):
        return obj
    if any(obj is context for context in state().decimal_contexts):
        return obj
    return violate("WFX236", f"{_described(obj)} is shared by all runs and cannot be changed here.")


# -- guarded names ------------------------------------------------------------------------


class _Formatter(string.Formatter):
    """`str.format` whose attribute lookups are guarded."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        first, rest = _split_field(field_name)
        obj = self.get_value(first, args, kwargs)
        for is_attribute, key in rest:
            obj = get_attribute(obj, key) if is_attribute else obj[key]
        return obj, first

    def convert_field(self, value: Any, conversion: Any) -> Any:
        if conversion == "r":
            return text.show(value)
        if conversion == "a":
            return text.show_ascii(value)
        return text.line(value) if conversion == "s" else super().convert_field(value, conversion)

    def format_field(self, value: Any, format_spec: str) -> Any:
        return text.formatted(value, format_spec)


def _split_field(field_name: str) -> tuple[Any, Any]:
    split: Any = importlib.import_module("_string").formatter_field_name_split
    first, rest = split(field_name)
    return first, rest


def _format(obj: Any, name: str) -> Any:
    bound = _receiver(obj)
    formatter = _Formatter()
    if isinstance(bound, collections.UserString):
        bound = str(bound)
    elif isinstance(bound, type) and issubclass(bound, collections.UserString):
        return lambda form, *args, **kwargs: _format(str(form), name)(*args, **kwargs)
    if isinstance(bound, str):
        form = str(bound)
        if name == "format":
            return lambda *args, **kwargs: formatter.vformat(form, args, kwargs)
        return lambda mapping: formatter.vformat(form, (), mapping)
    if isinstance(bound, type) and issubclass(bound, str):
        if name == "format":
            return lambda form, *args, **kwargs: formatter.vformat(form, args, kwargs)
        return lambda form, mapping: formatter.vformat(form, (), mapping)
    return getattr(obj, name)


def _exception_object(obj: Any, name: str) -> Any:
    if isinstance(obj, BaseException) and not is_own_class(type(obj)):
        violate("WFX232", "the attribute `obj` of an exception leads to other objects.")
    return getattr(obj, name)


def _moment(obj: Any, name: str) -> Any:
    receiver, cls = obj, obj if isinstance(obj, type) else type(obj)
    mro = cls.__mro__
    if isinstance(obj, super):
        receiver = _receiver(obj)
        cls = receiver if isinstance(receiver, type) else type(receiver)
        start: Any = getattr(obj, "__thisclass__")  # noqa: B009 (typeshed does not know it)
        mro = cls.__mro__[cls.__mro__.index(start) + 1 :]
    if issubclass(cls, date | time) and _native(mro, name):
        return clock.moment_method(receiver, cls, name)
    return getattr(obj, name)


def _native(mro: tuple[type, ...], name: str) -> bool:
    """Whether a class with these bases has datetime's own method of that name."""
    for each in mro:
        if name in vars(each):
            return each in (datetime, date, time)
    return False


def _model(obj: Any, name: str) -> Any:
    import pydantic

    cls = obj if isinstance(obj, type) else type(obj)
    if isinstance(obj, super):
        inner = _receiver(obj)
        cls = inner if isinstance(inner, type) else type(inner)
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


def _dumped(obj: Any, name: str) -> Any:
    """What pydantic makes of a model contains plain sets."""
    import pydantic

    found = getattr(obj, name)
    inner = _receiver(obj)
    cls = inner if isinstance(inner, type) else type(inner)
    if not issubclass(cls, pydantic.BaseModel):
        return found
    if name == "model_fields_set":
        fields = [each for each in cls.model_fields if each in found]
        return OrderedSet([*fields, *sorted(found.difference(fields))])
    return lambda *args, **kwargs: ordered(found(*args, **kwargs))


def _shared_settings(obj: Any, name: str) -> Any:
    value = getattr(obj, name)
    inner = _receiver(obj)
    cls = inner if isinstance(inner, type) else type(inner)
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


def _perhaps_module(obj: Any, name: str) -> Any:
    value = getattr(obj, name)
    if isinstance(value, types.ModuleType) and not is_own_module(value):
        violate("WFX232", f"`{name}` of {_described(obj)} is a module of Python.")
    return value


def _view(obj: Any, name: str) -> Any:
    """`d.keys` that is not called on the spot: what it will return is ordered."""
    found = getattr(obj, name)
    cls = obj if isinstance(obj, type) else type(_receiver(obj))
    if not issubclass(cls, Mapping) or not callable(found):
        return found
    return lambda *args: from_view(found(*args))


def _rebuild(cls: Any) -> None:
    check_model(cls)
    namespace = getattr(cls, "__wfx_namespace__", None)
    cls.model_rebuild(force=True, _types_namespace=namespace)


def _proxied(obj: Any, name: str) -> Any:
    value = getattr(obj, name)
    # Comparing a proxy hands the dict behind it to the other operand.
    return types.MappingProxyType(dict(value)) if type(obj).__module__ == "re" else value


def _of_field(obj: Any, name: str) -> Any:
    import pydantic.fields

    value = getattr(obj, name)
    cls = obj if isinstance(obj, type) else type(obj)
    if not issubclass(cls, pydantic.fields.FieldInfo):
        return value
    if name == "metadata":
        return list(value)
    return violate("WFX232", f"`{name}` of a field is pydantic's own.")


def _json_schema(obj: Any, name: str) -> Any:
    method = getattr(obj, name)
    inner = _receiver(obj)
    cls = inner if isinstance(inner, type) else type(inner)
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


def _copied(obj: Any, name: str) -> Any:
    found = getattr(obj, name)
    return dict(found) if type(obj).__module__ == "pydantic.types" or _is_host(obj) else found


def _is_host(obj: Any) -> bool:
    return isinstance(obj, type) and obj.__module__.startswith("pydantic.")


def _shared_cache(obj: Any, name: str) -> Any:
    inner = _receiver(obj)
    cls = inner if isinstance(inner, type) else type(inner)
    if not is_own(inner) and cls.__module__ == "zoneinfo":
        violate("WFX236", f"`{name}` of {_described(obj)} is shared by all runs.")
    return getattr(obj, name)


def _register(obj: Any, name: str) -> Any:
    if isinstance(obj, type):
        violate("WFX231", "`register` would make unrelated classes look like this one.")
    return getattr(obj, name)


_GUARDED: Final[dict[str, Callable[[Any, str], Any]]] = {
    "format": _format,
    "format_map": _format,
    "obj": _exception_object,
    "register": _register,
    "model_config": _shared_settings,
    "parser": _perhaps_module,  # of paths, from Python 3.13 on
    "model_fields": _shared_settings,
    "model_fields_set": _dumped,
    "model_dump": _dumped,
    "model_json_schema": _json_schema,
    "dict": _dumped,
    **dict.fromkeys(clock.METHODS, _moment),
    "model_computed_fields": _shared_settings,
    "groupindex": _proxied,
    "buffer_info": _address,
    "clear_cache": _shared_cache,
    "byte_sizes": _copied,
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
        _of_field,
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
        _model,
    ),
}


# -- identity -----------------------------------------------------------------------------


def serial_repr(obj: Any) -> str:
    """The default repr, with a number instead of an address."""
    cls = type(obj)
    module = text.scrubbed(cls.__module__)
    return f"<{module}.{cls.__qualname__} object #{state().serial(obj)}>"


def serial_hash(obj: Any) -> int:
    """The default hash: a number of the run instead of an address."""
    return state().serial(obj)


def serial_id(obj: Any, /) -> int:
    """The builtin `id`."""
    return state().serial(obj)


# -- classes ------------------------------------------------------------------------------


def base(cls: Any) -> Any:
    """`cls`, if workflow code may inherit from it."""
    from wfx_sandbox.modules.bases import is_base
    from wfx_sandbox.modules.models import RootModel

    if cls is RootModel:
        return RootModel.real
    if is_own_class(cls) or is_base(cls):
        return cls
    return violate("WFX235", f"workflow code cannot inherit from {_described(cls)}.")


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
            cls.__class_getitem__ = classmethod(_parametrized)  # type: ignore[attr-defined]  # a model
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
    copier = vars(cls).get("__deepcopy__")
    if is_own_function(copier):
        cls.__deepcopy__ = _without_memo(copier)  # type: ignore[attr-defined]  # as it was


def _without_memo(copier: Any) -> Callable[[Any, Any], Any]:
    from wfx_sandbox.modules.copying import Memo

    def __deepcopy__(self: Any, memo: Any = None) -> Any:
        return copier(self, memo if isinstance(memo, Memo) else Memo(memo))

    return __deepcopy__


def behind_method(value: Any) -> Any:
    """The function of a method of any kind."""
    return getattr(value, "__func__", None) or getattr(value, "fget", None) or value


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
            violate("WFX236", f"`__new__` of {_described(cls)} gives an object that is not yours.")
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
        violate("WFX237", f"`__match_args__` of {_described(cls)} is no tuple.")
    protocol = getattr(cls, "_is_protocol", False)  # it matches whatever has its names
    for name in listed:
        special = type(name) is not str or names.is_dunder(name) or name in names.INTERPRETER
        if special or (protocol and not names.is_plain(name)):
            violate("WFX237", f"a pattern cannot read the attribute {name!r}.")


def _parametrized(cls: Any, item: Any) -> Any:
    """`Model[item]`: pydantic would evaluate text in it."""
    import pydantic

    annotation(item)
    return pydantic.BaseModel.__class_getitem__.__func__(cls, item)  # type: ignore[attr-defined]  # a classmethod


def exact(text: str) -> str:
    """What a text says, whatever methods its class has."""
    return str.__str__(text)


def check_model(cls: Any) -> None:
    """Refuse a model whose configuration or fields read special attributes of any object."""
    config = getattr(cls, "model_config", None)
    if not isinstance(config, dict) or not hasattr(cls, "__pydantic_fields__"):
        return
    if config.get("from_attributes"):
        violate("WFX234", f"{_described(cls)} has `from_attributes`, which reads any object.")
    for name, field in getattr(cls, "__pydantic_fields__", {}).items():
        for alias in (name, field.alias, field.validation_alias):
            if isinstance(alias, str) and not names.may_be_looked_up(exact(alias)):
                # A tagged union looks its tag up in any object.
                violate("WFX237", f"a field of {_described(cls)} is called {alias!r}.")


def class_done(cls: Any) -> Any:
    """Outermost decorator of every class: hashes and reprs without addresses."""
    if not is_own_class(cls):
        return cls
    check_matched(cls)  # a dataclass has them now
    if cls.__hash__ is object.__hash__:
        cls.__hash__ = serial_hash
    if cls.__repr__ is object.__repr__:
        cls.__repr__ = serial_repr
    return cls


_TYPE_NODES: Final = (
    ast.Expression,
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Tuple,
    ast.List,
    ast.Constant,
    ast.BinOp,
    ast.BitOr,
    ast.Load,
    ast.UnaryOp,
    ast.USub,
)


def annotation(value: Any) -> Any:
    """A class annotation, if all text inside it is a type and nothing else."""
    _check_annotation(value, 0)
    return ordered_type(value)


def _check_annotation(value: Any, depth: int) -> None:
    if depth > 50:
        violate("WFX238", "this annotation is nested too deeply.")
    if isinstance(value, typing.ForwardRef):
        value = value.__forward_arg__
    if isinstance(value, str):
        check_type_text(value)
        return
    if isinstance(value, typing.TypeVar):
        default = getattr(value, "__default__", None)
        _check_annotation([value.__bound__, *value.__constraints__, default], depth + 1)
        return
    if isinstance(value, typing.NewType):
        _check_annotation(value.__supertype__, depth + 1)
        return
    if type(value).__name__ == "TypeAliasType":
        _check_annotation(value.__value__, depth + 1)
        return
    if isinstance(value, type) and (hasattr(value, "__total__") or hasattr(value, "_fields")):
        # TypedDict and NamedTuple can be made by calls, with text for types.
        _check_annotation(list(vars(value).get("__annotations__", {}).values()), depth + 1)
        return
    origin = getattr(value, "__origin__", None)
    if origin is typing.Literal:
        return
    if hasattr(value, "__metadata__"):
        for each in value.__metadata__:
            _check_hooks(each)
        _check_annotation(origin, depth + 1)
        return
    _check_hooks(value)
    arguments = getattr(value, "__args__", None)
    if isinstance(arguments, tuple):
        for each in arguments:
            _check_annotation(each, depth + 1)
    elif isinstance(value, list | tuple):
        for each in value:
            _check_annotation(each, depth + 1)


_SCHEMA_HOOKS: Final = (
    "__get_pydantic_core_schema__",
    "__get_pydantic_json_schema__",
    "__prepare_pydantic_annotations__",
    "__get_validators__",
    "__modify_schema__",
)


def _check_hooks(value: Any) -> None:
    """Refuse an object that tells pydantic what to do, unless its class is the host's."""
    value = behind(value)
    cls = value if isinstance(value, type) else type(value)
    for hook in _SCHEMA_HOOKS:
        for each in cls.__mro__:
            if hook in vars(each):
                host = not is_own_class(each)
                break
        else:
            host = False
        if not host and not isinstance(value, type) and getattr(value, hook, None) is not None:
            violate("WFX231", f"`{hook}` of {_described(value)} would decide what pydantic does.")
        if host and not isinstance(value, type) and hook in getattr(value, "__dict__", {}):
            violate("WFX231", f"`{hook}` of {_described(value)} would decide what pydantic does.")


def check_type_text(text: str) -> None:
    """Refuse text that pydantic or typing would evaluate as more than a type."""
    text = exact(text)
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        violate("WFX238", f"the annotation {text!r} is not a type.")
    for node in ast.walk(tree):
        bad = not isinstance(node, _TYPE_NODES)
        if isinstance(node, ast.Attribute):
            bad = not names.is_plain(node.attr)
        elif isinstance(node, ast.Name):
            bad = names.is_dunder(node.id) or names.is_reserved(node.id)
        if bad:
            violate("WFX238", f"the annotation {text!r} is more than a type.")
