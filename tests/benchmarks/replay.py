"""
How fast a recording is read and replayed.

    python tests/benchmarks/replay.py [--steps N] [--rounds N]

The run is the one of sequential.py: three events a step, arguments and results with pydantic
models, sandbox on. Printed are the best of the rounds, in processor time: reading the file,
checking its events against the transition tables, and the whole replay.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from pathlib import Path

from sequential import MODULE, serve

from wfx.launch import start_run
from wfx.legality import check_log
from wfx.recording import read_recording, write_recording
from wfx.replay import VerdictKind, replay
from wfx_sandbox import load_program
from wfx_world_sql import open_world


def main() -> None:
    """Record a run, then replay it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "bench_module.py").write_text(MODULE)
        program = load_program("bench_module", app_dir=folder)
        path = folder / "run.jsonl"
        with open_world(f"sqlite:///{folder / 'world.db'}") as world:
            run_id = start_run(world, program, "bench_module:sequence", [options.steps])
            asyncio.run(serve(world, program, run_id))
            with path.open("w") as file:
                count = write_recording(world, run_id, file)
        rounds = []
        for _ in range(options.rounds):
            moments = [time.thread_time()]
            events = read_recording(path).events
            moments.append(time.thread_time())
            check_log(events)
            moments.append(time.thread_time())
            verdict = replay(program, events)
            moments.append(time.thread_time())
            assert verdict.kind is VerdictKind.MATCH
            rounds.append([b - a for a, b in itertools.pairwise(moments)])
    read, checked, replayed = (min(times) / count for times in zip(*rounds, strict=True))
    sys.stdout.write(
        f"{count} events: read {read * 1e6:.1f} us an event, check {checked * 1e6:.1f} us, "
        f"replay with check {replayed * 1e6:.1f} us; {1 / (read + replayed):,.0f} events/s "
        f"from the file, {1 / replayed:,.0f} without reading\n"
    )


if __name__ == "__main__":
    main()
