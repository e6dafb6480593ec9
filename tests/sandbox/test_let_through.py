"""Ordinary modern Python runs unchanged."""

from __future__ import annotations

from typing import Any

import pytest

REALISTIC = '''
"""An order workflow as somebody would write it."""
from __future__ import annotations

import asyncio
import dataclasses
import enum
import logging
import os
from abc import ABC, abstractmethod
from collections import Counter, defaultdict, namedtuple
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum, auto
from functools import cached_property, lru_cache, partial, reduce, wraps
from itertools import chain, groupby
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, NamedTuple, Protocol, TypeVar
from uuid import uuid4

import payments_sdk
from pydantic import BaseModel, ConfigDict, Field, computed_field, field_validator, model_validator

from helpers.money import total as sum_up, Money
from helpers import text
from wfx import step, workflow

if TYPE_CHECKING:
    from somewhere import Nothing

__all__ = ["checkout", "charge"]
logger = logging.getLogger(__name__)
API_KEY = os.environ["THE_API_KEY_OF_THIS_TEST"]
client = payments_sdk.Client(key=API_KEY)
client.connect()
LIMIT = 3
T = TypeVar("T")
Names = list[str]


class Color(StrEnum):
    RED = auto()
    BLUE = auto()


class Level(Enum):
    LOW = 1
    HIGH = 2

    @property
    def loud(self) -> bool:
        return self is Level.HIGH


class Point(NamedTuple):
    x: int
    y: int = 0


Pair = namedtuple("Pair", "left right")


class Item(BaseModel, frozen=True):
    model_config = ConfigDict(str_strip_whitespace=True)
    name: str
    price: Annotated[Decimal, Field(gt=0)]
    color: Color = Color.RED
    tags: set[str] = set()

    @field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        if not value:
            raise ValueError("empty")
        return value

    @computed_field
    @property
    def label(self) -> str:
        return f"{self.name:>5}|{self.price:.2f}"


class Order(BaseModel):
    id: str
    items: list[Item] = Field(default_factory=list)
    parent: Order | None = None
    kind: Literal["a", "b"] = "a"
    later: "list[Later]" = []

    @model_validator(mode="after")
    def _checked(self) -> Order:
        return self


class Later(BaseModel):
    n: int


class Box(BaseModel, Generic[T]):
    content: T


@dataclass
class Basket:
    owner: str
    counts: dict[str, int] = field(default_factory=dict)
    _hidden: int = 0
    next: Basket | None = None

    def __post_init__(self) -> None:
        self._hidden += 1
        self.__secret = 7

    def add(self, name: str, *, n: int = 1) -> Basket:
        self.counts[name] = self.counts.get(name, 0) + n
        self._hidden += 1
        return self

    @property
    def hidden(self) -> int:
        return self._hidden + self.__secret


@dataclass(frozen=True, slots=True, order=True)
class Version:
    major: int
    minor: int = 0
    text: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", f"v{self.major}.{self.minor}")


class Shape(ABC):
    registry: dict[str, type] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Shape.registry[cls.__name__] = cls

    @abstractmethod
    def area(self) -> float: ...


class Square(Shape):
    __slots__ = ("side",)

    def __init__(self, side: float) -> None:
        super().__init__()
        self.side = side

    def area(self) -> float:
        return self.side ** 2

    @classmethod
    def unit(cls) -> Square:
        return cls(1)

    @staticmethod
    def twice(n: int) -> int:
        return 2 * n

    @cached_property
    def never(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Square) and other.side == self.side

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.side})"


class HasArea(Protocol):
    def area(self) -> float: ...


class Declined(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def loud(f):
    @wraps(f)
    def inner(*args, **kwargs):
        return f(*args, **kwargs).upper()
    return inner


@loud
def greet(name: str, /, *rest: str, sep: str = " ") -> str:
    return sep.join(["hi", name, *rest])


@lru_cache(maxsize=None)
def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@contextmanager
def noted(log: list[str], what: str):
    log.append(f"+{what}")
    try:
        yield what
    finally:
        log.append(f"-{what}")


@asynccontextmanager
async def held(log: list[str]) -> AsyncIterator[int]:
    log.append("open")
    yield 1
    log.append("close")


async def ticks(n: int):
    for i in range(n):
        yield i
        await asyncio.sleep(0)


@step(max_retries=2)
async def charge(order: Order, key: str) -> Receipt:
    assert client.get("x") == "real"
    return Receipt(order_id=order.id, amount=sum_up(order.items), at=Level.HIGH)


@step
def decline(reason: str) -> None:
    raise Declined(reason)


class Receipt(BaseModel):
    order_id: str
    amount: Decimal
    at: Level


def _raw(n: int) -> int:
    with open("/nowhere") as f:
        return n


twice = step(_raw, name="flow:twice")


@workflow
async def checkout(order: Order) -> dict[str, Any]:
    log: list[str] = []
    out: dict[str, Any] = {}
    logger.info("order %s", order.id)
    receipt = await charge(order, key=str(uuid4()))
    out["receipt"] = isinstance(receipt, Receipt) and receipt.at.loud
    out["amount"] = receipt.amount
    with noted(log, "a") as a, noted(log, "b"):
        log.append(a)
    async with held(log) as n:
        n += 1
    out["log"] = log
    out["ticks"] = [i async for i in ticks(3) if i != 1]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(charge(order, str(i))) for i in range(2)]
    out["group"] = [t.result().order_id for t in tasks]
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails(1))
    except* ValueError as group_error:
        out["star"] = [str(e) for e in group_error.exceptions]
    try:
        async with asyncio.timeout(5):
            raise Declined("no")
    except Declined as error:
        out["reason"] = error.reason
    else:
        raise AssertionError
    finally:
        out["finally"] = True
    basket = Basket("me").add("x").add("x", n=2)
    out["basket"] = (basket.hidden, basket.counts)
    counts: defaultdict[str, int] = defaultdict(int)
    for word in "a b a".split():
        counts[word] += 1
    out["counts"] = dict(counts)
    match order:
        case Order(id=str() as id_, items=[Item(name=first), *rest]):
            out["match"] = (id_, first, len(rest))
    match {"k": [1, 2], "z": 1}:
        case {"k": [x, y], **others} if x < y:
            out["mapping"] = (x, y, others)
    match Point(1, 2):
        case Point(px, py):
            out["point"] = px + py
    total = 0

    def bump(by: int = 1) -> int:
        nonlocal total
        total += by
        return total

    out["closure"] = (bump(), bump(by=2), (lambda q: q + total)(1))
    if (size := len(order.items)) > 1:
        out["walrus"] = size
    head, *tail = [1, 2, 3]
    out["star2"] = (head, tail, [*tail, *range(2)], {**out["counts"], "q": 1})
    out["fib"] = fib(20)
    out["greet"] = greet("you", "all")
    out["reduce"] = reduce(lambda p, q: p + q, chain([1], [2, 3]))
    out["partial"] = partial(greet, "x")()
    out["version"] = (Version(1, 2) < Version(1, 3), Version(2).text, repr(Version(1)))
    square = Square.unit()
    out["shape"] = (square.area(), sorted(Shape.registry), repr(square), Square.twice(4))
    out["enum"] = (Color("red").value, Color.BLUE.name, Level["LOW"].value, list(Color.__members__))
    out["pair"] = Pair(1, 2)._asdict()
    out["box"] = Box[int](content="3").content
    out["money"] = f"{Money(5) + Money(2)!r} {text.shout('x')} {order.items[0].label!r}"
    out["names"] = (__name__, Order.__name__, square.__class__.__name__, Receipt.__module__)
    out["sets"] = (list({3, 1, 2}), [c for c in {c for c in "hello"}], list(order.items[0].tags))
    out["delta"] = (datetime(2026, 1, 2, tzinfo=UTC) - timedelta(days=1)).isoformat()
    out["sorted"] = [k for k, _ in groupby(sorted("bab"))]
    out["del"] = clean({"a": 1, "b": 2})
    out["gen"] = list(countdown(3))
    out["global"] = (tick(), tick())
    nested = Order(id="z", later=[{"n": 1}], parent={"id": "y"})
    out["later"] = nested.model_dump(mode="json", include={"later", "parent"})["later"]
    return out


COUNT = 0


def tick() -> int:
    global COUNT
    COUNT += 1
    return COUNT


def clean(d: dict[str, int]) -> dict[str, int]:
    del d["a"]
    return d


def countdown(n: int):
    while n:
        yield n
        n -= 1
    else:
        yield from ("lift", "off")


async def fails(n: int) -> None:
    await asyncio.sleep(0)
    raise ValueError(f"bad {n}")


if __name__ == "__main__":
    asyncio.run(checkout(Order(id="1")))
'''

