"""Where a target is: which module of which project a name or a path means."""

from __future__ import annotations

import difflib
import os
import sys
import sysconfig
from pathlib import Path
from typing import Final

from wfx_sandbox.errors import ModuleMissing, TargetError
from wfx_sandbox.project import Project
from wfx_sandbox.settings import Settings, read_settings

_NEAR_MAX: Final = 2000
"""Among so many modules a name like the one that is not there is looked for."""


def split_target(target: str) -> tuple[str, str | None]:
    """What a target names: a module or a file, and a workflow in it if it says which."""
    where, colon, workflow = target.rpartition(":")
    if not colon or workflow.endswith(".py") or "/" in workflow or "\\" in workflow:
        where, workflow = target, ""
    if not where.strip():
        raise TargetError(
            f"{target!r} names no module: write package.module:workflow or path/file.py:workflow"
        )
    return where.strip(), workflow.strip() or None


def located(where: str, app_dir: Path, settings: Settings | None) -> tuple[Project, str]:
    """
    The project and the module that a name or a path means.

    Raises:
        TargetError, ModuleMissing: It means none.
    """
    app_dir = app_dir.resolve()
    settings = read_settings(app_dir) if settings is None else settings
    if where.endswith(".py") or "/" in where or "\\" in where:
        return _located_file(where, app_dir, settings)
    project = Project(app_dir, settings=settings)
    if not all(part.isidentifier() for part in where.split(".")):
        raise TargetError(
            f"{where!r} is no module name: write package.module:workflow or path/file.py:workflow"
        )
    if project.kind_of(where) != "local" or project.path_of(where) is None:
        raise ModuleMissing(_no_module(where, project))
    return project, where


def _no_module(name: str, project: Project) -> str:
    near = difflib.get_close_matches(name, _module_names(project), 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    if not near and project.kind_of(name) in ("facade", "wfx"):
        hint = " It is a module of Python or of wfx, not one of yours."
    return (
        f"there is no module {name!r} in {project.app_dir}.{hint}\n"
        "A target is a module below the app directory, or the path of a .py file."
    )


def _taken_by(name: str) -> str | None:
    """The installed module of this name that is in use, and may not be replaced by another."""
    module = sys.modules.get(name)
    if module is None:
        return None
    if name in sys.stdlib_module_names:
        return "a module of Python"
    origin = Path(getattr(module, "__file__", None) or "")
    installed = (sysconfig.get_paths()[each] for each in ("purelib", "platlib"))
    if name == "wfx" or any(origin.is_relative_to(folder) for folder in installed):
        return f"the installed {origin.parent if origin.stem == '__init__' else origin}"
    return None


def _module_names(project: Project) -> list[str]:
    names: list[str] = []
    for path in project.app_dir.glob("**/*.py"):
        parts = path.relative_to(project.app_dir).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        if parts and all(part.isidentifier() for part in parts):
            names.append(".".join(parts))
        if len(names) >= _NEAR_MAX:
            break
    return names


def _located_file(where: str, app_dir: Path, settings: Settings) -> tuple[Project, str]:
    path = Path(where)
    path = (path if path.is_absolute() else app_dir / path).resolve()
    if os.path.isdir(path):
        raise ModuleMissing(f"{where} is a directory: name a .py file in it")
    if not os.path.isfile(path):
        near = difflib.get_close_matches(
            path.name, [each.name for each in path.parent.glob("*.py")], 1
        )
        hint = f" Did you mean {Path(where).with_name(near[0])}?" if near else ""
        raise ModuleMissing(f"there is no file {where} (looked for {path}).{hint}")
    if path.suffix != ".py":
        raise TargetError(f"{where} is no Python file: its name does not end in .py")
    if path.is_relative_to(app_dir):
        parts = path.relative_to(app_dir).with_suffix("").parts
        if parts[-1] == "__init__" and len(parts) > 1:
            parts = parts[:-1]
        project = Project(app_dir, settings=settings)
    else:
        parts = (path.stem,)
        project = Project(app_dir, (path.parent,), settings)
    name = ".".join(parts)
    if not all(part.isidentifier() for part in parts):
        bad = next(part for part in parts if not part.isidentifier())
        raise TargetError(
            f"{where} has no module name, because {bad!r} is no Python name: rename it"
        )
    taken = _taken_by(parts[0])
    if taken is not None:
        raise TargetError(
            f"{where} would be the module {name!r}, but {parts[0]!r} is {taken}, which wfx itself "
            "uses: rename yours"
        )
    found = project.path_of(name)
    if found is None or found.resolve() != path:
        other = "nothing" if found is None else str(found)
        raise TargetError(
            f"{where} would be the module {name!r}, but that name means {other}: rename one"
        )
    return project, name
