"""
Ids and times of events that sort as our log is ordered.

A log of ours is ordered by position; a store of the Workflow DevKit by `createdAt`, to the
millisecond, and then by id, and its pages skip an event whose id tells an earlier moment
than the event before it. An event whose own id and time say the same as its position keeps
both. Any other gets the latest time so far, and an id that was made for that time.
See decisions/0012.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final

from ulid import ULID

from wfx.clock import to_us

_LENGTH: Final = 26
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_MAX: Final = 2**48 - 1


class Order:
    """The ids and times of one run's events, given in the order of its log."""

    def __init__(self) -> None:
        self._milliseconds = 0
        self._id = ""
        self.changed = 0
        """How many got another id."""

    def place(self, event_id: str, at: datetime, *, seed: str) -> tuple[str, int]:
        """The id and the time (milliseconds) of the next event."""
        own = max(to_us(at) // 1000, 0)
        now = max(own, self._milliseconds)
        if now != own or not self._sorts(event_id, now):
            event_id = self._made(now, seed)
            self.changed += 1
            if not self._sorts(event_id, now):
                # After an id that is no ULID, only a later moment is surely later.
                now += 1
                event_id = self._made(now, seed)
        self._milliseconds, self._id = now, event_id
        return event_id, now

    def _sorts(self, event_id: str, now: int) -> bool:
        told = time_of(event_id)
        if told is not None and told < self._milliseconds:
            return False
        return now > self._milliseconds or event_id > self._id

    def _made(self, now: int, seed: str) -> str:
        before = body_of(self._id)
        if before is not None and now == self._milliseconds == time_of(self._id):
            # As their own ids are made within a millisecond: one more.
            return f"{self._id[:-_LENGTH]}{ULID.from_int(int(ULID.from_str(before)) + 1)}"
        random = sha256(seed.encode("utf-8", "surrogatepass")).digest()[:10]
        # The first bit is free, so that there are many more in this millisecond.
        high = bytes([random[0] & 0x7F]) + random[1:]
        made = ULID(min(now, _TIME_MAX).to_bytes(6, "big") + high)
        # `wevt_`, of stores in PostgreSQL, sorts after `evnt_`.
        prefix = "wevt" if now == self._milliseconds and self._id.startswith("wevt_") else "evnt"
        return f"{prefix}_{made}"


def body_of(id: str) -> str | None:
    """The ULID in an id, if it has one."""
    body = id.rpartition("_")[2]
    well = len(body) == _LENGTH and body[0] <= "7" and all(each in _DIGITS for each in body)
    return body if well else None


def time_of(id: str) -> int | None:
    """The milliseconds that an id tells."""
    body = body_of(id)
    return None if body is None else ULID.from_str(body).milliseconds
