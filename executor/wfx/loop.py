"""
The deterministic event loop.

Ready callbacks run in the order they became ready, and nothing else decides an order: time
passes only through durable waits, nothing arrives from other threads or sockets, and the
garbage collector schedules nothing. So the same deliveries give the same turns, live as in
replay, in every process.

Whoever drives a run delivers something (a future's result, a timer's `fire`) and calls
`run_until_quiescent`, from plain code or from a callback of another event loop.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import sys
from asyncio.events import _get_running_loop, _set_running_loop
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextvars import Context, copy_context
from functools import partial
from typing import Any, Final, NoReturn, Protocol, TypeVar, TypeVarTuple

from wfx.burial import bury, bury_generator, quietly
from wfx.errors import Dropped, Violation
from wfx.futures import Future, Task, abandon, is_unread
from wfx.handles import Handle, TimerHandle
from wfx.scope import Scope, mark, marked

__all__ = [
    "DeterministicLoop",
    "Future",
    "Handle",
    "Scope",
    "Task",
    "TimerHandle",
    "Timers",
    "current_scope",
    "to_delay_us",
]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MICROSECONDS: Final = 1_000_000

NEVER_US: Final = 1000 * 365 * 24 * 3600 * MICROSECONDS
"""A delay of a thousand years or more (`inf`, `sys.maxsize`) is none: it never ends."""

REFUSALS_MAX: Final = 1000
"""
How often a dropped loop raises into one dying coroutine. After that it hands out futures
that never end instead, because `while True` around `except BaseException` needs an await
that suspends to be stopped.
"""

_STEP = "Do this in a step."
_OURS = "The loop is driven by wfx; use `await`."

REMEDIES: Final = {
    "call_soon_threadsafe": "Start and join threads inside a step.",
    "close": _OURS,
    "default_exception_handler": "Catch the exception where it is raised.",
    "run_forever": _OURS,
    "run_in_executor": "Mark the function @step and await it; a sync step runs in a thread.",
    "run_until_complete": _OURS,
    "set_debug": _OURS,
    "set_default_executor": "Mark the function @step and await it; a sync step runs in a thread.",
    "set_exception_handler": "Catch the exception where it is raised.",
    "set_task_factory": "Make tasks with asyncio.create_task.",
    "add_signal_handler": "Signals do not reach workflow code; wait for a hook.",
    "remove_signal_handler": "Signals do not reach workflow code; wait for a hook.",
    "shutdown_asyncgens": "Async generators are closed when the workflow returns.",
    "shutdown_default_executor": _OURS,
    "stop": _OURS,
}
"""What to do instead of a call the loop refuses; for all others: do it in a step."""

_STOPPING = (Violation, Dropped, KeyboardInterrupt, GeneratorExit)
"""After these nothing of the run is cleaned up by its own code."""

# Python 3.12 and newer: 3.14 has one current task per thread, not one per loop.
_swap_current_task: Callable[[Any, Any], Any] | None = getattr(
    asyncio.tasks, "_swap_current_task", None
)

_Host = tuple[Any, Any, Any]
"""What the thread was in before: loop, task, hooks of async generators."""


class Timers(Protocol):
    """How a timer of the loop becomes a durable wait."""

    def monotonic_us(self) -> int:
        """A clock reading, in microseconds since the run's start; each call is recorded."""
        ...

    def start(self, delay_us: int, fire: Callable[[], None]) -> object:
        """
        Request a durable wait in `current_scope()`; a token for it.

        When it is over, call `fire`, then run the loop.
        """
        ...

    def cancel(self, token: object) -> None:
        """Cancel a wait that has not fired; called at most once."""
        ...

    def due_us(self, token: object) -> int:
        """When the wait ends, on the clock of `monotonic_us`; not a clock reading."""
        ...


def to_delay_us(delay: float) -> int | None:
    """
    Seconds as whole microseconds, half to even; None for never.

    Raises:
        ValueError: If it is no number of seconds.
    """
    if type(delay) not in (int, float):
        delay = float(delay)  # a class of workflow code would be asked for what follows
    if math.isnan(delay):
        raise ValueError("a delay in seconds was expected, not NaN")
    if math.isinf(delay):
        return None if delay > 0 else 0
    delay_us = round(delay * MICROSECONDS)
    return None if delay_us >= NEVER_US else delay_us


