"""
Two calls on one PostgreSQL at once: whatever their order, it is as if one came after the other.

The first call is stopped after each of its messages to the server in turn; the second is
made meanwhile, up to its end or up to a lock of the first; then the first goes on. What
both are answered, and what the world shows afterwards, must be what one of the two orders gives
when nobody is stopped.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Any, TypeAlias, cast

import psycopg
import pytest

from wfx.clock import ManualClock
from wfx.errors import WfxError
from wfx.events import NewEvent
from wfx.queues import QueueLimits
from wfx.testing import scenes as s
from wfx.world import Append, EventResult, ParkReason, Task, TaskKind, World
from wfx_world_sql.listing import Query
from wfx_world_sql.postgres import PostgresConnection, PostgresDatabase
from wfx_world_sql.world import SqlWorld

ONE, TWO, NEW, LATE, OVER, LEFT, BAD, HELD = (f"wrun_{number:026d}" for number in range(1, 9))
SOON = s.START + s.SECOND
LATER = s.START + 1000 * s.SECOND
END = 8
"""Where the logs of the first two end."""
SECONDS_MAX = 20
RUN = [TaskKind.RUN]
STEP = [TaskKind.STEP]

Answer: TypeAlias = Any


class Stop:
    """
    Holds one thread after one of its messages, until it may go on.

    Attributes:
        messages: How many the thread has sent.
        pid: The server's process for whoever is not stopped.
        deadlocks: How often the server ended a call because two waited for each other.
    """

    def __init__(self) -> None:
        self.messages = 0
        self.pid = 0
        self.deadlocks = 0
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self._thread: int | None = None
        self._after = 0

    def arm(self, after: int) -> None:
        """Stop the calling thread after so many messages."""
        self._thread, self._after = threading.get_ident(), after
        self.messages = self.pid = self.deadlocks = 0

    def disarm(self) -> None:
        """Stop nobody any more."""
        self._thread = None
        self.reached.set()

    def message(self) -> None:
        """A message was answered."""
        if threading.get_ident() == self._thread:
            self.messages += 1
            if self.messages == self._after:
                self.reached.set()
                assert self.go_on.wait(SECONDS_MAX)

    def begin(self, pid: int) -> None:
        """A transaction begins."""
        if threading.get_ident() != self._thread:
            self.pid = pid


class StoppableConnection(PostgresConnection):
    """Whose user may be stopped in the middle."""

    stop: Stop

    def begin(self) -> None:
        super().begin()
        self.stop.begin(self.raw.info.backend_pid)

    def ask(self, *queries: Query) -> list[list[tuple[Any, ...]]]:
        answers = super().ask(*queries)
        self.stop.message()
        return answers

    def flush(self) -> None:
        super().flush()
        self.stop.message()


class StoppableDatabase(PostgresDatabase):
    """Of such connections."""

    stop: Stop

    def connect(self) -> PostgresConnection:
        connection = StoppableConnection(self.open_raw())
        connection.stop = self.stop
        return connection

    def _keep_or_close(self, connection: PostgresConnection, error: psycopg.Error | None) -> bool:
        self.stop.deadlocks += isinstance(error, psycopg.errors.DeadlockDetected)
        return super()._keep_or_close(connection, error)


class Court:
    """A world, two threads that use it, and what stood there at the beginning."""

    def __init__(self, url: str, *, lapsed: bool) -> None:
        self.lapsed = lapsed
        self.stop = Stop()
        self.clock = ManualClock()
        self.admin = psycopg.connect(url, autocommit=True)
        database = StoppableDatabase(url, url, self.clock)
        database.stop = self.stop
        self.world = cast("World", SqlWorld(database))
        self.first, self.second = (ThreadPoolExecutor(1) for _ in range(2))
        self._begin()
        for table in TABLES:
            self.admin.execute(f"CREATE TEMPORARY TABLE saved_{table} AS SELECT * FROM {table}")

    def close(self) -> None:
        """Give it all up."""
        self.stop.go_on.set()
        self.first.shutdown()
        self.second.shutdown()
        self.world.close()
        self.admin.close()

    def _begin(self) -> None:
        """Two runs of ann's, each with steps, a hook and a wait that is due."""
        for run_id in (ONE, TWO):
            self.world.events.create(run_id, s.run_created())
        for task in self.world.queue.claim("ann", limit=2, kinds=RUN):
            scene = s.Scene(self.world, self.clock, task.run_id, task)
            done, free, late, scarce = scene.ids("step", 4)
            scene.append(
                s.run_started(),
                s.step_created(done),
                s.step_started(done),
                s.step_created(free, priority=-1),
                s.step_created(late, priority=1),
                s.step_created(scarce, queue="gpu"),
                s.hook_created(scene.id("hook"), f"token-{task.run_id}"),
                s.wait_created(scene.id("wait"), s.START + s.SECOND),
            )
        self._end_some()
        self._park_some()
        self.world.queue.set_limits("gpu", QueueLimits(concurrency=1))
        self.clock.advance(2 * s.LEASE if self.lapsed else 2 * s.SECOND)

    def _end_some(self) -> None:
        """A run that ended while its step runs, one that is over, and one that was deleted."""
        for run_id in (LATE, OVER, LEFT):
            run = s.Scene(self.world, self.clock, run_id)
            self.world.events.create(run_id, s.run_created())
            (run.claim,) = self.world.queue.claim("eve", run_id=run_id, kinds=RUN)
            step_id, hold = run.running_step()
            run.append(s.run_cancelled(), fence=[])
            self.world.streams.write(run_id, "out", b"text")
            if run_id != LATE:
                run.append(s.step_completed(step_id), fence=[hold])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("wfx_world_sql.remains.PIECE", 2)
            self.world.retention.delete([LEFT], ended_before=SOON)

    def _park_some(self) -> None:
        """A run that diverged, and one that is held with its step."""
        for run_id in (BAD, HELD):
            self.world.events.create(run_id, s.run_created())
            (claim,) = self.world.queue.claim("gus", run_id=run_id, kinds=RUN)
            run = s.Scene(self.world, self.clock, run_id, claim)
            if run_id == BAD:
                self.world.queue.park(run.hold, ParkReason.DIVERGENCE, {"message": "m"}, "old")
                continue
            for hold in (run.running_step()[1], run.hold):
                self.world.queue.park(hold, ParkReason.HELD, {"message": "m"})

    def restore(self) -> None:
        """All as it was at the beginning."""
        self.admin.execute(RESTORE)
        self.stop.reached.clear()
        self.stop.go_on.clear()

    def rows(self) -> Answer:
        """What is there, without the ids of events, which are new each time."""
        shown = self.admin.execute(SHOWN).fetchone()
        assert shown is not None
        return shown


