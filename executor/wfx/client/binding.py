"""
Binding the recorded names of a migrated run to Python code, later than its migration.

The code is looked at first: it must have what is named, and its workflow must make the
decisions that the log holds. Only then is the binding written, into the run's own log.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from wfx.binding import is_migrated, named, names_in, unbound
from wfx.errors import NotBindable, RunGone
from wfx.events import Event, NewEvent, RunBound, RunCreated, StepCreated
from wfx.replay import Verdict, VerdictKind, replay

if TYPE_CHECKING:
    from wfx.client.programs import Programs
    from wfx.program import Program
    from wfx.world import World


def bind_run(world: World, programs: Programs, run_id: str, names: Mapping[str, str]) -> Verdict:
    """
    Bind recorded names of a run for good, if the code fits its log.

    Args:
        names: Recorded name, or pattern, → TARGET (`module:function`), see `wfx.binding.named`;
            some of them may be other runs'.

    Raises:
        NotFound: There is no such run.
        RunGone: It has ended.
        NotBindable: It was not migrated, has none of the names, or the code lacks a target.
        LoadError: The code cannot be loaded.
        Divergence: The code does not make the decisions that the log holds.
    """
    run = world.runs.get(run_id, "none")
    if run.ended:
        raise RunGone(run_id=run_id, run_status=str(run.status))
    if not is_migrated(run.execution_context):
        raise NotBindable(run_id, "it was not migrated, so that its names are those of its code")
    log = world.events.list(run_id)
    recorded = _recorded(log)
    wanted = {old: to for old in recorded if (to := named(names, old)) is not None}
    if names and not wanted:
        raise NotBindable(run_id, _no_such_name(next(iter(names)), recorded))
    before = names_in(log)
    today = {**before, **wanted}.get(run.workflow_name, run.workflow_name)
    if ":" not in today:
        raise NotBindable(run_id, unbound(run.workflow_name))
    program, workflow = programs.of_workflow(today)
    if run.workflow_name in wanted:
        wanted[run.workflow_name] = workflow
    _check_steps(run_id, program, {**wanted, run.workflow_name: workflow})
    new = {old: name for old, name in wanted.items() if before.get(old) != name}
    bound = NewEvent(RunBound(names=new))
    last = log[-1]
    tried = Event(bound.event_id, run_id, last.position + 1, last.created_at, bound.data)
    verdict = replay(program, [*log, tried] if new else log)
    if verdict.divergence is not None:
        raise verdict.divergence
    if verdict.kind is VerdictKind.UNJUDGED:
        raise NotBindable(run_id, f"its log cannot be judged by this code: {verdict.reason}")
    if new:
        world.events.create(run_id, bound)
    return verdict


def _recorded(log: Iterable[Event]) -> list[str]:
    """The names a log has: of the workflow, then of its steps."""
    names: dict[str, None] = {}
    for event in log:
        if isinstance(event.data, RunCreated):
            names[event.data.workflow_name] = None
        elif isinstance(event.data, StepCreated) and event.data.step_name:
            names[event.data.step_name] = None
    return list(names)


def _no_such_name(name: str, recorded: list[str]) -> str:
    near = difflib.get_close_matches(name, recorded, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(recorded)}"
    return f"it has no name {name!r}; {hint}"


def _check_steps(run_id: str, program: Program, names: Mapping[str, str]) -> None:
    for recorded, name in names.items():
        if name not in program.steps and name not in program.workflows:
            there = ", ".join(sorted({*program.workflows, *program.steps})) or "nothing"
            raise NotBindable(
                run_id, f"{recorded} was to be {name!r}, which the code has not; it has: {there}"
            )
