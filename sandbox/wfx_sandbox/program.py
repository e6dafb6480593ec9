"""A loaded module as the core runs it: one namespace per run, values by stable class names."""

from __future__ import annotations

import decimal
import importlib.metadata
import sys
import threading
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wfx.codec import HostRegistry, decode, encode
from wfx.context import RunContext
from wfx.errors import Violation
from wfx.program import StepSpec, WorkflowSpec
from wfx.queues import QueueLimits
from wfx.values import Json
from wfx_sandbox import policing, tank
from wfx_sandbox.analysis import Taint
from wfx_sandbox.compile import CompiledModule
from wfx_sandbox.importer import RunModules, made_once
from wfx_sandbox.modules import decimals
from wfx_sandbox.names import stable_module
from wfx_sandbox.policy import POLICY_VERSION
from wfx_sandbox.project import Project
from wfx_sandbox.sets import OrderedFrozenSet, OrderedSet
from wfx_sandbox.settings import Settings
from wfx_sandbox.words import words


@dataclass(eq=False)
class Parts:
    """What all runs of a program share; nothing in it changes after loading."""

    project: Project
    main: str
    modules: Mapping[str, CompiledModule]
    unshared: Callable[[], Mapping[str, CompiledModule]]
    """The same modules, with everything in them executed per run."""
    steps: Mapping[tuple[str, str], StepSpec]
    """By module and variable."""
    placeholders: Mapping[str, Mapping[str, Taint]]
    workflow_places: Mapping[str, tuple[str, str]]
    """Workflow name → module and variable."""

    def steps_elsewhere(self, module: str) -> dict[str, StepSpec]:
        """The steps of a module that is not of the project, by variable."""
        return {name: spec for (where, name), spec in self.steps.items() if where == module}


Basis = tuple[Mapping[str, CompiledModule], Mapping[str, Mapping[str, Any]]]
"""Compiled modules, and by module the names that all runs share."""

_FOREIGN: Final = frozenset(
    words(
        """
    builtins collections datetime decimal uuid fractions enum ipaddress zoneinfo pathlib
    wfx.errors wfx pydantic pydantic_core pydantic.main pydantic.networks pydantic.types
    pydantic.root_model pydantic_core._pydantic_core asyncio asyncio.exceptions re
    wfx_migrate.v1.js http
"""
    )
)
"""Modules whose exceptions and plain values may come from a log into workflow code."""

_HOST: Final = HostRegistry()


class RunRegistry:
    """Finds classes in a run's own namespace, and otherwise only harmless ones."""

    def __init__(self, modules: RunModules, parts: Parts) -> None:
        self._modules = modules
        self._parts = parts
        self._known: dict[str, type | None] = {
            "builtins:set": OrderedSet,
            "builtins:frozenset": OrderedFrozenSet,
        }

    def tag(self, cls: type) -> str:
        """The stable name of a class."""
        if cls is OrderedSet:
            return "builtins:set"
        if cls is OrderedFrozenSet:
            return "builtins:frozenset"
        return f"{stable_module(cls.__module__)}:{cls.__qualname__}"

    def resolve(self, tag: str) -> type | None:
        """The class of that name in this run, or None."""
        if tag not in self._known:
            found = self._find(tag)
            if found is None:
                return None  # it may be defined later
            self._known[tag] = found
        return self._known[tag]

    def _find(self, tag: str) -> type | None:
        module, _, qualname = tag.partition(":")
        if module in self._parts.modules:
            found: Any = self._modules.load(module)
            for part in qualname.split("."):
                found = (
                    vars(found).get(part) if isinstance(found, type | types.ModuleType) else None
                )
            return found if isinstance(found, type) else None
        if module not in _FOREIGN and not self._parts.project.vouches_for(module):
            return None
        cls = _HOST.resolve(tag)
        if cls is None:
            return None
        if module == "builtins" and not issubclass(cls, BaseException):
            return cls if cls in _PLAIN else None
        return cls


_PLAIN: Final = (
    int, float, str, bytes, bool, complex, list, dict, tuple, bytearray, object, type(None),
)  # fmt: skip