class DeterministicLoop(asyncio.AbstractEventLoop):
    """
    The event loop of one run.

    Args:
        timers: Makes durable waits of timers.
        refuse: Called with a sentence when workflow code asks the loop for something that
            would differ on replay; must raise. Without it the loop condemns itself and
            raises a Violation.
        turns_max: More turns than this without coming to rest are refused.
    """

    def __init__(
        self,
        timers: Timers,
        *,
        refuse: Callable[[str], NoReturn] | None = None,
        turns_max: int = 1_000_000,
    ) -> None:
        self.timers = timers
        self.root_scope = Scope()
        self.callback_errors: list[tuple[BaseException, str]] = []
        """What callbacks raised, and where that was noticed; nobody else hears of it."""
        self.running_task: Task[Any] | None = None
        self._refuse = refuse
        self._turns_max = turns_max
        self._ready: deque[Handle | TimerHandle] = deque()
        self._running = False
        """Whether this thread is inside of it."""
        self._turning = False
        """Whether it is at work on what is ready."""
        self._dropped = False
        self._refusals = 0
        self._condemned: BaseException | None = None
        self._serials = itertools.count(1)
        self._names = itertools.count(1)
        self._tasks: dict[int, Task[Any]] = {}
        self._failed: list[Task[Any]] = []
        self._failed_swept = 64
        self._generators: list[AsyncGenerator[Any, Any]] = []
        self._generators_swept = 64

    # -- driving --------------------------------------------------------------------------

    def start(self, coro: Coroutine[Any, Any, T]) -> Task[T]:
        """
        Make the root task, in the scope `""`.

        When `coro` is over, however it ends, the root task does what `asyncio.run` does
        before it returns: it cancels the remaining tasks in the order they were made, awaits
        them, and closes the async generators that are still open. Then it is done.
        """
        context = Context()
        mark(context, self.root_scope)
        return self._make_task(self._whole(coro), self.root_scope, context, None)

    def inside(self) -> Inside:
        """Be this thread's running loop for a while: several deliveries enter only once."""
        return Inside(self)

    def run_until_quiescent(self) -> None:
        """
        Run what is ready until nothing is.

        Raises:
            BaseException: What the loop was condemned with; or KeyboardInterrupt.
            Dropped: If the loop was dropped.
        """
        if self._dropped:
            raise Dropped("this run was dropped")
        if self._condemned is not None:
            raise self._condemned
        if self._turning:
            raise RuntimeError("this loop is running already")
        if self._running:
            self._run()
        else:
            with self.inside():
                self._run()

    def condemn(self, error: BaseException) -> None:
        """Stop before the next turn, and for good, with `error`. The first one counts."""
        if self._condemned is None:
            self._condemned = error

    def refuse(self, text: str) -> NoReturn:
        """Refuse something to workflow code; does not return."""
        if self._dropped:
            raise Dropped("this run was dropped")
        if self._refuse is not None:
            self._refuse(text)
        violation = Violation(text)
        self.condemn(violation)
        raise violation

    def unretrieved(self) -> list[Task[Any]]:
        """Tasks that failed and whose exception nobody has read, in the order of creation."""
        return sorted((t for t in self._failed if is_unread(t)), key=hash)

    def live_tasks(self) -> list[Task[Any]]:
        """Tasks that are not done, in the order of creation."""
        return list(self._tasks.values())

    def drop(self) -> None:
        """
        Give the run up: close its coroutines and take no call any more.

        The `finally` blocks that run here reach nothing: every call raises Dropped, timers
        stay as they are, and nobody hears of exceptions or warnings.
        """
        if self._running:
            raise RuntimeError("a loop cannot be dropped from inside; condemn it instead")
        if self._dropped:
            return
        self._dropped = True
        with self.inside(), quietly():
            self._bury()
        self._refusals = 0

    def _bury(self) -> None:
        self._ready.clear()
        for task in self.live_tasks():
            self._refusals = 0
            bury(abandon(task))
        for generator in self._generators:
            self._refusals = 0
            bury_generator(generator)
        # Freed here, where it is quiet.
        self._tasks.clear()
        self._failed.clear()
        self._generators.clear()
        self.callback_errors.clear()

    def _enter(self) -> _Host:
        """Become this thread's running loop, also inside of another one's callback or task."""
        if self._running:
            raise RuntimeError("this loop is running already")
        loop = _get_running_loop()
        task = None
        if loop is not None and _swap_current_task is not None:
            # Asked first: swapping nothing for nothing is a KeyError on 3.12.
            task = asyncio.current_task(loop)
            if task is not None:
                _swap_current_task(loop, None)
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(self._adopt, _leave_alone)
        _set_running_loop(self)
        self._running = True
        return loop, task, hooks

    def _leave(self, host: _Host) -> None:
        loop, task, hooks = host
        self._running = False
        _set_running_loop(loop)
        sys.set_asyncgen_hooks(*hooks)
        if task is not None and _swap_current_task is not None:
            _swap_current_task(loop, task)

    def _run(self) -> None:
        ready = self._ready
        self._turning = True
        try:
            for _ in itertools.repeat(None, self._turns_max):
                if not ready:
                    return
                handle = ready.popleft()
                if handle._cancelled:
                    continue
                try:
                    handle._context.run(handle._callback, *handle._args)
                except BaseException as error:
                    self._callback_raised(error)
                if self._condemned is not None:
                    raise self._condemned
        finally:
            self._turning = False
        if ready:
            self.refuse(
                f"the workflow took {self._turns_max:,} turns without waiting for anything. "
                f"A loop around `await asyncio.sleep(0)` never ends here: wait for a step, a "
                f"hook, an asyncio.Event or a time instead."
            )

    def _callback_raised(self, error: BaseException) -> None:
        if isinstance(error, (Violation, Dropped, KeyboardInterrupt)):
            self.condemn(error)
        else:
            self.callback_errors.append((error, "a callback raised"))

    async def _whole(self, coro: Coroutine[Any, Any, T]) -> T:
        orderly = True
        try:
            return await coro
        except _STOPPING:
            orderly = False
            raise
        finally:
            if orderly and self._condemned is None:
                await self._wind_up()

    async def _wind_up(self) -> None:
        root = self.running_task
        while others := [t for t in self._tasks.values() if t is not root]:
            for task in others:
                task.cancel()
            for task in others:
                while not task.done():
                    await self._end_of(task)
        generators, self._generators = self._generators, []
        for generator in generators:
            try:
                await generator.aclose()
            except _STOPPING:
                raise
            except BaseException as error:
                self.callback_errors.append((error, "closing an async generator raised"))

    async def _end_of(self, task: Task[Any]) -> None:
        """Wait until a task is done, or the root is cancelled, which has no effect now."""
        ended: Future[None] = self.create_future()
        task.add_done_callback(partial(_settle, ended))
        try:
            await ended
        except asyncio.CancelledError:
            return

    # -- tasks and generators -------------------------------------------------------------

    def create_future(self) -> Future[Any]:
        """A future of this loop."""
        if self._dropped:
            self._refuse_dropped()
        return Future(loop=self)

    def create_task(
        self,
        coro: Any,
        *,
        name: object = None,
        context: Context | None = None,
        **_options: object,
    ) -> Task[Any]:
        """Start a coroutine in a new child scope of the current one; never eagerly."""
        if self._dropped:
            if asyncio.iscoroutine(coro):
                coro.close()
            self._refuse_dropped()
        if not asyncio.iscoroutine(coro):
            raise TypeError(f"a coroutine was expected, got {type(coro).__name__}")
        if context is not None and type(context) is not Context:
            raise TypeError(f"a Context was expected, got {type(context).__name__}")
        scope = (self._scope() or self.root_scope).child()
        context = copy_context() if context is None else context
        mark(context, scope)
        return self._make_task(coro, scope, context, name)

    def _make_task(self, coro: Any, scope: Scope, context: Context, name: object) -> Task[Any]:
        serial = next(self._serials)
        default = f"Task-{next(self._names)}"
        task: Task[Any] = Task(
            coro,
            loop=self,
            scope=scope,
            context=context,
            name=default if name is None else str(name),
            serial=serial,
        )
        if not self._dropped:
            self._tasks[serial] = task
        return task

    def forget(self, task: Task[Any], failed: bool = False) -> None:
        """A task is done. One that failed is kept until somebody has read its exception."""
        self._tasks.pop(hash(task), None)
        if failed and not self._dropped:
            self._failed.append(task)
            if len(self._failed) > self._failed_swept:
                # The newest has its exception only after this call.
                self._failed = [t for t in self._failed if t is task or is_unread(t)]
                self._failed_swept = max(64, 2 * len(self._failed))

    def next_serial(self) -> int:
        """A number that nothing else of this run has."""
        return next(self._serials)

    def _adopt(self, generator: AsyncGenerator[Any, Any]) -> None:
        # Held, so that only the end of the run closes what nobody else does: a finalizer's
        # moment depends on the collector.
        if self._dropped:
            return
        self._generators.append(generator)
        if len(self._generators) > self._generators_swept:
            self._generators = [g for g in self._generators if _is_open(g)]
            self._generators_swept = max(64, 2 * len(self._generators))

    def _scope(self) -> Scope | None:
        task = self.running_task
        return marked() if task is None else task._scope

    def current_scope(self) -> Scope:
        """
        The scope of the running task, or of whoever registered the running callback.

        Raises:
            Dropped: If the loop was dropped.
            RuntimeError: Outside of it.
        """
        if self._dropped:
            raise Dropped("this run was dropped")
        scope = self._scope() if self._running else None
        if scope is None:
            raise RuntimeError("there is no scope outside of a run")
        return scope

    # -- callbacks and time ---------------------------------------------------------------

    def call_soon(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> Handle:
        """Call at the next turn that is free."""
        if self._dropped:
            self._refuse_dropped()
        handle = Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> TimerHandle:
        """Call after a durable wait of `delay` seconds; a delay of none is `call_soon`."""
        delay_us = to_delay_us(delay)
        due = math.inf if delay_us is None else None
        return self._call_after(delay_us, TimerHandle(callback, args, self, context, due))

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> TimerHandle:
        """Call when `time()` has reached `when`."""
        due_us = to_delay_us(when)
        delay_us = None if due_us is None else due_us - self._monotonic_us()
        return self._call_after(delay_us, TimerHandle(callback, args, self, context, when))

    def _call_after(self, delay_us: int | None, handle: TimerHandle) -> TimerHandle:
        if self._dropped:
            self._refuse_dropped()
        elif delay_us is None:
            pass  # It never happens, and nothing waits for it.
        elif delay_us <= 0:
            self._ready.append(handle)
        else:
            handle.start(delay_us)
        return handle

    def make_ready(self, handle: TimerHandle) -> None:
        """Run a timer that has fired at the next turn that is free."""
        if not self._dropped:
            self._ready.append(handle)

    def time(self) -> float:
        """Seconds since the run's start; a recorded clock reading."""
        return self._monotonic_us() / MICROSECONDS

    def _monotonic_us(self) -> int:
        if self._dropped:
            self._refuse_dropped()
            return 0
        return self.timers.monotonic_us()

    def _refuse_dropped(self) -> None:
        self._refusals += 1
        if self._refusals <= REFUSALS_MAX or not self._running:
            raise Dropped("this run was dropped")

    # -- being an event loop --------------------------------------------------------------

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep an error that has nowhere else to go."""
        if self._dropped:
            return
        message = str(context.get("message", "an error without a message"))
        error = context.get("exception")
        if not isinstance(error, BaseException):
            error = RuntimeError(message)
        self.callback_errors.append((error, message))

    def get_exception_handler(self) -> None:
        """None: errors are kept in `callback_errors`."""
        return

    def get_task_factory(self) -> None:
        """None: tasks are always of the loop's own class."""
        return

    def get_debug(self) -> bool:
        """False."""
        return False

    def is_running(self) -> bool:
        """Whether this thread is inside of it."""
        return self._running

    def is_closed(self) -> bool:
        """Whether it was dropped."""
        return self._dropped

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Nothing: our timers tell their waits themselves."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Inside:
    """While it lasts, the thread is inside of a loop; see `DeterministicLoop.inside`."""

    __slots__ = ("_host", "_loop")
    _host: _Host

    def __init__(self, loop: DeterministicLoop) -> None:
        self._loop = loop

    def __enter__(self) -> None:
        self._host = self._loop._enter()

    def __exit__(self, *_: object) -> None:
        self._loop._leave(self._host)


def _refusing(name: str) -> Callable[..., NoReturn]:
    def refused(self: DeterministicLoop, *_args: object, **_kwargs: object) -> NoReturn:
        self.refuse(
            f"`loop.{name}()` cannot be used in a workflow: what it does would not be the "
            f"same on replay. {REMEDIES.get(name, _STEP)}"
        )

    refused.__name__ = name
    refused.__qualname__ = f"DeterministicLoop.{name}"
    return refused


# Whatever else an event loop can do, in this Python and in later ones.
for _name in vars(asyncio.AbstractEventLoop):
    if not _name.startswith("_") and _name not in vars(DeterministicLoop):
        setattr(DeterministicLoop, _name, _refusing(_name))


def _settle(ended: Future[None], _task: Task[Any]) -> None:
    if not ended.done():
        ended.set_result(None)


def _is_open(generator: AsyncGenerator[Any, Any]) -> bool:
    return getattr(generator, "ag_frame", None) is not None


def _leave_alone(generator: AsyncGenerator[Any, Any]) -> None:
    """Do not close a generator because the collector found it."""


def current_scope() -> Scope:
    """
    The scope of the running task, or of whoever registered the running callback.

    Raises:
        Dropped: In what is left of a dropped run.
        RuntimeError: Outside of a run.
    """
    loop = _get_running_loop()
    if not isinstance(loop, DeterministicLoop):
        raise RuntimeError("there is no scope outside of a run")
    return loop.current_scope()
