"""Rows give back what they were made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wfx.codec import dumps
from wfx.values import Json
from wfx_world_sql import rows

TEXTS = st.text(st.characters(codec=None, exclude_categories=()))


@given(TEXTS)
def test_any_text_survives(text: str) -> None:
    """What databases refuse is escaped, and what looks like an escape too."""
    escaped = rows.text_out(text)
    assert "\0" not in escaped
    escaped.encode("utf-8")
    assert rows.text_in(escaped) == text


@given(TEXTS, TEXTS)
def test_tokens_are_told_apart(one: str, two: str) -> None:
    """Two tokens have one key only if they are the same."""
    assert (rows.token_out(one) == rows.token_out(two)) == (one == two)


def test_a_long_token_is_indexed_by_its_hash() -> None:
    """And a token that looks like such a hash is hashed too."""
    long = rows.token_out("x" * 10_000)
    assert len(long) < 100
    assert rows.token_out(long) != long


@given(st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, st.lists, max_leaves=9))
def test_the_text_of_a_value_is_its_json(value: Json) -> None:
    """The first time and when it is asked again."""
    texts = rows.Texts()
    assert [texts(value), texts(value)] == [dumps(value)] * 2


def test_a_value_that_is_gone_lends_its_text_to_no_other() -> None:
    """Values that are made and dropped get each other's places in memory."""
    texts = rows.Texts()
    assert [texts([number]) for number in range(1000)] == [f"[{n}]" for n in range(1000)]
