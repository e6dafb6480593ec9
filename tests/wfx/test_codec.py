"""The codec: what each value looks like in the log, and that it comes back as it was."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import threading
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Iterator
from dataclasses import dataclass, field, is_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum, auto
from fractions import Fraction
from functools import cached_property
from typing import Any, Generic, Literal, NamedTuple, TypeVar, Union
from uuid import UUID
from zoneinfo import ZoneInfo

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfx.codec import (
    HOST,
    MISSING,
    HostRegistry,
    decode,
    decode_error,
    dumps,
    encode,
    encode_error,
    equal,
    first_difference,
    loads,
    retag,
)
from wfx.errors import DecodeError, EncodeError, RetryableError, StepError, StepTimeout
from wfx.values import Json

HERE = __name__
T = TypeVar("T")

# -- classes to be written ----------------------------------------------------------------


class Colour(Enum):
    RED = "red"
    GREEN = "green"
    VERDANT = "green"  # noqa: PIE796 (an alias)


class Level(IntEnum):
    LOW = 1


class Word(StrEnum):
    YES = "yes"


class Right(Flag):
    READ = auto()
    WRITE = auto()
    RUN = auto()


class Point(NamedTuple):
    x: int
    y: int = 7


Pair = namedtuple("Pair", "left right")


@dataclass
class Line:
    sku: str
    price: Any = None


@dataclass(frozen=True, slots=True)
class Frozen:
    a: int
    b: list[int] = field(default_factory=list)


@dataclass
class Busy:
    """Its `__post_init__` must not run again, and what it made must not be lost."""

    given: int
    made: int = field(init=False)
    later: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.made = self.given + 1
        self._hidden = [self.given]
        BUSY_CALLS.append(self.given)

    @cached_property
    def expensive(self) -> object:
        return object()


BUSY_CALLS: list[int] = []


class Address(pydantic.BaseModel):
    street: str
    tags: set[str] = set()


class Customer(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    name: str
    address: Address | None = None
    home: pydantic.HttpUrl | None = None
    _seen: int = pydantic.PrivateAttr(default=0)
    _lock: Any = pydantic.PrivateAttr(default_factory=threading.Lock)

    @pydantic.field_validator("name")
    @classmethod
    def _shout(cls, value: str) -> str:
        return value + "!"


class Numbers(pydantic.RootModel[list[int]]):
    pass


class Box(pydantic.BaseModel, Generic[T]):
    item: T


class OutOfStock(Exception):
    def __init__(self, sku: str, *, left: int) -> None:
        super().__init__(f"{sku} is out of stock")
        self.sku = sku
        self.left = left


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


@dataclass(frozen=True)
class FrozenError(Exception):
    reason: str


class Opaque:
    pass


class Money(Decimal):
    pass


class Shelf(dict[str, int]):
    pass


class Elsewhere(tzinfo):
    """A time zone of some other library."""

    def utcoffset(self, dt: datetime | None) -> timedelta:
        return timedelta(hours=3)

    def dst(self, dt: datetime | None) -> timedelta:
        return timedelta()

    def tzname(self, dt: datetime | None) -> str:
        return "ELS"


class OrderedSet(set[Any]):
    """A set with an order of its own, as a sandbox has them."""

    def __init__(self, items: Any = ()) -> None:
        self.order = list(dict.fromkeys(items))
        super().__init__(self.order)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.order)


class RunRegistry:
    """A registry as a sandbox has one: own sets, own classes under recorded names."""

    def __init__(self, **classes: type) -> None:
        self.classes = {name.replace("__", ":"): cls for name, cls in classes.items()}
        self.classes["builtins:set"] = OrderedSet

    def tag(self, cls: type) -> str:
        for name, own in self.classes.items():
            if own is cls:
                return name
        return HOST.tag(cls)

    def resolve(self, tag: str) -> type | None:
        return self.classes.get(tag) or HOST.resolve(tag)


# -- the forms ----------------------------------------------------------------------------

HIGH, LOW = "\ud83d", "\ude00"

GOLDEN: list[tuple[object, str]] = [
    (None, "null"),
    (True, "true"),
    (1, "1"),
    (-(2**63), "-9223372036854775808"),
    (2**63, '{"$":"int","value":"0x8000000000000000"}'),
    (1.0, "1.0"),
    (-0.0, "-0.0"),
    (math.inf, '{"$":"float","value":"inf"}'),
    (-math.inf, '{"$":"float","value":"-inf"}'),
    ("a\0é😀", '"a\\u0000\\u00e9\\ud83d\\ude00"'),
    (HIGH + LOW, '{"$":"str","value":"7aC97biA"}'),
    (b"\x00\xff", '{"$":"bytes","value":"AP8="}'),
    (bytearray(b"a"), '{"$":"bytearray","value":"YQ=="}'),
    (datetime(2026, 1, 2, 3, 4, 5, 6), '{"$":"datetime","value":"2026-01-02T03:04:05.000006"}'),
    (datetime(2026, 1, 2, tzinfo=UTC), '{"$":"datetime","value":"2026-01-02T00:00:00+00:00"}'),
    (
        datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=-5), "EST")),
        '{"$":"datetime","value":"2026-01-02T00:00:00-05:00","name":"EST"}',
    ),
    (
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Vienna"), fold=1),
        '{"$":"datetime","value":"2026-10-25T02:30:00","zone":"Europe/Vienna","fold":1}',
    ),
    (date(2026, 1, 2), '{"$":"date","value":"2026-01-02"}'),
    (time(1, 2, tzinfo=UTC), '{"$":"time","value":"01:02:00+00:00"}'),
    (
        time(1, 2, tzinfo=ZoneInfo("Europe/Vienna")),
        '{"$":"time","value":"01:02:00","zone":"Europe/Vienna"}',
    ),
    (timedelta(days=-1, microseconds=1), '{"$":"timedelta","value":[-1,0,1]}'),
    (Decimal("1.10"), '{"$":"decimal","value":"1.10"}'),
    (UUID(int=1), '{"$":"uuid","value":"00000000-0000-0000-0000-000000000001"}'),
    (Fraction(1, 3), '{"$":"fraction","value":"1/3"}'),
    (complex(1, -0.0), '{"$":"complex","value":"(1-0j)"}'),
    (pathlib.PurePosixPath("/a/b"), '{"$":"pure_posix_path","value":"/a/b"}'),
    (pathlib.PosixPath("a"), '{"$":"path","value":"a"}'),
    (ipaddress.ip_address("::1"), '{"$":"ipv6_address","value":"::1"}'),
    (ipaddress.ip_network("10.0.0.0/8"), '{"$":"ipv4_network","value":"10.0.0.0/8"}'),
    (ZoneInfo("UTC"), '{"$":"zone","value":"UTC"}'),
    (
        pydantic.HttpUrl("https://a.b/c"),
        '{"$":"url","class":"pydantic.networks:HttpUrl","value":"https://a.b/c"}',
    ),
    ([1, [2]], "[1,[2]]"),
    ((1, "a"), '{"$":"tuple","items":[1,"a"]}'),
    ({"b", "a"}, '{"$":"set","items":["a","b"]}'),
    (frozenset([2]), '{"$":"frozenset","items":[2]}'),
    (deque([1, 2], 3), '{"$":"deque","items":[1,2],"maxlen":3}'),
    ({"b": 1, "a": 2}, '{"b":1,"a":2}'),
    ({1: "a", None: "b"}, '{"$":"dict","items":[[1,"a"],[null,"b"]]}'),
    ({"$": 1}, '{"$":"dict","items":[["$",1]]}'),
    (OrderedDict(a=1), '{"$":"ordered_dict","items":[["a",1]]}'),
    (Counter("aab"), '{"$":"counter","items":[["a",2],["b",1]]}'),
    (
        defaultdict(list, {"a": [1]}),
        '{"$":"defaultdict","items":[["a",[1]]],"factory":"list"}',
    ),
    (Point(1, 2), f'{{"$":"namedtuple","class":"{HERE}:Point","fields":{{"x":1,"y":2}}}}'),
    (Colour.VERDANT, f'{{"$":"enum","class":"{HERE}:Colour","name":"GREEN"}}'),
    (Level.LOW, f'{{"$":"enum","class":"{HERE}:Level","name":"LOW"}}'),
    (Word.YES, f'{{"$":"enum","class":"{HERE}:Word","name":"YES"}}'),
    (Right.READ | Right.RUN, f'{{"$":"enum","class":"{HERE}:Right","value":5}}'),
    (
        Frozen(1, [2]),
        f'{{"$":"dataclass","class":"{HERE}:Frozen","fields":{{"a":1,"b":[2]}}}}',
    ),
    (
        Address(street="x"),
        (
            f'{{"$":"model","class":"{HERE}:Address","fields":{{"street":"x",'
            '"tags":{"$":"set","items":[]}},"set":["street"]}'
        ),
    ),
    (Numbers([1]), f'{{"$":"model","class":"{HERE}:Numbers","fields":{{"root":[1]}}}}'),
    (
        Box[int](item=1),
        f'{{"$":"model","class":"{HERE}:Box","args":["builtins:int"],"fields":{{"item":1}}}}',
    ),
]


@pytest.mark.parametrize(("value", "text"), GOLDEN, ids=[text[:60] for _, text in GOLDEN])
def test_each_form_has_this_text_and_comes_back(value: object, text: str) -> None:
    """The format: no row may ever change."""
    assert dumps(encode(value)) == text
    assert same(decode(loads(text)), value)


def test_a_nan_comes_back_as_a_nan() -> None:
    """NaN equals nothing, so it is looked at on its own."""
    assert encode(math.nan) == {"$": "float", "value": "nan"}
    assert math.isnan(decode(encode(math.nan)))  # type: ignore[arg-type]  # it is a float
    assert str(decode(encode(Decimal("-sNaN12")))) == "-sNaN12"


def test_a_time_zone_of_another_library_becomes_its_offset() -> None:
    """The moment is kept, the other library's class is not."""
    theirs = datetime(2026, 1, 2, tzinfo=Elsewhere())
    ours = decode(encode(theirs))
    assert ours == theirs
    assert type(ours.tzinfo) is timezone  # type: ignore[attr-defined]  # it is a datetime


