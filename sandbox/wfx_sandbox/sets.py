"""
Sets that iterate in the order of insertion.

The order of a builtin set depends on hashes, which differ between processes (text) or with
addresses (objects). These are real `set` and `frozenset` objects for every host function that
checks, and keep their order in a dict beside the hash table.
"""

from __future__ import annotations

import functools
import json
import operator
import types
import typing
from collections import OrderedDict
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, MutableSet
from collections.abc import Set as AbstractSet
from typing import Any, Final

from wfx.codec import encode
from wfx.errors import EncodeError
from wfx.ordered import OrderedSet as HostOrderedSet
from wfx_sandbox.state import state

_VIEWS: Final[tuple[type[Any], ...]] = (type({}.keys()), type({}.items()))


class _Kind(type):
    """Makes `isinstance(x, set)` in workflow code true for sets made elsewhere too."""

    plain: type

    def __instancecheck__(cls, instance: object) -> bool:
        if cls not in (OrderedSet, OrderedFrozenSet):
            return super().__instancecheck__(instance)
        return isinstance(instance, cls.plain)

    def __subclasscheck__(cls, subclass: type) -> bool:
        if cls not in (OrderedSet, OrderedFrozenSet):
            return super().__subclasscheck__(subclass)
        return issubclass(subclass, cls.plain)


class _Ordered:
    """What both kinds share: everything that looks at the order."""

    __slots__ = ()
    _order: dict[Any, None]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._order)

    def _new(self, items: Iterable[Any]) -> Any:
        return OrderedSet(items) if isinstance(self, set) else OrderedFrozenSet(items)

    def copy(self) -> Any:
        return self._new(self._order)

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        import copy

        return self._new([copy.deepcopy(each, memo) for each in self._order])

    def union(self, *others: Iterable[Any]) -> Any:
        return self._new([*self._order, *(each for other in others for each in in_order(other))])

    def intersection(self, *others: Iterable[Any]) -> Any:
        kept = list(self._order)
        for other in others:
            has = other if isinstance(other, set | frozenset | dict) else set(other)
            kept = [each for each in kept if each in has]
        return self._new(kept)

    def difference(self, *others: Iterable[Any]) -> Any:
        kept = list(self._order)
        for other in others:
            has = other if isinstance(other, set | frozenset | dict) else set(other)
            kept = [each for each in kept if each not in has]
        return self._new(kept)

    def symmetric_difference(self, other: Iterable[Any]) -> Any:
        items = dict.fromkeys(in_order(other))
        return self._new(
            [
                *(each for each in self._order if each not in items),
                *(each for each in items if each not in self._order),
            ]
        )

    def __or__(self, other: Any) -> Any:
        return self.union(other) if isinstance(other, set | frozenset) else NotImplemented

    def __and__(self, other: Any) -> Any:
        return self.intersection(other) if isinstance(other, set | frozenset) else NotImplemented

    def __sub__(self, other: Any) -> Any:
        return self.difference(other) if isinstance(other, set | frozenset) else NotImplemented

    def __xor__(self, other: Any) -> Any:
        if not isinstance(other, set | frozenset):
            return NotImplemented
        return self.symmetric_difference(other)

    def __ror__(self, other: Any) -> Any:
        return self._new(other).union(self)

    def __rand__(self, other: Any) -> Any:
        return self._new(other).intersection(self)

    def __rsub__(self, other: Any) -> Any:
        return self._new(other).difference(self)

    def __rxor__(self, other: Any) -> Any:
        return self._new(other).symmetric_difference(self)

    def __repr__(self) -> str:
        frozen = not isinstance(self, set)
        name = "frozenset" if frozen else "set"
        if not self._order:
            return f"{name}()"
        inner = "{" + ", ".join(map(repr, self._order)) + "}"
        return f"frozenset({inner})" if frozen else inner

    def __reduce_ex__(self, protocol: object) -> Any:
        return (type(self), (list(self._order),))


