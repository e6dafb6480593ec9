"""`str` of what has an address, called by many names and by much of Python."""

import csv
import functools
import heapq
import io
import itertools
import json
import traceback
import urllib.parse
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import helper
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    PlainSerializer,
    PlainValidator,
)
from wfx import workflow

mapped, text = map, str
check = AfterValidator


def shown() -> None:
    """What is shown."""


class Attributes:
    """Something with attributes."""


class Model(BaseModel):
    """Validators that call `str`."""

    after: Annotated[Any, AfterValidator(str)]
    other: Annotated[Any, check(text)]
    before: Annotated[Any, BeforeValidator(func=text)]
    plain: Annotated[Any, PlainValidator(text)]
    dumped: Annotated[Any, PlainSerializer(str)]


@dataclass
class Held:
    """Something with a field."""

    value: object


@workflow
async def mapped_under_another_name() -> Any:
    """Neither `map` nor `str` by its name."""
    made = (map, itertools.starmap)
    return [
        list(mapped(text, [shown])),
        list(made[0](text, [shown])),
        list(made[1](text, [(shown,)])),
        [key for key, _ in itertools.groupby([shown], text)],
        heapq.nlargest(1, [shown], text) == [shown],
    ]


@workflow
async def kept_for_later() -> Any:
    """Wrappers of a function."""
    made = functools.partial
    return [
        made(text)(shown),
        made(text, shown)(),
        functools.cache(text)(shown),
        functools.lru_cache(text)(shown),
        functools.lru_cache(maxsize=2)(text)(shown),
        functools.singledispatch(text)(shown),
        "".__class__(shown),
    ]


@workflow
async def attributes_named_like_methods() -> Any:
    """Set in another module, and by computed names."""
    first, second = Attributes(), Attributes()
    helper.give_text(first)
    setattr(second, "up" + "per", text)
    return [first.title(shown), second.upper(shown)]


@workflow
async def given_by_stars() -> Any:
    """Arguments and options that are not written out."""
    options = {"default": text}
    return [
        str(*[shown]),
        text(*[shown]),
        text(shown, *()),
        str(shown, **{}),
        json.dumps([shown], **options),
        sorted([shown], **{"key": text}) == [shown],
        asdict(Held(shown), dict_factory=text),
    ]


@workflow
async def validated() -> Any:
    """By pydantic."""
    made = Model(after=shown, other=shown, before=shown, plain=shown, dumped=shown)
    return [made.after, made.other, made.before, made.plain, made.model_dump()["dumped"]]


@workflow
async def written() -> Any:
    """By libraries that make text of everything."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([[shown, 1.5, None]])
    csv.DictWriter(buffer, ["a"]).writerow({"a": shown})
    found = [buffer.getvalue(), urllib.parse.urlencode({"a": shown})]
    found.append(urllib.parse.urlencode([("a", [shown, 1])], doseq=True))
    found.append(urllib.parse.urlencode([("a", 1), ["b", shown]]))
    try:
        raise ValueError(shown)
    except ValueError as error:
        found += [str(error), repr(error), traceback.format_exception_only(error)[-1]]
    return found
