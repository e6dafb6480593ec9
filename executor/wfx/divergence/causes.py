"""
What was most likely changed, read off what the log has beside what the code asks for.

The first differences decide, together with whether today's source still names what the log
has and the code passes over: if it does, the code is still there and took another way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wfx.divergence.report import Cause, CauseKind, Mark
from wfx.events import (
    EffectRecorded,
    Event,
    EventData,
    HookCreated,
    RunCompleted,
    RunFailed,
    StepCreated,
    WaitCreated,
)
from wfx.sameness import same_value
from wfx.syntax import Sourced, split_place
from wfx.wording import clipped, command_text, error_text, name_text, seconds, step_name

if TYPE_CHECKING:
    from wfx.codec import ClassRegistry
    from wfx.divergence.lookahead import Ahead, Aligned

_MESSAGE_MAX: Final = 120
_NEIGHBOURS_LINES: Final = 40
"""So far away a call tells how far lines have moved."""
_DRIFT_LINES: Final = 3
"""And so much it may be wrong."""


@dataclass(frozen=True, slots=True)
class Code:
    """What is known of today's source."""

    calls: Callable[[str], Sequence[str]]
    """Places where today's workflow code names a function."""
    called_before: Callable[[str], Collection[str]]
    """Places where the log says that it was called."""
    source: Callable[[str], Sourced | None]
    """A source file by its name in places."""
    registry: ClassRegistry


def called(data: EventData) -> str | None:
    """The name by which source code asks for this."""
    match data:
        case StepCreated():
            return step_name(data.step_name).rpartition(".")[2]
        case WaitCreated():
            return "sleep"
        case HookCreated():
            return "create_hook"
        case _:
            return None


def cause_of(ahead: Ahead, recorded: Event, code: Code) -> Cause | None:
    """
    The most likely cause; None when nothing of it was seen again.

    Args:
        recorded: What the log has where the code parts from it.
    """
    rows = ahead.rows
    if not rows:
        return None
    first = rows[0]
    match first.mark:
        case Mark.CHANGED:
            return _changed(first, code)
        case Mark.REMOVED:
            return _removed(rows, ahead, code)
        case _:
            return _added(rows, ahead, recorded, code)


# -- changed ------------------------------------------------------------------------------


def _changed(row: Aligned, code: Code) -> Cause:
    assert row.recorded is not None
    then, now = row.recorded.data, row.asked
    match then, now:
        case StepCreated(), StepCreated() if then.step_name != now.step_name:
            return Cause(
                CauseKind.RENAMED,
                f"step {step_name(then.step_name)} is called {step_name(now.step_name)} now",
            )
        case StepCreated(), StepCreated():
            what = step_name(now.step_name)
            return Cause(CauseKind.ARGUMENTS, f"{what} is called with other arguments")
        case WaitCreated(), WaitCreated():
            return Cause(
                CauseKind.DURATION,
                f"a sleep takes {seconds(now.delay)}; it took {seconds(then.delay)}",
            )
        case HookCreated(), HookCreated():
            return _changed_hook(then, now, code)
        case RunCompleted(), RunCompleted():
            return Cause(CauseKind.OUTPUT, "the workflow returns something else")
        case RunCompleted(), RunFailed():
            error = clipped(error_text(now.error), _MESSAGE_MAX)
            return Cause(CauseKind.ERROR, f"the workflow fails where it returned: {error}")
        case RunFailed(), RunFailed():
            return Cause(CauseKind.ERROR, "the workflow fails with another error")
        case RunFailed(), RunCompleted():
            return Cause(CauseKind.ERROR, "the workflow returns where it failed")
        case EffectRecorded(), EffectRecorded():
            return Cause(CauseKind.REMOVED, f"{name_text(then)} is observed less often than it was")
        case _:
            return Cause(CauseKind.REPLACED, f"{_name(now)} stands where {name_text(then)} was")


def _changed_hook(then: HookCreated, now: HookCreated, code: Code) -> Cause:
    if then.token != now.token:
        return Cause(CauseKind.TOKEN, f"a hook has the token {now.token!r}; it had {then.token!r}")
    if not same_value(then.metadata, now.metadata, code.registry):
        return Cause(CauseKind.METADATA, f"hook {now.token!r} has other metadata")
    return Cause(CauseKind.SCHEMA, f"hook {now.token!r} takes payloads of another schema")


