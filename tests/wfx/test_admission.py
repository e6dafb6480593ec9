"""What an append does, decided without a world: every refusal, its order, every change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from wfx import admission, projection
from wfx.admission import Admission, Snapshot
from wfx.entities import Entity, Hook, Run, Step, Wait
from wfx.errors import (
    AlreadyExists,
    EntityGone,
    IllegalEvent,
    LeaseLost,
    NotFound,
    PositionConflict,
    RunGone,
    WfxError,
)
from wfx.events import (
    EVENT_TYPES,
    Event,
    HookConflict,
    Kind,
    NewEvent,
    RunCreated,
    RunStarted,
    WaitCompleted,
)
from wfx.testing import scenes as s
from wfx.world import Head, Hold, ParkReason, Task, TaskKind

RUN = "wrun_1"
HELD: list[Hold] = [(RUN, 1)]
BOTH: list[Hold] = [(RUN, 1), ("step_1", 1)]


def run(status: str = "running") -> Run:
    """The run in a state."""
    created = s.run_created(execution_context={"legacy": {"format": "v1"}})
    made = projection.project_run(None, RUN, created.data, s.START)
    path = {
        "pending": [],
        "running": [s.run_started()],
        "completed": [s.run_started(), s.run_completed()],
        "failed": [s.run_failed()],
        "cancelled": [s.run_cancelled()],
    }[status]
    for event in path:
        made = projection.project_run(made, RUN, event.data, s.START)
    return made


def step(status: str, step_id: str = "step_1") -> Step:
    """A step in a state."""
    path = {
        "pending": [],
        "running": [s.step_started],
        "completed": [s.step_started, s.step_completed],
        "failed": [s.step_failed],
        "cancelled": [s.step_started, s.step_cancelled],
    }[status]
    made = projection.project_step(None, RUN, step_id, s.step_created("").data, s.START)
    for event in path:
        made = projection.project_step(made, RUN, step_id, event("").data, s.START)
    return made


def hook(disposed: bool = False, hook_id: str = "hook_1", token: str = "t") -> Hook:
    """A hook in a state."""
    made = projection.project_hook(None, RUN, hook_id, s.hook_created("", token).data, s.START)
    return projection.close_hook(made, s.START) if disposed else made


def wait(ended: bool = False) -> Wait:
    """A wait in a state."""
    made = projection.project_wait(None, RUN, "wait_1", s.wait_created("").data, s.START)
    return projection.close_wait(made, s.START) if ended else made


def task(task_id: str = RUN, owner: str | None = "ann", fence: int = 1, **more: Any) -> Task:
    """A task, claimed unless told otherwise."""
    return Task(
        task_id=task_id,
        kind=TaskKind.RUN if task_id == RUN else TaskKind.STEP,
        run_id=RUN,
        name="a",
        owner=owner,
        fence=fence,
        lease_until=None if owner is None else s.START + s.LEASE,
        **more,
    )


@dataclass
class Found:
    """What a world would show `admit`."""

    run: Run | None = field(default_factory=run)
    next_position: int = 10
    last_command: int = 5
    last_delivered: int = 5
    entities: tuple[Entity, ...] = ()
    tasks: tuple[Task, ...] = (task(),)
    tokens: tuple[Hook, ...] = ()
    stored: tuple[Event, ...] = ()

    def snapshot(self) -> Snapshot:
        """As the world hands it in."""
        head = self.run and Head(
            self.run, self.next_position, self.last_command, self.last_delivered
        )
        return Snapshot(
            s.START,
            head,
            steps={e.step_id: e for e in self.entities if isinstance(e, Step)},
            hooks={e.hook_id: e for e in self.entities if isinstance(e, Hook)},
            waits={e.wait_id: e for e in self.entities if isinstance(e, Wait)},
            tokens={h.token or "": h for h in self.tokens},
            tasks={t.task_id: t for t in self.tasks},
            stored={e.event_id: e for e in self.stored},
        )

    def admit(
        self,
        *events: NewEvent,
        after: int | None = None,
        fence: Collection[Hold] = HELD,
        by_world: bool = False,
    ) -> Admission:
        """Decide; what was found is not changed by it."""
        snapshot = self.snapshot()
        try:
            return admission.admit(
                RUN, events, snapshot, after=after, fence=fence, by_world=by_world
            )
        finally:
            assert snapshot == self.snapshot()


def stored(event: NewEvent, position: int = 3) -> Event:
    """The event as it stands in the log."""
    return Event(event.event_id, RUN, position, s.START, event.data, event.correlation_id)


# -- refusals -----------------------------------------------------------------------------

ENDED = ("completed", "failed", "cancelled")
REFUSALS: list[tuple[str, Found, list[NewEvent], dict[str, Any], type[WfxError]]] = [
    ("no run", Found(run=None), [s.run_started()], {}, NotFound),
    ("no run, position", Found(run=None), [s.effect_recorded()], {"after": 3}, NotFound),
    ("run again", Found(), [s.run_created()], {}, AlreadyExists),
    ("ended run again", Found(run=run("failed")), [s.run_created()], {}, AlreadyExists),
    ("start again", Found(), [s.run_started()], {}, AlreadyExists),
    ("no step", Found(), [s.step_cancelled("step_1")], {}, NotFound),
    ("no step to end", Found(), [s.step_completed("step_1")], {"fence": BOTH}, NotFound),
    ("no hook", Found(), [s.hook_received("hook_1")], {}, NotFound),
    ("no hook to dispose", Found(), [s.hook_disposed("hook_1")], {}, NotFound),
    ("no wait", Found(), [s.wait_cancelled("wait_1")], {}, NotFound),
    (
        "no wait for the world",
        Found(),
        [NewEvent(WaitCompleted(), "wait_1")],
        {"by_world": True},
        NotFound,
    ),
    ("names no step", Found(), [NewEvent(s.step_created("").data)], {}, NotFound),
    (
        "step again",
        Found(entities=(step("cancelled"),)),
        [s.step_created("step_1")],
        {},
        AlreadyExists,
    ),
    ("step twice", Found(), [s.step_created("a"), s.step_created("a")], {}, AlreadyExists),
    ("hook twice", Found(), [s.hook_created("a"), s.hook_created("a")], {}, AlreadyExists),
    ("wait twice", Found(), [s.wait_created("a"), s.wait_created("a")], {}, AlreadyExists),
    ("hook again", Found(entities=(hook(True),)), [s.hook_created("hook_1")], {}, AlreadyExists),
    ("wait again", Found(entities=(wait(True),)), [s.wait_created("wait_1")], {}, AlreadyExists),
    (
        "attempt again",
        Found(entities=(step("running"),), tasks=(task(), task("step_1"))),
        [s.step_started("step_1", 1)],
        {"fence": BOTH},
        AlreadyExists,
    ),
    ("payload late", Found(entities=(hook(True),)), [s.hook_received("hook_1")], {}, EntityGone),
    ("conflict by a writer", Found(), [NewEvent(HookConflict(token="t"), "a")], {}, LeaseLost),
    (
        "wait_completed by a writer",
        Found(entities=(wait(),)),
        [NewEvent(WaitCompleted(), "wait_1")],
        {},
        LeaseLost,
    ),
    (
        "completed before it started",
        Found(entities=(step("pending"),), tasks=(task(), task("step_1"))),
        [s.step_completed("step_1")],
        {"fence": BOTH},
        IllegalEvent,
    ),
    ("completed before it began", Found(run=run("pending")), [s.run_completed()], {}, IllegalEvent),
    *(
        (
            f"outcome of a {status} step",
            Found(entities=(step(status),)),
            [s.step_completed("step_1")],
            {"fence": BOTH},
            EntityGone,
        )
        for status in ENDED
    ),
    *(
        (
            f"on a {status} run",
            Found(run=run(status), tasks=()),
            [s.step_created("step_1")],
            {"after": 0},
            RunGone,
        )
        for status in ENDED
    ),
]


@pytest.mark.parametrize(
    ("found", "events", "how", "error"),
    [pytest.param(*row[1:], id=row[0]) for row in REFUSALS],
)
def test_what_cannot_be_is_refused_by_its_class(
    found: Found, events: list[NewEvent], how: dict[str, Any], error: type[WfxError]
) -> None:
    """Exactly this class, and the same if it comes after something good."""
    with pytest.raises(error) as caught:
        found.admit(*events, **how)
    assert type(caught.value) is error
    if found.run is not None and not found.run.ended:
        with pytest.raises(error) as caught:
            found.admit(s.effect_recorded(), *events, **how)
        assert type(caught.value) is error


# Each row is refused for the first of its reasons, although the second holds too.
ORDER: list[tuple[str, Found, list[NewEvent], dict[str, Any], type[WfxError]]] = [
    (
        "the missing run before the claim",
        Found(run=None, tasks=()),
        [s.effect_recorded()],
        {"fence": []},
        NotFound,
    ),
    (
        "the end before the position",
        Found(run=run("completed"), tasks=()),
        [s.effect_recorded()],
        {"after": 0},
        RunGone,
    ),
    (
        "the end before the claim",
        Found(run=run("completed"), tasks=()),
        [s.effect_recorded()],
        {"fence": []},
        RunGone,
    ),
    (
        "the position before the claim",
        Found(),
        [s.effect_recorded()],
        {"after": 0, "fence": []},
        PositionConflict,
    ),
    (
        "the position before the target",
        Found(),
        [s.step_cancelled("step_1")],
        {"after": 0},
        PositionConflict,
    ),
    (
        "the claim before a command's missing target",
        Found(),
        [s.step_cancelled("step_1")],
        {"fence": []},
        LeaseLost,
    ),
    (
        "the claim before a command that was done before",
        Found(entities=(step("running"),)),
        [s.step_created("step_1")],
        {"fence": [(RUN, 0)]},
        LeaseLost,
    ),
    (
        "the claim before a command that is dropped",
        Found(entities=(step("completed"),)),
        [s.step_cancelled("step_1")],
        {"fence": []},
        LeaseLost,
    ),
    (
        "the claim before a start that was done before",
        Found(),
        [s.run_started()],
        {"fence": []},
        LeaseLost,
    ),
    (
        "the claim before an attempt that began before",
        Found(entities=(step("running"),), tasks=(task(), task("step_1", "bob", 2))),
        [s.step_started("step_1", 1)],
        {"fence": BOTH},
        LeaseLost,
    ),
    (
        "a fact's missing target before its claim",
        Found(),
        [s.step_completed("step_1")],
        {"fence": []},
        NotFound,
    ),
    (
        "a fact's ended target before its claim",
        Found(entities=(step("completed"),)),
        [s.step_completed("step_1")],
        {"fence": []},
        EntityGone,
    ),
    (
        "the claim before what the table says",
        Found(entities=(step("pending"),), tasks=(task(), task("step_1", None, 0))),
        [s.step_completed("step_1")],
        {"fence": []},
        LeaseLost,
    ),
]


@pytest.mark.parametrize(
    ("found", "events", "how", "error"), [pytest.param(*row[1:], id=row[0]) for row in ORDER]
)
def test_refusals_are_looked_for_in_order(
    found: Found, events: list[NewEvent], how: dict[str, Any], error: type[WfxError]
) -> None:
    """Each asks the writer for another next move, so the order is part of the contract."""
    with pytest.raises(error) as caught:
        found.admit(*events, **how)
    assert type(caught.value) is error


def test_a_repeated_batch_is_answered_before_anything_is_refused() -> None:
    """The run ended, the position is old and the claim is lost: it was written all the same."""
    new = s.effect_recorded()
    found = Found(run=run("completed"), tasks=(), stored=(stored(new),))

    decided = found.admit(new, after=0, fence=[])

    assert [result.event for result in decided.results] == [stored(new)]
    assert (decided.head, decided.events, decided.notifies) == (None, [], False)


@pytest.mark.parametrize(
    ("event", "entities", "status"),
    [
        (s.step_cancelled("step_1"), (step("completed"),), "running"),
        (s.wait_cancelled("wait_1"), (wait(True),), "running"),
        (s.hook_disposed("hook_1"), (hook(True),), "running"),
        (s.run_cancelled(), (), "cancelled"),
    ],
)
def test_dropped_events_count_as_there(
    event: NewEvent, entities: tuple[Entity, ...], status: str
) -> None:
    """They have no event, and the entity as it is."""
    new = s.effect_recorded()
    found = Found(run=run(status), entities=entities, stored=(stored(new),))

    decided = found.admit(new, event)

    assert [result.event for result in decided.results] == [stored(new), None]
    assert decided.results[1].entity == (entities[0] if entities else found.run)


def test_a_batch_that_is_there_in_part_is_a_conflict() -> None:
    """409, naming where the log ends."""
    new = s.effect_recorded()
    found = Found(stored=(stored(new),))

    for events in ([new, s.effect_recorded()], [s.step_created("a"), new]):
        with pytest.raises(PositionConflict) as caught:
            found.admit(*events, after=9)
        assert (caught.value.expected, caught.value.actual) == (9, 9)


# -- PROTOCOL 1 ---------------------------------------------------------------------------


@pytest.mark.parametrize("event_type", [t for t in EVENT_TYPES if t != "run_created"])
@pytest.mark.parametrize("past", ["command", "delivered", "nothing"])
def test_what_lies_past_after_refuses_what_depends_on_it(event_type: str, past: str) -> None:
    """Commands and effects by commands and effects, bets by what is delivered."""
    cls = EVENT_TYPES[event_type]
    events = {e.data.type: e for e in EVERY}
    found = Found(
        run=run("pending" if event_type == "run_started" else "running"),
        last_command=8 if past == "command" else 3,
        last_delivered=8 if past == "delivered" else 3,
        entities=() if event_type.endswith("created") else (step("running"), hook(), wait()),
        tasks=(task(), task("step_1")),
    )
    depends = cls.kind in (Kind.COMMAND, Kind.EFFECT)
    refused = (depends and past == "command") or (cls.delivered and past == "delivered")
    event = events[event_type]

    if refused:
        with pytest.raises(PositionConflict):
            found.admit(event, after=4, fence=BOTH, by_world=True)
    elif event_type == "hook_conflict":
        with pytest.raises(LeaseLost):
            found.admit(event, after=4, fence=BOTH, by_world=True)
    else:
        assert found.admit(event, after=4, fence=BOTH, by_world=True).events


EVERY = [
    s.run_started(),
    s.run_completed(),
    s.run_failed(),
    s.run_cancelled(),
    s.run_bound({"shop:checkout": "store:checkout"}),
    s.step_created("step_1"),
    s.step_started("step_1", 2),
    s.step_retrying("step_1"),
    s.step_completed("step_1"),
    s.step_failed("step_1"),
    s.step_cancelled("step_1"),
    s.hook_created("hook_1"),
    NewEvent(HookConflict(token="t"), "hook_1"),
    s.hook_received("hook_1"),
    s.hook_disposed("hook_1"),
    s.wait_created("wait_1"),
    NewEvent(WaitCompleted(), "wait_1"),
    s.wait_cancelled("wait_1"),
    s.effect_recorded(),
]


# -- claims -------------------------------------------------------------------------------

ENTITLES = {
    "run_started": RUN,
    "run_completed": RUN,
    "run_failed": RUN,
    "run_cancelled": None,
    "run_bound": None,
    "step_created": RUN,
    "step_started": "step_1",
    "step_retrying": "step_1",
    "step_completed": "step_1",
    "step_failed": "step_1",
    "step_cancelled": RUN,
    "hook_created": RUN,
    "hook_conflict": None,
    "hook_received": None,
    "hook_disposed": RUN,
    "wait_created": RUN,
    "wait_completed": None,
    "wait_cancelled": RUN,
    "effect_recorded": RUN,
}


@pytest.mark.parametrize("event", EVERY, ids=lambda event: event.data.type)
def test_every_event_has_one_claim_that_entitles_to_it(event: NewEvent) -> None:
    """Commands and effects that of the run, attempts and outcomes that of the step."""
    assert admission.entitling_task(RUN, event) == ENTITLES[event.data.type]


@pytest.mark.parametrize("event", EVERY, ids=lambda event: event.data.type)
@pytest.mark.parametrize(
    "change",
    [
        {"owner": None, "lease_until": None},  # released
        {"fence": 2, "owner": "bob"},  # taken over
        None,  # gone
    ],
    ids=["released", "taken over", "gone"],
)
def test_a_claim_that_ended_entitles_to_nothing(
    event: NewEvent, change: dict[str, Any] | None
) -> None:
    """409, naming the task, the number and who holds it now."""
    task_id = ENTITLES[event.data.type]
    if task_id is None:
        return
    tasks = {RUN: task(), "step_1": task("step_1")}
    if change is None:
        del tasks[task_id]
    else:
        tasks[task_id] = replace(tasks[task_id], **change)
    found = Found(entities=(step("running"), hook(), wait()), tasks=tuple(tasks.values()))

    with pytest.raises(LeaseLost) as caught:
        found.admit(event, fence=BOTH)
    holder = (change or {}).get("owner")
    assert (caught.value.task_id, caught.value.fence) == (task_id, 1)
    assert caught.value.holder == holder


def test_everything_that_decides_is_asked_for() -> None:
    """Targets, tokens, claims that are named or needed, tasks of cancelled steps."""
    needs = admission.needs(
        RUN,
        [
            s.step_completed("step_1"),
            s.step_created("step_2"),
            s.step_started("step_2"),
            s.step_cancelled("step_3"),
            s.hook_created("hook_1", "t"),
            s.hook_received("hook_2"),
            s.wait_cancelled("wait_1"),
            s.step_cancelled("step_3"),
        ],
        [("other", 4)],
    )

    assert needs.step_ids == ["step_1", "step_2", "step_3"]
    assert needs.hook_ids == ["hook_1", "hook_2"]
    assert needs.wait_ids == ["wait_1"]
    assert needs.tokens == ["t"]
    # Not that of step_2: it is made by this very batch.
    assert needs.task_ids == ["other", "step_1", RUN, "step_3"]


# -- what is written ----------------------------------------------------------------------


def test_a_new_run_gets_a_task_that_is_ready() -> None:
    """With the workflow's name, and somebody is told."""
    decided = Found(run=None, tasks=()).admit(s.run_created("a:b"))

    assert decided.tasks_new == [
        Task(task_id=RUN, kind=TaskKind.RUN, run_id=RUN, name="a:b", ready_at=s.START)
    ]
    assert decided.head is not None
    assert (decided.head.next_position, decided.head.last_command) == (1, -1)
    assert decided.notifies


