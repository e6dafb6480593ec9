"""The project's own modules, found by path without importing anything."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import Literal

from wfx_sandbox.modules import project_modules, table
from wfx_sandbox.modules.facade import Facade
from wfx_sandbox.settings import Settings, SettingsError
from wfx_sandbox.source import Source


class Project:
    """
    The modules below one app directory.

    Args:
        app_dir: Where module names begin.
        roots: Further directories with modules of the project: that of a target file
            outside of the app directory.
        settings: What the project asks of the sandbox.
    """

    def __init__(
        self, app_dir: Path, roots: tuple[Path, ...] = (), settings: Settings | None = None
    ) -> None:
        self.settings = settings or Settings()
        self._facades: dict[str, Facade] = {}
        self.app_dir = app_dir.resolve()
        self.roots = (self.app_dir, *(root.resolve() for root in roots))
        self._found: dict[str, Path | None] = {}
        self._sources: dict[str, Source] = {}
        self._namespaces: dict[str, bool] = {}

    def path_of(self, module: str) -> Path | None:
        """The file of a local module, None if there is none; `__init__.py` for packages."""
        if module not in self._found:
            self._found[module] = self._look_up(module)
        return self._found[module]

    def _look_up(self, module: str) -> Path | None:
        parts = module.split(".")
        if not all(part.isidentifier() for part in parts):
            return None
        for root in self.roots:
            base = root.joinpath(*parts)
            for path in (base / "__init__.py", base.with_name(base.name + ".py")):
                if os.path.isfile(path) and "site-packages" not in path.relative_to(root).parts:
                    return path
        return None

    def is_namespace(self, module: str) -> Path | None:
        """The directory of a package without `__init__.py`, or None."""
        parts = module.split(".")
        if not all(part.isidentifier() for part in parts):
            return None
        for root in self.roots:
            base = root.joinpath(*parts)
            if os.path.isdir(base) and any(
                next(base.glob(pattern), None) for pattern in ("*.py", "*/*.py", "*/*/*.py")
            ):
                return base
        return None

    def kind_of(self, module: str) -> Literal["facade", "local", "wfx", "refused"]:
        """How the sandbox serves an import of this module."""
        if module == "wfx" or module.startswith("wfx."):
            return "wfx" if table.is_facade(module) else "refused"
        if module.split(".")[0] in self._protected:
            return "facade" if table.is_facade(module) else "refused"
        if self.path_of(module) is not None:
            return "local"
        if project_modules.is_passed(module, self.settings.passthrough):
            return "facade"
        if table.is_facade(module):
            return "facade"
        return "local" if self._is_local_namespace(module) else "refused"

    @cached_property
    def _protected(self) -> frozenset[str]:
        """Names that a local file of the same name does not replace."""
        return frozenset(sys.builtin_module_names)

    def _is_local_namespace(self, module: str) -> bool:
        if self.is_namespace(module) is None:
            return False
        root = module.split(".")[0]
        if root not in self._namespaces:
            elsewhere = [each for each in sys.path if Path(each or ".").resolve() not in self.roots]
            spec = importlib.machinery.PathFinder.find_spec(root, elsewhere)
            # An installed package wins over a directory of the same name, unless the
            # target itself lies in that directory.
            self._namespaces[root] = spec is None or spec.origin is None
        return self._namespaces[root]

    def claim(self, module: str) -> None:
        """Take the target's top-level package for local, whatever else has its name."""
        self._namespaces[module.split(".")[0]] = True

    def offers(self, module: str, attributes: tuple[str, ...]) -> bool:
        """Whether the facade of `module` has this path of attributes."""
        if not project_modules.is_passed(module, self.settings.passthrough):
            return table.offers(module, attributes)
        value: object = self.facade(module)
        for name in attributes:
            if not isinstance(value, Facade):
                break
            known = object.__getattribute__(value, "__dict__")
            if name not in known:
                return name.startswith("_")
            value = known[name]
        return True

    def facade(self, module: str) -> Facade:
        """
        The facade of a module that is not local.

        Raises:
            SettingsError: If the project passes it through and it cannot be imported.
        """
        passed = self.settings.passthrough
        if not project_modules.is_passed(module, passed):
            return table.facade(module, self.settings.secret_env)
        if module not in self._facades:
            try:
                self._facades[module] = project_modules.facade(module, passed)
            except Exception as error:
                raise SettingsError(
                    f"{self.settings.path}: tool.wfx.passthrough lists {module!r}, which cannot be "
                    f"imported: {type(error).__name__}: {error}"
                ) from error
        return self._facades[module]

    def vouches_for(self, module: str) -> bool:
        """Whether a class or function defined in `module` comes from a passed-through package."""
        root = module.split(".")[0]
        return any(each.split(".")[0] == root for each in self.settings.passthrough)

    def place_of(self, path: Path) -> str:
        """A path as shown to people: relative to the app directory if below it."""
        for root in self.roots:
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return path.name

    def source(self, module: str) -> Source:
        """
        The source of a local module, read once.

        Raises:
            KeyError: If the module is not local.
        """
        if module not in self._sources:
            path = self.path_of(module)
            if path is None:
                directory = self.is_namespace(module)
                if directory is None:
                    raise KeyError(module)
                self._sources[module] = Source(module, directory, f"{module}/", "", True)
            else:
                with open(path, "rb") as file:
                    text = _decoded(file.read())
                self._sources[module] = Source(
                    module, path, self.place_of(path), text, path.name == "__init__.py"
                )
        return self._sources[module]


def _decoded(data: bytes) -> str:
    return importlib.util.decode_source(data)


def parents_of(module: str) -> list[str]:
    """The packages that a module is in, the outermost first."""
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]
