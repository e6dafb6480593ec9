"""
Identities: prefixed ULIDs, for people and for joins, never for order.

What workflow code asks for gets an id that is derived, not drawn: the same request of the
same run has the same id on every worker and at every replay, so that two writers who ask
for the same thing meet at one key. The time part of a derived id is that of the run's own
id, its random part a hash of (run id, scope, ordinal).
"""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import sha256
from typing import Final, Literal

from wfx.clock import SystemClock

Prefix = Literal["wrun", "step", "hook", "wait", "evnt"]

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_CHARACTERS: Final = 10
_ULID_CHARACTERS: Final = 26
_RANDOM_BYTES: Final = 10
_RANDOM_CHARACTERS: Final = 16
_CLOCK: Final = SystemClock()

# A step draws three ids and derives one.
_LOW_FIRST: Final = [low + high for high in _ALPHABET for low in _ALPHABET]
_HIGH_FIRST: Final = [high + low for high in _ALPHABET for low in _ALPHABET]
"""Two characters for ten bits."""
_SHIFTS: Final = range(120, -1, -10)
_CHARACTER_OF: Final = bytes(ord(_ALPHABET[byte & 31]) for byte in range(256))
"""A character for five bits of each byte."""
_DRAWN_AT_ONCE: Final = 64
_AHEAD_MAX: Final = 16
"""Keys of a sequence that are made at once: at most so many too many."""
_drawn: Final[list[str]] = []
"""Random parts of ids to come."""

# The child of a fork would draw the same ones.
os.register_at_fork(after_in_child=_drawn.clear)


def new_id(prefix: Prefix) -> str:
    """A fresh id, for example `wrun_01K…`."""
    time = _time_characters(_CLOCK.now_us() // 1000)
    while True:
        try:
            return f"{prefix}_{time}{_drawn.pop()}"
        except IndexError:
            _draw()


def _draw() -> None:
    size = _RANDOM_CHARACTERS
    drawn = os.urandom(size * _DRAWN_AT_ONCE).translate(_CHARACTER_OF).decode()
    _drawn.extend([drawn[at : at + size] for at in range(0, len(drawn), size)])


def call_key(run_id: str, scope: str, ordinal: int) -> str:
    """
    The ULID-shaped part that every entity requested at this call has in its id.

    It has no prefix, so that a log that has a wait where the code asks for a step is found
    under the same key.
    """
    digest = sha256(f"{run_id}\0{scope}\0{ordinal}".encode()).digest()
    return _time_part(run_id) + _derived_characters(digest[:_RANDOM_BYTES])


class CallKeys:
    """
    The keys of one run's calls, in the order in which they are made.

    Those of a sequence are made some at a time: after each wait for a disk the code that
    makes one is in no cache, and takes ten times as long.
    """

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._scope = ""
        self._next = -1
        self._count = 1
        self._ahead: list[str] = []
        """Keys of the calls to come, the next one last."""

    def take(self, scope: str, ordinal: int) -> str:
        """What `call_key` makes for a call."""
        if ordinal != self._next or scope != self._scope:
            self._ahead, self._count = [], 1
        elif not self._ahead:
            self._count = min(2 * self._count, _AHEAD_MAX)
        if not self._ahead:
            calls = range(ordinal + self._count - 1, ordinal - 1, -1)
            self._ahead = [call_key(self._run_id, scope, call) for call in calls]
        self._scope, self._next = scope, ordinal + 1
        return self._ahead.pop()


def key_of(entity_id: str) -> str:
    """An id without its prefix."""
    return entity_id.partition("_")[2]


@lru_cache(maxsize=1024)
def _time_part(run_id: str) -> str:
    """The ten time characters of a run's id; of ids that are no ULIDs, a hash's."""
    body = key_of(run_id)
    if len(body) == _ULID_CHARACTERS and all(character in _ALPHABET for character in body):
        return body[:_TIME_CHARACTERS]
    number = int.from_bytes(sha256(run_id.encode()).digest()[:6], "big")
    return _time_characters(number)


def _time_characters(number: int) -> str:
    """48 bits, the highest first."""
    return _time_start(number >> 10) + _HIGH_FIRST[number & 1023]


@lru_cache(maxsize=16)
def _time_start(number: int) -> str:
    """The upper 38 bits of a time, the same for a second."""
    return "".join([_ALPHABET[number >> shift & 31] for shift in range(35, -1, -5)])


def _derived_characters(data: bytes) -> str:
    """80 bits, the lowest first: ids that were derived once must stay as they are."""
    n, pairs = int.from_bytes(data, "big"), _LOW_FIRST
    return (
        f"{pairs[n & 1023]}{pairs[n >> 10 & 1023]}{pairs[n >> 20 & 1023]}{pairs[n >> 30 & 1023]}"
        f"{pairs[n >> 40 & 1023]}{pairs[n >> 50 & 1023]}{pairs[n >> 60 & 1023]}{pairs[n >> 70]}"
    )


def ulid(data: bytes) -> str:
    """16 bytes as the characters of a ULID: 48 bits of time and 80 others, the highest first."""
    n, pairs = int.from_bytes(data, "big"), _HIGH_FIRST
    return "".join([pairs[n >> shift & 1023] for shift in _SHIFTS])
