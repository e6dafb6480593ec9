"""What only processes show: signals, crashes, two at once, pipes, a full disk."""

from __future__ import annotations

import contextlib
import os
import pty
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wfx.cli import output

Wfx = Callable[..., Any]


Spawn = Callable[..., Any]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_resumable_and_says_how(
    spawn: Spawn, wfx: Wfx, number: signal.Signals
) -> None:
    """Exit code 3; resumed, it goes on where it was."""
    process = spawn("run", "shop:ticks", "40", "--json")
    run_id = process.run_id()
    process.read_until("tick done")
    process.send_signal(number)
    out, err = process.communicate(timeout=20)

    assert process.returncode == 3
    assert f"{run_id} is resumable: wfx run --resume {run_id} shop:ticks" in err
    assert f'"runId": "{run_id}", "status": "suspended"' in out
    done = wfx("run", "--resume", run_id)
    assert (done.code, done.out) == (0, "780\n")


def test_an_interrupt_as_soon_as_the_run_is_known_leaves_it_resumable(
    wfx: Wfx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything of it is executed."""
    note = output.note

    def once(text: str = "") -> None:
        note(text)
        monkeypatch.setattr(output, "note", note)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(output, "note", once)
    left = wfx("run", "shop:sleeps", "1000")

    run_id = left.err.split()[0]
    assert left.code == 3
    assert f"{run_id} is resumable: wfx run --resume {run_id} shop:sleeps" in left.err
    assert "interrupted" not in left.err


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("at", ["exit", "end"])
def test_an_interrupt_when_all_is_said_changes_nothing(at: str) -> None:
    """Of the process that worked and of the one that watched it: the exit code is what it was."""
    code = f"""if True:
        import atexit, os, signal, sys
        from wfx.cli import main
        def interrupt(kill=os.kill, me=os.getpid, number=signal.SIGINT):
            kill(me(), number)
        class Last:  # there until the interpreter ends
            def __del__(self, interrupt=interrupt):
                interrupt()
        if {at!r} == "exit":
            atexit.register(interrupt)
        else:
            last = Last()
        sys.exit(main())
    """
    words = ["run", "shop:sleeps", "1000", "--no-wait"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
    )

    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].endswith(" shop:sleeps")


def test_an_interrupt_while_modules_are_loaded_has_no_traceback() -> None:
    """It comes when the command's own modules are imported."""
    code = """if True:
        import runpy, sys
        class Interrupts:
            def find_spec(self, name, path=None, target=None):
                if name == "wfx.cli":
                    raise KeyboardInterrupt
        sys.meta_path.insert(0, Interrupts())
        runpy.run_module("wfx", run_name="__main__")
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (1, "", "Error: interrupted\n")


def test_a_second_interrupt_leaves_at_once(spawn: Spawn, wfx: Wfx) -> None:
    """Also while a step in a thread cannot be ended."""
    process = spawn("run", "shop:naps", "60")
    run_id = process.run_id()
    # Its step is running when the world says so.
    while "step_started" not in wfx("runs", "events", run_id).out:
        pass
    process.send_signal(signal.SIGINT)
    process.read_until("once more to leave at once")
    before = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 3
    assert time.monotonic() - before < 3
    assert f"{run_id} is resumable: wfx run --resume {run_id} shop:naps" in err


@pytest.fixture
def each_world(app: Path, sql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A world of each database, named by the environment."""
    monkeypatch.setenv("WFX_WORLD", sql_url)


@pytest.mark.usefixtures("each_world")
def test_a_killed_run_is_taken_over_at_once(spawn: Spawn, wfx: Wfx) -> None:
    """kill -9 in the middle of 60 steps, then --resume: the same result, no lost fact."""
    process = spawn("run", "shop:ticks", "60")
    run_id = process.run_id()
    for _ in range(10):
        process.read_until("tick done")
    process.kill()
    process.wait()

    done = wfx("run", "--resume", run_id)

    assert (done.code, done.out) == (0, f"{sum(range(60))}\n")
    events = wfx("runs", "events", run_id, "--json").json["events"]
    completed = [event for event in events if event["eventType"] == "step_completed"]
    assert [event["position"] for event in events] == list(range(len(events)))
    assert len({event["correlationId"] for event in completed}) == len(completed) == 60


@pytest.mark.usefixtures("each_world")
def test_a_payload_from_another_process_wakes_the_run(spawn: Spawn, wfx: Wfx) -> None:
    """A run that comes to wait for a hook stays, and says what to type."""
    process = spawn("run", "shop:approve", "5")
    process.read_until("wfx hook send approve-5 JSON")
    assert wfx("hook", "send", "approve-5", '{"ok": true}').code == 0
    out, _ = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "true\n")


def test_a_cancelled_run_ends_the_process_that_runs_it(spawn: Spawn, wfx: Wfx) -> None:
    """Exit code 1, with the reason."""
    process = spawn("run", "shop:sleeps", "600")
    run_id = process.run_id()
    process.read_until("waits until")
    assert wfx("cancel", run_id, "--reason", "no longer needed").code == 0
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"Error: {run_id} was cancelled: no longer needed" in err


