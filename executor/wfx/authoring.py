"""
What an author writes workflows with: `workflow`, `step`, `create_hook`, `sleep`, `patched`.

The decorators keep the function and describe it (`.spec`). Called inside a run, a step is
a request to the executor; called anywhere else, step and workflow are the plain function.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, cast, overload

from wfx.context import HookHandle, RunContext, current
from wfx.errors import HookClosed, NotInRun, WfxError
from wfx.program import StepOptions, StepSpec, WorkflowSpec
from wfx.queues import check_priority
from wfx.signature import Signature

if TYPE_CHECKING:
    from wfx.values import Json

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

PLACE_NAME = "__wfx_place__"
"""Global of every module that holds workflow code: its path, for people."""


def caller_place(depth: int = 2) -> str:
    """`orders.py:31`: the nearest frame of workflow code above the caller; "" if none."""
    frame = sys._getframe(depth)
    while frame is not None:
        place = frame.f_globals.get(PLACE_NAME)
        if place is not None:
            return f"{place}:{frame.f_lineno}"
        if frame.f_back is None:
            break
        frame = frame.f_back
    return ""


def module_name(func: Callable[..., object]) -> str:
    """The module of a function; a script's is its file's name."""
    name = func.__module__
    if name != "__main__":
        return name
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name:
        return str(spec.name).removesuffix(".__main__")
    file = getattr(main, "__file__", None)
    return Path(file).stem if file else name


def stable_name(func: Callable[..., object], name: str | None) -> str:
    """The name a log knows a workflow or step by: module path and qualified name."""
    if name is not None:
        return name
    qualname = getattr(func, "__qualname__", None)
    if qualname is None:
        raise WfxError(f"{func!r} has no name; give one: name='module:function'")
    return f"{module_name(func)}:{qualname}"


def request_step(
    run: RunContext, spec: StepSpec, args: tuple[object, ...], kwargs: dict[str, object]
) -> Coroutine[Any, Any, Any]:
    """Ask `run` for a step; its place is that of the workflow code that asks."""
    return run.call_step(spec, args, kwargs, caller_place(3))


def step_reference(spec: StepSpec) -> Callable[..., Coroutine[Any, Any, Any]]:
    """
    What workflow code calls in place of a step, without access to anything of the host.

    Its only state is in closure cells, which guarded code cannot reach.
    """

    def reference(*args: object, **kwargs: object) -> Coroutine[Any, Any, Any]:
        run = current()
        if run is None:
            raise NotInRun(what=f"step {spec.name}")
        return request_step(run, spec, args, kwargs)

    reference.__name__ = reference.__qualname__ = spec.name.rpartition(":")[2].rpartition(".")[2]
    reference.__module__ = spec.name.partition(":")[0]
    return reference


class Step(Generic[P, R]):
    """A function that workflow code calls through the log; see `step`."""

    def __init__(self, func: Callable[P, Any], name: str | None, options: StepOptions) -> None:
        if not callable(func):
            raise TypeError(f"a step must be a function, not {type(func).__name__}")
        full_name = stable_name(func, name)
        if inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func):
            raise TypeError(
                f"step {full_name} must not `yield`: its result is recorded as one value. "
                "Return a list, or write to step_context().stream()"
            )
        self.spec = StepSpec(
            full_name,
            func,
            inspect.iscoroutinefunction(func),
            Signature.of(func, full_name),
            options,
        )
        if options.key is not None:
            self.spec.signature.index_of(options.key)
        functools.update_wrapper(self, func)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[object, None, R]:
        """Request the step inside a run; elsewhere call the plain function."""
        run = current()
        if run is None:
            return cast("Coroutine[object, None, R]", self.spec.func(*args, **kwargs))
        return request_step(run, self.spec, args, kwargs)

    def __repr__(self) -> str:
        return f"<step {self.spec.name}>"


@dataclass(frozen=True, slots=True)
class StartOptions:
    """How a run is to be started."""

    id: str | None = None
    priority: int = 0


class Workflow(Generic[P, R]):
    """A function that runs durably; see `workflow`."""

    def __init__(self, func: Callable[P, Coroutine[Any, Any, R]], name: str | None) -> None:
        full_name = stable_name(func, name)
        if inspect.isasyncgenfunction(func) or not inspect.iscoroutinefunction(func):
            raise TypeError(f"workflow {full_name} must be an `async def` without `yield`")
        self.spec = WorkflowSpec(full_name, func, Signature.of(func, full_name))
        self.start_options = StartOptions()
        functools.update_wrapper(self, func)

    def options(self, *, id: str | None = None, priority: int = 0) -> Workflow[P, R]:
        """
        The same workflow, for `Client.start` and `Client.run` to start in this way.

        Args:
            id: The run's id. Starting it again with the same arguments gives the same run.
            priority: Runs, and steps of runs, with a smaller number are taken first.
        """
        same = copy(self)
        same.start_options = StartOptions(id, priority)
        return same

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[object, None, R]:
        """Call the plain function; inside a run that is refused, see the message."""
        if current() is not None:
            raise WfxError(
                f"workflow {self.spec.name} cannot be awaited inside a run, because its steps "
                "would not be its own. Move the shared part into a plain `async def`, which "
                "both workflows may await."
            )
        return cast("Coroutine[object, None, R]", self.spec.func(*args, **kwargs))

    def __repr__(self) -> str:
        return f"<workflow {self.spec.name}>"


class _StepDecorator(Protocol):
    @overload
    def __call__(self, func: Callable[P, Coroutine[Any, Any, T]], /) -> Step[P, T]: ...
    @overload
    def __call__(self, func: Callable[P, T], /) -> Step[P, T]: ...


@overload
def step(
    func: Callable[P, Coroutine[Any, Any, T]],
    /,
    *,
    name: str | None = None,
    max_retries: int = 3,
    timeout: float | timedelta | None = None,
    backoff: float | timedelta = 1.0,
    backoff_max: float | timedelta = 300.0,
    max_lost: int = 10,
    queue: str = "default",
    key: str | None = None,
    priority: int | None = None,
) -> Step[P, T]: ...
@overload
def step(
    func: Callable[P, T],
    /,
    *,
    name: str | None = None,
    max_retries: int = 3,
    timeout: float | timedelta | None = None,
    backoff: float | timedelta = 1.0,
    backoff_max: float | timedelta = 300.0,
    max_lost: int = 10,
    queue: str = "default",
    key: str | None = None,
    priority: int | None = None,
) -> Step[P, T]: ...
@overload
def step(
    *,
    name: str | None = None,
    max_retries: int = 3,
    timeout: float | timedelta | None = None,
    backoff: float | timedelta = 1.0,
    backoff_max: float | timedelta = 300.0,
    max_lost: int = 10,
    queue: str = "default",
    key: str | None = None,
    priority: int | None = None,
) -> _StepDecorator: ...
def step(
    func: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    max_retries: int = 3,
    timeout: float | timedelta | None = None,
    backoff: float | timedelta = 1.0,
    backoff_max: float | timedelta = 300.0,
    max_lost: int = 10,
    queue: str = "default",
    key: str | None = None,
    priority: int | None = None,
) -> Any:
    """
    Make a function a step: it runs outside the sandbox, at least once, and its result is
    recorded once.

    Use it as `@step`, as `@step(max_retries=5)` or as a call, `charge = step(raw_charge)`.

    Args:
        name: The name in the log; module path and qualified name if None.
        max_retries: Failed attempts that are followed by another one.
        timeout: Seconds (or a timedelta) an attempt may take.
        backoff: Seconds before the first retry; doubles with each one.
        backoff_max: The longest time between two attempts, in seconds.
        max_lost: Attempts that may be lost to crashes before the step fails with StepLost.
        queue: Only workers that serve this queue execute it.
        key: A parameter's name: limits per key of the queue count by its argument.
        priority: Steps with a smaller number are taken first; that of the run if None.

    Raises:
        ValueError: If an option is out of range, or `key` is no parameter.
    """
    if max_retries < 0 or max_lost < 0:
        raise ValueError("max_retries and max_lost are 0 or more")
    options = StepOptions(
        max_retries=max_retries,
        timeout=None if timeout is None else _seconds(timeout, "timeout"),
        backoff=timedelta(seconds=_seconds(backoff, "backoff")),
        backoff_max=timedelta(seconds=_seconds(backoff_max, "backoff_max")),
        max_lost=max_lost,
        queue=queue,
        key=key,
        priority=None if priority is None else check_priority(priority),
    )

    def wrap(target: Callable[..., Any]) -> Step[..., Any]:
        return Step(target, name, options)

    return wrap if func is None else wrap(func)


@overload
def workflow(
    func: Callable[P, Coroutine[Any, Any, T]], /, *, name: str | None = None
) -> Workflow[P, T]: ...
@overload
def workflow(
    *, name: str | None = None
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Workflow[P, T]]: ...
def workflow(func: Any = None, /, *, name: str | None = None) -> Any:
    """
    Make an `async def` a workflow: it runs in the sandbox, and everything it observes is in
    its log.

    Args:
        name: The name in the log; module path and qualified name if None.

    Raises:
        TypeError: If the function is no plain `async def`.
    """

    def wrap(target: Callable[..., Any]) -> Workflow[..., Any]:
        return Workflow(target, name)

    return wrap if func is None else wrap(func)


def _seconds(value: float | timedelta, what: str) -> float:
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"{what} is a number of seconds, 0 or more, not {value!r}")
    return seconds


async def sleep(delay: float | timedelta) -> None:
    """
    Wait durably inside a workflow: seconds or a timedelta.

    `asyncio.sleep` does the same; this one also takes a timedelta.

    Raises:
        NotInRun: Outside a run.
    """
    if current() is None:
        raise NotInRun(what="wfx.sleep")
    # Imported here, since most programs sleep with asyncio's.
    from wfx import aio

    await aio.sleep(_seconds(delay, "delay"))


def patched(name: str) -> bool:
    """
    Whether this run takes the new path of a change: `if patched("check-stock"): …`

    True in runs that come here for the first time, which then have it in their log; false
    in runs that came past here before the change was made. The first evaluation of a name in
    a run decides for all of them.

    Raises:
        NotInRun: Outside a run.
    """
    return _patch(name, "patched", deprecated=False)


def deprecate_patch(name: str) -> None:
    """
    Say that no run needs the old path of a patch any more, which is deleted.

    Runs go on recording that they take the new path, for workers that still have the code
    with both. When these are gone, this call can be deleted too.

    Raises:
        NotInRun: Outside a run.
    """
    _patch(name, "deprecate_patch", deprecated=True)


def _patch(name: str, what: str, *, deprecated: bool) -> bool:
    run = current()
    if run is None:
        raise NotInRun(what=what)
    if not isinstance(name, str) or not name:
        raise TypeError(f"{what} takes the patch's name, a str that is not empty")
    return run.patched(str.__str__(name), deprecated=deprecated)


class SchemaModel(Protocol):
    """What a hook's `schema` must offer; every pydantic model class does."""

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        """The JSON Schema senders are checked against."""
        ...

    @classmethod
    def model_validate(cls, obj: Any) -> Any:
        """A payload as an instance."""
        ...


