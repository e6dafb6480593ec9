"""
From JSON back to Python values.

A form only ever makes instances of the family it names: the class behind an `enum` must be
an Enum, the one behind a `dataclass` a dataclass. Nothing of such a class is called to make
its instance; state is put in place as it was.
"""

from __future__ import annotations

import importlib
import sys
from binascii import a2b_base64
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import date, datetime, time, timedelta, timezone
from enum import Enum, Flag
from typing import Any, Final, TypeAlias, TypeVar
from weakref import ref

from wfx.codec.forms import FACTORIES, TAG, TEXT_FORMS, step_into
from wfx.codec.generics import type_from_json
from wfx.codec.refused import Refused
from wfx.codec.registry import HOST, ClassRegistry
from wfx.errors import DecodeError
from wfx.values import Json

T = TypeVar("T")
Form: TypeAlias = "dict[str, Json]"
Take: TypeAlias = Callable[[Form, ClassRegistry], object]


def decode(tree: Json, *, registry: ClassRegistry = HOST, path: str = "value") -> object:
    """
    The Python value of an encoded one, sharing nothing mutable with it.

    Raises:
        DecodeError: If a form is unknown or damaged, or names a class that is not here.
    """
    try:
        return take(tree, registry)
    except Refused as refused:
        place, reason = refused.describe()
    except RecursionError:
        place, reason = "", "this value is nested too deeply to be one of ours"
    raise DecodeError(path=path + place, reason=reason)


def take(tree: Json, registry: ClassRegistry) -> object:
    """The value of `tree`. Raises Refused."""
    kind = type(tree)
    if kind is dict:
        return _object(tree, registry)  # type: ignore[arg-type]  # by its exact type
    if kind is list:
        return _items(tree, registry)
    return tree


def _object(tree: Form, registry: ClassRegistry) -> object:
    if TAG not in tree:
        return _named(tree, registry)
    form = tree[TAG]
    taker = _FORMS.get(form) if type(form) is str else None
    if taker is None:
        raise Refused(
            f"the form {form!r} is unknown: this was written by a newer wfx, or by something else"
        )
    try:
        return taker(tree, registry)
    except (Refused, RecursionError):
        raise
    except KeyError as error:
        raise Refused(f"this {form} is damaged: it lacks {error}") from None
    except Exception as error:
        raise Refused(f"this {form} is damaged: {error}") from None


_NESTED: Final = frozenset({dict, list})
"""What is more than itself. Most objects and arrays hold none, and are copied at once."""


def _named(tree: Json, registry: ClassRegistry) -> dict[str, object]:
    fields: dict[str, Json] = _is(dict, tree)
    if _NESTED.isdisjoint(map(type, fields.values())):
        return {**fields}
    out: dict[str, object] = {}
    key = ""
    try:
        for key, item in fields.items():
            kind = type(item)
            out[key] = take(item, registry) if kind is dict or kind is list else item
    except Refused as refused:
        raise refused.inside(step_into(key))  # noqa: B904 (the same exception)
    return out


def _items(tree: Json, registry: ClassRegistry) -> list[object]:
    items: list[Json] = _is(list, tree)
    if _NESTED.isdisjoint(map(type, items)):
        return [*items]
    out: list[object] = []
    try:
        for item in items:
            kind = type(item)
            out.append(take(item, registry) if kind is dict or kind is list else item)
    except Refused as refused:
        raise refused.inside(f"[{len(out)}]")  # noqa: B904 (the same exception)
    return out


def _pairs(tree: Json, registry: ClassRegistry) -> list[tuple[Any, Any]]:
    out: list[tuple[Any, Any]] = []
    part = ""
    try:
        for pair in _is(list, tree):
            key_tree, item = _is(list, pair)
            part = f"[key {len(out)}]"
            key = take(key_tree, registry)
            part = step_into(key)
            out.append((key, take(item, registry)))
    except Refused as refused:
        raise refused.inside(part)  # noqa: B904 (the same exception)
    return out


def _is(kind: type[T], tree: object) -> T:
    if not isinstance(tree, kind):
        raise ValueError(f"{type(tree).__name__} where {kind.__name__} belongs")
    return tree


def _module(name: str) -> Any:
    """A module; imported when a value first needs it."""
    return sys.modules.get(name) or importlib.import_module(name)


def _text(tree: Form) -> str:
    return _is(str, tree["value"])


# -- values of the standard library -------------------------------------------------------


def _zoned(tree: Form, registry: ClassRegistry, moment: Any) -> Any:
    if "zone" in tree:
        zone = _module("zoneinfo").ZoneInfo(_is(str, tree["zone"]))
        moment = moment.replace(tzinfo=zone)
    elif "offset" in tree or "name" in tree:
        if "offset" in tree:
            days, seconds, microseconds = _is(list, tree["offset"])
            offset = timedelta(days, seconds, microseconds)
        else:
            offset = moment.tzinfo.utcoffset(None)
        name = (_is(str, take(tree["name"], registry)),) if "name" in tree else ()
        moment = moment.replace(tzinfo=timezone(offset, *name))
    return moment.replace(fold=1) if tree.get("fold") else moment


