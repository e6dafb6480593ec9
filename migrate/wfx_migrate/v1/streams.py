"""
Chunks of streams as the Workflow DevKit keeps them in files.

`streams/chunks/<stream>-<chnk_ULID>.json` (later `.bin`) is one byte, 0 for data and 1 for
the end, and then the chunk. A run's own stream is `strm_<ULID of the run>_user`, followed by
its namespace if it has one.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from typing import Final

from wfx.world import SourceRecord

DEFAULT: Final = "default"
DATA: Final = b"\0"
END: Final = b"\1"

_FILE: Final = re.compile(r"(?:.*/)?streams/chunks/(?P<stream>.+)-chnk_[0-9A-Z]+\.(?:json|bin)")
_OF_RUN: Final = re.compile(r"strm_[0-9A-Z]{26}_user(?:_(?P<namespace>[A-Za-z0-9_-]+))?")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk."""

    stream: str
    """As a run's output stream is called here."""
    data: bytes
    last: bool
    """Nothing follows; it has no data."""


def chunk_of(record: SourceRecord) -> Chunk | None:
    """The chunk that a file is; None when it is none."""
    found = _FILE.fullmatch(record.source)
    if found is None or record.data[:1] not in (DATA, END):
        return None
    return Chunk(name_of(found["stream"]), record.data[1:], record.data[:1] == END)


def name_of(stream_id: str) -> str:
    """What a stream is called: its namespace; of streams that are no run's own, the id."""
    found = _OF_RUN.fullmatch(stream_id)
    if found is None:
        return stream_id
    namespace = found["namespace"]
    if namespace is None:
        return DEFAULT
    try:
        return urlsafe_b64decode(namespace + "=" * (-len(namespace) % 4)).decode()
    except (Error, UnicodeDecodeError):
        return stream_id


def id_of(run_id: str, name: str) -> str:
    """The id of a run's own stream."""
    own = f"strm_{run_id.removeprefix('wrun_')}_user"
    if name == DEFAULT:
        return own
    return f"{own}_{urlsafe_b64encode(name.encode()).decode().rstrip('=')}"
