"""What libraries keep for the whole process passes nothing from one run to the next."""

from __future__ import annotations

import typing
from typing import Any

import pytest

HEAD = """
import fnmatch
import re
from typing import Annotated, Generic, List, Literal, Optional, TypeVar, Union, get_args

from pydantic import BaseModel
from wfx import workflow

T = TypeVar("T")

class Box(Generic[T]):
    pass

class Page(BaseModel, Generic[T]):
    item: T

class Text(str):
    pass

class Mark:
    def __init__(self):
        self.met = 0
    def __eq__(self, other):
        return type(other).__name__ == "Mark"
    def __hash__(self):
        return 1

@workflow
async def main():
    mark, text = Mark(), Text("a+")
    found = FOUND
    found.met = getattr(found, "met", 0) + 1
    return found.met
"""

FOUND = {
    "metadata": "get_args(get_args(List[Annotated[int, mark]])[0])[1]",
    "metadata alone": "get_args(Annotated[int, mark])[1]",
    "substituted": "get_args(get_args(List[Annotated[T, mark][int]])[0])[1]",
    "nested": "get_args(get_args(List[Annotated[Annotated[int, mark], 1]])[0])[1]",
    "no type": "get_args(List[mark])[0]",
    "optional": "get_args(Optional[mark])[0]",
    "a generic of ours": "get_args(Box[mark])[0]",
    "a variable": "get_args(List[T][mark])[0]",
    "a literal": "get_args(Literal[text])[0]",
    "a field": "Page[Annotated[int, mark]].model_fields['item'].metadata[0]",
    "a field inside": (
        "get_args(get_args(Page[list[Annotated[int, mark]]].model_fields['item'].annotation)[0])[1]"
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_an_object_in_a_type_stays_in_its_run(lab: Any, case: str) -> None:
    """Types that are equal are one object for `typing` and pydantic, and hold what made them."""
    lab.write(flow=HEAD.replace("FOUND", FOUND[case]))
    loaded = lab.load()
    assert [lab.call(loaded) for _ in range(3)] == [1, 1, 1]


def test_a_pattern_is_the_text_alone(lab: Any) -> None:
    """`re` keeps what it has compiled, with the object that was the pattern."""
    lab.write(
        flow=HEAD.replace("found = FOUND", "found = re.compile(text).pattern").replace(
            '    found.met = getattr(found, "met", 0) + 1\n    return found.met',
            "    return [type(found) is str, re.sub(Text('a'), Text('b'), 'cab'), "
            "re.match(pattern=text, string='aa').group(), fnmatch.fnmatch('a', Text('?'))]",
        )
    )
    assert lab.call(lab.load()) == [True, "cbb", "aa", True]


def test_values_in_types_are_those_that_were_written(lab: Any) -> None:
    """`List[True]` is not what somebody else of the process wrote as `List[1]`."""
    assert typing.get_args(typing.List[1]) == (1,)  # type: ignore[misc]  # noqa: UP006
    assert typing.get_args(typing.Optional[1.0])[0] == 1.0  # type: ignore[valid-type]  # noqa: UP045
    found = lab.body(
        "from typing import List, Optional, get_args",
        "result = [repr(get_args(List[True])[0]), repr(get_args(Optional[1])[0])]",
    )
    assert found == ["True", "1"]
    assert repr(typing.get_args(typing.List[1.0])[0]) == "1.0"  # type: ignore[misc]  # noqa: UP006


def test_a_model_of_an_annotated_type_is_the_same_again_in_its_run(lab: Any) -> None:
    """As in plain Python; types with equal metadata are equal."""
    found = lab.body(
        "from typing import Annotated, Generic, TypeVar",
        "from pydantic import BaseModel, Field",
        "T = TypeVar('T')",
        "class Page(BaseModel, Generic[T]):",
        "    item: T",
        "first, second = (Page[Annotated[int, 'mark']] for _ in 'ab')",
        "result = [first is second, Annotated[int, 1] == Annotated[int, 1]]",
        "result.append(Page[Annotated[int, 'mark']](item=3).item)",
    )
    assert found == [True, True, 3]
