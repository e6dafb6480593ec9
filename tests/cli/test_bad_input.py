"""Bad input: one sentence that says what to do, the right exit code, nothing half-written."""

from __future__ import annotations

import io
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Wfx = Callable[..., Any]


WORLD = Path(".wfx")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nope:add"], 2, "there is no module 'nope'"),
        (["shp:add"], 2, "Did you mean 'shop'?"),
        (["nope.py:add"], 2, "there is no file nope.py"),
        (["shop:ad", "1"], 2, "shop has no workflow 'ad'. Did you mean 'add'?"),
        (["shop"], 2, "workflows: add, approve, big"),
        (["shop:not_a_workflow"], 2, "'not_a_workflow' in shop is"),
        (["shop:Order"], 2, "is a class"),
        (["shop:add"], 2, "missing argument 'a'"),
        (["shop:add", "1", "2", "3"], 2, "takes at most 2 arguments, but 3 are given"),
        (["shop:add", "one"], 2, "a: Input should be a valid integer"),
        (["shop:checkout", '{"id": "x"}'], 2, "order.id: Input should be a valid integer"),
        (["shop:add", "--input", "absent.json"], 2, "cannot read absent.json"),
        (["shop:add", "--input", "broken.json"], 2, "this is not JSON"),
        (["shop:add", "--input", "object.json"], 2, "an object; give a JSON array"),
        (["shop:add", "--input", "bytes.json"], 2, "bytes.json is no UTF-8 text"),
        (["shop:add", "1", "--input", "object.json"], 2, "not both"),
        (["shop:add", "--jsn"], 2, "Did you mean '--json'?"),
        ([], 2, "say what to run"),
        (["raises:flow"], 1, "cannot import raises: raises.py:2: RuntimeError: no key"),
        (["broken:flow"], 1, "broken.py:1: SyntaxError"),
        (["exits:flow"], 1, "A module that exits when it is imported"),
        (["json.py:flow"], 2, "'json' is a module of Python, which wfx itself uses: rename yours"),
        (["click.py:flow"], 2, "'click' is the installed"),
        (["wfx.py:flow"], 2, "'wfx' is the installed"),
        (["needs:flow"], 1, "Install it in the environment wfx runs in"),
    ],
)
def test_a_target_or_argument_that_is_wrong_starts_nothing(
    wfx: Wfx, app: Path, words: list[str], code: int, said: str
) -> None:
    """The message names it; no world is made for it."""
    (app / "broken.json").write_text('{"a":')
    (app / "object.json").write_text("{}")
    (app / "bytes.json").write_bytes(b"\xff\xfe\x00")
    (app / "raises.py").write_text('"""Raises."""\nraise RuntimeError("no key")\n')
    (app / "broken.py").write_text("def flow(:\n")
    (app / "exits.py").write_text("import sys\nsys.exit(0)\n")
    for name in ("json", "click", "wfx"):
        (app / f"{name}.py").write_text("flow = 1\n")
    (app / "needs.py").write_text("import a_package_that_is_not_there\n")

    done = wfx("run", *words)

    assert (done.code, done.out) == (code, "")
    assert said in done.error
    assert "Traceback" not in done.err
    assert not WORLD.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["start", "shop:add", "1", "--id", ""], "the run's id: '' is none"),
        (["start", "shop:add", "1", "--id", "a\nb"], "the run's id: 'a\\nb' is none"),
        (["start", "shop:add", "1", "--id", " a"], "no space at its ends"),
        (["start", "shop:add", "1", "--id", "x" * 256], "xxx…' is none: it has 1 to 255"),
        (["start", "shop:add", "1", "--priority", "9" * 20], "a priority is -2147483647 to"),
        (["runs", "--since", "99999999999d"], "is no moment"),
        (["queue", "limit", "q", "--rate", "5/99999999999 days"], "over too long a time"),
        (["queue", "limit", "q", "--rate", "9999999999/day"], "1 to 2147483647 starts"),
        (["queue", "limit", "q", "--concurrency", "9999999999"], "concurrency is 0 to"),
        (["queue", "limit", "q", "--none", "--concurrency", "1"], "not both"),
        (["hook"], "say which: list, send"),
        (["world"], "say which: init, upgrade, vacuum, verify"),
    ],
)
def test_what_no_world_could_keep_is_usage(wfx: Wfx, words: list[str], said: str) -> None:
    """It is refused before anything is opened, and never a bug of ours."""
    done = wfx(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.error
    assert not WORLD.exists()


def test_with_json_an_error_is_an_object_too(wfx: Wfx) -> None:
    """So that who reads stdout always finds one."""
    done = wfx("run", "shop:add", "one", "--json")
    assert done.code == 2
    assert done.json["error"]["code"] == "invalid-arguments"
    assert done.json["error"]["message"] == done.error
    assert wfx("run", "--json", "--nope").json["error"]["code"] == "usage"


def test_an_unknown_run_gets_the_nearest_ids(wfx: Wfx) -> None:
    """Whatever is asked of it; exit code 1."""
    missing = "wrun_01J0000000000000000000000X"
    for command in (
        ["run", "--resume"],
        ["runs", "show"],
        ["runs", "events"],
        ["runs", "stream"],
        ["cancel"],
        ["release"],
        ["export"],
        ["hook", "list", "--run"],
    ):
        done = wfx(*command, missing)
        assert (done.code, done.out) == (1, "")
        assert f"there is no run '{missing}' in this world" in done.error

    assert not WORLD.exists()
    run_id = wfx("run", "shop:add", "1", "--json").json["runId"]
    almost = run_id[:-1] + ("0" if run_id[-1] != "0" else "1")
    assert f"did you mean {run_id}?" in wfx("runs", "show", almost).error
    for far in ("nothing", ""):
        assert "`wfx runs list` shows those that are" in wfx("runs", "show", far).error


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("hello", """A text is written with quotes: '"hello"'."""),
        ('{"ok":', "cannot be read: this is not JSON"),
        ("", "cannot be read"),
        ("NaN", "NaN is not JSON"),
    ],
)
def test_a_payload_that_is_no_json_is_usage(wfx: Wfx, payload: str, said: str) -> None:
    """A bare word is told how to be a text."""
    done = wfx("hook", "send", "approve-1", payload)
    assert (done.code, done.out) == (2, "")
    assert said in done.error


