"""`wfx replay`: where logs come from, which code judges them, how verdicts are told."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import psycopg
import pytest

from wfx.worlds import open_world

Wfx = Callable[..., Any]


RUNS = {
    "checkout.jsonl": ("shop:checkout", '{"id": 7}'),
    "approve.jsonl": ("shop:approve", "1", "--no-wait"),
    "more/ticks.jsonl": ("shop:ticks", "2"),
}
_recorded: dict[str, str] = {}


@pytest.fixture
def recordings(wfx: Wfx, app: Path) -> Path:
    """A folder with recordings of three runs: finished, waiting, and in a folder below."""
    folder = app / "recordings"
    (folder / "more").mkdir(parents=True)
    for name, words in RUNS.items():
        if name not in _recorded:
            record(wfx, folder / name, *words)
            _recorded[name] = (folder / name).read_text()
        (folder / name).write_text(_recorded[name])
    return folder


def record(wfx: Wfx, file: Path, *words: str) -> str:
    """Run something, export its log, and give its id."""
    run_id = str(wfx("run", *words, "--json").json["runId"])
    assert wfx("export", run_id, "-o", str(file)).code == 0
    return run_id


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text that is in the file once."""
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def verdicts(done: Any) -> dict[str, str]:
    """Recording to verdict."""
    return {each["recording"]: each["verdict"] for each in done.json["recordings"]}


# -- where logs come from -----------------------------------------------------------------


def test_folders_files_and_patterns_are_judged_once_and_in_order(
    wfx: Wfx, recordings: Path
) -> None:
    """Folders are searched through; the order is that of the words, then of the names."""
    (recordings / "notes.txt").write_text("no recording")
    names = ["recordings/approve.jsonl", "recordings/checkout.jsonl", "recordings/more/ticks.jsonl"]

    assert list(verdicts(wfx("replay", "recordings", "--json"))) == names
    assert list(verdicts(wfx("replay", "recordings/**/*.jsonl", "--json"))) == names
    again = wfx("replay", names[2], "recordings", names[2], "--json")
    assert list(verdicts(again)) == [names[2], names[0], names[1]]
    assert wfx("replay", "recordings").out.endswith("3 recordings, 20 events: 3 match\n")


def test_an_open_run_is_told_what_comes_next(wfx: Wfx, recordings: Path) -> None:
    """It matches as far as its log goes."""
    done = wfx("replay", "recordings/approve.jsonl")
    assert done.code == 0
    assert (
        done.out.splitlines()[1] == "  still open; the code would go on with nothing new: it waits"
    )


def test_a_file_may_hold_many_recordings(wfx: Wfx, recordings: Path) -> None:
    """Each begins with its header; one that is broken leaves the others alone."""
    parts = [(recordings / name).read_text() for name in ("checkout.jsonl", "approve.jsonl")]
    lines = parts[0].splitlines(keepends=True)
    broken = "".join([*lines[:3], *lines[4:]])
    Path("all.jsonl").write_text(parts[0] + broken + parts[1])

    done = wfx("replay", "all.jsonl", "--json")

    assert done.code == 1
    assert [each["verdict"] for each in done.json["recordings"]] == ["match", "unjudged", "match"]
    assert done.json["recordings"][2]["recording"] == f"all.jsonl:{2 * len(lines)}"
    assert f"all.jsonl line {len(lines) + 4}" in done.json["recordings"][1]["reason"]


def test_a_world_is_replayed_and_nothing_of_it_changes(wfx: Wfx, app: Path) -> None:
    """All runs, open ones, those of a workflow, those since a moment, one by its id."""
    for words in RUNS.values():
        wfx("run", *words)
    url = f"sqlite:///{Path('.wfx/world.db').resolve()}"

    def judged(*words: str) -> list[str]:
        done = wfx("replay", "--world", url, *words, "--json")
        assert done.code == 0, done.err
        return [each["workflow"] for each in done.json["recordings"]]

    before = hashlib.sha256(Path(".wfx/world.db").read_bytes()).digest()
    assert judged() == ["shop:checkout", "shop:approve", "shop:ticks"]
    assert judged("--open") == ["shop:approve"]
    assert judged("--workflow", "shop.py:ticks") == ["shop:ticks"]
    assert len(judged("--since", "1h")) == 3
    run_id = wfx("runs", "list", "--workflow", "shop:ticks", "--json").json["runs"][0]["runId"]
    assert judged(run_id) == ["shop:ticks"]
    assert hashlib.sha256(Path(".wfx/world.db").read_bytes()).digest() == before

    none = wfx("replay", "--world", url, "--since", "2999-01-01")
    assert (none.code, none.out) == (2, "")
    assert none.err.startswith(f"no such runs in {url}\n")
    assert wfx("replay", "--world", url, "wrun_none").code == 1
    assert "is no moment: write 30m" in wfx("replay", "--world", url, "--since", "soon").error
    assert "go with --world" in wfx("replay", "recordings", "--open").error


