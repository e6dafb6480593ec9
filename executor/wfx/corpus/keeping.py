"""
Recordings in a folder that a team keeps: stable names, small diffs, nothing that is secret.

A file is named by its workflow and run, so that recording a run again replaces its file. An
event is a line with its keys in order (the order inside of values is part of the values). What is
redacted was replayed before it is written: see decisions/0018.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wfx.codec import dumps, loads
from wfx.corpus.redaction import Redacted, carry, redact
from wfx.corpus.shapes import Shape, shape_of
from wfx.corpus.sources import Reader, files
from wfx.corpus.valuepaths import ValuePath
from wfx.errors import WfxError
from wfx.events import HookCreated, RunCompleted, RunFailed, StepCreated
from wfx.recording import Recording, recording_lines
from wfx.replay import VerdictKind, replay

if TYPE_CHECKING:
    from wfx.corpus.code import Code
    from wfx.divergence.report import DivergenceReport
    from wfx.events import Event, EventData
    from wfx.values import Json

_UNSAFE: Final = re.compile(r"[^\w-]+")
_OURS: Final = re.compile(r"wrun_[0-9A-HJKMNP-TV-Z]{26}")
_ID_SHOWN: Final = 8
"""Of an id that wfx made: the end of it is random."""
_NAME_MAX: Final = 60
_RECOMPUTED_MAX: Final = 500
"""Each of them takes a replay."""


class RedactionDecides(WfxError):
    """A log without these values does not replay: they decided its path."""

    code = "redaction-decides"

    def __init__(self, run_id: str, reason: str) -> None:
        self.run_id = run_id
        super().__init__(f"{run_id} is not written: {reason}")


def file_name(recording: Recording) -> str:
    """The name of a run's file, the same whenever it is recorded, and no other run's."""
    run_id = recording.run_id
    if _OURS.fullmatch(run_id):
        shown = run_id[-_ID_SHOWN:].lower()
    else:
        digest = sha256(run_id.encode(errors="surrogatepass")).hexdigest()
        shown = f"{_plain(run_id)}-{digest[:_ID_SHOWN]}"
    return f"{_plain(recording.workflow_name)}-{shown}.jsonl"


def _plain(text: str) -> str:
    """A part of a file's name, as short as every file system wants it."""
    plain = _UNSAFE.sub(".", text).strip(".")
    while len(plain.encode()) > _NAME_MAX:
        plain = plain[:-1]
    return plain


def kept_lines(events: Iterable[Event]) -> Iterator[str]:
    """The lines of a kept recording, without line ends."""
    for line in recording_lines(events):
        yield dumps(_ordered(loads(line)))


def _ordered(tree: Json) -> Json:
    assert isinstance(tree, dict)  # header and events are objects
    ordered = {key: tree[key] for key in sorted(tree)}
    data = ordered.get("eventData")
    if isinstance(data, dict):
        ordered["eventData"] = {key: data[key] for key in sorted(data)}
    return ordered


def redacted(recording: Recording, paths: Sequence[ValuePath], code: Code) -> Redacted:
    """
    A recording without the values at these paths, which replays as the whole one does.

    What the code computed from such a value is what it computes from the placeholder.

    Raises:
        RedactionDecides: It does not, or today's code does not even replay the whole one.
        LoadError: There is no code to replay it with.
    """
    made = redact(recording.events, paths)
    if not made.found:
        return made
    judge = code.judge_of(recording)
    before = replay(judge.program, recording.events, renames=judge.renames)
    if before.kind is not VerdictKind.MATCH:
        raise RedactionDecides(
            recording.run_id,
            "today's code does not replay it as it is, so that nobody can tell whether it would "
            f"without those values ({before.divergence or before.reason})",
        )
    for _ in range(_RECOMPUTED_MAX):
        after = replay(judge.program, made.events, renames=judge.renames)
        if after.report is None:
            break
        divergence = after.divergence
        assert divergence is not None
        changed = made.events[divergence.position]
        asked = recomputed(changed.data, divergence.asked)
        if asked is None:
            raise RedactionDecides(recording.run_id, _decided(made, after.report))
        made.events[divergence.position] = replace(changed, data=asked)
        carry(made.events, divergence.position, changed.data, asked)
    else:
        raise RedactionDecides(
            recording.run_id,
            f"more than {_RECOMPUTED_MAX} values are computed from {', '.join(made.found)}",
        )
    if after.kind is not VerdictKind.MATCH or len(after.next) != len(before.next):
        raise RedactionDecides(
            recording.run_id,
            f"a value at {', '.join(made.found)} decides what the code would do next",
        )
    return made


def recomputed(recorded: EventData, asked: EventData | None) -> EventData | None:
    """
    What the code makes of a placeholder, in place of what it made of the value.

    None if it goes another way: then the value has decided.
    """
    match recorded, asked:
        case StepCreated(), StepCreated() if _same_call(recorded, asked):
            return replace(recorded, input=asked.input, kwargs=asked.kwargs)
        case HookCreated(), HookCreated() if _same_call(recorded, asked):
            return replace(recorded, token=asked.token, metadata=asked.metadata)
        case RunCompleted(), RunCompleted():
            return replace(recorded, output=asked.output)
        case RunFailed(), RunFailed() if recorded.error.get("type") == asked.error.get("type"):
            return replace(recorded, error=asked.error)
        case _:
            return None


def _same_call(recorded: StepCreated | HookCreated, asked: StepCreated | HookCreated) -> bool:
    if isinstance(recorded, StepCreated) and isinstance(asked, StepCreated):
        recorded_name = (recorded.step_name or "").rpartition(":")[2]
        if recorded_name != (asked.step_name or "").rpartition(":")[2]:
            return False
    # The line tells two calls of one step apart, which stand in two branches.
    return recorded.call == asked.call


def _decided(made: Redacted, report: DivergenceReport) -> str:
    where = f" ({report.actual_place})" if report.actual_place else ""
    return (
        f"a value at {', '.join(made.found)} decided what the code did. With a placeholder for "
        f"it, at position {report.position} the log has {report.expected}, and the code "
        f"{report.actual}{where}. Name a smaller part of the value, or leave this run out"
    )


def shapes_in(folder: Path) -> dict[str, Shape]:
    """The shapes of the recordings that a folder has already, by run."""
    if not folder.is_dir():
        return {}
    reader = Reader()
    return {
        read.run_id: shape_of(read.events)
        for source in files([str(folder)])[0]
        for read in reader.read(source)
        if isinstance(read, Recording)
    }
