"""
A program: a user's module, loaded so that its workflows can be run and replayed.

The core only knows this protocol. `wfx_sandbox` implements it for real use,
`wfx.testing.PlainProgram` for tests of the core without a sandbox.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from wfx.codec import ClassRegistry
    from wfx.context import RunContext
    from wfx.queues import QueueLimits
    from wfx.signature import Signature
    from wfx.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOptions:
    """How a step is tried. Times are in seconds."""

    max_retries: int = 3
    """Failed attempts that are followed by another one."""
    timeout: float | None = None
    """An attempt that takes longer fails."""
    backoff: timedelta = timedelta(seconds=1)
    """Delay before the first retry; doubles with each one, up to `backoff_max`."""
    backoff_max: timedelta = timedelta(minutes=5)
    max_lost: int = 10
    """Attempts that may be lost to crashes before the step fails with StepLost."""
    queue: str = "default"
    priority: int | None = None
    """Smaller goes first; None for that of the run."""
    key: str | None = None
    """The parameter by whose value the limits per key of the queue count."""


@dataclass(frozen=True, slots=True)
class StepSpec:
    """A step as the host knows it; `func` never enters a sandbox."""

    name: str
    func: Callable[..., Any]
    is_async: bool
    signature: Signature
    options: StepOptions = field(default_factory=StepOptions)


@dataclass(frozen=True, slots=True)
class WorkflowSpec:
    """A workflow as the host knows it; `func` is used for its signature only."""

    name: str
    func: Callable[..., Any]
    signature: Signature


class Instance(Protocol):
    """A program's namespace for one run."""

    registry: ClassRegistry

    def call(
        self, workflow_name: str, args: list[Json], kwargs: dict[str, Json]
    ) -> Coroutine[Any, Any, Json]:
        """
        Run the workflow on encoded arguments; its encoded result.

        Raises:
            EncodeError: If what the workflow returned cannot be encoded (path `output`).
        """
        ...


class Program(Protocol):
    """A loaded module with its workflows and steps."""

    digest: str
    """Hash of all source that decides what workflows do."""
    workflows: Mapping[str, WorkflowSpec]
    steps: Mapping[str, StepSpec]
    activation_seconds: float
    """How long one activation may take before its process ends; see `wfx.workers.supervisor`."""
    queue_limits: Mapping[str, QueueLimits]
    """Limits of queues that its project asks for; a worker sets them when it starts."""
    memory_mb: int | None
    """Address space that a process which activates its runs may use; None leaves it."""
    fingerprint: Mapping[str, Json]
    """For `executionContext`: policy version, Python version, tzdata version, hash seed."""

    def instantiate(self, run: RunContext) -> Instance:
        """
        Execute the module for one run.

        Called inside the run's first activation with `run` current, so that what module
        level code draws or reads is recorded like everything else.
        """
        ...

    def source(self, file: str) -> str | None:
        """The text of a file of workflow code, by its name in places; None if unknown."""
        ...
