"""
Sending a payload to a hook: checked against the hook's schema here, appended by its world.

A payload that does not fit is refused at the sender, and nothing is appended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from wfx.codec import encode
from wfx.entities import HookStatus
from wfx.errors import EntityGone, InvalidPayload, NotFound, RunGone
from wfx.events import HookReceived, NewEvent
from wfx.ids import new_id

if TYPE_CHECKING:
    from wfx.entities import Hook
    from wfx.events import Event
    from wfx.values import Json
    from wfx.world import World

_PROBLEMS_SHOWN: Final = 5


def send_payload(
    world: World, token: str, payload: object, *, event_id: str | None = None
) -> Event:
    """
    Give the active hook of this token a payload; the event that says so.

    Args:
        event_id: Names this delivery: a second call with the same one appends nothing and
            returns the same event.

    Raises:
        NotFound: No hook ever had this token (404).
        EntityGone: The hook of this token was disposed, or its run ended (410).
        InvalidPayload: The payload does not fit the hook's schema.
        EncodeError: The payload cannot be written to a log.
    """
    try:
        hook = world.hooks.get_by_token(token)
    except NotFound:
        raise NotFound(
            what="hook with the token", id=token, hint="`wfx hook list` shows those that wait"
        ) from None
    encoded = _checked(hook, token, payload)
    stable = new_id("evnt") if event_id is None else _event_id(token, event_id)
    event = NewEvent(HookReceived(payload=encoded), hook.hook_id, stable)
    try:
        result = world.events.create(hook.run_id, event)
    except (EntityGone, RunGone):
        raise EntityGone(
            what="the hook with the token",
            id=repr(token),
            run_id=hook.run_id,
            entity_status=str(HookStatus.DISPOSED),
        ) from None
    assert result.event is not None  # A payload is a fact: kept or refused, never dropped.
    return result.event


def _event_id(token: str, given: str) -> str:
    if given.startswith("evnt_"):
        return given
    digest = sha256(f"{token}\0{given}".encode()).hexdigest()
    return f"evnt_{digest[:32]}"


def _checked(hook: Hook, token: str, payload: object) -> Json:
    """The encoded payload, as plain JSON if the hook has a schema."""
    if hook.schema is None:
        return encode(payload, path="payload")
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        plain = to_jsonable_python(payload, by_alias=True)
    except PydanticSerializationError as error:
        raise InvalidPayload(token=token, reason=f"it is no JSON: {error}") from None
    problems = _problems(hook.schema, plain)
    if problems:
        more = len(problems) - _PROBLEMS_SHOWN
        shown = "; ".join(problems[:_PROBLEMS_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        raise InvalidPayload(token=token, reason=shown)
    return encode(plain, path="payload")


def _problems(schema: Mapping[str, Json], payload: object) -> list[str]:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    # An empty registry: a schema never makes a sender fetch anything.
    registry: Any = Registry()
    validator = Draft202012Validator(schema, registry=registry, format_checker=_formats())
    found = sorted(validator.iter_errors(payload), key=lambda error: list(map(str, error.path)))
    return [
        f"payload{''.join(f'[{part}]' if isinstance(part, int) else f'.{part}' for part in e.path)}"
        f": {e.message}"
        for e in found
    ]


@cache
def _formats() -> Any:
    """Formats of pydantic's schemas, judged by pydantic, as the receiving workflow will."""
    from datetime import date, datetime, time, timedelta
    from uuid import UUID

    from jsonschema import FormatChecker
    from pydantic import TypeAdapter

    types: Mapping[str, Any] = {
        "date-time": datetime,
        "date": date,
        "time": time,
        "duration": timedelta,
        "uuid": UUID,
    }
    checker = FormatChecker(formats=())
    for name, kind in types.items():
        checker.checks(name, raises=ValueError)(_fits(TypeAdapter(kind).validate_python))
    return checker


def _fits(validate: Callable[[object], object]) -> Callable[[object], bool]:
    def fits(value: object) -> bool:
        if isinstance(value, str):
            validate(value)
        return True

    return fits
