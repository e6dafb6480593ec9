"""Fresh uuids that depend on who asks for them, and not on chance or on who asks first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

from wfx.loop import current_scope

if TYPE_CHECKING:
    from wfx.context import RunContext


def seed_uuids(run: RunContext, seed: str) -> None:
    """Let the fresh uuids of a run come from a seed, the asyncio task, and how many it had."""
    ask = run.uuid
    drawn: Counter[str] = Counter()

    def seeded(_make: Callable[[], str]) -> str:
        scope = current_scope().path
        # Recorded ones are given without being made, and are not counted.
        return ask(lambda: _made(seed, scope, drawn))

    # Of this run's context only: what workflow code asks for goes through it.
    vars(run)["uuid"] = seeded


def _made(seed: str, scope: str, drawn: Counter[str]) -> str:
    drawn[scope] += 1
    digest = sha256(f"{seed}\0{scope}\0{drawn[scope]}".encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))
