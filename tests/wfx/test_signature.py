"""Signatures: binding calls, validating values, reading words of a command line."""

from __future__ import annotations

import pathlib
import subprocess
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfx.errors import EncodeError, InvalidArguments
from wfx.signature import Signature

if TYPE_CHECKING:
    from nowhere import OnlyForCheckers


class Item(pydantic.BaseModel):
    sku: str
    price: float


class Order(pydantic.BaseModel):
    id: str
    items: list[Item] = []


class Size(Enum):
    SMALL = "s"


@dataclass
class Parcel:
    weight: int
    tracer: Tracer | None = None


class Tracer:
    """No schema of pydantic's."""


async def charge(order: Order, key: str, *, tries: int = 3) -> Item: ...


def everything(a: int, /, b: str = "x", *rest: int, c: float, d: Any = None, **more: bool) -> None:
    """One parameter of each kind."""


def plain(a, b=1): ...  # type: ignore[no-untyped-def]  # without annotations on purpose


CHARGE = Signature.of(charge, "shop:charge")


# -- the text -----------------------------------------------------------------------------


def positional_only(a: int, /) -> list[Item]: ...


@pytest.mark.parametrize(
    ("func", "text"),
    [
        (charge, "charge(order: Order, key: str, *, tries: int = 3) -> Item"),
        (
            everything,
            (
                "everything(a: int, /, b: str = 'x', *rest: int, c: float, d: Any = None, "
                "**more: bool) -> None"
            ),
        ),
        (plain, "plain(a, b=1)"),
        (positional_only, "positional_only(a: int, /) -> list[Item]"),
        (Signature.of, "of(func: Callable[..., Any], name: str) -> Signature"),
    ],
)
def test_a_signature_reads_as_a_person_would_write_it(func: Any, text: str) -> None:
    """Annotations as in the source, without quotes and modules."""
    assert Signature.of(func, "x").text == text


def test_annotations_that_are_objects_are_written_like_source() -> None:
    """Modules without postponed annotations have classes there, not texts."""

    def f(a: Any, b: Any, c: Any = Tracer()) -> None: ...  # noqa: B008 (its repr has an address)

    f.__annotations__ = {"a": Order, "b": dict[str, int | None], "return": None}
    assert Signature.of(f, "f").text == "f(a: Order, b: dict[str, int | None], c=...) -> None"


# -- binding ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("func", "args", "kwargs", "expected"),
    [
        (charge, (1, 2), {}, ([1, 2], {})),
        (charge, (1,), {"key": 2}, ([1, 2], {})),
        (charge, (), {"tries": 3, "key": 2, "order": 1}, ([1, 2], {"tries": 3})),
        (plain, (1,), {}, ([1], {})),
        (everything, (1, 2, 3, 4), {"c": 5}, ([1, 2, 3, 4], {"c": 5})),
        (
            everything,
            (1,),
            {"z": 1, "d": 2, "a": 4, "c": 3},
            ([1], {"c": 3, "d": 2, "z": 1, "a": 4}),
        ),
    ],
)
def test_a_call_has_one_normal_form(
    func: Any, args: Any, kwargs: dict[str, Any], expected: Any
) -> None:
    """Positional where possible, signature order for the rest, defaults not filled in."""
    out_args, out_kwargs = Signature.of(func, "x").bind(args, kwargs)
    assert (out_args, out_kwargs) == expected
    assert list(out_kwargs) == list(expected[1])


def skipping(a: int, b: int = 1, c: int = 2) -> None:
    """A call can give `c` without `b`."""


def test_an_argument_after_a_default_that_was_not_given_stays_a_keyword() -> None:
    """There is no position for it without inventing the one before."""
    assert Signature.of(skipping, "x").bind((0,), {"c": 5}) == ([0], {"c": 5})


@pytest.mark.parametrize(
    ("func", "args", "kwargs", "reason"),
    [
        (charge, (1,), {}, "missing argument 'key'"),
        (charge, (), {}, "missing arguments 'order', 'key'"),
        (charge, (1, 2, 3), {}, "takes at most 2 positional arguments, got 3"),
        (charge, (1,), {"kei": 1}, "unexpected argument 'kei' (did you mean 'key'?)"),
        (charge, (1, 2), {"zzz": 1}, "unexpected argument 'zzz'"),
        (charge, (1, 2), {"key": 1}, "argument 'key' is given twice, by position and by name"),
        (everything, (1,), {}, "missing argument 'c'"),
        (positional_only, (), {"a": 1}, "argument 'a' can only be given by position"),
    ],
)
def test_a_call_that_does_not_fit_is_named(
    func: Any, args: Any, kwargs: dict[str, Any], reason: str
) -> None:
    """Which argument, and what the signature is."""
    signature = Signature.of(func, "shop:x")
    with pytest.raises(InvalidArguments) as caught:
        signature.bind(args, kwargs)
    shown = signature.text.rpartition(" -> ")[0]
    assert str(caught.value) == f"shop:x: {reason}; the signature is {shown}"


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([charge, everything, plain, positional_only, skipping]),
    st.lists(st.integers(), max_size=4).map(tuple),
    st.dictionaries(st.sampled_from(["a", "b", "c", "d", "order", "key", "tries"]), st.integers()),
)
def test_binding_agrees_with_python(func: Any, args: Any, kwargs: dict[str, int]) -> None:
    """What Python would call is bound, the rest is refused; binding again changes nothing."""
    import inspect

    signature = Signature.of(func, "x")
    try:
        expected = inspect.signature(func).bind(*args, **kwargs)
    except TypeError:
        with pytest.raises(InvalidArguments):
            signature.bind(args, kwargs)
    else:
        bound = signature.bind(args, kwargs)
        assert inspect.signature(func).bind(*bound[0], **bound[1]) == expected
        assert signature.bind(tuple(bound[0]), bound[1]) == bound


