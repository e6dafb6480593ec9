"""
A parent process that ends an activation which will not come to rest.

Python cannot interrupt itself inside C code: `sum(itertools.count())` holds the interpreter
for ever, and no thread or signal handler of the same process gets a turn. So the work is
done in a child, which notes in shared memory what run it is activating and since when; the
parent looks there, kills the child at the wall limit, parks the run, and starts the next
child if there is other work. Everything else the log already has. See decisions/0010.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import mmap
import os
import select
import signal
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Final

from wfx.closing import Closing

_LOOK_SECONDS: Final = 0.05
_RESTART_SECONDS: Final = 1.0
_LAYOUT: Final = struct.Struct("<Qdd1020s")
"""
Number of the activation (0: none), its start on the monotonic clock, limit, run id: at most 255
characters.
"""
_NUMBER: Final = struct.Struct("<Q")
_ORDERLY_AT: Final = 2047
_KEPT_AT: Final = 2048
_CELL_BYTES: Final = 1 << 16
_STACK_SIGNAL: Final = signal.SIGUSR1
_STACK_LOOKS: Final = 40
_STACK_BYTES_MAX: Final = 1 << 20
_PR_SET_PDEATHSIG: Final = 1
_PASSED_ON: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Cell(Closing):
    """What this process is activating, for the process that watches it."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _CELL_BYTES)
        self._count = 0
        self._stacks = tempfile.TemporaryFile()  # noqa: SIM115  (closed below)

    def close(self) -> None:
        """Give up the file of stacks; what was noted can still be read."""
        faulthandler.unregister(_STACK_SIGNAL)
        self._stacks.close()

    def enter(self, run_id: str, seconds_max: float) -> None:
        """An activation of this run begins, which may take so long."""
        self._count += 1
        began = time.monotonic()
        # The number last: until then there is nothing to be read, however long the pieces take.
        _LAYOUT.pack_into(self._memory, 0, 0, began, seconds_max, run_id.encode())
        _NUMBER.pack_into(self._memory, 0, self._count)

    def leave(self) -> None:
        """It came to rest."""
        _NUMBER.pack_into(self._memory, 0, 0)

    def overdue(self) -> tuple[str, float] | None:
        """The run whose activation has lasted too long, and how long it might have."""
        found = _LAYOUT.unpack_from(self._memory)
        number, began, seconds_max, name = found
        if not number or time.monotonic() - began <= seconds_max:
            return None
        # Written by another process, in pieces: only what stands still is believed.
        if _LAYOUT.unpack_from(self._memory) != found:
            return None
        return str(name.rstrip(b"\0").decode()), seconds_max

    def keep(self, text: str) -> None:
        """Something the watching process will need, for example where the world is."""
        data = text.encode()
        self._memory[_KEPT_AT : _KEPT_AT + 4 + len(data)] = struct.pack("<I", len(data)) + data

    def kept(self) -> str:
        """What `keep` was told last; empty if nothing."""
        (length,) = struct.unpack_from("<I", self._memory, _KEPT_AT)
        return self._memory[_KEPT_AT + 4 : _KEPT_AT + 4 + length].decode()

    def orderly(self) -> None:
        """The work is done: the exit code that follows is meant."""
        self._memory[_ORDERLY_AT] = 1

    def is_orderly(self) -> bool:
        """Whether the work came to its end."""
        return bool(self._memory[_ORDERLY_AT])

    def show_stacks(self) -> None:
        """From now on answer `_STACK_SIGNAL` with the stack, even from inside C code."""
        faulthandler.register(_STACK_SIGNAL, self._stacks, all_threads=False)

    def stack_of(self, child: int) -> str:
        """Where the child's main thread is, innermost call first."""
        os.kill(child, _STACK_SIGNAL)
        before = b""
        for _ in range(_STACK_LOOKS):
            time.sleep(_LOOK_SECONDS / 5)
            # The file's position is the child's, who may be writing: seeking would move it.
            written = os.pread(self._stacks.fileno(), _STACK_BYTES_MAX, 0)
            if written == before and written.endswith(b"\n"):
                break
            before = written
        return before.decode(errors="replace")


cell: Cell | None = None
"""The cell of this process; None when nobody watches it."""


@dataclass(frozen=True, slots=True)
class Killed:
    """An activation that was ended."""

    run_id: str
    seconds_max: float
    stack: str
    """Where it was, innermost call first, as the interpreter dumps it."""
    kept: str
    """What the child gave to `Cell.keep`."""