def test_a_world_on_postgresql_is_replayed_in_transactions_that_only_read(
    wfx: Wfx, app: Path, postgres_url: str
) -> None:
    """The server itself refuses what would write."""
    run_id = wfx("run", "shop:ticks", "2", "--json", "--world", postgres_url).json["runId"]
    done = wfx("replay", "--world", postgres_url, "--json")
    assert (done.code, verdicts(done)) == (0, {run_id: "match"})

    # A user that may only look will do.
    reader = f"wfx_reader_{os.getpid()}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {reader} LOGIN")
        try:
            admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}")
            separator = "&" if "?" in postgres_url else "?"
            done = wfx(
                "replay", "--world", f"{postgres_url}{separator}user={reader}", "--open", "--json"
            )
            assert (done.code, done.json["recordings"]) == (2, [])
            done = wfx("replay", "--world", f"{postgres_url}{separator}user={reader}", "--json")
            assert (done.code, verdicts(done)) == (0, {run_id: "match"})
        finally:
            admin.execute(f"DROP OWNED BY {reader}")
            admin.execute(f"DROP ROLE {reader}")


# -- which code ---------------------------------------------------------------------------


def test_a_file_can_be_what_a_module_is_mapped_to(wfx: Wfx, recordings: Path, app: Path) -> None:
    """`--map` takes modules, whole names and files."""
    (app / "lib").mkdir()
    shutil.move(app / "shop.py", app / "lib" / "store.py")
    for new in ("lib.store", "lib/store.py"):
        assert wfx("replay", "recordings", "--map", f"shop={new}", "-q").code == 0
    whole = wfx("replay", "recordings/checkout.jsonl", "--map", "shop:checkout=lib.store:checkout")
    assert "the log has  step 'shop:charge'" in whole.out
    assert wfx("replay", "recordings", "--app-dir", "lib", "--map", "shop=store", "-q").code == 0

    done = wfx("replay", "recordings")
    assert done.code == 2
    assert "name today's code with --workflow or --map" in done.out
    assert wfx("replay", "recordings", "--workflow", "gone.py:x").code == 2


def test_patterns_and_files_say_what_names_are_today_as_in_a_migration(
    wfx: Wfx, recordings: Path, app: Path
) -> None:
    """`--map` has the same words in `wfx replay` and `wfx record` as in `wfx migrate`."""
    (app / "lib").mkdir()
    shutil.move(app / "shop.py", app / "lib" / "my_store.py")
    Path("names.txt").write_text("# moved\n\nsh*p:*=lib.my_st*re:*\nsh*p=lib.my_st*re\n")
    modules = "--map s*p=lib.my_store"
    for given in (modules, "--map names.txt", f"{modules} --map shop:*=lib/my_store.py:*"):
        done = wfx("replay", "recordings/checkout.jsonl", *given.split(), "-q")
        assert (done.code, done.out) == (0, ""), given
    Path("names.txt").write_text("s*p=lib.my_store\nshop\n")
    for words in (("replay", "recordings"), ("record", "run_1", "--to", "kept")):
        refused = wfx(*words, "--map", "names.txt")
        assert (refused.code, "names.txt:2: 'shop' is not OLD=TARGET" in refused.err) == (2, True)
        refused = wfx(*words, "--map", "a*b*=c.*")
        assert "'a*b*=c.*' has 2 * before the = and 1 after it" in refused.err
        refused = wfx(*words, "--map", "a*=lib/*.py:f")
        assert "the path of a file has no *; write the module: lib.*:f" in refused.err


