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
    from wfx.errors import WorldUnavailable
    from wfx.events import Event
    from wfx.workers.runner import Runner
    from wfx.world import World

_SHORT: Final = timedelta(seconds=2)
"""Waits that are over before anybody has read about them are not announced."""
_NAMES_MAX: Final = 10_000
_HOOKS_SHOWN: Final = 10


class Progress(Watcher):
    """
    Tells on stderr what a run does, line by line.

    Args:
        given_world: The URL given for this command, for commands to type.
        resumed: The run was begun before, by somebody else.
    """

    def __init__(
        self,
        world: World,
        run_id: str,
        workflow_name: str,
        *,
        given_world: str | None,
        resumed: bool = False,
    ) -> None:
        self.world = world
        self.run_id = run_id
        self.workflow_name = workflow_name
        self.given_world = given_world
        self.resumed = resumed
        self._names: dict[str, str] = {}
        self._announced: list[str] = []

    def begins(self, run_id: str) -> None:
        """Said only now, since somebody else might have had the run."""
        if self.resumed:
            output.note(f"{run_id} {self.workflow_name} resumed")

    # -- what a worker tells --------------------------------------------------------------

    def appended(self, events: Sequence[Event]) -> None:
        """One line for each kind of thing that happened."""
        lines = Counter(self._lines(events))
        if lines:
            self._announced = []
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
        lines = [
            words.hook_line(token, self.given_world)
            for token in execution.open_hooks[:_HOOKS_SHOWN]
        ]
        if execution.next_wait_us is not None:
            until = from_us(execution.next_wait_us)
            if until - now >= _SHORT or lines:
                lines.append(words.until_line(until, now))
        self.announce(lines)

    def out_of_reach(self, error: WorldUnavailable) -> None:
        """Nothing goes on until the world can be used."""
        self.say(f"{error} Trying again for {PATIENCE_DEFAULT.total_seconds():.0f} s.")

    def in_reach(self) -> None:
        """It goes on."""
        self.say("the world can be used again; going on")

    def waits(self, run_id: str) -> None:
        """Nobody activates the run, so that its world is asked what it waits for."""
        if self._announced:
            return
        try:
            waiting = waiting_for(self.world, run_id)
        except WorldError:
            return
        self.announce(
            words.waiting_lines(
                waiting,
                now=datetime.now(UTC),
                workflow_name=self.workflow_name,
                world=self.given_world,
            )
        )

    @property
    def announced(self) -> bool:
        """Whether the last thing shown is what the run waits for."""
        return bool(self._announced)

    # -- showing --------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Show a line."""
        output.note(f"  {text}")

    def announce(self, lines: list[str]) -> None:
        """Show what the run waits for, unless that was shown last."""
        # How long it will be changes all the time and is no news.
        fresh = [line.partition(" (in ")[0] for line in lines]
        if fresh and fresh != self._announced:
            self._announced = fresh
            for line in lines:
                self.say(line)

    # -- words ----------------------------------------------------------------------------

    def name_of(self, event: Event) -> str:
        """The short name of the step an event is about."""
        step_id = event.correlation_id or ""
        if step_id not in self._names:
            try:
                name = self.world.steps.get(event.run_id, step_id, "none").step_name
            except WorldError:
                name = step_id
            self._remember(step_id, name)
        return self._names[step_id]

    def _remember(self, step_id: str, name: str | None) -> None:
        if len(self._names) >= _NAMES_MAX:
            self._names.clear()
        self._names[step_id] = words.short(name, self.workflow_name)

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
