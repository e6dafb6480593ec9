"""hash(), id() and reprs: numbers of the run, never addresses."""

import asyncio
import functools
import logging
from collections import Counter, OrderedDict, defaultdict, deque
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from functools import cached_property, lru_cache, partial
from itertools import count, islice, permutations
from operator import attrgetter, itemgetter
from re import compile as pattern
from string import Template
from types import MappingProxyType, SimpleNamespace
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

import surroundings
from wfx import create_hook, step, workflow

T = TypeVar("T")
VARIABLE: ContextVar[int] = ContextVar("VARIABLE", default=0)


class Colour(Enum):
    """Members."""

    RED = "red"
    BLUE = "blue"


class Number(IntEnum):
    """Members that are numbers."""

    ONE = 1


class Text(StrEnum):
    """Members that are text."""

    A = "a"


class Plain:
    """No methods of its own."""

    def method(self) -> None:
        """A method."""

    @property
    def prop(self) -> int:
        """A property."""
        return 1

    @cached_property
    def cached(self) -> object:
        """Made once."""
        return object()

    @classmethod
    def of_class(cls) -> None:
        """A class method."""

    @staticmethod
    def static() -> None:
        """A static method."""


class Sub(Plain):
    """Inherits."""


class Slotted:
    """__slots__."""

    __slots__ = ("x",)


class Box(Generic[T]):
    """Generic."""


