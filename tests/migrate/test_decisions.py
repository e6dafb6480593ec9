"""
What the conversion decides where v1 leaves it open, decision by decision.

Each test gives rows and events of one run and looks at the log that becomes of them.
"""

from __future__ import annotations

from typing import Any

import pytest

from wfx import codec
from wfx.entities import StepStatus
from wfx.events import Event, data_to_wire, moment
from wfx.projection import fold
from wfx.world import SourceRecord
from wfx_migrate.v1.model import LegacyRun, Row, RowKind, SourceKind, ValueForm
from wfx_migrate.v1.notes import Fate, NoteKind, Paused, Quarantine, Upcast
from wfx_migrate.v1.upcast import upcast

RUN = "wrun_01KBMRAWB0TBMCZ2RBY6BBXDAX"


def at(second: float) -> str:
    """A moment of the test's day."""
    return f"2025-01-01T00:00:{second:06.3f}Z"


def run_row(status: str = "completed", **more: Any) -> dict[str, Any]:
    """The row of the run, which lasted a minute."""
    row: dict[str, Any] = {
        "runId": RUN,
        "status": status,
        "deploymentId": "dpl_local",
        "workflowName": "workflow//flows.ts//w",
        "input": [[1], 5],
        "createdAt": at(0),
        "startedAt": at(1),
        "updatedAt": at(50),
    }
    if status in ("completed", "failed", "cancelled"):
        row["completedAt"] = at(50)
    if status == "completed":
        row["output"] = ["done"]
    if status == "failed":
        row["error"] = {"message": "Error: no", "stack": "Error: no\n    at x"}
    return _changed(row, more)


def step_row(status: str = "completed", **more: Any) -> dict[str, Any]:
    """The row of step_1."""
    row: dict[str, Any] = {
        "runId": RUN,
        "stepId": "step_1",
        "stepName": "step//flows.ts//s",
        "status": status,
        "input": [[1], 7],
        "attempt": 1,
        "createdAt": at(2),
        "startedAt": at(3),
        "updatedAt": at(4),
    }
    if status in ("completed", "failed"):
        row["completedAt"] = at(4)
    if status == "completed":
        row["output"] = [8]
    return _changed(row, more)


def _changed(row: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in (row | more).items() if value is not None}


def event(second: float, kind: str, about: str | None = "step_1", **data: Any) -> dict[str, Any]:
    """A stored event."""
    row: dict[str, Any] = {"eventType": kind}
    if about is not None:
        row["correlationId"] = about
    if data:
        row["eventData"] = data
    id = f"evnt_{int(second * 1000):08d}{kind.upper()[:18]:X<18}"
    return row | {"runId": RUN, "eventId": id, "createdAt": at(second)}


STARTED = event(3, "step_started")
COMPLETED = event(4, "step_completed", result=[8])


def converted(
    *events: dict[str, Any],
    run: dict[str, Any] | None = None,
    steps: tuple[dict[str, Any], ...] = (),
    hooks: tuple[dict[str, Any], ...] = (),
    kind: SourceKind = SourceKind.LOCAL,
    values: ValueForm = ValueForm.FLAT,
    **options: Any,
) -> Upcast:
    """The run converted; each row is a record of its own."""
    rows = [
        Row(RowKind.RUN, "run", run or run_row()),
        *(Row(RowKind.STEP, f"step {n}", row) for n, row in enumerate(steps)),
        *(Row(RowKind.HOOK, f"hook {n}", row) for n, row in enumerate(hooks)),
        *(Row(RowKind.EVENT, f"event {n}", row) for n, row in enumerate(events)),
    ]
    legacy = LegacyRun(
        run_id=RUN,
        kind=kind,
        values=values,
        run=rows[0],
        steps=[row for row in rows if row.kind is RowKind.STEP],
        hooks=[row for row in rows if row.kind is RowKind.HOOK],
        events=[row for row in rows if row.kind is RowKind.EVENT],
        records=[SourceRecord(row.source, b"") for row in rows],
    )
    made = upcast(legacy, **options)
    fold(made.events)
    assert {record.source for record in legacy.records} == set(made.fates)
    return made


def types(made: Upcast) -> list[str]:
    """The event types of the log."""
    return [event.type for event in made.events]


def only(made: Upcast, kind: str) -> Event:
    """The one event of this type."""
    (found,) = [event for event in made.events if event.type == kind]
    return found


