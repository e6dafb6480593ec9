"""Sets in all forms: a builtin one would come in the order of hashes."""

import json
import re
from collections import ChainMap, Counter, OrderedDict, UserDict, defaultdict
from collections.abc import MutableSet, Set
from copy import copy, deepcopy
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import Enum, Flag
from functools import reduce
from itertools import chain, combinations, groupby, product
from operator import or_
from types import SimpleNamespace
from typing import Any, FrozenSet, Literal, get_args

from pydantic import BaseModel, field_serializer, field_validator, model_serializer

from wfx import step, workflow

WORDS = "the quick brown fox jumps over the lazy dog and then some more".split()
AT_IMPORT = {"zeta", "alpha", "mu"}
FROZEN = frozenset(WORDS)


class Colour(Enum):
    """Members."""

    RED = "red"
    GREEN = "green"
    BLUE = "blue"


class Right(Flag):
    """Flags."""

    READ = 1
    WRITE = 2
    RUN = 4


class Plain:
    """An object with a name."""

    def __init__(self, name: str) -> None:
        self.name = name


@dataclass(frozen=True)
class Point:
    """Hashable by value."""

    name: str


@dataclass
class Bag:
    """A set as default."""

    items: set[str] = field(default_factory=set)
    start: set[str] = field(default_factory=lambda: {"w", "v", "u"})
    fixed: frozenset[str] = frozenset(("m", "l", "k"))


class Model(BaseModel):
    """Sets as fields."""

    tags: set[str] = {"c", "b", "a"}
    kinds: frozenset[Colour] = frozenset()
    nested: dict[str, set[str]] = {}
    many: list[set[str]] = []
    perhaps: set[str] | None = None
    union: set[str] | list[int] = []
    alias: FrozenSet[str] = frozenset()

    @field_validator("tags")
    @classmethod
    def checked(cls, value: Any) -> Any:
        """Sees the ordered one."""
        return {each.lower() for each in value}


@step
def tags() -> set[str]:
    """A set from outside."""
    return {"one", "two", "three", "four", "five"}


@workflow
async def displays() -> Any:
    """Displays, comprehensions, constructors."""
    more = ["x", "y"]
    return [
        list({"b", "a", "c"}),
        list({word[0] for word in WORDS}),
        list(set(WORDS)),
        list(set("hello world")),
        list(frozenset(WORDS)),
        list({*WORDS, *more}),
        list(AT_IMPORT),
        list(FROZEN),
        list(set(map(str.upper, WORDS))),
        list({(a, b) for a in "xy" for b in "pq"}),
        list(set({"k": 1, "j": 2})),
        list({frozenset("ab"), frozenset("cd"), frozenset("ba")}),
        list(set(json.loads('["q", "w", "e", "r"]'))),
        list(set(re.findall(r"\w+", "it was the best of times it was the worst"))),
        list(set(Counter(WORDS))),
        list(set(defaultdict(int, a=1, b=2))),
        list(type(AT_IMPORT)(WORDS)),
        list(set(range(20, 0, -3))),
        list({1.5, 0, -1, 2**70, True}),
    ]


@workflow
async def operators() -> Any:
    """Operators, methods, augmented forms."""
    a, b = set("crabapple"), set("pineapple")
    out = [list(a | b), list(a & b), list(a - b), list(a ^ b), list(b - a)]
    out += [list(a.union(b, "xyz")), list(a.intersection(b)), list(a.difference("c"))]
    out += [list(a.symmetric_difference(b)), list(a.copy()), list(copy(a)), list(deepcopy(a))]
    c = set(a)
    c |= {"z", "y"}
    c &= set("zyxwcra")
    c -= {"c"}
    c ^= set("qz")
    out.append(list(c))
    f = frozenset("orange")
    g = f
    g |= frozenset("lemon")
    out += [list(g), list(f | a), list(a | f), list(f & b), list(f - b), list(f ^ b)]
    c.update("mn", ["o"])
    c.difference_update("m")
    c.intersection_update("norqya")
    c.symmetric_difference_update("xy")
    out.append(list(c))
    out += [list(reduce(or_, [{"k"}, {"l"}, {"j"}])), list(set().union(*[["b"], ["a"]]))]
    out += [a < b, a <= a, a == set("lpaebrc"), a.isdisjoint("xyz"), f.issuperset("on"), a != b]
    out += [type(a | b) is set, type(f | a) is frozenset, type(a | f) is set, len(a), "c" in a]
    out += [list(set.union(a, b)), list(set.intersection(a, b)), list(frozenset.union(f, b))]
    out += [list(getattr(a, "union")(b))]
    return out


