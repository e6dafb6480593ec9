"""How a class gets a name in the log, and how that name finds the class again."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Final, Protocol

from wfx.codec.forms import TAG
from wfx.values import Json

_CLASS_FORMS: Final = frozenset({"enum", "namedtuple", "dataclass", "model", "url"})


class ClassRegistry(Protocol):
    """
    Names classes and finds them by name.

    `builtins` must resolve too. What `resolve("builtins:set")` and
    `resolve("builtins:frozenset")` give is what decoded sets are made of; a registry that
    gives an ordered subclass there also has its instances written in their own order.
    """

    def tag(self, cls: type) -> str:
        """The name of `cls`: `module:qualname`."""
        ...

    def resolve(self, tag: str) -> type | None:
        """The class of that name, or None. Never raises."""
        ...


class HostRegistry:
    """
    Classes of ordinary imported modules.

    A class of `__main__` is named after the script it came from, so that it is found by a
    process that imports the same file, and the other way round.

    Args:
        aliases: Recorded module name → today's module name.
    """

    def __init__(self, aliases: Mapping[str, str] | None = None) -> None:
        self._aliases = dict(aliases or {})
        self._found: dict[str, tuple[str, str, object, Mapping[str, object]]] = {}
        """By tag: the module's name, the class's, and the module it was found in with its names."""

    @cached_property
    def _main(self) -> str | None:
        return _main_name()

    def tag(self, cls: type) -> str:
        """The name of `cls`: `module:qualname`."""
        module = cls.__module__
        if module == "__main__":
            module = self._main or module
        return f"{module}:{cls.__qualname__}"

    def resolve(self, tag: str) -> type | None:
        """The class of that name, importing its module if need be, or None."""
        place = self._found.get(tag)
        if place is not None:
            name, qualname, module, names = place
            # Looked up all the same: somebody may have put another one in its place.
            if sys.modules.get(name) is module and isinstance(found := names.get(qualname), type):
                return found
        return self._find(tag)

    def _find(self, tag: str) -> type | None:
        name, _, qualname = tag.partition(":")
        name = self._aliases.get(name, name)
        found: object = sys.modules.get(name)
        if found is None:
            # The script wins only when nobody imported it: steps live in the import.
            if name == self._main:
                found = sys.modules["__main__"]
            elif (found := _imported(name)) is None:
                return None
        if qualname == "NoneType" and name == "builtins":
            return type(None)
        module = found
        try:
            for part in qualname.split("."):
                found = getattr(found, part)
        except Exception:
            return None
        if not isinstance(found, type):
            return None
        if sys.modules.get(name) is module and vars(module).get(qualname) is found:
            self._found[tag] = (name, qualname, module, vars(module))
        return found


HOST: Final = HostRegistry()


def retag(tree: Json, modules: Mapping[str, str]) -> Json:
    """
    A copy of an encoded value or an error of the log, its class tags moved to other modules.

    Comparing what was recorded with what today's code asks for needs this when the code
    lives under another name now: `modules` is recorded module → today's module.
    """
    if isinstance(tree, list):
        return [retag(item, modules) for item in tree]
    if not isinstance(tree, dict):
        return tree
    out = {key: retag(item, modules) for key, item in tree.items()}
    form = tree.get(TAG)
    if form in _CLASS_FORMS:
        out["class"] = _moved(tree.get("class"), modules)
        if form == "model" and "args" in tree:
            out["args"] = _moved_types(tree["args"], modules)
    elif form == "exception":
        return {TAG: form, **retag_error({k: v for k, v in tree.items() if k != TAG}, modules)}
    return out


def retag_error(error: dict[str, Json], modules: Mapping[str, str]) -> dict[str, Json]:
    """`retag` for an error object of the log."""
    out = {key: retag(item, modules) for key, item in error.items()}
    if "type" in out:
        out["type"] = _moved(out["type"], modules)
    cause = error.get("cause")
    if isinstance(cause, dict):
        out["cause"] = retag_error(cause, modules)
    children = error.get("exceptions")
    if isinstance(children, list):
        out["exceptions"] = [
            retag_error(child, modules) if isinstance(child, dict) else child for child in children
        ]
    return out


def _moved(tag: Json, modules: Mapping[str, str]) -> Json:
    if not isinstance(tag, str):
        return tag
    module, colon, qualname = tag.partition(":")
    return modules.get(module, module) + colon + qualname


def _moved_types(tree: Json, modules: Mapping[str, str]) -> Json:
    if isinstance(tree, list):
        return [_moved_types(item, modules) for item in tree]
    if isinstance(tree, dict):
        return {
            key: item if key == "literal" else _moved_types(item, modules)
            for key, item in tree.items()
        }
    return _moved(tree, modules)


def _imported(name: str) -> object:
    """The module, or None when it is not there or does not import."""
    if not name or name.startswith("."):
        return None
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit):
        return None


def _main_name() -> str | None:
    """What others import the running script as."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name:
        name: str = spec.name
        return name.removesuffix(".__main__")
    file = getattr(main, "__file__", None)
    return os.path.splitext(os.path.basename(file))[0] if file else None