def test_code_that_does_not_import_is_told_for_each_log(
    wfx: Wfx, recordings: Path, app: Path
) -> None:
    """Logs of other modules are judged."""
    (app / "other.py").write_text(
        "from wfx import workflow\n\n\n@workflow\nasync def hello() -> int:\n    return 1\n"
    )
    record(wfx, recordings / "other.jsonl", "other:hello")
    (app / "shop.py").write_text("raise RuntimeError('no key')\n")

    done = wfx("replay", "recordings", "--json")

    assert done.code == 1
    assert list(verdicts(done).values()) == ["unjudged", "unjudged", "unjudged", "match"]
    assert "shop.py:1: RuntimeError: no key" in done.json["recordings"][0]["reason"]


# -- how it is told -----------------------------------------------------------------------


@pytest.fixture
def changed(recordings: Path, app: Path) -> Path:
    """The recordings, after a change that `checkout` does not survive, and a broken file."""
    edit(app / "shop.py", "await charge(order)", "await tick(order.id)")
    (recordings / "empty.jsonl").write_text("")
    return recordings


def line_of(text: str) -> int:
    """The line of shop.py with this text."""
    lines = Path("shop.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_text_marks_verdicts_with_colours_where_they_are_seen(
    wfx: Wfx, changed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in a pipe; NO_COLOR and FORCE_COLOR decide first."""
    plain = wfx("replay", "recordings", "-q")
    assert plain.code == 1
    assert "\x1b" not in plain.out
    assert "approve.jsonl" not in plain.out
    assert plain.out.splitlines()[-1] == "4 recordings, 20 events: 2 match, 1 diverged, 1 unjudged"
    assert f"shop.py:{line_of('await tick(order.id)')}" in plain.out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[31m\x1b[1m1 diverged\x1b[0m" in wfx("replay", "recordings").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in wfx("replay", "recordings").out


def test_junit_has_a_case_for_each_recording(wfx: Wfx, changed: Path) -> None:
    """A divergence is a failure, what cannot be judged an error."""
    done = wfx("replay", "recordings", "--format", "junit")
    assert done.code == 1
    suites = ElementTree.fromstring(done.out)
    assert suites.attrib == {"name": "wfx replay", "tests": "4", "failures": "1", "errors": "1"}
    told = {case.attrib["name"]: [each.tag for each in case] for case in suites.iter("testcase")}
    assert told == {
        "approve.jsonl": [],
        "checkout.jsonl": ["failure"],
        "empty.jsonl": ["error"],
        "ticks.jsonl": [],
    }
    [failure] = suites.iter("failure")
    assert failure.text is not None
    assert "the log has  step 'shop:charge'" in failure.text


SARIF = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "minItems": 1,
            "items": {
                "required": ["tool", "results"],
                "additionalProperties": False,
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name"],
                                "properties": {
                                    "rules": {"items": {"required": ["id"]}, "uniqueItems": True}
                                },
                            }
                        },
                    },
                    "results": {
                        "items": {
                            "required": ["message", "ruleId", "level", "locations"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {"required": ["text"]},
                                "partialFingerprints": {"additionalProperties": {"type": "string"}},
                                "locations": {"items": {"$ref": "#/$defs/location"}},
                                "relatedLocations": {"items": {"$ref": "#/$defs/location"}},
                            },
                        }
                    },
                },
            },
        },
    },
    "$defs": {
        "location": {
            "required": ["physicalLocation"],
            "additionalProperties": False,
            "properties": {
                "message": {"required": ["text"]},
                "physicalLocation": {
                    "required": ["artifactLocation", "region"],
                    "properties": {
                        "artifactLocation": {
                            "required": ["uri"],
                            "properties": {"uri": {"type": "string", "format": "uri-reference"}},
                        },
                        "region": {
                            "required": ["startLine"],
                            "properties": {"startLine": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
            },
        }
    },
}
"""What the standard says of the properties that we write."""


def test_sarif_says_where_the_code_parts_from_the_log(wfx: Wfx, changed: Path) -> None:
    """A result for each that is no match, at the line of today's code and of the recording."""
    done = wfx("replay", "recordings", "--format", "sarif")
    document = json.loads(done.out)
    jsonschema.validate(document, SARIF)
    [run] = document["runs"]
    diverged, unjudged = run["results"]
    assert [run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] for each in run["results"]] == [
        diverged["ruleId"],
        unjudged["ruleId"],
    ]

    def at(location: dict[str, Any]) -> tuple[str, int]:
        place = location["physicalLocation"]
        return place["artifactLocation"]["uri"], place["region"]["startLine"]

    assert [at(each) for each in diverged["locations"]] == [
        ("shop.py", line_of("await tick(order.id)"))
    ]
    assert [at(each) for each in diverged["relatedLocations"]] == [("recordings/checkout.jsonl", 4)]
    assert [at(each) for each in unjudged["locations"]] == [("recordings/empty.jsonl", 1)]


