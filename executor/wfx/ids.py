"""
Identities: prefixed ULIDs, for people and for joins, never for order.

What workflow code asks for gets an id that is derived, not drawn: the same request of the
same run has the same id on every worker and at every replay, so that two writers who ask
for the same thing meet at one key. The time part of a derived id is that of the run's own
id, its random part a hash of (run id, scope, ordinal).
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Literal

from ulid import ULID

Prefix = Literal["wrun", "step", "hook", "wait", "evnt"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_CHARACTERS = 10
_ULID_CHARACTERS = 26


def new_id(prefix: Prefix) -> str:
    """A fresh id, for example `wrun_01K…`."""
    return f"{prefix}_{ULID()}"


def call_key(run_id: str, scope: str, ordinal: int) -> str:
    """
    The ULID-shaped part that every entity requested at this call has in its id.

    It has no prefix, so that a log that has a wait where the code asks for a step is found
    under the same key.
    """
    digest = sha256(f"{run_id}\0{scope}\0{ordinal}".encode()).digest()
    number = int.from_bytes(digest[:10], "big")
    characters = []
    for _ in range(16):
        characters.append(_ALPHABET[number & 31])
        number >>= 5
    return _time_part(run_id) + "".join(characters)


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
    return str(ULID.from_int(number << 80))[:_TIME_CHARACTERS]