class _Changeable(_Ordered):
    """What changes a set; before `set` for whoever asks `super(set, x)` too."""

    __slots__ = ()
    _order: dict[Any, None]

    def __init__(self: Any, items: Iterable[Any] = ()) -> None:
        self._order = dict.fromkeys(in_order(items))
        set.__init__(self, self._order)

    def add(self: Any, item: Any) -> None:
        set.add(self, item)
        self._order[item] = None

    def discard(self: Any, item: Any) -> None:
        set.discard(self, item)
        self._order.pop(item, None)

    def remove(self: Any, item: Any) -> None:
        set.remove(self, item)
        del self._order[item]

    def pop(self: Any) -> Any:
        if not self._order:
            raise KeyError("pop from an empty set")
        item = next(iter(self._order))
        OrderedSet.remove(self, item)
        return item

    def clear(self: Any) -> None:
        set.clear(self)
        self._order.clear()

    def update(self: Any, *others: Iterable[Any]) -> None:
        for other in others:  # past what a subclass makes of `add`, as `set` does
            for item in list(in_order(other)):
                OrderedSet.add(self, item)

    def _become(self: Any, items: OrderedSet) -> None:
        kept = dict(items._order)
        OrderedSet.clear(self)
        OrderedSet.update(self, kept)

    def intersection_update(self: Any, *others: Iterable[Any]) -> None:
        self._become(self.intersection(*others))

    def difference_update(self: Any, *others: Iterable[Any]) -> None:
        self._become(self.difference(*others))

    def symmetric_difference_update(self: Any, other: Iterable[Any]) -> None:
        self._become(self.symmetric_difference(other))

    def __ior__(self: Any, other: Any) -> Any:
        if not isinstance(other, set | frozenset):
            return NotImplemented
        OrderedSet.update(self, other)
        return self

    def __iand__(self: Any, other: Any) -> Any:
        if not isinstance(other, set | frozenset):
            return NotImplemented
        OrderedSet.intersection_update(self, other)
        return self

    def __isub__(self: Any, other: Any) -> Any:
        if not isinstance(other, set | frozenset):
            return NotImplemented
        OrderedSet.difference_update(self, other)
        return self

    def __ixor__(self: Any, other: Any) -> Any:
        if not isinstance(other, set | frozenset):
            return NotImplemented
        OrderedSet.symmetric_difference_update(self, other)
        return self


class OrderedSet(_Changeable, set[Any], metaclass=_Kind):
    """A `set` in order of insertion."""

    plain = set
    __slots__ = ("_order",)
    __hash__ = None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], Any]) -> Any:
        return _schema(cls, source, handler)


class OrderedFrozenSet(_Ordered, frozenset[Any], metaclass=_Kind):
    """A `frozenset` in order of insertion."""

    plain = frozenset
    __slots__ = ("_order",)

    def __new__(cls, items: Iterable[Any] = ()) -> OrderedFrozenSet:
        order = dict.fromkeys(in_order(items))
        self = super().__new__(cls, order)
        self._order = order
        return self

    def __init__(self, items: Iterable[Any] = ()) -> None:
        pass

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], Any]) -> Any:
        return _schema(cls, source, handler)


def _schema(cls: type, source: Any, handler: Callable[[Any], Any]) -> Any:
    """Validate as a list, so that the order of the input is kept, then make a set of it."""
    from pydantic_core import core_schema

    arguments = getattr(source, "__args__", ())
    items = handler(arguments[0]) if arguments else core_schema.any_schema()
    listed = core_schema.list_schema(items)
    ordered = core_schema.no_info_before_validator_function(
        lambda value: list(value) if isinstance(value, set | frozenset | tuple) else value, listed
    )
    return core_schema.no_info_after_validator_function(
        cls,
        ordered,
        serialization=core_schema.plain_serializer_function_ser_schema(
            lambda value, info: list(value) if info.mode == "json" else _dumped(value),
            info_arg=True,
        ),
    )


class _DumpedSet(HostOrderedSet[Any]):
    """A set on its way through pydantic's serializers, which make builtin sets of sets."""


class _DumpedFrozenSet(_DumpedSet):
    """A frozenset on its way through pydantic's serializers."""


def _dumped(value: Any) -> Any:
    return _DumpedSet(value) if isinstance(value, set) else _DumpedFrozenSet(value)


# -- sets that were not made here ---------------------------------------------------------


def in_order(items: Iterable[Any]) -> Iterable[Any]:
    """`items`, sorted if they come in the order of hashes."""
    if type(items) in (set, frozenset):
        return _sorted(items)
    return items


def _sorted(items: Iterable[Any]) -> list[Any]:
    listed = list(items)
    return listed if len(listed) < 2 else sorted(listed, key=_place)


def _place(item: Any) -> str:
    """Where an item stands among others: by what the log would have of it."""
    if type(item) is str:
        return f"s{item}"
    try:
        return "v" + json.dumps(encode(item))
    except EncodeError:
        return f"z{state().serial(item):020}"