def test_the_head_moves_with_what_is_written() -> None:
    """Over commands, facts and what is neither."""
    found = Found(entities=(step("running"), hook()), tasks=(task(), task("step_1")))

    head = found.admit(
        s.step_completed("step_1"),
        s.effect_recorded(),
        s.step_created("b"),
        s.step_started("b"),
        fence=BOTH,
    ).head

    assert head is not None
    assert (head.next_position, head.last_command, head.last_delivered) == (14, 12, 10)


def test_a_step_gets_a_task_in_its_queue_at_once() -> None:
    """Ready, unclaimed, and somebody is told."""
    decided = Found().admit(s.step_created("a", "m:draw", "gpu"))

    assert decided.tasks_new == [
        Task(
            task_id="a",
            kind=TaskKind.STEP,
            run_id=RUN,
            name="m:draw",
            queue="gpu",
            ready_at=s.START,
        )
    ]
    assert decided.notifies


def test_a_step_started_with_its_creation_is_claimed_by_the_owner_of_the_run() -> None:
    """As number 1, under the run's lease; nobody needs to be told."""
    decided = Found().admit(s.step_created("a"), s.step_started("a"))

    (made,) = decided.tasks_new
    assert (made.owner, made.fence, made.ready_at) == ("ann", 1, None)
    assert made.lease_until == s.START + s.LEASE
    assert not decided.notifies