def data(made: Upcast, kind: str) -> dict[str, Any]:
    """The eventData of the one event of this type."""
    return data_to_wire(only(made, kind).data)


def notes(made: Upcast, kind: NoteKind) -> list[str]:
    """What was noted of this kind."""
    return [note.text for note in made.notes if note.kind is kind]


def refusal(*events: dict[str, Any], **parts: Any) -> str:
    """Why the run is quarantined."""
    with pytest.raises(Quarantine) as caught:
        converted(*events, **parts)
    return str(caught.value)


# -- the run -------------------------------------------------------------------------------


def test_a_run_gets_the_events_that_v1_did_not_write() -> None:
    """run_created, run_started, step_created and the end, each with the source of its fields."""
    made = converted(STARTED, COMPLETED, steps=(step_row(),))

    assert types(made) == [
        *("run_created", "run_started", "step_created", "step_started", "step_completed"),
        "run_completed",
    ]
    created = only(made, "run_created")
    assert created.created_at == moment(at(0))
    assert data(made, "run_created") == {
        "deploymentId": "dpl_local",
        "workflowName": "workflow//flows.ts//w",
        "input": [5],
        "executionContext": {"legacy": {"format": "v1", "source": "local"}},
    }
    assert created.legacy == {
        "source": "run",
        "synthesised": True,
        "fields": {
            "createdAt": "run#createdAt",
            "workflowName": "run#workflowName",
            "deploymentId": "run#deploymentId",
            "input": "run#input",
        },
        "row": {"updatedAt": at(50)},
    }
    assert only(made, "step_started").legacy == {"source": "event 0"}
    assert data(made, "run_completed") == {"output": "done"}


def test_ids_of_stored_events_are_kept_and_those_of_others_are_the_same_every_time() -> None:
    """D-1, and why a migration can be repeated."""
    first, second = (converted(STARTED, COMPLETED, steps=(step_row(),)) for _ in range(2))

    assert list(first.events) == list(second.events)
    assert only(first, "step_started").event_id == STARTED["eventId"]
    assert len({event.event_id for event in first.events}) == len(first.events)


def test_times_and_ids_sort_like_positions_when_the_clock_allows() -> None:
    """Whoever sorts a log by time and id, as v1's tools do, gets its order."""
    made = converted(
        event(2, "step_started"),
        event(2, "step_completed", result=[8]),
        run=run_row(startedAt=at(0), completedAt=at(2)),
        steps=(step_row(createdAt=at(2)),),
    )

    synthesised = [event for event in made.events if (event.legacy or {}).get("synthesised")]
    keys = [(event.created_at, event.event_id) for event in synthesised]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("policy", "status", "message"),
    [
        (Paused.HOLD, "running", "it is migrated as running and held until it is released"),
        (Paused.RUNNING, "running", "it is migrated as running"),
        (Paused.CANCEL, "cancelled", "it is migrated as cancelled"),
    ],
)
def test_d2_a_paused_run_becomes_what_was_asked_for(
    policy: Paused, status: str, message: str
) -> None:
    """And the report says so."""
    made = converted(run=run_row("paused"), paused=policy)

    run = fold(made.events).run
    assert run is not None
    assert run.status == status
    assert made.paused
    assert notes(made, NoteKind.PAUSED) == [f"the run is paused; {message} (--paused {policy})"]


def test_d2_paused_runs_can_be_refused() -> None:
    """Then they are quarantined."""
    assert refusal(run=run_row("paused"), paused=Paused.REFUSE) == (
        "run: the run is paused, and paused runs are refused (--paused refuse)"
    )


def test_pauses_are_kept_as_intervals() -> None:
    """They are no events of today."""
    made = converted(event(10, "run_paused", None), event(20, "run_resumed", None), run=run_row())

    assert types(made) == ["run_created", "run_started", "run_completed"]
    context = data(made, "run_created")["executionContext"]
    assert context["legacy"]["pauses"] == [
        {"from": "2025-01-01T00:00:10.000000Z", "to": "2025-01-01T00:00:20.000000Z"}
    ]
    assert made.fates["event 0"] is Fate.MERGED