def test_payloads_that_are_refused_change_nothing(
    wfx: Wfx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown token is 404, a misfit is named, a disposed hook is 410 with its run."""
    done = wfx("hook", "send", "approve-1", "1")
    assert done.code == 1
    assert "there is no hook with the token 'approve-1'" in done.error

    run_id = wfx("run", "shop:approve", "1", "--no-wait", "--json").json["runId"]
    done = wfx("hook", "send", "approve-1", '{"ok": "perhaps"}')
    assert done.code == 1
    assert "payload.ok: 'perhaps' is not of type 'boolean'" in done.error
    done = wfx("hook", "send", "aprove-1", '{"ok": true}')
    assert done.error == (
        "there is no hook with the token 'aprove-1' in this world: did you mean approve-1?"
    )
    assert "hook_received" not in wfx("runs", "events", run_id).out

    monkeypatch.setattr(sys, "stdin", io.StringIO('{"ok": true}'))
    assert wfx("hook", "send", "approve-1", "-").code == 0
    wfx("run", "--resume", run_id)
    done = wfx("hook", "send", "approve-1", '{"ok": true}')
    assert done.code == 1
    assert run_id in done.error
    assert "disposed" in done.error


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("world.db", 2, "For a file write sqlite:///world.db, for a server postgresql://"),
        ("/tmp/world.db", 2, "sqlite:////tmp/world.db,"),
        ("c:\\world.db", 2, "a world is named by a URL"),
        ("sqlite://", 2, "it names no file"),
        ("sqlite:///~/world.db", 2, "a ~ stands for itself"),
        ("postgresql://[::1", 2, "IPv6 host address"),
        ("postgresql://u:hidden@127.0.0.1:port/db", 2, "'port' is no port"),
        ("postgresql://u:hidden@127.0.0.1/db?nonsense=1", 2, 'query parameter: "nonsense"'),
        ("mysql://u:hidden@h/db", 2, "no world is known for the scheme 'mysql'"),
        ("postgresq://u:hidden@h/db", 2, "Did you mean postgresql:?"),
        ("postgresql://u:hidden@127.0.0.1:1/db", 1, "the server cannot be reached"),
        ("sqlite:///no/such/folder/world.db", 1, "no/such/folder"),
        ("sqlite:///folder", 1, "folder is a directory"),
        ("sqlite:///text.db/world.db", 1, "text.db is no directory"),
        ("sqlite:///text.db", 1, "text.db"),
        ("sqlite:///foreign.db", 1, "it has tables of something else (customers)"),
    ],
)
def test_a_world_that_cannot_be_used(wfx: Wfx, app: Path, url: str, code: int, said: str) -> None:
    """The URL is shown without its password; a foreign file stays as it was."""
    (app / "folder").mkdir()
    (app / "text.db").write_text("this is no database\n" * 500)
    with sqlite3.connect(app / "foreign.db") as other:
        other.execute("CREATE TABLE customers (id INTEGER)")
    other.close()
    before = {path.name: path.read_bytes() for path in app.glob("*.db")}

    for words in (["run", "shop:add", "1"], ["runs"], ["world", "init"]):
        done = wfx(*words, "--world", url)
        assert (done.code, done.out) == (code, "")
        assert said in done.error or words == ["runs"]
        assert "hidden" not in done.err

    assert {path.name: path.read_bytes() for path in app.glob("*.db")} == before


def test_a_world_of_a_newer_wfx_is_left_alone(wfx: Wfx, app: Path) -> None:
    """It says what to upgrade."""
    wfx("world", "init")
    with sqlite3.connect(app / ".wfx/world.db") as raw:
        raw.execute("UPDATE wfx_revision SET version_num = '9999'")
    raw.close()
    for words in (["run", "shop:add", "1"], ["runs"], ["world", "upgrade"]):
        done = wfx(*words)
        assert (done.code, done.out) == (1, "")
        assert "revision 9999" in done.error
        assert "Upgrade wfx" in done.error


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it holds no events"),
        ("not json\n", "line 1"),
        ('{"format": "wfx/99"}\n', "wfx/99"),
        ('{"some": "object"}\n', "a recording begins with a header"),
    ],
)
def test_a_file_that_is_no_recording(wfx: Wfx, app: Path, content: str, said: str) -> None:
    """Import refuses it and makes no world; replay cannot judge it."""
    (app / "run.jsonl").write_text(content)
    done = wfx("import", "run.jsonl")
    assert (done.code, done.out) == (1, "")
    assert said in done.error
    assert not WORLD.exists()

    done = wfx("replay", "run.jsonl", "--workflow", "shop:add")
    assert done.code == 2
    assert done.out.startswith("run.jsonl unjudged\n")
    assert said in done.out


def test_files_that_are_not_there(wfx: Wfx) -> None:
    """Named, with the reason."""
    assert wfx("import", "absent.jsonl").error == "absent.jsonl: No such file or directory"
    run_id = wfx("run", "shop:add", "1", "--json").json["runId"]
    done = wfx("export", run_id, "-o", "no/folder/run.jsonl")
    assert (done.code, done.error) == (1, "no/folder/run.jsonl: No such file or directory")


def test_a_device_that_is_full(wfx: Wfx) -> None:
    """Export says so."""
    run_id = wfx("run", "shop:add", "1", "--json").json["runId"]
    done = wfx("export", run_id, "-o", "/dev/full")
    assert done.code == 1
    assert "No space left on device" in done.error


def test_an_error_of_ours_is_one_sentence(wfx: Wfx, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the error's type and says how to get the traceback."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr("wfx.worlds.open_world", fail)
    assert wfx("world", "init").err == (
        "Error: wfx itself failed (KeyError: 'surprise'). This is a bug: set WFX_DEBUG=1 to "
        "see the traceback, and report it.\n"
    )