TABLES = (
    *("run", "step", "hook", "wait", "event", "task", "queue_limit", "queue_start"),
    *("stream_chunk", "remains"),
)
RESTORE = "; ".join(
    f"DELETE FROM {table}; INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM saved_{table}"
    for table in TABLES
)
SHOWN = "SELECT " + ", ".join(
    "(SELECT jsonb_agg(one ORDER BY one) FROM (SELECT to_jsonb(r) - 'event_id' - 'number' AS one "
    f"FROM {table} r) AS ones)"
    for table in TABLES
)


def plain(event: Any) -> tuple[Any, ...]:
    """An event without its id."""
    return (event.position, event.correlation_id, event.created_at, event.data)


# -- what is done -------------------------------------------------------------------------


def scene(court: Court, run_id: str = ONE) -> s.Scene:
    """A run as ann has it."""
    return s.Scene(court.world, court.clock, run_id)


def run_hold(run_id: str = ONE) -> tuple[str, int]:
    """Ann's claim on a run."""
    return (run_id, 1)


def outcome(court: Court, run_id: str = ONE) -> tuple[NewEvent, tuple[str, int]]:
    """That of the step that runs, and its claim."""
    step_id = scene(court, run_id).id("step")
    return s.step_completed(step_id), (step_id, 1)


