"""
How many instructions of the processor a sequential step takes, ours and by hand.

    python tests/benchmarks/instructions.py [--at N] [--steps N]

Other programs change how long instructions take, and not how many there are: on a busy
machine this tells two versions apart where times do not. Needs valgrind. Each figure is the
difference of two runs, of N and of N + M steps, divided by M, so what a run begins and ends
with does not count; nor do the looks around that a worker takes every second, which would be
many in a run that valgrind makes fifty times as slow. `--at 2500` counts far into a run.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from append_floor import floor, sqlite_by_hand
from sequential import MODULE, ours

from wfx.workers import rounds, wakeups
from wfx_sandbox import load_program
from wfx_world_sql import open_world, watching
from wfx_world_sql.compiled.sqlite import SQLITE

_NEVER = 1e6
_REFS = re.compile(r"I +refs: +([\d,]+)")


def run(who: str, steps: int) -> None:
    """One run, in this process."""
    rounds.ROUND_SECONDS = wakeups._WATCH_SECONDS = watching.POLL_SECONDS = _NEVER  # type: ignore[misc]  # not here
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "bench_module.py").write_text(MODULE)
        program = load_program("bench_module", app_dir=folder)
        path = folder / "world.db"
        with open_world(f"sqlite:///{path}") as world:
            if who == "ours":
                ours(world, program, steps)
            else:
                floor(sqlite_by_hand(path), SQLITE, steps)


def counted(who: str, steps: int) -> int:
    """The instructions of one run, in a process of its own."""
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    command += [sys.executable, __file__, "--run", who, "--steps", str(steps)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = _REFS.search(done.stderr)
    assert found is not None, done.stderr
    return int(found[1].replace(",", ""))


def main() -> None:
    """Count both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at", type=int, default=100, help="count from this step on")
    parser.add_argument("--steps", type=int, default=200, help="how many steps")
    parser.add_argument("--run", choices=("ours", "floor"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        run(options.run, options.steps)
        return
    end = options.at + options.steps
    mine, hand = (
        (counted(who, end) - counted(who, options.at)) / options.steps for who in ("ours", "floor")
    )
    sys.stdout.write(
        f"sqlite, steps {options.at} to {end}: {mine / 1e6:.2f} million instructions a step, "
        f"by hand {hand / 1e6:.2f}\n"
    )


if __name__ == "__main__":
    main()