@dataclass(frozen=True, slots=True)
class Crashed:
    """A child that ended before its work did: by a crash, a kill -9, or `os._exit` in a step."""

    signal: signal.Signals | None
    code: int
    """What a shell would show."""
    kept: str
    """What the child gave to `Cell.keep`."""


def process_id() -> int:
    """The process that people see: the supervisor of this one, if it has one."""
    return os.getpid() if cell is None else os.getppid()


def supervise(
    work: Callable[[], int],
    *,
    killed: Callable[[Killed], bool],
    crashed: Callable[[Crashed], bool],
) -> int:
    """
    Do `work` in a child and watch its activations; the exit code of the last child.

    Call it before there are threads or connections: the child is a fork.

    Args:
        killed: Told of the run whose activation was ended; parks it, and says whether
            another child is to go on with the rest.
        crashed: Told when the child ended before its work did; says whether another one
            is to go on.
    """
    global cell
    while True:
        with Cell() as shared:
            sys.stdout.flush()
            sys.stderr.flush()
            parent = os.getpid()
            # A signal that comes before the handlers are in place waits for them.
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
            asked_to_end = [False]
            child = os.fork()
            if child == 0:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                cell = shared
                _die_with(parent)
                shared.show_stacks()
                code = work()
                shared.orderly()
                raise SystemExit(code)
            ended = _watch(child, shared, mask, asked_to_end)
        match ended:
            case int():
                return ended
            case Killed() if not killed(ended) or asked_to_end[0]:
                return 1
            case Crashed() if asked_to_end[0]:
                # Whoever sent the signal wants no other child.
                return ended.code
            case Crashed():
                try:
                    if not crashed(ended):
                        return ended.code
                    # Whatever did it may do it again at once.
                    time.sleep(_RESTART_SECONDS)
                except KeyboardInterrupt:
                    return ended.code


def _watch(
    child: int, shared: Cell, mask: set[signal.Signals | int], asked_to_end: list[bool]
) -> int | Killed | Crashed:
    """Wait for the child; its exit code, or what ended it. Notes whether a signal came."""
    with _signals_passed_to(child, asked_to_end), _pause_for(child) as pause:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        while True:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return _ending(status, shared)
            overdue = shared.overdue()
            if overdue is not None:
                stack = shared.stack_of(child)
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return Killed(*overdue, stack, shared.kept())
            pause()


@contextlib.contextmanager
def _pause_for(child: int) -> Iterator[Callable[[], object]]:
    """Sleep a little; where the system can tell, not beyond the child's end."""
    open_process: Callable[[int], int] | None = getattr(os, "pidfd_open", None)
    if open_process is None:
        yield lambda: time.sleep(_LOOK_SECONDS)
        return
    process = open_process(child)
    try:
        yield lambda: select.select([process], [], [], _LOOK_SECONDS)
    finally:
        os.close(process)


def _ending(status: int, shared: Cell) -> int | Crashed:
    """How a child ended by itself; 128 and more for a signal, as a shell shows it."""
    if not os.WIFSIGNALED(status):
        code = os.WEXITSTATUS(status)
        return code if shared.is_orderly() else Crashed(None, code or 1, shared.kept())
    number = os.WTERMSIG(status)
    if number in _PASSED_ON:
        return 128 + number
    return Crashed(signal.Signals(number), 128 + number, shared.kept())


@contextlib.contextmanager
def _signals_passed_to(child: int, asked_to_end: list[bool]) -> Iterator[None]:
    """
    Leave the answer to signals to the child.

    A terminal sends Ctrl-C to both; what is sent to this process alone is passed on.
    """

    def pass_on(number: int, frame: FrameType | None) -> None:
        asked_to_end[0] = True
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    before = {
        number: signal.signal(
            number, _interrupted(child, asked_to_end) if number is signal.SIGINT else pass_on
        )
        for number in _PASSED_ON
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupted(child: int, asked_to_end: list[bool]) -> Callable[[int, FrameType | None], None]:
    """Pass SIGINT on unless the terminal has sent it to the child as well."""

    def handle(number: int, frame: FrameType | None) -> None:
        asked_to_end[0] = True
        with contextlib.suppress(OSError):
            if sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgid(child):
                return
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    return handle


def _die_with(parent: int) -> None:
    """End this child when its parent ends, however that ends: nobody would watch it."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        return

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS * 10)
        os._exit(1)

    threading.Thread(target=look, name="wfx-orphan", daemon=True).start()
