"""What makes two logs the same kind of log, and which ones a corpus needs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wfx.corpus.shapes import Candidate, Shape, chosen, shape_of
from wfx.recording import Recording

Play = Callable[..., Recording]
CARD = {"id": 1, "card": {"number": "4242-1111"}}


def test_values_and_turns_of_loops_are_not_of_the_shape(play: Play) -> None:
    """Three turns or thirty, three tasks or five, one card or another."""

    def shape(*words: object) -> Shape:
        return shape_of(play(*words).events)  # type: ignore[arg-type]  # the first is a name

    assert shape("loop", 3) == shape("loop", 30)
    assert shape("loop", 3, True) == shape("loop", 5, True)
    assert shape("pay", CARD) == shape("pay", {"id": 2, "card": {"number": "4242-2222"}})


def test_ways_ends_and_lines_are_of_the_shape(play: Play) -> None:
    """No turn, another branch, an error, an end that is still to come."""
    declined = {"id": 1, "card": {"number": "0000-1111"}}
    other = {"id": 1, "card": {"number": "5555-1111"}}
    shapes = [
        shape_of(play(*words).events)
        for words in (
            ("loop", 0),
            ("loop", 3),
            ("loop", 3, True),
            ("pay", CARD),
            ("pay", declined),
            ("branch", CARD),
            ("branch", other),
            ("ask",),
        )
    ]
    assert len(set(shapes)) == len(shapes)
    whole = play("pay", CARD).events
    assert shape_of(whole[:-1]) != shape_of(whole)


def candidate(name: str, features: str, events: int = 10) -> Candidate:
    """A log that shows these features."""
    return Candidate(name, Shape("w", frozenset((each,) for each in features)), events)


@pytest.mark.parametrize(
    ("limit", "there", "taken"),
    [
        (1, "", ["wide"]),
        (2, "", ["wide", "rare"]),
        (9, "", ["wide", "rare", "short", "narrow"]),
        (9, "abcd", ["rare", "short", "narrow"]),
    ],
)
def test_those_are_chosen_that_show_most(limit: int, there: str, taken: list[str]) -> None:
    """Of one shape the shortest; none that is there; what adds nothing comes last."""
    candidates = [
        candidate("narrow", "ab"),
        candidate("wide", "abcd"),
        candidate("long", "a", 90),
        candidate("short", "a", 5),
        candidate("rare", "xy"),
    ]
    known = [Shape("w", frozenset((each,) for each in there))] if there else []
    picked = chosen(candidates, limit, there=known)
    assert [each.run_id for each in picked] == taken
