"""
How fast a corpus is judged: from files, from worlds, by one process and by several.

    python tests/benchmarks/replay_corpus.py [--steps N] [--logs N] [--postgres URL | --no-postgres]

One long log (10,000 steps, three events each) and many small ones (2,000 of five steps) are
made by the executor's own code and judged as `wfx replay` does it, with reading, the
transition table and the replay. What counts are the ratios: everything is measured in one
run, in turns, and the best of the rounds is taken.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sequential import MODULE

from wfx.corpus.code import Code
from wfx.corpus.judging import judge_source
from wfx.corpus.pool import judge_all
from wfx.corpus.sources import FileSource, Reader, Source, files, runs
from wfx.recording import read_recording, write_recording
from wfx.testing.stage import Stage
from wfx_world_sql import open_world

ROUNDS = 3
SMALL_STEPS = 5


def record(folder: Path, steps: int, file: Path, seed: int) -> int:
    """Play a run of so many steps, and write its log; how many events it has."""
    with Stage(app_dir=folder, seed=seed) as stage:
        run = stage.start("bench_module:sequence", steps)
        run.result()
        with file.open("w", encoding="utf-8") as out:
            return write_recording(stage.world, run.run_id, out)


def imported(url: str, recordings: Sequence[Path]) -> None:
    """Bring recordings into a world."""
    with open_world(url) as world:
        for path in recordings:
            recording = read_recording(path)
            world.archive.write(recording.run_id, recording.events)


def best(work: Callable[[], object]) -> float:
    """The shortest of some rounds, in seconds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def judged(sources: Sequence[Source], code: Code) -> None:
    """Judge in this process, with a world opened anew."""
    reader = Reader()
    try:
        for source in sources:
            for judgment in judge_source(source, reader, code):
                assert judgment.matches, judgment.reason
    finally:
        reader.close()


def in_processes(sources: Sequence[Source], code: Code, jobs: int) -> None:
    """Judge as the command does."""
    assert all(judgment.matches for judgment in judge_all(sources, code, jobs=jobs))


def run_sources(url: str) -> list[Source]:
    """All runs of a world."""
    with open_world(url, read_only=True) as world:
        return list(runs(world, url))


@contextlib.contextmanager
def postgres(given: str | None, wanted: bool) -> Iterator[str | None]:
    """The URL of a PostgreSQL database."""
    if given or not wanted:
        yield given
        return
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import conftest  # the tests' own server

    directory = Path(tempfile.mkdtemp(prefix="wfx-pg-", dir="/tmp"))
    server = conftest.PostgresServer(directory)
    server.start()
    try:
        yield server.url.format(database="postgres")
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--logs", type=int, default=2_000)
    parser.add_argument("--postgres", metavar="URL")
    parser.add_argument("--no-postgres", action="store_true")
    options = parser.parse_args()
    cores = os.cpu_count() or 1
    with (
        tempfile.TemporaryDirectory() as directory,
        postgres(options.postgres, not options.no_postgres) as postgres_url,
    ):
        folder = Path(directory)
        (folder / "bench_module.py").write_text(MODULE)
        code = Code(folder)
        long = folder / "long.jsonl"
        events = record(folder, options.steps, long, seed=0)
        small = folder / "small"
        small.mkdir()
        small_events = 0
        for number in range(options.logs):
            small_events += record(folder, SMALL_STEPS, small / f"{number:05}.jsonl", number + 1)
        say = sys.stdout.write

        one = [FileSource(long, long.stat().st_size)]
        from_file = best(lambda: judged(one, code))
        say(
            f"a log of {options.steps:,} steps, {events:,} events, from its file: "
            f"{from_file:.2f} s, {events / from_file:,.0f} events/s\n"
        )
        worlds = {"SQLite": f"sqlite:///{folder / 'world.db'}"}
        if postgres_url is not None:
            worlds["PostgreSQL"] = postgres_url
        for name, url in worlds.items():
            imported(url, [long])
            found = run_sources(url)
            took = best(lambda found=found: judged(found, code))  # type: ignore[misc]  # a default
            say(
                f"the same from {name}: {events / took:,.0f} events/s, "
                f"{took / from_file:.2f} of the time\n"
            )
        many = files([str(small)])[0]
        alone = best(lambda: judged(many, code))
        say(
            f"{options.logs:,} logs of {small_events // options.logs} events, in one process: "
            f"{alone:.2f} s, {small_events / alone:,.0f} events/s, "
            f"{(alone / small_events) / (from_file / events):.1f} of the time an event of the "
            "long log takes\n"
        )
        for jobs in sorted({1, 2, cores}):
            took = best(lambda jobs=jobs: in_processes(many, code, jobs))  # type: ignore[misc]  # a default
            say(f"by wfx replay --jobs {jobs}: {took:.2f} s, {took / alone:.2f} of the time\n")


if __name__ == "__main__":
    main()