# -- removed ------------------------------------------------------------------------------


def _removed(rows: Sequence[Aligned], ahead: Ahead, code: Code) -> Cause:
    gone = [row for row in _leading(rows, Mark.REMOVED) if row.recorded is not None]
    following = rows[len(gone)] if len(gone) < len(rows) else None
    moved = [row for row in gone if row.moved]
    if moved:
        assert following is not None  # at the least where it was moved to
        before = following.asked or (following.recorded.data if following.recorded else None)
        names, other = _names(moved), _name(before)
        if names == other and len(moved) == 1 and before is not None:
            names, other = _with_arguments(moved[0]), command_text(before, {})
        return Cause(CauseKind.MOVED, f"{names} now {_be(moved, 'comes', 'come')} after {other}")
    names = _names(gone)
    if following is not None and isinstance(following.asked, RunFailed):
        error = clipped(error_text(following.asked.error), _MESSAGE_MAX)
        return Cause(CauseKind.ERROR, f"the workflow fails before it comes to {names}: {error}")
    still = _still_called(gone, ahead, code)
    if still is None:
        return Cause(CauseKind.REMOVED, f"{names} {_be(gone)} removed")
    if _repeats(gone[0], ahead):
        return Cause(
            CauseKind.BRANCH,
            f"a loop ends earlier, or a condition changed: {names} {_be(gone, 'is', 'are')} "
            f"asked for less often (it stands in {still})",
            still,
        )
    return Cause(
        CauseKind.BRANCH,
        f"a condition changed: {names} still {_be(gone, 'stands', 'stand')} in {still}, but with "
        "the values of this log the code does not come there",
        still,
    )


def _repeats(row: Aligned, ahead: Ahead) -> bool:
    """Whether the same was asked for just before."""
    assert row.recorded is not None
    name = _call_key(row.recorded.data)
    return name is not None and any(what == name for what, _ in ahead.places)


# -- added --------------------------------------------------------------------------------


def _added(rows: Sequence[Aligned], ahead: Ahead, recorded: Event, code: Code) -> Cause:
    new = _leading(rows, Mark.ADDED)
    names, first = _names(new), new[0].asked
    following = rows[len(new)] if len(new) < len(rows) else None
    gone = rows[len(new) :]
    gone = _leading(gone, Mark.REMOVED) if following is not None else []
    if isinstance(first, RunFailed):
        error = clipped(error_text(first.error), _MESSAGE_MAX)
        return Cause(CauseKind.ERROR, f"the workflow fails: {error}")
    if isinstance(first, RunCompleted):
        return Cause(CauseKind.BRANCH, "the workflow ends, where the log goes on")
    if gone and not all(row.moved for row in gone):
        return _replaced(new, gone, ahead, code)
    if _is_again(new[0], ahead):
        return Cause(
            CauseKind.BRANCH,
            f"a loop goes on for longer, or a condition changed: {names} "
            f"{_be(new, 'is', 'are')} asked for once more",
        )
    if following is not None and following.recorded is not None:
        before = name_text(following.recorded.data)
        if names == before:
            names, before = _with_arguments(new[0]), command_text(following.recorded.data, {})
        return Cause(CauseKind.ADDED, f"{names} {_be(new)} added before {before}")
    before = name_text(recorded.data)
    name = called(recorded.data)
    passed = _passed_by(new[0], name, code)
    if passed is not None:
        return Cause(
            CauseKind.BRANCH,
            f"a condition changed: the code comes to {names} without {before}, which {passed} "
            "leads to",
            passed,
        )
    if name is None or len(code.calls(name)) >= len(code.called_before(name)):
        return Cause(CauseKind.ADDED, f"{names} {_be(new)} added before {before}")
    return Cause(CauseKind.REPLACED, f"{names} {_be(new, 'stands', 'stand')} where {before} was")


def _passed_by(row: Aligned, name: str | None, code: Code) -> str | None:
    """The last line before this one, in its function, that leads to `name`, if none follows."""
    file, line = split_place(row.place or "")
    source = code.source(file) if name is not None else None
    if source is None or name is None:
        return None
    ways = source.ways(line, name)
    if not ways or ways[-1] >= line or source.in_one_loop([ways[-1], line]):
        return None
    return f"{file}:{ways[-1]}"


