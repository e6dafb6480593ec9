"""What a log says was asked for, and whether it is asked for again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from wfx.errors import Divergence
from wfx.events import (
    Call,
    EffectRecorded,
    Event,
    EventData,
    HookConflict,
    HookCreated,
    HookDisposed,
    RunCompleted,
    RunFailed,
    StepCancelled,
    StepCompleted,
    StepCreated,
    WaitCancelled,
    WaitCompleted,
    WaitCreated,
)
from wfx.ids import call_key
from wfx.matching import Matcher, describe

AT = datetime(2026, 1, 1, tzinfo=UTC)
CALL = Call("", 0, "orders.py:3")


def created(name: str = "t:a", *args: Any, **kwargs: Any) -> StepCreated:
    return StepCreated(step_name=name, input=list(args), kwargs=kwargs or None, call=CALL)


def wait(delay: int = 5) -> WaitCreated:
    return WaitCreated(delay=delay, resume_at=AT, call=CALL)


def hook(token: str = "t", metadata: Any = None) -> HookCreated:
    return HookCreated(token=token, metadata=metadata, call=CALL)


def effect(name: str, *values: Any, key: str | None = None, scope: str = "") -> EffectRecorded:
    return EffectRecorded(effect=name, key=key, values=list(values), call=Call(scope, 0, "x.py:1"))


def ask(log: Matcher, data: Any) -> Event | None:
    """Ask for what is made at its call."""
    call: Call = data.call
    return log.request(data, call)


def matcher(*log: tuple[EventData, str | None]) -> Matcher:
    """A matcher of this log, whose first event stands at position 1."""
    made = Matcher("wrun_1")
    made.index(
        Event(f"evnt_{position}", "wrun_1", position, AT, data, id)
        for position, (data, id) in enumerate(log, 1)
    )
    return made


@pytest.mark.parametrize(
    ("recorded", "asked", "same"),
    [
        (created("t:a", 1, x=2), created("t:a", 1, x=2), True),
        (created("t:a", 1), created("t:b", 1), False),
        (created("t:a", 1), created("t:a", 2), False),
        (created("t:a", 1), created("t:a", 1, x=2), False),
        (created("t:a", 1, x=2), created("t:a", 1), False),
        (wait(5), WaitCreated(delay=5, resume_at=AT.replace(year=2027), call=CALL), True),
        (wait(5), wait(6), False),
        (hook("t"), hook("t"), True),
        (hook("t"), hook("u"), False),
        (hook("t", 1), hook("t", 2), False),
        (hook("t"), HookCreated(token="t", schema={"type": "object"}, call=CALL), False),
        (HookConflict(token="t"), hook("t"), True),
        (HookConflict(token="t"), hook("u"), False),
        (created(), wait(), False),
        (wait(), hook(), False),
        (hook(), created(), False),
    ],
)
def test_a_request_is_matched_by_kind_name_and_arguments(
    recorded: EventData, asked: EventData, same: bool
) -> None:
    """Found by its call; what has none in the log, by the id that the call leads to."""
    log = matcher((recorded, f"step_{call_key('wrun_1', '', 0)}"))
    if same:
        found = ask(log, asked)
        assert found is not None
        assert found.data is recorded
        assert log.at_tail
    else:
        with pytest.raises(Divergence):
            ask(log, asked)


def test_what_the_log_lacks_is_new_only_at_its_tail() -> None:
    """PROTOCOL 10: facts do not count, commands and effects do."""
    log = matcher((created(), "step_K"), (StepCompleted(result=1), "step_K"))
    other = WaitCreated(delay=5_000_000, resume_at=AT, call=Call("", 1, "now.py:9"))
    with pytest.raises(Divergence) as caught:
        ask(log, other)
    assert caught.value.position == 1
    assert caught.value.expected_place == "orders.py:3"
    assert caught.value.actual_place == "now.py:9"
    assert caught.value.actual == "asks for a wait of 5 s"
    assert ask(log, created()) is not None
    assert ask(log, other) is None


def test_an_effect_before_the_tail_is_never_fresh() -> None:
    """Clock, seed and uuid alike."""
    log = matcher((created(), "step_K"))
    with pytest.raises(Divergence, match="reads the clock"):
        log.effect("", "clock", None, place="")
    ask(log, created())
    assert log.effect("", "clock", None, place="") is None


def test_effects_are_matched_in_order_per_scope() -> None:
    """Two tasks may come in another order, what one task does may not."""
    log = matcher(
        (effect("clock", 1), None),
        (effect("uuid", "a"), None),
        (effect("clock", 2, scope="0"), None),
        (effect("clock", 3), None),
    )
    with pytest.raises(
        Divergence, match=r"says a reading of the clock .*, the code reads the uuid"
    ):
        log.effect("", "uuid", None, place="")
    for scope, kind, position in [
        ("0", "clock", 3),
        ("", "clock", 1),
        ("", "uuid", 2),
        ("", "clock", 4),
    ]:
        found = log.effect(scope, kind, None, place="")
        assert found is not None
        assert found.position == position
        log.consumed(found)
    assert log.at_tail


def test_an_effect_and_a_step_of_one_task_do_not_change_places() -> None:
    """A clock that is read after the step would have read another time."""
    log = matcher((effect("clock", 1), None), (created(), "step_K"))
    with pytest.raises(Divergence, match=r"says a reading of the clock .*asks for step 't:a'"):
        ask(log, created())


def test_what_was_asked_for_side_by_side_may_come_in_another_order() -> None:
    """Neighbours are recognised by their calls, until a fact lies between them."""
    beside = StepCreated(step_name="t:b", input=[], call=Call("0", 0, ""))
    log = matcher((created(), "step_K"), (beside, "step_L"))
    assert ask(log, beside) is not None
    assert ask(log, created()) is not None

    apart = matcher((created(), "step_K"), (StepCompleted(result=1), "step_K"), (beside, "step_L"))
    with pytest.raises(Divergence, match="at position 1: the log says step 't:a'"):
        ask(apart, beside)


def test_what_is_asked_for_earlier_and_passes_nothing_by_is_accepted() -> None:
    """A fact of somebody else may lie between a command and what it follows from."""
    beside = StepCreated(step_name="t:b", input=[], call=Call("0", 0, ""))
    log = matcher((created(), "step_K"), (StepCompleted(result=1), "step_K"), (beside, "step_L"))
    assert ask(log, created()) is not None
    assert ask(log, beside) is not None
    assert log.overdue(2) is None


def test_what_stands_before_a_fact_is_asked_for_before_it_is_delivered() -> None:
    """Its outcome would pass by, and the code wait for it for ever."""
    log = matcher((created(), "step_K"), (StepCompleted(result=1), "step_K"))
    late = log.overdue(2)
    assert late is not None
    assert (late.position, late.actual) == (1, "does not ask for it")
    assert ask(log, created()) is not None
    assert log.overdue(2) is None


def test_another_key_than_recorded_is_a_divergence() -> None:
    """The code reads other surroundings."""
    log = matcher((effect("env", "x", key="HOME"), None))
    with pytest.raises(Divergence, match=r"env 'HOME' \(x.py:1\), the code reads env 'PATH'"):
        log.effect("", "env", "PATH", place="")


@pytest.mark.parametrize(
    ("end", "cancel"),
    [
        (StepCompleted(result=1), StepCancelled()),
        (StepCancelled(), StepCancelled()),
        (WaitCompleted(), WaitCancelled()),
        (WaitCancelled(), WaitCancelled()),
        (HookDisposed(), HookDisposed()),
        (HookConflict(token="t"), HookDisposed()),
    ],
)
def test_a_cancel_is_satisfied_by_any_end_of_its_target(end: EventData, cancel: EventData) -> None:
    """PROTOCOL 8: wherever it lies, and though something else is still unmatched."""
    log = matcher((created(), "step_BEFORE"), (end, "x_K"))
    assert log.cancel("x_K", cancel)
    with pytest.raises(Divergence):
        log.cancel("x_OTHER", cancel)


def test_the_end_of_the_run_is_matched_with_its_output() -> None:
    """Or its error, whose traceback text may differ."""
    assert matcher((RunCompleted(output=1), None)).end(RunCompleted(output=1))
    assert not matcher().end(RunCompleted(output=1))
    with pytest.raises(Divergence):
        matcher((RunCompleted(output=1), None)).end(RunCompleted(output=2))
    then = RunFailed(error={"type": "x", "message": "y", "stack": "old", "cause": {"stack": "o"}})
    now = RunFailed(error={"type": "x", "message": "y", "stack": "new", "cause": {"stack": "n"}})
    assert matcher((then, None)).end(now)
    with pytest.raises(Divergence):
        matcher((then, None)).end(RunFailed(error={"type": "x", "message": "z"}))
    with pytest.raises(Divergence):
        matcher((RunCompleted(output=1), None), (created(), "step_K")).end(RunCompleted(output=1))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (created("t:a", 1, x=2), "step 't:a' with [[1], {\"x\": 2}]"),
        (wait(1_500_000), "a wait of 1.5 s"),
        (hook("t"), "a hook with token 't'"),
        (StepCancelled(), "the cancelling of a step"),
        (RunCompleted(output="done"), 'the end of the run with "done"'),
        (effect("clock", 1), "a reading of the clock"),
        (created("t:a", "x" * 500), "step 't:a' with [\"" + "x" * 117 + "…"),
    ],
)
def test_commands_in_words(data: EventData, text: str) -> None:
    """As a divergence names them, and never at length."""
    assert describe(data) == text
