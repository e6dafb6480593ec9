"""A worker at the command line: what it serves, and a line for each run that ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wfx.cli import output, words
from wfx.cli.quiet import own_stdout
from wfx.cli.signals import interruptible
from wfx.cli.supervision import limit_memory
from wfx.errors import Divergence, WorldError
from wfx.worker import Observer, Worker

if TYPE_CHECKING:
    from wfx.activation import Output
    from wfx.client import Client


class _Lines(Observer):
    """A line for each run that ends or is parked."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def output(self, run_id: str, lines: Sequence[Output]) -> None:
        for part in lines:
            output.write(part.text)

    def parked(self, run_id: str, error: BaseException) -> None:
        if isinstance(error, Divergence) and error.report is not None:
            # A deploy may park many for one reason; the whole story is stored with each.
            show = words.command("runs", "show", run_id)
            output.note(f"{run_id} parked: diverged, {error.report.cause.text}; see `{show}`")
        else:
            output.note(f"{run_id} parked: {error}")

    def ended(self, run_id: str) -> None:
        try:
            status = str(self._client.status(run_id))
        except WorldError:
            status = "ended"
        output.note(f"{run_id} {status}")


def serve(client: Client, modules: Sequence[str]) -> None:
    """Execute all runs of these modules until a signal comes."""
    with own_stdout():
        programs = [client.programs.of_module(module) for module in modules]
        limit_memory(programs)
        for module, program in zip(modules, programs, strict=True):
            names = ", ".join(sorted(program.workflows)) or "no workflows"
            output.note(f"{module}: {names}")

        async def work() -> None:
            loop = asyncio.get_running_loop()
            worker = Worker(client.world, programs, observer=_Lines(client))
            with interruptible(lambda: loop.call_soon_threadsafe(worker.stop)):
                output.note(f"working on {client.world.url}; Ctrl-C to leave")
                await worker.serve()

        asyncio.run(work())
