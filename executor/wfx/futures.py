"""
Future and Task of the deterministic loop.

They are asyncio's by type, so everything that takes or returns a future works with them.
What a program could tell one process or Python version from another by is replaced: hashes
are serial numbers of the run, reprs have no addresses, names count per run, and nothing is
logged from a finalizer, whose moment the garbage collector decides.

A Task also takes its own steps, instead of asyncio's C code. The rules are the documented
ones of Python 3.13 (a request to cancel that `uncancel()` takes back is forgotten), on every
version. What a coroutine raises stays in its task, SystemExit too: workflow code ends a run,
never the worker. Only a Violation, Dropped or KeyboardInterrupt stops the loop.
"""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Coroutine
from contextvars import Context
from typing import TYPE_CHECKING, Any, TypeVar

from wfx.errors import Dropped, Violation
from wfx.scope import Scope

if TYPE_CHECKING:
    from wfx.loop import DeterministicLoop

T = TypeVar("T")

# Task overrides these to refuse or to do something else; a step needs the future's own.
_set_result = asyncio.Future.set_result
_set_exception = asyncio.Future.set_exception
_cancel = asyncio.Future.cancel


def _state(future: asyncio.Future[Any]) -> str:
    if not future.done():
        return "pending"
    return "cancelled" if future.cancelled() else "finished"


class Future(asyncio.Future[T]):
    """A future whose hash is a serial number of its run, drawn when first asked for."""

    __slots__ = ("_serial",)
    _serial: int

    def set_exception(self, exception: type | BaseException, /) -> None:
        """Mark the future done with an exception; nobody is told if it is never read."""
        super().set_exception(exception)
        self._log_traceback = False

    def __hash__(self) -> int:
        try:
            return self._serial
        except AttributeError:
            loop: Any = self.get_loop()
            self._serial = loop.next_serial()
            return self._serial

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {_state(self)}>"


