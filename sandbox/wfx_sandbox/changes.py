"""
Which statements of module level change what workflow code uses, though it never names them.

A decorator that puts functions into a table, a loop that fills one, the import of a module whose
functions register themselves: left out, the table would be empty in the sandbox and full in
plain Python. What such a statement does at once must be clean, whatever modules it leads to;
otherwise it belongs to the steps, and `losses.py` says what workflow code misses by that.
"""

from __future__ import annotations

from collections.abc import Iterator

from wfx_sandbox.analysis import Statement
from wfx_sandbox.meanings import GlobalName, Meanings, is_decorated, is_mutable
from wfx_sandbox.scopes import Use


def changes(meanings: Meanings) -> dict[str, set[int]]:
    """By module, the places of statements that should run as well, imports included."""
    places: dict[str, set[int]] = {}
    for module, index, statement in left_out(meanings):
        if not _may_change(meanings, module, index, statement):
            continue
        places.setdefault(module, set()).add(index)
        for importer, place in meanings.routes.get(module, ()):
            if not meanings.analyses[importer].statements[place].needed:
                places.setdefault(importer, set()).add(place)
    return places


def left_out(meanings: Meanings) -> Iterator[tuple[str, int, Statement]]:
    """Statements that do not run so far and may do more than bind a name, with their places."""
    for module, analysis in meanings.analyses.items():
        for index, statement in enumerate(analysis.statements):
            if statement.kind == "step":
                if statement.outer_decorators and not statement.changes:
                    yield module, index, statement
            elif not statement.needed and (
                statement.kind in ("effect", "compound", "bind", "class")
                or (statement.kind == "function" and is_decorated(statement))
            ):
                yield module, index, statement


def _may_change(meanings: Meanings, module: str, index: int, statement: Statement) -> bool:
    if index in meanings.analyses[module].unclean or statement.kind == "class":
        return False
    return any(
        _reaches(meanings, module, statement, use) or sets_decimals(meanings, module, use)
        for use in statement.uses
        if use.when != "called"
    )


def sets_decimals(meanings: Meanings, module: str, use: Use) -> bool:
    """Whether a use is of the context by which all decimals of the run are rounded."""
    bound = meanings.bound((module, use.name))
    if not bound or bound[-1].kind != "import" or bound[-1].module != "decimal":
        return False
    imported = bound[-1].imported
    spelled = imported if imported is not None else next(iter(use.attributes), "")
    return spelled in ("getcontext", "setcontext")


def _reaches(meanings: Meanings, module: str, statement: Statement, use: Use) -> bool:
    """Whether a use leads to something that changes and is needed, through clean names only."""
    start = meanings.of(module, use)
    if start is None:
        return False
    name, attributes = start
    plain_value = statement.kind == "bind" and bool(statement.binds) and not use.called
    found = (
        bool(attributes)
        and not plain_value
        and any(each.needed for each in meanings.bound(name) if each.kind != "import")
    )  # `table.register`, `Config.debug = True`
    if not found and plain_value:
        return False
    seen: set[GlobalName] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        known = meanings.analyses[name[0]]
        if name[1] in known.taints or name[1] in known.call_taints:
            return False
        for each in meanings.bound(name):
            found = found or (each.needed and is_mutable(each))
            found = found or any(
                rebound.needed
                for variable in each.rebinds
                for rebound in meanings.bound((name[0], variable))
            )
            inner = [meanings.of(name[0], use) for use in each.uses]
            waiting.extend(meaning[0] for meaning in inner if meaning is not None)
    return found
