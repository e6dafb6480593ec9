"""State of modules, classes and libraries: each run has its own."""

import contextlib
import decimal
import functools
import itertools
import json
import math
import re
import statistics
import string
import warnings
from collections import ChainMap, Counter, defaultdict
from contextvars import ContextVar
from decimal import ROUND_UP, Decimal, getcontext, localcontext
from typing import Any

import helper
from wfx import workflow

COUNT = 0
SEEN: list[int] = []
CACHE: dict[str, int] = {}
COUNTER = itertools.count()
VARIABLE: ContextVar[list[int]] = ContextVar("VARIABLE")


def numbers() -> Any:
    """A generator kept at module level."""
    yield from range(10)


NUMBERS = numbers()


@functools.lru_cache(maxsize=2)
def squared(n: int) -> int:
    """Counts its calls."""
    SEEN.append(n)
    return n * n


def remembering(value: int, into: list[int] = []) -> list[int]:
    """A mutable default argument."""
    into.append(value)
    return into


class Registry:
    """Class state."""

    entries: dict[str, int] = {}


@workflow
async def globals_are_per_run() -> Any:
    """Everything that a module can keep."""
    global COUNT
    COUNT += 1
    CACHE["x"] = CACHE.get("x", 0) + 1
    Registry.entries["a"] = Registry.entries.get("a", 0) + 1
    squared(2), squared(3), squared(2)
    info = squared.cache_info()
    remembering(1)
    function_state.calls = getattr(function_state, "calls", 0) + 1
    helper.TOTAL.append(1)
    helper.bump()
    return [
        COUNT,
        CACHE,
        Registry.entries,
        list(SEEN),
        list(info),
        repr(info),
        remembering(2),
        next(COUNTER),
        next(NUMBERS),
        function_state.calls,
        helper.TOTAL,
        helper.NUMBER,
        VARIABLE.get([]),
        helper.__name__,
        __name__,
        __doc__,
    ]


def function_state() -> None:
    """Attributes of functions."""


@workflow
async def decimals() -> Any:
    """Contexts."""
    before = str(Decimal(1) / 7)
    getcontext().prec = 6
    getcontext().rounding = ROUND_UP
    with localcontext() as context:
        context.prec = 3
        inner = str(Decimal(1) / 7)
    flags = sorted(flag.__name__ for flag, set_ in getcontext().flags.items() if set_)
    traps = sorted(flag.__name__ for flag, set_ in getcontext().traps.items() if set_)
    return [before, str(Decimal(1) / 7), inner, flags, traps, str(getcontext()), decimal.MAX_PREC]


@workflow
async def decimals_untouched() -> Any:
    """The host's context does not show."""
    return [str(Decimal(1) / 7), str(Decimal("1.005").quantize(Decimal("0.01"))), sum([Decimal("0.1")] * 3)]


@workflow
async def floats() -> Any:
    """Formatting of numbers, in the C locale."""
    return [
        repr(0.1),
        str(1e16),
        f"{1234567.891:,.2f}",
        f"{1234567.891:n}",
        f"{1234567:n}",
        format(1234567.5, "n"),
        f"{Decimal('1234567.5'):n}",
        "%.3e" % 12345.678,
        "{:>10.3g}".format(0.000012345),
        round(2.5),
        round(2.675, 2),
        math.sqrt(2),
        math.sin(1e22),
        math.fsum([0.1] * 10),
        statistics.mean([1, 2, 4]),
        statistics.stdev([1.5, 2.5, 4]),
        statistics.multimode("aabbc"),
        statistics.quantiles([1, 2, 3, 4, 5]),
        float("nan") != float("nan"),
        float.hex(0.1),
        (0.1).as_integer_ratio(),
        1e308 * 10,
        -0.0,
        sum([0.1] * 10) > 0.99,
        2**0.5,
        pow(2, -1),
        divmod(-7, 2),
        int("1_000"),
    ]


@workflow
async def texts() -> Any:
    """Case, order, encodings."""
    words = ["Zebra", "apple", "Äpfel", "zoo", "ähnlich"]
    return [
        sorted(words),
        sorted(words, key=str.casefold),
        "İ".lower(),
        "ß".upper(),
        "äöü".encode(),
        string.capwords("a b"),
        re.findall(r"\w+", "naïve café"),
        re.sub(r"(?P<a>\d)", r"<\g<a>>", "a1b2"),
        re.split("[,;]", "a,b;c"),
        [m.span() for m in re.finditer("a", "banana")],
        repr(re.compile("a", re.I)),
        "\u00e9" == "e\u0301",
        "x".encode("utf-16-le"),
        ascii("é"),
    ]


@workflow
async def jsons() -> Any:
    """Keys in the order of insertion."""
    data = {"b": 1, "a": [1.0, 2, None, True], "c": {"z": 1, "y": 2}}
    text = json.dumps(data)
    return [
        text,
        json.dumps(data, sort_keys=True, indent=1),
        json.loads('{"q": 1, "p": 1e3, "r": 1.10}'),
        list(json.loads(text)),
        json.dumps("é"),
        json.dumps(float("inf")),
    ]


@workflow
async def dicts() -> Any:
    """Order of everything that is a dict."""
    d = {"z": 1, "y": 2}
    d["x"] = 3
    del d["z"]
    d["z"] = 4
    e = defaultdict(list)
    for word in ("pear", "fig", "plum"):
        e[word[0]].append(word)
    return [
        list(d),
        list(d.items()),
        d.popitem(),
        list((d | {"w": 1})),
        list(Counter("mississippi").items()),
        Counter("mississippi").most_common(),
        dict(e),
        list(ChainMap({"a": 1}, {"b": 2})),
        dict(zip("ba", [1, 2])),
        list({**d, "q": 1}),
    ]


@workflow
async def warned() -> Any:
    """warnings are text for the terminal, once or not."""
    for _ in range(2):
        warnings.warn("careful", stacklevel=1)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    return re.findall("[[a]", "[a")


@workflow
async def suppressed() -> Any:
    """contextlib."""
    out = []
    with contextlib.suppress(KeyError):
        {}["x"]
        out.append("not reached")
    with contextlib.ExitStack() as stack:
        for name in "abc":
            stack.callback(out.append, name)
    return out


@workflow
async def printed() -> Any:
    """Output is shown once."""
    print("one", end="")
    print("two")
    return None