# -- validating ---------------------------------------------------------------------------


def test_arguments_are_validated_by_their_annotations() -> None:
    """Models are made of plain data; instances are passed on as they are."""
    order = Order(id="o")
    args, kwargs = CHARGE.validate([order, "k"], {"tries": "5"})
    assert args[0] is order
    assert (args[1], kwargs) == ("k", {"tries": 5})
    made, _ = CHARGE.validate([{"id": "o", "items": [{"sku": "a", "price": 1}]}, "k"], {})
    assert made[0] == Order(id="o", items=[Item(sku="a", price=1.0)])


def test_stars_are_validated_one_by_one() -> None:
    """`*rest: int` is the annotation of each."""
    signature = Signature.of(everything, "x")
    assert signature.validate([1, "b", "2", 3], {"c": 1, "z": "yes", "a": "no"}) == (
        (1, "b", 2, 3),
        {"c": 1.0, "z": True, "a": False},
    )


def test_each_bad_argument_has_its_sentence() -> None:
    """The path inside the argument, as in the author's data."""
    with pytest.raises(InvalidArguments) as caught:
        CHARGE.validate([{"id": "o", "items": [{"sku": "a", "price": "x"}]}, 5], {"tries": "n"})
    assert str(caught.value) == (
        "shop:charge: order.items.0.price: Input should be a valid number, unable to parse string "
        "as a number; key: Input should be a valid string; tries: Input should be a valid "
        "integer, unable to parse string as an integer; the signature is "
        "charge(order: Order, key: str, *, tries: int = 3)"
    )


def odd(
    hidden: OnlyForCheckers,
    tracer: Tracer,
    count: int,
    parcel: Parcel,
    free: Any = None,
    whole: object = None,
) -> OnlyForCheckers: ...


def test_annotations_that_cannot_be_resolved_take_anything() -> None:
    """One of them does not switch off the others; arbitrary classes are checked as such."""
    signature = Signature.of(odd, "x")
    tracer, parcel = Tracer(), Parcel(1, Tracer())
    assert signature.validate([1, tracer, "5", parcel], {"free": odd}) == (
        (1, tracer, 5, parcel),
        {"free": odd},
    )
    assert signature.validate_result(odd) is odd
    with pytest.raises(InvalidArguments, match=r"^x: tracer: Input should be an instance of Trac"):
        signature.validate([1, 2, 3, parcel], {})
    with pytest.raises(InvalidArguments, match=r"^x: parcel: Input should be an instance of Parc"):
        signature.validate([1, tracer, 3, 4], {})


def test_a_result_is_validated_by_the_return_annotation() -> None:
    """A dict becomes the promised model; what does not fit fails with its place."""
    assert CHARGE.validate_result({"sku": "a", "price": 1}) == Item(sku="a", price=1)
    with pytest.raises(EncodeError) as caught:
        CHARGE.validate_result({"sku": "a"})
    assert str(caught.value) == "result.price: Field required; shop:charge promises Item"
    assert Signature.of(everything, "x").validate_result(None) is None
    with pytest.raises(EncodeError, match=r"^result: Input should be None; x promises None$"):
        Signature.of(everything, "x").validate_result(1)


class Touchy(pydantic.BaseModel):
    a: int

    @pydantic.field_validator("a")
    @classmethod
    def _fail(cls, value: int) -> int:
        raise KeyError("author's bug")


def touchy(t: Touchy) -> None:
    """Takes a model whose validator is broken."""


def test_a_validator_that_breaks_is_an_error_of_its_argument() -> None:
    """Not a traceback of ours."""
    with pytest.raises(InvalidArguments, match="t: its validation raised KeyError"):
        Signature.of(touchy, "x").validate([{"a": 1}], {})


# -- words --------------------------------------------------------------------------------


