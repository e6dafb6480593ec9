"""
Facades of the modules that a project passes through by `[tool.wfx] passthrough`.

A project vouches for these: their public names come in as they are. Modules among them do
not, unless they are listed too, since a module of a module soon leads to `os`.
"""

from __future__ import annotations

import importlib
import types
from collections.abc import Mapping, Sequence
from typing import Any

from wfx_sandbox.modules.facade import Facade
from wfx_sandbox.sets import OrderedFrozenSet, OrderedSet


def is_passed(module: str, listed: Sequence[str]) -> bool:
    """Whether a listed module is this one, or lies below it."""
    return any(each == module or each.startswith(f"{module}.") for each in listed)


def facade(module: str, listed: Sequence[str]) -> Facade:
    """
    The facade of a listed module, or of a package that only holds listed ones.

    Raises:
        ImportError: If the module cannot be imported.
    """
    names = _public(importlib.import_module(module)) if module in listed else {}
    for each in listed:
        if each.startswith(f"{module}."):
            below = each[len(module) + 1 :].split(".")[0]
            names[below] = facade(f"{module}.{below}", listed)
    return Facade(module, names)


def _public(module: types.ModuleType) -> dict[str, Any]:
    exported = getattr(module, "__all__", None)
    listed = list(exported) if isinstance(exported, list | tuple) else dir(module)
    found: dict[str, Any] = {}
    for name in listed:
        if not isinstance(name, str) or name.startswith("_"):
            continue
        value = getattr(module, name, None)
        if isinstance(value, types.ModuleType) or not hasattr(module, name):
            continue
        found[name] = _REPLACED.get(value, value) if isinstance(value, type) else value
    return found


_REPLACED: Mapping[Any, Any] = {set: OrderedSet, frozenset: OrderedFrozenSet}
