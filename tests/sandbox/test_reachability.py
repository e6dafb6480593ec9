"""The premise of the policy: ordinary attribute access reaches nothing dangerous."""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Iterator
from typing import Any

from wfx_sandbox import builtins, names
from wfx_sandbox.modules import passthrough, table
from wfx_sandbox.modules.facade import Facade
from wfx_sandbox.placeholder import Placeholder

DANGEROUS = (
    open,
    exec,
    eval,
    compile,
    __import__,
    input,
    globals,
    locals,
    vars,
    breakpoint,
)
FORBIDDEN_TYPES = (types.ModuleType, types.FrameType, types.CodeType, types.TracebackType)
DEPTH_MAX = 6


def public(obj: Any) -> Iterator[tuple[str, Any]]:
    """What workflow code reads of an object without any guard."""
    if isinstance(obj, Facade):
        known = object.__getattribute__(obj, "__dict__")
        yield from ((name, value) for name, value in known.items() if not name.startswith("_"))
        return
    for name in dir(obj):
        if names.is_plain(name):
            try:
                yield name, getattr(obj, name)
            except Exception:
                continue


def test_no_module_frame_code_or_dangerous_builtin_is_reachable() -> None:
    """Walk public attributes from all builtins and facades."""
    roots = {f"builtins.{name}": value for name, value in builtins.namespace(print).items()}
    for module in [*passthrough.NAMES, *table._INTERCEPTED]:
        if table.is_facade(module):
            roots[module] = table.facade(module)
    del roots["builtins.__import__"]
    seen: dict[int, Any] = {}
    queue = deque((name, value, 0) for name, value in roots.items())
    reached: list[str] = []
    while queue:
        path, obj, depth = queue.popleft()
        if id(obj) in seen or isinstance(obj, Placeholder):
            continue
        seen[id(obj)] = obj
        if isinstance(obj, FORBIDDEN_TYPES) or any(obj is each for each in DANGEROUS):
            reached.append(path)
            continue
        if depth < DEPTH_MAX:
            queue.extend((f"{path}.{name}", value, depth + 1) for name, value in public(obj))
    assert reached == []
    assert len(seen) > 1500
