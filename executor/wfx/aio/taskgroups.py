"""TaskGroup: tasks that end together."""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections.abc import Coroutine
from contextvars import Context
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")


class TaskGroup:
    """
    A block that is left when all tasks made in it are done.

    The first failure cancels the others and the block. The errors are raised together as an
    ExceptionGroup: those of tasks in the order the tasks were made, then the block's own.
    """

    def __init__(self) -> None:
        self._entered = False
        self._leaving = False
        self._aborting = False
        self._owner: asyncio.Task[Any] | None = None
        self._owner_cancelled = False
        self._live: dict[asyncio.Task[Any], None] = {}
        self._made = 0
        self._errors: list[tuple[int, BaseException]] = []
        self._base_error: BaseException | None = None
        self._empty: asyncio.Future[None] | None = None

    async def __aenter__(self) -> TaskGroup:
        if self._entered:
            raise RuntimeError("the task group has already been entered")
        owner = asyncio.current_task()
        if owner is None:
            raise RuntimeError("a task group can only be used inside a task")
        self._entered = True
        self._owner = owner
        return self

    def create_task(
        self, coro: Coroutine[Any, Any, T], *, name: object = None, context: Context | None = None
    ) -> asyncio.Task[T]:
        """
        Start a coroutine as a task of this group.

        Raises:
            RuntimeError: If the group is not entered, is over, or is ending after an error.
        """
        problem = None
        if not self._entered:
            problem = "has not been entered"
        elif self._leaving and not self._live:
            problem = "is finished"
        elif self._aborting:
            problem = "is shutting down"
        if problem is not None:
            coro.close()
            raise RuntimeError(f"the task group {problem}")
        loop: Any = asyncio.get_running_loop()
        task: asyncio.Task[T] = loop.create_task(coro, name=name, context=context)
        number = self._made
        self._made += 1
        self._live[task] = None
        task.add_done_callback(lambda done: self._task_done(done, number))
        return task

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if isinstance(exc, GeneratorExit):
            return  # The coroutine is being closed; there is no time to wait.
        self._leaving = True
        if exc is not None:
            self._note_base_error(exc)
            self._abort()
        cancelled = exc if isinstance(exc, CancelledError) else None
        cancelled = await self._until_empty() or cancelled
        try:
            self._finish(exc, cancelled)
        finally:
            self._errors = []
            self._base_error = None

    async def _until_empty(self) -> CancelledError | None:
        """Wait for the tasks; the last request to cancel that came from outside meanwhile."""
        cancelled = None
        while self._live:
            self._empty = asyncio.get_running_loop().create_future()
            try:
                await self._empty
            except CancelledError as error:
                if not self._aborting:
                    # Not from us: the owner is to end.
                    cancelled = error
                    self._abort()
            finally:
                self._empty = None
        return cancelled

    def _finish(self, exc: BaseException | None, cancelled: BaseException | None) -> None:
        """Raise what the block ends with, if anything."""
        owner = self._owner
        if owner is None:
            return
        if self._owner_cancelled and owner.uncancel() == 0:
            cancelled = None  # That request was ours.
        if self._base_error is not None:
            raise self._base_error
        if cancelled is not None and not self._errors:
            raise cancelled
        errors = [error for _, error in sorted(self._errors, key=_number)]
        if exc is not None and not isinstance(exc, CancelledError):
            errors.append(exc)
        if not errors:
            return
        if owner.cancelling():
            # A request from outside is open as well: let it strike at the next await.
            owner.uncancel()
            owner.cancel()
        raise BaseExceptionGroup("unhandled errors in a TaskGroup", errors) from None

    def _task_done(self, task: asyncio.Task[Any], number: int) -> None:
        del self._live[task]
        if self._empty is not None and not self._live and not self._empty.done():
            self._empty.set_result(None)
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        self._errors.append((number, error))
        self._note_base_error(error)
        owner = self._owner
        if owner is None or owner.done():
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a task failed after its task group was left", "exception": error}
            )
        elif not self._aborting and not self._owner_cancelled:
            self._abort()
            self._owner_cancelled = True
            owner.cancel()

    def _abort(self) -> None:
        if not self._aborting:
            self._aborting = True
            for task in list(self._live):
                task.cancel()

    def _note_base_error(self, error: BaseException) -> None:
        if self._base_error is None and isinstance(error, (SystemExit, KeyboardInterrupt)):
            self._base_error = error

    def __repr__(self) -> str:
        state = "entered" if self._entered else "new"
        if self._aborting:
            state = "cancelling"
        return f"<TaskGroup {state} tasks={len(self._live)}>"


def _number(numbered: tuple[int, BaseException]) -> int:
    return numbered[0]
