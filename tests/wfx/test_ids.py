"""Identities: fresh ones differ, derived ones are the same everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from wfx.ids import CallKeys, call_key, key_of, new_id

RUN = "wrun_01KAJ5Y3Z80000000000000000"


@pytest.mark.parametrize("prefix", ["wrun", "step", "hook", "wait", "evnt"])
def test_a_fresh_id_is_a_prefixed_ulid(prefix: str) -> None:
    """And no two are equal."""
    ids = {new_id(prefix) for _ in range(100)}  # type: ignore[arg-type]  # each of them

    assert len(ids) == 100
    for id in ids:
        head, _, body = id.partition("_")
        assert head == prefix
        ULID.from_str(body)


def test_the_same_call_of_the_same_run_has_the_same_key() -> None:
    """It is pinned: a change would orphan every open run."""
    assert call_key(RUN, "main", 0) == GOLDEN_0
    assert call_key(RUN, "main", 1) == GOLDEN_1
    assert call_key("my own id", "main", 0) == GOLDEN_OWN


GOLDEN_0 = "01KAJ5Y3Z8WVJQ5SJVYKHF9Z35"
GOLDEN_1 = "01KAJ5Y3Z8VZMRMFRT6CBGMNT8"
GOLDEN_OWN = "5034SAK8Y8ENY0B1ZVWG25273J"


@given(st.lists(st.tuples(st.sampled_from(["", "0.1", "0.2"]), st.integers(1, 60)), max_size=9))
def test_keys_of_calls_are_those_of_each_call(stretches: list[tuple[str, int]]) -> None:
    """Whatever scopes take turns, some of them for long."""
    keys, calls = CallKeys(RUN), Counter[str]()

    for scope, length in stretches:
        for _ in range(length):
            assert keys.take(scope, calls[scope]) == call_key(RUN, scope, calls[scope])
            calls[scope] += 1


def test_the_key_is_the_same_in_another_process() -> None:
    """With another hash seed."""
    code = f"from wfx.ids import call_key; print(call_key({RUN!r}, 'main/1', 7))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == call_key(RUN, "main/1", 7)


@given(st.text(), st.text(alphabet="abc/0123456789"), st.integers(0, 10**6))
def test_a_key_is_a_ulid_whatever_the_run_is_called(run_id: str, scope: str, ordinal: int) -> None:
    """26 characters of the alphabet, below the largest ULID."""
    if any(0xD800 <= ord(character) <= 0xDFFF for character in run_id):
        return

    key = call_key(run_id, scope, ordinal)

    assert len(key) == 26
    ULID.from_str(key)


def test_the_time_of_a_key_is_that_of_its_run() -> None:
    """So that ids sort beside their run's."""
    assert call_key(RUN, "main", 3)[:10] == key_of(RUN)[:10]


def test_scope_and_ordinal_are_told_apart() -> None:
    """No two calls of a run meet in one key."""
    keys = {
        call_key(RUN, scope, ordinal)
        for scope in ("main", "main/1", "main/11", "main/1/1", "")
        for ordinal in range(200)
    }

    assert len(keys) == 5 * 200


def test_a_key_is_an_id_without_its_prefix() -> None:
    """One key for whatever was asked for at a call."""
    assert key_of("step_ABC") == key_of("wait_ABC") == "ABC"


def test_the_child_of_a_fork_draws_other_ids_than_its_parent() -> None:
    """What the parent has drawn in advance is not the child's."""
    new_id("evnt")
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, key_of(new_id("evnt"))[10:].encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reading, 100).decode()
    os.close(reading)
    os.close(writing)

    assert len(theirs) == 16
    assert theirs not in {key_of(new_id("evnt"))[10:] for _ in range(100)}