def _timedelta(tree: Form, registry: ClassRegistry) -> timedelta:
    days, seconds, microseconds = (_is(int, part) for part in _is(list, tree["value"]))
    return timedelta(days, seconds, microseconds)


def _float(tree: Form, registry: ClassRegistry) -> float:
    return {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}[_text(tree)]


def _set(tree: Form, registry: ClassRegistry) -> object:
    return _class(f"builtins:{tree[TAG]}", set | frozenset, "a set", registry)(
        _items(tree["items"], registry)
    )


def _deque(tree: Form, registry: ClassRegistry) -> object:
    maxlen = tree.get("maxlen")
    return deque(_items(tree["items"], registry), None if maxlen is None else _is(int, maxlen))


def _counter(tree: Form, registry: ClassRegistry) -> object:
    out: Counter[object] = Counter()
    dict.update(out, _pairs(tree["items"], registry))
    return out


def _defaultdict(tree: Form, registry: ClassRegistry) -> object:
    factory: type | None = None
    if (name := tree["factory"]) is not None:
        factory = FACTORIES[_is(str, name)]
        if factory is set:
            factory = registry.resolve("builtins:set")
    return defaultdict(factory, _pairs(tree["items"], registry))


def _text_form(form: str) -> Take:
    module, name = TEXT_FORMS[form]

    def text(tree: Form, registry: ClassRegistry) -> object:
        return getattr(_module(module), name)(_text(tree))

    return text


# -- classes ------------------------------------------------------------------------------


def _class(tag: Json, family: Any, what: str, registry: ClassRegistry) -> Any:
    """The class of that tag, if it is of the family."""
    found = registry.resolve(_is(str, tag))
    if found is None:
        raise Refused(
            f"there is no class {tag!r} here; if it moved, say so with --map OLD=NEW, "
            "else run the code that the value was recorded with"
        )
    if not isinstance(found, type) or not (family in found.__mro__ or issubclass(found, family)):
        raise Refused(f"{tag!r} is not {what} here, but it was when this was recorded")
    return found


def _enum(tree: Form, registry: ClassRegistry) -> object:
    cls = _class(tree["class"], Enum, "an Enum", registry)
    if "name" in tree:
        member = cls.__members__.get(_is(str, tree["name"]))
        if member is None:
            raise Refused(f"{tree['class']} has no member {tree['name']!r} any more")
        return member
    if not issubclass(cls, Flag):
        raise Refused(f"{tree['class']!r} is not a Flag here, but it was when this was recorded")
    return cls(take(tree["value"], registry))


def _namedtuple(tree: Form, registry: ClassRegistry) -> object:
    cls = _class(tree["class"], tuple, "a named tuple", registry)
    recorded = _named(tree["fields"], registry)
    defaults = getattr(cls, "_field_defaults", {})
    items = []
    for name in cls._fields:
        if name not in recorded and name not in defaults:
            raise Refused(f"{tree['class']} has a field {name!r} that was not recorded")
        items.append(recorded[name] if name in recorded else defaults[name])
    return tuple.__new__(cls, items)


def _dataclass(tree: Form, registry: ClassRegistry) -> object:
    cls = _class(tree["class"], object, "a class", registry)
    if not isinstance(getattr(cls, "__dataclass_fields__", None), dict):
        raise Refused(f"{tree['class']!r} is not a dataclass here, but it was when recorded")
    recorded = _named(tree["fields"], registry)
    state = _named(tree["state"], registry) if "state" in tree else {}
    made: object = object.__new__(cls)
    put = object.__setattr__
    for field in fields(cls):
        name = field.name
        if name in recorded:
            put(made, name, recorded[name])
        elif field.default is not MISSING:
            put(made, name, field.default)
        elif field.default_factory is not MISSING:
            put(made, name, field.default_factory())
    for name, item in state.items():
        put(made, name, item)
    return made


_PLAIN_MODEL: Final = 3
"""So many keys has the form of a model that is nothing but its fields: the tag, class, fields."""
_PLAIN: Final[dict[ref[type], list[str]]] = {}
"""
The fields of models that have nothing else, by class as long as it lives. To ask a model's class
for an attribute takes much longer than to ask another, because its metaclass has a say in it.
"""


