"""
Make the recordings that are not there yet: `python tests/recordings/make.py`.

Recordings of released versions are only ever added to; later code must replay them.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from wfx import __version__
from wfx.events import HookReceived, NewEvent
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.recording import write_recording
from wfx.workers.observer import Observer
from wfx.workers.runner import Runner
from wfx.workers.worker import Worker
from wfx_sandbox import load_program

HERE = Path(__file__).parent
TOKEN = "recorded-hook"
PAYLOADS = ("one", "two", "end")


class Feeding(Observer):
    """Sends the next payload whenever the run waits; stops the worker at the end."""

    def __init__(self, world: MemoryWorld) -> None:
        self.world = world
        self.worker: Worker | None = None
        self.payloads = iter(PAYLOADS)

    def suspended(self, run_id: str, runner: Runner) -> None:
        """Feed a waiting hook."""
        if runner.execution is not None and runner.execution.open_hooks:
            hook = self.world.hooks.get_by_token(TOKEN)
            payload = HookReceived(payload={"text": next(self.payloads)})
            self.world.events.create(run_id, NewEvent(payload, hook.hook_id))

    def parked(self, run_id: str, error: BaseException) -> None:
        """A recording must not diverge from itself."""
        sys.exit(f"{run_id} was parked: {error}")

    def ended(self, run_id: str) -> None:
        """The log is complete."""
        assert self.worker is not None
        self.worker.stop()


async def record(name: str, path: Path) -> None:
    """Run one workflow and write its log."""
    world = MemoryWorld()
    program = load_program("combinators", app_dir=HERE)
    observer = Feeding(world)
    args = [TOKEN] if name.endswith("hook_payloads") else []
    run_id = start_run(world, program, name, args)
    observer.worker = Worker(world, [program], run_id=run_id, observer=observer)
    await asyncio.wait_for(observer.worker.serve(), 60)
    with path.open("w", encoding="utf-8") as file:
        count = write_recording(world, run_id, file)
    sys.stdout.write(f"{path.name}: {count} events, {world.runs.get(run_id).status}\n")


def main() -> None:
    """Record what is missing for this version."""
    folder = HERE / __version__
    folder.mkdir(exist_ok=True)
    for name in load_program("combinators", app_dir=HERE).workflows:
        path = folder / f"{name.partition(':')[2]}.jsonl"
        if not path.exists():
            asyncio.run(record(name, path))


if __name__ == "__main__":
    main()
