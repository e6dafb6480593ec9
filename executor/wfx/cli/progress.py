"""What a person sees while a run executes: one line for what matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from wfx.cli import output, words
from wfx.client.driving import Watcher
from wfx.client.state import waiting_for
from wfx.clock import from_us
from wfx.closing import Closing
from wfx.errors import WorldError
from wfx.events import (
    HookConflict,
    HookReceived,
    StepCancelled,
    StepCompleted,
    StepCreated,
    StepFailed,
    StepRetrying,
)
from wfx.workers.worker import PATIENCE_DEFAULT

if TYPE_CHECKING:
    from wfx.activation import Output
    from wfx.cli.execution import Execution
    from wfx.errors import WorldUnavailable
    from wfx.events import Event
    from wfx.workers.runner import Runner

_SHORT: Final = timedelta(seconds=2)
"""Waits that are over before anybody has read about them are not announced."""
_NAMES_MAX: Final = 10_000
_HOOKS_SHOWN: Final = 10


class Progress(Watcher, Closing):
    """
    Tells on stderr what a run does, line by line, until it is closed.

    Args:
        given_world: The URL given for this command, for commands to type.
    """

    def __init__(self, execution: Execution, given_world: str | None) -> None:
        self._world = execution.client.world
        self._workflow_name = execution.workflow_name
        self._resumed = execution.resumed
        self._given_world = given_world
        self._names: dict[str, str] = {}
        self._waits = words.Waits()
        """What was announced last, unless something has happened since."""

    def close(self) -> None:
        """Nothing is kept open for lines."""

    def begins(self, run_id: str) -> None:
        """Said only now, since somebody else might have had the run."""
        if self._resumed:
            output.note(f"{run_id} {self._workflow_name} resumed")

    # -- what a worker tells --------------------------------------------------------------

    def appended(self, events: Sequence[Event]) -> None:
        """One line for each kind of thing that happened."""
        lines = Counter(self._lines(events))
        if lines:
            self._waits = words.Waits()
        for text, count in lines.items():
            self.say(text + (f" (x{count})" if count > 1 else ""))

    def blocked(self, step_name: str) -> None:
        """Why nothing goes on."""
        self.say(words.blocked_line(step_name))

    def output(self, run_id: str, lines: Sequence[Output]) -> None:
        """What the workflow writes goes to stderr, whatever stream it chose."""
        for part in lines:
            output.write(part.text)

    def suspended(self, run_id: str, runner: Runner) -> None:
        """What it waits for, if that is new and no matter of a moment."""
        execution = runner.execution
        if execution is None:
            return
        now = datetime.now(UTC)
        hooks = tuple(
            words.hook_line(token, self._given_world)
            for token in execution.open_hooks[:_HOOKS_SHOWN]
        )
        until = None
        if execution.next_wait_us is not None:
            until = from_us(execution.next_wait_us)
            if until - now < _SHORT and not hooks:
                until = None
        self._announce(words.Waits(hooks, until))

    def out_of_reach(self, error: WorldUnavailable) -> None:
        """Nothing goes on until the world can be used."""
        self.say(f"{error} Trying again for {PATIENCE_DEFAULT.total_seconds():.0f} s.")

    def in_reach(self) -> None:
        """It goes on."""
        self.say("the world can be used again; going on")

    def waits(self, run_id: str) -> None:
        """Nobody activates the run, so that its world is asked what it waits for."""
        if self.announced:
            return
        try:
            waiting = waiting_for(self._world, run_id)
        except WorldError:
            return
        self._announce(
            words.waits(
                waiting,
                now=datetime.now(UTC),
                workflow_name=self._workflow_name,
                world=self._given_world,
            )
        )

    @property
    def announced(self) -> bool:
        """Whether the last thing shown is what the run waits for."""
        return self._waits != words.Waits()

    # -- showing --------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Show a line."""
        output.note(f"  {text}")

    def _announce(self, waits: words.Waits) -> None:
        """Keep what the run waits for, and show it unless that was shown last."""
        if waits not in (words.Waits(), self._waits):
            self._waits = waits
            self.show_waits()

    def show_waits(self) -> None:
        """Show what the run waits for."""
        for line in self._waits.lines(datetime.now(UTC)):
            self.say(line)

    # -- words ----------------------------------------------------------------------------

    def name_of(self, event: Event) -> str:
        """The short name of the step an event is about."""
        step_id = event.correlation_id or ""
        if step_id not in self._names:
            try:
                name = self._world.steps.get(event.run_id, step_id, "none").step_name
            except WorldError:
                name = step_id
            self._remember(step_id, name)
        return self._names[step_id]

    def _remember(self, step_id: str, name: str | None) -> None:
        if len(self._names) >= _NAMES_MAX:
            self._names.clear()
        self._names[step_id] = words.short(name, self._workflow_name)

    def _lines(self, events: Sequence[Event]) -> Iterator[str]:
        for event in events:
            data = event.data
            if isinstance(data, StepCreated):
                self._remember(event.correlation_id or "", data.step_name)
            elif isinstance(data, StepCompleted):
                yield f"{self.name_of(event)} done"
            elif isinstance(data, StepRetrying):
                error = words.clipped(words.error_line(data.error))
                again = ""
                if data.retry_after is not None:
                    delay = (data.retry_after - event.created_at).total_seconds()
                    again = f"; again in {words.span(delay)}"
                yield f"{self.name_of(event)} failed, will be tried again ({error}{again})"
            elif isinstance(data, StepFailed):
                error = words.clipped(words.error_line(data.error))
                yield f"{self.name_of(event)} failed ({error})"
            elif isinstance(data, StepCancelled):
                yield f"{self.name_of(event)} cancelled"
            elif isinstance(data, HookConflict):
                yield f"hook {data.token} is held by {data.conflicting_run_id}"
            elif isinstance(data, HookReceived):
                yield "a payload arrived"
