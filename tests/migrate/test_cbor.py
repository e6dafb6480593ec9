"""Reading CBOR as the old PostgreSQL world wrote it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfx_migrate.v1.cbor import BadCbor, loads


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("8281010a", [[1], 10]),
        ("b9000166726573756c74810b", {"result": [11]}),
        ("b900026161f76162f6", {"b": None}),
        ("1864", 100),
        ("1b0020000000000000", 2**53),
        ("20", -1),
        ("3903e7", -1000),
        ("f5", True),
        ("fb3fd3333333333334", 0.30000000000000004),
        ("fb4000000000000000", 2),
        ("f93e00", 1.5),
        ("63eda080", "\ud800"),
        ("64f09f9a80", "🚀"),
        ("c1fb41d9000000000000", "2023-03-02T01:46:40.000Z"),
    ],
)
def test_it_reads_what_v1_writes(data: str, value: Any) -> None:
    """Values, undefined dropped, dates as text, half characters kept."""
    found = loads(bytes.fromhex(data))

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "it is cut off: 1 bytes were expected at byte 0"),
        ("8201", "it is cut off: 2 items were expected at byte 1"),
        ("6361", "it is cut off: 3 bytes were expected at byte 1"),
        ("0101", "1 bytes are left over after the value"),
        ("61ff", "the text at byte 1 is no UTF-8: invalid start byte"),
        ("4161", "the byte 0x41 at 0 begins nothing that v1 writes"),
        ("9f01ff", "a length of indefinite size at byte 0"),
        ("d81801", "the tag 24 at byte 0 is none that v1 writes"),
        ("81f7", "undefined inside an array, before byte 2"),
        ("a10102", "a key that is no text, before byte 2"),
        ("f97e00", "a number that JSON does not have, before byte 3"),
        ("9bffffffffffffffff", "it is cut off: 18446744073709551615 items were expected at byte 9"),
    ],
)
def test_what_it_does_not_know_has_a_name_and_a_place(data: str, reason: str) -> None:
    """Damage and foreign forms are refused."""
    with pytest.raises(BadCbor) as caught:
        loads(bytes.fromhex(data))

    assert str(caught.value) == reason


@given(data=st.binary(max_size=40))
def test_no_bytes_do_anything_but_give_a_value_or_an_error(data: bytes) -> None:
    """It neither crashes nor takes memory that is not there."""
    with contextlib.suppress(BadCbor):
        loads(data)
