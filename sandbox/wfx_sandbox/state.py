"""What the sandbox keeps per run: serial numbers and random generators."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final, NoReturn

from wfx.context import RunContext, current
from wfx.errors import NotInRun, Violation
from wfx_sandbox.names import PLACE
from wfx_sandbox.rules import RULES

_KEY: Final = "wfx_sandbox"
POLICED: Final = "wfx_sandbox.policing"
"""Where a run keeps itself as the intercepts should ask it, if that is not as it is."""
_ATOMS: Final = frozenset({str, int, float, bytes, complex})


@dataclass(eq=False)
class RunState:
    """One run's counters and generators."""

    serials: dict[object, tuple[object, int]] = field(default_factory=dict)
    """By id(), with the object itself, so that the id cannot be used again; atoms by value."""
    generator: random.Random | None = None
    secrets: random.Random | None = None
    decimal_contexts: list[Any] = field(default_factory=list)
    loggers: dict[str, Any] = field(default_factory=dict)
    parametrized: list[tuple[type, Any, type]] = field(default_factory=list)
    """Models made of generic ones with annotated types: which, with what, and the model."""

    def serial(self, obj: object) -> int:
        """A small number for `obj`, in order of first use."""
        # Whether two equal texts or numbers are one object differs between processes.
        key = (type(obj), repr(obj)) if type(obj) in _ATOMS else id(obj)
        known = self.serials.get(key)
        if known is None:
            known = self.serials[key] = (obj, len(self.serials) + 1)
        return known[1]


def run(what: str) -> RunContext:
    """The current run; `what` names the intercept for the error outside of one."""
    context = current()
    if context is None:
        raise NotInRun(what=what)
    policed: Any = context.state.get(POLICED)
    return context if policed is None else policed


def state() -> RunState:
    """The current run's state."""
    states = run("this call").state
    found = states.get(_KEY)
    if not isinstance(found, RunState):
        found = states[_KEY] = RunState()
    return found


def place() -> str | None:
    """File and line of the nearest frame of sandboxed code."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        where = frame.f_globals.get(PLACE)
        if isinstance(where, str):
            return f"{where}:{frame.f_lineno}"
        frame = frame.f_back
    return None


def violate(rule: str, message: str, remedy: str = "") -> NoReturn:
    """Condemn the current activation."""
    violation = Violation(message, rule=rule, place=place(), remedy=remedy or RULES[rule].remedy)
    context = current()
    if context is None:
        raise violation
    context.violate(violation)
