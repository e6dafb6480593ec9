"""A program whose steps are replaced, and whose fresh values come from a seed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from wfx.corpus.seeding import seed_uuids

if TYPE_CHECKING:
    from wfx.context import RunContext
    from wfx.program import Instance, Program, StepSpec, WorkflowSpec
    from wfx.values import Json


class Entropy:
    """Bytes that depend on a seed only."""

    def __init__(self, seed: int | str) -> None:
        self._seed = str(seed)
        self._drawn = 0

    def __call__(self, count: int) -> bytes:
        """The next bytes."""
        drawn = b""
        while len(drawn) < count:
            self._drawn += 1
            drawn += sha256(f"{self._seed}\0{self._drawn}".encode()).digest()
        return drawn[:count]


class ReplacedProgram:
    """
    A `Program` with other bodies for some of its steps.

    Args:
        bodies: By the steps' names; looked up whenever an attempt begins.
    """

    def __init__(
        self, program: Program, bodies: Mapping[str, Callable[..., Any]], entropy: Entropy
    ) -> None:
        self._program = program
        self._entropy = entropy
        self.digest = program.digest
        self.workflows: Mapping[str, WorkflowSpec] = program.workflows
        self.activation_seconds = program.activation_seconds
        self.memory_mb = program.memory_mb
        self.queue_limits = program.queue_limits
        self.fingerprint: Mapping[str, Json] = program.fingerprint
        self.steps: Mapping[str, StepSpec] = {
            name: _replaceable(spec, bodies) for name, spec in program.steps.items()
        }

    def source(self, file: str) -> str | None:
        """See `Program.source`."""
        return self._program.source(file)

    def instantiate(self, run: RunContext) -> Instance:
        """See `Program.instantiate`."""
        # From the entropy, so that a coroutine that is built anew draws further ones.
        seed_uuids(run, self._entropy(16).hex())
        return self._program.instantiate(run)


def _replaceable(spec: StepSpec, bodies: Mapping[str, Callable[..., Any]]) -> StepSpec:
    """The step, with the body that replaces it when an attempt begins."""

    async def body(*args: Any, **kwargs: Any) -> Any:
        result = bodies.get(spec.name, spec.func)(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    return replace(spec, func=body, is_async=True)
