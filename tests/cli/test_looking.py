"""`wfx runs`, `hook`, `cancel`, `release`, `export`, `import`, `replay`, `check`, `world`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wfx import worlds

Wfx = Callable[..., Any]


def test_before_anything_ran_there_is_an_empty_world(wfx: Wfx) -> None:
    """Looking makes nothing."""
    assert wfx("runs", "--json").json == {"runs": []}
    assert wfx("runs").err == "no runs yet in sqlite:///.wfx/world.db\n"
    assert wfx("hook", "list", "--json").json == {"hooks": []}
    assert not Path(".wfx").exists()


def test_runs_are_listed_newest_first_with_filters_and_pages(wfx: Wfx) -> None:
    """The id is first on the line."""
    done = wfx("run", "shop:add", "1", "--json").json["runId"]
    failed = wfx("run", "shop:buy", "--json").json["runId"]

    lines = wfx("runs", "list").out.splitlines()
    assert lines[0].split() == ["RUN", "STATUS", "CREATED", "WORKFLOW"]
    assert [line.split()[0] for line in lines[1:]] == [failed, done]

    def ids(*words: str) -> list[str]:
        return [run["runId"] for run in wfx("runs", *words).json["runs"]]

    assert ids("--json") == ids("list", "--json") == ids("--json", "list") == [failed, done]
    assert ids("--status", "failed", "--json") == [failed]
    assert ids("list", "--workflow", "shop:add", "--json") == [done]
    assert ids("--parked", "--json") == []
    page = wfx("runs", "--limit", "1", "--json").json
    assert ids("--limit", "1", "--cursor", page["cursor"], "--json") == [done]
    assert "there is no command 'lst'. Did you mean 'list'?" in wfx("runs", "lst").error


def test_a_run_is_shown_with_all_that_is_known(wfx: Wfx) -> None:
    """Arguments, result, steps with their last error, streams."""
    run_id = wfx("run", "shop:checkout", '{"id": 7}', "--json").json["runId"]

    text = wfx("runs", "show", run_id).out
    assert text.startswith(f"{run_id} completed\n")
    assert '  arguments {"id": 7, "amount": 1.5}\n' in text
    assert "charge completed, attempt 2, last error: RuntimeError: flaky" in text

    shown = wfx("runs", "show", run_id, "--json").json
    assert (shown["runId"], shown["status"]) == (run_id, "completed")
    assert [step["stepName"] for step in shown["steps"]] == ["shop:charge"]
    assert shown["streams"] == [{"stream": "default", "chunks": 2, "closed": False}]


def test_a_run_that_failed_is_shown_with_its_traceback(wfx: Wfx) -> None:
    """For whoever looks when the process that ran it is gone."""
    run_id = wfx("run", "shop:buy", "--json").json["runId"]
    lines = wfx("runs", "show", run_id).out.splitlines()
    error = lines.index("  error     CardDeclined: card declined")
    assert lines[error + 1] == "    Traceback (most recent call last):"
    assert '        raise CardDeclined("card declined")' in lines


def test_a_run_of_many_steps_is_shown_whole_as_json(wfx: Wfx) -> None:
    """As lines it has the first of them, and says where the others are."""
    run_id = wfx("run", "shop:ticks", "120", "--json").json["runId"]
    assert len(wfx("runs", "show", run_id, "--json").json["steps"]) == 120
    text = wfx("runs", "show", run_id).out
    assert text.count("tick completed") == 100
    assert text.endswith(f"  … and more, see wfx runs events {run_id}\n")


def test_a_log_is_shown_in_order(wfx: Wfx) -> None:
    """As lines and as the log's own objects."""
    run_id = wfx("run", "shop:checkout", '{"id": 7}', "--json").json["runId"]
    events = wfx("runs", "events", run_id, "--json").json["events"]
    assert [event["position"] for event in events] == list(range(len(events)))
    assert events[0]["eventType"] == "run_created"
    assert events[-1]["eventType"] == "run_completed"
    lines = wfx("runs", "events", run_id).out.splitlines()
    assert len(lines) == len(events)
    assert any("step_retrying" in line and "RuntimeError: flaky" in line for line in lines)
    assert len(wfx("runs", "events", run_id, "--from", "3").out.splitlines()) == len(events) - 3


