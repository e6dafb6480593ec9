"""Our combinators give the results that the standard library's give on its own loop."""

from __future__ import annotations

import asyncio
import selectors
import sys
from typing import Any

import pytest

from wfx import aio

BEFORE_3_13 = {102}
"""
Programs in which a task group fails and its task is cancelled from outside as well. Before
Python 3.13 the standard library forgets the outer request; we behave like 3.13.
"""


def _comparable(seeds: range) -> list[int]:
    old = sys.version_info < (3, 13)
    return [seed for seed in seeds if not (old and seed in BEFORE_3_13)]


class _VirtualLoop(asyncio.SelectorEventLoop):
    """The standard loop, but time passes by itself."""

    def __init__(self) -> None:
        super().__init__(_InstantSelector(self))
        self.now = 0.0

    def time(self) -> float:
        return self.now


class _InstantSelector(selectors.DefaultSelector):  # type: ignore[valid-type,misc]  # picked at run time
    """Instead of waiting, moves the clock to when the next timer is due."""

    def __init__(self, loop: _VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("stuck")
        self._loop.now += timeout
        return super().select(0)


def _seconds_of(traces, name: str) -> float:
    """
    How long a step takes, in whole microseconds.

    By chance, so that no two paths through a program take equally long: floats that add up to
    the same time differ in their last bit, and whoever is first by that on the standard loop
    may not be on ours, which counts microseconds.
    """
    number = int(name[1:])
    return number * 1.37 + traces.Dice(number).below(100_000) / 1_000_000


def _on_the_standard_loop(traces, seed: int, a: Any) -> Any:
    # A step is a sleep here, so that the order of ends is the same on both sides.
    async def step(name: str, outcome: Any = None) -> Any:
        await a.sleep(_seconds_of(traces, name))
        if isinstance(outcome, Exception):
            raise outcome
        return name

    play = traces.Play(seed, a, step, lambda text: None)
    with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
        return runner.run(play.whole(play.make()))


def _on_ours(traces, seed: int) -> Any:
    async def step(name: str, outcome: Any = None) -> Any:
        await aio.sleep(_seconds_of(traces, name))
        if isinstance(outcome, Exception):
            raise outcome
        return name

    stage = traces.make_stage(turns=False)
    play = traces.Play(seed, aio, step, lambda text: None)
    root = stage.play(play.whole(play.make()))
    try:
        return root.result()
    finally:
        stage.drop()


@pytest.mark.parametrize("block", range(8))
def test_random_programs_have_the_results_of_the_standard_library(traces, block: int):
    """The same program: asyncio on its loop, aio on its loop, aio on ours."""
    for seed in _comparable(range(block * 50, block * 50 + 50)):
        theirs = _on_the_standard_loop(traces, seed, asyncio)
        assert _on_ours(traces, seed) == theirs, seed
        assert _on_the_standard_loop(traces, seed, aio) == theirs, seed


@pytest.mark.parametrize("block", range(4))
def test_the_standard_combinators_work_on_our_loop(traces, block: int):
    """Code that was not given our names still runs, with the same results."""
    for seed in _comparable(range(block * 50, block * 50 + 50)):
        stage = traces.make_stage(turns=False)

        async def step(name: str, outcome: Any = None) -> Any:
            await asyncio.sleep(_seconds_of(traces, name))
            if isinstance(outcome, Exception):
                raise outcome
            return name

        play = traces.Play(seed, asyncio, step, lambda text: None)
        root = stage.play(play.whole(play.make()))
        assert root.result() == _on_ours(traces, seed), seed
        stage.drop()
