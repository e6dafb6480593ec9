"""
One attempt of a step: the body runs here, on the host, and its outcome becomes a fact.

Async bodies run on the worker's event loop, sync ones in a thread. Arguments and results
are validated against the step's annotations. Whatever a body does, this module answers
with one event: it completed, will be retried, or failed for good.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from wfx.codec import decode, encode, encode_error
from wfx.errors import (
    EncodeError,
    FatalError,
    InvalidArguments,
    NotInRun,
    RetryableError,
    StepLost,
    StepTimeout,
    WfxError,
)
from wfx.events import StepCompleted, StepFailed, StepRetrying
from wfx.frozen import maker, quick

if TYPE_CHECKING:
    from wfx.program import StepOptions, StepSpec
    from wfx.workers.runner import Begin
    from wfx.world import Streams

T = TypeVar("T")
Outcome = StepCompleted | StepFailed | StepRetrying
_make_completed = maker(StepCompleted)


class StreamWriter:
    """One output stream of a run, written by a step; see `StepContext.stream`."""

    def __init__(self, context: StepContext, name: str) -> None:
        self._context = context
        self.name = name

    def write(self, data: str | bytes) -> None:
        """
        Append a chunk. It is durable, and readers see it, when this returns.

        A retry of the step writes its chunks again; readers tell them apart by attempt.
        """
        context = self._context
        context._streams.write(
            context.run_id,
            self.name,
            data.encode() if isinstance(data, str) else data,
            step_id=context.step_id,
            attempt=context.attempt,
        )

    def close(self) -> None:
        """End the stream for good."""
        self._context._streams.close(self._context.run_id, self.name)


@quick
@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step body can know of the attempt it is in."""

    run_id: str
    step_id: str
    """The same at every attempt: the idempotency key for calls to other systems."""
    step_name: str
    attempt: int
    """1 for the first."""
    _streams: Streams

    def stream(self, name: str = "default") -> StreamWriter:
        """A stream of the run's output."""
        return StreamWriter(self, name)


_context: ContextVar[StepContext] = ContextVar("wfx_step")


def step_context() -> StepContext:
    """
    The attempt that the calling step body is in.

    Raises:
        NotInRun: Outside a step of a run.
    """
    try:
        return _context.get()
    except LookupError:
        raise NotInRun(what="step_context()") from None


async def run_attempt(
    spec: StepSpec,
    begin: Begin,
    context: StepContext,
    *,
    threads: Executor,
    now: Callable[[], datetime],
) -> Outcome:
    """
    Run the body and say what became of it.

    Args:
        begin: The attempt, which may begin: its `step_started` is committed.

    Raises:
        asyncio.CancelledError: The attempt itself was cancelled, because the step was.
    """
    try:
        args, kwargs = _arguments(spec, begin)
    except Exception as error:
        # Trying again would give the same arguments to the same annotations.
        return StepFailed(error=encode_error(error))
    token = _context.set(context)
    try:
        seconds = spec.options.timeout
        called = _result(spec, args, kwargs, threads)
        result = await (called if seconds is None else _limited(called, spec.name, seconds))
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return failure(error, spec.options, begin.failures, now())
    except KeyboardInterrupt:
        # Somebody at the terminal; a sync body's own is a _BodyRaised.
        raise
    except _BodyRaised as raised:
        return failure(raised.error, spec.options, begin.failures, now())
    except BaseException as error:
        return failure(error, spec.options, begin.failures, now())
    finally:
        _context.reset(token)
    try:
        validated = spec.signature.validate_result(result)
        return _make_completed(result=encode(validated, path="result"))
    except Exception as error:
        # Code of the result's own class may raise anything.
        return StepFailed(error=encode_error(error))


def _arguments(spec: StepSpec, begin: Begin) -> tuple[tuple[object, ...], dict[str, object]]:
    args = [decode(value, path=f"input[{i}]") for i, value in enumerate(begin.args)]
    kwargs: dict[str, object] = {}
    for name, value in begin.kwargs.items():
        kwargs[name] = decode(value, path=f"input.{name}")
    return spec.signature.validate(args, kwargs)


async def _limited(called: Awaitable[T], name: str, seconds: float) -> T:
    try:
        async with asyncio.timeout(seconds) as limit:
            return await called
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise StepTimeout(f"step {name} took longer than {seconds:g} s") from error


async def _result(
    spec: StepSpec, args: tuple[object, ...], kwargs: dict[str, object], threads: Executor
) -> object:
    if spec.is_async:
        return await spec.func(*args, **kwargs)
    loop = asyncio.get_running_loop()
    context = copy_context()
    result, raised = await loop.run_in_executor(
        threads, lambda: context.run(_outcome_of, spec.func, args, kwargs)
    )
    if raised is not None:
        raise _BodyRaised(raised)
    return await result if inspect.iscoroutine(result) else result


class _BodyRaised(BaseException):
    """What a sync body raised, which may be anything, SystemExit and StopIteration included."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        super().__init__()


def _outcome_of(
    func: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
) -> tuple[Any, BaseException | None]:
    # Handed over as values: a future refuses some exceptions, and a loop ends with others.
    try:
        return func(*args, **kwargs), None
    except BaseException as error:
        return None, error


def failure(
    error: BaseException, options: StepOptions, failures: int, now: datetime
) -> StepFailed | StepRetrying:
    """What a failed attempt becomes: another try later, or the step's failure."""
    encoded = encode_error(error)
    final = isinstance(error, (FatalError, InvalidArguments, EncodeError))
    if final or failures >= options.max_retries:
        return StepFailed(error=encoded)
    delay = min(options.backoff * 2 ** min(failures, 32), options.backoff_max)
    if isinstance(error, RetryableError) and error.retry_after is not None:
        delay = _as_delay(error.retry_after)
    return StepRetrying(error=encoded, retry_after=now + delay)


def _as_delay(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return max(value, timedelta(0))
    if isinstance(value, (int, float)):
        return timedelta(seconds=max(value, 0))
    return timedelta(0)


def lost(step_name: str, count: int) -> StepFailed:
    """The failure of a step whose attempts were lost to crashes too often."""
    return StepFailed(
        error=encode_error(
            StepLost(
                f"{count} attempts of step {step_name} were lost: each began, and the process "
                "that ran it ended before it could say what became of it"
            )
        )
    )


def unknown(step_name: str, known: list[str]) -> StepFailed:
    """The failure of a step that today's code does not have."""
    names = ", ".join(sorted(known)) or "none"
    return StepFailed(
        error=encode_error(WfxError(f"there is no step {step_name!r} in the code; it has: {names}"))
    )
