"""
From a divergence to its report: the log, the code and a second look are put together.

Made where a replay has found a divergence and where a run is parked for one. It is for
people, so nothing that fails in making it hides the divergence itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wfx.binding import is_migrated
from wfx.codec import HOST, differences
from wfx.divergence.causes import Code, called, cause_of, place_of
from wfx.divergence.frames import frame_now, frame_then
from wfx.divergence.lookahead import Ahead, Aligned, look_ahead
from wfx.divergence.remedies import remedy_of
from wfx.divergence.report import (
    Cause,
    CauseKind,
    Difference,
    DivergenceReport,
    Frame,
    Happening,
    Mark,
    Remedy,
    Row,
)
from wfx.events import (
    REQUESTS,
    RUN_ENDS,
    EventData,
    HookCreated,
    RunCompleted,
    RunCreated,
    RunFailed,
    RunStarted,
    StepCreated,
    WaitCreated,
)
from wfx.sameness import without_stacks
from wfx.syntax import Sourced, split_place
from wfx.wording import command_text, fact_text, seconds, value_text

if TYPE_CHECKING:
    from wfx.activation import Watched
    from wfx.errors import Divergence
    from wfx.events import Event
    from wfx.program import Program
    from wfx.values import Json

_HISTORY_MAX: Final = 5
_DIFFERENCES_MAX: Final = 20


def explain(
    program: Program,
    log: Sequence[Event],
    divergence: Divergence,
    *,
    watched: Watched | None = None,
) -> DivergenceReport:
    """
    The report of a divergence, which also becomes `divergence.report`.

    Args:
        log: The run's log as the code was run over it, from `run_created` on.
        watched: As of an `Execution`; the code is run once more.
    """
    explainer = _Explainer(program, log, divergence)
    ahead = Ahead(deque(), [], set())
    # Better half a report than none: what was found is a divergence all the same.
    with suppress(Exception):
        ahead = explainer.look(ahead, watched)
    try:
        divergence.report = explainer.report(ahead)
    except Exception:
        divergence.report = explainer.bare()
    return divergence.report


class _Explainer:
    def __init__(self, program: Program, log: Sequence[Event], divergence: Divergence) -> None:
        created = log[0].data
        assert isinstance(created, RunCreated)  # the execution has checked it
        self._program = program
        self._log = log
        self._divergence = divergence
        self._created = created
        self._recorded = next(
            (event for event in log if event.position == divergence.position), log[0]
        )
        self._about = {
            event.correlation_id: event
            for event in log
            if event.correlation_id is not None and isinstance(event.data, REQUESTS)
        }
        self._ended = any(isinstance(event.data, RUN_ENDS) for event in log)
        self._sources: dict[str, Sourced | None] = {}

    def look(self, nothing: Ahead, watched: Watched | None) -> Ahead:
        """What the code asks for from there on; nothing if the log is of another program."""
        if is_migrated(self._created.execution_context):
            return nothing
        return look_ahead(self._program, self._log, watched=watched)

    def bare(self) -> DivergenceReport:
        """What the divergence itself says."""
        divergence = self._divergence
        return DivergenceReport(
            run_id=divergence.run_id,
            workflow=self._created.workflow_name,
            position=divergence.position,
            message=str(divergence),
            expected=divergence.expected,
            actual=divergence.actual,
            expected_place=divergence.expected_place,
            actual_place=divergence.actual_place,
            cause=self._unknown_cause(),
            remedy=Remedy(
                "Run it with the code it began with, or see docs/reference/errors/divergence.md."
            ),
        )

    def _unknown_cause(self) -> Cause:
        divergence = self._divergence
        return Cause(
            CauseKind.REPLACED,
            f"where the log has {divergence.expected}, the code {divergence.actual}",
        )

    def report(self, ahead: Ahead) -> DivergenceReport:
        """Put it together."""
        cause, remedy = self._judged(ahead)
        return replace(
            self.bare(),
            expected_frame=self._frame_then(),
            actual_frame=self._frame_now(),
            differences=tuple(self._differences(ahead)),
            history=tuple(self._history()),
            rows=tuple(self._rows(ahead)),
            cause=cause,
            remedy=remedy,
        )

    # -- what was changed -----------------------------------------------------------------

    def _judged(self, ahead: Ahead) -> tuple[Cause, Remedy]:
        if is_migrated(self._created.execution_context):
            return (
                Cause(CauseKind.MIGRATED, "the port does not ask for what the old program did"),
                Remedy(
                    "The log is of another program: change the port until it asks for what that "
                    "one asked for, see docs/how-to/continue-a-migrated-run.md."
                ),
            )
        code = Code(self._calls, self._called_before, self._source, HOST)
        cause = cause_of(ahead, self._recorded, code) or self._unknown_cause()
        remedy = remedy_of(
            cause,
            ahead,
            source=self._source,
            actual_place=self._divergence.actual_place or self._next_place(ahead),
            ended=self._ended,
        )
        return cause, remedy

    def _next_place(self, ahead: Ahead) -> str | None:
        return next((row.place for row in ahead.rows if row.place), None)

    def _calls(self, name: str) -> list[str]:
        return [
            f"{source.file}:{line}"
            for source in self._known_sources()
            for line in source.calls(name)
        ]

    def _called_before(self, name: str) -> set[str]:
        return {
            place
            for event in self._log
            if called(event.data) == name and (place := place_of(event.data))
        }

    # -- sources --------------------------------------------------------------------------

    def _source(self, file: str) -> Sourced | None:
        if file not in self._sources:
            text = self._program.source(file) if file else None
            self._sources[file] = None if text is None else Sourced(file, text)
        return self._sources[file]

    def _known_sources(self) -> Iterator[Sourced]:
        places = [place_of(event.data) for event in self._log]
        places.append(self._divergence.actual_place)
        for file in dict.fromkeys(split_place(place)[0] for place in places if place):
            source = self._source(file)
            if source is not None:
                yield source

    def _frame_then(self) -> Frame | None:
        place = self._divergence.expected_place
        if place is None:
            return None
        source = self._source(split_place(place)[0])
        if source is None:
            return Frame(place, note=f"today's code has no file {split_place(place)[0]}")
        return frame_then(source, place, called(self._recorded.data))

    def _frame_now(self) -> Frame | None:
        place = self._divergence.actual_place
        source = None if place is None else self._source(split_place(place)[0])
        return None if place is None or source is None else frame_now(source, place)

    # -- the log beside the code ----------------------------------------------------------

    def _differences(self, ahead: Ahead) -> Iterator[Difference]:
        now = self._divergence.asked
        if now is None:
            return
        found = (
            Difference(path, expected, actual)
            for path, expected, actual in _unlike(self._recorded.data, now)
        )
        for number, difference in enumerate(found):
            if number >= _DIFFERENCES_MAX:
                return
            yield difference

    def _history(self) -> list[Happening]:
        happened = [
            event
            for event in self._log
            if event.data.delivered and event.position < self._divergence.position
        ]
        out = []
        for event in happened[-_HISTORY_MAX:]:
            request = self._about.get(event.correlation_id or "")
            place = None if request is None else place_of(request.data)
            text = fact_text(event, self._about)
            if isinstance(event.data, RunStarted):
                given = self._created.input if isinstance(self._created.input, list) else []
                text += f" with ({', '.join(value_text(each) for each in given)})"
            out.append(Happening(event.position, text, place))
        return out

    def _rows(self, ahead: Ahead) -> Iterator[Row]:
        for row in [*ahead.before, *ahead.rows]:
            yield self._row(row)

    def _row(self, row: Aligned) -> Row:
        recorded, asked = row.recorded, row.asked
        then = now = None
        if recorded is not None:
            then = command_text(recorded.data, self._about, recorded.correlation_id)
        if asked is not None:
            id = None if recorded is None else recorded.correlation_id
            now = command_text(asked, self._about, id)
        if row.mark in (Mark.SAME, Mark.MOVED):
            now = then
        return Row(row.mark, then, now, None if recorded is None else recorded.position, row.place)


def _unlike(recorded: EventData, asked: EventData) -> Iterator[tuple[str, str, str]]:
    """Places inside two commands of one kind where they differ."""
    match recorded, asked:
        case StepCreated(), StepCreated() if recorded.step_name == asked.step_name:
            yield from _values("args", recorded.input, asked.input)
            yield from _values("kwargs", recorded.kwargs or {}, asked.kwargs or {})
        case WaitCreated(), WaitCreated():
            yield "delay", seconds(recorded.delay), seconds(asked.delay)
        case HookCreated(), HookCreated():
            yield from _values("token", recorded.token, asked.token)
            yield from _values("metadata", recorded.metadata, asked.metadata)
            yield from _values("schema", recorded.schema, asked.schema)
        case RunCompleted(), RunCompleted():
            yield from _values("output", recorded.output, asked.output)
        case RunFailed(), RunFailed():
            yield from _values("error", without_stacks(recorded.error), without_stacks(asked.error))


def _values(root: str, recorded: Json, asked: Json) -> Iterator[tuple[str, str, str]]:
    for path, mine, theirs in differences(recorded, asked):
        yield f"{root}{path}", value_text(mine), value_text(theirs)
