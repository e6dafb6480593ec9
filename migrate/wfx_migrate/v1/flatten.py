"""
The flattened form of what an event of today holds: the way back for values.

A migrated event keeps the original array where its Python value cannot tell it again; any
other value, of a native event too, is flattened afresh.
"""

from __future__ import annotations

from typing import cast

from wfx import codec
from wfx.events import Event
from wfx.values import Json
from wfx_migrate.v1.values import Arguments, BadValue, encode, encode_arguments


def flattened(event: Event, name: str) -> Json:
    """
    The flattened form of a value in an event's data.

    Args:
        name: `input`, `output`, `result`, `payload` or `metadata`.

    Raises:
        BadValue: If it holds something of Python that the form has no word for.
        DecodeError: If it holds a class that is not here.
    """
    kept = event.legacy or {}
    flats = kept.get("flat")
    if isinstance(flats, dict) and name in flats:
        return cast("Json", codec.decode(flats[name]))  # it was JSON
    path = f"{event.run_id}[{event.position}].{name}"
    value = codec.decode(getattr(event.data, name), path=path)
    if name != "input":
        return encode(value, path=path)
    if not isinstance(value, list):
        raise BadValue(path=path, reason="an input is a list of arguments")
    had = kept.get("wrapper")
    keys = tuple(str(key) for key in had) if isinstance(had, list) else ()
    rest: dict[str, object] = {
        key: codec.decode(kept[key]) for key in ("closureVars", "thisVal") if key in kept
    }
    return encode_arguments(Arguments(value, True, keys, rest or None), path=path)