def test_a_stream_is_written_out_as_it_is(wfx: Wfx) -> None:
    """An unknown name says which there are."""
    run_id = wfx("run", "shop:checkout", '{"id": 7}', "--json").json["runId"]
    assert wfx("runs", "stream", run_id).out == "attempt 1\nattempt 2\n"
    assert wfx("runs", "stream", run_id, "--follow").out == "attempt 1\nattempt 2\n"
    chunks = wfx("runs", "stream", run_id, "--json").json["chunks"]
    assert [(chunk["attempt"], chunk["data"]) for chunk in chunks] == [
        (1, "attempt 1\n"),
        (2, "attempt 2\n"),
    ]
    assert "there is default" in wfx("runs", "stream", run_id, "other").err


def test_hooks_that_wait_are_listed(wfx: Wfx) -> None:
    """By token, with their run."""
    run_id = wfx("run", "shop:approve", "1", "--no-wait", "--json").json["runId"]
    assert wfx("hook", "list").out.splitlines()[1].split() == ["approve-1", run_id, "active", "0"]
    [hook] = wfx("hook", "list", "--json").json["hooks"]
    assert (hook["token"], hook["runId"]) == ("approve-1", run_id)


def test_the_same_delivery_twice_is_one(wfx: Wfx) -> None:
    """--event-id makes a repeated send harmless."""
    run_id = wfx("run", "shop:approve", "1", "--no-wait", "--json").json["runId"]
    send = ("hook", "send", "approve-1", '{"ok": true}', "--event-id", "mail-7", "--json")
    assert wfx(*send).json == wfx(*send).json
    assert wfx("runs", "events", run_id).out.count("hook_received") == 1


def test_cancel_is_idempotent_and_release_says_what_it_did(wfx: Wfx) -> None:
    """A run that ended otherwise cannot be cancelled."""
    run_id = wfx("start", "shop:add", "1").out.strip()
    assert wfx("release", run_id).out == f"{run_id} was not parked\n"
    assert wfx("cancel", run_id).out == f"{run_id} cancelled\n"
    assert wfx("cancel", run_id).code == 0
    assert wfx("release", run_id).code == 1
    done = wfx("run", "--resume", run_id, "--json")
    assert (done.code, done.json["status"]) == (1, "cancelled")

    ended = wfx("run", "shop:add", "1", "--json").json["runId"]
    assert "ended (completed)" in wfx("cancel", ended).error


def test_a_recording_travels_and_replays(wfx: Wfx, app: Path) -> None:
    """Export, replay, import into another world, twice."""
    run_id = wfx("run", "shop:checkout", '{"id": 7}', "--json").json["runId"]
    assert wfx("export", run_id, "-o", "run.jsonl").out == ""
    assert wfx("export", run_id).out == (app / "run.jsonl").read_text()
    assert [path.name for path in app.iterdir() if path.name.startswith(".run")] == []

    output = {"charge": "charge-7", "order": {"id": 7, "amount": 1.5}}
    done = wfx("replay", "run.jsonl", "--workflow", "shop:checkout", "--json")
    assert done.code == 0
    assert done.json == {
        "recordings": [
            {
                "recording": "run.jsonl",
                "runId": run_id,
                "workflow": "shop:checkout",
                "verdict": "match",
                "events": 8,
                "output": output,
                "ended": "run_completed",
            }
        ],
        "summary": {"match": 1, "diverged": 0, "unjudged": 0},
    }
    assert wfx("replay", "run.jsonl").out == f"run.jsonl {run_id} match\n"

    for _ in range(2):
        done = wfx("import", "run.jsonl", "--world", "sqlite:///other.db", "--json")
        assert done.json["status"] == "completed"
    [there] = wfx("runs", "--world", "sqlite:///other.db", "--json").json["runs"]
    assert there["runId"] == run_id


def test_replay_says_where_code_diverges(wfx: Wfx, app: Path) -> None:
    """Exit code 1, the position, what the log and the code say."""
    run_id = wfx("run", "shop:checkout", '{"id": 7}', "--json").json["runId"]
    wfx("export", run_id, "-o", "run.jsonl")
    source = (app / "shop.py").read_text()
    (app / "shop.py").write_text(source.replace("await charge(order)", "await tick(order.id)"))

    done = wfx("replay", "run.jsonl", "--workflow", "shop:checkout", "--json")
    [judged] = done.json["recordings"]
    assert (done.code, judged["verdict"]) == (1, "diverged")
    assert judged["divergence"]["position"] == 2
    assert "shop:charge" in judged["divergence"]["expected"]
    assert "shop:tick" in judged["divergence"]["actual"]
    assert "position 2" in wfx("replay", "run.jsonl").out


