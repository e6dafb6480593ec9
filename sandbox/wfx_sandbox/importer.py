"""
The modules of one run: executed on first import, kept for the run, seen by no other.

Each namespace is a module object registered in `sys.modules` under a private name, because
dataclasses, typing and pydantic look a class's module up there while they make the class.
When a module has been executed its classes get their stable module name, which the log
knows them by; by then nothing is left in them that would be looked up.
"""

from __future__ import annotations

import importlib
import itertools
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

from wfx.context import entered
from wfx.program import StepSpec
from wfx_sandbox import builtins, names, tank
from wfx_sandbox.guards import classes
from wfx_sandbox.guards.annotations import check_type_text
from wfx_sandbox.guards.own import is_own_class
from wfx_sandbox.modules import decimals
from wfx_sandbox.modules.refused import reason_for, remedy_for
from wfx_sandbox.names import OWN_MARK, PLACE
from wfx_sandbox.placeholder import Placeholder
from wfx_sandbox.sharing import SHARED_GLOBALS, protect
from wfx_sandbox.state import violate

if TYPE_CHECKING:
    from wfx_sandbox.compile import CompiledModule
    from wfx_sandbox.program import Parts

_numbers: Final = itertools.count(1)


class RunModules:
    """
    Imports for one run.

    Args:
        modules: The compiled modules.
        shared: By module, the names that were made once for the program; None while they
            are being made.
    """

    def __init__(
        self,
        parts: Parts,
        modules: Mapping[str, CompiledModule],
        shared: Mapping[str, Mapping[str, Any]] | None,
    ) -> None:
        self._parts = parts
        self._compiled = modules
        self._shared = shared
        self._prefix = f"{names.RUN_PREFIX}{next(_numbers)}."
        self._modules: dict[str, types.ModuleType] = {}
        self._builtins = builtins.namespace(self._import)
        self._builtins["_class_done_"] = self._class_done
        if parts.project.settings.passthrough:
            self._builtins["_base_"] = self._base
        self._executing: list[str] = []
        self._fresh: list[type] = []
        self.workflows: dict[tuple[str, str], Callable[..., Any]] = {}

    def close(self) -> None:
        """Forget the run's modules."""
        for name in self._modules:
            sys.modules.pop(self._prefix + name, None)

    # -- executing -------------------------------------------------------------------------

    def load(self, name: str) -> types.ModuleType:
        """The run's module of that name, executed now if it was not before."""
        found = self._modules.get(name)
        if found is not None:
            return found
        compiled = self._compiled[name]
        parent, _, last = name.rpartition(".")
        if parent and parent in self._parts.modules:
            self.load(parent)
        module = types.ModuleType(self._prefix + name)
        namespace = module.__dict__
        namespace.update(
            {
                "__builtins__": self._builtins,
                PLACE: compiled.place,
                "_step_": lambda variable: self._step(name, variable),
                "_workflow_": lambda variable, function: self._workflow(name, variable, function),
                "_placeholder_": lambda variable: self._placeholder(name, variable),
            }
        )
        code: CodeType | None = compiled.code
        if self._shared is None:
            code = compiled.shared_code
            namespace[SHARED_GLOBALS] = True
        else:
            namespace.update(self._shared.get(name, {}))
        if compiled.is_package:
            module.__path__ = []
        module.__package__ = name if compiled.is_package else parent
        self._modules[name] = module
        sys.modules[self._prefix + name] = module
        self._executing.append(name)
        try:
            if code is not None:
                exec(code, namespace)
        except BaseException:
            self._modules.pop(name, None)
            sys.modules.pop(self._prefix + name, None)
            raise
        finally:
            self._executing.pop()
            for helper in ("_step_", "_workflow_", "_placeholder_"):
                namespace.pop(helper, None)
        if compiled.classes:
            self._finish(name, module)
        if parent and parent in self._modules:
            setattr(self._modules[parent], last, module)
        return module

    def _step(self, module: str, variable: str) -> Any:
        spec = self._parts.steps.get((module, variable))
        if spec is None:
            return Placeholder(
                f"`{variable}` is a step in the source of {module}, but not once that is imported.",
                "Define it once, at the top level of its module.",
                "WFX240",
            )
        return step_reference(spec)

    def _workflow(self, module: str, variable: str, function: Any) -> Any:
        self.workflows[module, variable] = function

        def refused(*args: object, **kwargs: object) -> Any:
            violate("WFX206", f"`{variable}` is a workflow, and a workflow cannot call another.")

        refused.__name__ = refused.__qualname__ = variable
        return refused

    def _placeholder(self, module: str, variable: str) -> Placeholder:
        taint = self._parts.placeholders[module][variable]
        return Placeholder(taint.text, taint.remedy, taint.rule)

    # -- classes ---------------------------------------------------------------------------

    def _base(self, cls: Any) -> Any:
        """`classes.base`; what the project passes through can be extended as well."""
        if isinstance(cls, type) and self._parts.project.vouches_for(cls.__module__):
            return cls
        return classes.base(cls)

    def _class_done(self, cls: Any) -> Any:
        cls = classes.class_done(cls)
        if isinstance(cls, type) and is_own_class(cls):
            if self._executing:
                self._fresh.append(cls)
            else:
                self._settle([cls])
        return cls

    def _finish(self, name: str, module: types.ModuleType) -> None:
        """Give the classes of a module that was just executed their stable name."""
        private = self._prefix + name
        fresh = [cls for cls in self._fresh if cls.__module__ == private]
        made = [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and value.__module__ == private
            and not any(value is each for each in fresh)
        ]
        for cls in made:  # named tuples and other classes made by calls
            setattr(cls, OWN_MARK, True)
        self._fresh = [cls for cls in self._fresh if cls.__module__ != private]
        self._settle([*fresh, *made])

    def _settle(self, classes: Sequence[Any]) -> None:
        for cls in classes:
            module = sys.modules.get(cls.__module__)
            if module is not None and names.is_of_run(cls.__module__):
                _resolve_text(cls, vars(module))
        for cls in classes:
            if names.is_of_run(cls.__module__):
                cls.__module__ = names.stable_module(cls.__module__)
            if self._shared is None:
                protect(cls)

    # -- importing -------------------------------------------------------------------------

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """What the import statement calls."""
        if type(fromlist) is list:
            # Not a statement, which gives a tuple or None, but C code such as that of
            # datetime.strptime. It takes the module from sys.modules itself.
            importlib.import_module(name)
            return None
        if level:
            package = str((globals or {}).get("__package__") or "")
            base = package.split(".")
            if level > 1:
                base = base[: len(base) - level + 1]
            name = ".".join([*base, name] if name else base)
        kind = self._parts.project.kind_of(name)
        if kind == "local":
            return self._import_local(name, fromlist)
        if kind in ("facade", "wfx"):
            project = self._parts.project
            root, _, rest = name.partition(".")
            if rest and not fromlist and project.kind_of(root) == "facade":
                return project.facade(root)
            return project.facade(name)
        return self._refused(name, fromlist)

    def _import_local(self, name: str, fromlist: Sequence[str] | None) -> Any:
        self._load_parents(name)
        module = self._load_known(name)
        if not fromlist:
            return self._modules.get(name.split(".")[0], module)
        for each in fromlist:
            inner = f"{name}.{each}"
            if each not in vars(module) and inner in self._parts.modules:
                self.load(inner)
        return module

    def _load_parents(self, name: str) -> None:
        parts = name.split(".")
        for end in range(1, len(parts)):
            parent = ".".join(parts[:end])
            if parent in self._parts.modules:
                self.load(parent)

    def _load_known(self, name: str) -> types.ModuleType:
        if name not in self._parts.modules:
            violate(
                "WFX201",
                f"the local module `{name}` is imported in a way that was not foreseen.",
                "Import it at the top level of the module that uses it.",
            )
        return self.load(name)

    def _refused(self, name: str, fromlist: Sequence[str] | None) -> Any:
        if not fromlist:
            root = name.split(".")[0]
            return Placeholder(reason_for(root, ()), remedy_for(root, ()))
        return _RefusedModule(name, self._parts.steps_elsewhere(name))


