"""
The normal import of a user's module, for its steps and type hints.

The project's own modules are found by path, as in the sandbox, so that both loads see the same
files: a `tests` or `docs` package installed somewhere cannot come between, and a module that
another project of this process imported under the same name is not mistaken for ours.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from wfx_sandbox.errors import ModuleRaised
from wfx_sandbox.project import Project, parents_of


class _FreshLoader(importlib.machinery.SourceFileLoader):
    """Compiles from source: a bytecode file tells apart no two edits within a second."""

    def __init__(self, fullname: str, path: str, digest: str) -> None:
        super().__init__(fullname, path)
        self.digest: Final = digest
        """Of the content that its module is imported with."""

    def get_code(self, fullname: str) -> Any:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


class _LocalFinder(importlib.abc.MetaPathFinder):
    def __init__(self, project: Project) -> None:
        self._project = project

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if self._project.kind_of(fullname) != "local":
            return None
        file = self._project.path_of(fullname)
        if file is None:
            directory = self._project.is_namespace(fullname)
            if directory is None:
                return None
            spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = [str(directory)]
            return spec
        locations = [str(file.parent)] if file.name == "__init__.py" else None
        digest = self._project.source(fullname).digest
        return importlib.util.spec_from_file_location(
            fullname,
            file,
            loader=_FreshLoader(fullname, str(file), digest),
            submodule_search_locations=locations,
        )


@contextmanager
def _finding(project: Project) -> Iterator[None]:
    finder = _LocalFinder(project)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def import_module(name: str, project: Project, local: Iterable[str]) -> ModuleType:
    """
    Import a local module, and what it imports, as Python would.

    Args:
        local: The project's modules it is known to import; stale ones are imported anew.

    Raises:
        ModuleRaised: Whatever went wrong, with the author's own line.
    """
    for root in reversed(project.roots):
        text = str(root)
        if text in sys.path:
            sys.path.remove(text)
        sys.path.insert(0, text)
    stale = [each for each in local if _is_stale(each, project)]
    if stale:
        for each in local:  # what imported a stale module holds its old objects
            sys.modules.pop(each, None)
        sys.modules.pop(name, None)
    for parent in parents_of(name):
        if _is_stale(parent, project):
            sys.modules.pop(parent, None)
    with _finding(project):
        try:
            return importlib.import_module(name)
        except (Exception, SystemExit) as error:
            raise _raised(name, project, error) from error


def _is_stale(name: str, project: Project) -> bool:
    module = sys.modules.get(name)
    if module is None or project.kind_of(name) != "local":
        return False
    path = project.path_of(name)
    if path is None:
        directory = project.is_namespace(name)
        return directory is not None and str(directory) not in list(getattr(module, "__path__", []))
    file = getattr(module, "__file__", None)
    if file is None or Path(file).resolve() != path.resolve():
        return True
    # One that somebody else imported, as Python does, is taken as it is.
    loader = getattr(module, "__loader__", None)
    return isinstance(loader, _FreshLoader) and loader.digest != project.source(name).digest


def _raised(name: str, project: Project, error: BaseException) -> ModuleRaised:
    kind = type(error).__name__
    text = str(error) or "no message"
    if isinstance(error, SyntaxError) and error.filename:
        place = f"{project.place_of(Path(error.filename))}:{error.lineno}"
        return ModuleRaised(f"cannot import {name}: {place}: {kind}: {error.msg}")
    where = ""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if any(path.is_relative_to(root) for root in project.roots):
            where = f"{project.place_of(path)}:{frame.lineno}: "
            if frame.line:
                text += f"\n    {frame.line}"
            break
    lines = [f"cannot import {name}: {where}{kind}: {text}", _remedy(error)]
    return ModuleRaised("\n".join(line for line in lines if line))


def _remedy(error: BaseException) -> str:
    """What to do about what a module raised, where that can be known."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return (
            f"Install it in the environment wfx runs in, or correct the import of {error.name!r}."
        )
    if isinstance(error, SystemExit):
        return "A module that exits when it is imported cannot be loaded."
    if isinstance(error, KeyError) and error.args and error.args[0] not in os.environ:
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        if frame.f_code is type(os.environ).__getitem__.__code__:
            return f"Set the environment variable {error.args[0]} before wfx is started."
    return ""