def test_an_outcome_deletes_the_task_of_its_step() -> None:
    """And a retry frees it for its time."""
    found = Found(entities=(step("running"),), tasks=(task(), task("step_1", deaths=2)))
    later = s.START + timedelta(hours=1)

    assert found.admit(s.step_completed("step_1"), fence=BOTH).tasks_gone == ["step_1"]
    assert found.admit(s.step_failed("step_1"), fence=BOTH).tasks_gone == ["step_1"]
    freed = found.admit(s.step_retrying("step_1", later), fence=BOTH).tasks_changed["step_1"]
    assert (freed.owner, freed.lease_until, freed.ready_at) == (None, None, later)
    assert (freed.fence, freed.deaths) == (1, 0)


@pytest.mark.parametrize("owner", ["bob", None])
def test_a_cancelled_step_is_abandoned_if_it_runs_and_deleted_if_not(owner: str | None) -> None:
    """PROTOCOL 16."""
    claimed = task("step_1", owner)
    found = Found(entities=(step("running"),), tasks=(task(), claimed))

    decided = found.admit(s.step_cancelled("step_1"))

    if owner is None:
        assert (decided.tasks_gone, decided.tasks_changed) == (["step_1"], {})
    else:
        assert decided.tasks_gone == []
        assert decided.tasks_changed == {"step_1": replace(claimed, abandoned=True)}


