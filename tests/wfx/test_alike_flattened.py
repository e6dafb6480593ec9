"""Values that hold themselves, compared by what leads where."""

from __future__ import annotations

from typing import Any

import pytest

from wfx.alike import alike


def flattened(array: list[Any], root: int = 0) -> dict[str, Any]:
    """A value in the flattened form of v1."""
    fields = {"array": array, "reason": "it holds itself", "root": root}
    return {"$": "dataclass", "class": "wfx_migrate.v1.js:Flattened", "fields": fields}


ALONE = flattened([{"name": 1, "self": 0}, "cycle"])


def test_keys_have_no_order() -> None:
    """As everywhere between the two languages."""
    one = flattened([{"a": 1, "b": 2, "self": 0}, "x", "y"])
    assert alike(one, flattened([{"self": 0, "b": 1, "a": 2}, "y", "x"]))


@pytest.mark.parametrize(
    ("array", "root", "same"),
    [
        ([{"args": 1}, [2], {"name": 3, "self": 2}, "cycle"], 2, True),
        ([{"self": 0, "name": 1, "more": 2}, "cycle", 7], 0, False),
        ([{"name": 1, "self": 0}, "other"], 0, False),
        ([{"name": 1, "self": 1}, "cycle"], 0, False),
        ([[1], {"name": 2, "self": 0}, "cycle"], 0, False),
        ([], 5, False),
    ],
    ids=["an argument", "another field", "text", "leads elsewhere", "in a list", "leads nowhere"],
)
def test_the_same_value_elsewhere_in_another_array_is_alike(
    array: list[Any], root: int, same: bool
) -> None:
    """Indices differ from array to array; what they lead to does not."""
    assert alike(ALONE, flattened(array, root)) is same
    assert alike(flattened(array, root), ALONE) is same
