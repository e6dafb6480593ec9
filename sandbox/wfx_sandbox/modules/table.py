"""Every module that workflow code can import from outside of its project, by name."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import cache
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from typing import Any, Final

from wfx_sandbox import kinds
from wfx_sandbox.modules import (
    ambient,
    authoring,
    clock,
    concurrency,
    output,
    passthrough,
    randomness,
)
from wfx_sandbox.modules.facade import Facade
from wfx_sandbox.sets import OrderedFrozenSet, OrderedSet

_INTERCEPTED: Final[dict[str, Callable[[tuple[str, ...]], dict[str, Any]]]] = {
    "time": lambda _: clock.NAMES,
    "random": lambda _: randomness.RANDOM,
    "secrets": lambda _: randomness.SECRETS,
    "uuid": lambda _: randomness.UUID,
    "asyncio": lambda _: concurrency.table(),
    "os": lambda patterns: {**ambient.OS, **ambient.environ_names(patterns),
                            "path": ambient.path_facade()},
    "os.path": lambda _: ambient.path_names(),
    "posixpath": lambda _: ambient.path_names(),
    "sys": lambda _: ambient.SYS,
    "platform": lambda _: ambient.PLATFORM,
    "socket": lambda _: ambient.SOCKET,
    "getpass": lambda _: ambient.GETPASS,
    "logging": lambda _: output.LOGGING,
    "warnings": lambda _: output.WARNINGS,
    "traceback": lambda _: output.TRACEBACK,
    "wfx": lambda _: authoring.table(),
    "wfx.authoring": lambda _: authoring.table(),
    "wfx.errors": lambda _: authoring.table(),
}  # fmt: skip


def every() -> tuple[str, ...]:
    """All modules that have a facade here."""
    return tuple(each for each in (*passthrough.NAMES, *_INTERCEPTED) if is_facade(each))


def is_facade(module: str) -> bool:
    """Whether workflow code can import `module`."""
    if module in _INTERCEPTED:
        return True
    if module not in passthrough.NAMES:
        return module in _PACKAGES
    return _installed(module)


_PACKAGES: Final = {"urllib": ("parse",)}
"""Packages of which only listed submodules exist."""


@cache
def _installed(module: str) -> bool:
    """
    Whether Python has this module, as its own finders say.

    While a project is imported, `importlib.util.find_spec` would ask the project's finder too,
    and that one asks here.
    """
    if module in sys.modules:
        return True
    parent = module.rpartition(".")[0]
    try:
        path = importlib.import_module(parent).__path__ if parent else None
    except (ImportError, AttributeError):
        return False
    return any(each.find_spec(module, path) is not None for each in _FINDERS)


_FINDERS: Final = (BuiltinImporter, FrozenImporter, PathFinder)


@cache
def facade(module: str, patterns: tuple[str, ...] = ambient.SECRET_PATTERNS) -> Facade:
    """
    The facade of a module, made once per process.

    Raises:
        KeyError: If workflow code cannot import it; ask `is_facade` first.
    """
    if module in _PACKAGES:
        return Facade(module, {n: facade(f"{module}.{n}", patterns) for n in _PACKAGES[module]})
    maker = _INTERCEPTED.get(module)
    names = dict(maker(patterns)) if maker else passthrough.table(module)
    if module == "collections":
        names["abc"] = facade("collections.abc", patterns)
    if module == "pydantic":
        names["alias_generators"] = facade("pydantic.alias_generators", patterns)
    if module == "typing":  # pydantic would make builtin sets for these
        names["Set"], names["FrozenSet"] = OrderedSet, OrderedFrozenSet
    for key, value in names.items():
        if value is set:
            names[key] = OrderedSet
        elif value is frozenset:
            names[key] = OrderedFrozenSet
    return Facade(module, names)


def _make_all() -> None:
    for module in every():
        facade(module)


kinds.given_by(_make_all)


def offers(module: str, attributes: tuple[str, ...]) -> bool:
    """Whether the facade of `module` has this path of attributes."""
    value: Any = facade(module)
    for name in attributes:
        if not isinstance(value, Facade):
            return True  # an attribute of what it lists is the object's own affair
        known = object.__getattribute__(value, "__dict__")
        if name in known["_read_"]:
            return True
        if name not in known:
            return name.startswith("_")
        value = known[name]
    return True
