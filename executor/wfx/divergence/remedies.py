"""What to do about a divergence: the code to insert, or where that cannot be told, the way."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from wfx.divergence.causes import called
from wfx.divergence.report import Cause, CauseKind, Mark, Remedy
from wfx.events import EffectRecorded, EventData, StepCreated, WaitCreated
from wfx.syntax import Sourced, split_place
from wfx.wording import command_text

if TYPE_CHECKING:
    from wfx.divergence.lookahead import Ahead, Aligned

_OTHERWISE: Final = (
    "Or leave the workflow as it was and start new runs with a copy of another name."
)
_ENDED: Final = (
    "This run has ended, so it does not break. If the change is meant, record the log anew; if "
    "runs that are still open may have come as far, let them take the old path:"
)
_OPEN: Final = "Let runs that began before the change take the old path:"

_LEVELS_MAX: Final = 5
"""How far up the callers of a function are looked at."""

_SUFFIXES: Final = {
    CauseKind.ADDED: "added",
    CauseKind.REMOVED: "removed",
    CauseKind.MOVED: "moved",
}


def remedy_of(
    cause: Cause,
    ahead: Ahead,
    *,
    source: Callable[[str], Sourced | None],
    actual_place: str | None,
    ended: bool,
) -> Remedy:
    """
    What to do about it.

    Args:
        source: Today's source file by its name in places.
        actual_place: Where today's code asked for something else.
        ended: Whether the run has ended.
    """
    lead = _ENDED if ended else _OPEN
    if cause.kind is CauseKind.RENAMED:
        return _renamed(ahead.rows[0])
    if cause.kind in (CauseKind.OUTPUT, CauseKind.ERROR, CauseKind.METADATA):
        text = f"{lead} put `if patched(…):` around what was changed. {_OTHERWISE}"
        return Remedy(text)
    if cause.kind is CauseKind.SCHEMA:
        return Remedy(
            f"{lead} give the hook its old schema `if not patched(…)`, or open the new hook "
            f"under another token. {_OTHERWISE}"
        )
    file, line = split_place(cause.place or actual_place or "")
    found = source(file)
    if found is not None and not found.calls("patched"):
        lead = lead.removesuffix(":") + " (`from wfx import patched`):"
    name = _patch_name(cause, ahead, found)
    if cause.kind is CauseKind.BRANCH:
        return _another_way(found, line, name, lead)
    statements = _concerned(cause.kind, ahead, found, line)
    snippet = _snippet(cause.kind, name, found, statements, ahead)
    if found is not None and statements:
        return Remedy(lead, snippet, found.place_of(statements))
    return Remedy(lead, snippet, actual_place)


def _concerned(kind: CauseKind, ahead: Ahead, found: Sourced | None, line: int) -> list[ast.stmt]:
    """The statements of today's code that the change is about."""
    if found is None:
        return []
    rows = [row for row in ahead.rows if row.place and split_place(row.place)[0] == found.file]
    lines = {line}
    if kind is CauseKind.ADDED:
        for row in rows:
            if row.mark is not Mark.ADDED:
                break
            lines.add(split_place(row.place or "")[1])
    elif kind is CauseKind.MOVED:
        moved = [index for index, row in enumerate(rows) if row.mark is Mark.MOVED]
        lines |= {split_place(row.place or "")[1] for row in rows[: moved[0] + 1]}
    return found.statements(lines) or found.statements({line})


def _snippet(
    kind: CauseKind,
    name: str,
    found: Sourced | None,
    statements: Sequence[ast.stmt],
    ahead: Ahead,
) -> str:
    now = found.code_of(statements) if found is not None and statements else None
    today = textwrap.indent(now or "...  # what the code does now", "    ")
    if kind is CauseKind.ADDED:
        made = f'if patched("{name}"):\n{today}'
        if any(isinstance(each, ast.Assign | ast.AnnAssign | ast.Return) for each in statements):
            made += "\nelse:\n    ...  # as it was without it"
        return made
    then = _as_it_was(ahead)
    if kind is CauseKind.REMOVED:
        made = f'if not patched("{name}"):\n    {then}'
        return made if now is None else f"{made}\n{now}"
    if kind is CauseKind.MOVED and found is not None:
        then = _in_old_order(ahead, found, statements) or then
    return f'if patched("{name}"):\n{today}\nelse:\n{textwrap.indent(then, "    ")}'