def test_github_annotations_stand_at_the_line(wfx: Wfx, changed: Path) -> None:
    """Also when the code lies below the directory where the command runs."""
    line = line_of("await tick(order.id)")
    done = wfx("replay", "recordings", "--format", "github")
    diverged, unjudged = done.out.splitlines()
    assert diverged.startswith(f"::error file=shop.py,line={line},title=wfx replay%3A ")
    assert unjudged.startswith("::error file=recordings/empty.jsonl,line=1,")
    assert done.err == "4 recordings: 2 match, 1 diverged, 1 unjudged\n"

    Path("src").mkdir()
    shutil.move("shop.py", "src/shop.py")
    below = wfx("replay", "recordings/checkout.jsonl", "--app-dir", "src", "--format", "github")
    assert below.out.startswith(f"::error file=src/shop.py,line={line},")


def test_a_log_that_ends_too_late_points_to_the_workflow(
    wfx: Wfx, recordings: Path, app: Path
) -> None:
    """Where the code asks for nothing there is no line but that of the workflow."""
    edit(app / "shop.py", "total += await tick(number)", "total += number")
    done = wfx("replay", "recordings", "--format", "github")
    decorated = line_of("async def ticks") - 1
    assert f"::error file=shop.py,line={decorated}," in done.out


# -- bad input ----------------------------------------------------------------------------


def test_an_empty_folder_is_said_in_words(wfx: Wfx, app: Path) -> None:
    """Exit code 2; the same for a pattern that nothing matches."""
    Path("empty").mkdir()
    Path("empty/readme.md").write_text("")
    done = wfx("replay", "empty", "none-*.jsonl")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "empty holds no recordings: no file in it ends with .jsonl (1 other file is there)",
        "nothing matches none-*.jsonl",
        "there is nothing to judge",
    ]
    assert wfx("replay", "empty", "--json").json["recordings"] == []
    assert wfx("replay", "empty", "--format", "junit").out.startswith("<?xml")
    assert "name recordings, or a world" in wfx("replay").error


def _cut(lines: list[str]) -> str:
    return "".join(lines)[:-40]


def _event_missing(lines: list[str]) -> str:
    return "".join([*lines[:3], *lines[4:]])


def _other_format(lines: list[str]) -> str:
    return "".join(lines).replace('"format":"wfx/1"', '"format":"wfx/7"')


def _newer_events(lines: list[str]) -> str:
    text = "".join(lines).replace('"wfxVersion":"', '"wfxVersion":"99.')
    return text.replace('"eventType":"run_started"', '"eventType":"run_blessed"')


def _no_header(lines: list[str]) -> str:
    return "".join(lines[1:])


def _illegal(lines: list[str]) -> str:
    return "".join(lines).replace('"step_completed"', '"step_started"')


