"""Recordings of every released version, made once, must replay for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wfx.recording import read_recording
from wfx.replay import VerdictKind, replay
from wfx_sandbox import load_program

HERE = Path(__file__).parent
RECORDINGS = sorted(HERE.glob("*/*.jsonl"))


def test_there_is_a_recording_for_every_workflow() -> None:
    """A combinator without a recording would be promised and never checked."""
    workflows = load_program("combinators", app_dir=HERE).workflows
    assert {path.stem for path in RECORDINGS} == {name.partition(":")[2] for name in workflows}


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_recording_replays_to_the_same_decisions_and_output(path: Path) -> None:
    """Made on Python 3.11; this test runs on every Python that the project supports."""
    recording = read_recording(path)
    verdict = replay(load_program("combinators", app_dir=HERE), recording.events)
    assert (verdict.kind, verdict.reason, verdict.divergence) == (VerdictKind.MATCH, None, None)
    assert verdict.ended == recording.events[-1].type


REPLAY_ALL = """
import sys
from pathlib import Path
from wfx.recording import read_recording
from wfx.replay import replay
from wfx_sandbox import load_program
here = Path(sys.argv[1])
program = load_program("combinators", app_dir=here)
verdicts = [replay(program, read_recording(path).events) for path in sorted(here.glob("*/*.jsonl"))]
print([(v.kind.value, str(v.divergence or v.reason)) for v in verdicts if v.kind != "match"])
"""


@pytest.mark.parametrize(("seed", "zone"), [("1", "Asia/Tokyo"), ("424242", "America/Lima")])
def test_recordings_replay_under_another_hash_seed_and_time_zone(
    seed: str, zone: str, tmp_path: Path
) -> None:
    """Nothing of the process that replays shows in what the code decides."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LANG": "C"}
    done = subprocess.run(
        [sys.executable, "-c", REPLAY_ALL, str(HERE)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")
