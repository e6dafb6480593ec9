"""One attempt of a step, and the one event it becomes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wfx import step, step_context
from wfx.errors import FatalError, InvalidArguments, NotInRun, RetryableError
from wfx.events import StepCompleted, StepFailed, StepRetrying
from wfx.program import StepOptions
from wfx.workers.runner import Begin
from wfx.workers.steps import StepContext, failure, lost, run_attempt, unknown
from wfx.world import Streams

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Sink(Streams):
    """Keeps what is written."""

    def __init__(self) -> None:
        self.chunks: list[tuple[str, bytes]] = []
        self.closed: list[str] = []

    def write(self, run_id: str, stream: str, data: bytes, **of: object) -> None:
        assert (run_id, of) == ("wrun_1", {"step_id": "step_1", "attempt": 3})
        self.chunks.append((stream, data))

    def close(self, run_id: str, stream: str) -> None:
        assert run_id == "wrun_1"
        self.closed.append(stream)


def begun(args: list[Any], kwargs: dict[str, Any], failures: int = 0) -> Begin:
    """An attempt after so many that failed."""
    return Begin("step_1", ("step_1", 1), failures + 1, failures, "t:body", args, kwargs)


def attempt(body: Any, *args: Any, sink: Sink | None = None, failures: int = 0, **kw: Any) -> Any:
    """What becomes of an attempt with these encoded arguments."""
    context = StepContext("wrun_1", "step_1", "t:body", failures + 1, sink or Sink())

    async def main() -> Any:
        with ThreadPoolExecutor(1) as threads:
            return await run_attempt(
                body.spec,
                begun(list(args), kw, failures),
                context,
                threads=threads,
                now=lambda: NOW,
            )

    return asyncio.run(main())


def test_arguments_and_results_are_what_the_annotations_say() -> None:
    """Validated by pydantic on the way in and out."""

    @step(name="t:body")
    async def body(number: int, *, word: str = "x") -> str:
        return word * number

    assert attempt(body, 2, word="ab") == StepCompleted(result="abab")
    assert attempt(body, "2") == StepCompleted(result="xx")


def test_arguments_that_do_not_fit_fail_at_once() -> None:
    """Trying again would give the same arguments to the same annotations."""

    @step(name="t:body")
    async def body(number: int) -> int:
        return number

    failed = attempt(body, "no number")
    assert isinstance(failed, StepFailed)
    assert failed.error["type"] == "wfx.errors:InvalidArguments"


def test_the_context_of_an_attempt_is_there_in_async_and_sync_bodies() -> None:
    """Run, step, name, attempt and streams; outside there is none."""
    sink = Sink()

    def use() -> list[Any]:
        context = step_context()
        stream = context.stream("log")
        stream.write("text")
        stream.write(b"bytes")
        stream.close()
        return [context.run_id, context.step_id, context.step_name, context.attempt]

    async def use_later() -> list[Any]:
        return use()

    for func in (use, use_later):
        done = attempt(step(func, name="t:body"), sink=sink, failures=2)
        assert done == StepCompleted(result=["wrun_1", "step_1", "t:body", 3])
    assert sink.chunks == [("log", b"text"), ("log", b"bytes")] * 2
    assert sink.closed == ["log", "log"]
    with pytest.raises(NotInRun):
        step_context()


def test_a_sync_function_that_gives_a_coroutine_is_awaited() -> None:
    """As a lambda around an async function does."""

    async def later() -> int:
        return 7

    assert attempt(step(lambda: later(), name="t:body")) == StepCompleted(result=7)


OPTIONS = StepOptions(max_retries=3, backoff=timedelta(seconds=2), backoff_max=timedelta(seconds=5))


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 2), (1, 4), (2, 5), (3, None)], ids=["2", "4", "max", "over"]
)
def test_the_backoff_doubles_up_to_its_maximum(failures: int, seconds: int | None) -> None:
    """After the last retry the step has failed."""
    event = failure(ValueError("no"), OPTIONS, failures, NOW)
    if seconds is None:
        assert isinstance(event, StepFailed)
    else:
        assert isinstance(event, StepRetrying)
        assert event.retry_after == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("after", "seconds"),
    [(None, 2), (7, 7), (0.5, 0.5), (timedelta(hours=1), 3600), (-5, 0), ("soon", 0)],
)
def test_retry_after_replaces_the_backoff(after: Any, seconds: float) -> None:
    """Seconds or a timedelta; never before now."""
    event = failure(RetryableError("later", retry_after=after), OPTIONS, 0, NOW)
    assert isinstance(event, StepRetrying)
    assert event.retry_after == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("error", [FatalError("no"), InvalidArguments(name="x", reason="y")])
def test_some_errors_are_final(error: Exception) -> None:
    """There is no use in trying again."""
    assert isinstance(failure(error, OPTIONS, 0, NOW), StepFailed)


def test_more_than_a_thousand_failures_do_not_overflow() -> None:
    """The backoff has a maximum, and so has its exponent."""
    patient = StepOptions(max_retries=10_000)
    event = failure(ValueError("no"), patient, 5_000, NOW)
    assert isinstance(event, StepRetrying)
    assert event.retry_after == NOW + timedelta(minutes=5)


def test_a_body_whose_timeout_comes_from_inside_is_not_our_timeout() -> None:
    """Its TimeoutError is its own failure, with its own text."""

    @step(name="t:body", timeout=60, max_retries=0)
    async def body() -> None:
        raise TimeoutError("of the database")

    failed = attempt(body)
    assert isinstance(failed, StepFailed)
    assert failed.error["type"] == "builtins:TimeoutError"
    assert failed.error["message"] == "of the database"


def test_a_body_that_raises_cancelled_error_by_itself_has_failed() -> None:
    """Nobody cancelled the attempt."""

    @step(name="t:body", max_retries=0)
    async def body() -> None:
        raise asyncio.CancelledError("mine")

    failed = attempt(body)
    assert isinstance(failed, StepFailed)
    assert failed.error["message"] == "mine"


def test_an_attempt_that_is_cancelled_has_no_outcome() -> None:
    """Nothing happened that the log should know."""

    @step(name="t:body")
    async def body() -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        with ThreadPoolExecutor(1) as threads:
            context = StepContext("wrun_1", "step_1", "t:body", 1, Sink())
            task = asyncio.ensure_future(
                run_attempt(body.spec, begun([], {}), context, threads=threads, now=lambda: NOW)
            )
            await asyncio.sleep(0)
            task.cancel()
            await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())


def test_lost_and_unknown_steps_say_what_happened() -> None:
    """In words for whoever reads the run's error."""
    assert "10 attempts of step t:pay were lost" in str(lost("t:pay", 10).error["message"])
    message = unknown("t:pay", ["t:b", "t:a"]).error["message"]
    assert message == "there is no step 't:pay' in the code; it has: t:a, t:b"


def test_a_generator_is_no_step() -> None:
    """Its result would have to be one value."""

    def several() -> Iterator[int]:
        yield 1

    with pytest.raises(TypeError, match="must not `yield`"):
        step(several)
