"""
The step bodies that execute in this process now.

Async bodies are tasks of the worker's loop, sync ones run in threads beside it; either
takes one of a fixed number of slots. A body that ends, however it ends, leaves an
`Ended` in `ended`, in the order of ending, and the worker is called. Where there is an outcome it
is called out of the body's own task: a callback would come a turn of the loop later, and that
is a fiftieth of what a step takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wfx.frozen import maker, quick
from wfx.workers import steps
from wfx.workers.blocking import TASK_PREFIX

if TYPE_CHECKING:
    from datetime import datetime

    from wfx.program import StepSpec
    from wfx.workers.runner import Begin
    from wfx.world import Hold, World

SLOTS_DEFAULT: Final = 100
_THREADS_BESIDE_SLOTS: Final = 32
"""A sync body that outlived its timeout keeps its thread, but not its slot."""


@quick
@dataclass(frozen=True, slots=True)
class Ended:
    """A body is over."""

    run_id: str
    begin: Begin
    outcome: steps.Outcome | None
    """None when it was cancelled: nothing happened that the log should know."""


_make_context = maker(steps.StepContext)
_make_ended = maker(Ended)


@dataclass(slots=True)
class _Body:
    run_id: str
    begin: Begin
    task: asyncio.Task[None] | None = None
    """None until it is made: a loop with eager tasks has the body begin before that."""

    def cancel(self) -> None:
        """Have it end."""
        if self.task is not None:
            self.task.cancel()


class Bodies:
    """
    Runs step bodies.

    Args:
        specs: The steps this process has the code of.
        queues: Run steps of these queues only; of all if None.
        now: The world's time, for moments of retries.
        on_end: Called after each body, with what the machinery around it raised, if it did.
    """

    def __init__(
        self,
        world: World,
        specs: Mapping[str, StepSpec],
        *,
        slots: int,
        queues: Collection[str] | None,
        now: Callable[[], datetime],
        on_end: Callable[[BaseException | None], None],
    ) -> None:
        self.specs = specs
        self.queues = queues
        self.slots = self.free = slots
        """`free`: slots that nobody has taken."""
        self.limited: Collection[str] = ()
        """Queues with limits: only a claim decides which of their steps may start."""
        self.ended: list[Ended] = []
        self._world = world
        self._now = now
        self._on_end = on_end
        self._running: dict[Hold, _Body] = {}
        self._of_run: dict[str, set[Hold]] = {}
        self._context: Context | None = None
        """Where the worker is called in: not in that of a body, which may have changed it."""
        self._threads = ThreadPoolExecutor(
            slots + _THREADS_BESIDE_SLOTS, thread_name_prefix="wfx-step"
        )

    # -- slots ----------------------------------------------------------------------------

    def take_slots(self, step_name: str, queue: str, wanted: int) -> int:
        """Take up to `wanted` slots for a step, if it is one of ours; how many."""
        if step_name not in self.specs or (self.queues is not None and queue not in self.queues):
            return 0
        if queue in self.limited:
            return 0
        taken = min(wanted, self.free)
        self.free -= taken
        return taken

    def made_room(self, ended: Iterable[Ended]) -> bool:
        """Whether one of these bodies may have kept another step of its queue waiting."""
        if not self.limited:
            return False
        queues = {self.specs[one.begin.step_name].options.queue for one in ended}
        return not queues.isdisjoint(self.limited)

    def give_slots(self, count: int) -> None:
        """Give back slots whose attempts did not begin after all."""
        self.free += count

    # -- bodies ---------------------------------------------------------------------------

    def begin(self, run_id: str, begin: Begin, loop: asyncio.AbstractEventLoop) -> None:
        """Start a body whose slot is taken and whose beginning is committed."""
        if self._context is None:
            self._context = copy_context()
        body = self._running[begin.hold] = _Body(run_id, begin)
        self._of_run.setdefault(run_id, set()).add(begin.hold)
        execution = self._execute(body, loop, self._context)
        task = loop.create_task(execution, name=TASK_PREFIX + begin.step_name)
        body.task = task
        task.add_done_callback(self._never_began)

    @property
    def running(self) -> int:
        """How many bodies execute here."""
        return len(self._running)

    def count(self, run_id: str) -> int:
        """How many bodies of a run execute here, or have ended and were not yet taken."""
        return len(self._of_run.get(run_id, ()))

    def take_ended(self) -> list[Ended]:
        """The bodies that ended since the last call, in the order they did."""
        ended, self.ended = self.ended, []
        for one in ended:
            of_run = self._of_run[one.run_id]
            of_run.discard(one.begin.hold)
            if not of_run:
                del self._of_run[one.run_id]
        return ended

    def cancel_claim(self, hold: Hold) -> None:
        """A claim was lost: cancel the body that ran under it, if there is one."""
        body = self._running.get(hold)
        if body is not None:
            body.cancel()

    def cancel_step(self, step_id: str) -> None:
        """A step was given up: cancel its body, if it runs here, whatever its attempt."""
        for hold, body in self._running.items():
            if hold[0] == step_id:
                body.cancel()

    def cancel_run(self, run_id: str) -> None:
        """A run ended and awaits nothing: its async bodies get CancelledError."""
        for hold in sorted(self._of_run.get(run_id, ())):
            self.cancel_claim(hold)

    async def stop(self, grace_seconds: float, finish_seconds: float = 0.0) -> set[Hold]:
        """
        End what runs here; the claims of bodies that could not be ended in time.

        Async bodies are cancelled. A sync body cannot be: it is waited for.

        Args:
            finish_seconds: How long bodies may go on before that.
        """
        if self._running and finish_seconds:
            await asyncio.wait(self._tasks(), timeout=finish_seconds)
            await asyncio.sleep(0)  # for their callbacks
        tasks = self._tasks()
        for body in self._running.values():
            if self.specs[body.begin.step_name].is_async:
                body.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace_seconds)
            await asyncio.sleep(0)  # for their callbacks
        self._threads.shutdown(wait=False, cancel_futures=True)
        return set(self._running)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [body.task for body in self._running.values() if body.task is not None]

    async def _execute(self, body: _Body, loop: asyncio.AbstractEventLoop, around: Context) -> None:
        """What the task of a body does: the body, and then to tell the worker."""
        if body.task is not None:
            body.task.remove_done_callback(self._never_began)
        outcome = raised = None
        begin = body.begin
        try:
            context = _make_context(
                body.run_id, begin.step_id, begin.step_name, begin.attempt, self._world.streams
            )
            spec = self.specs[begin.step_name]
            outcome = await steps.run_attempt(
                spec, begin, context, threads=self._threads, now=self._now
            )
        except asyncio.CancelledError:
            pass  # it was given up
        except BaseException as error:
            if body.task is not None and asyncio.current_task(loop) is not body.task:
                raise  # it was thrown away with its loop: there is nobody to tell
            if isinstance(error, GeneratorExit):
                # Of what the body awaited. It is not handed on like others: it closes whoever
                # waits, one after the other, and whatever they make of it is lost.
                outcome = steps.failure(error, spec.options, begin.failures, self._now())
            else:
                raised = error
        if outcome is None or body.task is None:
            # Whoever cancels all tasks there are has the worker stop in this turn of the loop.
            # And one without a task has begun and ended inside of `begin`.
            loop.call_soon(self._over, body, outcome, raised, context=around)
        else:
            body.task.set_name("wfx")  # what comes now is no part of the body
            around.run(self._over, body, outcome)
        if raised is not None and not isinstance(raised, Exception):
            if body.task is not None:
                body.task.add_done_callback(asyncio.Task.exception)  # the worker raises it
            raise raised

    def _never_began(self, task: asyncio.Task[None]) -> None:
        """A task that is cancelled at once never enters its coroutine."""
        for body in self._running.values():
            if body.task is task:
                self._over(body, None)
                return

    def _over(
        self, body: _Body, outcome: steps.Outcome | None, raised: BaseException | None = None
    ) -> None:
        del self._running[body.begin.hold]
        self.free += 1
        self.ended.append(_make_ended(body.run_id, body.begin, outcome))
        # What the body raises is an outcome; this is an error of the machinery around it.
        self._on_end(raised)
