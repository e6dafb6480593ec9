"""The flattened form of values, both ways."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfx import codec
from wfx_migrate.v1.encoding import encode, encode_arguments
from wfx_migrate.v1.js import (
    URL,
    Flattened,
    Headers,
    JsDate,
    JsError,
    JsMap,
    JsSet,
    RegExp,
    Tagged,
    TypedArray,
    Undefined,
    URLSearchParams,
)
from wfx_migrate.v1.values import Arguments, BadValue, Decoded, decode, decode_arguments

EXACT: list[tuple[Any, Any]] = [
    (["hello"], "hello"),
    ([None], None),
    ([True], True),
    ([-7], -7),
    ([0.5], 0.5),
    (-4, math.inf),
    (-5, -math.inf),
    ([[]], []),
    ([[1, 2, 1], "a", "b"], ["a", "b", "a"]),
    ([{"a": 1, "b": -4}, {"c": 2}, 1], {"a": {"c": 1}, "b": math.inf}),
    (["\ud800 half"], "\ud800 half"),
    (["a\0b"], "a\0b"),
    ([["BigInt", 1], "18446744073709551616"], 2**64),
    ([["Date", 1], "2024-02-29T12:34:56.789Z"], datetime(2024, 2, 29, 12, 34, 56, 789000, UTC)),
    ([["Date", 1], "0001-01-01T00:00:00.000Z"], datetime(1, 1, 1, tzinfo=UTC)),
    ([["Date", 1], "."], JsDate(".")),
    ([["Date", 1], "+012025-01-01T00:00:00.000Z"], JsDate("+012025-01-01T00:00:00.000Z")),
    ([["Uint8Array", 1], "AAECf4D+/w=="], b"\0\1\2\x7f\x80\xfe\xff"),
    ([["Uint8Array", 1], "."], b""),
    ([["ArrayBuffer", 1], "CQgH"], TypedArray("ArrayBuffer", b"\t\b\7")),
    ([["Int16Array", 1], "//8sAQ=="], TypedArray("Int16Array", b"\xff\xff,\1")),
    ([["RegExp", 1], {"source": 2, "flags": 3}, "a+", "gi"], RegExp("a+", "gi")),
    ([["URL", 1], "https://example.com/"], URL("https://example.com/")),
    ([["URLSearchParams", 1], "."], URLSearchParams("")),
    ([["Headers", 1], [2], [3, 4], "x-a", "1"], Headers((("x-a", "1"),))),
    (
        [["Error", 1], {"name": 2, "message": 3, "stack": 4}, "Error", "no", "Error: no"],
        JsError("Error", "no", "Error: no"),
    ),
    ([["Map", 1], [2], [3, 4], 1, "one"], {1: "one"}),
    ([["Map", 1], [2], [3, 4], [], "list"], JsMap((([], "list"),))),
    ([["Set", 1], [2], "x"], {"x"}),
    ([["Set", 1], [2, 3], 1, True], JsSet((1, True))),
    ([["Set", 1], [2], {}], JsSet(({},))),
    ([["StepFunction", 1], {"stepId": 2}, "s"], Tagged("StepFunction", {"stepId": "s"})),
    ([{"name": 1, "self": 0}, "n"], Flattened([{"name": 1, "self": 0}, "n"], "it holds itself")),
    (
        [["Temporal.Instant", 1], "x"],
        Flattened([["Temporal.Instant", 1], "x"], "the type 'Temporal.Instant' is unknown"),
    ),
]
"""Flattened form, Python value; each can be made of the other."""

LOSSY: list[tuple[Any, Any]] = [
    (-1, None),
    ([[1, -2, -1], 5], [5, None, None]),
    ([["Map", 1], []], {}),
    ([["Map", 1], [2], [3, 4], "k", 1], {"k": 1}),
    ([["BigInt", 1], "7"], 7),
    ([["BigInt", "7"]], 7),
    ([["Date", "2024-02-29T12:34:56.789Z"]], datetime(2024, 2, 29, 12, 34, 56, 789000, UTC)),
    ([["Object", 42]], 42),
    ([["null", "np", 1], 1], {"np": 1}),
    ([[1, 1], {"a": 2}, 3], [{"a": 3}, {"a": 3}]),
    ([["Set", 1, 2], 1, 2], {1, 2}),
]
"""Flattened form, Python value that does not tell it again."""


def comes_back(found: Decoded, flat: Any) -> bool:
    """Whether the same array can be made of a value that was decoded."""
    with suppress(BadValue):
        return not found.lossy and codec.equal(encode(found.value), flat)
    return False


@pytest.mark.parametrize(("flat", "value"), EXACT)
def test_a_value_goes_both_ways(flat: Any, value: Any) -> None:
    """It decodes to this Python value, through our codec too, and encodes to the same array."""
    found = decode(flat)

    assert found.value == value
    assert type(found.value) is type(value)
    assert not found.lossy
    kept = codec.decode(codec.loads(codec.dumps(codec.encode(found.value))))
    assert json.dumps(encode(kept)) == json.dumps(flat)


@pytest.mark.parametrize(("flat", "value"), LOSSY)
def test_what_python_cannot_tell_apart_is_said_to_be_lossy(flat: Any, value: Any) -> None:
    """The value is the natural one, and whoever keeps it is told to keep the array as well."""
    found = decode(flat)

    assert found.value == value
    assert not comes_back(found, flat)
    assert not found.own


def test_nan_and_minus_zero_keep_their_nature() -> None:
    """They are floats that compare unlike others, and come back as the same constants."""
    nan, zero = decode(-3).value, decode(-6).value

    assert isinstance(nan, float)
    assert math.isnan(nan)
    assert isinstance(zero, float)
    assert math.copysign(1, zero) == -1
    assert [encode(nan), encode(zero)] == [-3, -6]


@pytest.mark.parametrize(
    ("flat", "reason"),
    [
        (-9, "the constant -9 is unknown (-1 to -6 are)"),
        ({}, "a flattened value is an array or a negative number, not an object"),
        ([], "a flattened value is an array or a negative number, not an empty array"),
        (7, "the constant 7 is unknown (-1 to -6 are)"),
        ([[5]], "index 5 leads nowhere: the array ends at 0"),
        ([["null", "a"]], "element 0 lacks the value of its last key"),
        ([{"a": "b"}], "element 0 holds 'b' where an index belongs"),
        ([{"a": -7}], "element 0 holds the unknown constant -7"),
    ],
)
def test_damage_is_named(flat: Any, reason: str) -> None:
    """What is no flattened value is an error with its place, never a guess."""
    with pytest.raises(BadValue) as caught:
        decode(flat, path="runs/x.json#input")

    assert str(caught.value) == f"runs/x.json#input: {reason}"


def test_deep_and_branching_values_stay_as_they_are() -> None:
    """Neither depth nor shared references can make a value that nobody could keep."""
    deep: list[Any] = [[index + 1] for index in range(500)] + ["end"]
    wide: list[Any] = [[index + 1, index + 1] for index in range(40)] + ["end"]

    assert decode(deep).value == Flattened(deep, "it is nested more than 150 levels deep")
    assert decode(wide).value == Flattened(wide, "its shared references would make too many copies")


ARGUMENTS: list[tuple[Any, Arguments]] = [
    ([[]], Arguments([], own=True)),
    ([[1, 2], "a", 3], Arguments(["a", 3], own=True)),
    (
        [{"args": 1, "closureVars": -1}, [2], "x"],
        Arguments(["x"], own=True, wrapper=("args", "closureVars")),
    ),
    (
        [{"args": 1, "closureVars": -1, "thisVal": -1}, [-1]],
        Arguments([None], lossy=True, wrapper=("args", "closureVars", "thisVal")),
    ),
    (
        [{"args": 1, "closureVars": 2}, [], {"k": 3}, "v"],
        Arguments(
            [], lossy=True, wrapper=("args", "closureVars"), rest={"closureVars": {"k": "v"}}
        ),
    ),
]


@pytest.mark.parametrize(("flat", "arguments"), ARGUMENTS)
def test_arguments_come_out_of_their_wrapper(flat: Any, arguments: Arguments) -> None:
    """The list of arguments, what was around it, and the same array if that is all there was."""
    found = decode_arguments(flat)

    assert found == arguments
    if found.own or found.rest:
        assert encode_arguments(found) == flat


def test_only_the_argument_that_holds_itself_stays_flattened() -> None:
    """The others are ordinary values."""
    flat: Any = [[1, 2], "plain", {"self": 2}]

    assert decode_arguments(flat).values == ["plain", Flattened(flat, "it holds itself", 2)]


def test_undefined_can_be_written() -> None:
    """An exporter says undefined where our value is None."""
    assert encode(Undefined()) == -1
    assert encode([Undefined()]) == [[-1]]


@pytest.mark.parametrize("release", ["3", "13", "50"])
def test_every_recorded_value_decodes_and_comes_back(
    recorded: Callable[[str], Path], release: str
) -> None:
    """Of all kinds of value that releases recorded, none is unknown, and exact ones are exact."""
    raw = exact = count = 0
    for path in sorted(recorded(f"v1-4.0.1-beta.{release}/values").rglob("*.json")):
        row = json.loads(path.read_bytes())
        data = row.get("eventData") or {}
        for flat in (row.get("output"), data.get("result")):
            if flat is None:
                continue
            found = decode(flat)
            count += 1
            raw += isinstance(found.value, Flattened)
            if comes_back(found, flat):
                exact += 1
                kept = codec.decode(codec.encode(found.value))
                assert codec.equal(encode(kept), flat)
    assert raw == 4  # the cycle: made and echoed, each as an event and in a row
    assert exact > count * 0.7


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    # 1 and 1.0 are one number in JavaScript, and share an element.
    | st.floats().filter(lambda number: not number.is_integer())
    | st.just(-0.0)
    | st.text(st.characters())
    | st.binary(max_size=8)
    | st.sampled_from([datetime(2024, 1, 2, 3, 4, 5, 6000, UTC), RegExp("a", ""), URL("x:")]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=4)
        | st.dictionaries(st.integers(), inner, max_size=3)
        | st.sets(st.integers(), max_size=3)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(value=values)
def test_any_value_of_ours_goes_there_and_back(value: Any) -> None:
    """What can be encoded decodes to an equal value, and exactly if it says so."""
    flat = encode(value)
    json.dumps(flat)

    found = decode(flat)

    assert codec.equal(codec.encode(found.value), codec.encode(value))
    assert found.own <= comes_back(found, flat)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: repr(number) != "-0.0")
    | st.text(st.characters())
    | st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@settings(deadline=None)
@given(value=plain)
def test_the_array_of_a_plain_value_is_known_to_be_its_own(value: Any) -> None:
    """As values and as arguments, with a wrapper or without; nothing is made again for that."""
    assert decode(encode(value)).own
    for wrapper in ((), ("args", "closureVars"), ("closureVars", "thisVal", "args")):
        given_ = Arguments([value, "x", value], wrapper=wrapper)
        assert decode_arguments(encode_arguments(given_)) == replace(given_, own=True)


@pytest.mark.parametrize(
    "flat",
    [
        [[1, 2], "a", "a"],
        [[2, 1], "b", "a"],
        [[1], "a", "left over"],
        [[1, 1], []],
        [[1, 2], 1, 1.0],
        [[1], -0.0],
        [[1], 2**53 + 1],
        [[1, -1], "a"],
        [["Map", 1], [2], [3, 4], 1, "one"],
    ],
)
def test_an_array_that_would_be_made_otherwise_is_not_said_to_be_its_own(flat: Any) -> None:
    """Equal primitives twice, another order, parts nobody names, shared ones: all are looked at."""
    assert not decode(flat).own


TYPES = ["Map", "Set", "Date", "null", "Object", "BigInt", "X"]

flats = st.recursive(
    st.none() | st.booleans() | st.integers(-8, 8) | st.text(max_size=3) | st.floats(-2, 2),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.tuples(st.sampled_from(TYPES), inner).map(list)
    ),
    max_leaves=10,
)


@settings(deadline=None, max_examples=300)
@given(flat=flats)
def test_no_array_whatever_is_in_it_makes_anything_but_a_value_or_an_error(flat: Any) -> None:
    """Decoding ends, with a value that our codec takes or with `BadValue`."""
    try:
        found = decode(flat)
    except BadValue:
        return
    codec.encode(found.value)
    assert found.own <= comes_back(found, flat)
