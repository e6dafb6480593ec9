"""
What workflow code can reach of its run, and how code finds out that it is inside one.

Activations are synchronous: one thread runs the turns of one run's loop until it is
quiescent. While it does, `current()` in that thread is that run's context; everywhere else
(step bodies, clients, plain Python) it is None. The authoring API and the intercepts of a
sandbox both go through here, so there is one place where workflow code meets the log.
"""

from __future__ import annotations

import sys
import threading
import typing
import warnings
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NoReturn, Protocol

if TYPE_CHECKING:
    from wfx.codec import ClassRegistry
    from wfx.errors import Violation
    from wfx.program import StepSpec
    from wfx.values import Json


class HookHandle(Protocol):
    """The requesting end of a hook; payloads arrive in log order."""

    hook_id: str
    token: str
    disposed: bool

    async def receive(self) -> object:
        """
        Wait for the next payload, decoded.

        Raises:
            HookConflict: The token was taken.
            HookClosed: The hook was disposed.
        """
        ...

    def dispose(self) -> None:
        """Give the token up. Doing it twice does nothing."""
        ...


class RunContext(Protocol):
    """One run, as its workflow code and the sandbox around it see it."""

    run_id: str
    created_at: datetime
    """When the run was created; the origin of `time.monotonic()` and `loop.time()`."""
    activation: int
    """How many facts were delivered so far: the number of the activation that is going on."""
    registry: ClassRegistry
    """Resolves class tags in the run's own namespace; set by the program's instance."""
    state: dict[str, object]
    """The program's own per-run state (serial numbers, generators); the core never reads it."""

    def now_us(self) -> int:
        """A clock reading: microseconds since the epoch, greater than any given before."""
        ...

    def seed(self) -> bytes:
        """The 16 recorded bytes from which all of this run's random values derive."""
        ...

    def uuid(self, make: Callable[[], str]) -> str:
        """A recorded uuid; `make` gives a fresh one when nothing is recorded."""
        ...

    def ambient(self, effect: str, key: str, read: Callable[[], Json]) -> Json:
        """A value of the surroundings (`env`, `platform` …), read once per key and run."""
        ...

    def patched(self, name: str, *, deprecated: bool = False) -> bool:
        """
        Whether this run goes the new way that is known by `name`.

        Its first evaluation in a run decides: true if the log says so, or if the code is at
        the log's tail, where it is then recorded; else false.

        Args:
            deprecated: The old way is not there any more; only for what replay tells.
        """
        ...

    def output(self, text: str, stream: Literal["stdout", "stderr"]) -> None:
        """Text for the person at the terminal; shown once, after the activation's commit."""
        ...

    def call_step(
        self, spec: StepSpec, args: tuple[object, ...], kwargs: dict[str, object], place: str
    ) -> Coroutine[object, object, object]:
        """Request a step and wait for its outcome, decoded in the run's namespace."""
        ...

    def create_hook(
        self,
        token: str | None,
        schema: dict[str, Json] | None,
        metadata: object,
        place: str,
    ) -> HookHandle:
        """Request a hook; does not wait."""
        ...

    def violate(self, violation: Violation) -> NoReturn:
        """Condemn this activation for good and raise `violation`."""
        ...


_SILENT: list[tuple[str, None, type[Warning], None, int]] = [("ignore", None, Warning, None, 0)]


class _Current(threading.local):
    run: RunContext | None = None


_current = _Current()


def current() -> RunContext | None:
    """The run whose activation this thread is in, or None."""
    return _current.run


def _forget_types() -> None:
    """
    Empty the caches of `typing`, which give one object for another that is equal.

    Else `List[True]` would be what somebody else of this process wrote as `List[1]`.
    """
    for clear in _TYPING_CACHES:
        clear()


_TYPING_CACHES: list[Callable[[], None]] = getattr(typing, "_cleanups", [])
_DIGITS_MAX = sys.int_info.default_max_str_digits


class entered:
    """
    Make `run`, or none, the current run of this thread, and what it sees of the process its own.
    """

    __slots__ = ("_before", "_digits", "_filters", "_run")

    def __init__(self, run: RunContext | None) -> None:
        self._run = run

    def __enter__(self) -> None:
        self._before = _current.run
        _current.run = self._run
        # What libraries warn of would be shown at each replay, and raised under `-W error`. Not
        # catch_warnings(), which makes every module forget what it has warned of.
        self._filters = warnings.filters
        warnings.filters = _SILENT
        self._digits = sys.get_int_max_str_digits()
        if self._digits != _DIGITS_MAX:  # how long a number may be as text
            sys.set_int_max_str_digits(_DIGITS_MAX)
        _forget_types()

    def __exit__(self, *_: object) -> None:
        _forget_types()
        if self._digits != _DIGITS_MAX:
            sys.set_int_max_str_digits(self._digits)
        warnings.filters = self._filters
        _current.run = self._before
