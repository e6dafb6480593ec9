"""Runs, moments and errors in words."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wfx.client import WaitingFor
    from wfx.values import Json

_TEXT_MAX: Final = 200


def moment(at: datetime) -> str:
    """A moment: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def size(count: int) -> str:
    """A number of bytes."""
    if count < 1000:
        return f"{count} bytes"
    amount, units = count / 1000, ["kB", "MB", "GB", "TB"]
    while amount >= 999.5 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.1f} {units[0]}" if amount < 9.95 else f"{amount:.0f} {units[0]}"


def span(seconds: float) -> str:
    """A length of time in its two largest units."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s".replace(".0 ", " ")
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def short(name: str | None, workflow_name: str) -> str:
    """A step's name, without the module when it is the workflow's own."""
    module = workflow_name.partition(":")[0]
    return (name or "a step without a name").removeprefix(f"{module}:")


def clipped(text: str, length: int = _TEXT_MAX) -> str:
    """One line of at most this length."""
    one = " ".join(text.split())
    return one if len(one) <= length else f"{one[: length - 1]}…"


def error_line(error: Mapping[str, Json] | None) -> str:
    """An error of the log: type and message."""
    error = error or {}
    kind = str(error.get("type", "Exception")).rpartition(":")[2]
    message = str(error.get("message", ""))
    return f"{kind}: {message}" if message else kind


def stack_of(error: Mapping[str, Json]) -> str:
    """The recorded traceback; empty if there is none."""
    stack = error.get("stack")
    return stack.strip() if isinstance(stack, str) else ""


def command(*parts: str, world: str | None = None, app_dir: Path | None = None) -> str:
    """A command to type; `world` and `app_dir` are what was given for this one."""
    from wfx.passwords import hide_password

    where = ("--world", hide_password(world)) if world else ()
    if app_dir not in (None, Path()):
        where = (*where, "--app-dir", str(app_dir))
    return shlex.join(("wfx", *parts, *where))


def hook_line(token: str, world: str | None) -> str:
    """How to answer a hook."""
    return f"waits for a payload: {command('hook', 'send', token, world=world)} JSON"


@dataclass(frozen=True, slots=True)
class Waits:
    """What a run waits for; the words of it, that change only when it waits for something else."""

    said: tuple[str, ...] = ()
    until: datetime | None = None

    def lines(self, now: datetime) -> list[str]:
        """A line for each."""
        return [*self.said, *([self.until_line(now)] if self.until else ())]

    def until_line(self, now: datetime) -> str:
        """Until when it sleeps, and how long that is."""
        assert self.until is not None
        return f"waits until {moment(self.until)} (in {span((self.until - now).total_seconds())})"


def waits(waiting: WaitingFor, *, now: datetime, workflow_name: str, world: str | None) -> Waits:
    """What a run waits for, as its world tells it."""
    lines = [hook_line(hook.token or "?", world) for hook in waiting.hooks]
    names: dict[str, int] = {}
    for step in waiting.steps:
        name = short(step.step_name, workflow_name)
        if step.retry_after is not None and step.retry_after > now:
            name += f" (next attempt at {moment(step.retry_after)})"
        names[name] = names.get(name, 0) + 1
    lines.extend(
        f"waits for step {name}" + (f" (x{count})" if count > 1 else "")
        for name, count in names.items()
    )
    if not lines and waiting.until is None:
        lines.append("waits for a worker to go on with it")
    return Waits(tuple(lines), waiting.until)


def blocked_line(step_name: str) -> str:
    """What to do about a step that blocks."""
    return (
        f"step {step_name} blocks: its async body waits without `await`, so that nothing else goes "
        "on here and no timeout can end it. Write it as `def`: then it has a thread"
    )


def listed(items: Sequence[str], most: int = 5) -> str:
    """Some of many."""
    return ", ".join(items[:most]) + (", …" if len(items) > most else "")
