"""Libraries in workflow code, and heavy ones that only steps use."""

import dataclasses
import difflib
import graphlib
import hashlib
import heapq
import ipaddress
import pprint
import re
import statistics
import string
import textwrap
import traceback
import urllib.parse
import zlib
from collections import Counter, OrderedDict
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum, auto
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar

import heavy_frames
import heavy_web
from heavy_web import Client
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FutureDate,
    PastDatetime,
    RootModel,
    ValidationError,
    computed_field,
    conset,
    field_serializer,
    field_validator,
    model_validator,
)

from wfx import step, workflow

T = TypeVar("T")
client = heavy_web.Client()
CONNECTION = Client()


class Kind(StrEnum):
    """auto() values."""

    SMALL = auto()
    LARGE = auto()


class Level(IntEnum):
    """Numbers."""

    LOW = 1
    HIGH = 2


class Mode(Flag):
    """Flags."""

    A = auto()
    B = auto()


class Item(BaseModel):
    """Validators of all kinds."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Annotated[str, BeforeValidator(lambda v: str(v).strip())]
    kind: Kind = Kind.SMALL
    price: Decimal = Field(default=Decimal("1.50"), ge=0)
    tags: frozenset[str] = frozenset()

    @field_validator("name")
    @classmethod
    def named(cls, value: str) -> str:
        """Not empty."""
        if not value:
            raise ValueError("a name is needed")
        return value

    @computed_field
    @property
    def label(self) -> str:
        """Computed."""
        return f"{self.name}/{self.kind}"


class Page(BaseModel, Generic[T]):
    """A generic model."""

    items: list[T]
    next: Optional[int] = None
    seen: conset(str, min_length=1) = {"b", "a"}
    when: AwareDatetime | None = None

    @model_validator(mode="after")
    def checked(self) -> "Page[T]":
        """Sees the whole."""
        if self.next is not None and self.next < 0:
            raise ValueError("next")
        return self

    @field_serializer("when")
    def shown(self, value: datetime | None) -> str:
        """As text."""
        return "never" if value is None else value.isoformat()


class Names(RootModel[list[str]]):
    """A root model."""


class Cat(BaseModel):
    """Of a union."""

    pet: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    """Of a union."""

    pet: Literal["dog"] = "dog"


class Owner(BaseModel):
    """A discriminated union."""

    pet: Cat | Dog = Field(discriminator="pet")


class Dated(BaseModel):
    """Checks that read a clock."""

    born: PastDatetime | None = None
    due: FutureDate | None = None


@dataclasses.dataclass(order=True, slots=True)
class Job:
    """A dataclass with slots."""

    priority: int
    name: str = dataclasses.field(compare=False)
    extra: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)


@step
def fetch(n: int) -> Item:
    """Uses the heavy ones."""
    return Item(name=f"{client.get()} {n} {heavy_frames.columns()} {CONNECTION.get()}")


@workflow
async def models() -> Any:
    """Validation, defaults, dumps, errors, generics."""
    item = Item(name="  desk ", kind="large", tags=["z", "a"])
    page = Page[Item](items=[item, Item(name="lamp")], next=2)
    errors = []
    for given in ({"name": ""}, {"name": "x", "price": -1, "more": 1}, {}):
        try:
            Item(**given)
        except ValidationError as error:
            errors.append([error.error_count(), [e["type"] for e in error.errors()], error.title])
            errors.append(str(error))
    return [
        item,
        page,
        repr(page),
        page.model_dump(mode="json"),
        page.model_dump_json(),
        errors,
        hash(item),
        hash(item) == hash(Item(name="desk", kind="large", tags=["z", "a"])),
        [i.name for i in {item, Item(name="lamp"), Item(name="desk")}],
        Names(["b", "a"]).model_dump(),
        Owner.model_validate({"pet": {"pet": "dog"}}),
        Owner.model_validate_json('{"pet": {"pet": "cat", "lives": 3}}').pet.lives,
        item.model_copy(update={"name": "chair"}),
        list(Item.model_fields),
        Item.model_json_schema(),
        Page[int].model_json_schema(),
        Page[int].__name__,
        item == Item(name="desk", kind="large", tags=["a", "z"]),
        [list(page.seen), Page[int](items=["1"], seen=["q", "p"]).seen],
    ]


@workflow
async def clocked_checks() -> Any:
    """PastDatetime and FutureDate compare with the run's clock."""
    out: list[Any] = [Dated(born=datetime(2031, 1, 1), due=date(2031, 6, 1))]
    for given in ({"born": datetime(2031, 6, 1)}, {"due": date(2031, 1, 1)}):
        try:
            Dated(**given)
            out.append("accepted")
        except ValidationError as error:
            out.append([(e["type"], e["msg"]) for e in error.errors()])
    return out