def late(court: Court) -> tuple[str, int]:
    """Eve's claim on the step that outlives its run."""
    return outcome(court, LATE)[1]


def bet(court: Court, run_id: str = ONE) -> Append:
    """An outcome and what follows from it."""
    fact, hold = outcome(court, run_id)
    more = s.step_created(scene(court, run_id).id("step", 9), "shop:next")
    return Append(run_id, [fact, more], END, [hold, run_hold(run_id)])


def appended(court: Court, append: Append) -> Answer:
    """Append it."""
    return court.world.events.create_batch(append.run_id, append.events, append.after, append.fence)


def grouped(court: Court, *run_ids: str) -> Answer:
    """Bets of several runs, in one transaction."""
    return court.world.events.create_group([bet(court, run_id) for run_id in run_ids])


def commanded(court: Court, *events: NewEvent, run_id: str = ONE) -> Answer:
    """Commands of ann's."""
    return appended(court, Append(run_id, events, END, [run_hold(run_id)]))


def told(court: Court, *events: NewEvent, run_id: str = ONE) -> Answer:
    """What a client appends."""
    return appended(court, Append(run_id, events, None, ()))


CALLS: dict[str, Callable[[Court], Answer]] = {
    "bet": lambda c: appended(c, bet(c)),
    "outcome alone": lambda c: appended(c, Append(ONE, [outcome(c)[0]], None, [outcome(c)[1]])),
    "command": lambda c: commanded(c, s.effect_recorded()),
    "end": lambda c: commanded(c, s.run_completed()),
    "ends of both runs": lambda c: c.world.events.create_group(
        [Append(run_id, [s.run_completed()], END, [run_hold(run_id)]) for run_id in (TWO, ONE)]
    ),
    "cancel of a step": lambda c: commanded(c, s.step_cancelled(scene(c).id("step"))),
    "bets of both runs": lambda c: grouped(c, ONE, TWO),
    "bets of both, the other first": lambda c: grouped(c, TWO, ONE),
    "token": lambda c: commanded(c, s.hook_created(scene(c).id("hook", 2), "wanted")),
    "the same token": lambda c: commanded(
        c, s.hook_created(scene(c, TWO).id("hook", 2), "wanted"), run_id=TWO
    ),
    "payload": lambda c: told(c, s.hook_received(scene(c).id("hook"))),
    "cancellation": lambda c: told(c, s.run_cancelled()),
    "new run": lambda c: told(c, NewEvent(s.run_created().data, event_id="evnt_new"), run_id=NEW),
    "due": lambda c: c.world.queue.due(),
    "release": lambda c: c.world.queue.release(run_hold(), read_through=END),
    "release of both": lambda c: c.world.queue.release_many({run_hold(): END, run_hold(TWO): END}),
    "park": lambda c: c.world.queue.park(run_hold(), ParkReason.RUNAWAY, {"message": "m"}),
    "extend": lambda c: c.world.queue.extend("ann", [run_hold(), outcome(c)[1]], s.LEASE),
    "revoke": lambda c: c.world.queue.revoke("ann"),
    "claim of runs": lambda c: c.world.queue.claim("bob", limit=9, kinds=RUN),
    "claim of steps": lambda c: c.world.queue.claim("cid", limit=9, kinds=STEP),
    "claim of one step": lambda c: c.world.queue.claim("dan", kinds=STEP, queues=["gpu"]),
}
DELETIONS: dict[str, Callable[[Court], Answer]] = {
    "deletion": lambda c: c.world.retention.delete([LATE, OVER], ended_before=SOON),
    "deletion of all": lambda c: c.world.retention.delete(
        [OVER, LATE, NEW, TWO, ONE], ended_before=LATER
    ),
    "deletion of one": lambda c: c.world.retention.delete([OVER], ended_before=SOON),
    "late outcome": lambda c: appended(c, Append(LATE, [outcome(c, LATE)[0]], None, [late(c)])),
    "extend of it": lambda c: c.world.queue.extend("eve", [late(c)], s.LEASE),
    "revoke of it": lambda c: c.world.queue.revoke("eve"),
    "chunk": lambda c: c.world.streams.write(OVER, "out", b"more"),
    "its id again": lambda c: told(c, AGAIN, run_id=OVER),
    "its id in a group": lambda c: c.world.events.create_group([Append(OVER, [AGAIN])]),
    "clearing": lambda c: c.world.retention.clear(),
    "a cleared id again": lambda c: told(c, AGAIN, run_id=LEFT),
}
PARKINGS: dict[str, Callable[[Court], Answer]] = {
    "claim of what is parked": lambda c: c.world.queue.claim(
        "fay", limit=9, kinds=RUN, digest="new"
    ),
    "unpark": lambda c: c.world.queue.unpark(BAD),
    "unpark of all": lambda c: c.world.queue.unpark(HELD),
    "cancellation of it": lambda c: told(c, s.run_cancelled(), run_id=BAD),
    "cancellation of all": lambda c: told(c, s.run_cancelled(), run_id=HELD),
}
AGAIN = NewEvent(s.run_created().data, event_id="evnt_again")
CLAIMS = frozenset(name for name in CALLS | PARKINGS if name.startswith("claim"))


