"""
`os`, `sys`, `platform` and `socket` as far as they tell about the surroundings.

Each value is read once per run and key, and recorded. The environment cannot be enumerated
or changed, and names that look like secrets are refused, since what is read is in the log.
"""

from __future__ import annotations

import fnmatch
import getpass
import os
import platform
import posixpath
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, NoReturn

from wfx.values import Json
from wfx_sandbox.modules import randomness
from wfx_sandbox.modules.facade import Facade, Read
from wfx_sandbox.state import run, violate
from wfx_sandbox.words import words

SECRET_PATTERNS: Final = ("*KEY*", "*TOKEN*", "*SECRET*", "*PASSWORD*")
"""Environment variables that workflow code cannot read, whatever their case."""


def secret_pattern(name: str, patterns: tuple[str, ...]) -> str | None:
    """The pattern by which an environment variable looks like a secret, or None."""
    for pattern in patterns:
        if fnmatch.fnmatchcase(name.upper(), pattern.upper()):
            return pattern
    return None


def ambient(effect: str, key: str, read: Callable[[], Json]) -> Any:
    """A recorded value of the surroundings."""
    return run(key).ambient(effect, key, read)


def _reader(effect: str, key: str, read: Callable[[], Json]) -> Callable[[], Any]:
    def function() -> Any:
        return ambient(effect, key, read)

    function.__name__ = function.__qualname__ = key.rpartition(".")[2]
    return function


class Environ:
    """`os.environ` of a run."""

    __slots__ = ("_patterns",)

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._patterns = patterns

    def _read(self, name: Any) -> str | None:
        if not isinstance(name, str):
            raise TypeError(f"str expected, not {type(name).__name__}")
        name = str.__str__(name)  # a subclass could say one thing here and another to `os`
        pattern = secret_pattern(name, self._patterns)
        if pattern:
            violate("WFX210", f"the environment variable `{name}` looks like a secret ({pattern}).")
        found: str | None = ambient("env", name, lambda: os.environ.get(name))
        return found

    def __getitem__(self, name: str) -> str:
        value = self._read(name)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The variable, or the default."""
        value = self._read(name)
        return default if value is None else value

    def __contains__(self, name: object) -> bool:
        return self._read(name) is not None

    def _enumerated(self) -> NoReturn:
        violate("WFX211", "the whole environment would go into the log.")

    def __iter__(self) -> Iterator[str]:
        self._enumerated()

    def __len__(self) -> int:
        self._enumerated()

    def keys(self) -> NoReturn:
        """Refused."""
        self._enumerated()

    def values(self) -> NoReturn:
        """Refused."""
        self._enumerated()

    def items(self) -> NoReturn:
        """Refused."""
        self._enumerated()

    def copy(self) -> NoReturn:
        """Refused."""
        self._enumerated()

    def _changed(self, *args: object) -> NoReturn:
        violate("WFX208", "the environment belongs to the whole process.")

    __setitem__ = __delitem__ = _changed
    setdefault = pop = update = clear = popitem = _changed

    def __repr__(self) -> str:
        return "environ(…)"


def environ_names(patterns: tuple[str, ...]) -> dict[str, Any]:
    """`environ` and `getenv`."""
    environ = Environ(patterns)
    return {"environ": environ, "getenv": environ.get}


_PATH: Final = words(
    """
    join split splitext basename dirname normpath isabs commonprefix commonpath sep extsep
    altsep pathsep curdir pardir splitdrive normcase
"""
)


def path_names() -> dict[str, Any]:
    """`os.path`: the functions that look at text only."""
    return {name: getattr(posixpath, name) for name in _PATH}


def path_facade() -> Facade:
    """`os.path` as an attribute of `os`."""
    return Facade("os.path", path_names())


OS: dict[str, Any] = {
    "getpid": _reader("host", "pid", os.getpid),
    "getppid": _reader("host", "ppid", os.getppid),
    "cpu_count": _reader("host", "cpu_count", os.cpu_count),
    "getcwd": _reader("host", "cwd", os.getcwd),
    "urandom": randomness.urandom,
    "fspath": os.fspath,
    "PathLike": os.PathLike,
    "sep": "/",
    "linesep": "\n",
    "name": "posix",
    "curdir": ".",
    "pardir": "..",
    "extsep": ".",
    "devnull": "/dev/null",
}


class VersionInfo(NamedTuple):
    """`sys.version_info`."""

    major: int
    minor: int
    micro: int
    releaselevel: str
    serial: int

    def __repr__(self) -> str:
        return f"sys.version_info({', '.join(f'{k}={v!r}' for k, v in self._asdict().items())})"


def _version_info() -> VersionInfo:
    """Recorded, since a run may be replayed by a later Python."""
    return VersionInfo(*ambient("host", "version_info", lambda: list(sys.version_info)))


SYS: dict[str, Any] = {
    "version_info": Read(_version_info),
    "maxsize": sys.maxsize,
    "byteorder": sys.byteorder,
    "float_info": sys.float_info,
    "int_info": sys.int_info,
    "maxunicode": sys.maxunicode,
    "platform": Read(_reader("host", "platform", lambda: sys.platform)),
    "version": Read(_reader("host", "version", lambda: sys.version)),
    "intern": sys.intern,
}

_PLATFORM: Final = words(
    """
    node system machine processor release version platform python_version
    python_implementation python_compiler
"""
)

PLATFORM: dict[str, Any] = {
    name: _reader("platform", name, getattr(platform, name)) for name in _PLATFORM
}

SOCKET: dict[str, Any] = {
    "gethostname": _reader("host", "hostname", socket.gethostname),
}

GETPASS: dict[str, Any] = {"getuser": _reader("host", "user", getpass.getuser)}