def _recorded(row: Aligned) -> EventData:
    assert row.recorded is not None  # of a removed one
    return row.recorded.data


def _is_again(row: Aligned, ahead: Ahead) -> bool:
    """Whether the very same line has asked for it before."""
    key = None if row.asked is None else _call_key(row.asked)
    return key is not None and (key, row.place or "") in ahead.places


def _replaced(new: Sequence[Aligned], gone: Sequence[Aligned], ahead: Ahead, code: Code) -> Cause:
    still = _still_called(gone, ahead, code)
    if still is not None:
        return Cause(
            CauseKind.BRANCH,
            f"a condition changed: the code comes to {_names(new)}, where it came to "
            f"{_names(gone)} (which still stands in {still})",
            _passed_by(new[0], called(_recorded(gone[0])), code),
        )
    return Cause(
        CauseKind.REPLACED,
        f"{_names(new)} {_be(new, 'stands', 'stand')} where {_names(gone)} {_be(gone)}",
    )


# -- in words -----------------------------------------------------------------------------


def _leading(rows: Sequence[Aligned], mark: Mark) -> list[Aligned]:
    out: list[Aligned] = []
    for row in rows:
        if row.mark is not mark:
            break
        out.append(row)
    return out


def _still_called(rows: Sequence[Aligned], ahead: Ahead, code: Code) -> str | None:
    """Where today's source still has the call of the first of these that has a name."""
    for row in rows:
        name = called(_recorded(row))
        if name is not None:
            return _todays(place_of(_recorded(row)) or "", name, ahead, code)
    return None


def _todays(place: str, name: str, ahead: Ahead, code: Code) -> str | None:
    """
    Where a recorded call stands today; None if it is gone.

    Lines move. How far tells the nearest call that both the log and the code make.
    """
    file, line = split_place(place)
    places = code.calls(name)
    pairs = dict(_moved_lines(ahead, file))
    if line in pairs:
        return f"{file}:{pairs[line]}"
    nearest = min(pairs, key=lambda each: abs(each - line), default=None)
    if nearest is None or abs(nearest - line) > _NEIGHBOURS_LINES:
        if len(places) < len(code.called_before(name)) or not places:
            return None
        return min(places, key=lambda each: abs(split_place(each)[1] - line))
    expected = line + pairs[nearest] - nearest
    near = [
        each
        for each in places
        if split_place(each)[0] == file
        and split_place(each)[1] not in pairs.values()
        and abs(split_place(each)[1] - expected) <= _DRIFT_LINES
    ]
    return min(near, key=lambda each: abs(split_place(each)[1] - expected), default=None)


def _moved_lines(ahead: Ahead, file: str) -> Iterator[tuple[int, int]]:
    """Lines of calls of this file, as recorded and today."""
    for row in [*ahead.before, *ahead.rows]:
        if row.recorded is None or row.place is None:
            continue
        then, now = split_place(place_of(row.recorded.data) or ""), split_place(row.place)
        if then[0] == now[0] == file:
            yield then[1], now[1]


def place_of(data: EventData) -> str | None:
    """Where the code asked for this, when it was recorded."""
    call = getattr(data, "call", None)
    return call.place or None if call is not None else None


def _call_key(data: EventData) -> str | None:
    return (data.step_name or "") if isinstance(data, StepCreated) else None


def _name(data: EventData | None) -> str:
    return "something" if data is None else name_text(data)


def _with_arguments(row: Aligned) -> str:
    data = _data(row)
    return "something" if data is None else command_text(data, {})


def _be(rows: Sequence[Aligned], one: str = "was", many: str = "were") -> str:
    """The verb that goes with `_names`."""
    return one if len({_name(_data(row)) for row in rows}) == 1 else many


def _data(row: Aligned) -> EventData | None:
    recorded: Event | None = row.recorded
    return row.asked if recorded is None else recorded.data


def _names(rows: Sequence[Aligned]) -> str:
    """Up to two of them by name."""
    names = list(dict.fromkeys(_name(_data(row)) for row in rows))
    if len(names) == 1:
        return names[0]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"{names[0]}, {names[1]}{more}" if more else f"{names[0]} and {names[1]}"
