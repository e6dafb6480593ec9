"""A log is legal if it folds: with entities and without, the same is found."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from wfx.errors import CorruptLog, IllegalEvent
from wfx.events import Event, HookConflict, NewEvent, WaitCompleted
from wfx.legality import check_log
from wfx.projection import fold
from wfx.testing import scenes as s

RUN = "wrun_1"

KINDS: Sequence[Callable[[str], NewEvent]] = (
    lambda id: s.run_created(),
    lambda id: s.run_started(),
    lambda id: s.run_completed("out"),
    lambda id: s.run_failed(),
    lambda id: s.run_cancelled(),
    lambda id: s.run_bound({"a": "b:c"}),
    s.step_created,
    s.step_started,
    s.step_retrying,
    lambda id: s.step_completed(id, 1),
    s.step_failed,
    s.step_cancelled,
    s.hook_created,
    s.hook_received,
    s.hook_disposed,
    lambda id: NewEvent(HookConflict(token="t"), id),
    s.wait_created,
    lambda id: NewEvent(WaitCompleted(), id),
    s.wait_cancelled,
    lambda id: s.effect_recorded(),
)


def found(check: Callable[[Iterable[Event]], object], log: Sequence[Event]) -> str:
    """What is wrong with a log, in words."""
    try:
        check(log)
    except (CorruptLog, IllegalEvent) as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


@settings(max_examples=300, deadline=None)
@given(st.integers())
def test_a_log_is_legal_if_it_folds(seed: int) -> None:
    """Logs that grow by what may follow, or not: the first fault is the same, or none."""
    rng = random.Random(seed)
    log = s.events_of(RUN, s.run_created(), s.run_started())
    for _ in range(30):
        kind = rng.choice(KINDS)
        (made,) = s.events_of(RUN, kind(rng.choice(("x", "y"))))
        position = len(log) + (rng.random() < 0.01)
        event = replace(made, position=position)
        if rng.random() < 0.01:
            event = replace(event, correlation_id=None)
        if rng.random() < 0.01:
            event = replace(event, run_id="wrun_2")
        wrong = found(check_log, [*log, event])
        assert wrong == found(fold, [*log, event])
        if wrong == "nothing":
            log.append(event)
    assert check_log(log) == fold(log).run


def test_a_log_of_nothing_has_no_run() -> None:
    """There is nothing to be illegal."""
    assert check_log([]) is None
