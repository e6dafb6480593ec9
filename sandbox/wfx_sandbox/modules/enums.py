"""
The classes of `enum` as workflow code inherits from them.

`Enum("Name", names)` makes a class of names that no compiler has looked at, so it is looked
at here. The real classes stay behind: the members are members of `enum.Enum` for the host.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any, Final

from wfx_sandbox import names
from wfx_sandbox.guards import classes
from wfx_sandbox.names import PLACE
from wfx_sandbox.state import violate


class _Kind(enum.EnumMeta):
    def _create_(cls, class_name: Any, names: Any, **options: Any) -> Any:
        if options.get("type") is not None:
            options["type"] = classes.base(options["type"])
        if options.get("module") is None:
            options["module"] = _caller()
        create: Any = super()._create_  # type: ignore[misc]  # enum's own hook
        return classes.class_made(create(class_name, _listed(names), **options))

    def __instancecheck__(cls, instance: object) -> bool:
        real = ROOTS.get(cls)
        return super().__instancecheck__(instance) if real is None else isinstance(instance, real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        real = ROOTS.get(cls)
        return super().__subclasscheck__(subclass) if real is None else issubclass(subclass, real)


def _caller() -> str | None:
    """The module of the workflow code that is making an enum."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and PLACE not in frame.f_globals:
        frame = frame.f_back
    return None if frame is None else str(frame.f_globals["__name__"])


def _listed(given: Any) -> list[Any]:
    """The names, or pairs of name and value, of an enum made by a call."""
    if isinstance(given, str):
        given = str(given).replace(",", " ").split()
    listed: list[Any] = []
    for each in list(given.items()) if isinstance(given, Mapping) else list(given):
        name, pair = each, each
        if not isinstance(each, str):
            name, value = each
            pair = (name, value)
        if type(name) is not str or names.is_dunder(name) or names.is_reserved(name):
            violate("WFX234", f"an enum made by a call has the name {name!r}.")
        listed.append(pair)
    return listed


ROOTS: Final[dict[Any, Any]] = {}
"""Our class → the real one."""


def _root(real: Any) -> Any:
    namespace: Any = _Kind.__prepare__(real.__name__, (real,))
    namespace.update({"__module__": "enum", "__qualname__": real.__name__, "__doc__": real.__doc__})
    made: Any = _Kind(real.__name__, (real,), namespace)
    ROOTS[made] = real
    return made


NAMES: Final[dict[str, Any]] = {
    real.__name__: _root(real)
    for real in (enum.Enum, enum.IntEnum, enum.StrEnum, enum.Flag, enum.IntFlag)
}
