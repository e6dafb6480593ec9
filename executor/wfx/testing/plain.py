"""
A program without a sandbox, for tests of the executor itself.

The functions run as they are: nothing is intercepted but what goes through wfx's own
authoring API, and nothing is fresh per run. Use it to test engines, never to run real work.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from wfx.authoring import Step, Workflow
from wfx.codec import HOST, decode, encode

if TYPE_CHECKING:
    from wfx.codec import ClassRegistry
    from wfx.context import RunContext
    from wfx.program import StepSpec, WorkflowSpec
    from wfx.queues import QueueLimits
    from wfx.values import Json


class PlainProgram:
    """The given workflows and steps, as a `Program`."""

    def __init__(self, *members: Workflow[..., Any] | Step[..., Any]) -> None:
        self.members = members
        self.workflows: Mapping[str, WorkflowSpec] = {
            member.spec.name: member.spec for member in members if isinstance(member, Workflow)
        }
        self.steps: Mapping[str, StepSpec] = {
            member.spec.name: member.spec for member in members if isinstance(member, Step)
        }
        names = "\n".join(sorted([*self.workflows, *self.steps]))
        self.digest = sha256(names.encode()).hexdigest()
        self.activation_seconds = 10.0
        self.queue_limits: Mapping[str, QueueLimits] = {}
        self.memory_mb: int | None = None
        self.fingerprint: Mapping[str, Json] = {"policy": "plain"}

    def instantiate(self, run: RunContext) -> PlainInstance:
        """The same functions for every run."""
        return PlainInstance(self)

    def source(self, file: str) -> str | None:
        """Places are those of a sandbox; nothing here has one."""
        return None


class PlainInstance:
    """See `Instance`."""

    registry: ClassRegistry = HOST

    def __init__(self, program: PlainProgram) -> None:
        self._program = program

    def call(
        self, workflow_name: str, args: list[Json], kwargs: dict[str, Json]
    ) -> Coroutine[Any, Any, Json]:
        """See `Instance.call`."""
        return _call(self._program.workflows[workflow_name].func, args, kwargs)


async def _call(func: Callable[..., Any], args: list[Json], kwargs: dict[str, Json]) -> Json:
    values = [decode(value, path=f"input[{index}]") for index, value in enumerate(args)]
    named = {name: decode(value, path=f"input.{name}") for name, value in kwargs.items()}
    return encode(await func(*values, **named), path="output")