class Shown:
    """A repr with the repr of others."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __repr__(self) -> str:
        return f"Shown({self.inner!r})"

    def __str__(self) -> str:
        return "shown " + str(self.inner)


class Concatenated:
    """super().__repr__() inside."""

    def __repr__(self) -> str:
        return "C:" + super().__repr__()


@dataclass
class Data:
    """Holds anything."""

    x: Any = None


@dataclass(frozen=True)
class Frozen:
    """Hashable."""

    a: str
    b: int = 0


class Pair(NamedTuple):
    """A tuple with names."""

    a: Any
    b: Any


class Model(BaseModel):
    """Anything goes."""

    model_config = {"arbitrary_types_allowed": True}
    x: Any = None


class Failure(Exception):
    """An exception of ours."""


def function(x: int = 0) -> int:
    """A function."""
    return x


def generator() -> Any:
    """A generator."""
    yield 1


async def agenerator() -> Any:
    """An async generator."""
    yield 1


async def coroutine() -> None:
    """A coroutine."""


@step
def noted(text: str) -> str:
    """A step."""
    return text


@lru_cache
def cached(x: int) -> int:
    """Cached."""
    return x


def things() -> list[Any]:
    """One of everything."""
    d = {"a": 1}
    return [
        object(),
        Plain(),
        Sub(),
        Slotted(),
        Box[int](),
        Plain,
        Box,
        Box[int],
        function,
        lambda: 0,
        things,
        Plain().method,
        Plain.method,
        Plain.of_class,
        Plain.static,
        Plain().cached,
        generator(),
        generator,
        agenerator(),
        agenerator,
        coroutine,
        partial(function, 1),
        partial(function, x=Plain()),
        cached,
        iter([]),
        iter(d),
        iter(()),
        iter("a"),
        iter(set()),
        iter(range(3)),
        d.keys(),
        d.values(),
        d.items(),
        iter(d.items()),
        zip([], []),
        map(function, []),
        filter(None, []),
        enumerate([]),
        reversed([]),
        count(),
        islice([], 1),
        permutations([]),
        attrgetter("a"),
        itemgetter(1),
        range(3),
        len,
        "".join,
        [].append,
        int,
        type,
        type(None),
        type(function),
        print,
        sorted,
        repr,
        isinstance,
        NotImplemented,
        ...,
        Colour,
        Colour.RED,
        Number.ONE,
        Text.A,
        Counter("ab"),
        defaultdict(list),
        defaultdict(function),
        deque([Plain()]),
        SimpleNamespace(x=Plain()),
        Template("$a"),
        pattern("a"),
        pattern("a").match("a"),
        Decimal("1.5"),
        Fraction(1, 3),
        UUID(int=1),
        date(2030, 1, 1),
        datetime(2030, 1, 1, tzinfo=UTC),
        Failure("x"),
        Failure(Plain()),
        ValueError(function),
        ExceptionGroup("g", [Failure(Plain())]),
        Data(Plain()),
        Data(function),
        Pair(Plain(), function),
        Model(x=Plain()),
        Model(x=function),
        Shown(Plain()),
        Shown(function),
        Concatenated(),
        [Plain(), function],
        {"k": Plain(), "f": function},
        (Plain(),),
        {Plain(): 1},
        {Plain(), function},
        noted,
        VARIABLE,
        VARIABLE.set(1),
        logging.getLogger("x"),
        asyncio,
        functools,
        surroundings,
        asyncio.Event(),
        asyncio.Lock(),
        asyncio.Queue(),
        asyncio.Semaphore(2),
        asyncio.Condition(),
        asyncio.Barrier(2),
        asyncio.timeout(5),
        asyncio.TaskGroup(),
        asyncio.sleep,
        asyncio.current_task(),
        asyncio.Future,
        T,
        list[int],
        int | str,
        property(function),
        staticmethod(function),
        classmethod(function),
        super(Sub, Sub()),
        bytes(1),
        bytearray(1),
        1.5,
        1 + 2j,
        True,
    ]


@workflow
async def reprs() -> Any:
    """repr() of everything."""
    return [repr(each) for each in things()]


@workflow
async def texts() -> Any:
    """str() of everything."""
    return [str(each) for each in things()]


@workflow
async def interpolated() -> Any:
    """f-strings, %, format, join, Template."""
    out: list[Any] = []
    for each in things():
        out.append(f"{each}")
        out.append(f"{each!r}")
        out.append(f"{each!s:>3}")
        out.append(f"{[each]}")
    return out


@workflow
async def percent() -> Any:
    """%s and %r."""
    return [["%s" % (each,), "%r" % (each,), "%(a)s" % {"a": each}] for each in things()]


@workflow
async def formatted() -> Any:
    """str.format."""
    out = []
    for each in things():
        out.append("{!r} {!s}".format(each, each))
        out.append("{0}".format([each]))
        out.append("{a}".format_map({"a": (each,)}))
    return out


@workflow
async def mapped() -> Any:
    """str and repr as values."""
    every = things()
    return [
        list(map(str, every)),
        list(map(repr, every)),
        [f(every[1]) for f in (str, repr, ascii)],
        ascii(function),
        Template("$x").substitute(x=function),
        sorted(map(str, [Plain(), Plain()])),
        " ".join(map(str, [Plain(), function])),
        format(Plain()),
        format(function),
        str(object=Plain()),
        "".join(str(x) for x in [function]),
        function.__repr__(),
        Plain().__repr__(),
        Plain().__str__(),
        Data(function).__repr__(),
        [function].__repr__(),
    ]


@workflow
async def hashes() -> Any:
    """hash() of everything that has one."""
    out = []
    for each in things():
        try:
            out.append(hash(each))
        except TypeError as error:
            out.append(str(error))
    return out


@workflow
async def hashes_of_values() -> Any:
    """Text, bytes, tuples, dates, dataclasses, enum members."""
    return [
        hash("text"),
        hash(b"bytes"),
        hash(("a", 1, None)),
        hash(frozenset("abc")),
        hash(Frozen("x")),
        hash(Frozen("x")) == hash(Frozen("x")),
        hash(Pair("a", "b")),
        hash(Colour.RED),
        hash(date(2030, 1, 1)),
        hash(datetime(2030, 1, 1)),
        hash(None),
        hash(1.5),
        hash(Text.A) == hash("a"),
        hash(UUID(int=7)),
        hash(Decimal("1.10")) == hash(Decimal("1.1")),
        hash(Fraction(1, 2)) == hash(0.5),
        hash(True) == hash(1),
        hash(-1),
        hash(2**100),
        hash(range(3)),
        hash(slice) == hash(slice),
        {hash(c) % 7 for c in "abcdef"},
        sorted("bca", key=hash),
        hash(int),
        hash(Plain),
        hash(function),
        hash(...),
        list(map(hash, ["a", "b"])),
        hash(complex(1, 2)),
        hash((1, 2)) == hash((1.0, 2.0)),
        hash("a") == hash(Text.A),
        hash(Number.ONE) == hash(1),
        hash(MappingProxyType({})) if False else 0,
    ]


class Hashed:
    """__hash__ over others."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __hash__(self) -> int:
        return hash((self.name, 1))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hashed) and other.name == self.name