class Hook(Generic[T]):
    """
    Where a run takes payloads from outside.

    `await hook` gives the next payload, `async for payload in hook` all of them, and
    `async with create_hook(…) as hook` disposes it at the end of the block. Payloads that
    came before anybody asked are kept in the order of the log.
    """

    __slots__ = ("_handle", "_schema")

    def __init__(self, handle: HookHandle, schema: type[SchemaModel] | None) -> None:
        self._handle = handle
        self._schema = schema

    @property
    def token(self) -> str:
        """What a sender names to reach this hook."""
        return self._handle.token

    @property
    def hook_id(self) -> str:
        """Its id in the log."""
        return self._handle.hook_id

    async def _next(self) -> T:
        payload: Any = await self._handle.receive()
        return cast("T", payload if self._schema is None else self._schema.model_validate(payload))

    def __await__(self) -> Generator[Any, Any, T]:
        """
        The next payload.

        Raises:
            HookConflict: The token belongs to an active hook of another run.
            HookClosed: This hook was disposed.
        """
        return self._next().__await__()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        try:
            return await self._next()
        except HookClosed:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Hook[T]:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.dispose()

    def dispose(self) -> None:
        """Give the token up; `async for` ends. Doing it twice does nothing."""
        self._handle.dispose()

    def __repr__(self) -> str:
        return f"<hook {self.token}>"


