"""`wfx record`: runs of a world become files that a team keeps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Wfx = Callable[..., Any]


def start(wfx: Wfx, *words: str) -> str:
    """Run something; its id."""
    return str(wfx("run", *words, "--json").json["runId"])


def test_runs_are_kept_under_stable_names(wfx: Wfx, app: Path) -> None:
    """A second time nothing changes, and what is kept replays."""
    run_id = start(wfx, "shop:checkout", '{"id": 7}')

    done = wfx("record", run_id, "--to", "kept")

    file = Path(f"kept/shop.checkout-{run_id[-8:].lower()}.jsonl")
    assert (done.code, done.out) == (0, f"{run_id} {file}: 8 events\n")
    before = (file.read_text(), file.stat().st_mtime_ns)
    assert wfx("record", run_id, "--to", "kept", "--json").json == {
        "recordings": [
            {
                "runId": run_id,
                "recording": str(file),
                "workflow": "shop:checkout",
                "events": 8,
                "redacted": 0,
            }
        ],
        "skipped": [],
    }
    assert (file.read_text(), file.stat().st_mtime_ns) == before
    assert wfx("replay", "kept").code == 0


def test_a_sample_has_one_of_each_shape(wfx: Wfx, app: Path) -> None:
    """And none of those that the folder has already; an open run has its own."""
    for words in (["1"], ["3"], ["2"], ["0"]):
        start(wfx, "shop:ticks", *words)
    waiting = start(wfx, "shop:approve", "1", "--no-wait")

    first = wfx("record", "--sample", "1", "--workflow", "shop:ticks", "--to", "kept", "--json")
    assert len(first.json["recordings"]) == 1
    rest = wfx("record", "--sample", "9", "--to", "kept", "--json").json["recordings"]
    assert waiting in [each["runId"] for each in rest]
    assert {each["events"] for each in rest if each["workflow"] == "shop:ticks"} < {3, 6, 9, 12}

    none = wfx("record", "--sample", "9", "--to", "kept")
    assert (none.code, none.out) == (0, "")
    assert "has no run of a shape that kept lacks" in none.err
    assert wfx("replay", "kept").code == 0


def test_values_are_redacted_by_option_and_by_setting(wfx: Wfx, app: Path) -> None:
    """What decides the path is told, and the others are written."""
    (app / "pyproject.toml").write_text('[tool.wfx]\nredact = ["steps.charge.result"]\n')
    said = start(wfx, "shop:say", "4242-1111")
    paid = start(wfx, "shop:checkout", '{"id": 7}')
    ticked = start(wfx, "shop:ticks", "1")

    done = wfx("record", said, paid, ticked, "--to", "kept", "--redact", "input[0]", "--json")

    assert done.code == 1
    assert [each["runId"] for each in done.json["recordings"]] == [said, paid]
    [skipped] = done.json["skipped"]
    assert skipped["runId"] == ticked
    assert "a value at input[0] decided what the code did" in skipped["reason"]
    texts = "".join(path.read_text() for path in Path("kept").iterdir())
    assert "4242-1111" not in texts
    assert "charge-7" not in texts
    assert wfx("replay", "kept", "--json").json["summary"]["match"] == 2


def test_each_run_has_a_file_of_its_own_inside_of_the_folder(wfx: Wfx, app: Path) -> None:
    """Whatever ids people gave; ids of another end are no other runs."""
    ids = ["a/order-20261122", "b/order-20261122", "../../../out", "..", "ORDER", "order"]
    for run_id in ids:
        assert wfx("start", "shop:add", "1", "--id", run_id).code == 0

    done = wfx("record", *ids, "--to", "kept", "--json")

    files = [Path(each["recording"]) for each in done.json["recordings"]]
    assert len({str(file).lower() for file in files}) == len(ids)
    assert {file.resolve().parent for file in files} == {app / "kept"}
    judged = wfx("replay", "kept", "--json").json["recordings"]
    assert {each["runId"] for each in judged} == set(ids)


def test_a_file_that_was_damaged_is_replaced(wfx: Wfx, app: Path) -> None:
    """Recording the run again mends it."""
    run_id = start(wfx, "shop:add", "1")
    done = wfx("record", run_id, "--to", "kept", "--json")
    file = Path(done.json["recordings"][0]["recording"])
    whole = file.read_bytes()
    for damaged in (b"", b"\xff\xfe\x00", whole[:50]):
        file.write_bytes(damaged)
        assert wfx("record", run_id, "--to", "kept").code == 0
        assert file.read_bytes() == whole


def test_words_that_make_no_sense_are_usage(wfx: Wfx, app: Path) -> None:
    """Nothing is made for them."""
    assert "name runs, or say --sample N" in wfx("record", "--to", "kept").error
    assert "go with --sample" in wfx("record", "wrun_x", "--to", "kept", "--since", "1d").error
    run_id = start(wfx, "shop:say", "hello")
    wrong = wfx("record", run_id, "--to", "kept", "--redact", "card")
    assert (wrong.code, "begins with 'card'" in wrong.error) == (2, True)
    assert wfx("record", "wrun_x", "--to", "kept").code == 1
    assert not Path("kept").exists()
    unused = wfx("record", run_id, "--to", "kept", "--redact", "input[0].card")
    assert (unused.code, unused.err) == (0, "input[0].card leads to no value in these runs\n")