def test_a_pause_that_does_not_add_up_is_damage() -> None:
    """A resumption without a pause, or two pauses: an event is missing."""
    assert "was not paused: an event is missing" in refusal(event(10, "run_resumed", None))
    assert "the run_resumed between them is missing" in refusal(
        event(10, "run_paused", None), event(11, "run_paused", None)
    )


def test_d3_flat_errors_are_split_at_the_first_stack_line() -> None:
    """Class name, message and stack come apart; the code is kept."""
    flat = "FatalError: card declined\n    at charge (flows.ts:1:1)"
    made = converted(run=run_row("failed", error=flat, errorCode="E_CARD"))

    assert data(made, "run_failed") == {
        "error": {
            "type": "wfx.errors:FatalError",
            "message": "card declined",
            "args": ["card declined"],
            "stack": flat,
        },
        "errorCode": "E_CARD",
    }


def test_d17_marks_of_the_run_are_used_only_when_the_row_does_not_say_more() -> None:
    """Otherwise they are merged."""
    marks = (event(2, "workflow_started", None), event(40, "workflow_completed", None))
    made = converted(*marks, run=run_row())
    without = converted(*marks, run=run_row("running", startedAt=None))

    assert [made.fates[f"event {n}"] for n in (0, 1)] == [Fate.MERGED, Fate.MERGED]
    assert types(without) == ["run_created", "run_started", "run_completed"]
    assert only(without, "run_started").event_id == marks[0]["eventId"]
    assert only(without, "run_completed").legacy is not None
    assert only(without, "run_completed").legacy["unknown"] == ["output"]  # type: ignore[index]  # it is there
    assert notes(without, NoteKind.CONTRADICTION) == [
        "the log says workflow_completed, the row running; the log counts"
    ]


def test_d18_a_cancelled_run_without_completed_at_ended_when_its_row_was_updated() -> None:
    """Which is what the vendor's migration of paused runs left behind."""
    made = converted(run=run_row("cancelled", completedAt=None, updatedAt=at(45)))

    assert only(made, "run_cancelled").created_at == moment(at(45))
    assert notes(made, NoteKind.INFERRED) == ["the row is cancelled and has no completedAt"]


def test_a_run_that_completed_with_undefined_says_none_and_keeps_what_it_was() -> None:
    """-1 is an output, not a missing one."""
    made = converted(run=run_row(output=-1))

    assert data(made, "run_completed") == {"output": None}
    assert (only(made, "run_completed").legacy or {})["flat"] == {"output": -1}


def test_d20_a_running_run_on_which_nothing_happened_is_reported() -> None:
    """The second run of a token conflict looks like this."""
    made = converted(run=run_row("running"))

    assert types(made) == ["run_created", "run_started"]
    assert len(notes(made, NoteKind.HELD)) == 1


def test_d21_names_stay_in_history_and_are_bound_beside_it() -> None:
    """Only names that the run uses."""
    made = converted(names={"workflow//flows.ts//w": "flows:w", "other": "x:y"})

    assert data(made, "run_created")["workflowName"] == "workflow//flows.ts//w"
    context = data(made, "run_created")["executionContext"]
    assert context["legacy"]["names"] == {"workflow//flows.ts//w": "flows:w"}


def test_a_run_nobody_picked_up_has_one_event() -> None:
    """Pending, without a start."""
    made = converted(run=run_row("pending", startedAt=None))

    assert types(made) == ["run_created"]


# -- steps ---------------------------------------------------------------------------------


def test_d4_arguments_come_out_of_their_wrapper() -> None:
    """What was around them is kept in `legacy`."""
    wrapped = [{"args": 1, "closureVars": 2, "thisVal": -1}, [3], {"k": 3}, "v"]
    made = converted(STARTED, COMPLETED, steps=(step_row(input=wrapped),))

    created = only(made, "step_created")
    assert data(made, "step_created")["input"] == ["v"]
    assert created.legacy is not None
    assert created.legacy["wrapper"] == ["args", "closureVars", "thisVal"]
    assert created.legacy["closureVars"] == {"k": "v"}
    assert created.legacy["flat"] == {"input": wrapped}


def test_d6_a_cancelled_row_gives_step_cancelled() -> None:
    """No runtime wrote such a row, but it is allowed."""
    made = converted(run=run_row("cancelled"), steps=(step_row("cancelled", attempt=0),))

    assert fold(made.events).steps["step_1"].status is StepStatus.CANCELLED


