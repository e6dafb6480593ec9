"""
`[tool.wfx]` of a project's `pyproject.toml`: what a project asks of the sandbox.

The file is the nearest one from the app directory upwards. A setting that is wrong is named
with its value and what is allowed; none is ignored.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from wfx.errors import LoadError
from wfx.queues import QueueLimits, Rate
from wfx_sandbox.effects import CAPABILITIES, Mode
from wfx_sandbox.modules.ambient import SECRET_PATTERNS
from wfx_sandbox.words import words


class SettingsError(LoadError):
    """`[tool.wfx]` says something that wfx does not understand."""

    code = "bad-settings"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one activation may use."""

    loop_turns: int = 50_000_000
    """Turns of loops in workflow code; the same on replay."""
    activation_seconds: float = 10.0
    """After this time a worker's child process is killed and the run parked."""
    memory_mb: int | None = None
    """Address space of a worker's child process; None leaves it as it is."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one project."""

    passthrough: tuple[str, ...] = ()
    """Modules whose public names workflow code can use as they are."""
    effects: Mapping[str, Mode] = field(default_factory=dict)
    secret_env: tuple[str, ...] = SECRET_PATTERNS
    limits: Limits = Limits()
    queues: Mapping[str, QueueLimits] = field(default_factory=dict)
    """Limits of queues; they decide nothing about workflow code."""
    redact: tuple[str, ...] = ()
    """Paths of values that `wfx record` leaves out; no behaviour depends on them."""
    path: Path | None = None
    """The file they came from."""

    @property
    def digest(self) -> str:
        """Of what decides about the behaviour of workflow code; empty for the defaults."""
        decides: dict[str, Any] = {}
        if self.passthrough:
            decides["passthrough"] = sorted(self.passthrough)
        if chosen := {key: mode for key, mode in self.effects.items() if mode != "record"}:
            decides["effects"] = chosen
        if self.secret_env != SECRET_PATTERNS:
            decides["secret_env"] = sorted(self.secret_env)
        if self.limits.loop_turns != Limits().loop_turns:
            decides["loop_turns"] = self.limits.loop_turns
        if not decides:
            return ""
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


_NEVER_PASSED: Final = frozenset(
    words(
        """
    ast asyncio builtins code codeop ctypes faulthandler gc imp importlib inspect marshal
    multiprocessing os pickle posix runpy shelve signal subprocess sys sysconfig threading
    time trace types typing weakref
"""
    )
)
"""Modules that lead into the interpreter, or that the sandbox serves in its own way."""


def read_settings(app_dir: Path) -> Settings:
    """
    The settings that hold for an app directory.

    Raises:
        SettingsError: If one of them is wrong.
    """
    for directory in (app_dir.resolve(), *app_dir.resolve().parents):
        path = directory / "pyproject.toml"
        if path.is_file():
            return _read(path)
    return Settings()


