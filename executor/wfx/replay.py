"""
Does today's code still make the decisions that a log recorded?

A replay is an `Execution` over the log with nobody left to act on what it asks for: the
same code that runs live, so there is no second opinion of what a divergence is. A log that
is not at its end replays up to there, and the verdict says what the code would do next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from wfx.activation_legacy import execution_of
from wfx.binding import Names, names_in, rebound
from wfx.clock import StillClock
from wfx.codec import retag, retag_error
from wfx.divergence.explaining import explain
from wfx.errors import CorruptLog, Divergence, IllegalEvent, UnsupportedFormat, Violation
from wfx.events import (
    RUN_ENDS,
    EffectRecorded,
    Event,
    EventData,
    RunBound,
    RunCancelled,
    RunCompleted,
    RunCreated,
    StepCreated,
)
from wfx.legality import check_log
from wfx.matching import describe
from wfx.patches import PatchState

if TYPE_CHECKING:
    from wfx.activation import Execution, Watched
    from wfx.divergence.report import DivergenceReport
    from wfx.observing import Patched
    from wfx.program import Program
    from wfx.values import Json

_VALUES: Final = frozenset({"input", "kwargs", "output", "result", "payload", "metadata", "values"})
"""Fields of events that hold encoded values."""


class VerdictKind(StrEnum):
    """What a replay found."""

    MATCH = "match"
    DIVERGED = "diverged"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What replaying one log found."""

    kind: VerdictKind
    divergence: Divergence | None = None
    reason: str | None = None
    """Why it could not be judged."""
    output: Json = None
    """What the workflow returned, encoded."""
    ended: str | None = None
    """The recorded end's event type; None when the run was still open."""
    next: list[str] = field(default_factory=list)
    """For an open run: what the code would ask for next."""
    patches: dict[str, PatchState] = field(default_factory=dict)
    """What each patch was that the code evaluated."""
    unjudged: list[str] = field(default_factory=list)
    """For a migrated run: what its log does not say, and so could not be compared."""

    @property
    def report(self) -> DivergenceReport | None:
        """The whole story of a divergence."""
        return None if self.divergence is None else self.divergence.report


def replay(
    program: Program,
    events: Sequence[Event],
    *,
    renames: Mapping[str, str] | None = None,
    watched: Watched | None = None,
) -> Verdict:
    """
    Run the program's code over a whole log.

    Args:
        renames: Recorded module part to today's, for workflow, step and class names.
        watched: Is told when an activation begins and ends.
    """
    try:
        run = check_log(events)
        if renames:
            events = [rename(event, renames) for event in events]
        return _replay(program, events, run is not None and run.ended, watched)
    except (CorruptLog, IllegalEvent, UnsupportedFormat) as error:
        return Verdict(VerdictKind.UNJUDGED, reason=str(error))


def _replay(
    program: Program, events: Sequence[Event], ended: bool, watched: Watched | None
) -> Verdict:
    created = events[0].data
    assert isinstance(created, RunCreated)  # the transition table lets every log begin so
    name = names_in(events).get(created.workflow_name, created.workflow_name)
    if name not in program.workflows:
        known = ", ".join(sorted(program.workflows)) or "none"
        return Verdict(
            VerdictKind.UNJUDGED, reason=f"the code has no workflow {name!r}; it has {known}"
        )
    end = next(e for e in reversed(events) if isinstance(e.data, RUN_ENDS)) if ended else None
    log = events if end is None else events[: end.position + 1]
    execution = execution_of(
        program,
        log[0],
        clock=StillClock(log[-1].created_at),
        entropy=bytes,
        watched=watched,
    )
    try:
        execution.catch_up(log[1:])
        diverged = _unended(execution, end)
    except Divergence as divergence:
        diverged = divergence
    except Violation as violation:
        return Verdict(VerdictKind.UNJUDGED, reason=str(violation))
    finally:
        asked = execution.take_outbox()
        unjudged = execution.unjudged
        patches = {name: _state(each) for name, each in execution.patches.items()}
        execution.drop()
    end_type = None if end is None else end.type
    if diverged is not None:
        explain(program, log, diverged, watched=watched)
        return Verdict(VerdictKind.DIVERGED, divergence=diverged, ended=end_type, unjudged=unjudged)
    if end is not None:
        output = end.data.output if isinstance(end.data, RunCompleted) else None
        return Verdict(
            VerdictKind.MATCH, output=output, ended=end_type, patches=patches, unjudged=unjudged
        )
    wanted = [describe(new.data) for new in asked if not isinstance(new.data, EffectRecorded)]
    return Verdict(VerdictKind.MATCH, next=wanted, patches=patches, unjudged=unjudged)


def _state(patch: Patched) -> PatchState:
    if patch.deprecated:
        return PatchState.DEPRECATED
    return PatchState.NEW if patch.value else PatchState.OLD


def _unended(execution: Execution, end: Event | None) -> Divergence | None:
    """The divergence of code that comes to rest where the log says that it ended."""
    if end is None or isinstance(end.data, RunCancelled) or execution.finished:
        return None
    return Divergence(
        run_id=end.run_id,
        position=end.position,
        expected=describe(end.data),
        actual="goes on waiting",
    )


def rename(event: Event, renames: Mapping[str, str]) -> Event:
    """The event with recorded module names replaced by today's, also in its values."""
    if not renames:
        return event
    modules = renames.of_modules if isinstance(renames, Names) else renames
    data = _retagged(event.data, modules)
    if isinstance(data, RunCreated):
        data = replace(data, workflow_name=renamed(data.workflow_name, renames))
        if data.execution_context is not None:
            today = rebound(data.execution_context, lambda name: renamed(name, renames))
            data = replace(data, execution_context=today)
    elif isinstance(data, RunBound):
        names = {old: renamed(new, renames) for old, new in data.names.items()}
        data = replace(data, names=names)
    elif isinstance(data, StepCreated) and data.step_name is not None:
        data = replace(data, step_name=renamed(data.step_name, renames))
    return event if data is event.data else replace(event, data=data)


def _retagged(data: EventData, modules: Mapping[str, str]) -> EventData:
    changes: dict[str, Any] = {}
    for f in fields(data):
        value = getattr(data, f.name)
        if f.name == "error" and isinstance(value, dict):
            changes[f.name] = retag_error(value, modules)
        elif f.name in _VALUES and value is not None:
            changes[f.name] = retag(value, modules)
    return replace(data, **changes) if changes else data


def renamed(name: str, renames: Mapping[str, str]) -> str:
    """A recorded `module:qualname` with its module part (or all of it) replaced."""
    if name in renames:
        return renames[name]
    module, colon, qualname = name.partition(":")
    return f"{renames[module]}:{qualname}" if colon and module in renames else name