@workflow
async def hash_of_own() -> Any:
    """__hash__ of a class, in dicts and sets, and through attrgetter."""
    names = [Hashed(n) for n in "xyz"]
    return [
        [hash(n) for n in names],
        [n.name for n in {*names, Hashed("x")}],
        list({n: n.name for n in names}.values()),
        hash(Frozen("a", 1)),
        hash(Data.__name__),
    ]


@workflow
async def ids() -> Any:
    """id() and what sorts by it."""
    a, b, c = Plain(), Plain(), Plain()
    return [
        id(a),
        id(b),
        id(a) == id(a),
        [each is a for each in sorted([c, b, a], key=id)],
        sorted([id(c), id(b), id(a)]),
        list(map(id, [a, c])),
        id(a) < id(b),
        {id(x): n for n, x in enumerate([a, b, c])},
        id(None) == id(None),
        id(function),
        id("text") == id("text"),
    ]


@workflow
async def sorting() -> Any:
    """By hash, by repr, by str, of functions and objects."""
    objects = [Plain() for _ in range(4)]
    return [
        [objects.index(o) for o in sorted(objects, key=hash)],
        [objects.index(o) for o in sorted(objects, key=repr)],
        [objects.index(o) for o in sorted(objects, key=str)],
        [f.__name__ for f in sorted([things, function, cached.__class__ and generator], key=str)],
        [f.__name__ for f in sorted([generator, function, things], key=repr)],
        [f.__name__ for f in sorted([generator, function, things], key=id)],
        [f.__name__ for f in sorted([generator, function, things], key=hash)],
    ]


@workflow
async def exceptions() -> Any:
    """Texts of errors that show objects."""
    out: list[Any] = []

    def attempt(call: Any) -> None:
        try:
            call()
        except Exception as error:
            out.append([type(error).__name__, str(error), repr(error), f"{error}"])

    attempt(lambda: Plain() + 1)
    attempt(lambda: Plain() < Plain())
    attempt(lambda: Plain().missing)
    attempt(lambda: function(1, 2, 3))
    attempt(lambda: int(Plain()))
    attempt(lambda: int("x"))
    attempt(lambda: {}[Plain()])
    attempt(lambda: {}[function])
    attempt(lambda: [].remove(Plain()))
    attempt(lambda: [].index(function))
    attempt(lambda: (_ for _ in ()).throw(ValueError(Plain())))
    attempt(lambda: Colour(Plain()))
    attempt(lambda: Colour["x"])
    attempt(lambda: hash([]))
    attempt(lambda: sorted([1, "a"]))
    attempt(lambda: Frozen())
    attempt(lambda: Decimal("x"))
    attempt(lambda: len(function))
    attempt(lambda: iter(function))
    attempt(lambda: function[0])
    attempt(lambda: next(iter([])))
    attempt(lambda: set().remove(Plain()))
    attempt(lambda: {Plain()}.remove(function))
    attempt(lambda: "".join([Plain()]))
    attempt(lambda: datetime.fromisoformat("x"))
    attempt(lambda: UUID("x"))
    attempt(lambda: super(Sub, Sub()).nope)
    attempt(lambda: surroundings.nothing_there)
    attempt(lambda: [][3])
    attempt(lambda: 1 / 0)
    attempt(lambda: undefined_name)
    return out


class Strict(BaseModel):
    """Refuses."""

    n: int
    f: str