@workflow
async def mutation() -> Any:
    """add, discard, pop, clear, remove keep an order."""
    s = set()
    for word in WORDS:
        s.add(word)
    s.discard("fox")
    s.remove("the")
    s.add("the")
    popped = [s.pop(), s.pop()]
    t = set(s)
    t.clear()
    t.add("x")
    try:
        t.remove("nothing")
    except KeyError as error:
        popped.append(repr(error))
    return [list(s), popped, list(t), min(s), max(s), sorted(s), len(s)]


@workflow
async def views() -> Any:
    """Dict views, in expressions and through variables."""
    d, e = dict.fromkeys(WORDS, 1), {"dog": 1, "cat": 2, "fox": 1, "and": 0}
    keys, items, other = d.keys(), d.items(), e.keys()
    return [
        list(d.keys() | e.keys()),
        list(d.keys() & e.keys()),
        list(d.keys() - e.keys()),
        list(d.keys() ^ e.keys()),
        list(d.items() & e.items()),
        list(keys | other),
        list(keys & other),
        list(keys - other),
        list(keys ^ other),
        list(items - e.items()),
        list(keys - {"the", "fox"}),
        list({"the", "ape"} | keys),
        list(WORDS & keys),
        list(or_(keys, other)),
        list(keys.isdisjoint(other) for _ in range(1)),
        list(getattr(d, "keys")() | other),
        list(OrderedDict(d).keys() & other),
        list(Counter(WORDS).keys() - other),
        repr(keys | other),
    ]


@workflow
async def view_augmented() -> Any:
    """`|=` on a name that holds a view."""
    keys = {"b": 1, "a": 2}.keys()
    keys |= {"z", "y", "x"}
    both = {"b": 1, "a": 2}.keys()
    both &= {"a", "b"}
    return [list(keys), list(both)]


@workflow
async def uses() -> Any:
    """Unpacking, join, repr, sorting with equal keys, enumerate, zip, iteration, str."""
    s = set(WORDS)
    first, *rest = s
    return [
        first,
        rest,
        ",".join(s),
        repr(s),
        str(s),
        f"{s}",
        f"{s!r}",
        f"{frozenset('abc')}",
        "%s" % s,
        "{}".format(s),
        sorted(s, key=len),
        [w for w in s if len(w) > 3],
        list(enumerate(s)),
        list(zip(s, range(3))),
        dict.fromkeys(s),
        {w: len(w) for w in s},
        next(iter(s)),
        list(iter(s)),
        tuple(s),
        list(chain(s, {"zz"})),
        list(combinations(s, 2))[:5],
        list(product({"a", "b"}, {"c", "d"})),
        [(k, list(v)) for k, v in groupby(s, key=len)],
        max(s, key=len),
        list(map(len, s)),
        list(filter(str.isalpha, s)),
        [*s],
        (*s,),
        {**dict.fromkeys(s)},
        print_args(*s),
        json.dumps(list(s)),
        Counter(s).most_common(3),
        sum((len(w) for w in s), 0),
        any(w == "fox" for w in s),
    ]


def print_args(*args: str) -> tuple[str, ...]:
    """Star arguments."""
    return args


@workflow
async def of_objects() -> Any:
    """Objects without an order of their own."""
    things = [Plain(n) for n in "dcba"]
    s = set(things)
    return [
        [t.name for t in s],
        [c.name for c in {Colour.BLUE, Colour.RED, Colour.GREEN}],
        [c.name for c in set(Colour)],
        list({date(2030, 1, d) for d in (5, 3, 4)}),
        [p.name for p in {Point("x"), Point("y"), Point("a"), Point("x")}],
        [t.__name__ for t in {int, str, Plain, Point, dict}],
        [f("a") for f in {str.upper, len, ord}],
        list({None, 1, "a", (1, 2), 2.5, b"x", True}),
        list(Right.READ | Right.RUN),
        [str(r) for r in {Right.RUN, Right.READ | Right.WRITE}],
        list({SimpleNamespace: 1}.values()),
    ]


@workflow
async def from_outside() -> Any:
    """A set that a step returned, and one made of its parts."""
    found = await tags()
    return [sorted(found), isinstance(found, set), type(found) is set, len(found)]


@workflow
async def in_models() -> Any:
    """Fields, defaults, copies, dumps."""
    m = Model(
        tags=["Z", "Y", "X"],
        kinds=[Colour.GREEN, "red"],
        nested={"k": ["e", "d"]},
        many=[["p", "o"], {"n", "m"}],
        perhaps={"h", "g"},
        union={"t", "s"},
        alias=["2", "1"],
    )
    return [
        list(m.tags),
        [k.name for k in m.kinds],
        list(m.nested["k"]),
        [list(each) for each in m.many],
        list(m.perhaps or ()),
        list(m.union),
        list(m.alias),
        list(Model().tags),
        m.model_dump(mode="json"),
        list(m.model_dump()["tags"]),
        m.model_dump_json(),
        repr(m),
        str(m),
        list(m.model_copy(deep=True).tags),
        list(Model.model_validate_json('{"tags": ["J", "I", "H"]}').tags),
        list(Model.model_validate({"tags": {"F", "E"}}).tags),
        list(m.model_fields_set),
        type(m.tags) is set,
        isinstance(m.kinds, frozenset),
        list(Model.model_construct(tags={"u", "t"}).tags),
        m == m.model_copy(),
        list(m.tags | {"new"}),
    ]


