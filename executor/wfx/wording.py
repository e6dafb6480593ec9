"""Commands, effects and facts in a few words, as somebody who wrote the workflow says them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from wfx.codec import MISSING
from wfx.events import (
    EffectRecorded,
    Event,
    EventData,
    HookConflict,
    HookCreated,
    HookDisposed,
    HookReceived,
    RunCompleted,
    RunFailed,
    RunStarted,
    StepCancelled,
    StepCompleted,
    StepCreated,
    StepFailed,
    WaitCancelled,
    WaitCompleted,
    WaitCreated,
)
from wfx.plain import plain

if TYPE_CHECKING:
    from wfx.values import Json

_VALUE_MAX: Final = 60
_LINE_MAX: Final = 72
_TARGET_MAX: Final = 44
_EFFECTS: Final[Mapping[str, str]] = {
    "clock": "read the clock",
    "seed": "use random values for the first time",
    "uuid": "make a uuid",
    "patch": "evaluate patched",
}


def value_text(tree: Json, most: int = _VALUE_MAX) -> str:
    """A value as JSON for people, on one line; empty for MISSING."""
    if tree is MISSING:
        return ""
    return clipped(json.dumps(plain(tree), ensure_ascii=False), most)


def clipped(text: str, most: int) -> str:
    """At most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def step_name(name: str | None) -> str:
    """A step's name without its module: what the code calls it."""
    return (name or "a step").rpartition(":")[2]


def seconds(microseconds: int | None) -> str:
    """A duration."""
    return "some time" if microseconds is None else f"{microseconds / 1e6:g} s"


def command_text(data: EventData, about: Mapping[str, Event], id: str | None = None) -> str:
    """
    What the code asks for or observes.

    Args:
        about: Requests by what they made, to name the target of a cancel.
        id: What it is about.
    """
    match data:
        case StepCreated():
            given = data.input if isinstance(data.input, list) else [data.input]
            parts = [value_text(each) for each in given]
            parts += [f"{key}={value_text(each)}" for key, each in (data.kwargs or {}).items()]
            return clipped(f"{step_name(data.step_name)}({', '.join(parts)})", _LINE_MAX)
        case WaitCreated():
            return f"sleep {seconds(data.delay)}"
        case HookCreated() | HookConflict():
            return "hook" if data.token is None else f"hook {data.token!r}"
        case StepCancelled() | WaitCancelled():
            return f"cancel {_target(id, about)}"
        case HookDisposed():
            return f"dispose {_target(id, about)}"
        case RunCompleted():
            return clipped(f"return {value_text(data.output)}", _LINE_MAX)
        case RunFailed():
            return clipped(f"raise {error_text(data.error)}", _LINE_MAX)
        case EffectRecorded():
            what = _EFFECTS.get(data.effect, f"read {data.effect}")
            return what if data.key is None else f"{what} {data.key!r}"
        case _:
            return data.type


def _target(id: str | None, about: Mapping[str, Event]) -> str:
    event = about.get(id or "")
    if event is None:
        return (id or "it").partition("_")[0]
    return name_text(event.data)


def name_text(data: EventData) -> str:
    """What a request is called, without its arguments."""
    match data:
        case StepCreated():
            return f"step {step_name(data.step_name)}"
        case WaitCreated():
            return f"the sleep of {seconds(data.delay)}"
        case HookCreated() | HookConflict():
            return "the hook" if data.token is None else f"hook {data.token!r}"
        case RunCompleted():
            return "the end of the workflow"
        case RunFailed():
            return "the failure of the workflow"
        case StepCancelled():
            return "the cancelling of a step"
        case WaitCancelled():
            return "the cancelling of a sleep"
        case HookDisposed():
            return "the disposal of a hook"
        case EffectRecorded(effect="clock"):
            return "a reading of the clock"
        case EffectRecorded(effect="seed"):
            return "the first use of random values"
        case EffectRecorded(effect="uuid"):
            return "a uuid"
        case EffectRecorded():
            return f"a reading of {data.effect}" + ("" if data.key is None else f" {data.key!r}")
        case _:
            return data.type


def fact_text(event: Event, about: Mapping[str, Event]) -> str:
    """What was delivered, and to what."""
    target = about.get(event.correlation_id or "")
    what = "something unknown"
    if target is not None:
        what = clipped(command_text(target.data, about), _TARGET_MAX)
    match event.data:
        case RunStarted():
            return "the run started"
        case StepCompleted(result=result):
            return f"{what} returned {value_text(result)}"
        case StepFailed(error=error):
            return f"{what} failed: {clipped(error_text(error), _VALUE_MAX)}"
        case WaitCompleted():
            return f"{what} ended"
        case HookReceived(payload=payload):
            return f"{what} received {value_text(payload)}"
        case HookConflict(token=token, conflicting_run_id=other):
            return f"hook {token!r} was held by {other}"
        case _:
            return event.type


def error_text(error: Mapping[str, Json]) -> str:
    """An error's class, without module, and its message."""
    kind = str(error.get("type", "an error")).rpartition(":")[2]
    message = str(error.get("message", ""))
    return f"{kind}: {message}" if message else kind
