"""
Appends that are answered: repeated unchanged until the world says what became of them.

A writer that got no answer does not know whether its batch is in the log. Sending anything
else of that run before it knows could begin an attempt twice (PROTOCOL 4); sending the same
batch again is harmless, because its events carry their ids.

A *writing* is a generator that yields each append it wants, is sent the answer, and has a
refusal thrown in at the same place. So what a run does reads from top to bottom, while
whoever drives many writings puts the appends of all of them into one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from wfx.errors import WfxError, WorldUnavailable
from wfx.frozen import maker, quick
from wfx.world import Append

if TYPE_CHECKING:
    from wfx.world import EventResult, World

T = TypeVar("T")

REPEATS_MAX: Final = 5
"""Together they take less than a second: whoever repeats longer must not stand still."""
_SECONDS_FIRST: Final = 0.05


@quick
@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an append that was not refused."""

    results: list[EventResult]
    repeated: bool
    """
    It was sent, or found in the log, before: the results are what is stored, and say nothing
    about claims, which may have ended since.
    """


_make_answer = maker(Answer)

Writing: TypeAlias = Generator[Append, Answer, T]
Answered: TypeAlias = Answer | Exception
"""An answer, or what the writing has thrown in."""


def append_all(
    world: World,
    appends: Sequence[Append],
    *,
    pause: Callable[[float], None],
    repeated: bool = False,
) -> list[Answered]:
    """
    Append batches in one transaction; the answer to each, which may be its refusal.

    Args:
        pause: Waits between repeats of what got no answer.
        repeated: Whether some of it was sent before and not answered.

    Raises:
        WorldUnavailable: The world does not answer at all; all of it may be sent again.
    """
    seconds = _SECONDS_FIRST
    for repeat in range(REPEATS_MAX):
        try:
            return _send(world, appends, repeated=repeated or repeat > 0)
        except WorldUnavailable as error:
            if not error.transient or repeat == REPEATS_MAX - 1:
                raise
        pause(seconds)
        seconds *= 2
    raise AssertionError("the last repeat returns or raises")


def _send(world: World, appends: Sequence[Append], *, repeated: bool) -> list[Answered]:
    if len(appends) == 1:
        (only,) = appends
        try:
            results = world.events.create_batch(only.run_id, only.events, only.after, only.fence)
        except WorldUnavailable:
            raise
        except WfxError as refusal:
            return [refusal]
        return [_answer(results, repeated)]
    try:
        answers = world.events.create_group(appends)
    except Exception as error:
        if isinstance(error, WorldUnavailable) and error.transient:
            raise
        # One of them may be what the database cannot take: not the others because of it.
        return [_alone(world, append, repeated=repeated) for append in appends]
    return [a if isinstance(a, WfxError) else _answer(a, repeated) for a in answers]


def _answer(results: list[EventResult], repeated: bool) -> Answer:
    for result in results:
        # A world repeats by itself what a broken connection left unanswered.
        repeated = repeated or result.stored
    return _make_answer(results, repeated)


def _alone(world: World, append: Append, *, repeated: bool) -> Answered:
    try:
        (answer,) = _send(world, [append], repeated=repeated)
    except Exception as error:
        if isinstance(error, WorldUnavailable) and error.transient:
            raise  # all of them are sent again
        return error
    return answer


def go_on(writing: Writing[T], answer: Answered) -> Append:
    """
    Tell a writing what became of its append; the next one it wants.

    Raises:
        StopIteration: It wants none; its value is the writing's.
    """
    if isinstance(answer, Answer):
        return writing.send(answer)
    return writing.throw(answer)