@workflow
async def in_dataclasses() -> Any:
    """Defaults and asdict."""
    b = Bag({"i", "h"})
    return [list(b.items), list(b.start), list(b.fixed), repr(b), list(asdict(b)["items"]), b]


@workflow
async def types() -> Any:
    """isinstance, type, Literal arguments, abstract classes."""
    s, f = {1}, frozenset({1})
    return [
        isinstance(s, set),
        isinstance(f, frozenset),
        isinstance(s, Set),
        isinstance({}.keys(), Set),
        type(s) is set,
        type(s).__name__,
        type(f).__name__,
        repr(type(s)),
        get_args(Literal["b", "a"]),
        issubclass(set, Set),
        hash(f) == hash(frozenset([1])),
        {f: "x"}[frozenset([1])],
        s == {1},
        {1} == frozenset({1}),
        match_it(s),
        match_it(f),
    ]


def match_it(value: Any) -> str:
    """Class patterns."""
    match value:
        case set():
            return "set"
        case frozenset():
            return "frozenset"
        case _:
            return "other"


class Names(set):
    """A subclass."""

    def add(self, item: str) -> None:
        """Upper case."""
        super().add(item.upper())


@workflow
async def subclass() -> Any:
    """A subclass of set."""
    names = Names(["b", "a"])
    names.add("c")
    return [list(names), type(names).__name__, len(names), list(names | {"x"})]


@workflow
async def returned() -> Any:
    """A set as the result: the log has it in order."""
    return {"z", "y", "x", "w"}, frozenset("hello")


class Abstract(BaseModel):
    """Abstract sets, and sequences made of sets."""

    fixed: Set[str] = frozenset()
    growing: MutableSet[str] | None = None
    listed: list[str] = []
    fixed_list: tuple[str, ...] = ()
    anything: Any = None
    nested: dict[str, Any] = {}
    held: dict[str, Set[str]] = {}


class FieldWrapped(BaseModel):
    """A serializer sees what pydantic made."""

    words: set[str] = {"c", "b", "a"}

    @field_serializer("words", mode="wrap")
    def shown(self, value: Any, handler: Any) -> Any:
        """As a list."""
        return list(handler(value))


class ModelWrapped(BaseModel):
    """The same for a whole model."""

    words: frozenset[str] = frozenset(("c", "b", "a", "z", "y"))

    @model_serializer(mode="wrap")
    def shown(self, handler: Any) -> Any:
        """As a list."""
        return {"got": list(handler(self)["words"])}


@workflow
async def through_pydantic() -> Any:
    """Abstract types, lists made of sets, serializers."""
    s = set(WORDS)
    a = Abstract(
        fixed=s, growing=s, listed=s, fixed_list=s, anything=s, nested={"k": s}, held={"h": s}
    )
    b = Abstract(fixed=WORDS, growing=WORDS)
    return [
        *(list(each) for each in (a.fixed, a.growing, a.listed, a.fixed_list, a.anything)),
        *(list(each) for each in (a.nested["k"], a.held["h"], b.fixed, b.growing)),
        a.model_dump(mode="json"),
        a.model_dump_json(),
        list(a.model_dump()["anything"]),
        list(a.model_dump()["fixed"]),
        repr(a),
        Abstract.model_json_schema(),
        FieldWrapped().model_dump(),
        FieldWrapped().model_dump_json(),
        ModelWrapped().model_dump(),
        ModelWrapped().model_dump(mode="json"),
        FieldWrapped.model_json_schema(),
    ]


@workflow
async def of_other_mappings() -> Any:
    """Views that are not those of a dict."""
    chained = ChainMap({"z": 1}, {"y": 2})
    return [
        list(chained.keys() | {"x"}),
        list(UserDict({"z": 1, "a": 2}).keys() & {"a", "z", "q"}),
        list(Counter(WORDS).keys() - {"the"}),
        list(dict.fromkeys(WORDS).keys() ^ {"a", "b", "c"}),
        list([*map(dict.keys, [{"b": 1, "a": 2}])][0] | {"z", "y"}),
        list(set(chained.items()) | {("w", 1)}),
    ]
