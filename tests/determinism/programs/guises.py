"""Addresses, hash order and the collector in guises that nobody looks for."""

import difflib
import functools
import itertools
from collections import UserString
from collections.abc import ItemsView, KeysView
from enum import Enum
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel, ValidationError

from wfx import workflow


class Colour(Enum):
    """Members."""

    RED = 1


class Text(str):
    """A kind of text."""


class Item(BaseModel):
    """A model of anything."""

    value: Any


class Count(BaseModel):
    """A model of a number."""

    value: int


class Waits:
    """An awaitable that never ends."""

    def __await__(self) -> Any:
        """Suspends once."""
        yield


@workflow
async def text_by_other_names() -> Any:
    """`str` as a variable, an element, an argument, a base."""
    make = str
    table = {"text": str}

    def made(function: Any, value: Any) -> Any:
        return function(value)

    template = {"text": "%s"}
    template["text"] %= object()
    return [
        make(object()),
        table["text"](object()),
        made(str, object()),
        functools.partial(str, object())(),
        list(itertools.starmap(str, [(object(),)])),
        Text(object()) + "",
        UserString(object()).data,
        (UserString("%s") % object()).data,
        (b"%a" % object()).decode(),
        template["text"],
        Item(value=object()).model_dump_json(fallback=str),
    ]


@workflow
async def texts_of_errors() -> Any:
    """Arguments of exceptions, read in every way."""

    class Kept:
        def __enter__(self) -> Any:
            return self

        def __exit__(self, kind: Any, error: Any, _: Any) -> bool:
            self.text = error.args[0]
            return True

    found = []
    with Kept() as kept:
        [].index(object())
    found.append(kept.text)
    for broken in (lambda: [].index(object()), lambda: Colour(object()), lambda: {}[object()]):
        try:
            broken()
        except Exception as error:
            found += [str(error.args[0]), *map(str, getattr(error, "args"))]
    try:
        Count(value=object())
    except ValidationError as error:
        found.append(error.json(include_url=False))
    return found


@workflow
async def sets_by_other_names() -> Any:
    """Sets that Python makes where nobody says `set`."""
    letters = dict.fromkeys("abcdefgh")
    matcher = difflib.SequenceMatcher(lambda text: text in "abcd", "abx", "abcdyz")
    words = {"ab", "cd", "ef", "gh"}
    return [
        list(KeysView(letters) | {"z"}),
        list(ItemsView(letters) & set(letters.items())),
        list(matcher.bjunk),
        super(set, words).pop(),
    ]


@workflow
async def lost_in_a_cycle() -> Any:
    """What only the garbage collector finds is never heard of again."""
    heard: list[str] = []

    def generator(box: Any) -> Any:
        try:
            yield
        finally:
            heard.append("generator")

    async def coroutine(box: Any) -> None:
        try:
            await Waits()
        finally:
            heard.append("coroutine")

    for make in (generator, coroutine):
        box: list[Any] = []
        box.append(make(box))
        box[0].send(None)
    del box
    turns = 0
    kept = []
    while not heard and turns < 20_000:
        kept.append([turns])
        turns += 1
    one = generator([])
    next(one)
    del one
    return [turns, heard]


@workflow
async def locks_of_properties() -> Any:
    """The lock of a cached property would name the thread."""
    return hasattr(functools.cached_property(len), "lock")


@workflow
async def identity_in_chains() -> Any:
    """Equal texts are one object, in a chain of comparisons too."""
    left = "".join(["a", "b", "c"])
    right = "".join(["a", "b", "c"])
    return [left is right is left, left is right is not None, left == right is left]


@workflow
async def names_in_scope() -> Any:
    """`dir` shows nothing that the sandbox put in."""
    for _ in range(2):
        pass
    return [dir(), [name for name in dir(Colour) if name.startswith("_abc")]]


made_here = str
mapped_here = map


class Maker:
    """`str` as an attribute of the class."""

    make = str


@workflow
async def text_by_attributes_and_aliases() -> Any:
    """`str` as an attribute, a global and what a call gives; `map` as a variable."""

    class Kept:
        def __init__(self, make: Any) -> None:
            self.make = self._make = make

        def text(self, value: Any) -> Any:
            return [self.make(value), self._make(value)]

    make = str
    apart = functools.partial
    return [
        Maker.make(object()),
        Maker().make(object()),
        Kept(str).text(object()),
        SimpleNamespace(append=str).append(object()),
        made_here(object()),
        list(mapped_here(str, [object()])),
        list(map(make, [object()])),
        list(map(made_here, [object()])),
        apart(str, object())(),
        [key for key, _ in itertools.groupby([object()], str)],
        [key for key, _ in itertools.groupby([object()], key=make)],
        (lambda make: make(object()))(str),
        (lambda: str)()(object()),
        [make(object()) for make in (str,)],
        str(object=object()),
        make(object=object()),
        getattr(Maker, "make")(object()),
    ]
