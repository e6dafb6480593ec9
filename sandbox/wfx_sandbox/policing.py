"""What a run observes, recorded, derived or forbidden as its project has chosen."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from wfx.context import RunContext
from wfx.values import Json
from wfx_sandbox.effects import BY_EFFECT, Mode, forbidden
from wfx_sandbox.state import POLICED, violate


def police(run: RunContext, modes: Mapping[str, Mode]) -> None:
    """Make the sandbox's intercepts treat this run's observations by `modes`."""
    if any(mode != "record" for mode in modes.values()):
        run.state[POLICED] = _Policed(run, modes)


class _Policed:
    """A run some of whose capabilities are derived or forbidden."""

    def __init__(self, run: RunContext, modes: Mapping[str, Mode]) -> None:
        self._run = run
        self._modes = modes
        self._uuids = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    def _mode(self, capability: str) -> Mode:
        mode = self._modes.get(capability, "record")
        if mode == "forbid":
            violate("WFX209", forbidden(capability))
        return mode

    def _derived(self, what: str) -> bytes:
        return hashlib.sha256(f"wfx {what} {self._run.run_id}".encode()).digest()[:16]

    def now_us(self) -> int:
        self._mode("clock")
        return self._run.now_us()

    def seed(self) -> bytes:
        return self._derived("seed") if self._mode("random") == "derive" else self._run.seed()

    def uuid(self, make: Callable[[], str]) -> str:
        if self._mode("uuid") == "derive":
            self._uuids += 1
            return str(uuid.UUID(bytes=self._derived(f"uuid {self._uuids}"), version=4))
        return self._run.uuid(make)

    def ambient(self, effect: str, key: str, read: Callable[[], Json]) -> Json:
        self._mode(BY_EFFECT.get(effect, "host"))
        return self._run.ambient(effect, key, read)