@pytest.mark.usefixtures("each_world")
def test_of_two_that_resume_one_runs_and_the_other_is_told_who(spawn: Spawn, wfx: Wfx) -> None:
    """One run has one writer."""
    run_id = wfx("run", "shop:approve", "6", "--no-wait", "--json").json["runId"]
    both = [spawn("run", "--resume", run_id) for _ in range(2)]
    while all(process.poll() is None for process in both):
        time.sleep(0.02)
    [refused] = [process for process in both if process.poll() is not None]
    [running] = [process for process in both if process.poll() is None]

    _, err = refused.communicate()
    assert refused.returncode == 1
    assert f"Error: {run_id} is being run by process {running.pid} on " in err

    wfx("hook", "send", "approve-6", '{"ok": true}')
    out, _ = running.communicate(timeout=20)
    assert (running.returncode, out) == (0, "true\n")


def test_who_may_not_resume_is_not_told_that_it_did(spawn: Spawn, wfx: Wfx) -> None:
    """Only the error, when somebody has the run."""
    run_id = wfx("run", "shop:approve", "7", "--no-wait", "--json").json["runId"]
    running = spawn("run", "--resume", run_id)
    assert f"{run_id} shop:approve resumed\n" in running.read_until("waits for a payload")

    refused = wfx("run", "--resume", run_id)

    assert (refused.code, refused.err.partition(" is being run")[0]) == (1, f"Error: {run_id}")


def test_a_worker_executes_what_was_started(spawn: Spawn, wfx: Wfx) -> None:
    """It serves until SIGTERM, then leaves in good order."""
    worker = spawn("worker", "shop")
    worker.read_until("Ctrl-C to leave")
    run_id = wfx("start", "shop:add", "20").out.strip()
    worker.read_until(f"{run_id} completed")
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=20)
    assert worker.returncode == 0
    assert wfx("run", "--resume", run_id).out == "22\n"


def test_a_run_may_be_done_by_a_worker_that_was_faster(spawn: Spawn, wfx: Wfx) -> None:
    """Whoever executes it, `wfx run` prints the result."""
    worker = spawn("worker", "shop")
    worker.read_until("Ctrl-C to leave")
    for number in range(5):
        done = wfx("run", "shop:checkout", f'{{"id": {number}}}', "--json")
        assert (done.code, done.json["output"]["charge"]) == (0, f"charge-{number}")


def test_on_a_terminal_progress_is_drawn_and_stdout_has_only_the_result(
    spawn: Spawn, app: Path
) -> None:
    """Steps by name, on stderr."""
    here, there = pty.openpty()
    process = spawn("run", "shop:checkout", '{"id": 7}', stderr=there, env={"TERM": "xterm"})
    os.close(there)
    drawn = b""
    with contextlib.suppress(OSError):  # how a terminal ends
        while part := os.read(here, 4096):
            drawn += part
    os.close(here)
    assert process.stdout.read().startswith('{\n  "charge": "charge-7"')
    assert process.wait(timeout=20) == 0
    text = drawn.decode()
    assert "printed by a step" in text
    assert "charge" in text
    assert "✓" in text


def test_a_full_disk_is_a_sentence_and_loses_nothing(spawn: Spawn, wfx: Wfx) -> None:
    """The run is resumable when there is room again."""
    wfx("world", "init")

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    process = spawn("run", "shop:big", "30", preexec_fn=little_room)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert err.count("Error: ") == 1
    assert "Error: the world sqlite:///.wfx/world.db cannot be used" in err
    assert "Traceback" not in err
    run_id = err.split()[0]
    assert f"wfx run --resume {run_id}" in err
    assert wfx("run", "--resume", run_id).out == f"{30 * 50_000}\n"


def test_a_reader_that_leaves_early_is_no_error(spawn: Spawn, wfx: Wfx) -> None:
    """As in `wfx runs events | head -1`."""
    run_id = wfx("run", "shop:ticks", "80", "--json").json["runId"]
    process = spawn("runs", "events", run_id, "--json")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.wait(timeout=20)


def test_a_full_stdout_is_a_sentence(spawn: Spawn, app: Path) -> None:
    """The result could not be written, and the exit code says so."""
    with open("/dev/full", "w") as full:
        process = spawn("run", "shop:add", "1", stdout=full)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "Error: cannot write the result: No space left on device" in err


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_streams_that_are_closed_are_no_error(
    spawn: Spawn, wfx: Wfx, closed: tuple[int, ...]
) -> None:
    """As in `wfx run … 2>&-`; and no file that is opened later gets their numbers."""

    def close() -> None:
        for number in closed:
            os.close(number)

    process = spawn("run", "shop:checkout", '{"id": 7}', preexec_fn=close)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in err) == (0, False)
    assert ("charge-7" in out) is (1 not in closed)
    assert [run["status"] for run in wfx("runs", "--json").json["runs"]] == ["completed"]


def test_no_work_fails_because_stderr_cannot_be_written(spawn: Spawn) -> None:
    """On a full disk, or with nobody who reads: neither a step that prints nor the run."""
    with open("/dev/full", "w") as full:
        process = spawn("run", "shop:checkout", '{"id": 7}', stderr=full)
        out, _ = process.communicate(timeout=20)
    assert (process.returncode, "charge-7" in out) == (0, True)

    process = spawn("run", "shop:ticks", "20")
    process.stderr.close()
    assert (process.stdout.read(), process.wait(timeout=20)) == ("190\n", 0)


def test_nothing_slow_is_imported_before_it_is_needed(spawn: Spawn) -> None:
    """The version is told without a database, a sandbox or a terminal library."""
    process = spawn("--version", env={"PYTHONPROFILEIMPORTTIME": "1"})
    out, imported = process.communicate(timeout=20)
    assert out.startswith("wfx ")
    for module in ("sqlalchemy", "pydantic", "rich", "jsonschema", "psycopg", "asyncio"):
        assert f"| {module}\n" not in imported.replace(" " * 2, ""), module
