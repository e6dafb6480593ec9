"""
A set that iterates in the order things were put in.

The order of a builtin set depends on hashes, and what workflow code does in that order
becomes the order of events.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, MutableSet
from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

T = TypeVar("T", bound=Hashable)


class OrderedSet(MutableSet[T]):
    """A mutable set in insertion order; `pop` takes the oldest."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[T] = ()) -> None:
        self._items: dict[T, None] = dict.fromkeys(items)

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def add(self, value: T) -> None:
        """Put it in, last, unless it is there."""
        self._items[value] = None

    def discard(self, value: T) -> None:
        """Take it out, if it is there."""
        self._items.pop(value, None)

    def clear(self) -> None:
        """Take everything out."""
        self._items.clear()

    def copy(self) -> OrderedSet[T]:
        """Another one with the same items in the same order."""
        return OrderedSet(self._items)

    def update(self, *others: Iterable[T]) -> None:
        """Put in what is in any of the others."""
        for other in others:
            self._items.update(dict.fromkeys(other))

    def union(self, *others: Iterable[T]) -> OrderedSet[T]:
        """What is in any: ours first, then theirs."""
        result = self.copy()
        result.update(*others)
        return result

    def intersection(self, *others: Iterable[Any]) -> OrderedSet[T]:
        """What is in all, in our order."""
        sets = [set(other) for other in others]
        return OrderedSet(i for i in self if all(i in other for other in sets))

    def difference(self, *others: Iterable[Any]) -> OrderedSet[T]:
        """What is only here."""
        sets = [set(other) for other in others]
        return OrderedSet(i for i in self if not any(i in other for other in sets))

    def symmetric_difference(self, other: Iterable[T]) -> OrderedSet[T]:
        """What is in one of both: ours first, then theirs."""
        theirs = OrderedSet(other)
        return self.difference(theirs).union(theirs.difference(self))

    def issubset(self, other: Iterable[Any]) -> bool:
        """Whether all of it is in the other."""
        return self <= _as_set(other)

    def issuperset(self, other: Iterable[Any]) -> bool:
        """Whether all of the other is here."""
        return self >= _as_set(other)

    def __repr__(self) -> str:
        return f"{{{', '.join(map(repr, self))}}}" if self._items else "set()"


def _as_set(items: Iterable[Any]) -> AbstractSet[Any]:
    return items if isinstance(items, AbstractSet) else set(items)