# -- round trips --------------------------------------------------------------------------


def same(a: object, b: object) -> bool:
    """Whether two values are of the same types and contents all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float) and isinstance(b, float):
        return repr(a) == repr(b)
    if isinstance(a, Decimal):
        return repr(a) == repr(b)
    if isinstance(a, datetime | time) and isinstance(b, datetime | time):
        return repr(a) == repr(b) and a.fold == b.fold
    if isinstance(a, dict) and isinstance(b, dict):
        pairs = zip(a.items(), b.items(), strict=True)
        return len(a) == len(b) and all(same(k, l) and same(v, w) for (k, v), (l, w) in pairs)  # noqa: E741
    if isinstance(a, list | tuple | deque) and isinstance(b, list | tuple | deque):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, set | frozenset) and isinstance(b, set | frozenset):
        return sorted(map(repr, a)) == sorted(map(repr, b))
    if isinstance(a, pydantic.BaseModel) or (is_dataclass(a) and hasattr(a, "__dict__")):
        return same(a.__dict__, b.__dict__)
    return a == b


texts = st.text(st.characters(exclude_categories=()), max_size=8)
zones = st.one_of(
    st.none(),
    st.just(UTC),
    st.sampled_from([ZoneInfo("Europe/Vienna"), ZoneInfo("America/New_York")]),
    st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone),
)
hashables: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**200), 2**200),
    st.floats(),
    texts,
    st.binary(max_size=8),
    st.datetimes(timezones=zones, allow_imaginary=True),
    st.dates(),
    st.times(timezones=zones),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.fractions(),
    st.uuids(),
    st.complex_numbers(allow_nan=False),
    st.ip_addresses(),
    st.sampled_from([*Colour, *Level, *Word, Right(0), Right.READ, Right.WRITE | Right.RUN]),
    st.builds(Point, st.integers(), st.integers()),
)
values = st.recursive(
    st.one_of(hashables, st.binary(max_size=4).map(bytearray), st.decimals()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.lists(inner, max_size=4).map(deque),
        st.dictionaries(st.one_of(texts, st.just("$")), inner, max_size=4),
        st.dictionaries(hashables, inner, max_size=3),
        st.dictionaries(texts, inner, max_size=3).map(OrderedDict),
        st.sets(hashables, max_size=3),
        st.frozensets(hashables, max_size=3),
        st.builds(Line, texts, inner),
        st.builds(lambda item: Box[Any](item=item), inner),
        st.builds(Pair, inner, inner),
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(values)
def test_every_value_comes_back_as_it_was(value: object) -> None:
    """Types and contents, through text as well; what is encoded again is the same."""
    tree = encode(value)
    again = loads(dumps(tree))

    assert equal(tree, again)
    assert dumps(tree).isascii()
    assert same(decode(tree), value)
    assert same(decode(again), value)
    assert equal(encode(decode(tree)), tree)


def mutable_ids(value: object) -> set[int]:
    """The identities of all mutable containers in a value."""
    found: set[int] = set()
    if isinstance(value, Enum):
        return found
    if isinstance(value, list | dict | set | deque | bytearray) or hasattr(value, "__dict__"):
        found.add(id(value))
    if isinstance(value, dict):
        for item in value.values():
            found |= mutable_ids(item)
    elif isinstance(value, list | tuple | deque):
        for item in value:
            found |= mutable_ids(item)
    elif hasattr(value, "__dict__"):
        found |= mutable_ids(value.__dict__)
    return found


@settings(deadline=None, max_examples=100)
@given(values)
def test_nothing_mutable_is_shared(value: object) -> None:
    """Neither the encoded value nor what is decoded from it has a part of another."""
    tree = encode(value)
    first, second = decode(tree), decode(tree)
    parts = [mutable_ids(part) for part in (value, tree, first, second)]
    assert sum(map(len, parts)) == len(set().union(*parts))


def test_a_set_is_written_the_same_under_every_hash_seed() -> None:
    """The order of a host's set must not become an order of the log."""
    code = (
        "from wfx.codec import dumps, encode; "
        "print(dumps(encode([{f'k{i}' for i in range(50)}, frozenset({(1, 'a'), 'b', None})])))"
    )
    out = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(out) == 1


