"""
A world in which something goes wrong at every append, for tests of whoever writes to one.

`FaultyWorld` passes everything on to a real world and counts the appends that come through
it. A `Fault` is told of each before and after: it may raise, as a crash or a lost answer
would, or write something of its own first, as another process would.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from wfx.errors import WorldError, WorldUnavailable
from wfx.events import (
    HookReceived,
    NewEvent,
    RunCancelled,
    StepCompleted,
    StepStarted,
)
from wfx.world import LEASE_DEFAULT, Events, TaskKind, World

if TYPE_CHECKING:
    from wfx.errors import WfxError
    from wfx.values import Json
    from wfx.world import Append, EventResult, Hold, Watch

T = TypeVar("T")


class Crash(BaseException):
    """
    The process died here.

    A BaseException, because nothing that handles errors may survive it. A test catches it,
    and drops everything the process had in memory.
    """


class Fault(Protocol):
    """What goes wrong, and when. Appends are counted from 1."""

    def before(self, number: int, run_id: str | None, events: Sequence[NewEvent]) -> None:
        """The append `number` is about to be made."""
        ...

    def after(self, number: int, run_id: str | None, results: Sequence[EventResult]) -> None:
        """It was committed; what is raised here, the writer gets instead of the answer."""
        ...


class NoFault:
    """Nothing goes wrong; a base for those that fail in one place."""

    def before(self, number: int, run_id: str | None, events: Sequence[NewEvent]) -> None:
        """Nothing."""

    def after(self, number: int, run_id: str | None, results: Sequence[EventResult]) -> None:
        """Nothing."""


class CrashBefore(NoFault):
    """The process dies when it is about to make its n-th append."""

    def __init__(self, number: int) -> None:
        self.number = number

    def before(self, number: int, run_id: str | None, events: Sequence[NewEvent]) -> None:
        """Die, if this is the one."""
        if number == self.number:
            raise Crash(f"before append {number}")


class CrashAfter(NoFault):
    """The process dies right after its n-th append was committed."""

    def __init__(self, number: int) -> None:
        self.number = number

    def after(self, number: int, run_id: str | None, results: Sequence[EventResult]) -> None:
        """Die, if this is the one."""
        if number == self.number:
            raise Crash(f"after append {number}")


class LoseAnswer(NoFault):
    """The n-th append (all of them if None) is committed, and its answer lost, `times` times."""

    def __init__(self, number: int | None = None, *, times: int = 1) -> None:
        self.number = number
        self._left: dict[str, int] = {}
        self._times = times

    def after(self, number: int, run_id: str | None, results: Sequence[EventResult]) -> None:
        """Lose the answer, unless it was lost often enough."""
        if self.number not in (None, number):
            return
        first = next((r.event.event_id for r in results if r.event is not None), "")
        left = self._left.setdefault(first, self._times)
        if left:
            self._left[first] = left - 1
            raise unanswered()


class LoseRequest(NoFault):
    """The n-th append never arrives."""

    def __init__(self, number: int) -> None:
        self.number = number

    def before(self, number: int, run_id: str | None, events: Sequence[NewEvent]) -> None:
        """Lose it."""
        if number == self.number:
            raise unanswered()


class Meddle(NoFault):
    """Somebody else writes before the n-th append, or before each one if `number` is None."""

    def __init__(
        self, meddle: Callable[[str, Sequence[NewEvent]], None], number: int | None = None
    ) -> None:
        self.number = number
        self._meddle = meddle

    def before(self, number: int, run_id: str | None, events: Sequence[NewEvent]) -> None:
        """Let somebody else go first."""
        if run_id is not None and self.number in (None, number):
            self._meddle(run_id, events)


def unanswered() -> WorldUnavailable:
    """The error of a call that got no answer."""
    return WorldUnavailable(
        url="faulty:",
        reason="the answer was lost",
        remedy="The same call may succeed a moment later.",
        transient=True,
    )


# -- what others do -----------------------------------------------------------------------


def send_payload(world: World, token: str, payload: Json) -> bool:
    """A client sends a payload; whether it was accepted."""
    try:
        hook = world.hooks.get_by_token(token)
        world.events.create(hook.run_id, NewEvent(HookReceived(payload=payload), hook.hook_id))
    except WorldError:
        return False
    return True


def cancel_run(world: World, run_id: str) -> None:
    """A client cancels the run."""
    try:
        world.events.create(run_id, NewEvent(RunCancelled(reason="a client wanted it")))
    except WorldError:
        return


def work_on_a_step(
    world: World,
    run_id: str,
    compute: Callable[[str, list[Json]], Json],
    *,
    owner: str = "somebody-else",
) -> str | None:
    """
    Another worker claims one ready step of the run, and completes it; the step's id.

    Args:
        compute: Result from step name and arguments.
    """
    claimed = world.queue.claim(
        owner, kinds=[TaskKind.STEP], run_id=run_id, limit=1, lease=LEASE_DEFAULT
    )
    for task in claimed:
        step = world.steps.get(run_id, task.task_id)
        args: list[Json] = step.input if isinstance(step.input, list) else [step.input]
        started = NewEvent(StepStarted(attempt=step.attempt + 1), step.step_id)
        result = compute(step.step_name or "", args)
        done = NewEvent(StepCompleted(result=result), step.step_id)
        world.events.create_batch(run_id, [started], fence=[task.hold])
        world.events.create_batch(run_id, [done], fence=[task.hold])
        return step.step_id
    return None


# -- the world ----------------------------------------------------------------------------


class FaultyWorld(World):
    """
    A world as one process sees it, behind a bad line.

    Attributes:
        appends: How many appends came through so far.
        crashed: The process died; every call raises Crash from then on.
    """

    def __init__(self, world: World, fault: Fault | None = None) -> None:
        self.inner = world
        self.fault: Fault = fault or NoFault()
        self.appends = 0
        self.crashed = False
        self.url = world.url
        self.events: Any = _FaultyEvents(self)
        self.runs: Any = _Part(self, world.runs)
        self.steps: Any = _Part(self, world.steps)
        self.hooks: Any = _Part(self, world.hooks)
        self.waits: Any = _Part(self, world.waits)
        self.queue: Any = _Part(self, world.queue)
        self.streams: Any = _Part(self, world.streams)
        self.archive: Any = _Part(self, world.archive)
        self.retention: Any = _Part(self, world.retention)

    def next_append(self) -> int:
        """The number of an append that comes through now."""
        self.check_alive()
        self.appends += 1
        return self.appends

    def check_alive(self) -> None:
        """A process that died reaches no world."""
        if self.crashed:
            raise Crash("it died before")

    def watch(self) -> Watch:
        """A watch of the real world."""
        return self.inner.watch()

    def check_writable(self) -> None:
        """Whether the real world can be written."""
        self.inner.check_writable()

    def close(self) -> None:
        """Nothing: the real world belongs to whoever made it."""


class _Part:
    """The runs, queue … of a world, as long as the process lives."""

    def __init__(self, world: FaultyWorld, inner: object) -> None:
        self._world = world
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        self._world.check_alive()
        return getattr(self._inner, name)


class _FaultyEvents(_Part):
    def __init__(self, world: FaultyWorld) -> None:
        super().__init__(world, world.inner.events)

    create = Events.create

    def create_batch(
        self,
        run_id: str | None,
        events: Sequence[NewEvent],
        after: int | None = None,
        fence: Collection[Hold] = (),
    ) -> list[EventResult]:
        world = self._world
        number = world.next_append()
        try:
            world.fault.before(number, run_id, events)
            results = world.inner.events.create_batch(run_id, events, after, fence)
            world.fault.after(number, run_id, results)
        except Crash:
            world.crashed = True
            raise
        return results

    def create_group(self, appends: Sequence[Append]) -> list[list[EventResult] | WfxError]:
        """One append as far as faults go: all of a group is committed, or lost, together."""
        world = self._world
        number = world.next_append()
        try:
            _all(lambda one: world.fault.before(number, one.run_id, one.events), appends)
            answers = world.inner.events.create_group(appends)
            made = [
                (append.run_id, answer)
                for append, answer in zip(appends, answers, strict=True)
                if isinstance(answer, list)
            ]
            _all(lambda one: world.fault.after(number, *one), made)
        except Crash:
            world.crashed = True
            raise
        return answers


def _all(tell: Callable[[T], None], items: Sequence[T]) -> None:
    """Tell of each, then raise what was raised first."""
    raised: list[BaseException] = []
    for item in items:
        try:
            tell(item)
        except BaseException as error:
            raised.append(error)
    if raised:
        raise raised[0]