def test_a_copied_file_replays(wfx: Wfx, app: Path) -> None:
    """--workflow and --map say what the recorded module is called today."""
    run_id = wfx("run", "shop:checkout", '{"id": 7}', "--json").json["runId"]
    wfx("export", run_id, "-o", "run.jsonl")
    (app / "store.py").write_text((app / "shop.py").read_text())
    (app / "shop.py").unlink()
    assert wfx("replay", "run.jsonl", "--workflow", "store:checkout").code == 0
    assert wfx("replay", "run.jsonl", "--map", "shop=store").code == 0
    done = wfx("replay", "run.jsonl")
    assert (done.code, done.out.splitlines()[0]) == (2, f"run.jsonl {run_id} unjudged")
    refused = wfx("replay", "run.jsonl", "--map", "none.txt").error
    assert "--map 'none.txt' is neither OLD=TARGET nor a file with such lines" in refused


@pytest.mark.parametrize("what", ["hook", "token"])
def test_an_edited_copy_of_a_run_that_is_there_is_refused_in_words(wfx: Wfx, what: str) -> None:
    """Whose id it is, and what to do; nothing of the copy is written."""
    run_id = wfx("run", "shop:approve", "1", "--no-wait", "--json").json["runId"]
    wfx("export", run_id, "-o", "run.jsonl")
    copied = Path("run.jsonl").read_text().replace(run_id, "wrun_01COPY")
    (hook_id,) = set(re.findall(r"hook_[0-9A-Z]+", copied))
    if what == "hook":
        copied = copied.replace('"token":"approve-', '"token":"again-')
    else:
        copied = copied.replace(hook_id, "hook_other")
    Path("copy.jsonl").write_text(copied)

    refused = wfx("import", "copy.jsonl")

    assert refused.code == 1
    why = f"hook {hook_id} is there already, and belongs to" if what == "hook" else "its token"
    nothing = "wrun_01COPY cannot be brought in, and nothing of it was written"
    assert refused.error.startswith(f"{nothing}: {why}")
    assert run_id in refused.error
    assert wfx("import", "copy.jsonl", "--json").json["error"]["code"] == "id-taken"
    assert wfx("runs", "show", "wrun_01COPY").code == 1


def test_an_open_run_is_parked_when_it_is_imported(wfx: Wfx) -> None:
    """It goes on in the other world when it is released."""
    run_id = wfx("run", "shop:approve", "1", "--no-wait", "--json").json["runId"]
    wfx("export", run_id, "-o", "run.jsonl")
    other = ("--world", "sqlite:///other.db")
    assert wfx("import", "run.jsonl", *other, "--json").json["parked"] is True
    again = wfx("import", "run.jsonl", *other).err
    assert again.endswith(f"`wfx release {run_id} --world sqlite:///other.db` lets it go on.\n")
    assert wfx("run", "--resume", run_id, *other).code == 1
    assert wfx("release", run_id, *other).code == 0
    assert wfx("hook", "send", "approve-1", '{"ok": true}', *other).code == 0
    assert wfx("run", "--resume", run_id, *other).out == "true\n"


def test_check_lists_what_the_sandbox_refuses(wfx: Wfx, app: Path) -> None:
    """Exit code 1 with lines, 0 when there is nothing."""
    assert wfx("check", "shop").code == 0
    (app / "bad.py").write_text(
        "from wfx import workflow\n\n\n@workflow\nasync def flow() -> None:\n    open('x')\n"
    )
    done = wfx("check", "bad.py")
    assert done.code == 1
    assert "bad.py:6" in done.out
    [finding] = wfx("check", "bad.py", "--json").json["findings"]
    assert (finding["file"], finding["line"], finding["severity"]) == ("bad.py", 6, "error")
    annotation = wfx("check", "bad.py", "--format", "github").out
    assert annotation.startswith("::error file=bad.py,line=6,")


def test_several_modules_are_checked_together(wfx: Wfx, app: Path) -> None:
    """As a shell hands them on for `*.py`; what one imports of another is shown once."""
    text = "from wfx import workflow\n\n\n@workflow\nasync def flow() -> None:\n    {}\n"
    (app / "bad.py").write_text(text.format("open('x')"))
    (app / "worse.py").write_text("import bad\n" + text.format("bad.flow, open('y')"))
    done = wfx("check", "shop", "bad.py", "worse.py")
    assert done.code == 1
    assert done.err.splitlines() == [
        "shop: nothing that the sandbox refuses",
        "bad.py: 1 refused",
        "worse.py: 2 refused",
    ]
    found = wfx("check", "bad.py", "worse.py", "--json").json["findings"]
    assert [(each["file"], each["line"]) for each in found] == [("bad.py", 6), ("worse.py", 7)]
    assert wfx("check").error == "Missing argument 'MODULE...'."


