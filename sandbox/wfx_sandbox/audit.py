"""
The premise of the policy, checked: ordinary attribute access reaches nothing dangerous.

The policy leaves plain attribute names to Python, so everything that can be reached by them
from the builtins, the facades and a project's passed modules must be harmless: no module,
frame or code object, no builtin that opens files or evaluates text, nothing that can be
changed and that all runs share. `wfx doctor` asks this of the versions that are installed.
"""

from __future__ import annotations

import functools
import io
import types
import typing
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wfx_sandbox import builtins, names
from wfx_sandbox.modules import project_modules, table
from wfx_sandbox.modules.facade import Facade
from wfx_sandbox.placeholder import Placeholder

DEPTH_MAX: Final = 6
OBJECTS_MAX: Final = 200_000

_FORBIDDEN: Final[Mapping[type, str]] = {
    types.ModuleType: "a module",
    types.FrameType: "a frame",
    types.CodeType: "a code object",
    types.TracebackType: "a traceback",
    types.CellType: "a closure's cell",
    io.IOBase: "an open file",
    functools._lru_cache_wrapper: "a cache that all runs share",
}
_DANGEROUS: Final[tuple[Any, ...]] = (
    open, exec, eval, compile, __import__, input, globals, locals, vars, breakpoint, type,
    memoryview,
)  # fmt: skip
_MUTABLE: Final = (list, dict, set, bytearray, deque, OrderedDict)


@dataclass(frozen=True, slots=True)
class Reached:
    """Something that workflow code must not have, and how it gets there."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path} is {self.what}"


@dataclass(frozen=True, slots=True)
class Audit:
    """What a walk found."""

    objects: int
    reached: tuple[Reached, ...]


def audit(passthrough: Iterable[str] = ()) -> Audit:
    """
    Walk everything that plain names reach.

    Args:
        passthrough: The project's own list, `[tool.wfx] passthrough`.

    Raises:
        ImportError: If a listed module cannot be imported.
    """
    listed = tuple(passthrough)
    roots: dict[str, Any] = {
        name: value
        for name, value in builtins.namespace(_importer).items()
        if not names.is_reserved(name) and not names.is_dunder(name)
    }
    for module in table.every():
        roots[module] = table.facade(module)
    for module in listed:
        roots[module] = project_modules.facade(module, listed)
    return walk(roots, _samples())


def _samples() -> dict[str, Any]:
    """Objects of the host that workflow code is given, though no facade lists them."""
    import contextlib
    import contextvars
    import dataclasses
    import decimal
    import hashlib
    import ipaddress
    import pathlib
    import re
    import struct
    import uuid
    import zoneinfo
    from datetime import UTC, datetime

    import pydantic

    from wfx import aio
    from wfx.authoring import Hook
    from wfx.futures import Future
    from wfx.loop import DeterministicLoop

    async def coroutine() -> None:
        """Never awaited."""

    @contextlib.contextmanager
    def manager() -> Iterator[None]:
        yield

    @dataclasses.dataclass
    class Record:
        field: int = 1

    make: Any = DeterministicLoop  # abstract only in what it refuses
    loop = make(timers=None)
    pending = coroutine()
    task = loop.start(pending)
    found: dict[str, Any] = {
        "task": task,
        "future": Future(loop=loop),
        "coroutine": pending,
        "generator": (each for each in range(0)),
        "hook": Hook(typing.cast("Any", None), None),
        "timeout": aio.timeout(1),
        "lock": aio.Lock(),
        "event": aio.Event(),
        "queue": aio.Queue(),
        "task group": aio.TaskGroup(),
        "context manager": manager(),
        "exit stack": contextlib.ExitStack(),
        "context variable": contextvars.ContextVar("sample"),
        "field of a dataclass": dataclasses.fields(Record)[0],
        "field of a model": pydantic.Field(),
        "decimal": decimal.Decimal(1),
        "digest": hashlib.sha256(),
        "address": ipaddress.ip_address("::1"),
        "path": pathlib.PurePosixPath("a/b"),
        "pattern": re.compile("(?P<a>x)"),
        "match": re.match("(?P<a>x)", "x"),
        "struct": struct.Struct("i"),
        "uuid": uuid.UUID(int=1),
        "zone": zoneinfo.ZoneInfo("UTC"),
        "moment": datetime(2026, 1, 1, tzinfo=UTC),
        "partial": functools.partial(abs),
        "alias": list[int],
        "union": int | None,
        "error": ValueError("one"),
    }
    loop.drop()
    pending.close()
    return {f"a {name}": value for name, value in found.items()}


def _importer(*_: object) -> None:
    """Stands for a run's import."""


def walk(roots: Mapping[str, Any], samples: Mapping[str, Any] | None = None) -> Audit:
    """
    Walk from the roots by plain attribute names, and into what containers hold.

    Args:
        samples: Objects that one run has for itself: what they hold may change.
    """
    seen: dict[int, Any] = {}
    own = frozenset(samples or ())
    queue = deque((path, value, 0) for path, value in {**roots, **(samples or {})}.items())
    reached: list[Reached] = []
    while queue and len(seen) < OBJECTS_MAX:
        path, obj, depth = queue.popleft()
        if id(obj) in seen or type(obj) is Placeholder:
            continue
        seen[id(obj)] = obj
        what = _forbidden(obj)
        if what is not None:
            reached.append(Reached(path, what))
            continue
        if depth < DEPTH_MAX:
            for inner, value in _inside(path, obj):
                if not (path in own and _is_own_container(obj, inner, value)):
                    queue.append((inner, value, depth + 1))
    return Audit(len(seen), tuple(reached))


def _is_own_container(obj: Any, path: str, value: Any) -> bool:
    """Whether a sample alone holds this, and not its class."""
    if type(value) is tuple:
        return all(type(each) in (*_MUTABLE, str, int) for each in value)
    shared = getattr(type(obj), path.rpartition(".")[2], None)
    return type(value) in _MUTABLE and shared is not value


def _forbidden(obj: Any) -> str | None:
    for kind, what in _FORBIDDEN.items():
        if issubclass(type(obj), kind):
            return what
    if any(obj is each for each in _DANGEROUS):
        return f"the builtin `{obj.__name__}`"
    if type(obj) in _MUTABLE:
        return f"a {type(obj).__name__} that all runs would share"
    return None


def _inside(path: str, obj: Any) -> Iterator[tuple[str, Any]]:
    if type(obj) is Facade:
        for name, value in object.__getattribute__(obj, "__dict__").items():
            if not name.startswith("_"):
                yield f"{path}.{name}", value
        return
    if type(obj) in (tuple, frozenset):
        for index, value in enumerate(obj):
            yield f"{path}[{index}]", value
    if isinstance(obj, typing.TypeVar | typing.ParamSpec):
        return
    for name in _names(obj):
        try:
            value = getattr(obj, name)
            again = getattr(obj, name)
        except BaseException:
            continue
        if value is again or type(value) not in _MUTABLE:  # else it is made anew each time
            yield f"{path}.{name}", value


def _names(obj: Any) -> list[str]:
    try:
        return [name for name in dir(obj) if names.is_plain(name)]
    except Exception:
        return []


__all__ = ["Audit", "Reached", "audit", "walk"]
