"""
What calls a function that it is given, where that may be `str` under any name.

`str` of a function or a task shows its address. Where workflow code calls it, the compiler sees to
that; here it is called by Python itself.
"""

from __future__ import annotations

import csv
import functools
import heapq
import itertools
import numbers
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from wfx_sandbox import kinds
from wfx_sandbox.text import callee, shown


class _MapKind(type):
    """Real objects are what is made."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, map)


class Map(metaclass=_MapKind):
    """The builtin `map`."""

    def __new__(cls, function: Any, /, *iterables: Any, **more: Any) -> Any:
        return map(callee(function), *iterables, **more)


class _StarMapKind(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, itertools.starmap)


class StarMap(metaclass=_StarMapKind):
    """`itertools.starmap`."""

    def __new__(cls, function: Any, iterable: Any, /) -> Any:
        return itertools.starmap(callee(function), iterable)


def groupby(iterable: Any, key: Any = None) -> Any:
    """`itertools.groupby`."""
    return itertools.groupby(iterable, callee(key))


class Partial(functools.partial):  # type: ignore[type-arg]  # generic for type checkers only
    """`functools.partial`."""

    def __new__(cls, func: Any, /, *args: Any, **keywords: Any) -> Any:
        return super().__new__(cls, callee(func), *args, **keywords)

    def __repr__(self) -> str:
        said = super().__repr__()
        return f"functools.partial{said[said.index('(') :]}"


def lru_cache(maxsize: Any = 128, typed: bool = False) -> Any:
    """`functools.lru_cache`."""
    if callable(maxsize):
        return functools.lru_cache(callee(maxsize))
    cached = functools.lru_cache(maxsize, typed)
    return lambda function: cached(callee(function))


def cache(user_function: Any, /) -> Any:
    """`functools.cache`."""
    return functools.cache(callee(user_function))


def singledispatch(func: Any) -> Any:
    """`functools.singledispatch`."""
    return functools.singledispatch(callee(func))


def nlargest(n: Any, iterable: Any, key: Any = None) -> Any:
    """`heapq.nlargest`."""
    return heapq.nlargest(n, iterable, callee(key))


def nsmallest(n: Any, iterable: Any, key: Any = None) -> Any:
    """`heapq.nsmallest`."""
    return heapq.nsmallest(n, iterable, callee(key))


class Writer:
    """What `csv.writer` gives: it makes text of every object itself."""

    __slots__ = ("_writer",)

    def __init__(self, csvfile: Any, dialect: Any = "excel", **settings: Any) -> None:
        self._writer = csv.writer(csvfile, dialect, **settings)

    @property
    def dialect(self) -> Any:
        """How it writes."""
        return self._writer.dialect

    def writerow(self, row: Iterable[Any], /) -> Any:
        """Write one row."""
        return self._writer.writerow([_field(each) for each in row])

    def writerows(self, rows: Iterable[Iterable[Any]], /) -> None:
        """Write rows."""
        for row in rows:
            self.writerow(row)


def _field(value: Any) -> Any:
    return value if isinstance(value, numbers.Number) else shown(value)


def writer(csvfile: Any, /, dialect: Any = "excel", **settings: Any) -> Writer:
    """`csv.writer`."""
    return Writer(csvfile, dialect, **settings)


def urlencode(query: Any, doseq: bool = False, *args: Any, **settings: Any) -> str:
    """`urllib.parse.urlencode`."""
    if not isinstance(query, str | bytes):
        pairs = query.items() if hasattr(query, "items") else query
        query = [_pair(each, doseq) for each in pairs]
    return urllib.parse.urlencode(query, doseq, *args, **settings)


def _pair(pair: Any, doseq: bool) -> Any:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        return pair  # Python says what is wrong
    key, value = pair
    if doseq and not isinstance(value, str | bytes) and hasattr(value, "__len__"):
        made: list[Any] = [shown(key), [shown(each) for each in value]]
    else:
        made = [shown(key), shown(value)]
    return tuple(made) if isinstance(pair, tuple) else made  # Python wants a tuple first


for _class, _of in ((Map, map), (StarMap, itertools.starmap), (Partial, functools.partial)):
    _class.__name__, _class.__qualname__ = _of.__name__, _of.__qualname__
    _class.__module__ = _of.__module__
    kinds.stand_in(_of, _class)

MODULES: Final[Mapping[str, Mapping[str, Callable[..., Any]]]] = {
    "itertools": {"starmap": StarMap, "groupby": groupby},
    "functools": {
        "partial": Partial,
        "lru_cache": lru_cache,
        "cache": cache,
        "singledispatch": singledispatch,
    },
    "heapq": {"nlargest": nlargest, "nsmallest": nsmallest},
    "csv": {"writer": writer},
    "urllib.parse": {"urlencode": urlencode},
}