def test_worlds_are_made_and_upgraded_in_words(wfx: Wfx) -> None:
    """Doing it twice is said."""
    assert wfx("world", "init").out == "sqlite:///.wfx/world.db is ready\n"
    assert wfx("world", "init", "--json").json == {"world": "sqlite:///.wfx/world.db"}
    assert "nothing to upgrade" in wfx("world", "upgrade").out
    assert "worlds of the kind 'memory' have no upgrade" in (
        wfx("world", "upgrade", "--world", "memory:").error
    )


COMMANDS = [
    [],
    ["run"],
    ["start"],
    ["worker"],
    ["runs"],
    ["runs", "list"],
    ["runs", "show"],
    ["runs", "events"],
    ["runs", "stream"],
    ["hook"],
    ["hook", "send"],
    ["hook", "list"],
    ["cancel"],
    ["release"],
    ["export"],
    ["import"],
    ["replay"],
    ["check"],
    ["world"],
    ["world", "init"],
    ["world", "upgrade"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(wfx: Wfx, words: list[str]) -> None:
    """--help has a sentence, and every option a text."""
    done = wfx(*words, "--help")
    assert done.code == 0
    usage, _, rest = done.out.partition("\n\n")
    assert usage.startswith("Usage: wfx")
    assert rest.strip()
    for line in rest.partition("Options:")[2].splitlines():
        if line.strip().startswith("--"):
            assert len(line.split("  ")) > 1, line


def test_help_is_what_one_gets_without_a_command(wfx: Wfx) -> None:
    """All commands are there, and unknown ones get a suggestion."""
    done = wfx()
    assert done.code == 0
    assert all(words[0] in done.out for words in COMMANDS if words)
    assert "there is no command 'rum'. Did you mean 'run'?" in wfx("rum").error


def test_a_cursor_that_is_none_is_a_mistake_of_usage(wfx: Wfx) -> None:
    """Exit code 2, with what it is about."""
    wfx("run", "shop:add", "1")
    done = wfx("runs", "list", "--cursor", "foo")
    assert done.code == 2
    assert done.error.startswith("Invalid value for '--cursor': 'foo' is no cursor of this world")


def test_the_report_of_a_divergence_is_stored_with_the_parked_run(wfx: Wfx, app: Path) -> None:
    """`wfx run` prints it when it parks, `wfx runs show` afterwards, both also as JSON."""
    run_id = wfx("run", "shop:approve", "1", "--no-wait", "--json").json["runId"]
    source = (app / "shop.py").read_text()
    assert 'f"approve-{' in source
    (app / "shop.py").write_text(source.replace('f"approve-{', 'f"yes-{'))

    parked = wfx("run", "--resume", run_id, "shop:approve", "--json")
    assert parked.code == 1
    cause = "a hook has the token 'yes-1'; it had 'approve-1'"
    assert f"Most likely: {cause}." in parked.error
    assert parked.json["error"]["cause"]["text"] == cause

    shown = wfx("runs", "show", run_id)
    assert f"Most likely: {cause}." in shown.out
    assert 'token: "approve-1" → "yes-1"' in shown.out
    assert wfx("runs", "show", run_id, "--json").json["parked"]["cause"]["kind"] == "token"


def test_a_world_that_may_only_be_read_can_be_looked_at(
    wfx: Wfx, sql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks asks for nothing more: a copy on a read-only disk, a user who may SELECT."""
    waiting = wfx("run", "shop:approve", "1", "--no-wait", "--world", sql_url, "--json")
    run_id = waiting.json["runId"]
    opened = worlds.open_world

    def only_to_read(
        url: str | None = None, *, create: bool = True, read_only: bool = False
    ) -> Any:
        assert read_only
        return opened(url, create=create, read_only=read_only)

    monkeypatch.setattr(worlds, "open_world", only_to_read)
    for words in (
        ["runs"],
        ["runs", "list"],
        ["runs", "show", run_id],
        ["runs", "events", run_id],
        ["runs", "stream", run_id],
        ["hook", "list"],
        ["export", run_id],
        ["export", "--format", "workflow-local", "store", run_id],
        ["world", "verify"],
        ["replay", run_id],
    ):
        done = wfx(*words, "--world", sql_url)
        assert (words, done.code, "Error" in done.err) == (words, 0, False)