def test_d7_a_step_without_row_is_unknown_if_the_run_ended_and_refused_if_not() -> None:
    """Without its name and input the run could not be continued."""
    made = converted(STARTED, COMPLETED)

    assert data(made, "step_created") == {"stepName": None, "input": [], "call": None}
    assert only(made, "step_created").legacy == {
        "source": "event 0",
        "synthesised": True,
        "inferred": {"createdAt": "the step's first event"},
        "unknown": ["stepName", "input"],
    }
    assert "there is no row of step_1, and the run is still open" in refusal(
        STARTED, COMPLETED, run=run_row("running")
    )


def test_d8_attempts_are_counted() -> None:
    """From the starts in the log."""
    again = event(3.5, "step_started")
    made = converted(STARTED, again, COMPLETED, steps=(step_row(attempt=2),))

    assert [data_to_wire(e.data) for e in made.events if e.type == "step_started"] == [
        {"attempt": 1},
        {"attempt": 2},
    ]


def test_a_row_that_counts_more_attempts_than_the_log_is_damage() -> None:
    """Events of the step are missing."""
    assert "the row counts 3 attempts, the log has 1 starts" in refusal(
        STARTED, COMPLETED, steps=(step_row(attempt=3),)
    )


def test_d9_the_last_retry_after_goes_to_the_failure_that_set_it() -> None:
    """v1 keeps only the last, and does not clear it."""
    failed = event(3.2, "step_failed", error="RetryableError: later", stack="s")
    made = converted(
        STARTED,
        failed,
        event(3.4, "step_started"),
        event(3.6, "step_failed", error="Error: other", stack="s"),
        event(3.8, "step_started"),
        COMPLETED,
        steps=(step_row(attempt=3, retryAfter=at(3.5)),),
    )

    first, second = (e for e in made.events if e.type == "step_retrying")
    assert data_to_wire(first.data) == {
        "error": {
            "type": "wfx.errors:RetryableError",
            "message": "later",
            "args": ["later"],
            "stack": "s",
        },
        "retryAfter": "2025-01-01T00:00:03.500000Z",
    }
    assert "retryAfter" not in data_to_wire(second.data)


def test_d10_a_last_failure_that_is_not_fatal_is_terminal_if_the_row_failed() -> None:
    """The row counts, and the contradiction is named."""
    failed = event(4, "step_failed", error="Error: no", stack="s")
    made = converted(STARTED, failed, run=run_row("failed"), steps=(step_row("failed"),))

    assert types(made)[-2:] == ["step_failed", "run_failed"]
    assert notes(made, NoteKind.CONTRADICTION) == [
        "the last failure is not fatal, and the row says failed; the row counts"
    ]


@pytest.mark.parametrize(
    ("status", "kind"), [("completed", "step_completed"), ("failed", "step_failed")]
)
def test_d11_an_end_that_only_the_row_knows_is_made_of_the_row(status: str, kind: str) -> None:
    """A crash came between row and event."""
    made = converted(STARTED, run=run_row("running"), steps=(step_row(status, error="no"),))

    end = only(made, kind)
    assert end.created_at == moment(at(4))
    assert end.legacy is not None
    assert end.legacy["contradiction"] == f"the log has no step_{status}"
    assert notes(made, NoteKind.CONTRADICTION) == [
        f"the row says {status}, and the log has no step_{status}; the row counts"
    ]


def test_d12_the_first_of_two_outcomes_counts() -> None:
    """The old program saw that one; the other is archived."""
    other = event(5, "step_completed", result=["other"])
    made = converted(STARTED, COMPLETED, other, steps=(step_row(),))

    assert data(made, "step_completed") == {"result": 8}
    assert made.fates["event 2"] is Fate.ARCHIVED
    assert notes(made, NoteKind.DUPLICATE) == [
        "step_completed is archived: step_1 completed before"
    ]


def test_d13_a_step_retrying_of_v1_is_merged_with_the_failure_before_it() -> None:
    """Alone it becomes one with an unknown error."""
    failed = event(3.2, "step_failed", error="Error: first")
    merged = converted(
        STARTED,
        failed,
        event(3.3, "step_retrying", attempt=2),
        event(3.4, "step_started"),
        COMPLETED,
        steps=(step_row(attempt=2),),
    )
    alone = converted(
        STARTED,
        event(3.3, "step_retrying", attempt=2),
        event(3.4, "step_started"),
        COMPLETED,
        steps=(step_row(attempt=2),),
    )

    assert types(merged).count("step_retrying") == types(alone).count("step_retrying") == 1
    assert merged.fates["event 2"] is Fate.MERGED
    assert data(alone, "step_retrying") == {"error": {"message": "(the error was not recorded)"}}
    assert (only(alone, "step_retrying").legacy or {})["unknown"] == ["error"]


