"""
Events, runs, steps and hooks as JSON files of the Workflow DevKit have them.

Its events of specVersion 2 know no effects, and no waits or steps that were given up: those
events are left out, and a step that was cancelled says so in its row. A token or a step name
that nobody knows any more is a marked placeholder, because its schema wants a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from wfx.clock import from_us, to_us
from wfx.entities import Hook, Run, RunStatus, Step
from wfx.events import (
    Event,
    EventData,
    HookConflict,
    HookCreated,
    HookDisposed,
    HookReceived,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunFailed,
    RunStarted,
    StepCompleted,
    StepCreated,
    StepFailed,
    StepRetrying,
    StepStarted,
    WaitCompleted,
    WaitCreated,
)
from wfx.values import Json
from wfx_migrate.v1.flatten import WRAPPER, flat, flat_arguments, short_type
from wfx_migrate.workflow_local.values import stored

SPEC_VERSION: Final = 2
UNKNOWN: Final = "wfx-unknown"
"""How placeholders begin."""

_OWNER: Final[Mapping[str, str]] = {
    "ownerId": "local-owner",
    "projectId": "local-project",
    "environment": "local",
}
"""What its local world writes into hooks; those of a migrated hook are kept."""


def event_data(event: Event) -> dict[str, Json] | None:
    """
    The eventData of an event, empty if it has none there; None if it has no counterpart.
    """
    data, legacy = event.data, event.legacy
    match data:
        case RunCreated():
            made: dict[str, Json] = {
                "deploymentId": data.deployment_id,
                "workflowName": data.workflow_name,
                "input": stored(flat_arguments(data.input, legacy, kwargs=data.kwargs)),
            }
            if data.execution_context is not None:
                made["executionContext"] = data.execution_context
            return made
        case RunCompleted():
            return {"output": stored(flat(data.output, "output", legacy))}
        case RunFailed():
            failed: dict[str, Json] = {"error": error(data.error)}
            if data.error_code is not None:
                failed["errorCode"] = data.error_code
            return failed
        case StepCreated():
            return {
                "stepName": data.step_name or f"{UNKNOWN}-step",
                "input": stored(
                    flat_arguments(data.input, legacy, kwargs=data.kwargs, wrapper=WRAPPER)
                ),
            }
        case StepRetrying():
            retrying = _failure(data.error)
            if data.retry_after is not None:
                retrying["retryAfter"] = iso(data.retry_after)
            return retrying
        case StepCompleted():
            return {"result": stored(flat(data.result, "result", legacy))}
        case StepFailed():
            return _failure(data.error)
        case HookCreated():
            created: dict[str, Json] = {"token": token(data.token, event.correlation_id)}
            if data.metadata is not None:
                created["metadata"] = stored(flat(data.metadata, "metadata", legacy))
            return created
        case HookConflict():
            return {"token": data.token}
        case HookReceived():
            return {"payload": stored(flat(data.payload, "payload", legacy))}
        case WaitCreated():
            return {"resumeAt": iso(data.resume_at)}
        case _:
            return {} if isinstance(data, _WITHOUT_DATA) else None


_WITHOUT_DATA: Final[tuple[type[EventData], ...]] = (
    RunStarted,
    RunCancelled,
    StepStarted,
    HookDisposed,
    WaitCompleted,
)


def event_row(event: Event, data: Mapping[str, Json], event_id: str, at: int) -> dict[str, Json]:
    """An event, under the id and time it has there."""
    row: dict[str, Json] = {"eventType": event.type, "specVersion": SPEC_VERSION}
    if event.correlation_id is not None:
        row["correlationId"] = event.correlation_id
    if data:
        row["eventData"] = dict(data)
    row["runId"] = event.run_id
    row["eventId"] = event_id
    row["createdAt"] = iso(from_us(at * 1000))
    return row


def run_row(run: Run, values: Mapping[str, Json]) -> dict[str, Json]:
    """A run. `values` has its input and output as its events have them."""
    return _present(
        {
            "runId": run.run_id,
            "deploymentId": run.deployment_id,
            "workflowName": run.workflow_name,
            "specVersion": SPEC_VERSION,
            "executionContext": run.execution_context,
            "input": values.get("input"),
            "createdAt": iso(run.created_at),
            "startedAt": _iso(run.started_at),
            "status": str(run.status),
            "output": values.get("output") if run.status is RunStatus.COMPLETED else None,
            "error": None if run.error is None else error(run.error, run.error_code),
            "completedAt": _iso(run.completed_at),
            "updatedAt": iso(run.updated_at),
        }
    )


def step_row(step: Step, values: Mapping[str, Json]) -> dict[str, Json]:
    """A step. `values` has its input and result as its events have them."""
    return _present(
        {
            "runId": step.run_id,
            "stepId": step.step_id,
            "stepName": step.step_name or f"{UNKNOWN}-step",
            "status": str(step.status),
            "input": values.get("input"),
            "error": None if step.error is None else error(step.error),
            "attempt": step.attempt,
            "startedAt": _iso(step.first_started_at),
            "createdAt": iso(step.created_at),
            "updatedAt": iso(step.updated_at),
            "specVersion": SPEC_VERSION,
            "output": values.get("result"),
            "completedAt": _iso(step.completed_at),
            "retryAfter": _iso(step.retry_after),
        }
    )


def hook_row(
    hook: Hook, values: Mapping[str, Json], legacy: Mapping[str, Any] | None
) -> dict[str, Json]:
    """A hook that is active; its file goes when it is disposed."""
    kept = (legacy or {}).get("row")
    owner = {
        name: kept.get(name, default) if isinstance(kept, dict) else default
        for name, default in _OWNER.items()
    }
    return _present(
        {
            "runId": hook.run_id,
            "hookId": hook.hook_id,
            "token": token(hook.token, hook.hook_id),
            **owner,
            "metadata": values.get("metadata"),
            "createdAt": iso(hook.created_at),
            "specVersion": SPEC_VERSION,
        }
    )


def error(found: Mapping[str, Json], code: str | None = None) -> dict[str, Json]:
    """An error object: message with the class's name, stack, code."""
    made: dict[str, Json] = {"message": message(found)}
    if isinstance(found.get("stack"), str):
        made["stack"] = found["stack"]
    if code is not None or isinstance(found.get("code"), str):
        made["code"] = code if code is not None else found["code"]
    return made


def message(found: Mapping[str, Json]) -> str:
    """What `String(error)` would be there: the class's name, if it has one, and the message."""
    name, text = found.get("type"), str(found.get("message", ""))
    if not isinstance(name, str):
        return text
    return f"{short_type(name)}: {text}" if text else short_type(name)


def _failure(found: Mapping[str, Json]) -> dict[str, Json]:
    made: dict[str, Json] = {"error": message(found)}
    if isinstance(found.get("stack"), str):
        made["stack"] = found["stack"]
    return made


def token(known: str | None, hook_id: str | None) -> str:
    """A hook's token, or the placeholder of one that nobody knows."""
    return known if known is not None else f"{UNKNOWN}-token-{hook_id}"


def iso(at: datetime) -> str:
    """A moment: milliseconds and Z."""
    return (
        from_us(to_us(at) // 1000 * 1000).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _iso(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


def _present(row: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in row.items() if value is not None}