def test_importing_the_codec_does_not_import_pydantic() -> None:
    """Programs without models do not pay for them at their start."""
    code = "import sys, wfx.codec, wfx.signature; print('pydantic' in sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert out == "False\n"


# -- classes ------------------------------------------------------------------------------


def test_a_dataclass_comes_back_without_running_its_init_again() -> None:
    """What `__post_init__` made is kept, caches are not, and unset fields stay unset."""
    busy = Busy(1)
    assert busy.expensive
    BUSY_CALLS.clear()

    back = decode(encode(busy))

    assert isinstance(back, Busy)
    assert BUSY_CALLS == []
    assert vars(back) == {"given": 1, "made": 2, "_hidden": [1]}


def test_a_field_the_class_has_gained_gets_its_default_and_a_lost_one_is_dropped() -> None:
    """Recorded values outlive changes of their classes."""
    tree: Json = {
        "$": "dataclass",
        "class": f"{HERE}:Frozen",
        "fields": {"a": 1, "gone": 2},
    }
    assert decode(tree) == Frozen(1, [])
    assert decode(
        {"$": "namedtuple", "class": f"{HERE}:Point", "fields": {"x": 1, "z": 3}}
    ) == Point(1, 7)
    assert decode(
        {"$": "model", "class": f"{HERE}:Address", "fields": {"street": "x", "gone": 1}}
    ) == Address(street="x")


