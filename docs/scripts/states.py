"""A state diagram per entity, drawn from the transition tables that the world obeys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wfx.entities import RUN_ENDED, STEP_ENDED, HookStatus, WaitStatus
from wfx.machine import (
    HOOK_TRANSITIONS,
    RUN_TRANSITIONS,
    STEP_TRANSITIONS,
    WAIT_TRANSITIONS,
)


def _diagram(transitions: Mapping[Any, Any], ended: frozenset[Any]) -> str:
    arrows: dict[tuple[str, str], list[str]] = {}
    for (before, event), after in transitions.items():
        arrows.setdefault((before or "[*]", str(after)), []).append(event.type)
    lines = ["```mermaid", "stateDiagram-v2"]
    for (before, after), events in arrows.items():
        lines.append(f"    {before} --> {after}: {', '.join(events)}")
    lines += [f"    {status} --> [*]" for status in sorted(ended)]
    return "\n".join([*lines, "```"])


def run_states() -> str:
    """The states of a run."""
    return _diagram(RUN_TRANSITIONS, frozenset(RUN_ENDED))


def step_states() -> str:
    """The states of a step."""
    return _diagram(STEP_TRANSITIONS, frozenset(STEP_ENDED))


def hook_states() -> str:
    """The states of a hook."""
    return _diagram(HOOK_TRANSITIONS, frozenset({HookStatus.DISPOSED}))


def wait_states() -> str:
    """The states of a wait."""
    return _diagram(WAIT_TRANSITIONS, frozenset({WaitStatus.COMPLETED, WaitStatus.CANCELLED}))
