"""Progress on a terminal: a small table that changes in place, one row per step's name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wfx.cli import words
from wfx.cli.drawing import Picture
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
    from wfx.cli.execution import Execution
    from wfx.events import Event

_ROWS_MAX: Final = 15
_MARKS: Final = {"running": "•", "waiting": "…", "failed": "✗", "done": "✓"}
_ASCII_MARKS: Final = {"running": "*", "waiting": "~", "failed": "x", "done": "+"}
_STYLES: Final = {"running": "cyan", "waiting": "yellow", "failed": "red", "done": "green"}


@dataclass(slots=True)
class _Row:
    done: int = 0
    running: int = 0
    waiting: int = 0
    """Created or to be tried again."""
    failed: int = 0
    note: str = ""

    @property
    def state(self) -> str:
        """What is most worth telling."""
        if self.running:
            return "running"
        if self.waiting:
            return "waiting"
        return "failed" if self.failed else "done"


class LiveProgress(Progress):
    """Draws on stderr until it is closed."""

    def __init__(self, execution: Execution, given_world: str | None) -> None:
        super().__init__(execution, given_world)
        self._rows: OrderedDict[str, _Row] = OrderedDict()
        self._hidden = 0
        self._running: set[str] = set()
        self._marks = _MARKS
        self._picture = Picture(self._render, self._age)
        if self._picture.console.options.ascii_only:
            self._marks = _ASCII_MARKS

    def close(self) -> None:
        """The table stays; what the run waits for, if it still does, is said below it."""
        self._waits = words.Waits()
        self._picture.close()

    # -- what a worker tells --------------------------------------------------------------

    def appended(self, events: Sequence[Event]) -> None:
        """Counts, per step's name."""
        # New work, so it no longer waits for what was announced.
        self._waits = words.Waits()
        for event in events:
            if isinstance(event.data, StepCreated):
                self._remember(event.correlation_id or "", event.data.step_name)
                self._row(event).waiting += 1
            elif event.data.type.startswith("step_"):
                self._count(event, self._row(event))
        self._picture.changed()

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
        self._picture.console.print(Text("".join(part.text for part in lines)), end="")

    def show_waits(self) -> None:
        """What the run waits for, below the table."""
        self._picture.changed()

    def say(self, text: str) -> None:
        """A line above the table."""
        self._picture.console.print(Text(f"  {printable(text)}"))

    # -- drawing --------------------------------------------------------------------------

    def _render(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(width=1)
        grid.add_column()
        grid.add_column()
        if self._hidden:
            more = f"{self._marks['waiting']} and {self._hidden} more"
            grid.add_row("", Text(more, style="dim"), "")
        # A copy in one call: the worker's thread adds rows while this one draws.
        for name, row in list(self._rows.items()):
            state = row.state
            mark = Text(self._marks[state], style=_STYLES[state])
            grid.add_row(mark, Text(name), Text(_counts(row), style="dim"))
        begin, style = self._marks["waiting"], _STYLES["waiting"]
        waits = self._waits.lines(datetime.now(UTC))
        return Group(grid, *(Text(f"{begin} {line}", style=style) for line in waits))

    def _age(self) -> str | None:
        """How long the run has to wait: it is less each time somebody looks."""
        waits = self._waits
        return waits.until_line(datetime.now(UTC)) if waits.until else None


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
