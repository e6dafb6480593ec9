"""What is pure is made once per program; no run sees what another one did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import wfx_sandbox
from wfx.context import entered
from wfx.errors import Violation

PURE = """
from __future__ import annotations

import dataclasses
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, NamedTuple
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, field_validator
from wfx import step, workflow

LIMIT = 3
SHORT = timedelta(minutes=LIMIT)
WORD = re.compile(r"[a-z]+")
RATE = Decimal("0.2")
Name = Annotated[str, Field(min_length=1)]
SEEN = []


def clean(text: str, *, upper: bool = False) -> str:
    return text.strip().upper() if upper else text.strip()


def counting() -> int:
    SEEN.append(1)
    return len(SEEN)


@contextmanager
def scope():
    yield LIMIT


class Size(Enum):
    SMALL = "s"
    LARGE = "l"

    def __init__(self, letter):
        self.letter = letter

    @property
    def shown(self):
        return clean(self.value, upper=True)


class Base(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str = Field(default_factory=lambda: str(uuid4()))
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Order(Base):
    name: Name
    size: Size = Size.SMALL
    parts: list[Part] = Field(default_factory=list)

    @field_validator("name")
    @classmethod
    def _clean(cls, value: str) -> str:
        return clean(value)


class Part(BaseModel):
    number: int = 0
    of: Order | None = None


@dataclass(slots=True)
class Point:
    x: int
    _y: int = 0

    def moved(self) -> Point:
        return dataclasses.replace(self, x=self.x + 1)


class Pair(NamedTuple):
    left: int
    right: int = 1


class Plain:
    kind = "plain"

    def __init__(self) -> None:
        self._count = 0

    def add(self) -> int:
        self._count += 1
        return self._count


class Listed:
    items = []


class Counter:
    made = 0

    def __init__(self) -> None:
        type(self).made += 1


class Registered:
    known = ()

    def __init_subclass__(cls) -> None:
        cls.known = (*cls.known, cls.__name__)


@step
async def charge(order: Order) -> Order:
    return order


@workflow
async def main() -> object:
    order = Order(name=" a ", parts=[Part(number=2)])
    again = await charge(order)
    Listed.items.append(1)
    Counter()
    with scope() as limit:
        pass
    return [order.name, again == order, order.size.shown, counting(), Plain().add(),
            Point(1).moved().x, Pair(1).right, limit, len(Listed.items), Counter.made,
            str(SHORT), Registered.known, order.size.letter, bool(WORD.match("a")), str(RATE)]
"""

EXPECTED = ["a", True, "S", 1, 1, 2, 1, 3, 1, 1, "0:03:00", (), "s", True, "0.2"]


def namespace(loaded: Any, run: Any) -> dict[str, Any]:
    """The main module of a new run."""
    with entered(run):
        return vars(loaded.program.instantiate(run)._modules.load("flow"))


def test_pure_classes_and_functions_are_the_same_objects_in_every_run(
    lab: Any, fake_run: Any
) -> None:
    """What has state of its own, or uses what has, is made anew."""
    lab.write(flow=PURE)
    loaded = lab.load()
    one, two = namespace(loaded, fake_run()), namespace(loaded, fake_run())
    same = {name for name in one if name in two and one[name] is two[name]}
    for name in ("clean", "scope", "Size", "Base", "Order", "Part", "Point", "Plain",
                 "LIMIT", "SHORT", "WORD", "RATE"):  # fmt: skip
        assert name in same, name
    for name in ("SEEN", "counting", "Listed", "Counter", "Registered", "Pair"):
        assert name not in same, name
    assert one["Order"].__module__ == "flow"
    assert one["Order"].model_fields["parts"].annotation.__args__ == (one["Part"],)


def test_every_run_behaves_as_if_it_were_the_first(lab: Any, fake_run: Any) -> None:
    """Three runs of one program, with the same results."""
    lab.write(flow=PURE)
    loaded = lab.load()
    for _ in range(3):
        assert lab.call(loaded, run=fake_run()) == EXPECTED


def test_across_modules(lab: Any, fake_run: Any) -> None:
    """A class of a helper module is shared with those that import it by name."""
    lab.write(
        models="""
            from pydantic import BaseModel
            LOG = []
            class Item(BaseModel):
                n: int = 0
            LOG.append("made")
        """,
        flow="""
            from models import Item, LOG
            from pydantic import BaseModel
            from wfx import workflow

            class Case(BaseModel):
                item: Item

            @workflow
            async def main():
                LOG.append("run")
                return [Case(item=Item(n=1)).item.n, len(LOG)]
        """,
    )
    loaded = lab.load("flow")
    one, two = namespace(loaded, fake_run()), namespace(loaded, fake_run())
    assert one["Item"] is two["Item"]
    assert one["Case"] is two["Case"]
    assert one["LOG"] is not two["LOG"]
    assert lab.call(loaded) == lab.call(loaded) == [1, 2]


CHANGES = {
    "class attribute": ("class A:\n    n = 0", "b = A\n    b.n = 1"),
    "setattr": ("class A:\n    n = 0", "for b in (A,): setattr(b, 'n', 1)"),
    "delattr": ("class A:\n    n = 0", "for b in (A,): delattr(b, 'n')"),
    "function attribute": ("def A():\n    return 1", "b = A\n    b.n = 1"),
    "method attribute": ("class A:\n    def f(self): pass", "b = A.f\n    b.n = 1"),
    "enum member": (
        "from enum import Enum\nclass A(Enum):\n    X = 1",
        "b = list(A)[0]\n    b.note = 1",
    ),
    "object.__setattr__ of a member": (
        "from enum import Enum\nclass A(Enum):\n    X = 1",
        "object.__setattr__(A.X, 'note', 1)",
    ),
    "super().__setattr__ of a member": (
        (
            "from enum import Enum\nclass A(Enum):\n    X = 1\n    def put(self):\n"
            "        super().__setattr__('note', 1)"
        ),
        "A.X.put()",
    ),
    "setattr of a member": (
        "from enum import Enum\nclass A(Enum):\n    X = 1",
        "setattr(list(A)[0], 'note', 1)",
    ),
    "field of a model": (
        "from pydantic import BaseModel\nclass A(BaseModel):\n    x: int = 1",
        (
            "A.model_fields.clear()\n    assert list(A.model_fields) == ['x']\n"
            "    b = A\n    b.n = 1"
        ),
    ),
    "self is a class": (
        "class A:\n    def put(self):\n        self.n = 1",
        "for b in (A,): b.put(b)",
    ),
    "model config": (
        (
            "from pydantic import BaseModel, ConfigDict\nclass A(BaseModel):\n"
            "    model_config = ConfigDict(frozen=True)"
        ),
        (
            "b = A\n    b.model_config['frozen'] = False\n    assert A.model_config['frozen']\n"
            "    b.other = {}"
        ),
    ),
    "a model with parameters": (
        (
            "from typing import Generic, TypeVar\nfrom pydantic import BaseModel\n"
            "T = TypeVar('T')\nclass A(BaseModel, Generic[T]):\n    x: T"
        ),
        "b = A[int]\n    b.note = 1",
    ),
    "wraps": (
        "import functools\ndef A():\n    'doc'\ndef B():\n    pass",
        "b = B\n    functools.wraps(A)(b)",
    ),
}


@pytest.mark.parametrize(("head", "body"), CHANGES.values(), ids=CHANGES)
def test_what_is_shared_cannot_be_changed_by_another_name(lab: Any, head: str, body: str) -> None:
    """The analysis follows names; where it cannot, the guard refuses."""
    text = f"from wfx import workflow\n{head}\n\n@workflow\nasync def main():\n    {body}\n"
    with pytest.raises(Violation) as caught:
        lab.run(text)
    assert caught.value.rule == "WFX236"
    assert "shared by all runs" in caught.value.message


OWN = {
    "by its name": ("class A:\n    n = 0", "A.n += 1\n    return A.n"),
    "by a class method": (
        "class A:\n    n = 0\n    @classmethod\n    def up(cls):\n        cls.n += 1",
        "A.up()\n    return A.n",
    ),
    "by type(self)": (
        "class A:\n    n = 0\n    def up(self):\n        type(self).n += 1",
        "A().up()\n    return A.n",
    ),
    "by __class__": (
        "class A:\n    n = 0\n    def up(self):\n        self.__class__.n += 1",
        "A().up()\n    return A.n",
    ),
    "setattr by name": ("class A:\n    n = 0", "setattr(A, 'n', A.n + 1)\n    return A.n"),
    "global": (
        "n = 0\ndef up():\n    global n\n    n += 1\n    return n",
        "return up()",
    ),
    "function attribute": (
        "def f():\n    f.n = getattr(f, 'n', 0) + 1\n    return f.n",
        "return f()",
    ),
    "default list": ("def f(x=[]):\n    x.append(1)\n    return len(x)", "return f()"),
    "lru_cache": (
        (
            "import functools\nSEEN = []\n@functools.cache\ndef f():\n    SEEN.append(1)\n"
            "    return len(SEEN)"
        ),
        "return f()",
    ),
    "class list": ("class A:\n    seen = []", "A.seen.append(1)\n    return len(A.seen)"),
    "field default": (
        "from pydantic import BaseModel\nclass A(BaseModel):\n    seen: list = []",
        "A.model_fields['seen'].default.append(1)\n    return len(A().seen)",
    ),
    "counter": ("import itertools\nids = itertools.count(1)", "return next(ids)"),
    "generator": ("ids = (n for n in (1, 2, 3))", "return next(ids)"),
    "dict": ("found = {}", "found[1] = 1\n    return len(found)"),
    "instance": ("class A:\n    n = 0\na = A()", "a.n += 1\n    return a.n"),
    "flag": (
        "from enum import Flag\nclass A(Flag):\n    X = 1\n    Y = 2",
        "b = A.X | A.Y\n    b.note = getattr(b, 'note', 0) + 1\n    return b.note",
    ),
    "closure": (
        "def make():\n    def inner():\n        pass\n    inner.n = 1\n    return inner",
        "return make().n",
    ),
    "other module": ("import helper", "helper.LEVEL += 1\n    return helper.level()"),
}


@pytest.mark.parametrize(("head", "body"), OWN.values(), ids=OWN)
def test_changes_are_seen_by_their_own_run_only(lab: Any, head: str, body: str) -> None:
    """Two runs of one program count to one each."""
    lab.write(
        helper="LEVEL = 0\ndef level():\n    return LEVEL\n",
        flow=f"from wfx import workflow\n{head}\n\n@workflow\nasync def main():\n    {body}\n",
    )
    loaded = lab.load()
    assert lab.call(loaded) == 1
    assert lab.call(loaded) == 1


def test_a_module_that_cannot_be_shared_says_what_is_wrong_in_its_run(lab: Any) -> None:
    """An error of module level is raised in each run, with its line."""
    lab.write(
        flow="""
        from wfx import workflow
        class Base:
            def __init_subclass__(cls):
                raise ValueError("not today")
        @workflow
        async def main():
            return 1
        """
    )
    assert lab.call(lab.load()) == 1
    assert Path(wfx_sandbox.__file__ or "").exists()


ONLY_PER_RUN = {
    "a draw": ("import random\n", "cls.lucky = random.random()", "B.lucky < 1"),
    "a loop that ends late": ("", "for _ in range(1_500_000): pass", "True"),
    "an id": ("", "cls.number = id(cls)", "B.number > 0"),
}


@pytest.mark.parametrize(("head", "body", "asked"), ONLY_PER_RUN.values(), ids=ONLY_PER_RUN)
def test_what_turns_out_to_need_a_run_is_made_per_run(
    lab: Any, head: str, body: str, asked: str
) -> None:
    """The analysis may be wrong about a hook that runs in a class statement; nothing is lost."""
    lab.write(
        flow=f"""
{head}from wfx import workflow
def hook(cls):
    {body}
class A:
    def __init_subclass__(cls):
        hook(cls)
class B(A):
    pass
@workflow
async def main():
    return {asked}
"""
    )
    loaded = lab.load()
    assert lab.call(loaded) is True
    assert lab.call(loaded) is True


def test_two_programs_share_nothing(lab: Any, fake_run: Any) -> None:
    """Each program makes its own."""
    lab.write(flow=PURE)
    one, two = namespace(lab.load(), fake_run()), namespace(lab.load(), fake_run())
    assert one["Order"] is not two["Order"]


KEPT = {
    "the names of an alias": (
        "class M(BaseModel):\n    a: int = Field(default=1, validation_alias=AliasChoices('a'))",
        "M.model_fields['a'].validation_alias.choices",
    ),
    "an alias by itself": ("A = AliasPath('a')", "A.path"),
    "settings by themselves": ("C = ConfigDict(title='t')", "C"),
    "settings in a class": (
        "class M:\n    config = ConfigDict(title='t')\n    model_config = ConfigDict()",
        "M.config",
    ),
    "settings of a model": (
        "class M(BaseModel):\n    model_config = ConfigDict(title='t')",
        "M.model_config",
    ),
}


@pytest.mark.parametrize(("head", "asked"), KEPT.values(), ids=KEPT)
def test_what_a_library_makes_to_be_filled_is_the_runs_own(lab: Any, head: str, asked: str) -> None:
    """Lists and dicts inside of what looks like a constant."""
    lab.write(
        flow=f"""
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field
from wfx import workflow
{head}
@workflow
async def main():
    found = {asked}
    before = len(found)
    found.append("x") if isinstance(found, list) else found.update(x=1)
    return before
"""
    )
    loaded = lab.load()
    assert [lab.call(loaded) for _ in range(3)] == [1, 1, 1]
