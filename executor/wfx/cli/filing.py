"""Recordings to and from files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wfx.events import RUN_ENDS
from wfx.files import written_whole
from wfx.recording import write_recording

if TYPE_CHECKING:
    from wfx.client import Client
    from wfx.recording import Recording


def export_run(client: Client, run_id: str, file: Path | None) -> int:
    """
    Write a recording to a file, or to stdout; how many events it has.

    Raises:
        OSError: The file cannot be written; one that was there is left as it was.
    """
    if file is None:
        return write_recording(client.world, run_id, sys.stdout)
    if file.exists() and not file.is_file():
        # A device or a pipe cannot be replaced.
        with file.open("w", encoding="utf-8") as out:
            return write_recording(client.world, run_id, out)
    with written_whole(file) as out:
        return write_recording(client.world, run_id, out)


def import_recording(client: Client, recording: Recording) -> tuple[str, bool]:
    """
    Write a recording into a world; the run's status there, and whether it is parked.

    Raises:
        AlreadyExists: The run is there with another log.
        CorruptLog, IllegalEvent: It is no legal log.
    """
    world = client.world
    ended = any(isinstance(event.data, RUN_ENDS) for event in recording.events)
    detail = {"message": f"it was imported from {recording.source}, and waits to be released"}
    world.archive.write(
        recording.run_id,
        recording.events,
        parked=None if ended else detail,
        chunks=recording.streams.chunks,
        closed=recording.streams.closed,
    )
    task = world.queue.get(recording.run_id)
    status = world.runs.get(recording.run_id, "none").status
    return str(status), task is not None and task.parked is not None
