"""What a report holds beside its cause, and how it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wfx.divergence.report import (
    Cause,
    CauseKind,
    Difference,
    DivergenceReport,
    Happening,
    Mark,
    Remedy,
    Row,
    report_from_json,
)
from wfx.divergence.telling import WIDTH, report_lines, unstyled

SLEEP = "    await asyncio.sleep(60)\n"
SHIP = "    parcel = await ship(order.id, names)\n"


def test_values_are_compared_place_by_place(shop: Any) -> None:
    """A path inside the value, and what both have there."""
    report = shop.report(
        (
            "await charge(order, str(uuid4()), total=total)",
            (
                "await charge(Order(order.id, [Item(sku='desk', price=91)], 'gift'), "
                "str(uuid4()), total=1)"
            ),
        )
    )
    assert report.differences == (
        Difference("args[0].items[0].price", "90", "91"),
        Difference("args[0].items[1]", '{"sku": "lamp", "price": 20}', ""),
        Difference("args[0].note", '""', '"gift"'),
        Difference("kwargs.total", "110", "1"),
    )


def test_the_log_stands_beside_the_code(shop: Any) -> None:
    """From a little before the divergence to where both agree again."""
    report = shop.report((SLEEP, ""), (SHIP, SHIP + SLEEP))
    marks = [(row.mark, row.expected, row.actual, row.position) for row in report.rows]
    sleep, ship = "sleep 60 s", 'ship("A1", ["desk", "lamp"])'
    assert marks[3:4] == [(Mark.REMOVED, sleep, None, 12)]
    assert marks[-3:-1] == [(Mark.SAME, ship, ship, 21), (Mark.MOVED, sleep, sleep, 12)]


def test_how_the_run_came_there(shop: Any) -> None:
    """The last facts before it, and where they had been asked for."""
    [*_, before, last] = shop.report(("total=total)", "total=1)")).history
    assert last == Happening(15, "hook 'go-A1' received {\"yes\": true}", "shop.py:59")
    assert before == Happening(13, "sleep 60 s ended", "shop.py:58")


def test_a_recorded_line_that_moved_is_found_again(shop: Any) -> None:
    """By the name of what is called there."""
    report = shop.report(
        ("async def checkout", "# one\n# two\nasync def checkout"), ("sleep(60)", "sleep(61)")
    )
    frame = report.expected_frame
    assert (frame.place, frame.marked) == ("shop.py:60", 60)
    assert frame.note == "line 58 when it was recorded; today sleep is called in line 60"
    assert dict(frame.lines)[60] == "    await asyncio.sleep(61)"


def test_a_recorded_line_that_is_gone_is_said_to_be(shop: Any) -> None:
    """Nothing is marked then."""
    frame = shop.report((SLEEP, "")).expected_frame
    assert (frame.place, frame.marked) == ("shop.py:58", None)
    assert frame.note == "line 58 when it was recorded; today shop.py has no call of sleep"


def test_a_file_that_is_shorter_today_has_no_frame(shop: Any) -> None:
    """The recorded place is told all the same."""
    lines = shop.edited((SLEEP, "")).splitlines()
    kept = [line for line in lines if not line.startswith("@dataclass")]
    frame = shop.replay("\n".join(kept[:49]) + "\n    return 'done'\n").report.expected_frame
    assert (frame.place, frame.lines) == ("shop.py:51", ())
    assert frame.note == "shop.py has only 50 lines today"


SNIPPETS = {
    "a step added": (
        [(SLEEP, "    await inspect('all')\n" + SLEEP)],
        "if patched(\"inspect-added\"):\n    await inspect('all')",
        "shop.py:58",
    ),
    "a step added, whose result is used": (
        [(SHIP, "    parcel = await reserve(order.id, order.items[0])\n" + SHIP)],
        (
            'if patched("reserve-added"):\n'
            "    parcel = await reserve(order.id, order.items[0])\n"
            "else:\n    ...  # as it was without it"
        ),
        "shop.py:62",
    ),
    "a sleep removed": (
        [(SLEEP, "")],
        'if not patched("sleep-removed"):\n    await asyncio.sleep(60)  # as it was in this run',
        None,
    ),
    "a duration changed": (
        [("sleep(60)", "sleep(90)")],
        (
            'if patched("sleep-changed"):\n    await asyncio.sleep(90)\n'
            "else:\n    await asyncio.sleep(60)  # as it was in this run"
        ),
        "shop.py:58",
    ),
    "arguments changed": (
        [("ship(order.id, names)", "ship(order.id, names[:1])")],
        (
            'if patched("ship-changed"):\n    parcel = await ship(order.id, names[:1])\n'
            'else:\n    ...  # as it was: await ship("A1", ["desk", "lamp"])'
        ),
        "shop.py:62",
    ),
    "a condition changed": (
        [("total > 100", "total > 500")],
        'if (total > 500) if patched("inspect-changed") else (...):  # ... is the old condition',
        "shop.py:56",
    ),
    "a step renamed": (
        [("def ship(", "def send("), ("await ship(", "await send(")],
        '@step(name="shop:ship")',
        None,
    ),
}


@pytest.mark.parametrize("change", SNIPPETS)
def test_the_remedy_is_code_to_insert(shop: Any, change: str) -> None:
    """With today's statement in it, and the place where it stands."""
    edits, snippet, place = SNIPPETS[change]
    remedy = shop.report(*edits).remedy
    assert remedy.snippet == snippet or remedy.snippet.startswith(snippet + "\n")
    assert place is None or remedy.place == place


