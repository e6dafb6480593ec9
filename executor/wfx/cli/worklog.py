"""
What a worker tells: lines for people, or one JSON object a line for programs.

Both say the same things of runs and of steps that fail; the objects also tell of every
attempt. Fields are only ever added: `time`, `level`, `event`, `message`, and where they
apply `runId`, `workflow`, `stepId`, `step`, `attempt`, `error`.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from wfx.cli import output, words
from wfx.errors import Divergence, NotInRun
from wfx.events import (
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    StepCancelled,
    StepCompleted,
    StepCreated,
    StepFailed,
    StepRetrying,
    StepStarted,
    iso,
)
from wfx.workers.observer import Observer
from wfx.workers.steps import step_context

if TYPE_CHECKING:
    from wfx.activation import Output
    from wfx.cli.metrics import Metrics
    from wfx.errors import WorldUnavailable
    from wfx.events import Event
    from wfx.values import Json
    from wfx.world import Hold, Task

_NAMES_MAX: Final = 100_000
_RUN_EVENTS: Final = {
    RunStarted: "running",
    RunCompleted: "completed",
    RunFailed: "failed",
    RunCancelled: "cancelled",
}
_STEP_EVENTS: Final = {
    StepCreated: "created",
    StepStarted: "started",
    StepCompleted: "completed",
    StepFailed: "failed",
    StepRetrying: "retried",
    StepCancelled: "cancelled",
}


def log_object(level: str, event: str, message: str, fields: Mapping[str, Json]) -> str:
    """A line for programs; fields that are None are left out."""
    shown = {"time": iso(datetime.now(UTC)), "level": level, "event": event, "message": message}
    given = {name: value for name, value in fields.items() if value is not None}
    return json.dumps({**shown, **given}, ensure_ascii=False)


class _Names:
    """What was heard last of so many things; the oldest are forgotten."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Any] = OrderedDict()

    def put(self, key: str, value: Any) -> None:
        self._known[key] = value
        self._known.move_to_end(key)
        if len(self._known) > _NAMES_MAX:
            self._known.popitem(last=False)

    def get(self, key: str) -> Any:
        return self._known.get(key)

    def pop(self, key: str) -> Any:
        return self._known.pop(key, None)