def test_d19_what_was_running_ends_after_its_run_and_the_rest_is_archived() -> None:
    """A step that was cancelled under way still completed; one that started later never ran."""
    late = event(60 - 5, "step_completed", result=[8])
    kept = converted(STARTED, late, run=run_row("cancelled"), steps=(step_row(),))
    archived = converted(
        event(52, "step_started"),
        event(55, "step_completed", result=[8]),
        run=run_row("cancelled"),
        steps=(step_row(startedAt=at(52), completedAt=at(55)),),
    )

    assert types(kept)[-2:] == ["run_cancelled", "step_completed"]
    assert types(archived) == ["run_created", "run_started", "step_created", "run_cancelled"]
    assert len(notes(archived, NoteKind.LATE)) == 2


def test_a_step_created_after_the_end_of_its_run_comes_before_it() -> None:
    """Nothing is created on a run that ended, and the step is not lost."""
    made = converted(
        run=run_row("cancelled"), steps=(step_row("pending", createdAt=at(55), attempt=0),)
    )

    assert types(made) == ["run_created", "run_started", "step_created", "run_cancelled"]
    assert made.inversions == 1


def test_d25_a_step_may_fail_before_it_ever_started() -> None:
    """Some releases did that when retries were switched off."""
    failed = event(4, "step_failed", error="Error: no", fatal=True)
    made = converted(failed, run=run_row("failed"), steps=(step_row("failed", attempt=0),))

    assert types(made)[-2:] == ["step_failed", "run_failed"]


# -- hooks and waits -----------------------------------------------------------------------

HOOK = {
    "runId": RUN,
    "hookId": "hook_1",
    "token": "tok",
    "metadata": [{"n": 1}, 3],
    "ownerId": "o",
    "projectId": "p",
    "environment": "e",
    "createdAt": at(2),
}


def test_d14_tokens_come_from_rows_and_are_unknown_without_them() -> None:
    """Never invented."""
    created = event(2, "hook_created", "hook_1")
    known = converted(created, run=run_row("running"), hooks=(HOOK,))
    gone = converted(created)

    assert data(known, "hook_created") == {"token": "tok", "metadata": {"n": 3}, "call": None}
    assert (only(known, "hook_created").legacy or {})["fields"] == {
        "token": "hook 0#token",
        "metadata": "hook 0#metadata",
    }
    assert data(gone, "hook_created") == {"token": None, "call": None}
    assert (only(gone, "hook_created").legacy or {})["unknown"] == ["token", "metadata"]


def test_d15_the_first_of_two_creations_counts() -> None:
    """For hooks, waits and ends of waits."""
    made = converted(
        event(2, "hook_created", "hook_1"),
        event(3, "hook_created", "hook_1"),
        event(4, "wait_created", "wait_1", resumeAt=at(6)),
        event(5, "wait_created", "wait_1", resumeAt=at(7)),
        event(6, "wait_completed", "wait_1"),
        event(7, "wait_completed", "wait_1"),
        hooks=(HOOK,),
    )

    assert types(made) == [
        *("run_created", "run_started", "hook_created", "wait_created", "wait_completed"),
        "run_completed",
    ]
    assert data(made, "wait_created")["resumeAt"] == "2025-01-01T00:00:06.000000Z"
    assert len(notes(made, NoteKind.DUPLICATE)) == 3


def test_a_hook_row_without_event_gets_its_event() -> None:
    """The token takes payloads in v1, so it must here."""
    made = converted(run=run_row("running"), hooks=(HOOK,))

    assert data(made, "hook_created")["token"] == "tok"
    assert notes(made, NoteKind.CONTRADICTION) == [
        "the log has no hook_created of hook_1; one was made"
    ]


