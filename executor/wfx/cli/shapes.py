"""The JSON objects of `--json` that are no entities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wfx.events import iso

if TYPE_CHECKING:
    from wfx.client import Parked, WaitingFor
    from wfx.values import Json


def parked_object(parked: Parked) -> dict[str, Json]:
    """Why a run is parked."""
    detail = parked.detail if isinstance(parked.detail, dict) else {}
    return {"reason": parked.reason, "message": parked.message, **detail}


def waiting_object(waiting: WaitingFor) -> dict[str, Json]:
    """What a run waits for."""
    steps: list[Json] = []
    for step in waiting.steps:
        shown: dict[str, Json] = {"stepId": step.step_id, "stepName": step.step_name}
        if step.retry_after is not None:
            shown["retryAfter"] = iso(step.retry_after)
        steps.append(shown)
    return {
        "hooks": [{"token": hook.token, "hookId": hook.hook_id} for hook in waiting.hooks],
        "until": None if waiting.until is None else iso(waiting.until),
        "steps": steps,
    }