def test_a_model_comes_back_equal_and_is_not_validated_again() -> None:
    """Fields, which of them were set, extras and private attributes."""
    customer = Customer(name="ada", address=Address(street="x"), **{"$": 1, "age": 36})  # type: ignore[arg-type]  # extras
    customer._seen = 5

    back = decode(loads(dumps(encode(customer))))

    assert isinstance(back, Customer)
    assert back.name == "ada!"
    assert back.model_fields_set == customer.model_fields_set
    assert back.model_extra == {"$": 1, "age": 36}
    assert back._seen == 5
    assert back._lock.acquire(blocking=False)
    assert back.address == customer.address
    assert back.model_dump() == customer.model_dump()


@pytest.mark.skipif(
    tuple(map(int, pydantic.VERSION.split(".")[:2])) < (2, 12),
    reason="pydantic allows extra values by validation since 2.12",
)
def test_what_a_validation_allowed_beside_the_fields_of_a_model_comes_back() -> None:
    """Though its class would not keep it, and has no place for it."""
    given = {"street": "x", "zip": 1, "floor": {2}}
    address = Address.model_validate(given, extra="allow")

    back = decode(loads(dumps(encode(address))))

    assert back == address
    assert isinstance(back, Address)
    assert (back.model_extra, back.model_fields_set) == ({"zip": 1, "floor": {2}}, {*given})
    assert encode(back) == encode(address)


def test_a_generic_model_keeps_its_arguments() -> None:
    """`Box[int]` is in no module, yet it comes back as that class."""
    for cls in (
        Box[int],
        Box[list[int]],
        Box[int | None],
        Box[Union[int, str]],  # noqa: UP007 (another class than with a bar)
        Box[Literal["a", 1]],
        Box[Box[str]],
        Box[dict[str, tuple[int, ...]]],
    ):
        value = cls.model_construct(item=None)  # type: ignore[attr-defined]  # of each of them
        assert type(decode(encode(value))) is cls


def test_a_look_alike_class_is_made_where_the_registry_has_one() -> None:
    """A sandbox decodes into the classes of the run's own namespace, and its own sets."""

    @dataclass
    class Twin:
        sku: str
        price: Any = None

    registry = RunRegistry(shop__Line=Twin)
    tree: Json = {"$": "dataclass", "class": "shop:Line", "fields": {"sku": "a", "price": 1}}
    twin = decode(tree, registry=registry)
    assert twin == Twin("a", 1)
    assert isinstance(twin, Twin)

    own = decode({"$": "set", "items": ["b", "a"]}, registry=registry)
    assert isinstance(own, OrderedSet)
    assert encode(own, registry=registry) == {"$": "set", "items": ["b", "a"]}