def _mixed(lines: list[str]) -> str:
    *_, last = (number for number, line in enumerate(lines) if '"eventId"' in line)
    lines[last] = lines[last].replace('"runId":"wrun_', '"runId":"wrun_X')
    return "".join(lines)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_cut, ": the file ends in the middle of this line: it was cut"),
        (_event_missing, "line 4: position 2 was expected, not 3"),
        (_other_format, "has format 'wfx/7'; this wfx reads 'wfx/1'. Upgrade wfx"),
        (_newer_events, "there is no event type 'run_blessed'; it was written by wfx 99."),
        (_no_header, "a recording begins with a header"),
        (_illegal, "step_started lacks 'attempt'"),
        (_mixed, "line 9: it is of wrun_X"),
        (lambda _: "", "it holds no events"),
        (lambda _: "\ufeff\x00\x01", "line 1: the file ends in the middle of this line"),
        (lambda _: "[1, 2]\n", "line 1: a JSON object was expected"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_damaged_recording_is_unjudged_and_the_others_go_on(
    wfx: Wfx, recordings: Path, damage: Callable[[list[str]], str], said: str
) -> None:
    """One message that names the file, the line and what is wrong."""
    whole = (recordings / "checkout.jsonl").read_text().splitlines(keepends=True)
    lines = [line for line in whole if '"stream"' not in line]
    (recordings / "broken.jsonl").write_text(damage(lines))

    done = wfx("replay", "recordings", "--json")

    assert done.code == 1
    assert list(verdicts(done).values()) == ["match", "unjudged", "match", "match"]
    reason = done.json["recordings"][1]["reason"]
    assert said in reason
    assert "broken.jsonl" in reason


def test_bytes_that_are_no_text_are_told(wfx: Wfx, recordings: Path) -> None:
    """And a path that is no file."""
    (recordings / "b.jsonl").write_bytes(b'{"format": "wfx/1"}\n\xff\xfe')
    assert "it is no text" in wfx("replay", "recordings/b.jsonl").out
    done = wfx("replay", "recordings/absent.jsonl")
    assert (done.code, done.out.splitlines()[1]) == (
        2,
        "  recordings/absent.jsonl: No such file or directory",
    )


def test_a_recording_edited_by_hand_parts_from_the_code(wfx: Wfx, recordings: Path) -> None:
    """An edit that is still a legal log is what the code does not do."""
    file = recordings / "checkout.jsonl"
    file.write_text(file.read_text().replace("charge-7", "charge-8", 1))
    done = wfx("replay", "recordings/checkout.jsonl")
    assert done.code == 1
    assert "diverged" in done.out


def test_two_logs_of_one_run_are_told(wfx: Wfx, recordings: Path) -> None:
    """A copy and a beginning are judged; one that contradicts the other is not."""
    lines = (recordings / "checkout.jsonl").read_text().splitlines(keepends=True)
    (recordings / "d-copy.jsonl").write_text("".join(lines))
    (recordings / "e-begin.jsonl").write_text("".join(lines[:5]))
    (recordings / "f-other.jsonl").write_text("".join(lines).replace("charge-7", "charge-8"))
    (recordings / "g-both.jsonl").write_text(
        "".join(lines) + "".join(lines).replace("charge-7", "charge-8")
    )

    done = wfx("replay", "recordings", "--json")

    told = {each["recording"]: each for each in done.json["recordings"]}
    first = "recordings/checkout.jsonl"
    assert told["recordings/d-copy.jsonl"]["note"] == f"the same log as {first}"
    begin = told["recordings/e-begin.jsonl"]
    assert begin["note"] == f"a shorter log of the same run as {first}"
    assert begin["verdict"] == "match"
    for name in ("f-other.jsonl", f"g-both.jsonl:{len(lines) + 1}"):
        other = told[f"recordings/{name}"]
        assert other["verdict"] == "unjudged"
        assert other["reason"].startswith(
            f"it contradicts {first}, a log of the same run, at position 6"
        )


def test_a_recording_that_an_editor_on_windows_has_saved_is_read(
    wfx: Wfx, recordings: Path
) -> None:
    """With a mark at its beginning, and other line ends."""
    file = recordings / "checkout.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert wfx("replay", str(file)).code == 0
    assert wfx("import", str(file), "--world", "sqlite:///other.db").code == 0


KILLERS = {
    "never rests": ("", "3 ** int('10' * 5)", "did not come to rest within the limit"),
    "is killed": (f"os.kill(os.getpid(), {int(signal.SIGKILL)})", "", "was ended by SIGKILL"),
    "ends itself": ("os._exit(0)", "", "ended the process that replayed it, with exit code 0"),
}


@pytest.mark.parametrize("how", KILLERS)
def test_code_that_ends_or_holds_its_process_costs_one_verdict(
    wfx: Wfx, recordings: Path, app: Path, how: str
) -> None:
    """The others are judged, in a process of their own."""
    at_import, in_workflow, said = KILLERS[how]
    source = "import os\n\nfrom wfx import workflow\n\n{}\n\n\n"
    source += "@workflow\nasync def odd() -> None:\n    {}\n"
    (app / "odd.py").write_text(source.format("", "pass"))
    record(wfx, recordings / "b-odd.jsonl", "odd:odd")
    (app / "odd.py").write_text(source.format(at_import, in_workflow or "pass"))
    (app / "pyproject.toml").write_text("[tool.wfx.limits]\nactivation_seconds = 1\n")

    done = wfx("replay", "recordings", "--json", "--jobs", "1")

    assert done.code == 1
    assert list(verdicts(done).values()) == ["match", "unjudged", "match", "match"]
    assert said in done.json["recordings"][1]["reason"]


def test_thousands_of_files_are_judged_in_order_by_several_processes(wfx: Wfx, app: Path) -> None:
    """What each says does not depend on how many there are."""
    record(wfx, app / "one.jsonl", "shop:add", "1")
    text = (app / "one.jsonl").read_text()
    run_id = json.loads(text.splitlines()[0])["runId"]
    many = app / "many"
    many.mkdir()
    for number in range(1500):
        (many / f"{number:04}.jsonl").write_text(text.replace(run_id, f"{run_id[:-4]}{number:04}"))
    (many / "0500.jsonl").write_text("{}")

    done = wfx("replay", "many", "--json", "--jobs", "2")

    assert done.code == 1
    judged = done.json["recordings"]
    assert [each["recording"] for each in judged] == [f"many/{n:04}.jsonl" for n in range(1500)]
    wrong = [each["recording"] for each in judged if each["verdict"] != "match"]
    assert wrong == ["many/0500.jsonl"]


# -- worlds that are only read ------------------------------------------------------------


def test_a_world_opened_read_only_refuses_to_write(sql_url: str) -> None:
    """By means of the database itself."""
    from wfx.errors import WorldUnavailable
    from wfx.events import NewEvent, RunCreated

    created = NewEvent(RunCreated(deployment_id="d", workflow_name="w", input=[]))
    with open_world(sql_url) as world:
        run_id = world.events.create(None, created).event
    with open_world(sql_url, read_only=True) as world:
        assert run_id is not None
        assert [event.type for event in world.events.stream(run_id.run_id)] == ["run_created"]
        with pytest.raises(WorldUnavailable, match=r"cannot be written|read-only"):
            world.events.create(None, NewEvent(created.data))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_world_in_a_folder_that_may_not_be_written_is_read(tmp_path: Path) -> None:
    """A copy on a read-only disk can be judged."""
    folder = tmp_path / "fixed"
    folder.mkdir()
    open_world(f"sqlite:///{folder / 'world.db'}").close()
    folder.chmod(0o500)
    try:
        with open_world(f"sqlite:///{folder / 'world.db'}", read_only=True) as world:
            assert world.runs.list().items == []
    finally:
        folder.chmod(0o700)


def test_replay_says_which_patches_the_logs_still_need(
    wfx: Wfx, recordings: Path, app: Path
) -> None:
    """The old way while a log takes it; then the branch may go, and at last the call."""
    source = (app / "shop.py").read_text()
    charges = '    return {"charge": await charge(order), "order": order}\n'

    def change(first: str) -> None:
        assert charges in source
        text = source.replace(
            charges, f"    from wfx import deprecate_patch, patched\n{first}{charges}"
        )
        (app / "shop.py").write_text(text)

    change('    if patched("tick"):\n        await tick(1)\n')
    done = wfx("replay", "recordings/checkout.jsonl", "--json")
    assert done.json["recordings"][0]["patches"] == {"tick": "old"}
    assert done.json["patches"] == [
        {
            "name": "tick",
            "new": 0,
            "old": 1,
            "deprecated": 0,
            "text": 'patched("tick") is needed: 1 log goes the old way',
        }
    ]
    record(wfx, recordings / "checkout.jsonl", "shop:checkout", '{"id": 8}')
    assert 'patched("tick"): no log goes the old way.' in wfx("replay", "recordings").out
    change('    deprecate_patch("tick")\n    await tick(1)\n')
    done = wfx("replay", "recordings/checkout.jsonl")
    assert done.code == 0
    assert 'deprecate_patch("tick") can be deleted when no worker' in done.out


def test_logs_that_part_from_the_code_in_the_same_way_are_told_once(
    wfx: Wfx, recordings: Path, app: Path
) -> None:
    """A thousand open runs are not a thousand pages."""
    record(wfx, recordings / "later.jsonl", "shop:checkout", '{"id": 7}')
    source = (app / "shop.py").read_text()
    (app / "shop.py").write_text(source.replace("await charge(order)", "await tick(order.id)"))
    told = wfx("replay", "recordings", "-q").out
    assert told.count("Most likely:") == 1
    assert "in the same way as recordings/checkout.jsonl" in told
