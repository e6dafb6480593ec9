"""Replaying recordings, one verdict each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wfx.cli import output
from wfx.cli.errors import Exit, sentence
from wfx.cli.plain import plain
from wfx.cli.quiet import own_stdout
from wfx.client.programs import Programs
from wfx.errors import WfxError
from wfx.recording import Recording, read_recording
from wfx.replay import Verdict, VerdictKind, renamed, replay

if TYPE_CHECKING:
    from wfx.errors import Divergence
    from wfx.program import Program
    from wfx.values import Json


_CHANGED: Final = (
    "Runs that began with the recorded code need it to go on: keep that code for them, or undo "
    "this change."
)
_MIGRATED: Final = (
    "The log is of another program: change the port until it asks for what that one asked for."
)


_UNBOUND: Final = (
    "its workflow {name!r} is bound to no Python workflow; say what it is called today, and its "
    "steps: --map {name}=module:function"
)


@dataclass(frozen=True, slots=True)
class _Judged:
    file: Path
    recording: Recording | None
    verdict: Verdict


def judge(
    files: Sequence[Path],
    target: str | None,
    renames: Mapping[str, str],
    *,
    app_dir: Path,
    as_json: bool,
) -> int:
    """
    Replay recordings, print the verdicts, and return the exit code.

    Raises:
        LoadError: The code named by `target` cannot be loaded.
    """
    programs = Programs(app_dir)
    given: tuple[Program, str] | None = None
    with own_stdout():
        if target is not None:
            given = programs.of_workflow(target)
        judged = [_judge(file, given, renames, programs) for file in files]
    if as_json:
        output.json_object({"recordings": [_object(each) for each in judged]})
    else:
        for each in judged:
            _print(each)
    kinds = [each.verdict.kind for each in judged]
    if VerdictKind.DIVERGED in kinds:
        return Exit.FAILED
    if VerdictKind.MATCH not in kinds:
        return Exit.USAGE
    return Exit.DONE if VerdictKind.UNJUDGED not in kinds else Exit.FAILED


def _judge(
    file: Path,
    given: tuple[Program, str] | None,
    renames: Mapping[str, str],
    programs: Programs,
) -> _Judged:
    recording: Recording | None = None
    try:
        recording = read_recording(file)
        recorded = recording.workflow_name
        if given is None:
            today = renames.get(recorded) or renamed(recording.bound_name, renames)
            if recording.migrated and ":" not in today:
                reason = Verdict(VerdictKind.UNJUDGED, reason=_UNBOUND.format(name=recorded))
                return _Judged(file, recording, reason)
            program, _ = programs.of_workflow(today)
            mapped = dict(renames)
        else:
            program = given[0]
            mapped = _mapped(
                recorded if recorded in renames else recording.bound_name, given[1], renames
            )
    except (WfxError, OSError) as error:
        reason = Verdict(VerdictKind.UNJUDGED, reason=sentence(error))
        return _Judged(file, recording, reason)
    return _Judged(file, recording, replay(program, recording.events, renames=mapped))


def _mapped(recorded: str, wanted: str, renames: Mapping[str, str]) -> dict[str, str]:
    """`--workflow` also says what the recorded module is called today."""
    mapped = dict(renames)
    if renamed(recorded, renames) != wanted:
        old, colon, _ = recorded.partition(":")
        new, colon_too, _ = wanted.partition(":")
        if colon and colon_too:
            mapped.setdefault(old, new)
        mapped.setdefault(recorded, wanted)
    return mapped


# -- showing ------------------------------------------------------------------------------


def _object(judged: _Judged) -> dict[str, Json]:
    verdict, recording = judged.verdict, judged.recording
    shown: dict[str, Json] = {
        "recording": str(judged.file),
        "runId": None if recording is None else recording.run_id,
        "verdict": str(verdict.kind),
    }
    if verdict.divergence is not None:
        shown["divergence"] = _divergence_object(verdict.divergence)
    elif verdict.reason is not None:
        shown["reason"] = verdict.reason
    elif verdict.ended == "run_completed":
        shown["output"] = plain(verdict.output)
    elif verdict.ended is None:
        shown["next"] = list(verdict.next)
    if verdict.ended is not None:
        shown["ended"] = verdict.ended
    if verdict.unjudged:
        shown["notCompared"] = list(verdict.unjudged)
    return shown


def _divergence_object(divergence: Divergence) -> dict[str, Json]:
    return {
        "position": divergence.position,
        "expected": divergence.expected,
        "actual": divergence.actual,
        "expectedPlace": divergence.expected_place,
        "actualPlace": divergence.actual_place,
        "message": str(divergence),
    }


def _print(judged: _Judged) -> None:
    verdict, recording = judged.verdict, judged.recording
    run_id = "" if recording is None else f" {recording.run_id}"
    output.line(f"{judged.file}{run_id} {verdict.kind}")
    divergence = verdict.divergence
    if divergence is not None:
        then = f" ({divergence.expected_place})" if divergence.expected_place else ""
        now = f" ({divergence.actual_place})" if divergence.actual_place else ""
        output.line(f"  position {divergence.position}")
        output.line(f"  the log has  {divergence.expected}{then}")
        output.line(f"  the code     {divergence.actual}{now}")
        assert recording is not None  # only what was read can diverge
        output.line(f"  {_MIGRATED if recording.migrated else _CHANGED}")
    elif verdict.reason is not None:
        output.line(f"  {verdict.reason}")
    elif verdict.ended is None:
        what = ", ".join(verdict.next) or "nothing new: it waits"
        output.line(f"  still open; the code would go on with {what}")
    for each in verdict.unjudged:
        output.line(f"  not in the log, so not compared: {each}")