@workflow
async def dataclass_forms() -> Any:
    """Order, replace, fields, asdict, heapq."""
    jobs = [Job(2, "b"), Job(1, "a"), Job(2, "c")]
    heapq.heapify(jobs)
    return [
        [heapq.heappop(jobs).name for _ in range(3)],
        repr(Job(1, "x")),
        dataclasses.asdict(Job(1, "x", {"k": 1})),
        dataclasses.replace(Job(1, "x"), name="y"),
        [f.name for f in dataclasses.fields(Job)],
        Job(1, "a") == Job(1, "b"),
        sorted([Job(3, "p"), Job(1, "q")]),
    ]


@workflow
async def enums() -> Any:
    """Values, order, flags."""
    return [
        list(Kind),
        [m.name for m in Level],
        Mode.A | Mode.B,
        [m.name for m in Mode.A | Mode.B],
        repr(Mode.A | Mode.B),
        str(Kind.SMALL),
        f"{Level.HIGH}",
        list(Kind.__members__),
        Level(2).name,
        Level.HIGH > Level.LOW,
        Enum("Dyn", ["X", "Y"]).X.name if False else None,
    ]


@workflow
async def texts() -> Any:
    """textwrap, difflib, string, re, pprint, urllib, hashlib."""
    return [
        textwrap.fill("the quick brown fox jumps", 10),
        textwrap.shorten("the quick brown fox", 12),
        difflib.get_close_matches("appel", ["ape", "apple", "peach"]),
        list(difflib.unified_diff(["a"], ["b"], lineterm="")),
        sorted(difflib.SequenceMatcher(None, "abcd", "bcde").get_opcodes()),
        string.Template("$a-$b").substitute(a=1, b="x"),
        [m.groupdict() for m in re.finditer(r"(?P<k>\w)=(?P<v>\d)", "a=1 b=2")],
        re.sub("a", lambda m: m[0].upper(), "banana"),
        pprint.pformat({"b": [1, 2], "a": {"z", "y"}}),
        pprint.pformat({"s": frozenset("hello"), 2: 1}),
        urllib.parse.urlencode({"b": 1, "a": "x y"}),
        tuple(urllib.parse.urlparse("http://h:1/p?q#f")),
        hashlib.sha256(b"x").hexdigest(),
        zlib.crc32(b"x"),
        sorted(hashlib.algorithms_guaranteed)[:2],
        ipaddress.ip_network("10.0.0.0/30"),
        [str(h) for h in ipaddress.ip_network("10.0.0.0/30").hosts()],
        PurePosixPath("/a") / "b.txt",
    ]


@workflow
async def numbers() -> Any:
    """statistics, decimal, fractions."""
    return [
        statistics.fmean([1, 2.5]),
        statistics.median([3, 1, 2]),
        statistics.mode("aab"),
        statistics.pstdev([1, 2, 3]),
        Decimal("1.1") + Decimal("2.2"),
        (Decimal(1) / 3).quantize(Decimal("0.001")),
        Fraction(1, 3) + Fraction(1, 6),
        Counter("abca"),
        OrderedDict(b=1, a=2),
        timedelta(days=1, seconds=3661),
        str(timedelta(days=-1, hours=3)),
    ]


@workflow
async def graphs() -> Any:
    """TopologicalSorter over sets."""
    graph = {"d": {"b", "c"}, "b": {"a"}, "c": {"a"}}
    sorter = graphlib.TopologicalSorter(graph)
    sorter.prepare()
    ready = []
    while sorter.is_active():
        now = sorter.get_ready()
        ready.append(now)
        sorter.done(*now)
    return [list(graphlib.TopologicalSorter(graph).static_order()), ready]


@workflow
async def tracebacks() -> Any:
    """Frames of the workflow only, with paths inside the project."""

    def inner() -> None:
        raise KeyError(inner)

    try:
        inner()
    except KeyError as error:
        error.add_note(f"noted {inner}")
        traceback.print_exc()
        return [
            traceback.format_exc(),
            traceback.format_exception(error),
            traceback.format_exception_only(error),
        ]


@workflow
async def of_heavy() -> Any:
    """Steps that use heavy modules."""
    return [await fetch(1), (await fetch(2)).label]