def ordered(value: Any) -> Any:
    """`value` with the builtin sets inside it as ordered ones, in a reproducible order."""
    kind = type(value)
    if kind is _DumpedSet:
        return OrderedSet(map(ordered, value))
    if kind is _DumpedFrozenSet:
        return OrderedFrozenSet(map(ordered, value))
    if kind is set:
        return OrderedSet(_sorted(map(ordered, value)))
    if kind is frozenset:
        return OrderedFrozenSet(_sorted(map(ordered, value)))
    if kind is dict:
        return {key: ordered(each) for key, each in value.items()}
    if kind in (list, tuple):
        return kind(map(ordered, value))
    return value


_ABSTRACT: Final[dict[Any, Any]] = {AbstractSet: OrderedFrozenSet, MutableSet: OrderedSet}


def ordered_type(value: Any) -> Any:
    """An annotation whose abstract sets, of which pydantic makes builtin ones, are ordered."""
    if isinstance(value, type) and value in _ABSTRACT:
        return _ABSTRACT[value]
    origin, arguments = typing.get_origin(value), typing.get_args(value)
    if origin is None or origin is typing.Literal or not all(map(_is_type, arguments)):
        return value
    made = tuple(map(ordered_type, arguments))
    if origin in _ABSTRACT:
        return _ABSTRACT[origin][made]
    if all(new is old for new, old in zip(made, arguments, strict=True)):
        return value
    if origin is types.UnionType:
        return functools.reduce(operator.or_, made)
    return value.copy_with(made) if hasattr(value, "copy_with") else origin[made]


def _is_type(value: Any) -> bool:
    return value is None or isinstance(value, type) or typing.get_origin(value) is not None


# -- views of dicts -----------------------------------------------------------------------


class _OrderedView:
    """What both kinds of views share: set operators that keep the order of the dict."""

    __slots__ = ()
    _mapping: Any

    def __init__(self, view: Any) -> None:
        self._mapping = view

    def __len__(self) -> int:
        return len(self._mapping)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._mapping)

    def __reversed__(self) -> Iterator[Any]:
        yield from reversed(self._mapping)

    def __contains__(self, item: object) -> bool:
        return item in self._mapping

    @property
    def mapping(self) -> Any:
        """The dict, read-only."""
        return self._mapping.mapping

    @classmethod
    def _from_iterable(cls, items: Iterable[Any]) -> Any:
        return OrderedSet(items)

    def __and__(self, other: Any) -> Any:
        return OrderedSet(self).intersection(other)

    def __or__(self, other: Any) -> Any:
        return OrderedSet(self).union(other)

    def __sub__(self, other: Any) -> Any:
        return OrderedSet(self).difference(other)

    def __xor__(self, other: Any) -> Any:
        return OrderedSet(self).symmetric_difference(other)

    def __rand__(self, other: Any) -> Any:
        return OrderedSet(other).intersection(self)

    def __ror__(self, other: Any) -> Any:
        return OrderedSet(other).union(self)

    def __rsub__(self, other: Any) -> Any:
        return OrderedSet(other).difference(self)

    def __rxor__(self, other: Any) -> Any:
        return OrderedSet(other).symmetric_difference(self)

    def __repr__(self) -> str:
        return repr(self._mapping)


class Keys(KeysView[Any]):
    """`collections.abc.KeysView`."""

    __slots__ = ()

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> Any:
        return OrderedSet(it)


class Items(ItemsView[Any, Any]):
    """`collections.abc.ItemsView`."""

    __slots__ = ()

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> Any:
        return OrderedSet(it)


for _view, _like in ((Keys, KeysView), (Items, ItemsView)):
    _view.__name__ = _view.__qualname__ = _like.__name__
    _view.__module__ = "collections.abc"
for _views in (dict[str, str](), OrderedDict[str, str]()):
    Keys.register(type(_views.keys()))
    Items.register(type(_views.items()))


class OrderedKeys(_OrderedView, Keys):
    """`dict.keys()`."""

    __slots__ = ()


class OrderedItems(_OrderedView, Items):
    """`dict.items()`."""

    __slots__ = ()


def from_view(value: Any) -> Any:
    """A view of a dict as one whose set operators keep the order; anything else as it is."""
    if isinstance(value, _VIEWS):
        return OrderedKeys(value) if isinstance(value, _VIEWS[0]) else OrderedItems(value)
    if isinstance(value, KeysView) and not isinstance(value, _OrderedView):
        return OrderedKeys(value)
    if isinstance(value, ItemsView) and not isinstance(value, _OrderedView):
        return OrderedItems(value)
    return value


for _class, _name in (
    (OrderedSet, "set"),
    (OrderedFrozenSet, "frozenset"),
    (OrderedKeys, "dict_keys"),
    (OrderedItems, "dict_items"),
):  # type(x).__name__ and error texts are those of what they stand for
    _class.__name__ = _class.__qualname__ = _name
