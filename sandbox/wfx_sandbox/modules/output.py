"""`print`, `logging` and `warnings`: text for the person at the terminal, shown once per run."""

from __future__ import annotations

import sys
import traceback
from typing import Any, Final

from wfx_sandbox.state import run, state
from wfx_sandbox.text import line, remainder, scrubbed

LEVELS: Final = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}


def write_line(
    *values: object,
    sep: str | None = None,
    end: str | None = None,
    file: Any = None,
    flush: bool = False,
) -> None:
    """The builtin `print`."""
    text = (" " if sep is None else sep).join(line(each) for each in values)
    text += "\n" if end is None else end
    if file is not None and hasattr(file, "write"):
        file.write(text)
        return
    run("print").output(str.__str__(text), "stdout")  # a separator may be of a class of its own


class Logger:
    """`logging.Logger` of a run: everything from INFO on goes to standard error."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.level = 20
        self.disabled = False
        self.propagate = True
        self.handlers: list[Any] = []
        self.filters: list[Any] = []

    def _emit(self, level: int, name: str, message: object, args: tuple[Any, ...]) -> None:
        if self.disabled or level < self.level:
            return
        text = line(message)
        if args:
            single = len(args) == 1 and isinstance(args[0], dict) and args[0]
            text = remainder(text, args[0] if single else args)
        run("logging").output(f"{name}:{self.name}:{text}\n", "stderr")

    def debug(self, msg: object, *args: Any, **_: Any) -> None:
        """Log at DEBUG."""
        self._emit(10, "DEBUG", msg, args)

    def info(self, msg: object, *args: Any, **_: Any) -> None:
        """Log at INFO."""
        self._emit(20, "INFO", msg, args)

    def warning(self, msg: object, *args: Any, **_: Any) -> None:
        """Log at WARNING."""
        self._emit(30, "WARNING", msg, args)

    warn = warning

    def error(self, msg: object, *args: Any, **_: Any) -> None:
        """Log at ERROR."""
        self._emit(40, "ERROR", msg, args)

    def exception(self, msg: object, *args: Any, **_: Any) -> None:
        """Log at ERROR."""
        self._emit(40, "ERROR", msg, args)

    def critical(self, msg: object, *args: Any, **_: Any) -> None:
        """Log at CRITICAL."""
        self._emit(50, "CRITICAL", msg, args)

    fatal = critical

    def log(self, level: int, msg: object, *args: Any, **_: Any) -> None:
        """Log at a level."""
        names = {number: name for name, number in LEVELS.items()}
        self._emit(level, names.get(level, f"Level {level}"), msg, args)

    def setLevel(self, level: int | str) -> None:
        """Log from this level on."""
        self.level = LEVELS[level] if isinstance(level, str) else level

    def getEffectiveLevel(self) -> int:
        """The level from which on this logger logs."""
        return self.level

    def isEnabledFor(self, level: int) -> bool:
        """Whether this level is logged."""
        return not self.disabled and level >= self.level

    def getChild(self, suffix: str) -> Logger:
        """The logger below this one."""
        return get_logger(f"{self.name}.{suffix}")

    def hasHandlers(self) -> bool:
        """True: a run's text goes where its worker puts it."""
        return True

    def _ignored(self, *_: object) -> None:
        """Nothing: handlers and filters have no part in that."""

    addHandler = removeHandler = addFilter = removeFilter = _ignored

    def __repr__(self) -> str:
        return f"<Logger {self.name}>"


def get_logger(name: str | None = None) -> Logger:
    """`logging.getLogger`."""
    loggers = state().loggers
    key = name or "root"
    if key not in loggers:
        loggers[key] = Logger(key)
    found: Logger = loggers[key]
    return found


def _root(method: str) -> Any:
    def function(*args: Any, **kwargs: Any) -> None:
        getattr(get_logger(), method)(*args, **kwargs)

    function.__name__ = function.__qualname__ = method
    return function


class NullHandler:
    """`logging.NullHandler`."""


LOGGING: dict[str, Any] = {
    "getLogger": get_logger,
    "Logger": Logger,
    "NullHandler": NullHandler,
    "basicConfig": lambda **_: None,
    "getLevelName": lambda level: {n: k for k, n in LEVELS.items()}.get(level, f"Level {level}"),
    "NOTSET": 0,
    "WARN": 30,
    "FATAL": 50,
    **LEVELS,
    **{
        name: _root(name)
        for name in ["debug", "info", "warning", "error", "exception", "critical", "log"]
    },
}


def warn(message: object, category: Any = None, *_: Any, **__: Any) -> None:
    """`warnings.warn`."""
    kind = category or (type(message) if isinstance(message, Warning) else UserWarning)
    run("warnings").output(f"{kind.__name__}: {message}\n", "stderr")


WARNINGS: dict[str, Any] = {
    "warn": warn,
    "simplefilter": lambda *_, **__: None,
    "filterwarnings": lambda *_, **__: None,
    "deprecated": lambda *_, **__: lambda target: target,
}


def _last_line(exc: BaseException) -> list[str]:
    """The exception itself; Python's own text has hints that differ between its versions."""
    cls = type(exc)
    name = cls.__qualname__
    if cls.__module__ not in ("builtins", "__main__"):
        name = f"{scrubbed(cls.__module__)}.{name}"
    text = line(exc)
    notes = [f"{line(note)}\n" for note in getattr(exc, "__notes__", ())]
    return [f"{name}: {text}\n" if text else f"{name}\n", *notes]


def _given(exc: Any, rest: tuple[Any, ...]) -> Any:
    return rest[0] if isinstance(exc, type) and rest else exc


def _format_exception(exc: Any, *rest: Any, **_: Any) -> list[str]:
    exc = _given(exc, rest)
    if not isinstance(exc, BaseException):
        return ["NoneType: None\n"]
    frames = [
        f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n'
        for frame in traceback.extract_tb(exc.__traceback__)
        if not frame.filename.startswith(("/", "<frozen"))
    ]
    head = ["Traceback (most recent call last):\n", *frames] if frames else []
    return [*head, *_last_line(exc)]


def _format_current(*_: Any, **__: Any) -> str:
    return "".join(_format_exception(sys.exc_info()[1]))


def _print_current(*_: Any, **__: Any) -> None:
    run("traceback").output(_format_current(), "stderr")


TRACEBACK: dict[str, Any] = {
    "format_exception": _format_exception,
    "format_exception_only": lambda exc, *rest, **_: _last_line(_given(exc, rest)),
    "format_exc": _format_current,
    "print_exc": _print_current,
}
