"""
What works in workflow code but not as an author may expect: warnings of `wfx check`.

Nothing here is refused. Each warning is about a value that is reproducible and still not what
the same line gives in an ordinary program.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from wfx_sandbox import effects, scopes

Spelled = Callable[[ast.expr], str]
Surprise = tuple[ast.AST, str, str]
_Loop = ast.While | ast.For
_WAITS = ast.Await | ast.AsyncFor | ast.AsyncWith
_DRAWN = ("clock", "random", "uuid")
"""Other than the surroundings, these are never the same again."""
_COROUTINES = frozenset({"asyncio.sleep", "asyncio.wait", "asyncio.wait_for"})
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def surprises(
    statement: ast.stmt,
    uses: Iterable[scopes.Use],
    spelled: Spelled,
    awaitable: Callable[[str], bool],
) -> Iterator[Surprise]:
    """
    Places in a statement that workflow code reaches, each with a rule and a message.

    Args:
        uses: The global names the statement uses.
        spelled: Gives the dotted name of an expression, imports resolved.
        awaitable: Whether a global name is a step or another function to be awaited.
    """
    dropped = set(_dropped_calls(statement))
    for loop in _loops(statement):
        reading = _clock_reading(loop, spelled)
        if reading is not None:
            name = ast.unparse(reading)
            yield (
                reading,
                "WFX220",
                (
                    f"`{name}` is read in a loop that waits for nothing: between two readings "
                    "of one activation only a microsecond passes."
                ),
            )
    for use in uses:
        name = spelled(use.node)
        if use.node in dropped and (
            name in _COROUTINES or (not use.attributes and awaitable(use.name))
        ):
            yield (
                use.node,
                "WFX223",
                f"`{ast.unparse(use.node)}(...)` is not awaited, so nothing of it happens.",
            )
        if name.startswith("secrets."):
            yield (
                use.node,
                "WFX221",
                (
                    f"`{name}` draws from the run's seed, which is in the log: whoever can read "
                    "the log can work this value out."
                ),
            )
        elif use.when == "now" and use.called and effects.capability_of(name) in _DRAWN:
            yield (
                use.node,
                "WFX222",
                (
                    f"`{name}` is called when the module is executed, which workflow code does at "
                    "the beginning of every run, and not once per process."
                ),
            )


def _dropped_calls(statement: ast.stmt) -> Iterator[ast.expr]:
    """What is called by statements that use no result."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield node.value.func


def _loops(statement: ast.stmt) -> Iterator[_Loop]:
    """Loops without another one around them: one reading is told of once."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _Loop) and not _waits(node):
            yield node
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _inside(loop: _Loop) -> Iterator[ast.AST]:
    """Nodes that each turn executes: not the bodies of functions defined there."""
    repeated: list[ast.AST] = [*loop.body]
    if isinstance(loop, ast.While):
        repeated.append(loop.test)
    while repeated:
        node = repeated.pop()
        yield node
        if not isinstance(node, _FUNCTIONS):
            repeated.extend(ast.iter_child_nodes(node))


def _waits(loop: _Loop) -> bool:
    return any(isinstance(node, _WAITS) for node in _inside(loop))


def _clock_reading(loop: _Loop, spelled: Spelled) -> ast.Call | None:
    calls = [node for node in _inside(loop) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    for call in calls:
        if effects.capability_of(spelled(call.func)) == "clock":
            return call
    return None
