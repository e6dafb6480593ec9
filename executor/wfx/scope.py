"""
Scopes: what asyncio task of a run a piece of work belongs to.

A step, wait or hook is found again in replay by its `call`: the path of its scope and its
ordinal in it. Both only count what happened in that one task, so they do not change when
other tasks are faster or slower. The root task has the path `""`, the tasks it makes `"0"`,
`"1"` …, theirs `"0.0"` and so on.
"""

from __future__ import annotations

from contextvars import Context, ContextVar

_scope: ContextVar[Scope] = ContextVar("wfx_scope")


class Scope:
    """The identity of an asyncio task within a run."""

    __slots__ = ("_children", "_context", "_ordinals", "path")

    def __init__(self, path: str = "") -> None:
        self.path = path
        self._children = 0
        self._ordinals = 0
        self._context: Context | None = None

    def child(self) -> Scope:
        """The scope of the next task made here."""
        number = self._children
        self._children = number + 1
        return Scope(f"{self.path}.{number}" if self.path else str(number))

    def next_ordinal(self) -> int:
        """The next number for a step, wait or hook of this scope: 0, 1, 2 …"""
        ordinal = self._ordinals
        self._ordinals = ordinal + 1
        return ordinal

    @property
    def context(self) -> Context:
        """A context for callbacks that come from outside and belong here."""
        if self._context is None:
            self._context = Context()
            mark(self._context, self)
        return self._context

    def __repr__(self) -> str:
        return f"<Scope {self.path!r}>"


def mark(context: Context, scope: Scope) -> None:
    """Make `scope` the scope of what runs, and is registered, in `context`."""
    context.run(_scope.set, scope)


def marked() -> Scope | None:
    """The scope of the running context: that of whoever registered the running callback."""
    return _scope.get(None)