def _model(tree: Form, registry: ClassRegistry) -> object:
    tag = tree["class"]
    found = registry.resolve(tag) if type(tag) is str and len(tree) == _PLAIN_MODEL else None
    names = None if found is None else _PLAIN.get(ref(found))
    if found is not None and names is not None:
        recorded = _named(tree["fields"], registry)
        if [*recorded] == names:
            return _put_together(found, recorded, {*recorded}, None, None)
    cls = _class(tag, _module("pydantic").BaseModel, "a pydantic model", registry)
    if "args" in tree and (args := tree["args"]):
        cls = cls[tuple(type_from_json(arg, registry) for arg in _is(list, args))]
    if not cls.__pydantic_complete__:
        cls.model_rebuild(raise_errors=False)  # a class with forward references
    recorded = _named(tree["fields"], registry)
    known = cls.__pydantic_fields__
    keeps_extra = cls.model_config.get("extra") == "allow"
    if not (keeps_extra or cls.__private_attributes__ or cls.__pydantic_root_model__):
        _PLAIN[ref(cls, _PLAIN.pop)] = [*known]
    extra = _is(dict, take(tree["extra"], registry)) if "extra" in tree else {}
    private = _named(tree["private"], registry) if "private" in tree else {}
    given = (
        {_is(str, take(name, registry)) for name in _is(list, tree["set"])}
        if ("set" in tree)
        else {*recorded, *extra}
    )
    values = {}
    for name, field in known.items():
        if name in recorded:
            values[name] = recorded[name]
        elif not field.is_required():
            values[name] = _default(field, values)
    if keeps_extra:
        extra |= {name: item for name, item in recorded.items() if name not in known}
    return _made(
        cls,
        values,
        given & {*values, *extra},
        extra if extra or keeps_extra else None,  # a validation may have allowed it
        _private(cls, private, values),
    )


def _made(
    cls: Any,
    values: dict[str, object],
    given: set[str],
    extra: dict[str, object] | None,
    private: dict[str, object] | None,
) -> object:
    if cls.__pydantic_root_model__:
        made = object.__new__(cls)
        object.__setattr__(made, "__dict__", values)
        object.__setattr__(made, "__pydantic_fields_set__", given)
        return made
    return _put_together(cls, values, given, extra, private)


def _put_together(
    cls: type,
    values: dict[str, object],
    given: set[str],
    extra: dict[str, object] | None,
    private: dict[str, object] | None,
) -> object:
    made: object = object.__new__(cls)
    put = object.__setattr__
    put(made, "__dict__", values)
    put(made, "__pydantic_fields_set__", given)
    put(made, "__pydantic_extra__", extra)
    put(made, "__pydantic_private__", private)
    return made


def _default(field: Any, values: dict[str, object]) -> object:
    if getattr(field, "default_factory_takes_validated_data", False):
        return field.get_default(call_default_factory=True, validated_data=values)
    return field.get_default(call_default_factory=True)


def _private_default(attribute: Any, values: dict[str, object]) -> object:
    factory = attribute.default_factory
    if factory is None:
        return attribute.get_default()
    if getattr(attribute, "default_factory_takes_validated_data", False):
        return factory(values)
    return factory()


def _private(
    cls: Any, recorded: dict[str, object], values: dict[str, object]
) -> dict[str, object] | None:
    if not cls.__private_attributes__:
        return None
    undefined = _module("pydantic_core").PydanticUndefined
    out: dict[str, object] = {}
    for name, attribute in cls.__private_attributes__.items():
        item = recorded[name] if name in recorded else _private_default(attribute, values | out)
        if item is not undefined:
            out[name] = item
    return out


def _url(tree: Form, registry: ClassRegistry) -> object:
    module, _, name = _is(str, tree["class"]).partition(":")
    networks = _module("pydantic.networks")
    core = _module("pydantic_core")
    cls = getattr({"pydantic.networks": networks}.get(module, core), name, None)
    bases = tuple(
        base
        for base in (
            core.Url,
            core.MultiHostUrl,
            getattr(networks, "_BaseUrl", None),
            getattr(networks, "_BaseMultiHostUrl", None),
        )
        if base is not None
    )
    if not isinstance(cls, type) or not issubclass(cls, bases):
        raise Refused(f"{tree['class']!r} is not a URL type")
    return cls(_text(tree))


def _exception(tree: Form, registry: ClassRegistry) -> object:
    from wfx.codec.failure import decode_error

    return decode_error(tree, registry=registry)


_FORMS: Final[dict[str, Take]] = {
    "int": lambda tree, registry: int(_text(tree), 16),
    "float": _float,
    "str": lambda tree, registry: a2b_base64(_text(tree)).decode("utf-8", "surrogatepass"),
    "bytes": lambda tree, registry: a2b_base64(_text(tree)),
    "bytearray": lambda tree, registry: bytearray(a2b_base64(_text(tree))),
    "datetime": lambda tree, registry: _zoned(tree, registry, datetime.fromisoformat(_text(tree))),
    "time": lambda tree, registry: _zoned(tree, registry, time.fromisoformat(_text(tree))),
    "date": lambda tree, registry: date.fromisoformat(_text(tree)),
    "timedelta": _timedelta,
    "tuple": lambda tree, registry: tuple(_items(tree["items"], registry)),
    "set": _set,
    "frozenset": _set,
    "deque": _deque,
    "dict": lambda tree, registry: dict(_pairs(tree["items"], registry)),
    "ordered_dict": lambda tree, registry: OrderedDict(_pairs(tree["items"], registry)),
    "counter": _counter,
    "defaultdict": _defaultdict,
    "namedtuple": _namedtuple,
    "enum": _enum,
    "dataclass": _dataclass,
    "model": _model,
    "url": _url,
    "exception": _exception,
    **{form: _text_form(form) for form in TEXT_FORMS},
}
