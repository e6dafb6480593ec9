"""
Something goes wrong at every append of a run, and the run ends as if nothing had.

`wfx.testing.lives` checks at the end of each life what must hold whatever happened: a legal
log that replays to the same end, no acknowledged event lost, no body before its logged
attempt and none twice, no task left over.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from wfx.clock import ManualClock
from wfx.memory import MemoryWorld
from wfx.testing import trees
from wfx.testing.faults import (
    CrashAfter,
    CrashBefore,
    Fault,
    LoseAnswer,
    LoseRequest,
    Meddle,
    cancel_run,
    send_payload,
    work_on_a_step,
)
from wfx.testing.lives import Life, live

GROWN = {f"grown from {seed}": trees.grow(seed, depth=3 + seed % 2) for seed in range(12)}
TREES = {**trees.CHOSEN, **GROWN}

FAULTS: dict[str, Callable[[int], Fault]] = {
    "a crash before": CrashBefore,
    "a crash after": CrashAfter,
    "a lost answer": LoseAnswer,
    "three lost answers": lambda number: LoseAnswer(number, times=3),
    "a lost request": LoseRequest,
}


@pytest.fixture(params=sorted(TREES))
def tree(request: pytest.FixtureRequest) -> trees.Tree:
    """A workflow."""
    return TREES[request.param]


@pytest.mark.parametrize("kind", sorted(FAULTS))
@pytest.mark.parametrize("one_run", [True, False], ids=["one run", "fleet"])
def test_a_fault_at_any_append_does_not_change_the_result(
    tree: trees.Tree, kind: str, one_run: bool
) -> None:
    """Each append in turn; for a worker of one run, and for one of whatever there is."""
    fair = live(tree, one_run=one_run)

    for number in range(1, fair.appends + 1):
        life = live(tree, FAULTS[kind](number), one_run=one_run)
        assert life.result == fair.result, f"at append {number}"
        if isinstance(FAULTS[kind](number), (LoseAnswer, LoseRequest)):
            assert life.lives == 1


def test_a_crash_at_any_append_while_others_work_too(tree: trees.Tree) -> None:
    """Three processes with two slots each; one of them dies, and is followed by another."""
    fair = live(tree)

    for number in range(1, fair.appends + 1):
        for fault in (CrashBefore(number), CrashAfter(number)):
            life = live(tree, fault, one_run=False, workers=3, slots=2)
            assert life.result == fair.result, f"{type(fault).__name__} {number}"


def test_every_answer_lost_twice_doubles_nothing(tree: trees.Tree) -> None:
    """A line on which no first or second answer ever arrives."""
    assert live(tree, LoseAnswer(times=2)).result == live(tree).result


@pytest.mark.parametrize("name", ["conflict unseen", "conflict between", "gather", "retries"])
def test_a_lost_answer_costs_no_attempt(name: str) -> None:
    """What the world dropped counts as there, so the repeat is answered as the first was."""
    fair = live(trees.CHOSEN[name])

    for number in range(1, fair.appends + 1):
        life = live(trees.CHOSEN[name], LoseAnswer(number))
        attempts = [attempt for _, attempt in life.bodies]
        assert attempts == [attempt for _, attempt in fair.bodies], f"at append {number}"


def _payloads(world: MemoryWorld, clock: ManualClock, run_id: str) -> None:
    for hook in world.hooks.list(run_id=run_id).items:
        send_payload(world, hook.token or "", "from somebody else")


def _a_step(world: MemoryWorld, clock: ManualClock, run_id: str) -> None:
    work_on_a_step(world, run_id, trees.compute)


def _time(world: MemoryWorld, clock: ManualClock, run_id: str) -> None:
    clock.advance(timedelta(seconds=0.1))
    world.queue.due()


MEDDLING = {"payloads": _payloads, "a step's outcome": _a_step, "due waits": _time}


def _lived(
    tree: trees.Tree,
    meddle: Callable[[MemoryWorld, ManualClock, str], None],
    number: int | None,
    **how: bool | int,
) -> Life:
    clock = ManualClock()
    world = MemoryWorld(clock)
    fault = Meddle(lambda run_id, events: meddle(world, clock, run_id), number)
    return live(tree, fault, world=world, clock=clock, **how)  # type: ignore[arg-type]  # slots, one_run


@pytest.mark.parametrize("kind", sorted(MEDDLING))
@pytest.mark.parametrize("slots", [1, 100])
def test_facts_of_others_before_any_append_do_not_change_the_result(
    tree: trees.Tree, kind: str, slots: int
) -> None:
    """Before each append in turn, and before all of them."""
    if kind == "a step's outcome" and trees.fails(tree):
        pytest.skip("whoever stands in for a step's body does not fail as it does")
    fair = live(tree, slots=slots)

    for number in [None, *range(1, fair.appends + 1)]:
        life = _lived(tree, MEDDLING[kind], number, slots=slots, one_run=slots == 1)
        assert life.result == fair.result, f"before append {number}"


@pytest.mark.parametrize("one_run", [True, False], ids=["one run", "fleet"])
def test_a_cancellation_before_any_append_ends_the_run(tree: trees.Tree, one_run: bool) -> None:
    """The run is cancelled, or had ended already; its log is legal and replays."""
    fair = live(tree, one_run=one_run)

    for number in range(1, fair.appends + 1):
        life = _lived(tree, lambda w, c, run_id: cancel_run(w, run_id), number, one_run=one_run)
        assert life.run.status == "cancelled", f"before append {number}"


def test_the_same_run_writes_the_same_log_twice(tree: trees.Tree) -> None:
    """Virtual time and a deterministic loop leave nothing to chance: tests can be trusted."""
    first, second = live(tree), live(tree)

    assert [event.type for event in first.log] == [event.type for event in second.log]
    assert [n for _, n in first.bodies] == [n for _, n in second.bodies]