@workflow
async def validation_errors() -> Any:
    """Texts of pydantic's errors show the input."""
    out = []
    for given in (Plain(), function, {"x"}, "text", lambda: 0):
        try:
            Strict(n=given, f=given)
        except ValidationError as error:
            out += [str(error), repr(error), f"{error}", len(error.errors())]
    return out


@workflow
async def uncaught() -> Any:
    """The error of the run itself."""
    raise Failure(f"{function} {Plain()!r}", Plain().method)


@workflow
async def uncaught_from_library() -> Any:
    """An error whose text the sandbox did not make."""
    return {}[function]


@workflow
async def raised_with_objects() -> Any:
    """What the log keeps of an exception's arguments."""
    raise ValueError(Plain(), {"k": function}, [Plain()])


@workflow
async def to_steps() -> Any:
    """Text given to a step, and a hook's token."""
    text = await noted(f"{function} {Plain()}")
    async with create_hook(metadata={"by": repr(function)}) as hook:
        return [text, len(hook.token), hook.token]


@workflow
async def logged() -> Any:
    """print and logging."""
    print(function, Plain(), [function], sep="|")
    logging.getLogger("a").info("%s %r", function, [Plain()])
    logging.warning(function)
    log = logging.getLogger(__name__)
    try:
        raise Failure(Plain())
    except Failure:
        log.exception("failed: %s", {"k": function})
    return None


@workflow
async def of_the_version() -> Any:
    """What Python itself changed: a run that shows it diverges on another Python."""
    return [repr(OrderedDict(a=1)), sum([0.1] * 10), repr(MappingProxyType({"a": 1}))]


@workflow
async def temporaries() -> Any:
    """Objects that are gone when the next one is made, perhaps at the same address."""
    def make() -> Any:
        return lambda: 0

    def letters() -> Any:
        return (x for x in "ab")

    return [
        [repr(object()) for _ in range(3)],
        [f"{make()}" for _ in range(3)],
        [id(Plain()) for _ in range(3)],
        [hash(Plain()) for _ in range(3)],
        ["%s" % iter([]) for _ in range(3)],
        len({id([]) for _ in range(3)}),
        [str(letters()) for _ in range(2)],
        repr([object(), [object()], {"k": (object(),)}]),
        repr(partial(partial(function, object()), k=[object()])),
    ]


@step
def same_twice(text: str) -> list[Any]:
    """The same objects twice."""
    number, raw = 10**12 + len(text), text.encode()
    return [text, text, number, number, raw, raw, [text], 1.5]


@workflow
async def identity_of_decoded() -> Any:
    """Live a result comes straight from the step, in a replay out of JSON."""
    got = await same_twice("a text from a step")
    again = await same_twice("a text from a step")
    return [
        got[0] is got[1],
        got[0] is again[0],
        got[2] is got[3],
        got[2] is not again[2],
        got[4] is got[5],
        got[7] is again[7],
        got[6] is again[6],
        id(got[0]) == id(again[0]),
        got[0] is "".join(["a text", " from a step"]),
        len({id(each) for each in got[:6]}),
    ]


@workflow
async def identities() -> Any:
    """`is` between equal values."""
    echoed = await noted("echo")
    again = await noted("echo")
    long = "x" * 50
    return [
        (1).__class__ is int,
        int("5") is int("5"),
        Colour("red") is Colour.RED,
        None is None,
        Plain.method is Plain.method,
        Plain().method == Plain().method,
        function is function,
        echoed == again,
        long == "x" * 50,
    ]


class Countable:
    """Numbers its instances."""

    made = 0
    every: list[Any] = []

    def __init__(self) -> None:
        Countable.made += 1
        self.number = self.made
        self.every.append(self)


NUMBERS = count(1)


@workflow
async def counters() -> Any:
    """Class attributes and module-level counters begin anew in each run."""
    a, b = Countable(), Countable()
    return [a.number, b.number, len(Countable.every), next(NUMBERS), next(NUMBERS)]