def made(court: Court, name: str) -> Answer:
    """What a call is answered, in a form that two worlds have in common."""
    try:
        answer = (CALLS | DELETIONS | PARKINGS)[name](court)
    except WfxError as error:
        return type(error).__name__
    return _shown(answer)


def _shown(answer: Answer) -> Answer:
    match answer:
        case WfxError():
            return type(answer).__name__
        case EventResult():
            return answer.event and plain(answer.event)
        case Task():
            return (answer.task_id, answer.owner, answer.fence)
        case list():
            return [_shown(one) for one in answer]
        case set():
            return sorted(answer)
    return answer


# -- in every order -----------------------------------------------------------------------


@pytest.fixture(params=[False, True], ids=["leases that hold", "leases that ended"])
def court(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[Court]:
    """A fresh one."""
    court = Court(postgres_url, lapsed=request.param)
    yield court
    court.close()


def judged(court: Court, answers: dict[str, Answer]) -> Answer:
    """
    What both were answered, and what is there then.

    A claim passes over what others have locked at that moment: it comes with the next.
    """
    for name in CLAIMS.intersection(answers):
        answers[name] = sorted(answers[name] + made(court, name))
    return [answers[name] for name in sorted(answers)], court.rows()


def one_after_the_other(court: Court, first: str, second: str) -> tuple[Answer, int]:
    """How it ends, and how many messages the first call sent."""
    court.restore()
    court.stop.arm(0)
    answers = {first: made(court, first)}
    court.stop.disarm()
    answers[second] = made(court, second)
    return judged(court, answers), court.stop.messages


def one_within_the_other(court: Court, first: str, second: str, after: int) -> dict[str, Answer]:
    """What both are answered if the second is made after so many messages of the first."""
    court.restore()

    def stopped() -> Answer:
        court.stop.arm(after)
        try:
            return made(court, first)
        finally:
            court.stop.disarm()

    one = court.first.submit(stopped)
    assert court.stop.reached.wait(SECONDS_MAX)
    other = court.second.submit(made, court, second)
    _until_done_or_blocked(court, other)
    court.stop.go_on.set()
    return {first: one.result(SECONDS_MAX), second: other.result(SECONDS_MAX)}


def _until_done_or_blocked(court: Court, call: Future[Answer]) -> None:
    while not wait_for([call], timeout=0.002).done:
        waits = court.admin.execute("SELECT cardinality(pg_blocking_pids(%s))", [court.stop.pid])
        if court.stop.pid and waits.fetchone() == (1,):
            return


@pytest.mark.timeout(300)
def test_two_calls_at_once_are_as_if_one_came_after_the_other(court: Court) -> None:
    """For each two of them, and each message of the first; and nothing ends in a deadlock."""
    pairs = [
        pair
        for pair in itertools.combinations(sorted(CALLS), 2)
        # Which of two gets what, and which has to wait for a limit, is open.
        if not CLAIMS.issuperset(pair)
        # The end of a lease is nothing until somebody claims.
        and not (court.lapsed and CLAIMS.isdisjoint(pair))
    ]
    assert check(court, pairs) > 100


@pytest.mark.timeout(300)
def test_deletions_are_as_if_nothing_else_happened_meanwhile(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Late outcomes, chunks and new runs of the same ids come before or after them."""
    monkeypatch.setattr("wfx_world_sql.remains.PIECE", 2)
    assert check(court, [*itertools.combinations(sorted(DELETIONS), 2)]) > 100


@pytest.mark.timeout(300)
def test_a_deletion_comes_before_or_after_whatever_happens_to_its_runs(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that ends is deleted or kept whole, and nobody waits for another in a ring."""
    monkeypatch.setattr("wfx_world_sql.remains.PIECE", 2)
    assert check(court, [*itertools.product(["deletion of all", "clearing"], CALLS)]) > 100


@pytest.mark.timeout(300)
def test_what_is_parked_is_claimed_unparked_and_cancelled_in_some_order(court: Court) -> None:
    """Alone, or with all that is held beside it."""
    assert check(court, [*itertools.combinations(sorted(PARKINGS), 2)]) > 10


@pytest.mark.timeout(300)
def test_two_claims_at_once_share_what_is_there(court: Court) -> None:
    """No task is given twice, and no limit is passed; who gets what is open."""
    wrong: list[str] = []
    tried = 0
    for first, second in itertools.permutations(sorted(CLAIMS), 2):
        _, messages = one_after_the_other(court, first, second)
        for after in range(1, messages + 1):
            tried += 1
            answers = one_within_the_other(court, first, second, after)
            given = [task_id for answer in answers.values() for task_id, *_ in answer]
            twice = sorted({task_id for task_id in given if given.count(task_id) > 1})
            held = court.admin.execute(HELD_OF_GPU, [court.clock.now_us()]).fetchone()
            if twice or held not in {(0,), (1,)} or court.stop.deadlocks:
                told = f"{second!r} after message {after} of {first!r}"
                wrong.append(f"{told}: {twice} twice, {held} of one")
    assert not wrong, "\n".join(wrong)
    assert tried > 20


HELD_OF_GPU = (
    "SELECT count(*) FROM task WHERE queue = 'gpu' AND owner IS NOT NULL AND claimable_at > %s"
)


def check(court: Court, pairs: Iterable[tuple[str, str]]) -> int:
    """Each pair, in both orders and with the second within the first; how many were tried."""
    wrong: list[str] = []
    tried = 0
    for pair in pairs:
        orders = (pair, pair[::-1])
        serial = {order: one_after_the_other(court, *order) for order in orders}
        allowed = [end for end, _ in serial.values()]
        for (first, second), (_, messages) in serial.items():
            for after in range(1, messages + 1):
                tried += 1
                seen = judged(court, one_within_the_other(court, first, second, after))
                if seen not in allowed:
                    wrong.append(f"{second!r} after message {after} of {first!r}: {seen[0]}")
                if court.stop.deadlocks:
                    wrong.append(f"{second!r} after message {after} of {first!r}: a deadlock")
    assert not wrong, "\n".join(wrong)
    return tried
