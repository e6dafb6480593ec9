"""
A recording: a run's log in a file, one JSON object a line, the header first.

    {"format": "wfx/1", "wfxVersion": "…", "runId": "wrun_…", "workflow": "…", "digest": "…"}
    {"eventId": "evnt_…", "runId": "wrun_…", "position": 0, "eventType": "run_created", …}
    …

What the run's streams hold may follow, see `wfx.recorded_streams`.

A file may hold several recordings, one after the other: each begins with its header.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any, Final

from wfx import __version__
from wfx.binding import is_migrated, names_in
from wfx.codec import dumps, loads
from wfx.errors import CorruptLog, UnsupportedFormat
from wfx.events import FORMAT, Event, RunCreated, from_wire, to_wire
from wfx.recorded_streams import RecordedStreams, is_of_stream, stream_lines

if TYPE_CHECKING:
    from pathlib import Path

    from wfx.values import Json
    from wfx.world import World


@dataclass(frozen=True, slots=True)
class Recording:
    """A run's log as a file has it."""

    header: dict[str, Json]
    events: list[Event]
    source: str
    """Where it was read, for people."""
    first_line: int = 1
    """The line of its header in the file."""
    streams: RecordedStreams = field(default_factory=RecordedStreams)

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.events[0].run_id

    @property
    def workflow_name(self) -> str:
        """The recorded name of the workflow."""
        created = self.events[0].data
        assert isinstance(created, RunCreated)  # read_recording saw to it
        return created.workflow_name

    @property
    def migrated(self) -> bool:
        """Whether a program of another format began this run."""
        created = self.events[0].data
        return isinstance(created, RunCreated) and is_migrated(created.execution_context)

    @property
    def bound_name(self) -> str:
        """What the workflow is called today: of a migrated run, what it is bound to."""
        return names_in(self.events).get(self.workflow_name, self.workflow_name)


def recording_lines(events: Iterable[Event]) -> Iterator[str]:
    """
    The lines of a recording of these events, without line ends.

    Raises:
        CorruptLog: The log does not begin with run_created.
    """
    for event in events:
        if event.position == 0:
            if not isinstance(event.data, RunCreated):
                raise CorruptLog(
                    where=event.run_id, reason=f"its log begins with {event.type}, not run_created"
                )
            context = event.data.execution_context or {}
            header: dict[str, Json] = {
                "format": FORMAT,
                "wfxVersion": __version__,
                "runId": event.run_id,
                "workflow": event.data.workflow_name,
                "digest": context.get("digest"),
            }
            yield dumps(header)
        yield dumps(to_wire(event))


def write_recording(world: World, run_id: str, file: IO[str]) -> int:
    """
    Write a run's log and streams as a recording; how many events it has.

    Raises:
        NotFound: There is no such run.
    """
    count = -1
    for line in recording_lines(world.events.stream(run_id)):
        file.write(line + "\n")
        count += 1
    for line in stream_lines(world, run_id):
        file.write(line + "\n")
    return max(count, 0)


def read_recording(path: Path) -> Recording:
    """
    Read a recording.

    Raises:
        OSError: The file cannot be read.
        UnsupportedFormat: It was written in another format than this wfx knows.
        CorruptLog: It is no recording; the message names the line.
    """
    with path.open(encoding="utf-8-sig") as file:
        try:
            return parse_recording(file, source=str(path))
        except UnicodeDecodeError as error:
            raise CorruptLog(where=str(path), reason=f"it is no text: {error.reason}") from None


