"""`wfx` as workflow code sees it."""

from __future__ import annotations

from typing import Any

from wfx_sandbox.state import violate
from wfx_sandbox.words import words

_ERRORS = words(
    """
    WfxError StepError StepTimeout StepLost FatalError RetryableError HookConflict NotInRun
    EncodeError DecodeError InvalidArguments InvalidPayload HookClosed
"""
)


def _not_at_run_time(what: str) -> Any:
    def decorator(*args: Any, **kwargs: Any) -> Any:
        violate("WFX240", f"`{what}` is called while the workflow runs.")

    return decorator


def table() -> dict[str, Any]:
    """The names of the facade."""
    from wfx import authoring, errors

    found: dict[str, Any] = {
        name: getattr(errors, name) for name in _ERRORS if hasattr(errors, name)
    }
    found["workflow"] = _not_at_run_time("workflow")
    found["step"] = _not_at_run_time("step")
    found["create_hook"] = authoring.create_hook
    found["sleep"] = authoring.sleep
    found["patched"] = authoring.patched
    found["deprecate_patch"] = authoring.deprecate_patch
    found["Hook"] = authoring.Hook
    return found