def test_payloads_after_a_hook_was_disposed_are_archived() -> None:
    """They were never delivered."""
    made = converted(
        event(2, "hook_created", "hook_1"),
        event(3, "hook_disposed", "hook_1"),
        event(4, "hook_received", "hook_1", payload=["late"]),
    )

    assert "hook_received" not in types(made)
    assert notes(made, NoteKind.LATE) == ["hook_received is archived: hook_1 was disposed before"]


# -- order ---------------------------------------------------------------------------------


def test_d23_a_steps_creation_comes_before_its_events_whatever_the_clock_says() -> None:
    """Its row may be stamped later than its first event."""
    made = converted(STARTED, COMPLETED, steps=(step_row(createdAt=at(3.5)),))

    assert types(made)[2:5] == ["step_created", "step_started", "step_completed"]
    assert made.inversions == 1


def test_d23_in_one_instant_a_start_comes_before_its_outcome() -> None:
    """Though the ids say otherwise."""
    started = event(3, "step_started") | {"eventId": "evnt_Z"}
    done = event(3, "step_completed", result=[8]) | {"eventId": "evnt_A"}
    made = converted(started, done, steps=(step_row(),))

    assert types(made)[3:5] == ["step_started", "step_completed"]
    assert made.ties == 1


def test_in_postgresql_the_readers_order_is_that_of_ids() -> None:
    """A clock that went backwards between two events changes nothing."""
    first = event(3, "step_started") | {"eventId": "wevt_1"}
    second = event(2.9, "step_completed", result=[8]) | {"eventId": "wevt_2"}
    made = converted(first, second, steps=(step_row(),), kind=SourceKind.POSTGRES)

    assert types(made)[3:5] == ["step_started", "step_completed"]
    assert made.inversions == 1


def test_clocks_of_rows_and_events_may_be_hours_apart_in_postgresql() -> None:
    """The database's session was not in UTC; places follow the clock of the events."""
    made = converted(
        STARTED,
        COMPLETED,
        run=run_row(startedAt="2025-01-01T05:00:01.000Z", completedAt="2025-01-01T05:00:50.000Z"),
        steps=(
            step_row(startedAt="2025-01-01T05:00:03.010Z", completedAt="2025-01-01T05:00:04.000Z"),
        ),
        kind=SourceKind.POSTGRES,
    )

    assert types(made)[-2:] == ["step_completed", "run_completed"]
    (order,) = notes(made, NoteKind.ORDER)
    assert order.startswith("the clocks of rows and events are +18000.010 s apart")


# -- values --------------------------------------------------------------------------------


def test_d24_half_characters_are_kept() -> None:
    """As our own form of text, and as the array beside nothing: it is exact."""
    made = converted(run=run_row(output=["\ud800"]))

    output = data(made, "run_completed")["output"]
    assert codec.decode(output) == "\ud800"
    assert codec.loads(codec.dumps(output)) == output


def test_values_of_json_lines_are_taken_as_they_are() -> None:
    """A list is a list there, not a flattened value."""
    made = converted(run=run_row(input=[1], output=[0]), values=ValueForm.PLAIN)

    assert data(made, "run_created")["input"] == [1]
    assert data(made, "run_completed")["output"] == [0]


def test_an_unknown_type_keeps_the_whole_value_raw() -> None:
    """And the report has the reason."""
    made = converted(run=run_row(output=[["Temporal.Instant", 1], "x"]))

    assert notes(made, NoteKind.RAW) == [
        "output is kept as it was written: the type 'Temporal.Instant' is unknown"
    ]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ({"run": run_row(status="exploded")}, "run: the status 'exploded' is unknown"),
        ({"run": run_row(createdAt="soon")}, "run: createdAt is 'soon', and should be an ISO"),
        ({"run": run_row(workflowName=7)}, "run: workflowName is 7, and should be a text"),
        ({"run": run_row(workflowName="a\0b")}, "which has a NUL or half a character in it"),
        ({"run": run_row(output={"a": 1})}, "run#output: a flattened value is an array"),
        ({"run": run_row(executionContext=[])}, "run: executionContext is no object"),
        ({"steps": (step_row(), step_row())}, "step 1: step 0 is a row of step_1 too"),
        ({"hooks": (HOOK, HOOK)}, "hook 1: hook 0 is a row of hook_1 too"),
    ],
)
def test_damage_is_named_with_its_place(rows: dict[str, Any], reason: str) -> None:
    """And the run is quarantined whole."""
    assert reason in refusal(**rows)