class _RefusedModule:
    """What `from httpx import get` takes its names from."""

    __slots__ = ("_name", "_steps")

    def __init__(self, name: str, steps: Mapping[str, StepSpec]) -> None:
        self._name = name
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in self._steps:
            return step_reference(self._steps[name])
        return Placeholder(reason_for(self._name, (name,)), remedy_for(self._name, (name,)))


def made_once(
    parts: Parts, modules: Mapping[str, CompiledModule]
) -> Mapping[str, Mapping[str, Any]]:
    """
    What all runs of a program share, by module and name.

    Raises:
        BaseException: Whatever the modules raise, and NotInRun if they ask for a run.
    """
    making = RunModules(parts, modules, None)
    try:
        with outside(), decimals.in_context(decimals.standard()):
            return {
                name: {each: vars(making.load(name))[each] for each in compiled.shared_names}
                for name, compiled in modules.items()
                if compiled.shared_code is not None
            }
    finally:
        making.close()


@contextmanager
def outside() -> Iterator[None]:
    """As if no run were current."""
    with entered(None), tank.limited():
        yield


def step_reference(spec: StepSpec) -> Any:
    """What workflow code calls in place of a step."""
    from wfx.authoring import step_reference as make

    return make(spec)


def _resolve_text(cls: Any, namespace: dict[str, Any]) -> None:
    """Finish annotations that look ahead, now that the module has all its names."""
    annotations = vars(cls).get("__annotations__", {})
    waiting = {key: each for key, each in annotations.items() if isinstance(each, str)}
    if hasattr(cls, "__pydantic_complete__"):
        if cls.__pydantic_complete__ is False:
            cls.model_rebuild(force=True, raise_errors=False, _types_namespace=namespace)
        return
    for key, text in waiting.items():
        check_type_text(text)
        try:
            value = eval(text, namespace)
        except Exception:
            continue  # as in Python, it is wrong only for who looks
        annotations[key] = value
        field = vars(cls).get("__dataclass_fields__", {}).get(key)
        if field is not None:
            field.type = value
