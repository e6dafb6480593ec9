"""Every error code with its class, and the page that says what to do."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from wfx.errors import Violation, WfxError

_PACKAGES = ("wfx", "wfx_sandbox", "wfx_world_sql", "wfx_migrate")


def _load_everything() -> None:
    """Import every module of ours, so that every error class exists."""
    for package in _PACKAGES:
        root = importlib.import_module(package)
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            if ".revisions" not in found.name and not found.name.endswith("__main__"):
                importlib.import_module(found.name)


def _below(cls: type[Any]) -> Iterator[type[Any]]:
    yield cls
    for sub in cls.__subclasses__():
        yield from _below(sub)


def error_codes() -> dict[str, type[Any]]:
    """The class of every code: the one that sets it."""
    _load_everything()
    found: dict[str, type[Any]] = {}
    for cls in [*_below(WfxError), Violation]:
        if "code" in vars(cls) and cls.__module__.split(".")[0] in _PACKAGES:
            found[cls.code] = cls
    return found


def first_sentence(cls: type[Any]) -> str:
    """What the class says of itself."""
    return " ".join((cls.__doc__ or "").strip().partition("\n\n")[0].split())


def error_index() -> str:
    """One row per code."""
    rows = ["| code | class | status | means |", "|---|---|---|---|"]
    for code, cls in sorted(error_codes().items()):
        status = getattr(cls, "status", "")
        status = "" if status == 500 else status
        name = f"{cls.__module__}.{cls.__qualname__}"
        rows.append(f"| [{code}]({code}.md) | `{name}` | {status} | {first_sentence(cls)} |")
    return "\n".join(rows)