class SandboxInstance:
    """A program's namespace for one run."""

    def __init__(self, parts: Parts, basis: Basis) -> None:
        self._parts = parts
        self._modules = RunModules(parts, *basis)
        self._decimals = decimals.standard()
        self.registry = RunRegistry(self._modules, parts)

    def execute(self) -> None:
        """Execute the main module."""
        decimals.own(self._decimals)
        with decimals.in_context(self._decimals):
            self._modules.load(self._parts.main)
            self._decimals = decimals.getcontext()  # a module may have set another one

    async def call(self, workflow_name: str, args: list[Json], kwargs: dict[str, Json]) -> Json:
        """Run the workflow on encoded arguments; its encoded result."""
        module, variable = self._parts.workflow_places[workflow_name]
        decimal.setcontext(self._decimals)  # of the task that runs the workflow
        self._modules.load(module)
        function = self._modules.workflows[module, variable]
        registry = self.registry
        given = [
            decode(each, registry=registry, path=f"input[{index}]")
            for index, each in enumerate(args)
        ]
        named = {
            key: decode(each, registry=registry, path=f"input.{key}")
            for key, each in kwargs.items()
        }
        try:
            result = await function(*given, **named)
        except BaseException as error:
            if tank.host_limit(error):
                tank.condemn_limit(error)
            raise
        return encode(result, registry=registry, path="output")

    def close(self) -> None:
        """Forget the run's modules."""
        self._modules.close()

    def __del__(self) -> None:
        modules = getattr(self, "_modules", None)
        if modules is not None:
            modules.close()


class SandboxProgram:
    """A user's module, loaded so that its workflows can be run and replayed."""

    def __init__(
        self,
        parts: Parts,
        *,
        digest: str,
        workflows: Mapping[str, WorkflowSpec],
        steps: Mapping[str, StepSpec],
    ) -> None:
        self.parts = parts
        self.digest = digest
        self.workflows = workflows
        self.steps = steps
        self.fingerprint: Mapping[str, Json] = fingerprint()
        self._basis: Basis | None = None
        self._lock = threading.Lock()

    def _prepared(self) -> Basis:
        """What all runs begin with, made with the first of them."""
        with self._lock:
            if self._basis is None:
                modules = self.parts.modules
                try:
                    self._basis = modules, made_once(self.parts, modules)
                except (Exception, Violation):
                    # What is wrong there is wrong in each run, which says so in its place.
                    self._basis = self.parts.unshared(), {}
            return self._basis

    @property
    def settings(self) -> Settings:
        """The project's settings."""
        return self.parts.project.settings

    @property
    def activation_seconds(self) -> float:
        """See `Program.activation_seconds`."""
        return self.settings.limits.activation_seconds

    @property
    def queue_limits(self) -> Mapping[str, QueueLimits]:
        """See `Program.queue_limits`."""
        return self.settings.queues

    @property
    def memory_mb(self) -> int | None:
        """See `Program.memory_mb`."""
        return self.settings.limits.memory_mb

    def instantiate(self, run: RunContext) -> SandboxInstance:
        """Execute the module for one run, inside the run's first activation."""
        instance = SandboxInstance(self.parts, self._prepared())
        run.registry = instance.registry
        policing.police(run, self.settings.effects)
        tank.fill(run, self.settings.limits.loop_turns)
        instance.execute()
        return instance

    def source(self, file: str) -> str | None:
        """See `Program.source`."""
        for name, module in self.parts.modules.items():
            if module.place == file:
                return self.parts.project.source(name).text
        return None


def fingerprint() -> dict[str, Json]:
    """What else than source decides what workflow code observes."""
    try:
        tzdata = importlib.metadata.version("tzdata")
    except importlib.metadata.PackageNotFoundError:
        tzdata = "system"
    return {
        "policyVersion": POLICY_VERSION,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "tzdata": tzdata,
        "hashSeed": hash_seed(),
    }


def hash_seed() -> str:
    """`PYTHONHASHSEED` as this process was started, "random" if it was not set."""
    import os

    return os.environ.get("PYTHONHASHSEED", "random")