def read_recordings(path: Path) -> Iterator[Recording | CorruptLog | UnsupportedFormat]:
    """
    Read the recordings of a file one by one; in place of one that cannot be read, why.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open(encoding="utf-8-sig") as file:
        try:
            numbered = enumerate(file, start=1)
            for _, section in groupby(numbered, _Sections()):
                try:
                    yield _parse(section, source=str(path))
                except (CorruptLog, UnsupportedFormat) as error:
                    yield error
        except UnicodeDecodeError as error:
            yield CorruptLog(where=str(path), reason=f"it is no text: {error.reason}")
            return
        if file.tell() == 0:
            yield CorruptLog(where=str(path), reason="it holds no events")


class _Sections:
    """Numbers the recordings of a file: a header begins the next one."""

    def __init__(self) -> None:
        self._number = 0
        self._seen_events = False

    def __call__(self, numbered: tuple[int, str]) -> int:
        line = numbered[1]
        if '"eventType"' in line:
            self._seen_events = True
        elif self._seen_events and '"format"' in line and '"stream"' not in line:
            self._seen_events = False
            self._number += 1
        return self._number


def parse_recording(lines: Iterable[str], *, source: str) -> Recording:
    """
    Read a recording from its lines.

    Raises:
        UnsupportedFormat, CorruptLog: See `read_recording`.
    """
    return _parse(enumerate(lines, start=1), source=source)


def _parse(numbered: Iterable[tuple[int, str]], *, source: str) -> Recording:
    header: dict[str, Json] | None = None
    events: list[Event] = []
    streams = RecordedStreams()
    texts: dict[str, str] = {}
    first_line = 1
    for number, whole in numbered:
        line = whole.rstrip()
        if not line:
            continue
        where = f"{source} line {number}"
        wire = _object(line, where, cut=not whole.endswith("\n"))
        if header is None:
            header, first_line = _header(wire, where, source), number
            continue
        if events and is_of_stream(wire):
            streams.take(events[0].run_id, wire, where=where)
            continue
        _share(wire, texts)
        try:
            event = from_wire(wire, where=where)
        except CorruptLog as error:
            raise _of_newer(header, error) from None
        if event.position != len(events):
            raise CorruptLog(
                where=where,
                reason=f"position {len(events)} was expected, not {event.position}",
            )
        if events and event.run_id != events[0].run_id:
            raise CorruptLog(
                where=where,
                reason=f"it is of {event.run_id}, the lines before of {events[0].run_id}",
            )
        events.append(event)
    if header is None or not events:
        raise CorruptLog(where=source, reason="it holds no events")
    if not isinstance(events[0].data, RunCreated):
        raise CorruptLog(
            where=source, reason=f"its log begins with {events[0].type}, not run_created"
        )
    return Recording(header, events, source, first_line, streams)


def _share(wire: dict[str, Any], texts: dict[str, str]) -> None:
    """Hold ids, names and places once, which are in many events: a third of a long log."""
    _hold(wire, _SHARED, texts)
    data = wire.get("eventData")
    if type(data) is dict and ("call" in data or "stepName" in data):
        _hold(data, _SHARED_OF_DATA, texts)
        call = data.get("call")
        if type(call) is dict:
            _hold(call, _SHARED_OF_CALL, texts)


def _hold(holder: dict[str, Any], keys: Iterable[str], texts: dict[str, str]) -> None:
    for key in keys:
        text = holder.get(key)
        if type(text) is str:
            holder[key] = texts.setdefault(text, text)


_SHARED: Final = ("runId", "correlationId")
_SHARED_OF_DATA: Final = ("stepName",)
_SHARED_OF_CALL: Final = ("scope", "place")


def _of_newer(header: dict[str, Json], error: CorruptLog) -> CorruptLog:
    """An error that may be due to what a newer wfx has added to the format says so."""
    version = str(header.get("wfxVersion"))
    if _numbers(version) <= _numbers(__version__):
        return error
    reason = f"{error.reason}; it was written by wfx {version}, and this is {__version__}: upgrade"
    return CorruptLog(where=error.where, reason=reason)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]


def _object(line: str, where: str, *, cut: bool) -> dict[str, Any]:
    try:
        wire = loads(line)
    except ValueError as error:
        reason = f"it is no JSON ({error})"
        if cut:
            reason = "the file ends in the middle of this line: it was cut. Export the run again"
        raise CorruptLog(where=where, reason=reason) from None
    if not isinstance(wire, dict):
        raise CorruptLog(where=where, reason="a JSON object was expected")
    return wire


def _header(wire: dict[str, Any], where: str, source: str) -> dict[str, Json]:
    found = wire.get("format")
    if found is None:
        raise CorruptLog(
            where=where,
            reason=f'a recording begins with a header like {{"format": "{FORMAT}", …}}; '
            "was this file made by `wfx export`? (`wfx migrate` reads other formats)",
        )
    if found != FORMAT:
        raise UnsupportedFormat(found=str(found), supported=FORMAT, where=source)
    return wire