@overload
def create_hook(
    token: str | None = None, *, schema: None = None, metadata: object = None
) -> Hook[Any]: ...
@overload
def create_hook(
    token: str | None = None, *, schema: type[T], metadata: object = None
) -> Hook[T]: ...
def create_hook(
    token: str | None = None,
    *,
    schema: type[T] | None = None,
    metadata: object = None,
) -> Hook[T]:
    """
    Open a hook. Does not wait: what waits is `await hook`.

    Args:
        token: What senders name; made by wfx if None (see `Hook.token`).
        schema: A pydantic model. A payload that does not fit is refused at the sender; in
            the workflow it arrives as an instance.
        metadata: Anything encodable, shown with the hook.

    Raises:
        NotInRun: Outside a run.
        EncodeError: If `metadata` cannot be encoded.
    """
    run = current()
    if run is None:
        raise NotInRun(what="create_hook")
    if token is not None:
        if not isinstance(token, str):
            raise TypeError(f"a hook's token is a str, not {type(token).__name__}")
        token = str.__str__(token)  # not an object of the run's, which the world would keep
    model = cast("type[SchemaModel] | None", schema)
    json_schema: dict[str, Json] | None = None if model is None else model.model_json_schema()
    return Hook(run.create_hook(token, json_schema, metadata, caller_place()), model)


__all__ = [
    "Hook",
    "Step",
    "Workflow",
    "create_hook",
    "deprecate_patch",
    "patched",
    "sleep",
    "step",
    "workflow",
]