def words(
    text: str,
    count: int = 0,
    price: Decimal = Decimal(0),
    order: Order | None = None,
    either: str | int = 0,
    free: Any = None,
    day: date | None = None,
    size: Size = Size.SMALL,
    path: pathlib.Path = pathlib.Path(),
    short: Annotated[str, pydantic.Field(max_length=3)] = "",
    way: Literal["up", 2] = "up",
    pause: timedelta = timedelta(),
) -> None:
    """One parameter of each way to read a word."""


def test_words_are_read_by_their_annotations() -> None:
    """Text stays text, JSON is JSON, a bare word is a text."""
    assert Signature.of(words, "x").parse_words(
        ["12", "12", "1.10", '{"id": "o"}', "12", "[1]", "2026-01-02", "s", "12", "12", "2", "PT1S"]
    ) == [
        "12",
        12,
        Decimal("1.10"),
        Order(id="o"),
        12,
        [1],
        date(2026, 1, 2),
        Size.SMALL,
        pathlib.Path("12"),
        "12",
        2,
        timedelta(seconds=1),
    ]
    given_words = ["null", "-1", "0", "null", "bare", "bare", '"2026-01-02"', '"s"', "/a", "5"]
    assert Signature.of(words, "x").parse_words(given_words) == [
        *("null", -1, Decimal(0), None, "bare", "bare", date(2026, 1, 2), Size.SMALL),
        *(pathlib.Path("/a"), "5"),
    ]
    assert Signature.of(plain, "x").parse_words(["NaN", "{"]) == ["NaN", "{"]


@pytest.mark.parametrize(
    ("func", "given_words", "reason"),
    [
        (
            skipping,
            ["many"],
            (
                "a: Input should be a valid integer, unable to parse string as an integer "
                "(given 'many', expected int)"
            ),
        ),
        (
            touchy,
            ['{"b": 1}'],
            "t.a: Field required (given '{\"b\": 1}', expected Touchy)",
        ),
        (skipping, [], "missing argument 'a': 0 arguments given on the command line"),
        (
            skipping,
            ["1", "2", "3", "4"],
            "takes at most 3 arguments, but 4 are given on the command line",
        ),
        (
            everything,
            ["1"],
            (
                "missing argument 'c', which can only be given by name: start it with a Client, "
                "or let it be positional"
            ),
        ),
    ],
)
def test_words_that_do_not_fit_are_named(func: Any, given_words: list[str], reason: str) -> None:
    """The parameter, what was given, what is expected, the signature."""
    signature = Signature.of(func, "shop:x")
    with pytest.raises(InvalidArguments) as caught:
        signature.parse_words(given_words)
    shown = signature.text.rpartition(" -> ")[0]
    assert str(caught.value) == f"shop:x: {reason}; the signature is {shown}"


def nothing() -> None:
    """Takes nothing."""


def test_words_for_nothing_are_too_many() -> None:
    """In words that do not read "at most 0"."""
    with pytest.raises(InvalidArguments) as caught:
        Signature.of(nothing, "x").parse_words(["1"])
    assert str(caught.value) == (
        "x: takes no arguments, but 1 is given on the command line; the signature is nothing()"
    )


def test_a_json_array_is_read_as_the_arguments() -> None:
    """For `--input`."""
    assert CHARGE.parse_json_array('[{"id": "o"}, "k"]') == [Order(id="o"), "k"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            '[1,\n "a" 2]',
            (
                "the input cannot be read: this is not JSON: Expecting ',' delimiter at line 2, "
                "column 6; give a JSON array of the arguments, for {}"
            ),
        ),
        ('{"a": 1}', "the input is an object; give a JSON array of the arguments, for {}"),
        ("[]", "missing arguments 'order', 'key': 0 arguments in the input; the signature is {}"),
        ("[1, 2, 3]", "takes at most 2 arguments, but 3 are in the input; the signature is {}"),
        (
            '[{"id": 5}, "k"]',
            "order.id: Input should be a valid string; the signature is {}",
        ),
    ],
)
def test_input_that_does_not_fit_is_named(text: str, reason: str) -> None:
    """Line and column where it is no JSON, else what is wrong with which argument."""
    with pytest.raises(InvalidArguments) as caught:
        CHARGE.parse_json_array(text)
    shown = "charge(order: Order, key: str, *, tries: int = 3)"
    assert str(caught.value) == "shop:charge: " + reason.format(shown)


def test_unrelated_objects_can_be_annotations() -> None:
    """A signature is made at import, so making one must not look at anything."""

    def f(a: subprocess.Popen[str]) -> None: ...

    f.__annotations__["a"] = 5
    signature = Signature.of(f, "f")
    assert signature.text == "f(a: 5) -> None"
    assert signature.validate([1], {}) == ((1,), {})


def test_broken_json_on_the_command_line_is_called_that() -> None:
    """An object was meant; that it is no Order either is beside the point."""

    def ship(order: dict[str, int]) -> None: ...

    with pytest.raises(InvalidArguments, match=r"order: this is not JSON: .* line 1, column 10"):
        Signature.of(ship, "shop:ship").parse_words(['{"id": 1,'])