def _in_old_order(ahead: Ahead, found: Sourced, statements: Sequence[ast.stmt]) -> str | None:
    """Today's statements in the order of the log; None if they are not all in it."""
    positions: dict[int, int] = {}
    for row in ahead.rows:
        if row.place is None or row.recorded is None:
            continue
        file, line = split_place(row.place)
        for index, each in enumerate(statements):
            if file == found.file and each.lineno <= line <= (each.end_lineno or each.lineno):
                positions[index] = min(row.recorded.position, positions.get(index, 1 << 62))
    if len(positions) < len(statements) or len(statements) < 2:
        return None
    order = sorted(positions, key=positions.__getitem__)
    return "\n".join(found.code_of([statements[index]]) for index in order)


def _as_it_was(ahead: Ahead) -> str:
    row = _row(ahead, Mark.REMOVED) or _row(ahead, Mark.CHANGED)
    if row is None or row.recorded is None:
        return "...  # as it was"
    data = row.recorded.data
    if isinstance(data, WaitCreated) and data.delay is not None:
        return f"await asyncio.sleep({data.delay / 1e6:g})  # as it was in this run"
    text = command_text(data, {})
    if isinstance(data, StepCreated):
        text = f"await {text}"
    return f"...  # as it was: {text}"


def _another_way(found: Sourced | None, line: int, name: str, lead: str) -> Remedy:
    """What decides whether, and how often, this line is come to: here or in what calls it."""
    for _ in range(_LEVELS_MAX):
        if found is None:
            break
        node = found.condition(line)
        if node is not None:
            return Remedy(lead, _head(node, found, name), f"{found.file}:{node.lineno}")
        statements = found.statements({line})
        if any(isinstance(n, ast.comprehension) for each in statements for n in ast.walk(each)):
            today = textwrap.indent(found.code_of(statements), "    ")
            snippet = f'if patched("{name}"):\n{today}\nelse:\n    ...  # as it was'
            return Remedy(lead, snippet, found.place_of(statements))
        callers = found.callers(line)
        if not callers:
            break
        line = callers[0]
    return Remedy(
        f'{lead} `if patched("{name}"):` the new condition, else the old one. {_OTHERWISE}'
    )


def _head(node: ast.If | ast.While | ast.For | ast.AsyncFor, found: Sourced, name: str) -> str:
    """The head of a condition or loop, with the old one left open."""
    if isinstance(node, ast.If | ast.While):
        word = "if" if isinstance(node, ast.If) else "while"
        if found.lines[node.lineno - 1].lstrip().startswith("elif"):
            word = "elif"
        test = ast.unparse(node.test)
        return f'{word} ({test}) if patched("{name}") else (...):  # ... is the old condition'
    head = "async for" if isinstance(node, ast.AsyncFor) else "for"
    over = ast.unparse(node.iter)
    target = ast.unparse(node.target)
    return f'{head} {target} in {over} if patched("{name}") else ...:  # ... is what it was'


def _renamed(row: Aligned) -> Remedy:
    then = None if row.recorded is None else row.recorded.data
    assert isinstance(then, StepCreated)  # only steps are called renamed
    return Remedy(
        "Keep the name by which logs know the step, at its definition:",
        f'@step(name="{then.step_name}")',
    )


def _row(ahead: Ahead, mark: Mark) -> Aligned | None:
    return next((row for row in ahead.rows if row.mark is mark), None)


def _patch_name(cause: Cause, ahead: Ahead, found: Sourced | None) -> str:
    """A name for the patch that the source does not have yet."""
    first = ahead.rows[0] if ahead.rows else None
    data: EventData | None = None
    if first is not None:
        data = first.asked or (first.recorded.data if first.recorded is not None else None)
    what = None if data is None else called(data)
    if what is None:
        what = data.effect if isinstance(data, EffectRecorded) else "workflow"
    name = f"{what.replace('_', '-')}-{_SUFFIXES.get(cause.kind, 'changed')}"
    number = 2
    base = name
    while found is not None and f'"{name}"' in found.text:
        name = f"{base}-{number}"
        number += 1
    return name
