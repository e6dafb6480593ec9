"""
The streams of a run in its recording: lines after those of the log.

    {"stream": "out", "data": "aGVsbG8=", "stepId": "step_…", "attempt": 1, "createdAt": "…"}
    {"stream": "out", "closed": true}

Chunks of a stream stand in their order; the end of a stream stands after them.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wfx.codec import dumps
from wfx.errors import CorruptLog
from wfx.events import iso, moment
from wfx.world import StreamChunk

if TYPE_CHECKING:
    from wfx.values import Json
    from wfx.world import World

_PAGE: Final = 100


@dataclass(slots=True)
class RecordedStreams:
    """What a recording has of a run's streams."""

    chunks: list[StreamChunk] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)

    def take(self, run_id: str, wire: dict[str, Any], *, where: str) -> None:
        """
        Read one line.

        Raises:
            CorruptLog: It is no chunk and no end of a stream that is still open.
        """
        stream = wire["stream"]
        if not isinstance(stream, str):
            raise CorruptLog(where=where, reason=f"the stream {stream!r} is no text")
        if stream in self.closed:
            raise CorruptLog(where=where, reason=f"the stream {stream!r} has ended before")
        if wire.get("closed") is True:
            self.closed.append(stream)
            return
        index = self._counts.get(stream, 0)
        self._counts[stream] = index + 1
        try:
            at = wire.get("createdAt")
            chunk = StreamChunk(
                run_id,
                stream,
                index,
                b64decode(wire["data"], validate=True),
                wire.get("stepId"),
                wire.get("attempt"),
                None if at is None else moment(at),
            )
        except (KeyError, TypeError, ValueError):
            reason = f"it is no chunk of the stream {stream!r}: data (base64) and createdAt belong"
            raise CorruptLog(where=where, reason=reason) from None
        self.chunks.append(chunk)


def is_of_stream(wire: dict[str, Any]) -> bool:
    """Whether a line of a recording is about a stream."""
    return "stream" in wire and "eventType" not in wire


def stream_lines(world: World, run_id: str) -> Iterator[str]:
    """The lines of a recording that hold a run's streams, without line ends."""
    for info in world.streams.list(run_id):
        index = 0
        while index < info.chunks:
            chunks, _ = world.streams.read(run_id, info.stream, index, _PAGE)
            if not chunks:
                break
            yield from map(_line, chunks)
            index += len(chunks)
        if info.closed:
            yield dumps({"stream": info.stream, "closed": True})


def _line(chunk: StreamChunk) -> str:
    wire: dict[str, Json] = {
        "stream": chunk.stream,
        "data": b64encode(chunk.data).decode("ascii"),
    }
    if chunk.step_id is not None:
        wire["stepId"] = chunk.step_id
    if chunk.attempt is not None:
        wire["attempt"] = chunk.attempt
    if chunk.created_at is not None:
        wire["createdAt"] = iso(chunk.created_at)
    return dumps(wire)
