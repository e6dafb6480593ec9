"""A parent ends an activation that will not come to rest, and only that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from wfx.workers import supervisor

SUPERVISED = """
import itertools, os, sys, time
from wfx.workers import supervisor

log = sys.argv[1]
mode = sys.argv[2]

def note(text):
    with open(log, "a") as file:
        file.write(text + "\\n")

def work():
    note(f"child {os.getpid()}")
    cell = supervisor.cell
    cell.keep("kept text")
    if mode == "stuck" and not os.path.exists(log + ".again"):
        open(log + ".again", "w").close()
        cell.enter("wrun_stuck", 0.5)
        sum(itertools.count())
    if mode == "long":
        for _ in range(4):
            cell.enter("wrun_fine", 0.5)
            time.sleep(0.2)
            cell.leave()
    if mode == "exit":
        os._exit(5)
    if mode == "wait":
        time.sleep(60)
    if mode == "idle":
        time.sleep(0.8)
    return 7

def killed(what):
    note(f"killed {what.run_id} {what.kept}")
    note("in work" if "in work" in what.stack else what.stack)
    return True

def crashed(what):
    note(f"crashed {what.code} {what.kept}")
    return False

sys.exit(supervisor.supervise(work, killed=killed, crashed=crashed))
"""


def supervised(tmp_path: Path, mode: str) -> tuple[subprocess.Popen[str], Path]:
    """Start a supervised process."""
    log = tmp_path / "log"
    command = [sys.executable, "-c", SUPERVISED, str(log), mode]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True), log


def lines(log: Path) -> list[str]:
    """What was noted, without process ids."""
    return [line.split()[0] if line.startswith("child") else line for line in _read(log)]


def _read(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def child_of(log: Path) -> int:
    """The process id of the first child, once it has begun."""
    until = time.monotonic() + 20
    while not _read(log):
        assert time.monotonic() < until, "no child began"
        time.sleep(0.01)
    return int(_read(log)[0].split()[1])


def test_an_activation_stuck_in_c_is_ended_and_the_rest_goes_on(tmp_path: Path) -> None:
    """`sum(itertools.count())` never gives the interpreter back; the next child works."""
    process, log = supervised(tmp_path, "stuck")
    assert process.communicate(timeout=30)[1] == ""
    assert (process.returncode, lines(log)) == (
        7,
        ["child", "killed wrun_stuck kept text", "in work", "child"],
    )


SLOWLY_DUMPED = """
import os, signal, time
from wfx.workers import supervisor

class Dump(supervisor.Cell):
    def show_stacks(self):
        def dump(number, frame):
            for line in range(40):
                os.write(self._stacks.fileno(), b"line ")
                time.sleep(0.001)
                os.write(self._stacks.fileno(), b"%d\\n" % line)
                time.sleep(0.001)
        signal.signal(signal.SIGUSR1, dump)

cell = Dump()
child = os.fork()
if child == 0:
    cell.show_stacks()
    cell.orderly()
    time.sleep(30)
while not cell.is_orderly():
    time.sleep(0.01)
print(cell.stack_of(child), end="")
os.kill(child, signal.SIGKILL)
"""


def test_a_stack_is_read_whole_while_it_is_being_written() -> None:
    """The two processes share the file's position; reading waits for the last line."""
    command = [sys.executable, "-c", SLOWLY_DUMPED]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert shown.stdout == "".join(f"line {number}\n" for number in range(40)), shown.stderr


def test_the_longest_id_and_much_that_is_kept_reach_the_watching_process() -> None:
    """An id of somebody's own has up to 255 characters, an address may be long."""
    with supervisor.Cell() as cell:
        for run_id in ("é" * 255, "\U0001f980" * 255, "wrun_short"):
            cell.enter(run_id, -1.0)
            assert cell.overdue() == (run_id, -1.0)
            assert not cell.is_orderly()
        cell.keep("x" * 20_000)
        assert cell.kept() == "x" * 20_000
        assert cell.overdue() == ("wrun_short", -1.0)


def test_nothing_is_left_open() -> None:
    """Python with `-W error` would say so at the end, in both processes."""
    code = (
        "from wfx.workers import supervisor\n"
        "raise SystemExit(supervisor.supervise(lambda: 7, killed=print, crashed=print))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")


def test_activations_that_come_to_rest_are_left_alone(tmp_path: Path) -> None:
    """Several of them, together longer than the limit."""
    process, log = supervised(tmp_path, "long")
    process.communicate(timeout=30)
    assert (process.returncode, lines(log)) == (7, ["child"])


def test_what_is_no_activation_has_no_limit(tmp_path: Path) -> None:
    """Waiting for steps and hooks takes as long as it takes."""
    process, log = supervised(tmp_path, "idle")
    process.communicate(timeout=30)
    assert (process.returncode, lines(log)) == (7, ["child"])


def test_a_child_ends_with_its_supervisor(tmp_path: Path) -> None:
    """After kill -9 of the process that people see, nothing of it works on unseen."""
    process, log = supervised(tmp_path, "wait")
    child = child_of(log)
    process.kill()
    process.communicate(timeout=30)
    until = time.monotonic() + 10
    while _alive(child):
        assert time.monotonic() < until, "the child lives on"
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def test_a_signal_sent_to_the_supervisor_reaches_the_child(tmp_path: Path) -> None:
    """SIGTERM ends the child, and the exit code says so."""
    process, log = supervised(tmp_path, "wait")
    child_of(log)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM


def test_a_child_that_somebody_kills_is_reported(tmp_path: Path) -> None:
    """With the signal, and with what the child had kept."""
    process, log = supervised(tmp_path, "wait")
    os.kill(child_of(log), signal.SIGKILL)
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGKILL
    assert lines(log)[1].startswith("crashed 137")


def test_an_exit_that_nobody_meant_is_a_crash(tmp_path: Path) -> None:
    """A step may call `os._exit`; that must not end a worker without a word."""
    process, log = supervised(tmp_path, "exit")
    process.communicate(timeout=30)
    assert (process.returncode, lines(log)) == (5, ["child", "crashed 5 kept text"])
