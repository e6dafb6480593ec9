"""`wfx run` and `wfx start`: what goes where, and with which exit code."""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Wfx = Callable[..., Any]


def test_a_text_that_no_utf_8_has_is_shown_with_escapes(wfx: Wfx) -> None:
    """A lone surrogate in the result is JSON all the same."""
    done = wfx("run", "shop:say", "a\udcff\u00e9")
    assert (done.out, done.json) == ('"a\\udcff\u00e9"\n', "a\udcff\u00e9")


def test_the_result_goes_to_stdout_and_all_else_to_stderr(wfx: Wfx) -> None:
    """Also what steps and workflows print; the run's id comes first."""
    done = wfx("run", "shop:checkout", '{"id": 7}')

    assert done.code == 0
    assert done.out == (
        '{\n  "charge": "charge-7",\n  "order": {\n    "id": 7,\n    "amount": 1.5\n  }\n}\n'
    )
    lines = done.err.splitlines()
    assert lines[0].startswith("wrun_")
    assert lines[0].endswith(" shop:checkout")
    assert "printed by a step" in lines
    assert "printed by the workflow" in lines
    assert "  charge done" in lines
    assert "  charge failed, will be tried again (RuntimeError: flaky; again in 0 s)" in lines


def test_json_is_one_object(wfx: Wfx) -> None:
    """runId, status and output."""
    done = wfx("run", "shop.py:add", "40", "--json")
    shown = done.json
    run_id = shown.pop("runId")
    assert shown == {"status": "completed", "output": 42}
    assert done.err.startswith(run_id)


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["shop:add", "-5"], "-3\n"),
        (["shop:add", "-5", "-5e0"], "-10\n"),
        (["shop:say", "hello there"], '"hello there"\n'),
        (["shop:say", "7"], '"7"\n'),
        (["shop:say", "naïve ☃"], '"naïve ☃"\n'),
        (["shop:say", "--", "--json"], '"--json"\n'),
    ],
)
def test_arguments_are_read_by_their_annotations(wfx: Wfx, words: list[str], out: str) -> None:
    """A number may be negative, a text need not be quoted."""
    done = wfx("run", *words)
    assert (done.code, done.out) == (0, out)


