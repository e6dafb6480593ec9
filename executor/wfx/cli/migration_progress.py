"""How far a migration is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from wfx.cli import output, words
from wfx.clock import SystemClock

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from wfx_migrate import Progress

_QUIET_US: Final = 10_000_000
"""Between two lines where no bar can be drawn."""


class Shown(Protocol):
    """Tells somebody."""

    def say(self, what: str) -> None:
        """What is being done now."""
        ...

    def advance(self, progress: Progress) -> None:
        """Another run is done."""
        ...


@contextmanager
def shown() -> Iterator[Shown]:
    """Progress, while the block is entered."""
    if output.is_terminal():
        with _bar() as bar:
            yield _Drawn(bar)
    else:
        yield _Lines()


class _Lines:
    """A line every ten seconds, so that a log of it stays short."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._begun = self._told = self._clock.now_us()
        self._what = ""

    def say(self, what: str) -> None:
        self._what = what
        self._begun = self._told = self._clock.now_us()

    def advance(self, progress: Progress) -> None:
        now = self._clock.now_us()
        if now - self._told < _QUIET_US:
            return
        self._told = now
        seconds = (now - self._begun) / 1_000_000
        rate = progress.runs / seconds
        left = words.span((progress.runs_total - progress.runs) / rate) if rate else "?"
        line = (
            f"{self._what}: {progress.runs} of {progress.runs_total} runs, "
            f"{progress.events / seconds:.0f} events/s, {left} left"
        )
        if progress.quarantined:
            line += f", {progress.quarantined} quarantined"
        output.note(line)


class _Drawn:
    """A bar that changes in place."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None, rate="")
        self._clock = SystemClock()
        self._begun = self._clock.now_us()

    def say(self, what: str) -> None:
        self._begun = self._clock.now_us()
        self._bar.update(self._task, description=what)

    def advance(self, progress: Progress) -> None:
        seconds = max(self._clock.now_us() - self._begun, 1) / 1_000_000
        rate = f"runs, {progress.events / seconds:,.0f} events/s"
        if progress.quarantined:
            rate += f", {progress.quarantined} quarantined"
        self._bar.update(self._task, completed=progress.runs, total=progress.runs_total, rate=rate)


def _bar() -> Bar:
    from rich import progress

    from wfx.cli.drawing import Terminal

    return progress.Progress(
        progress.SpinnerColumn(),
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(),
        console=Terminal(stderr=True),
        # What stays on the screen is the summary.
        transient=True,
    )