PAYMENTS_SDK = """
class HTTPError(Exception): ...
class Client:
    def __init__(self, key): self.key = key
    def connect(self): open("/dev/null").close()
    def get(self, url): return "real"
"""

MONEY = """
from __future__ import annotations
from decimal import Decimal

class Money:
    def __init__(self, amount: int) -> None:
        self._amount = amount

    def __add__(self, other: Money) -> Money:
        return Money(self._amount + other._amount)

    def __repr__(self) -> str:
        return f"Money({self._amount})"

def total(items) -> Decimal:
    return sum((each.price for each in items), Decimal(0))
"""

TEXT = """
import re
from .money import Money

def shout(s):
    return re.sub("x", "Y", s) + str(Money(1))
"""


def test_a_realistic_module_runs_unchanged(lab: Any, monkeypatch: Any, fake_run: Any) -> None:
    """Models, dataclasses, enums, helpers, steps, asyncio and most syntax, in one module."""
    monkeypatch.setenv("THE_API_KEY_OF_THIS_TEST", "secret")
    lab.write(payments_sdk=PAYMENTS_SDK, helpers__money=MONEY, helpers__text=TEXT, flow=REALISTIC)
    # Installed, not local: the sandbox must not load it.
    installed = lab.app_dir / "elsewhere"
    installed.mkdir()
    (lab.app_dir / "payments_sdk.py").rename(installed / "payments_sdk.py")
    monkeypatch.syspath_prepend(str(installed))
    loaded = lab.load("flow:checkout")
    run = fake_run()
    import sys

    flow = sys.modules["flow"]
    order = flow.Order(
        id="o1",
        items=[
            flow.Item(name=" pen ", price="1.50", tags=["x", "y"]),
            flow.Item(name="cup", price=2),
        ],
    )

    out = lab.call(loaded, order, run=run)

    tags = out["sets"][2]
    assert sorted(tags) == ["x", "y"]
    assert out == {
        "receipt": True,
        "amount": flow.Decimal("3.50"),
        "log": ["+a", "+b", "a", "-b", "-a", "open", "close"],
        "ticks": [0, 2],
        "group": ["o1", "o1"],
        "star": ["bad 1"],
        "reason": "no",
        "finally": True,
        "basket": (10, {"x": 3}),
        "counts": {"a": 2, "b": 1},
        "match": ("o1", "pen", 1),
        "mapping": (1, 2, {"z": 1}),
        "point": 3,
        "closure": (1, 3, 4),
        "walrus": 2,
        "star2": (1, [2, 3], [2, 3, 0, 1], {"a": 2, "b": 1, "q": 1}),
        "fib": 6765,
        "greet": "HI YOU ALL",
        "reduce": 6,
        "partial": "HI X",
        "version": (True, "v2.0", "Version(major=1, minor=0, text='v1.0')"),
        "shape": (1, ["Square"], "Square(1)", 8),
        "enum": ("red", "BLUE", 1, ["RED", "BLUE"]),
        "pair": {"left": 1, "right": 2},
        "box": 3,
        "money": "Money(7) YMoney(1) '  pen|1.50'",
        "names": ("flow", "Order", "Square", "flow"),
        "sets": ([3, 1, 2], ["h", "e", "l", "o"], tags),
        "delta": "2026-01-01T00:00:00+00:00",
        "sorted": ["a", "b"],
        "del": {"b": 2},
        "gen": [3, 2, 1, "lift", "off"],
        "global": (1, 2),
        "later": [{"n": 1}],
    }
    line = (
        REALISTIC.lstrip("\n")
        .split("\n")
        .index("    receipt = await charge(order, key=str(uuid4()))")
    )
    assert run.steps[0] == ("flow:charge", f"flow.py:{line + 1}")
    assert run.shown == [("stderr", "INFO:flow:order o1\n")]
    assert lab.call(loaded, order)["global"] == (1, 2), "module state is the run's own"


@pytest.mark.parametrize(
    "name", ["type", "pydantic.RootModel", "typing.Annotated", "asyncio.Future", "asyncio.Queue"]
)
def test_what_is_subscripted_is_no_sequence(lab: Any, name: str) -> None:
    """As in Python: `[...]` on a class makes no loop over it, least of all an endless one."""
    source = f"""
        import asyncio, pydantic, typing
        from wfx import workflow

        @workflow
        async def main():
            try:
                list(zip(range(3), {name}))
            except TypeError as error:
                return str(error)
    """
    assert "not iterable" in lab.run(source)
