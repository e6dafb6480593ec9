"""Streams in recordings: what a run wrote leaves a world and comes back."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from wfx.cli.filing import import_recording
from wfx.client import Client
from wfx.clock import ManualClock
from wfx.errors import CorruptLog
from wfx.memory import MemoryWorld
from wfx.recording import parse_recording, read_recordings, write_recording
from wfx.testing import scenes as s
from wfx.world import StreamInfo


def written() -> tuple[MemoryWorld, str]:
    """A run that wrote to three streams, one of them at an end."""
    clock = ManualClock()
    world = MemoryWorld(clock)
    scene = s.started_run(world, clock)
    step_id, _ = scene.running_step()
    world.streams.write(scene.run_id, "out", b"one\n\xff", step_id=step_id, attempt=1)
    clock.advance(s.SECOND)
    world.streams.write(scene.run_id, "out", b"")
    world.streams.write(scene.run_id, 'the "format" of it', b"x")
    world.streams.close(scene.run_id, "out")
    world.streams.close(scene.run_id, "nothing")
    return world, scene.run_id


def text_of(world: MemoryWorld, run_id: str) -> str:
    """The run's recording."""
    file = io.StringIO()
    assert write_recording(world, run_id, file) == len(world.events.list(run_id))
    return file.getvalue()


def test_streams_come_back_with_their_run() -> None:
    """Chunk by chunk with who wrote it and when, and whether there will be more."""
    world, run_id = written()
    recording = parse_recording(text_of(world, run_id).splitlines(True), source="run.jsonl")
    other = MemoryWorld()

    import_recording(Client(other), recording)

    assert other.streams.list(run_id) == [
        StreamInfo("nothing", 0, True),
        StreamInfo("out", 2, True),
        StreamInfo('the "format" of it', 1, False),
    ]
    for stream in ("nothing", "out", 'the "format" of it'):
        assert other.streams.read(run_id, stream) == world.streams.read(run_id, stream)
    assert text_of(other, run_id) == text_of(world, run_id)


def test_recordings_with_streams_stand_side_by_side(tmp_path: Path) -> None:
    """A line of a stream never looks like the beginning of the next recording."""
    world, run_id = written()
    file = tmp_path / "two.jsonl"
    file.write_text(text_of(world, run_id) * 2)

    found = [each for each in read_recordings(file) if not isinstance(each, Exception)]

    assert [(each.run_id, len(each.streams.chunks)) for each in found] == [(run_id, 3)] * 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"stream": 7, "data": ""}', "the stream 7 is no text"),
        ('{"stream": "out", "data": ""}', "the stream 'out' has ended before"),
        ('{"stream": "new", "data": "?"}', "it is no chunk of the stream 'new'"),
        ('{"stream": "new"}', "it is no chunk of the stream 'new'"),
        ('{"stream": "new", "data": "", "createdAt": "then"}', "it is no chunk of the stream"),
    ],
)
def test_a_damaged_line_is_named(line: str, reason: str) -> None:
    """With its number, and what is wrong with it."""
    world, run_id = written()
    lines = [*text_of(world, run_id).splitlines(True), line]

    with pytest.raises(CorruptLog) as caught:
        parse_recording(lines, source="run.jsonl")
    assert f"run.jsonl line {len(lines)}" in str(caught.value)
    assert reason in str(caught.value)
