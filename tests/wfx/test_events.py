"""The wire form of every event type, pinned."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfx.codec import dumps
from wfx.errors import CorruptLog
from wfx.events import (
    CANCELS,
    EVENT_TYPES,
    REQUESTS,
    RUN_ENDS,
    STEP_OUTCOMES,
    Call,
    EffectRecorded,
    Event,
    EventData,
    HookConflict,
    HookCreated,
    HookDisposed,
    HookReceived,
    NewEvent,
    RunBound,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunFailed,
    RunStarted,
    StepCancelled,
    StepCompleted,
    StepCreated,
    StepFailed,
    StepRetrying,
    StepStarted,
    WaitCancelled,
    WaitCompleted,
    WaitCreated,
    data_from_wire,
    data_text,
    data_to_wire,
    from_wire,
    iso,
    moment,
    to_wire,
)

GOLDEN = Path(__file__).parent / "golden" / "events.jsonl"
AT = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
CALL = Call("main/1", 3, "orders.py:31")

FULL: list[EventData] = [
    RunCreated(
        deployment_id="dpl_1",
        workflow_name="orders:checkout",
        input=[1, "a"],
        kwargs={"key": True},
        execution_context={"format": "wfx/1"},
    ),
    RunStarted(),
    RunCompleted(output={"total": 3}),
    RunFailed(error={"message": "no"}, error_code="E1"),
    RunCancelled(reason="enough"),
    StepCreated(step_name="orders:charge", input=[1], kwargs={"key": "k"}, queue="gpu", call=CALL),
    StepStarted(attempt=2),
    StepRetrying(error={"message": "no"}, retry_after=AT),
    StepCompleted(result=[None]),
    StepFailed(error={"message": "no"}),
    StepCancelled(),
    HookCreated(token="t", schema={"type": "object"}, metadata={"a": 1}, call=CALL),
    HookConflict(token="t", conflicting_run_id="wrun_2"),
    HookReceived(payload="yes"),
    HookDisposed(),
    WaitCreated(delay=1_000_000, resume_at=AT, call=CALL),
    WaitCompleted(),
    WaitCancelled(),
    EffectRecorded(effect="environ", key="HOME", values=["/"], call=CALL),
]
SPARSE: list[EventData] = [
    RunCreated(deployment_id="dpl_1", workflow_name="orders:checkout", input=[]),
    RunCompleted(output=None),
    RunFailed(error={}),
    RunCancelled(),
    StepCreated(step_name=None, input=None, call=None),
    StepRetrying(error={}),
    StepCompleted(result=None),
    HookCreated(token=None, call=None),
    HookConflict(token="t"),
    HookReceived(payload=None),
    WaitCreated(delay=None, resume_at=AT, call=None),
    EffectRecorded(effect="clock", values=[], call=Call("main", 0)),
]
ADDED: list[EventData] = [RunBound(names={"workflow//a.ts//b": "a:b"})]
"""Types that came later, at the end, so that the lines before them stay."""
LATER: list[EventData] = [
    StepCreated(
        step_name="orders:charge",
        input=[1],
        kwargs={"key": "k"},
        queue="gpu",
        key="ann",
        priority=-1,
        call=CALL,
    ),
]
"""Fields that came later."""


def events() -> list[Event]:
    """One event of every type with all its fields, and one with none that may be absent."""
    return [
        Event(
            f"evnt_{position}",
            "wrun_1",
            position,
            AT,
            data,
            correlation_id=f"{data.subject.value}_1" if data.subject.value != "run" else None,
            legacy={"from": "v1"} if position == 0 else None,
        )
        for position, data in enumerate(FULL + SPARSE + ADDED + LATER)
    ]


def test_every_type_has_the_recorded_wire_form() -> None:
    """The golden file is only ever added to: old recordings must stay readable."""
    recorded = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]

    assert [to_wire(event) for event in events()] == recorded


def test_every_recorded_event_is_read_back() -> None:
    """From the golden file to the same events."""
    lines = GOLDEN.read_text("utf-8").splitlines()

    assert [from_wire(json.loads(line), where="golden") for line in lines] == events()


def test_the_examples_cover_every_type() -> None:
    """And every field of it."""
    assert [type(data) for data in FULL + ADDED] == list(EVENT_TYPES.values())
    later = {type(data): data for data in LATER}
    for data in FULL + ADDED:
        shown = later.get(type(data), data)
        assert all(getattr(shown, f.name) is not None for f in fields(shown))


def test_the_design_example_is_read() -> None:
    """The wire form that docs/reference/events.md shows."""
    wire = {
        "eventId": "evnt_1",
        "runId": "wrun_1",
        "position": 4,
        "eventType": "step_created",
        "correlationId": "step_1",
        "createdAt": "2026-11-22T08:00:00.123456Z",
        "specVersion": 2,
        "eventData": {
            "stepName": "orders:charge",
            "input": [1],
            "call": {"scope": "main", "ordinal": 0, "place": "orders.py:31"},
        },
    }

    event = from_wire(wire, where="x")

    assert event.created_at == AT
    assert event.type == "step_created"
    assert to_wire(event) == wire
    assert list(to_wire(event)) == list(wire)


def test_none_is_written_where_a_value_is_required() -> None:
    """A result of None is a result; an absent reason is none."""
    assert data_to_wire(StepCompleted(result=None)) == {"result": None}
    assert data_to_wire(RunCancelled()) == {}


@pytest.mark.parametrize("data", FULL + SPARSE, ids=lambda data: data.type)
def test_the_text_of_event_data_is_that_of_its_wire_form(data: EventData) -> None:
    """Also when it is put together of the texts of its values."""
    assert data_text(data, dumps) == dumps(data_to_wire(data))


@given(st.text(), st.text(), st.integers())
def test_the_text_of_a_call_is_that_of_its_wire_form(scope: str, place: str, ordinal: int) -> None:
    """Whatever the paths hold."""
    data = StepCreated(step_name=place, input=[], call=Call(scope, ordinal, place))
    assert data_text(data, dumps) == dumps(data_to_wire(data))


def test_fields_of_later_versions_are_passed_over() -> None:
    """What a newer minor version adds does not stop an older reader."""
    data = data_from_wire("step_started", {"attempt": 1, "node": "a"}, where="x")

    assert data == StepStarted(attempt=1)


GOOD = to_wire(events()[5])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"eventType": "step_paused"}, "there is no event type 'step_paused'"),
        ({"eventType": None}, "there is no event type 'None'"),
        ({"position": -1}, "position is -1"),
        ({"position": True}, "position is True"),
        ({"position": "4"}, "position is '4'"),
        ({"createdAt": "yesterday"}, "createdAt is 'yesterday'"),
        ({"createdAt": 5}, "createdAt is 5"),
        ({"eventData": [1]}, "eventData is no object"),
        ({"eventId": 7}, "eventId is 7, which is no id"),
        ({"runId": "wrun_\ud800"}, "runId is 'wrun_\\ud800', which is no id"),
        ({"runId": "wrun_\0"}, "runId is 'wrun_\\x00', which is no id"),
        ({"correlationId": []}, "correlationId is [], which is no id"),
        ({"legacy": 7}, "legacy is no object"),
        ({"eventData": {}}, "step_created lacks 'stepName'"),
        (
            {"eventData": {"stepName": "a", "input": [], "call": {"scope": "m"}}},
            "step_created.call is {'scope': 'm'}: 'ordinal'",
        ),
        (
            {"eventData": {"stepName": "a", "input": [], "call": 7}},
            "step_created.call is 7: 'int' object is not subscriptable",
        ),
        (
            {"eventData": {"stepName": {}, "input": [], "call": None}},
            "step_created.stepName is {}: a text was expected",
        ),
        (
            {"eventType": "run_created", "eventData": {"deploymentId": None}},
            "run_created.deploymentId is None: a text was expected",
        ),
        (
            {"eventType": "step_started", "eventData": {"attempt": 2**64}},
            f"step_started.attempt is {2**64}: a number of at most 64 bits was expected",
        ),
        (
            {"eventType": "run_failed", "eventData": {"error": [0] * 999}},
            f"run_failed.error is [{'0, ' * 66}0…: an object was expected",
        ),
    ],
)
def test_what_is_no_event_is_a_corrupt_log(change: dict[str, Any], reason: str) -> None:
    """The error names the place and the field."""
    with pytest.raises(CorruptLog) as caught:
        from_wire({**GOOD, **change}, where="a.jsonl line 3")

    assert str(caught.value) == f"corrupt log, a.jsonl line 3: {reason}"


@pytest.mark.parametrize("name", ["eventType", "position", "eventId", "runId", "createdAt"])
def test_an_event_that_lacks_a_field_is_a_corrupt_log(name: str) -> None:
    """Named."""
    wire = {key: value for key, value in GOOD.items() if key != name}

    with pytest.raises(CorruptLog, match=f"the event lacks '{name}'"):
        from_wire(wire, where="x")


@pytest.mark.parametrize("wire", [None, [], "x", 3])
def test_what_is_no_object_is_a_corrupt_log(wire: object) -> None:
    """Any other JSON."""
    with pytest.raises(CorruptLog, match="a JSON object was expected"):
        from_wire(wire, where="x")


def test_a_moment_that_is_none_is_a_corrupt_log() -> None:
    """Naming the field and what it holds."""
    wire = {"delay": 1, "resumeAt": "soon", "call": None}

    with pytest.raises(CorruptLog, match=r"wait_created\.resumeAt is 'soon'"):
        data_from_wire("wait_created", wire, where="x")


@given(
    st.datetimes(
        min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC)
    )
)
def test_moments_are_written_in_utc_to_the_microsecond(at: datetime) -> None:
    """And come back equal, from any zone."""
    assert moment(iso(at)) == at
    assert iso(at).endswith("Z")
    assert len(iso(at)) == len("2026-11-22T08:00:00.123456Z")
    assert iso(at.astimezone(timezone(timedelta(hours=5, minutes=30)))) == iso(at)


def test_a_moment_without_a_zone_is_utc() -> None:
    """As other formats write them."""
    assert moment("2026-11-22T08:00:00.123456") == AT
    assert moment("2026-11-22T10:00:00.123456+02:00") == AT


def test_groups_of_events_are_those_of_the_design() -> None:
    """Ends, outcomes, cancels, requests."""
    names = [[cls.type for cls in group] for group in (RUN_ENDS, STEP_OUTCOMES, CANCELS, REQUESTS)]
    assert names == [
        ["run_completed", "run_failed", "run_cancelled"],
        ["step_completed", "step_failed"],
        ["step_cancelled", "wait_cancelled", "hook_disposed"],
        ["step_created", "wait_created", "hook_created"],
    ]


def test_each_new_event_has_an_id_of_its_own() -> None:
    """A writer that repeats an append repeats the object."""
    assert NewEvent(RunStarted()).event_id != NewEvent(RunStarted()).event_id
    event = NewEvent(RunStarted())
    assert replace(event).event_id == event.event_id