def test_a_fact_by_its_owner_wakes_nobody_and_one_from_elsewhere_wakes_the_run() -> None:
    """Also if the writer names a claim on the run that it released or lost."""
    fact = s.step_completed("step_1")
    own = task("step_1")
    for run_task, wakes in (
        (task(), False),
        (task(owner=None), True),
        (task(owner="bob", fence=2), True),
    ):
        found = Found(entities=(step("running"),), tasks=(run_task, own))
        decided = found.admit(fact, fence=BOTH)
        assert (decided.wakes_run, decided.notifies) == (wakes, wakes)


def test_an_append_of_the_owner_ends_a_row_of_deaths() -> None:
    """PROTOCOL 18; that of a stranger does not, nor one that writes nothing."""
    found = Found(entities=(hook(), step("completed")), tasks=(task(deaths=2),))

    assert found.admit(s.effect_recorded()).tasks_changed[RUN].deaths == 0
    assert found.admit(s.hook_received("hook_1"), fence=[]).tasks_changed == {}
    assert found.admit(s.step_cancelled("step_1")).tasks_changed == {}


@pytest.mark.parametrize("end", [s.run_completed(), s.run_failed(), s.run_cancelled()])
def test_the_end_of_a_run_closes_it(end: NewEvent) -> None:
    """The world is told to close hooks, waits and tasks, and to tell who waits."""
    decided = Found().admit(end)

    assert (decided.closes_run, decided.notifies, decided.wakes_run) == (True, True, False)