class Task(asyncio.Task[T]):
    """A coroutine on its way, in a scope of its own."""

    __slots__ = (
        "_cancel_message",
        "_cancel_next",
        "_cancels",
        "_coroutine",
        "_home",
        "_name",
        "_scope",
        "_serial",
        "_task_context",
        "_waiter",
    )

    def __init__(
        self,
        coro: Coroutine[Any, Any, T],
        *,
        loop: DeterministicLoop,
        scope: Scope,
        context: Context,
        name: str,
        serial: int,
    ) -> None:
        self._scope = scope
        self._serial = serial
        self._name = name
        self._home = loop
        self._coroutine: Any = coro  # None once abandoned
        self._task_context = context
        self._waiter: asyncio.Future[Any] | None = None
        self._cancels = 0
        self._cancel_next = False
        self._cancel_message: object = None
        # Not Task.__init__: it would have asyncio's C code take the steps, and put the task
        # into a process-wide set, where the equal hashes of many runs collide.
        asyncio.Future.__init__(self, loop=loop)
        loop.call_soon(self._step, context=context)

    # -- taking steps ---------------------------------------------------------------------

    def _step(self, _awaited: object = None, *, error: BaseException | None = None) -> None:
        loop = self._home
        self._waiter = None
        if self._cancel_next:
            self._cancel_next = False
            error = self._cancelled_error()
        _enter_task(loop, self)
        loop.running_task = self
        try:
            coroutine = self._coroutine
            awaited = coroutine.send(None) if error is None else coroutine.throw(error)
        except StopIteration as stop:
            if self._cancel_next:
                self._end_cancelled(self._cancel_message)
            else:
                loop.forget(self)
                _set_result(self, stop.value)
        except CancelledError as cancelled:
            self._end_cancelled(cancelled.args[0] if cancelled.args else None)
        except BaseException as raised:
            self._end_failed(raised)
        else:
            self._suspend(awaited)
        finally:
            loop.running_task = None
            _leave_task(loop, self)

    def _suspend(self, awaited: Any) -> None:
        """Arrange for the next step, when what the coroutine yielded is done."""
        loop = self._home
        if awaited is None:
            loop.call_soon(self._step, context=self._task_context)
            return
        problem: str | None = None
        blocking = getattr(awaited, "_asyncio_future_blocking", None)
        if blocking is None:
            problem = f"yielded {type(awaited).__name__}, which is no future"
        elif not blocking:
            problem = "used `yield` for a future; use `await`"
        elif awaited is self:
            problem = "cannot await itself"
        elif awaited.get_loop() is not loop:
            problem = "awaits a future that belongs to another event loop"
        if problem is not None:
            wrong = RuntimeError(f"{self._name} {problem}")
            loop.call_soon(self._throw, wrong, context=self._task_context)
            return
        awaited._asyncio_future_blocking = False
        awaited.add_done_callback(self._step, context=self._task_context)
        self._waiter = awaited
        if self._cancel_next and awaited.cancel(msg=self._cancel_message):
            self._cancel_next = False

    def _throw(self, error: BaseException) -> None:
        self._step(error=error)

    def _cancelled_error(self) -> CancelledError:
        if self._cancel_message is None:
            return CancelledError()
        return CancelledError(self._cancel_message)

    def _end_cancelled(self, message: Any) -> None:
        self._cancel_next = False
        self._home.forget(self)
        _cancel(self, msg=message)

    def _end_failed(self, raised: BaseException) -> None:
        # Our own frame is of no interest to a reader, and would make a reference cycle.
        trace = raised.__traceback__
        raised = raised.with_traceback(trace.tb_next if trace is not None else None)
        if isinstance(raised, (Violation, Dropped, KeyboardInterrupt)):
            self._home.condemn(raised)
        elif isinstance(raised, (RecursionError, MemoryError)):
            # Where it happens depends on the machine, so it must not become an outcome.
            text = f"workflow code ended with {type(raised).__name__}, a limit of this machine."
            self._home.condemn(Violation(text, rule="WFX251"))
        self._home.forget(self, failed=True)
        _set_exception(self, raised)

    # -- cancelling -----------------------------------------------------------------------

    def cancel(self, msg: Any | None = None) -> bool:
        """Ask the task to end: CancelledError is raised in it at its next turn."""
        if self.done():
            return False
        self._cancels += 1
        # Read by what the waiter's cancellation calls back into, so set before.
        self._cancel_message = msg
        if self._waiter is not None and self._waiter.cancel(msg=msg):
            return True
        self._cancel_next = True
        return True

    def cancelling(self) -> int:
        """How many requests to cancel are open."""
        return self._cancels

    def uncancel(self) -> int:
        """Take one request back; how many are left. The last one takes its effect along."""
        if self._cancels > 0:
            self._cancels -= 1
            if self._cancels == 0:
                self._cancel_next = False
        return self._cancels

    # -- looking --------------------------------------------------------------------------

    def get_coro(self) -> Coroutine[Any, Any, T]:
        """The coroutine."""
        coroutine: Coroutine[Any, Any, T] = self._coroutine
        return coroutine

    def get_context(self) -> Context:
        """The context it runs in."""
        return self._task_context

    def get_name(self) -> str:
        """The name given to it, or `Task-N`, counted per run."""
        return self._name

    def set_name(self, value: object, /) -> None:
        """Give it a name."""
        self._name = str(value)

    def __hash__(self) -> int:
        return self._serial

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r} {_state(self)}>"

    def __del__(self) -> None:
        """Nothing: asyncio would log from here, whenever the collector comes by."""


# Not methods: workflow code holds tasks, and these are not for it.


def is_unread(task: Task[Any]) -> bool:
    """Whether the task failed and nobody has looked at its exception."""
    return task._log_traceback


def abandon(task: Task[T]) -> Coroutine[Any, Any, T]:
    """Take the coroutine out of a task, which never takes a step again."""
    coroutine = task.get_coro()
    task._coroutine = None
    task._waiter = None
    return coroutine