def test_a_patch_gets_a_name_that_is_free(shop: Any) -> None:
    """Two changes must not have one name."""
    remedy = shop.report(("sleep(60)", 'sleep(90 if "sleep-changed" else 1)')).remedy
    assert 'patched("sleep-changed-2")' in remedy.snippet


def test_the_snippet_heals_the_run(open_shop: Any) -> None:
    """What is printed, put where it says, makes the recording match."""
    changed = open_shop.edited((SLEEP, "    await inspect('all')\n" + SLEEP))
    verdict = open_shop.replay(changed)
    lines = changed.splitlines()
    number = int(verdict.report.remedy.place.partition(":")[2])
    lines[number - 1 : number] = [
        "    " + line for line in verdict.report.remedy.snippet.splitlines()
    ]
    healed = "\n".join(lines).replace("create_hook, ", "create_hook, patched, ", 1)
    assert open_shop.replay(healed).kind == "match"


def test_an_open_run_and_an_ended_one_want_different_things(shop: Any) -> None:
    """Only one of them breaks."""
    change = ("sleep(60)", "sleep(90)")
    assert shop.report(change).remedy.text.startswith("This run has ended, so it does not break.")
    shop.record(sends=False)
    assert shop.report(change).remedy.text.startswith("Let runs that began before")


def test_a_report_survives_its_json(shop: Any) -> None:
    """It is stored with a parked run."""
    report = shop.report((SLEEP, ""))
    assert report_from_json(json.loads(json.dumps(report.to_json()))) == report


@pytest.mark.parametrize(
    "tree", [None, "text", {}, {"message": "it is parked", "code": "divergence"}]
)
def test_what_is_no_report_is_none(tree: Any) -> None:
    """Runs were parked before there were reports, and for other reasons."""
    assert report_from_json(tree) is None


def test_a_damaged_report_is_none(shop: Any) -> None:
    """Nothing that is stored makes `wfx runs show` fail."""
    tree = shop.report((SLEEP, "")).to_json()
    for name in list(tree):
        assert report_from_json({**tree, name: 1}) is None or name in _TEXTS
    assert report_from_json({**tree, "cause": {"kind": "unheard of", "text": ""}}) is None


_TEXTS = (
    "runId",
    "workflow",
    "message",
    "expected",
    "actual",
    "position",
    "expectedPlace",
    "actualPlace",
)

REPORT = DivergenceReport(
    run_id="wrun_1",
    workflow="shop:checkout",
    position=12,
    message="…",
    expected="a wait of 60 s",
    actual="asks for " + "a step with a long name " * 8,
    expected_place="gone.py:3",
    actual_place=None,
    differences=(Difference("args[0]", "1", ""), Difference("args[1]", "x" * 90, "y" * 90)),
    history=(Happening(1, "the run started"),),
    rows=(
        Row(Mark.SAME, "a()", "a()", 2, "shop.py:1"),
        Row(Mark.REMOVED, "b()", None, 3),
        Row(Mark.CHANGED, "c(1)", "c(2)", 4, "shop.py:2"),
        Row(Mark.ADDED, None, "d(" + "9" * 100 + ")", None, "shop.py:3"),
    ),
    cause=Cause(CauseKind.REMOVED, "step b was removed"),
    remedy=Remedy("Put it back:", "await b()", "shop.py:2"),
)


def test_a_report_reads_like_this() -> None:
    """At most 78 columns wide, whatever it holds."""
    assert unstyled(report_lines(REPORT)).splitlines() == [
        "  Most likely: step b was removed.",
        "",
        "  the log has  a wait of 60 s",
        "    gone.py:3",
        "  the code     asks for a step with a long name a step with a long name a step",
        "               with a long name a step with a long name a step with a long",
        "               name a step with a long name a step with a long name a step",
        "               with a long name",
        "",
        "  the log (-) beside the code (+)",
        "    a()" + " " * 60 + "shop.py:1",
        "  - b()" + " " * 59 + "position 3",
        "  - c(1)" + " " * 58 + "position 4",
        "  + c(2)" + " " * 59 + "shop.py:2",
        "  + d(" + "9" * 58 + "…  shop.py:3",
        "",
        "  what differs",
        "    args[0]: 1 → nothing",
        "    args[1]:",
        "      - " + "x" * 69 + "…",
        "      + " + "y" * 69 + "…",
        "",
        "  how the run came there",
        "       1  the run started",
        "",
        "  What to do: Put it back:",
        "    in place of shop.py:2",
        "",
        "      await b()",
    ]
    assert max(len(line) for line in unstyled(report_lines(REPORT)).splitlines()) <= WIDTH


def test_every_part_has_a_style_that_can_be_printed() -> None:
    """The command line has a colour for each."""
    from wfx.cli import output

    for line in report_lines(REPORT):
        output.styled_note(line)
