"""Private attributes and stores in methods: as in Python for own objects, refused for others."""

from __future__ import annotations

from typing import Any

import pytest

from wfx.errors import Violation

HEAD = """
import asyncio
import abc
from dataclasses import dataclass
from enum import Enum
from pydantic import BaseModel, PrivateAttr
from wfx import workflow

"""

WORKS = {
    "ordinary": (
        """
class A:
    def __init__(self, x):
        self._x = x
        self.__y = x + 1
    def both(self):
        "Docstring."
        return self._x + self.__y
    def later(self):
        return [lambda: self._x, (self._x for _ in range(1))]
""",
        (
            "a = A(1)\n    first, rest = a.later()\n    return [a.both(), first(), list(rest)[0], "
            "A.both.__doc__]"
        ),
        [3, 1, 1, "Docstring."],
    ),
    "class method that reads": (
        """
class A:
    _kind = "k"
    @classmethod
    def kind(cls):
        return cls._kind
    def __new__(cls):
        made = super().__new__(cls)
        made._kind = cls._kind + "!"
        return made
""",
        "return [A.kind(), A()._kind]",
        ["k", "k!"],
    ),
    "class method that assigns": (
        """
class A:
    _made = 0
    @classmethod
    def make(cls):
        cls._made += 1
        return cls()
""",
        "A.make()\n    A.make()\n    return A._made",
        2,
    ),
    "enum": (
        """
class Planet(Enum):
    EARTH = (3, 4)
    def __init__(self, mass, radius):
        self.mass = mass
        self._radius = radius
    def size(self):
        return self._radius * self.mass
""",
        "return Planet.EARTH.size()",
        12,
    ),
    "static": (
        """
class A:
    def __init__(self):
        self._child = None
    @staticmethod
    def link(parent=None, child=None):
        if parent is not None:
            parent._child = child
        return parent
""",
        "return [A.link(), A.link(A(), 2)._child]",
        [None, 2],
    ),
    "first argument with a default": (
        "class A:\n    def f(self=None):\n        return None if self is None else self._x\n",
        "return A.f()",
        None,
    ),
    "self bound again": (
        """
class A:
    def __init__(self, x):
        self._x = x
    def other(self, new):
        self = new
        return self._x
""",
        "return A(1).other(A(2))",
        2,
    ),
    "descriptor and init_subclass": (
        """
class Named:
    def __set_name__(self, owner, name):
        self._name = name
    def __get__(self, obj, owner=None):
        return self._name
class A:
    field = Named()
    def __init_subclass__(cls):
        cls._sub = cls.__name__
class B(A):
    pass
""",
        "return [A().field, B._sub]",
        ["field", "B"],
    ),
    "dataclass with slots": (
        """
@dataclass(slots=True)
class A:
    _x: int
    def more(self):
        self._x += 1
        return self._x
""",
        "return A(1).more()",
        2,
    ),
    "model": (
        """
class A(BaseModel):
    x: int
    _seen: int = PrivateAttr(default=0)
    def look(self):
        self._seen += 1
        return self._seen
""",
        "a = A(x=1)\n    a.look()\n    return a.look()",
        2,
    ),
    "generator and coroutine": (
        """
class A:
    def __init__(self):
        self._n = 0
    def count(self):
        for _ in range(2):
            self._n += 1
            yield self._n
    async def wait(self):
        await asyncio.sleep(0)
        return self._n
""",
        "a = A()\n    return [list(a.count()), await a.wait()]",
        [[1, 2], 2],
    ),
    "exception": (
        (
            "class E(Exception):\n    def __init__(self, x):\n        self._x = x\n"
            "    def get(self):\n        return self._x\n"
        ),
        "return E(4).get()",
        4,
    ),
}


@pytest.mark.parametrize(("head", "body", "expected"), WORKS.values(), ids=WORKS)
def test_own_objects_behave_as_in_python(lab: Any, head: str, body: str, expected: object) -> None:
    """Twice, since classes are shared by runs."""
    lab.write(flow=f"{HEAD}{head}\n@workflow\nasync def main():\n    {body}\n")
    loaded = lab.load()
    assert lab.call(loaded) == expected
    assert lab.call(loaded) == expected


ATTEMPTS = {
    "read": ("    def peek(self):\n        return self._loop\n", "asyncio.Queue()"),
    "read by a closure": (
        "    def peek(self):\n        return (lambda: self._loop)()\n",
        "asyncio.Queue()",
    ),
    "write": ("    def peek(self):\n        self.maxsize = 3\n", "asyncio.Queue()"),
    "write to a class": ("    def peek(self):\n        self.maxsize = 3\n", "asyncio.Queue"),
    "write to a module": ("    def peek(self):\n        self.sleep = 3\n", "asyncio"),
    "delete": ("    def peek(self):\n        del self.maxsize\n", "asyncio.Queue()"),
    "generator": ("    def peek(self):\n        yield self._loop\n", "asyncio.Queue()"),
    "match": (
        (
            "    def peek(self):\n        match 1:\n            case self: pass\n"
            "        return self._loop\n"
        ),
        None,
    ),
    "bound again": (
        "    def peek(self):\n        self = asyncio.Queue()\n        return self._loop\n",
        None,
    ),
    "bound by an inner function": (
        (
            "    def peek(self):\n        def inner():\n            nonlocal self\n"
            "            self = asyncio.Queue()\n        inner()\n        return self._loop\n"
        ),
        None,
    ),
    "bound by for": (
        (
            "    def peek(self):\n        for self in [asyncio.Queue()]:\n"
            "            return self._loop\n"
        ),
        None,
    ),
    "bound by an inner argument": (
        "    def peek(self):\n        return (lambda self: self._loop)(asyncio.Queue())\n",
        None,
    ),
    "bound by a comprehension": (
        "    def peek(self):\n        return [self._loop for self in [asyncio.Queue()]]\n",
        None,
    ),
    "bound by a walrus": (
        "    def peek(self):\n        return [(self := asyncio.Queue()), self._loop]\n",
        None,
    ),
    "bound by with": (
        "    def peek(self):\n        with Gives() as self:\n            return self._loop\n",
        None,
    ),
    "bound by except": (
        (
            "    def peek(self):\n        try:\n            raise ValueError\n"
            "        except ValueError as self:\n            return self._x\n"
        ),
        None,
    ),
}


@pytest.mark.parametrize(("method", "given"), ATTEMPTS.values(), ids=ATTEMPTS)
def test_what_is_not_yours_does_not_pass_for_self(lab: Any, method: str, given: str | None) -> None:
    """However it comes to have that name."""
    gives = (
        "class Gives:\n    def __enter__(self):\n        return asyncio.Queue()\n"
        "    def __exit__(self, *exc):\n        return None\n\n"
    )
    call = "A().peek()" if given is None else f"A.peek({given})"
    source = (
        f"{HEAD}{gives}class A:\n{method}\n@workflow\nasync def main():\n    found = {call}\n"
        "    return [] if found is None else str(found) and list(found)\n"
    )
    with pytest.raises(Violation) as caught:
        lab.run(source)
    assert caught.value.rule in ("WFX243", "WFX236")