def test_the_world_completes_a_wait_and_wakes_its_run() -> None:
    """Its task is gone."""
    found = Found(entities=(wait(),), tasks=(task(),))

    decided = found.admit(NewEvent(WaitCompleted(), "wait_1"), fence=[], by_world=True)

    assert decided.tasks_gone == ["wait_1"]
    assert decided.waits["wait_1"].status == "completed"
    assert decided.wakes_run


def test_a_token_is_judged_with_what_the_batch_did_to_it() -> None:
    """Taken, freed and taken again, all in one append; a payload changes nothing."""
    other = hook(hook_id="hook_9")
    holder = replace(other, run_id="wrun_9")
    for found, events, types in (
        (Found(tokens=(holder,)), [s.hook_created("a", "t")], ["hook_conflict"]),
        (
            Found(),
            [s.hook_created("a", "t"), s.hook_received("a"), s.hook_created("b", "t")],
            ["hook_created", "hook_received", "hook_conflict"],
        ),
        (
            Found(entities=(other,), tokens=(other,)),
            [s.hook_received("hook_9"), s.hook_created("a", "t"), s.hook_disposed("hook_9")],
            ["hook_received", "hook_conflict", "hook_disposed"],
        ),
        (
            Found(entities=(other,), tokens=(other,)),
            [s.hook_disposed("hook_9"), s.hook_created("a", "t"), s.hook_created("b", "t")],
            ["hook_disposed", "hook_created", "hook_conflict"],
        ),
    ):
        assert s.types_of(found.admit(*events).results) == types


