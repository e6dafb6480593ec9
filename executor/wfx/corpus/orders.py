"""
Whether a run depends on which of two things ended first.

Two facts that follow each other in a log, of different steps, waits or hooks that were both
under way, might as well have come the other way round. Here they do: the code is led to where
the first of them came, is given both in the order of the log, and, by a fresh coroutine, in
the other order. If it then asks for other things, its way depends on who is faster. That is
no mistake in itself (`as_completed` is made for it), but it should be meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from wfx.activation_legacy import execution_of
from wfx.clock import StillClock, to_us
from wfx.corpus.seeding import seed_uuids
from wfx.errors import Divergence, Violation
from wfx.events import (
    REQUESTS,
    STEP_OUTCOMES,
    EffectRecorded,
    Event,
    HookReceived,
    StepCreated,
    WaitCompleted,
)
from wfx.matching import describe
from wfx.replay import rename

if TYPE_CHECKING:
    from wfx.activation import Watched
    from wfx.context import RunContext
    from wfx.corpus.code import Judge
    from wfx.program import Instance, Program

_FREE: Final = (*STEP_OUTCOMES, WaitCompleted, HookReceived)
"""Facts that come from outside whenever they like."""


@dataclass(frozen=True, slots=True)
class OrderMatters:
    """Two facts whose order decides what the code asks for."""

    first: int
    second: int
    """Their positions in the log."""
    names: tuple[str, str]
    as_recorded: tuple[str, ...]
    """What the code asks for after both."""
    otherwise: tuple[str, ...]

    @property
    def text(self) -> str:
        """In one sentence."""
        one, other = self.names
        return (
            f"the order decides: had {other} (position {self.second}) come before {one} (position "
            f"{self.first}), the code would ask for {_listed(self.otherwise)} instead of "
            f"{_listed(self.as_recorded)}"
        )


def _listed(asked: Sequence[str]) -> str:
    return ", ".join(asked) or "nothing"


def neighbours(events: Sequence[Event]) -> list[tuple[int, int]]:
    """Positions of facts that follow each other, and that nothing orders."""
    created: dict[str, int] = {}
    found: list[tuple[int, int]] = []
    before: Event | None = None
    for event in events:
        id = event.correlation_id or ""
        if isinstance(event.data, REQUESTS):
            created[id] = event.position
        if not event.data.delivered:
            continue
        if (
            before is not None
            and isinstance(event.data, _FREE)
            and isinstance(before.data, _FREE)
            and id != before.correlation_id
            and created.get(id, before.position) < before.position
            and not _both_waits(before, event)
        ):
            found.append((before.position, event.position))
        before = event
    return found


def _both_waits(one: Event, other: Event) -> bool:
    """These come in the order of their moments."""
    return isinstance(one.data, WaitCompleted) and isinstance(other.data, WaitCompleted)


def orders(
    judge: Judge, events: Sequence[Event], *, limit: int, watched: Watched | None = None
) -> Iterator[OrderMatters]:
    """
    Neighbours whose order matters.

    Args:
        limit: How many pairs are tried; they are spread over the log.
    """
    log = [rename(event, judge.renames) for event in events]
    pairs = neighbours(log)
    if len(pairs) > limit:
        pairs = [pairs[at * len(pairs) // limit] for at in range(limit)]
    names = _names(log)
    for first, second in pairs:
        as_recorded = _asked(judge, log, (first, second), watched)
        otherwise = _asked(judge, log, (second, first), watched)
        if as_recorded != otherwise:
            shown = [names[log[at].correlation_id or ""] for at in (first, second)]
            yield OrderMatters(
                first,
                second,
                (shown[0], shown[1]),
                tuple(text for id, text in as_recorded.items() if otherwise.get(id) != text),
                tuple(text for id, text in otherwise.items() if as_recorded.get(id) != text),
            )


def _names(log: Sequence[Event]) -> dict[str, str]:
    """What steps, waits and hooks are called in a sentence, and where they were asked for."""
    names: dict[str, str] = {}
    for event in log:
        data = event.data
        if isinstance(data, REQUESTS):
            name = f"step {data.step_name}" if isinstance(data, StepCreated) else describe(data)
            place = f" of {data.call.place}" if data.call is not None and data.call.place else ""
            names[event.correlation_id or ""] = f"{name}{place}"
    return names


def _asked(
    judge: Judge, log: Sequence[Event], order: Sequence[int], watched: Watched | None
) -> Mapping[str, str]:
    """What the code asks for when these facts come in this order, by what it is about."""
    start = min(order)
    moment_us = to_us(log[start].created_at)
    execution = execution_of(
        cast("Program", _Seeded(judge.program)),
        log[0],
        clock=StillClock(log[start].created_at),
        entropy=bytes,
        watched=watched,
    )
    try:
        execution.catch_up(log[1:start])
        execution.take_outbox()
        facts = [replace(log[at], position=start + place) for place, at in enumerate(order)]
        execution.catch_up(facts)
        return {
            new.correlation_id or new.data.type: _without_times(describe(new.data), moment_us)
            for new in execution.take_outbox()
            if not isinstance(new.data, EffectRecorded)
        }
    except (Divergence, Violation) as error:
        return {"": str(error)}
    finally:
        execution.drop()


class _Seeded:
    """A program whose fresh uuids are the same in both orders."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def __getattr__(self, name: str) -> Any:
        return getattr(self._program, name)

    def instantiate(self, run: RunContext) -> Instance:
        """See `Program.instantiate`."""
        seed_uuids(run, "orders")
        return self._program.instantiate(run)


_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+|\d{9,}(?:\.\d+)?")


def _without_times(text: str, moment_us: int) -> str:
    """Each activation reads a clock a microsecond later: that is no difference."""

    def masked(found: re.Match[str]) -> str:
        said = found[0]
        if "-" in said:
            return "…"
        number = float(said)
        near = any(abs(number - moment_us / unit) < 2e6 / unit for unit in (1e6, 1e3, 1.0, 1e-3))
        return "…" if near else said

    return _TIME.sub(masked, text)
