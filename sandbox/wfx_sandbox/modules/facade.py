"""What `import json` binds in workflow code: an object with the listed names and no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from wfx_sandbox.kinds import give
from wfx_sandbox.modules.refused import reason_for, remedy_for
from wfx_sandbox.state import violate


@dataclass(frozen=True, slots=True)
class Read:
    """A name whose value is asked for in each run."""

    read: Callable[[], Any]


class Facade:
    """
    A module as workflow code sees it.

    It has no `__name__`, because `from a import b` would look `a.b` up in sys.modules.
    """

    __slots__ = ("__dict__",)

    def __init__(self, name: str, names: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_module_", name)
        object.__setattr__(self, "_read_", {k: v for k, v in names.items() if type(v) is Read})
        for key, value in names.items():
            if type(value) is not Read:
                object.__setattr__(self, key, value)
            if isinstance(value, type):
                give(value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        read: Read | None = object.__getattribute__(self, "_read_").get(name)
        if read is not None:
            return read.read()
        module: str = object.__getattribute__(self, "_module_")
        rule = "WFX205" if (module, name) == ("time", "sleep") else "WFX201"
        return violate(rule, reason_for(module, (name,)), remedy_for(module, (name,)))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        violate("WFX236", f"the module `{object.__getattribute__(self, '_module_')}` is shared.")

    def __repr__(self) -> str:
        return f"<module {object.__getattribute__(self, '_module_')!r}>"
