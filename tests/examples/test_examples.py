"""
The examples do what their docstrings say, and survive a crash at any append.

Each one runs through the sandbox on a SQLite file, and its log replays to the same output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wfx.replay import VerdictKind
from wfx.testing.faults import CrashAfter, CrashBefore

ORDER = {"id": "A1", "items": [{"sku": "desk", "price": "900.00"}, {"sku": "lamp", "price": "40"}]}
SMALL_ORDER = {"id": "B2", "items": [{"sku": "lamp", "price": "40"}]}
QUESTION = "Which is farther from Earth, Mars or Saturn?"


def test_quickstart_connects_at_the_third_attempt_and_measures_everything(start: Any) -> None:
    """Two failed attempts are logged, four steps run, one wait completes, a line is printed."""
    run = start("quickstart.py:quickstart", ["Ada", 0.05])
    run.work()

    result = run.result
    assert result.greeting == "Hello, Ada!"
    assert result.connected_at_attempt == 3
    assert sorted(reading.city for reading in result.readings) == ["Lagos", "Lima", "Osaka", "Oslo"]
    assert result.warmest in ("Lagos", "Osaka")
    assert run.types.count("step_retrying") == 2
    assert run.types.count("wait_completed") == 1
    assert run.printed[0] == "connected at attempt 3\n"
    assert len(run.printed) == 3


def test_quickstart_measures_at_the_same_time(start: Any) -> None:
    """All four stations are asked before the first has answered."""
    run = start("quickstart.py:quickstart", ["Ada", 0.05])
    run.work()

    types = run.types[run.types.index("step_completed") + 1 :]
    assert types.index("step_completed") > max(
        index for index, type in enumerate(types) if type == "step_created"
    )


def test_checkout_ships_when_the_order_is_approved(start: Any) -> None:
    """The payload arrives as an Approval, the payment is tried twice, the parcel leaves."""
    run = start(
        "checkout.py:checkout",
        [ORDER, 3600, 0.05],
        payloads={"approve-A1": {"approved": True, "by": "Kim"}},
    )
    run.work()

    receipt = run.result
    assert (receipt.status, receipt.approved_by, receipt.parcel) == ("shipped", "Kim", "parcel-A1")
    assert str(receipt.total) == "940.00"
    assert run.types.count("hook_received") == 1
    assert run.types.count("step_retrying") == 1


def test_checkout_gives_everything_back_when_nobody_approves(start: Any) -> None:
    """The timeout ends the hook; what was reserved is released, and nothing is charged."""
    run = start("checkout.py:checkout", [ORDER, 0.05, 0.05])
    run.work()

    receipt = run.result
    assert (receipt.status, receipt.approved_by) == ("refused", "nobody")
    assert run.types.count("hook_disposed") == 1
    names = [event.data.step_name for event in run.log if event.type == "step_created"]
    assert [name.rpartition(":")[2] for name in names] == ["reserve"] * 2 + ["release"] * 2


def test_checkout_of_a_small_order_asks_nobody(start: Any) -> None:
    """Below the limit no hook is created."""
    run = start("checkout.py:checkout", [SMALL_ORDER, 3600, 0.05])
    run.work()

    assert run.result.status == "shipped"
    assert "hook_created" not in run.types


def test_fan_out_reads_a_hundred_pages(start: Any) -> None:
    """98 of them are readable, and the other two do not stop the rest."""
    run = start("fan_out.py:count_words")
    run.work()

    summary = run.result
    assert (summary.pages, summary.unreadable) == (98, [13, 63])
    assert run.types.count("step_created") == 100


def test_saga_books_everything(start: Any) -> None:
    """Flight, hotel and car, the hotel at the second attempt."""
    run = start("saga.py:book_trip", ["Kyoto"])
    run.work()

    trip = run.result
    assert (trip.status, [booking.kind for booking in trip.bookings]) == (
        "booked",
        ["flight", "hotel", "car"],
    )


def test_saga_undoes_what_was_booked_in_reverse(start: Any) -> None:
    """There is no car: the hotel and then the flight are cancelled."""
    run = start("saga.py:book_trip", ["Atlantis"])
    run.work()

    trip = run.result
    assert (trip.status, trip.bookings) == ("cancelled", [])
    assert [booking.kind for booking in trip.cancelled] == ["hotel", "flight"]
    assert trip.reason == "there are no cars in Atlantis"


def test_agent_takes_as_many_turns_as_it_needs(start: Any) -> None:
    """It looks both planets up, compares them and answers."""
    run = start("agent.py:investigate", [QUESTION])
    run.work()

    answer = run.result
    assert answer.answer == "Saturn"
    assert [turn.tool for turn in answer.turns] == ["look_up", "look_up", "compare"]


def test_agent_asks_a_person_and_goes_on_without_an_answer(start: Any) -> None:
    """Two runs: one is answered, one is not."""
    answered = start(
        "agent.py:investigate", ["Which of them?", "moons"], payloads={"agent-moons": "Titan"}
    )
    answered.work()
    assert answered.result.answer == "Titan"

    alone = start("agent.py:investigate", ["Which of them?", "moons", 0.05])
    alone.work()
    assert alone.result.answer == "nobody answered"


CASES: dict[str, tuple[str, list[object], dict[str, object]]] = {
    "quickstart": ("quickstart.py:quickstart", ["Ada", 0.05], {}),
    "checkout": (
        "checkout.py:checkout",
        [ORDER, 3600, 0.05],
        {"approve-A1": {"approved": True, "by": "Kim"}},
    ),
    "refused": ("checkout.py:checkout", [ORDER, 0.05, 0.05], {}),
    "fan_out": ("fan_out.py:count_words", [30], {}),
    "saga": ("saga.py:book_trip", ["Atlantis"], {}),
    "agent": ("agent.py:investigate", [QUESTION], {}),
}

CHOSEN: dict[str, Callable[[Any], Any]] = {
    "quickstart": lambda result: (result.greeting, sorted(r.city for r in result.readings)),
    "checkout": lambda result: (result.status, result.parcel),
    "refused": lambda result: (result.status, result.approved_by),
    "fan_out": lambda result: result,
    "saga": lambda result: (result.status, [booking.kind for booking in result.cancelled]),
    "agent": lambda result: result,
}
"""What does not depend on when and in which run it happened."""


@pytest.mark.parametrize("case", CASES)
def test_the_log_replays_to_the_same_output(start: Any, case: str) -> None:
    """The same code over the log takes the same decisions."""
    target, args, payloads = CASES[case]
    run = start(target, args, payloads)
    run.work()

    verdict = run.replayed()
    assert (verdict.kind, verdict.divergence, verdict.reason) == (VerdictKind.MATCH, None, None)
    assert verdict.output == run.world.runs.get(run.run_id).output


@pytest.mark.parametrize("case", CASES)
def test_a_crash_at_any_append_changes_nothing(
    live: Any, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The process dies right before, and right after, its n-th append, for every n.

    Another one goes on: the result is what it would have been, and the log replays.
    """
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    whole = live(*CASES[case])

    for number in range(1, whole.appends + 1):
        for fault in (CrashBefore(number), CrashAfter(number)):
            life = live(*CASES[case], fault)
            # A process that dies after the very last append has nobody to follow it.
            assert life.processes == 2 or number == whole.appends
            assert CHOSEN[case](life.result) == CHOSEN[case](whole.result)
            assert life.verdict.kind is VerdictKind.MATCH