def test_the_host_registry_finds_classes_under_other_names() -> None:
    """Aliases, a script that is the main module, and names that lead nowhere."""
    assert HostRegistry({"orders_v1": HERE}).resolve("orders_v1:Line") is Line
    for tag in ("", ":", "nowhere.at.all:X", "os", "os:path", "os:path.nothing", ".:x", "os.path:"):
        assert HOST.resolve(tag) is None
    assert HOST.resolve("builtins:ValueError") is ValueError
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from dataclasses import dataclass\n"
        "from wfx.codec import decode, dumps, encode\n"
        "@dataclass\n"
        "class Item: n: int\n"
        "assert decode(encode(Item(1))) == Item(1)\n"
        "print(dumps(encode(Item(1))))\n"
    )
    return_code = run_script(code)
    assert return_code == '{"$":"dataclass","class":"script:Item","fields":{"n":1}}\n'


def run_script(code: str) -> str:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder, "script.py")
        script.write_text(code)
        return subprocess.run(
            [sys.executable, str(script), *sys.path], capture_output=True, text=True, check=True
        ).stdout


def test_retag_moves_class_tags_only() -> None:
    """The recorded module of a copied file is mapped before comparing."""
    tree = encode([{"class": "old:X"}, Colour.RED])
    assert retag(tree, {HERE: "new", "old": "new"}) == [
        {"class": "old:X"},
        {"$": "enum", "class": "new:Colour", "name": "RED"},
    ]
    boxed = encode(Box[Address](item=Address(street="x")))
    moved = retag(boxed, {HERE: "new"})
    assert dumps(moved) == dumps(boxed).replace(HERE, "new")
    error = encode(ValueError(OutOfStock("a", left=1)))
    assert dumps(retag(error, {HERE: "new"})) == dumps(error).replace(HERE, "new")


# -- what cannot be written ---------------------------------------------------------------


async def coroutine() -> None:
    """Only made, to be refused."""


def in_function() -> object:
    @dataclass
    class Local:
        a: int

    return Local(1)


MODEL_TO = "make the class a dataclass or a pydantic model, or pass plain data"

REFUSED: list[tuple[object, str]] = [
    (
        [{"items": [0, {"callback": len}]}],
        (
            "input[0].items[1].callback: a function cannot be written to the log; "
            "pass plain data, and choose the function by name where it is called"
        ),
    ),
    (
        {"not a name": Opaque()},
        (
            f"input['not a name']: an instance of {HERE}:Opaque cannot be written to the log; "
            f"{MODEL_TO}"
        ),
    ),
    (
        Line("a", (1, {int})),
        "input.price[1][0]: a class cannot be written to the log; pass its name",
    ),
    (
        Customer.model_construct(name=(x for x in "ab")),
        (
            "input.name: an iterator (generator) cannot be written to the log; "
            "pass a list of its items"
        ),
    ),
    ({1: os}, "input[1]: a module cannot be written to the log; pass its name"),
    ({(1, Opaque): 1}, "input[key 0][1]: a class cannot be written to the log; pass its name"),
    (range(3), "input: a range cannot be written to the log; pass list(value)"),
    ({}.keys(), "input: a view of a dict cannot be written to the log; pass list(value)"),
    (
        Shelf(a=1),
        (
            f"input: {HERE}:Shelf is a kind of dict that would come back as a plain dict; "
            "convert it first, or make it a dataclass that holds one"
        ),
    ),
    (
        pydantic.SecretStr("x"),
        (
            "input: a secret does not belong into the log; "
            "pass a name under which a step can look it up"
        ),
    ),
    (
        in_function(),
        (
            f"input: the class {HERE}:in_function.<locals>.Local is defined inside a function, "
            "where nobody could find it again; define it at module level"
        ),
    ),
    (
        defaultdict(lambda: 1),
        (
            "input: a defaultdict whose factory is not a builtin type cannot be written to "
            "the log; pass dict(value)"
        ),
    ),
]


@pytest.mark.parametrize(("value", "message"), REFUSED, ids=[m[:40] for _, m in REFUSED])
def test_what_cannot_be_written_is_named_with_its_place(value: object, message: str) -> None:
    """The path inside the value, what is there, and what to do instead."""
    with pytest.raises(EncodeError) as caught:
        encode(value, path="input")
    assert str(caught.value) == message


def test_an_awaitable_is_refused_with_the_advice_to_await_it() -> None:
    """The usual slip: a forgotten await."""
    made = coroutine()
    with pytest.raises(EncodeError, match="await it first"):
        encode([made])
    made.close()


def test_cycles_are_named_where_they_close() -> None:
    """The path ends where the value comes up again."""
    inner: list[object] = []
    value = {"a": [1, inner]}
    inner.append({"b": inner})
    with pytest.raises(EncodeError) as caught:
        encode(value)
    assert str(caught.value) == (
        "value.a[1][0].b: this is a value that contains itself, the one at .a[1]; "
        "pass data without cycles, with references by index or key"
    )
    line = Line("a")
    line.price = line
    with pytest.raises(EncodeError, match=r"^value.price: this is a value that contains itself;"):
        encode(line)