def test_hooks_without_a_token_never_conflict() -> None:
    """Legacy logs may not know it."""
    nameless = replace(s.hook_created("a"), data=replace(s.hook_created("a").data, token=None))  # type: ignore[call-arg]  # a HookCreated
    decided = Found().admit(nameless, replace(nameless, correlation_id="b", event_id="e2"))

    assert s.types_of(decided.results) == ["hook_created", "hook_created"]


# -- archives -----------------------------------------------------------------------------


def test_an_archive_of_an_ended_run_has_no_work() -> None:
    """Whatever it left open."""
    log = s.events_of(RUN, s.run_created(), s.run_started(), s.step_created("a"), s.run_completed())

    assert admission.tasks_of(projection.fold(log), s.START) == []


@pytest.mark.parametrize("parked", [None, {"message": "migrated"}])
def test_an_archive_of_an_open_run_has_its_work(parked: dict[str, Any] | None) -> None:
    """All of it held, if it is to be held."""
    log = s.events_of(
        RUN,
        s.run_created(),
        s.step_created("a"),
        s.step_created("b", "m:b", "gpu"),
        s.step_started("b"),
        s.step_retrying("b", s.START + timedelta(days=9)),
        s.step_created("c"),
        s.step_cancelled("c"),
        s.wait_created("w"),
        s.wait_created("x"),
        s.wait_cancelled("x"),
    )

    tasks = admission.tasks_of(projection.fold(log), s.START + s.SECOND, parked=parked)

    assert [(t.task_id, t.queue, t.ready_at) for t in tasks] == [
        (RUN, "default", s.START + s.SECOND),
        ("a", "default", s.START + s.SECOND),
        ("b", "gpu", s.START + timedelta(days=9)),
        ("w", "default", s.START + 60 * s.SECOND),
    ]
    expected = (None, None) if parked is None else (ParkReason.HELD, parked)
    assert {str((t.parked, t.parked_detail)) for t in tasks} == {str(expected)}


def test_every_type_is_among_the_examples() -> None:
    """So that the tables above leave none out."""
    assert {e.data.type for e in EVERY} | {RunCreated.type} == set(EVENT_TYPES)
    assert isinstance(EVERY[0].data, RunStarted)
