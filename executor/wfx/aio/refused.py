"""
What asyncio has and a workflow cannot use, each with what to do instead.

Using one is a violation; importing it is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from wfx.errors import Violation

_STEP = "Do this in a step."
_AWAIT = "A workflow runs inside wfx's loop already; use `await`."

REFUSED: Final[Mapping[str, str]] = {
    "Runner": _AWAIT,
    "run": _AWAIT,
    "new_event_loop": _AWAIT,
    "set_event_loop": _AWAIT,
    "set_event_loop_policy": _AWAIT,
    "get_event_loop_policy": _AWAIT,
    "run_coroutine_threadsafe": "Start and join threads inside a step.",
    "to_thread": "Mark the function @step and await it; a sync step runs in a thread.",
    "wrap_future": "Wait for futures of threads inside a step.",
    "all_tasks": "Keep the tasks you make, in a list or an asyncio.TaskGroup.",
    "eager_task_factory": "Make tasks with asyncio.create_task.",
    "create_eager_task_factory": "Make tasks with asyncio.create_task.",
    "open_connection": _STEP,
    "open_unix_connection": _STEP,
    "start_server": _STEP,
    "start_unix_server": _STEP,
    "create_subprocess_exec": _STEP,
    "create_subprocess_shell": _STEP,
}


def refusing(name: str) -> Callable[..., NoReturn]:
    """What to hand out for a refused name: calling it is the violation."""
    remedy = REFUSED[name]

    def refused(*_args: object, **_kwargs: object) -> NoReturn:
        text = (
            f"`asyncio.{name}` cannot be used in a workflow: what it does would not be the "
            f"same on replay. {remedy}"
        )
        try:
            refuse: Callable[[str], NoReturn] = asyncio.get_running_loop().refuse  # type: ignore[attr-defined]  # ours has it
        except (RuntimeError, AttributeError):
            raise Violation(text) from None
        refuse(text)

    refused.__name__ = refused.__qualname__ = name
    return refused