def test_deep_nesting_is_refused_at_a_fixed_depth() -> None:
    """Not where the interpreter's stack happens to end."""

    def nested(depth: int) -> list[Any]:
        value: list[Any] = []
        for _ in range(depth - 1):
            value = [value]
        return value

    deepest = nested(200)
    assert same(decode(loads(dumps(encode(deepest)))), deepest)
    with pytest.raises(EncodeError, match="more than 200 containers inside each other"):
        encode(nested(201))
    models: Any = None
    for _ in range(200):
        models = Box[Any](item=models)
    assert decode(loads(dumps(encode(models)))) == models


class Broken(tzinfo):
    """A time zone that its author has not finished."""


def test_code_of_the_value_that_fails_is_an_encode_error() -> None:
    """Whatever a value does when it is read, the caller sees one kind of error."""
    with pytest.raises(EncodeError, match=r"^value: reading it raised NotImplementedError: "):
        encode([datetime(2026, 1, 1, tzinfo=Broken())])
    error = encode_error(ValueError(datetime(2026, 1, 1, tzinfo=Broken())))
    assert error["type"] == "builtins:ValueError"
    assert "args" not in error


def test_a_database_row_is_refused() -> None:
    """It would come back without its session, and break on first use."""
    import sqlmodel

    class CodecRow(sqlmodel.SQLModel, table=True):
        id: int = sqlmodel.Field(primary_key=True)

    with pytest.raises(EncodeError, match=r"a database row .* pass its model_dump\(\)"):
        encode(CodecRow(id=1))


# -- what cannot be read ------------------------------------------------------------------

BAD: list[tuple[Json, str]] = [
    ([{"$": "novel"}], "the form 'novel' is unknown"),
    ({"$": 5}, "the form 5 is unknown"),
    ({"$": "enum", "class": "nowhere:X", "name": "A"}, "there is no class 'nowhere:X' here"),
    ({"$": "enum", "class": "builtins:int", "name": "A"}, "'builtins:int' is not an Enum"),
    ({"$": "enum", "class": f"{HERE}:Colour", "name": "BLUE"}, "has no member 'BLUE' any more"),
    ({"$": "enum", "class": f"{HERE}:Colour", "value": 1}, "is not a Flag here"),
    ({"$": "dataclass", "class": "subprocess:Popen", "fields": {}}, "is not a dataclass here"),
    ({"$": "model", "class": f"{HERE}:Line", "fields": {}}, "is not a pydantic model here"),
    ({"$": "namedtuple", "class": "builtins:list", "fields": {}}, "is not a named tuple here"),
    ({"$": "namedtuple", "class": f"{HERE}:Point", "fields": {}}, "has a field 'x' that was not"),
    ({"$": "url", "class": "pydantic.networks:BaseModel", "value": "x"}, "is not a URL type"),
    ({"$": "url", "class": "os:system", "value": "true"}, "is not a URL type"),
    ({"$": "defaultdict", "items": [], "factory": "exec"}, "this defaultdict is damaged"),
    ({"$": "datetime", "value": 5}, "this datetime is damaged: int where str belongs"),
    ({"$": "datetime"}, "this datetime is damaged: it lacks 'value'"),
    ({"$": "decimal", "value": "x"}, "this decimal is damaged"),
    ({"$": "dict", "items": [[1]]}, "this dict is damaged"),
    ({"$": "set", "items": [[]]}, "this set is damaged"),
]


