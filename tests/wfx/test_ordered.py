"""The insertion-ordered set."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from wfx.ordered import OrderedSet

items = st.lists(st.integers(0, 9))


@settings(deadline=None)
@given(items, items)
def test_it_holds_what_a_set_holds_in_the_order_things_came(ours: list[int], theirs: list[int]):
    """For every operator and method."""
    a, b = OrderedSet(ours), OrderedSet(theirs)
    first = list(dict.fromkeys(ours))
    assert list(a) == first
    assert list(a | b) == list(a.union(theirs)) == list(dict.fromkeys(ours + theirs))
    assert list(a.intersection(theirs)) == [i for i in first if i in theirs]
    assert list(a - b) == list(a.difference(theirs)) == [i for i in first if i not in theirs]
    assert list(a ^ b) == list(a.symmetric_difference(theirs))
    assert set(a & b) == set(ours) & set(theirs)
    assert a.issubset(theirs) == set(ours).issubset(theirs)
    assert a.issuperset(theirs) == set(ours).issuperset(theirs)
    assert a == set(ours)


def test_it_changes_like_a_set():
    """pop takes the oldest."""
    s = OrderedSet("hello")
    assert repr(s) == "{'h', 'e', 'l', 'o'}"
    assert s.pop() == "h"
    s.discard("x")
    s.remove("l")
    s.update("ab", "e")
    other = s.copy()
    s.clear()
    assert (list(other), len(s), repr(s)) == (["e", "o", "a", "b"], 0, "set()")
