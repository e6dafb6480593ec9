"""What a worker tells whoever shows its progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfx.activation import Output
    from wfx.errors import WorldUnavailable
    from wfx.events import Event
    from wfx.workers.runner import Runner


class Observer:
    """What a worker tells whoever shows its progress; does nothing by itself."""

    def appended(self, events: Sequence[Event]) -> None:
        """This process appended these events of one run."""

    def output(self, run_id: str, lines: Sequence[Output]) -> None:
        """Workflow code wrote this, and its activation is committed."""

    def parked(self, run_id: str, error: BaseException) -> None:
        """A run cannot go on by itself."""

    def suspended(self, run_id: str, runner: Runner) -> None:
        """A run waits for something, and nothing of it is executing here."""

    def ended(self, run_id: str) -> None:
        """A run completed, failed or was cancelled."""

    def blocked(self, step_name: str) -> None:
        """An async body of this step keeps everything else waiting. Called from any thread."""

    def out_of_reach(self, error: WorldUnavailable) -> None:
        """The world cannot be used now; the worker tries again until it can. Said once."""

    def in_reach(self) -> None:
        """The world can be used again."""

    def stopping(self, bodies: int) -> None:
        """The worker takes nothing more; so many step bodies are running."""

    def stopped(self, finished: int, handed_back: int) -> None:
        """The worker is done: so many bodies ended in time, and others get so many steps."""