@pytest.mark.parametrize(("tree", "reason"), BAD, ids=[reason[:40] for _, reason in BAD])
def test_a_damaged_form_is_an_error_that_names_it(tree: Json, reason: str) -> None:
    """Whatever the log holds, decoding gives a value or a DecodeError."""
    with pytest.raises(DecodeError) as caught:
        decode({"a": [tree]}, path="input")
    assert reason in str(caught.value)
    assert str(caught.value).startswith("input.a[0]")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": }', "this is not JSON: Expecting value at line 1, column 7"),
        ("NaN", "this is not JSON: NaN is not JSON"),
        ("9" * 5000, "this is not JSON"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_text_that_is_no_json_is_an_error(text: str, reason: str) -> None:
    """Line and column, and no constants that only Python reads."""
    with pytest.raises(DecodeError) as caught:
        loads(text)
    assert reason in str(caught.value)


# -- exceptions ---------------------------------------------------------------------------


def raised(exc: BaseException) -> BaseException:
    """The exception with a traceback."""
    try:
        raise exc
    except BaseException as caught:
        return caught


def test_an_error_of_the_log_has_these_keys() -> None:
    """The format of errors."""
    cause = KeyError("k")
    error = OutOfStock("apple", left=0)
    error.__cause__ = cause
    error.add_note("in Vienna")

    tree = encode_error(raised(error))

    stack = tree.pop("stack")
    assert isinstance(stack, str)
    assert stack.rstrip().endswith("in Vienna")
    assert "in raised" in stack
    assert tree == {
        "type": f"{HERE}:OutOfStock",
        "message": "apple is out of stock",
        "args": ["apple is out of stock"],
        "state": {"sku": "apple", "left": 0},
        "cause": {"type": "builtins:KeyError", "message": "'k'", "args": ["k"]},
        "notes": ["in Vienna"],
    }


EXCEPTIONS: list[Exception] = [
    ValueError("a", 1, (2,)),
    OutOfStock("apple", left=3),
    RetryableError("later", retry_after=timedelta(seconds=5)),
    StepTimeout("too long"),
    FileNotFoundError(2, "No such file", "/a"),
    OSError("only a text"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    ImportError("no", name="x", path="/y"),
    EncodeError(path="a", reason="b"),
    FrozenError("still"),
    asyncio.QueueEmpty(),
    KeyError(Colour.RED),
]


@pytest.mark.parametrize("exc", EXCEPTIONS, ids=repr)
def test_an_exception_comes_back_as_what_it_was(exc: Exception) -> None:
    """Class, arguments, text and attributes, without its `__init__`."""
    tree = encode_error(exc)
    back = decode_error(loads(dumps(tree)))
    assert type(back) is type(exc)
    assert back.args == exc.args
    assert str(back) == str(exc)
    assert vars(back) == vars(exc)
    if isinstance(exc, OSError):
        assert isinstance(back, OSError)
        assert (back.errno, back.filename) == (exc.errno, exc.filename)
    assert encode_error(back) == tree
    assert type(decode(encode([exc]))[0]) is type(exc)  # type: ignore[index]  # it is a list


def test_causes_and_groups_come_back() -> None:
    """The chain and the children, each as what it was."""
    inner = OutOfStock("apple", left=0)
    inner.__cause__ = ValueError("why")
    group = ExceptionGroup("several", [inner, ExceptionGroup("more", [KeyError("k")])])

    back = decode_error(encode_error(raised(group)))

    assert isinstance(back, ExceptionGroup)
    assert back.message == "several"
    assert isinstance(back.exceptions[0], OutOfStock)
    assert repr(back.exceptions[0].__cause__) == "ValueError('why')"
    assert repr(back.exceptions[1]) == "ExceptionGroup('more', [KeyError('k')])"


def test_what_cannot_be_rebuilt_is_a_step_error_with_the_recorded_type() -> None:
    """Unknown classes, unencodable arguments, and what must never be raised again."""
    local = type("Lost", (Exception,), {"__module__": "nowhere"})("gone")
    for exc, kind in (
        (local, "nowhere:Lost"),
        (ValueError(Opaque()), "builtins:ValueError"),
        (KeyboardInterrupt("stop"), "builtins:KeyboardInterrupt"),
        (SystemExit(3), "builtins:SystemExit"),
        (asyncio.CancelledError(), "asyncio.exceptions:CancelledError"),
        (StopIteration(1), "builtins:StopIteration"),
    ):
        tree = encode_error(raised(exc))
        back = decode_error(tree)
        assert type(back) is StepError
        told = re.sub(r" at 0x[0-9a-f]+", "", str(exc))  # addresses stay out of the log
        assert (back.type, back.message, back.stack) == (kind, told, tree["stack"])
        assert encode_error(back)["type"] == kind


@pytest.mark.parametrize(
    ("tree", "message", "kind", "stack"),
    [
        ({"message": "m", "stack": "s", "code": "c"}, "m", "Exception", "s"),
        ({"message": "m", "type": "Error"}, "m", "Error", None),
        ("just a text", "just a text", "Exception", None),
        ({}, "", "Exception", None),
        (None, "None", "Exception", None),
        (
            {"type": "builtins:ValueError", "message": "m", "args": 5},
            "m",
            "builtins:ValueError",
            None,
        ),
        ({"type": "os:system", "message": "m", "args": ["true"]}, "m", "os:system", None),
    ],
)
def test_errors_of_older_logs_become_step_errors(
    tree: Json, message: str, kind: str, stack: str | None
) -> None:
    """Whatever an error object looks like, reading it gives an exception."""
    back = decode_error(tree)
    assert type(back) is StepError
    assert (back.message, back.type, back.stack) == (message, kind, stack)


def test_writing_an_error_never_fails() -> None:
    """A text that cannot be made, an exception that holds itself, chains without end."""
    assert encode_error(Mute())["message"] == (
        "(the text of this Mute cannot be made: RuntimeError)"
    )
    selfish = ValueError()
    selfish.args = (selfish, selfish)
    assert "args" not in encode_error(selfish)
    ring = ValueError("a")
    ring.__cause__ = KeyError("b")
    ring.__cause__.__cause__ = ring
    assert "cause" not in encode_error(ring)["cause"]  # type: ignore[operator]  # it is a dict
    chain: Exception = ValueError(0)
    for index in range(1, 3000):
        following = ValueError(index)
        following.__cause__ = chain
        chain = following
    assert len(dumps(encode_error(raised(chain)))) < 100_000
    long = encode_error(ValueError("x" * 1_000_000 + "\ud800"))
    assert len(str(long["message"])) < 30_000
    dumps(long).encode("ascii")


def test_a_recorded_stack_is_handed_on() -> None:
    """The traceback of the step is still there when the run fails with its exception."""
    first = encode_error(raised(ValueError("x")))
    back = decode_error(first)
    assert encode_error(back)["stack"] == first["stack"]
    second = encode_error(raised(back))["stack"]
    assert isinstance(second, str)
    assert isinstance(first["stack"], str)
    assert second.startswith(first["stack"])
    assert second.count("Traceback") == 2


# -- comparing ----------------------------------------------------------------------------

DIFFERENT: list[tuple[Json, Json, tuple[str, Json, Json]]] = [
    (1, True, ("", 1, True)),
    (1, 1.0, ("", 1, 1.0)),
    (0.0, -0.0, ("", 0.0, -0.0)),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ("", ["a", "b"], ["b", "a"])),
    ([{"a": [1]}], [{"a": [1, 2]}], ("[0].a[1]", MISSING, 2)),
    ({"a b": 1}, {}, ("['a b']", 1, MISSING)),
    (encode(Line("a", 1)), encode(Line("a", 2)), (".price", 1, 2)),
    (encode((1, 2)), encode((1, 3)), ("[1]", 2, 3)),
    (encode((1,)), [1], ("", encode((1,)), [1])),
]


@pytest.mark.parametrize(("a", "b", "expected"), DIFFERENT)
def test_differences_are_found(a: Json, b: Json, expected: tuple[str, Json, Json]) -> None:
    """Strictly, and with the place as a person would write it."""
    assert not equal(a, b)
    found = first_difference(a, b)
    assert found is not None
    assert (found[0], dumps(found[1]), dumps(found[2])) == (
        expected[0],
        dumps(expected[1]),
        dumps(expected[2]),
    )


@settings(deadline=None, max_examples=100)
@given(values, values)
def test_equal_and_first_difference_agree_with_the_text(a: object, b: object) -> None:
    """Two values are equal exactly if their JSON texts are."""
    left, right = encode(a), encode(b)
    expected = dumps(left) == dumps(right)
    assert equal(left, right) is expected
    assert (first_difference(left, right) is None) is expected
    assert equal(left, loads(dumps(left)))
    assert first_difference(left, loads(dumps(left))) is None


def test_a_recorded_stack_names_files_as_they_are_imported() -> None:
    """Folders of the machine stay out of the log; who reads it elsewhere knows the modules."""
    try:
        json.loads("{")
    except ValueError as error:
        stack = encode_error(error)["stack"]
    assert isinstance(stack, str)
    files = re.findall(r'File "([^"]+)"', stack)
    assert files[-1] == os.path.join("json", "decoder.py")
    assert not [file for file in files if os.path.isabs(file)]


def test_a_recorded_stack_has_no_frames_of_ours() -> None:
    """Of whichever package of ours they are; without any others there is no stack at all."""
    import wfx_sandbox.policy  # noqa: F401 (to have it imported)

    code = {
        name: compile("def call(f):\n    f()\n", sys.modules[name].__file__ or "", "exec")
        for name in ("wfx.codec", "wfx_sandbox.policy")
    }
    for name, compiled in code.items():
        names: dict[str, Any] = {}
        exec(compiled, names)

        def theirs() -> None:
            raise ValueError("x")

        with pytest.raises(ValueError, match="x") as caught:
            names["call"](theirs)
        stack = encode_error(caught.value)["stack"]
        assert isinstance(stack, str)
        files = {os.path.basename(file) for file in re.findall(r'File "([^"]+)"', stack)}
        assert files == {os.path.basename(__file__)}, name

        with pytest.raises(TypeError) as caught_ours:
            names["call"](None)
        error = caught_ours.value
        # Past this test's own frame, all is ours.
        error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None
        assert "stack" not in encode_error(error)


def test_a_steps_recursion_error_is_an_ordinary_failure() -> None:
    """It was recorded; in workflow code it must not look like the host's own limit."""
    back = decode_error(encode_error(raised(RecursionError("too deep"))))
    assert (type(back), str(back)) == (StepError, "too deep")
