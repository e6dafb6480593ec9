"""
Runs or replays every program in a process of its own, and says what each row observed.

    python rig.py live FOLDER FILE [MODULE…]     run, record, write what was observed
    python rig.py replay FOLDER FILE [MODULE…]   replay the recordings of such a file

Seed, clock and run ids are fixed, so that even two live runs must observe the same, but for
what is recorded of the surroundings. The clock stands in another year than the host's.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wfx.activation import Output
from wfx.clock import ManualClock
from wfx.events import Event, RunCompleted, RunFailed
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.recording import parse_recording, recording_lines
from wfx.replay import replay
from wfx.testing.virtual import VirtualLoop
from wfx.workers.observer import Observer
from wfx.workers.worker import Worker
from wfx_sandbox import load_program

PROGRAMS = Path(__file__).parent / "programs"
YEAR = 2031
START = datetime(YEAR, 3, 5, 6, 7, 8, 901_234, tzinfo=UTC)


class Watcher(Observer):
    """Stops the worker when all runs are over."""

    def __init__(self, runs: Sequence[str]) -> None:
        self.open = set(runs)
        self.worker: Worker | None = None
        self.violations: dict[str, str] = {}
        self.printed: dict[str, list[str]] = {}

    def output(self, run_id: str, lines: Sequence[Output]) -> None:
        """Keep what was printed."""
        self.printed.setdefault(run_id, []).extend(line.text for line in lines)

    def parked(self, run_id: str, error: BaseException) -> None:
        """A row was refused."""
        self.violations[run_id] = str(error)
        self.ended(run_id)

    def ended(self, run_id: str) -> None:
        """One less."""
        self.open.discard(run_id)
        if not self.open and self.worker is not None:
            self.worker.stop()


def entropy(count: int) -> bytes:
    """The seed of every run."""
    return bytes(range(count))


def observed(log: Sequence[Event]) -> Any:
    """What a run came to, as JSON."""
    data = log[-1].data
    if isinstance(data, RunCompleted):
        return data.output
    if isinstance(data, RunFailed):
        return {"failed": {k: v for k, v in data.error.items() if k != "stack"}}
    return None


def lived(
    program: Any,
    names: Sequence[str] | None = None,
    args: Mapping[str, Sequence[Any]] | None = None,
) -> dict[str, Any]:
    """Run the workflows of a program at the same time; what each observed, and its log."""
    names = list(names or program.workflows)
    ids = {name: "wrun_" + name.replace(":", "_") for name in names}
    with VirtualLoop(ManualClock(START)) as loop:
        world = MemoryWorld(loop.clock)
        for name, run_id in ids.items():
            start_run(world, program, name, (args or {}).get(name, []), run_id=run_id)
        watcher = Watcher(list(ids.values()))
        watcher.worker = Worker(
            world, [program], observer=watcher, entropy=entropy, **loop.for_worker()
        )
        loop.run(watcher.worker.serve())
        found = {}
        for name, run_id in ids.items():
            log = list(world.events.stream(run_id))
            found[name] = {
                "value": watcher.violations.get(run_id) or observed(log),
                "ended": log[-1].type,
                "printed": watcher.printed.get(run_id, []),
                "log": list(recording_lines(log)),
            }
    return found


def replayed(program: Any, row: dict[str, Any]) -> dict[str, Any]:
    """What a recording of a row replays to."""
    recording = parse_recording(row["log"], source="row")
    verdict = replay(program, recording.events)
    if verdict.divergence is not None:
        return {"value": str(verdict.divergence)}
    if verdict.reason is not None:
        return {"value": verdict.reason}
    if verdict.ended == "run_failed":
        return {"value": row["value"]}  # it would be a divergence otherwise
    return {"value": verdict.output}


def modules(folder: Path, wanted: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The programs of a folder."""
    for path in sorted(folder.glob("*.py")):
        if not wanted or path.stem in wanted:
            program = load_program(path.stem, app_dir=folder)
            if program.workflows:
                yield path.stem, program


def main() -> None:
    """See the module."""
    action, folder, file, *wanted = sys.argv[1:]
    path = Path(file)
    found: dict[str, Any] = {}
    known = json.loads(path.read_text("utf-8")) if action == "replay" else {}
    for _, program in modules(Path(folder), wanted):
        if action == "live":
            found.update(lived(program))
        else:
            for name in program.workflows:
                if name in known:
                    found[name] = replayed(program, known[name])
    if action == "live":
        path.write_text(json.dumps(found), "utf-8")
    else:
        sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
