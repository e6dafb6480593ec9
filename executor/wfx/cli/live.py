"""Progress on a terminal: a small table that changes in place, one row per step's name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from wfx.cli import words
from wfx.cli.output import printable
from wfx.cli.progress import Progress
from wfx.events import (
    StepCancelled,
    StepCompleted,
    StepCreated,
    StepFailed,
    StepRetrying,
    StepStarted,
)

if TYPE_CHECKING:
    from wfx.activation import Output
    from wfx.events import Event
    from wfx.world import World

_ROWS_MAX: Final = 15
_PER_SECOND: Final = 8


@dataclass(slots=True)
class _Row:
    done: int = 0
    running: int = 0
    waiting: int = 0
    """Created or to be tried again."""
    failed: int = 0
    note: str = ""


class LiveProgress(Progress):
    """Draws on stderr while its block is entered."""

    def __init__(
        self,
        world: World,
        run_id: str,
        workflow_name: str,
        *,
        given_world: str | None,
        resumed: bool = False,
    ) -> None:
        super().__init__(world, run_id, workflow_name, given_world=given_world, resumed=resumed)
        self._console = Console(stderr=True, highlight=False)
        self._rows: OrderedDict[str, _Row] = OrderedDict()
        self._hidden = 0
        self._waits: list[str] = []
        self._running: set[str] = set()
        self._spinner = Spinner("dots")
        self._live = Live(
            console=self._console,
            get_renderable=self._render,
            refresh_per_second=_PER_SECOND,
            # What stays on the screen is what `wfx run` prints at the end.
            transient=False,
        )

    def __enter__(self) -> LiveProgress:
        self._live.start()
        # Nobody shows it again after a `kill -9`.
        self._console.show_cursor(True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._spinner = Spinner("dots", style="dim")
        self._waits, self._announced = [], []
        self._live.stop()

    # -- what a worker tells --------------------------------------------------------------

    def appended(self, events: Sequence[Event]) -> None:
        """Counts, per step's name."""
        # New work, so it no longer waits for what was announced.
        self._waits, self._announced = [], []
        for event in events:
            if isinstance(event.data, StepCreated):
                self._remember(event.correlation_id or "", event.data.step_name)
                self._row(event).waiting += 1
            elif event.data.type.startswith("step_"):
                self._count(event, self._row(event))

    def _count(self, event: Event, row: _Row) -> None:
        data, step_id = event.data, event.correlation_id or ""
        if isinstance(data, StepStarted):
            self._running.add(step_id)
            row.waiting, row.running = max(0, row.waiting - 1), row.running + 1
            row.note = row.note if data.attempt > 1 else ""
            return
        if step_id in self._running:
            self._running.discard(step_id)
            row.running -= 1
        else:
            row.waiting = max(0, row.waiting - 1)
        if isinstance(data, StepCompleted):
            row.done += 1
            row.note = ""
        elif isinstance(data, StepRetrying):
            row.waiting += 1
            row.note = words.clipped(words.error_line(data.error), 80)
        elif isinstance(data, StepFailed):
            row.failed += 1
            row.note = words.clipped(words.error_line(data.error), 80)
        elif isinstance(data, StepCancelled):
            row.note = "cancelled"

    def _row(self, event: Event) -> _Row:
        name = self.name_of(event)
        row = self._rows.setdefault(name, _Row())
        self._rows.move_to_end(name)
        while len(self._rows) > _ROWS_MAX:
            self._rows.popitem(last=False)
            self._hidden += 1
        return row

    def output(self, run_id: str, lines: Sequence[Output]) -> None:
        """What the workflow writes scrolls by above the table."""
        self._console.print(Text("".join(part.text for part in lines)), end="")

    def announce(self, lines: list[str]) -> None:
        """What the run waits for, below the table."""
        self._announced = self._waits = list(lines)

    def say(self, text: str) -> None:
        """A line above the table."""
        self._console.print(Text(f"  {printable(text)}"))

    # -- drawing --------------------------------------------------------------------------

    def _render(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(width=1)
        grid.add_column()
        grid.add_column()
        if self._hidden:
            grid.add_row("", Text(f"… and {self._hidden} more", style="dim"), "")
        # A copy in one call: the worker's thread adds rows while this one draws.
        for name, row in list(self._rows.items()):
            grid.add_row(_mark(row), Text(name), Text(_counts(row), style="dim"))
        waits: list[RenderableType] = []
        for line in self._waits:
            self._spinner.update(text=Text(line))
            waits.append(Text(f"… {line}", style="yellow"))
        if not waits and any(row.running for row in list(self._rows.values())):
            self._spinner.update(text=Text("running", style="dim"))
            waits.append(self._spinner)
        return Group(grid, *waits)


def _mark(row: _Row) -> Text:
    if row.running:
        return Text("•", style="cyan")
    if row.waiting:
        return Text("…", style="yellow")
    return Text("✗", style="red") if row.failed else Text("✓", style="green")


def _counts(row: _Row) -> str:
    total = row.done + row.running + row.waiting + row.failed
    parts = []
    if total > 1:
        parts.append(f"{row.done}/{total} done")
        if row.running:
            parts.append(f"{row.running} running")
    if row.waiting and row.note:
        parts.append(f"will be tried again: {row.note}")
    elif row.note:
        parts.append(row.note)
    if row.failed and total > 1:
        parts.append(f"{row.failed} failed")
    return ", ".join(parts)
