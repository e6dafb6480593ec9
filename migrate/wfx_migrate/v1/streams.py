"""
Chunks of streams as the Workflow DevKit keeps them in files.

`streams/chunks/<stream>-<chnk_ULID>.json` (later `.bin`) is one byte, 0 for data and 1 for
the end, and then the chunk; in PostgreSQL a row has the chunk and says whether it is the
end. A run's own stream is `strm_<ULID of the run>_user`, followed by
its namespace if it has one.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ulid import ULID

from wfx.world import SourceRecord, StreamChunk
from wfx_migrate.v1.spool import by_name

DEFAULT: Final = "default"
DATA: Final = b"\0"
END: Final = b"\1"

_FILE: Final = re.compile(
    r"(?:.*/)?streams/chunks/(?P<stream>.+)-(?P<chunk>chnk_[0-9A-Z]+)\.(?:json|bin)"
)
_INDEX: Final = re.compile(r"(?:.*/)?streams/runs/[^/]+\.json")
_ROW: Final = "workflow_stream_chunks/"
_OF_RUN: Final = re.compile(r"strm_[0-9A-Z]{26}_user(?:_(?P<namespace>[A-Za-z0-9_-]+))?")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk."""

    stream_id: str
    chunk_id: str
    data: bytes
    last: bool
    """Nothing follows; it has no data."""

    @property
    def stream(self) -> str:
        """As a run's output stream is called here."""
        return name_of(self.stream_id)

    @property
    def at(self) -> datetime | None:
        """When it was written, if its id tells."""
        try:
            return ULID.from_str(self.chunk_id.partition("_")[2]).datetime
        except ValueError:
            return None


class RunStreams(Collection[StreamChunk]):
    """What the streams of a run hold, in order, read anew each time."""

    def __init__(self, records: Collection[SourceRecord], others: Collection[str]) -> None:
        """
        Args:
            records: All records about the run.
            others: The names of those that are no rows.
        """
        self._records = records
        self._others = others
        self._count = 0
        self.closed: dict[str, None] = {}
        """The streams that have ended."""
        for _ in self:
            self._count += 1

    def __iter__(self) -> Iterator[StreamChunk]:
        if not self._others:
            return
        closed: dict[str, None] = {}
        for record in by_name(self._records):
            chunk = chunk_of(record) if record.source in self._others else None
            if chunk is None or chunk.stream in closed:
                continue
            if chunk.last:
                closed[chunk.stream] = None
            else:
                yield StreamChunk("", chunk.stream, 0, chunk.data, created_at=chunk.at)
        self.closed = closed

    def __len__(self) -> int:
        return self._count

    def __contains__(self, chunk: object) -> bool:
        return any(chunk == mine for mine in self)


def chunk_of(record: SourceRecord) -> Chunk | None:
    """The chunk that a file or row is; None when it is none."""
    if record.source.startswith(_ROW):
        return _chunk_of_row(record)
    found = _FILE.fullmatch(record.source)
    if found is None or record.data[:1] not in (DATA, END):
        return None
    last = record.data[:1] == END
    return Chunk(found["stream"], found["chunk"], record.data[1:], last)


def _chunk_of_row(record: SourceRecord) -> Chunk | None:
    try:
        row = json.loads(record.data)
        data = bytes.fromhex((row["data"] or "").removeprefix("\\x"))
        return Chunk(str(row["stream_id"]), str(row["id"]), data, row["eof"] in ("t", "true"))
    except (KeyError, TypeError, ValueError):
        return None


def streams_of(record: SourceRecord) -> list[str]:
    """The streams that a run's index of them has; none if the record is no such index."""
    if _INDEX.fullmatch(record.source) is None:
        return []
    try:
        found = json.loads(record.data)["streams"]
    except (KeyError, TypeError, ValueError):
        return []
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


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