def test_arguments_may_be_a_json_array(
    wfx: Wfx, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a file or from stdin."""
    (app / "input.json").write_text("[1, 2]")
    assert wfx("run", "shop:add", "--input", "input.json").out == "3\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO("[5]"))
    assert wfx("run", "shop:add", "--input", "-").out == "7\n"


def test_a_workflow_that_raises_shows_its_own_traceback_only(wfx: Wfx) -> None:
    """Exit code 1, the recorded stack without frames of wfx, nothing on stdout."""
    done = wfx("run", "shop:buy")
    assert (done.code, done.out) == (1, "")
    run_id = done.err.split()[0]
    assert done.error.startswith(f"{run_id} failed: CardDeclined: card declined\n\nTraceback")
    assert 'raise CardDeclined("card declined")' in done.error
    assert "CardDeclined: card declined\n\nand was received here:\n\nTraceback" in done.error
    assert "await decline()" in done.error
    assert "wfx" not in done.error

    shown = wfx("run", "shop:buy", "--json")
    assert shown.json["status"] == "failed"
    assert shown.json["error"]["type"] == "shop:CardDeclined"


def test_a_result_that_cannot_be_encoded_fails_the_run(wfx: Wfx) -> None:
    """The message names the path inside the value."""
    done = wfx("run", "shop:unwritable")
    assert done.code == 1
    assert "failed: EncodeError: output.callbacks[0]: a function" in done.error


def test_no_wait_leaves_with_what_the_run_waits_for(wfx: Wfx) -> None:
    """Exit code 3; the payload is sent, and the run goes on with it."""
    done = wfx("run", "shop:approve", "1", "--no-wait", "--json")
    run_id = done.json["runId"]
    assert done.code == 3
    [hook] = done.json["waitingFor"]["hooks"]
    assert done.json == {
        "runId": run_id,
        "status": "suspended",
        "waitingFor": {
            "hooks": [{"token": "approve-1", "hookId": hook["hookId"]}],
            "until": None,
            "steps": [],
        },
    }
    assert done.err.count("waits for a payload: wfx hook send approve-1 JSON") == 1
    assert f"wfx run --resume {run_id} shop:approve" in done.err

    assert wfx("hook", "send", "approve-1", '{"ok": true}').code == 0
    resumed = wfx("run", "--resume", run_id)
    assert (resumed.code, resumed.out) == (0, "true\n")


def test_the_command_that_goes_on_is_one_to_copy(wfx: Wfx, app: Path) -> None:
    """It has the world and the app directory that were given; so has what to do without code."""
    (app / "src").mkdir()
    (app / "src" / "inner.py").write_text((app / "shop.py").read_text())
    given = ("--world", "sqlite:///other.db", "--app-dir", "src")
    left = wfx("run", "inner:approve", "8", *given, "--no-wait")
    assert left.code == 3
    resume = left.err.splitlines()[-1].partition(" is resumable: ")[2]
    assert wfx("hook", "send", "approve-8", '{"ok": true}', "--world", given[1]).code == 0

    (app / "src" / "inner.py").rename(app / "inner.py")
    run_id = left.err.split()[0]
    without = wfx("run", "--resume", run_id, *given)
    assert without.error.endswith(
        f"say where it is: wfx run --resume {run_id} TARGET --world sqlite:///other.db "
        "--app-dir src"
    )
    (app / "inner.py").rename(app / "src" / "inner.py")

    assert wfx(*shlex.split(resume)[1:]).out == "true\n"


def test_a_long_sleep_is_suspended_until_its_moment(wfx: Wfx) -> None:
    """--no-wait says until when, for people and programs."""
    done = wfx("run", "shop:sleeps", "7200", "--no-wait", "--json")
    assert done.code == 3
    assert done.json["waitingFor"]["until"].endswith("Z")
    assert "(in 2 h)" in done.err
    again = wfx("run", "--resume", done.json["runId"], "--no-wait")
    assert again.code == 3
    assert again.err.count("waits until") == 1


def test_resuming_a_run_that_ended_prints_its_result(wfx: Wfx) -> None:
    """And says that it had ended; its code is not needed for that."""
    run_id = wfx("run", "shop:add", "1", "--json").json["runId"]
    Path("shop.py").unlink()
    done = wfx("run", "--resume", run_id)
    assert (done.code, done.out) == (0, "3\n")
    assert done.err == f"{run_id} shop:add had ended before\n"


def test_start_only_creates_the_run(wfx: Wfx) -> None:
    """Its id is the result; it can be resumed at once."""
    run_id = wfx("start", "shop:add", "1").out.strip()
    assert wfx("runs", "--json").json["runs"][0]["status"] == "pending"
    assert wfx("start", "shop:add", "1", "--json").json["status"] == "pending"
    assert wfx("run", "--resume", run_id).out == "3\n"


def test_a_run_whose_code_changed_is_parked_and_goes_on_when_it_is_back(
    wfx: Wfx, app: Path
) -> None:
    """Divergence: exit code 1, what to do, and `wfx release` for the same code again."""
    run_id = wfx("run", "shop:approve", "1", "--no-wait", "--json").json["runId"]
    source = (app / "shop.py").read_text()
    (app / "shop.py").write_text(source.replace('f"approve-{order}"', 'f"confirm-{order}"'))

    done = wfx("run", "--resume", run_id, "--json")
    assert done.code == 1
    assert done.json["status"] == "parked"
    assert done.json["error"]["reason"] == "divergence"
    assert "approve-1" in done.error
    assert f"wfx release {run_id}" in done.error
    again = wfx("run", "--resume", run_id)
    assert again.code == 1
    assert "is parked: its code diverged from its log" in again.error
    assert "parked (divergence)" in wfx("runs").out
    assert wfx("runs", "--parked", "--json").json["runs"][0]["runId"] == run_id

    (app / "shop.py").write_text(source)
    wfx("hook", "send", "approve-1", '{"ok": false}')
    assert wfx("run", "--resume", run_id).out == "false\n"
