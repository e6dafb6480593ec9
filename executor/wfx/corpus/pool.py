"""
Replaying many logs in processes of their own, told in the order of the sources.

A small corpus takes one process, because starting more would take longer than the work.
Even that one is not this process: code that does not come to rest, or that ends its process,
costs the verdict of one log and not the answer of the command.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Final

from wfx.corpus.judging import NO_LOOKS, Looks, judge_source, unreadable
from wfx.corpus.sources import Reader, Source
from wfx.errors import WfxError

if TYPE_CHECKING:
    from wfx.corpus.code import Code
    from wfx.corpus.judgment import Judgment

BYTES_EACH: Final = 2_000_000
"""So much is replayed in less time than another process takes to begin."""
_CHUNK_BYTES: Final = 400_000
_CHUNK_MAX: Final = 64
_CHUNKS_AHEAD: Final = 2
"""Given to a process before it has answered, so that it does not wait for work."""


def judge_all(
    sources: Sequence[Source], code: Code, *, jobs: int | None = None, looks: Looks = NO_LOOKS
) -> Iterator[Judgment]:
    """
    The judgments of all sources, in their order.

    Args:
        jobs: Processes at the same time; as many as there are processors if None.
        looks: What is looked at beside the verdicts.
    """
    total = sum(source.bytes for source in sources)
    useful = min(len(sources), 1 + total // BYTES_EACH)
    wanted = min(jobs or os.cpu_count() or 1, useful)
    if wanted > 1:
        # What every process needs is imported once, before they begin.
        import wfx_sandbox.loader  # noqa: F401
    pool = _Pool(sources, code, looks)
    try:
        yield from pool.judge(wanted)
    finally:
        pool.close()


@dataclass(slots=True, eq=False)
class _Hand:
    """A process that judges."""

    process: BaseProcess
    line: Connection
    given: deque[int] = field(default_factory=deque)
    """Sources it has not answered for, in the order given."""


class _Pool:
    def __init__(self, sources: Sequence[Source], code: Code, looks: Looks) -> None:
        self._sources = sources
        self._looks = looks
        self._code = code
        self._left = deque(_chunks(sources))
        self._answers: dict[int, list[Judgment]] = {}
        self._hands: list[_Hand] = []

    def judge(self, wanted: int) -> Iterator[Judgment]:
        """Answers in the order of the sources, as soon as they are whole."""
        for _ in range(wanted):
            self._begin()
        for index in range(len(self._sources)):
            while index not in self._answers:
                self._listen()
            yield from self._answers.pop(index)

    def close(self) -> None:
        """End the processes; those that are at work are not waited for."""
        for hand in self._hands:
            hand.line.close()
            hand.process.kill()
            hand.process.join()
        self._hands.clear()

    def _begin(self) -> None:
        here, there = multiprocessing.Pipe()
        with warnings.catch_warnings():
            # Newer Pythons warn of forks beside threads; ours touch nothing that is locked.
            warnings.simplefilter("ignore", DeprecationWarning)
            lines = [here, *(hand.line for hand in self._hands)] if _FORKS else []
            process = _CONTEXT.Process(
                target=_work,
                args=(there, lines, self._sources, self._code, self._looks),
                daemon=True,
            )
            process.start()
        there.close()
        hand = _Hand(process, here)
        self._hands.append(hand)
        self._feed(hand)

    def _feed(self, hand: _Hand) -> None:
        while self._left and len(hand.given) <= (_CHUNKS_AHEAD - 1) * _CHUNK_MAX:
            chunk = self._left.popleft()
            try:
                hand.line.send(list(chunk))
            except OSError:
                self._left.appendleft(chunk)
                return  # it has died, and will be heard of
            hand.given.extend(chunk)

    def _listen(self) -> None:
        lines = {hand.line: hand for hand in self._hands}
        for ready in wait(list(lines)):
            hand = lines[ready]  # type: ignore[index]  # only connections were asked about
            try:
                index, judgments = hand.line.recv()
            except (EOFError, OSError):
                self._bury(hand)
                continue
            hand.given.popleft()
            self._answers[index] = judgments
            self._feed(hand)

    def _bury(self, hand: _Hand) -> None:
        """A process has ended: the log it was at is told of, and another one goes on."""
        self._hands.remove(hand)
        hand.line.close()
        hand.process.join()
        if hand.given:
            at = hand.given.popleft()
            source = self._sources[at]
            self._answers[at] = [unreadable(source, _Died(hand.process.exitcode or 0))]
        self._left.extendleft((index,) for index in reversed(hand.given))
        if self._left:
            self._begin()


class _Died(WfxError):
    """The process that judged a log ended."""

    def __init__(self, exit_code: int) -> None:
        if exit_code == -signal.SIGPROF:
            how = (
                "its code did not come to rest within the limit of an activation "
                "([tool.wfx.limits] activation_seconds), so its process was ended"
            )
        elif exit_code < 0:
            how = f"the process that replayed it was ended by {signal.Signals(-exit_code).name}"
        else:
            how = f"the code ended the process that replayed it, with exit code {exit_code}"
        super().__init__(how)


def _chunks(sources: Sequence[Source]) -> Iterator[tuple[int, ...]]:
    chunk: list[int] = []
    size = 0
    for index, source in enumerate(sources):
        chunk.append(index)
        size += source.bytes
        if size >= _CHUNK_BYTES or len(chunk) == _CHUNK_MAX:
            yield tuple(chunk)
            chunk, size = [], 0
    if chunk:
        yield tuple(chunk)


# -- in the process -----------------------------------------------------------------------

_FORKS: Final = "fork" in multiprocessing.get_all_start_methods()
_CONTEXT: Final = multiprocessing.get_context("fork" if _FORKS else None)


class _Alarm:
    """
    Ends this process when an activation takes too long, even inside of C code.

    Processor time, not the clock on the wall: a replay waits for nothing, and a machine that
    is busy must not fail a check.
    """

    def enter(self, run_id: str, seconds_max: float) -> None:
        """See `Watched`."""
        signal.setitimer(signal.ITIMER_PROF, seconds_max)

    def leave(self) -> None:
        """See `Watched`."""
        signal.setitimer(signal.ITIMER_PROF, 0)


def _work(
    line: Connection,
    inherited: Sequence[Connection],
    sources: Sequence[Source],
    code: Code,
    looks: Looks,
) -> None:
    for other in inherited:
        other.close()  # so that each process notices when the first one is gone
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    reader, alarm = Reader(), _Alarm()
    with contextlib.redirect_stdout(sys.stderr), contextlib.suppress(EOFError, OSError):
        while True:
            for index in line.recv():
                judged = judge_source(sources[index], reader, code, watched=alarm, looks=looks)
                line.send((index, list(judged)))
                sys.stderr.flush()
