"""
Commands that activate runs work in a child of this process; see `wfx.workers.supervisor`.

The child tells where its world is and what it executes. When an activation does not come to
rest, the parent, which has opened nothing until then, parks the run with the place where it
was stuck.
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import wfx
from wfx.cli import output
from wfx.workers import supervisor
from wfx.workers.supervisor import Crashed, Killed

if TYPE_CHECKING:
    from wfx.program import Program
    from wfx.values import Json

_SUPERVISED: Final = ("run", "worker")
_FRAME: Final = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<name>.+)')
_OWN: Final = str(Path(wfx.__file__).parent)


def supervised(words: Sequence[str], invoke: Callable[[Sequence[str]], int]) -> int:
    """Do what the words of a command line say; the exit code."""
    if not words or words[0] not in _SUPERVISED or not hasattr(os, "fork"):
        return invoke(words)
    goes_on = words[0] == "worker"
    return supervisor.supervise(
        partial(invoke, words),
        killed=partial(_killed, goes_on=goes_on),
        crashed=partial(_crashed, goes_on=goes_on),
    )


def tell(
    *, world: str, as_json: bool = False, resume: str | None = None, json_log: bool = False
) -> None:
    """In the child: where its world is, the command that would go on, and how it tells."""
    if supervisor.cell is not None:
        kept = {"world": world, "json": as_json, "resume": resume, "jsonLog": json_log}
        supervisor.cell.keep(json.dumps(kept))


def spare_garbage() -> None:
    """
    In the child: look for garbage less often, and not at what was loaded for good.

    Coroutines of suspended runs are many and live long, and each look takes all of them in:
    that was a third of the processor time of short runs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def limit_memory(programs: Sequence[Program]) -> None:
    """In the child: let the address space grow no further than the programs' settings say."""
    limits = [program.memory_mb for program in programs if program.memory_mb is not None]
    if supervisor.cell is not None and limits:
        import resource

        size = min(limits) * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))


def _killed(what: Killed, *, goes_on: bool) -> bool:
    output.leave_line()
    kept = json.loads(what.kept)
    # Imported only now: nearly no run ends like this.
    from wfx.cli.outcome import told
    from wfx.client import Client
    from wfx.errors import WfxError
    from wfx.workers.parking import park_orphan
    from wfx.world import ParkReason

    try:
        with Client(kept["world"]) as client:
            park_orphan(client.world, what.run_id, ParkReason.RUNAWAY, _report(what))
            state = client.state(what.run_id)
    except WfxError as error:
        # The next child waits for the world; the run is parked when it is stuck again.
        text = f"{what.run_id} did not come to rest, and could not be parked: {error}"
        _note(kept, "worker_lost", text if goes_on else f"Error: {text}", runId=what.run_id)
        return goes_on
    if goes_on:
        why = state.parked.message if state.parked else "taken over"
        text = f"{what.run_id} parked: {why}"
        _note(kept, "run_parked", text, runId=what.run_id, error=why)
    else:
        told(state, None, as_json=kept["json"])
    return goes_on


def _report(what: Killed) -> dict[str, Json]:
    """Why a run is parked that would not come to rest."""
    frames = list(_frames(what.stack))
    place = frames[0][0] if frames else None
    where = f" It was at {place}." if place else ""
    message = (
        f"its code ran for {what.seconds_max:g} s without waiting for anything, so its "
        f"process was ended.{where} Move long work into a step. The limit is "
        "`activation_seconds` in `[tool.wfx.limits]` of pyproject.toml."
    )
    stack: list[Json] = [f"{at} in {name}" for at, name in frames]
    return {"message": message, "code": "runaway", "place": place, "stack": stack}


def _frames(stack: str) -> Iterator[tuple[str, str]]:
    """Places and functions of workflow code in an interpreter's dump, innermost first."""
    inside = False
    for found in _FRAME.finditer(stack):
        path = found["file"]
        if "wfx_sandbox" in path or path.startswith(_OWN):
            if inside:
                return  # what lies further out is the executor
            continue  # a call that workflow code makes through the sandbox
        if not path.startswith(("<", sys.prefix, sys.base_prefix)):
            inside = True
            shown = os.path.relpath(path) if os.path.isabs(path) else path
            yield f"{shown}:{found['line']}", found["name"]


def _crashed(what: Crashed, *, goes_on: bool) -> bool:
    output.leave_line()
    if what.signal is not None:
        how = f"was ended by {what.signal.name}"
    else:
        how = f"ended itself with exit code {what.code}, as a step that calls os._exit does"
    kept = json.loads(what.kept) if what.kept else {}
    resume = kept.get("resume")
    hint = f" Go on with: {resume}" if resume else ""
    again = "; another one goes on." if goes_on else "; the log has all that was acknowledged."
    text = f"the process that did the work {how}{again}{hint}"
    _note(kept, "worker_lost", text if kept.get("jsonLog") else f"Error: {text}")
    return goes_on


def _note(kept: Mapping[str, Any], event: str, text: str, **fields: Json) -> None:
    """Tell it in the form of the child's log."""
    if kept.get("jsonLog"):
        from wfx.cli.worklog import log_object

        output.note(log_object("error", event, text, fields))
    else:
        output.note(text)
