"""Quick values behave as the standard library's frozen dataclasses do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import dataclass, field

import pytest

from wfx.frozen import maker, quick, replace


@dataclass(frozen=True, slots=True)
class Plain:
    """As the standard library makes it."""

    a: int
    b: str = "b"
    c: list[int] = field(default_factory=list)
    d: int | None = field(default=None, kw_only=True)


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    """The same, made quickly."""

    a: int
    b: str = "b"
    c: list[int] = field(default_factory=list)
    d: int | None = field(default=None, kw_only=True)


def test_it_is_made_as_the_standard_library_makes_it() -> None:
    """By position, by name, with defaults, with a new list for each."""
    for make in (lambda cls: cls(1), lambda cls: cls(1, "x", [2], d=3), lambda cls: cls(a=1, d=4)):
        assert dataclasses.astuple(make(Quick)) == dataclasses.astuple(make(Plain))
    assert Quick(1).c is not Quick(1).c
    assert repr(Quick(1)) == "Quick(a=1, b='b', c=[], d=None)"


def test_its_maker_makes_what_it_makes() -> None:
    """By position, by name, with defaults, with a new list for each; refusals name the class."""
    make = maker(Quick)

    assert make(1) == Quick(1)
    assert type(make(1)) is Quick
    assert make(1, "x", [2], d=3) == Quick(1, "x", [2], d=3)
    assert make(a=1, d=4) == Quick(a=1, d=4)
    assert make(1).c is not make(1).c
    with pytest.raises(TypeError, match=r"Quick\(\) missing 1 required .*'a'"):
        make()  # type: ignore[call-arg]  # that is what is tested
    with pytest.raises(dataclasses.FrozenInstanceError):
        make(1).a = 2  # type: ignore[misc]  # that is what is tested


def test_it_cannot_be_changed() -> None:
    """Neither a field nor another attribute."""
    value = Quick(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.a = 2  # type: ignore[misc]  # that is what is tested
    with pytest.raises((AttributeError, TypeError)):
        value.z = 2  # type: ignore[attr-defined]  # that is what is tested


def test_wrong_arguments_are_refused_by_name() -> None:
    """With the class in the message."""
    with pytest.raises(TypeError, match=r"Quick\.__init__\(\) missing 1 required .*'a'"):
        Quick()  # type: ignore[call-arg]  # that is what is tested
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        replace(Quick(1), z=1)  # type: ignore[call-arg]  # that is what is tested


def test_replacing_makes_another_and_leaves_the_first() -> None:
    """All other fields are the very same objects."""
    first = Quick(1, "x", [2], d=3)
    second = replace(first, b="y", d=None)

    assert second == Quick(1, "y", [2], d=None)
    assert first == Quick(1, "x", [2], d=3)
    assert second.c is first.c
    assert dataclasses.replace(first, a=5) == replace(first, a=5)


def test_it_can_be_copied_and_pickled() -> None:
    """As a value between processes."""
    value = Quick(1, "x", [2], d=3)
    assert copy.copy(value) == pickle.loads(pickle.dumps(value)) == value


def test_a_class_that_does_more_when_it_is_made_is_refused() -> None:
    """Its own code would not be run."""

    @dataclass(frozen=True, slots=True)
    class Checked:
        a: int

        def __post_init__(self) -> None:
            """Check."""

    with pytest.raises(TypeError, match="Checked wants more of its making than to set its slots"):
        quick(Checked)
