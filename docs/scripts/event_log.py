"""Every event type with its data, from the classes that writers and readers share."""

from __future__ import annotations

import ast
import inspect
import itertools
from dataclasses import MISSING, fields

from wfx.events import EVENT_TYPES, EventData, wire_name
from wfx.machine import RUN_PERMITS

_KIND = {"bookkeeping": "", "fact": "fact", "command": "command", "effect": "effect"}


def _shown(field: str, optional: bool) -> str:
    return wire_name(field) + ("?" if optional else "")


def _field_notes(cls: type[EventData]) -> dict[str, str]:
    """The string that stands below a field in its class, by the field's name."""
    tree = ast.parse(inspect.getsource(cls))
    body = tree.body[0].body  # type: ignore[attr-defined]  # the source of a class is a ClassDef
    notes = {}
    for node, after in itertools.pairwise(body):
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            notes[node.target.id] = inspect.cleandoc(str(after.value.value)).replace("\n", " ")
    return notes


def _first_line(cls: type[EventData]) -> str:
    return (cls.__doc__ or "").strip().splitlines()[0]


def event_table() -> str:
    """One row per event type."""
    rows = [
        "| event type | kind | delivered | event data | what happened |",
        "|---|---|---|---|---|",
    ]
    for name, cls in EVENT_TYPES.items():
        data = ", ".join(f"`{_shown(f.name, f.default is not MISSING)}`" for f in fields(cls))
        delivered = "yes" if cls.delivered else ""
        rows.append(
            f"| `{name}` | {_KIND[cls.kind.value]} | {delivered} | {data} | {_first_line(cls)} |"
        )
    return "\n".join(rows)


def field_tables() -> str:
    """A section per event type that has data."""
    sections = []
    for name, cls in EVENT_TYPES.items():
        if not fields(cls):
            continue
        notes = _field_notes(cls)
        rows = [f"### `{name}`", "", _first_line(cls), "", "| field | type | |", "|---|---|---|"]
        for f in fields(cls):
            kind = str(f.type).replace("|", "or")
            note = notes.get(f.name) or _COMMON.get(f.name, "")
            rows.append(f"| `{_shown(f.name, f.default is not MISSING)}` | {kind} | {note} |")
        sections.append("\n".join(rows))
    return "\n\n".join(sections)


_COMMON = {
    "call": "Where workflow code asked: scope of its asyncio task, ordinal in it, source place.",
    "error": "`type`, `message`, `args`, `cause`, `stack` … of an exception, see values.",
    "step_name": "Module path and qualified name of the step.",
    "workflow_name": "Module path and qualified name of the workflow.",
    "deployment_id": "`WFX_DEPLOYMENT_ID`, or the program's digest.",
    "execution_context": "Digest, wfx version, format, policy, Python, hash seed, tzdata version.",
    "output": "What the workflow returned.",
    "result": "What the step returned.",
    "payload": "What was sent.",
    "attempt": "1 for the first.",
    "retry_after": "Not before this moment.",
    "token": "What senders name.",
    "metadata": "What the author gave, for people and programs that list hooks.",
    "resume_at": "The moment.",
    "conflicting_run_id": "The run that has the token.",
    "effect": "`clock`, `seed`, `uuid`, `patch`, or a kind of the surroundings such as `env`.",
    "key": "Which one, for effects of the surroundings; the name of a patch.",
    "values": "What was observed, in order.",
    "reason": "Why, in the words of whoever cancelled.",
    "error_code": "A code for programs, if there is one.",
}


def permits_table() -> str:
    """In which states of its run an event about something else may come."""
    rows = ["| event type | the run is |", "|---|---|"]
    for cls, statuses in RUN_PERMITS.items():
        named = [str(status) for status in type(next(iter(statuses))) if status in statuses]
        rows.append(f"| `{cls.type}` | {', '.join(named)} |")
    return "\n".join(rows)
