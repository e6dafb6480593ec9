"""
A durable executor for ordinary async Python.

What authors of workflows need is here; programs that start and watch runs use
`wfx.Client`. Names are loaded at first use, so that `import wfx` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfx.authoring import Hook as Hook
    from wfx.authoring import Step as Step
    from wfx.authoring import Workflow as Workflow
    from wfx.authoring import create_hook as create_hook
    from wfx.authoring import deprecate_patch as deprecate_patch
    from wfx.authoring import patched as patched
    from wfx.authoring import sleep as sleep
    from wfx.authoring import step as step
    from wfx.authoring import workflow as workflow
    from wfx.client import AsyncClient as AsyncClient
    from wfx.client import Client as Client
    from wfx.errors import FatalError as FatalError
    from wfx.errors import HookClosed as HookClosed
    from wfx.errors import HookConflict as HookConflict
    from wfx.errors import NotInRun as NotInRun
    from wfx.errors import RetryableError as RetryableError
    from wfx.errors import RunCancelled as RunCancelled
    from wfx.errors import RunFailed as RunFailed
    from wfx.errors import RunParked as RunParked
    from wfx.errors import StepError as StepError
    from wfx.errors import StepLost as StepLost
    from wfx.errors import StepTimeout as StepTimeout
    from wfx.errors import WfxError as WfxError
    from wfx.workers.steps import step_context as step_context

_HOMES = {
    "wfx.authoring": (
        "Hook",
        "Step",
        "Workflow",
        "create_hook",
        "deprecate_patch",
        "patched",
        "sleep",
        "step",
        "workflow",
    ),
    "wfx.client": ("AsyncClient", "Client"),
    "wfx.errors": (
        "FatalError",
        "HookClosed",
        "HookConflict",
        "NotInRun",
        "RetryableError",
        "RunCancelled",
        "RunFailed",
        "RunParked",
        "StepError",
        "StepLost",
        "StepTimeout",
        "WfxError",
    ),
    "wfx.workers.steps": ("step_context",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Load a public name from its home."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'wfx' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME_OF])