class WorkLog(Observer):
    """
    Tells what a worker does, and counts it.

    Args:
        as_json: One JSON object a line.
    """

    def __init__(self, metrics: Metrics, *, as_json: bool) -> None:
        self._metrics = metrics
        self._as_json = as_json
        self._write = output.log_writer()
        self._workflows = _Names()
        self._attempts = _Names()
        """Step id → name, attempt and start, while it runs."""
        self.away: str | None = None
        """Why the world cannot be used; None if it can."""

    def tell(
        self, event: str, message: str, *, level: str = "info", quiet: bool = False, **fields: Json
    ) -> None:
        """
        Tell something.

        Args:
            quiet: For programs only: people would not want so many lines.
        """
        if self._as_json:
            self._write(log_object(level, event, message, fields))
        elif not quiet:
            self._write(output.printable(message))

    def printed(self, text: str) -> None:
        """User code printed a line."""
        fields: dict[str, Json] = {}
        try:
            context = step_context()
        except NotInRun:
            pass
        else:
            fields = {
                "runId": context.run_id,
                "stepId": context.step_id,
                "step": context.step_name,
                "attempt": context.attempt,
            }
        self._write(log_object("info", "output", text, fields))

    # -- what a worker tells --------------------------------------------------------------

    def appended(self, events: Sequence[Event]) -> None:
        """Its own events."""
        for event in events:
            if (status := _RUN_EVENTS.get(type(event.data))) is not None:
                self._run(event, status)
            elif (what := _STEP_EVENTS.get(type(event.data))) is not None:
                self._step(event, what)

    def _run(self, event: Event, status: str) -> None:
        self._metrics.add("wfx_runs_total", status=status)
        data = event.data
        error = data.error if isinstance(data, RunFailed) else None
        message = f"{event.run_id} {status}"
        if error is not None:
            message += f": {words.clipped(words.error_line(error))}"
        self.tell(
            f"run_{status}" if status != "running" else "run_started",
            message,
            level="error" if error is not None else "info",
            quiet=status == "running",
            runId=event.run_id,
            workflow=self._workflows.get(event.run_id),
            error=None if error is None else words.error_line(error),
        )

    def _step(self, event: Event, what: str) -> None:
        data, step_id = event.data, event.correlation_id or ""
        if isinstance(data, StepCreated):
            self._attempts.put(step_id, (data.step_name or "", 0, event.created_at))
        name, attempt, began = self._attempts.get(step_id) or ("", 0, None)
        if isinstance(data, StepStarted):
            attempt, began = data.attempt, event.created_at
            self._attempts.put(step_id, (name, attempt, began))
        elif not isinstance(data, StepCreated):
            self._attempts.pop(step_id)
            if isinstance(data, StepRetrying):
                self._attempts.put(step_id, (name, attempt, None))
            if attempt and began is not None:
                seconds = (event.created_at - began).total_seconds()
                self._metrics.observe("wfx_step_seconds", seconds, step=name)
        self._metrics.add("wfx_steps_total", step=name, event=what)
        if isinstance(data, StepCreated):
            return
        error = data.error if isinstance(data, (StepFailed, StepRetrying)) else None
        message = f"{event.run_id} step {name} {what}"
        if error is not None:
            message += f": {words.clipped(words.error_line(error))}"
        self.tell(
            f"step_{what}",
            message,
            level={"failed": "error", "retried": "warning"}.get(what, "info"),
            quiet=error is None,
            runId=event.run_id,
            workflow=self._workflows.get(event.run_id),
            stepId=step_id,
            step=name,
            attempt=attempt or None,
            error=None if error is None else words.error_line(error),
        )

    def output(self, run_id: str, lines: Sequence[Output]) -> None:
        """A workflow printed something."""
        if not self._as_json:
            for part in lines:
                output.write(part.text)
            return
        for text in "".join(part.text for part in lines).splitlines():
            self.tell("output", text, runId=run_id, workflow=self._workflows.get(run_id))

    def parked(self, run_id: str, error: BaseException) -> None:
        """A run cannot go on by itself."""
        self._metrics.add("wfx_runs_parked_total", reason=getattr(error, "code", "error"))
        message = f"{run_id} parked: {error}"
        if isinstance(error, Divergence) and error.report is not None:
            # A deploy may park many for one reason; the whole story is stored with each.
            show = words.command("runs", "show", run_id)
            message = f"{run_id} parked: diverged, {error.report.cause.text}; see `{show}`"
        self.tell(
            "run_parked",
            message,
            level="error",
            runId=run_id,
            workflow=self._workflows.get(run_id),
            error=str(error),
        )

    def blocked(self, step_name: str) -> None:
        """A step keeps this worker from everything else."""
        self.tell("step_blocks", words.blocked_line(step_name), level="warning", step=step_name)

    def out_of_reach(self, error: WorldUnavailable) -> None:
        """The worker waits for its world."""
        self.away = str(error)
        self.tell(
            "world_out_of_reach",
            f"{error} Trying again until it can be used.",
            level="warning",
            error=error.reason,
        )

    def in_reach(self) -> None:
        """It goes on."""
        self.away = None
        self.tell("world_in_reach", "the world can be used again; going on")

    def stopping(self, bodies: int) -> None:
        """It takes nothing more."""
        self.tell("worker_stopping", f"stopping; steps that are running: {bodies}", running=bodies)

    def stopped(self, finished: int, handed_back: int) -> None:
        """It is done."""
        self.tell(
            "worker_stopped",
            f"stopped; steps that ended in time: {finished}, left to other workers: {handed_back}",
            finished=finished,
            handedBack=handed_back,
        )

    # -- what its world tells -------------------------------------------------------------

    def claimed(self, task: Task) -> None:
        """A task was claimed."""
        if task.task_id == task.run_id:
            self._workflows.put(task.run_id, task.name)
        else:
            self._attempts.put(task.task_id, (task.name, 0, None))
        if task.deaths:
            self.tell(
                "taken_over",
                f"{task.run_id} {task.kind} {task.name} taken over: its worker was lost",
                level="warning",
                runId=task.run_id,
                workflow=self._workflows.get(task.run_id),
                stepId=None if task.task_id == task.run_id else task.task_id,
                step=None if task.task_id == task.run_id else task.name,
            )

    def lost(self, holds: Collection[Hold]) -> None:
        """Claims are not held any more."""
        for task_id, _ in holds:
            self.tell(
                "lease_lost",
                f"{task_id}: the claim was lost to another worker",
                level="warning",
                taskId=task_id,
            )