def _read(path: Path) -> Settings:
    try:
        with open(path, "rb") as file:
            document = tomllib.load(file)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read {path}: {error}") from None
    tool = document.get("tool", {})
    table = tool.get("wfx", {}) if isinstance(tool, dict) else {}
    return _Reader(path).settings(table)


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path

    def settings(self, table: object) -> Settings:
        known = {"passthrough", "effects", "secret_env", "limits", "queues", "redact"}
        given = self._table("tool.wfx", table, known)
        return Settings(
            passthrough=self._passthrough(given.get("passthrough", [])),
            effects=self._effects(given.get("effects", {})),
            secret_env=(
                self._strings("tool.wfx.secret_env", given["secret_env"], "*KEY*")
                if "secret_env" in given
                else SECRET_PATTERNS
            ),
            limits=self._limits(given.get("limits", {})),
            queues=self._queues(given.get("queues", {})),
            redact=self._strings("tool.wfx.redact", given.get("redact", []), "input[0].card"),
            path=self._path,
        )

    def _wrong(self, key: str, value: object, allowed: str) -> SettingsError:
        return SettingsError(f"{self._path}: {key} is {value!r}, but must be {allowed}.")

    def _table(self, key: str, value: object, known: Iterable[str]) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(key, value, "a table")
        for name in value:
            if name not in known:
                near = difflib.get_close_matches(str(name), list(known), 1)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise SettingsError(
                    f"{self._path}: there is no setting {key}.{name}.{hint} "
                    f"Known are {', '.join(sorted(known))}."
                )
        return value

    def _strings(self, key: str, value: object, example: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._wrong(key, value, f'a list of strings such as ["{example}"]')
        if any(not each.strip() for each in value):
            raise self._wrong(key, value, "a list without empty strings")
        return tuple(dict.fromkeys(value))

    def _passthrough(self, value: object) -> tuple[str, ...]:
        from wfx_sandbox.modules import table

        key = "tool.wfx.passthrough"
        modules = self._strings(key, value, "attrs")
        for module in modules:
            if not all(part.isidentifier() for part in module.split(".")):
                raise self._wrong(key, value, f"a list of module names, which {module!r} is not")
            if module.split(".")[0] in _NEVER_PASSED:
                raise SettingsError(
                    f"{self._path}: {key} lists {module!r}, which would undo the sandbox: it leads "
                    "into the interpreter or out of the log. Use it in steps."
                )
            if table.is_facade(module):
                raise SettingsError(
                    f"{self._path}: {key} lists {module!r}, which workflow code can use already. "
                    "Remove it."
                )
        return modules

    def _effects(self, value: object) -> dict[str, Mode]:
        table = self._table("tool.wfx.effects", value, CAPABILITIES)
        for name, mode in table.items():
            allowed = CAPABILITIES[name].modes
            if mode not in allowed:
                listed = ", ".join(f'"{each}"' for each in allowed)
                near = difflib.get_close_matches(str(mode), allowed, 1)
                hint = f'; did you mean "{near[0]}"?' if near else ""
                why = ""
                if mode == "derive":
                    why = " (there is nothing in the log that it could be derived from)"
                raise self._wrong(f"tool.wfx.effects.{name}", mode, f"one of {listed}{why}{hint}")
        return dict(table)

    def _limits(self, value: object) -> Limits:
        key = "tool.wfx.limits"
        table = self._table(key, value, ("loop_turns", "activation_seconds", "memory_mb"))
        turns = table.get("loop_turns", Limits().loop_turns)
        if type(turns) is not int or not 1 <= turns <= sys.maxsize:
            raise self._wrong(f"{key}.loop_turns", turns, "a whole number of at least 1")
        seconds = table.get("activation_seconds", Limits().activation_seconds)
        if type(seconds) not in (int, float) or not 0 < seconds < float("inf"):
            raise self._wrong(f"{key}.activation_seconds", seconds, "a number of seconds above 0")
        memory = table.get("memory_mb")
        if memory is not None and (type(memory) is not int or memory < 64):
            raise self._wrong(f"{key}.memory_mb", memory, "a whole number of at least 64")
        return Limits(turns, float(seconds), memory)

    def _queues(self, value: object) -> dict[str, QueueLimits]:
        if not isinstance(value, dict):
            raise self._wrong("tool.wfx.queues", value, "a table of tables, one for each queue")
        return {name: self._queue(f"tool.wfx.queues.{name}", each) for name, each in value.items()}

    def _queue(self, key: str, value: object) -> QueueLimits:
        table = self._table(key, value, [each.name for each in fields(QueueLimits)])
        given: dict[str, Any] = {}
        for name, limit in table.items():
            if name.startswith("concurrency"):
                if type(limit) is not int or limit < 0:
                    raise self._wrong(f"{key}.{name}", limit, "a whole number of at least 0")
                given[name] = limit
                continue
            try:
                given[name] = Rate.parse(limit if isinstance(limit, str) else "")
            except ValueError:
                raise self._wrong(f"{key}.{name}", limit, 'a rate such as "100/minute"') from None
        return QueueLimits(**given)


__all__ = ["Limits", "Settings", "SettingsError", "read_settings"]
