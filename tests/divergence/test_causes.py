"""The most likely cause of a divergence, for the changes that people make."""

from __future__ import annotations

from typing import Any

import pytest

from wfx.divergence.report import CauseKind, DivergenceReport

SLEEP = "    await asyncio.sleep(60)\n"
CHARGE = "    await charge(order, str(uuid4()), total=total)\n"
SHIP = "    parcel = await ship(order.id, names)\n"
INSPECT = "        await inspect(order.id)\n"

CHANGES: dict[str, tuple[list[tuple[str, str]], CauseKind, str, int]] = {
    "a step added": (
        [(SLEEP, "    await inspect('all')\n" + SLEEP)],
        CauseKind.ADDED,
        "step inspect was added before the sleep of 60 s",
        12,
    ),
    "a step added before a reading, with a name that comes again": (
        [
            (
                "    begun =",
                "    await reserve('A0', Item(sku='b', price=1))\n    begun =",
            )
        ],
        CauseKind.ADDED,
        "step reserve was added before a reading of the clock",
        2,
    ),
    "a step asked for twice": (
        [
            (
                "        names.append(await reserve(order.id, item))\n",
                "        names.append(await reserve(order.id, item))\n" * 2,
            )
        ],
        CauseKind.ADDED,
        (
            'reserve("A1", {"sku": "desk", "price": 90}) was added before '
            'reserve("A1", {"sku": "lamp", "price": 20})'
        ),
        6,
    ),
    "the same step added just before, with other arguments": (
        [(SHIP, "    await ship('first', names)\n" + SHIP)],
        CauseKind.ADDED,
        'ship("first", ["desk", "lamp"]) was added before ship("A1", ["desk", "lamp"])',
        21,
    ),
    "a sleep added just before another": (
        [(SLEEP, "    await asyncio.sleep(1)\n" + SLEEP)],
        CauseKind.ADDED,
        "the sleep of 1 s was added before the sleep of 60 s",
        12,
    ),
    "a sleep added": (
        [(SHIP, "    await asyncio.sleep(1)\n" + SHIP)],
        CauseKind.ADDED,
        "the sleep of 1 s was added before step ship",
        21,
    ),
    "a hook added": (
        [(SHIP, "    create_hook('more')\n" + SHIP)],
        CauseKind.ADDED,
        "hook 'more' was added before step ship",
        21,
    ),
    "a reading of the clock added": (
        [(SHIP, "    datetime.now(UTC)\n" + SHIP)],
        CauseKind.ADDED,
        "a reading of the clock was added before step ship",
        21,
    ),
    "a step added whose result nobody knows": (
        [
            ("@workflow", "@step\nasync def weigh() -> float: ...\n\n\n@workflow"),
            (SHIP, "    await weigh()\n" + SHIP),
        ],
        CauseKind.ADDED,
        "step weigh was added before step ship",
        21,
    ),
    "a sleep removed": ([(SLEEP, "")], CauseKind.REMOVED, "the sleep of 60 s was removed", 12),
    "a step removed": (
        [("await inspect(order.id)", "pass")],
        CauseKind.REMOVED,
        "step inspect was removed",
        9,
    ),
    "a uuid removed": (
        [("str(uuid4())", "'key'")],
        CauseKind.REMOVED,
        "a uuid was removed",
        17,
    ),
    "steps swapped": (
        [(CHARGE + SHIP, SHIP + CHARGE)],
        CauseKind.MOVED,
        "a uuid and step charge now come after step ship",
        17,
    ),
    "a step moved to the end": (
        [(INSPECT, "        pass\n"), (SHIP, SHIP + "    await inspect(order.id)\n")],
        CauseKind.MOVED,
        "step inspect now comes after the sleep of 60 s",
        9,
    ),
    "a step renamed": (
        [("def ship(", "def send("), ("await ship(", "await send(")],
        CauseKind.RENAMED,
        "step ship is called send now",
        21,
    ),
    "arguments changed": (
        [("total=total)", "total=total + 1)")],
        CauseKind.ARGUMENTS,
        "charge is called with other arguments",
        18,
    ),
    "a duration changed": (
        [("sleep(60)", "sleep(90)")],
        CauseKind.DURATION,
        "a sleep takes 90 s; it took 60 s",
        12,
    ),
    "a token changed": (
        [('f"go-{order.id}"', 'f"yes-{order.id}"')],
        CauseKind.TOKEN,
        "a hook has the token 'yes-A1'; it had 'go-A1'",
        14,
    ),
    "metadata changed": (
        [('{"n": 1}', '{"n": 2}')],
        CauseKind.METADATA,
        "hook 'go-A1' has other metadata",
        14,
    ),
    "a schema changed": (
        [("    yes: bool", "    yes: bool\n    by: str")],
        CauseKind.SCHEMA,
        "hook 'go-A1' takes payloads of another schema",
        14,
    ),
    "a condition changed": (
        [("total > 100", "total > 500")],
        CauseKind.BRANCH,
        (
            "a condition changed: step inspect still stands in shop.py:57, but with the values of "
            "this log the code does not come there"
        ),
        9,
    ),
    "a loop that is shorter": (
        [("in order.items:\n", "in order.items[1:]:\n")],
        CauseKind.BRANCH,
        (
            "a condition changed: step reserve still stands in shop.py:54, but with the values of "
            "this log the code does not come there"
        ),
        3,
    ),
    "a loop that ends earlier": (
        [("in order.items:\n", "in order.items[:1]:\n")],
        CauseKind.BRANCH,
        (
            "a loop ends earlier, or a condition changed: step reserve is asked for less often "
            "(it stands in shop.py:54)"
        ),
        6,
    ),
    "a loop that goes on": (
        [("in order.items:\n", "in [*order.items, *order.items]:\n")],
        CauseKind.BRANCH,
        "a loop goes on for longer, or a condition changed: step reserve is asked for once more",
        9,
    ),
    "something else in its place": (
        [(SHIP, "    await inspect(order.id)\n    parcel = 'none'\n")],
        CauseKind.REPLACED,
        "step inspect stands where step ship was",
        21,
    ),
    "another output": (
        [("shipped {parcel}", "sent {parcel}")],
        CauseKind.OUTPUT,
        "the workflow returns something else",
        24,
    ),
    "an error at the end": (
        [('    return f"shipped', '    return 1 / 0\n    return f"shipped')],
        CauseKind.ERROR,
        "the workflow fails where it returned: ZeroDivisionError: division by zero",
        24,
    ),
    "an error on the way": (
        [(SHIP, "    order.nothing\n" + SHIP)],
        CauseKind.ERROR,
        (
            "the workflow fails before it comes to step ship: AttributeError: "
            "'Order' object has no attribute 'nothing'"
        ),
        21,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_told_by_what_the_code_asks_for_next(shop: Any, change: str) -> None:
    """The kind for programs, the sentence for people, and where it begins."""
    edits, kind, text, position = CHANGES[change]
    report: DivergenceReport = shop.report(*edits)
    assert (report.cause.kind, report.cause.text, report.position) == (kind, text, position)


def test_a_branch_that_is_passed_by_is_told_from_what_comes_instead(shop: Any) -> None:
    """The code waits for a step that no log has a result of, but what it left out lies behind."""
    weigh = "@step\nasync def weigh() -> float: ...\n\n\n@workflow"
    report = shop.report(
        ("@workflow", weigh),
        ("total > 100", "total > 500"),
        (SLEEP, "    await weigh()\n" + SLEEP),
    )
    assert report.cause.text == (
        "a condition changed: the code comes to step weigh without step inspect, which "
        "shop.py:61 leads to"
    )
    assert (report.cause.place, report.remedy.place) == ("shop.py:61", "shop.py:60")


def test_a_loop_in_a_comprehension_is_repaired_as_a_whole(shop: Any) -> None:
    """It has no head of its own."""
    many = "names = await asyncio.gather(*(reserve(order.id, each) for each in {}))"
    loop = "    for item in order.items:\n        names.append(await reserve(order.id, item))\n"
    before = shop.edited((loop, f"    {many.format('order.items')}\n"))
    shop.record(before)
    changed = shop.edited((loop, f"    {many.format('order.items[:1]')}\n"))
    report = shop.replay(changed).report
    assert report.cause.kind == "branch"
    assert report.remedy.snippet == (
        f'if patched("reserve-changed"):\n    {many.format("order.items[:1]")}\n'
        "else:\n    ...  # as it was"
    )


def test_code_that_waits_for_something_else_is_a_divergence_of_what_it_left_out(
    shop: Any,
) -> None:
    """Its outcome stands in the log, but the code did not ask for it then."""
    report = shop.report((SLEEP, "    await create_hook('never')\n" + SLEEP))
    assert report.cause.text == "hook 'never' was added before the sleep of 60 s"


def test_an_open_run_diverges_where_the_code_has_changed(open_shop: Any) -> None:
    """Partial logs are compared as far as they go."""
    assert open_shop.report((SLEEP, "")).cause.text == "the sleep of 60 s was removed"
    verdict = open_shop.replay(open_shop.edited(("total=total)", "total=1)")))
    assert (verdict.kind, verdict.ended) == ("match", None)


@pytest.mark.parametrize(
    "edits",
    [
        [('    note: str = ""', '    note: str = ""\n    gift: bool = False')],
        [('    note: str = ""\n', "")],
        [("    price: int\n", "    price: int\n    colour: str = 'red'\n")],
        [("    sku: str\n    price: int\n", "    price: int\n    sku: str\n")],
        [("Somebody said so.", "Somebody agreed to it.")],
        [
            ("    yes: bool", "    yes: bool = Field(description='or no')"),
            ("BaseModel\n", "BaseModel, Field\n"),
        ],
        [("class Go", "class Yes"), ("schema=Go", "schema=Yes")],
    ],
    ids=[
        *("field added", "field removed", "model field added", "fields reordered"),
        *("docstring", "description", "class of a schema renamed"),
    ],
)
def test_what_a_receiver_would_not_notice_is_no_divergence(
    shop: Any, edits: list[tuple[str, str]]
) -> None:
    """Recorded values are read by today's classes, schemas by what they refuse."""
    verdict = shop.replay(shop.edited(*edits))
    assert (verdict.kind, verdict.divergence) == ("match", None)
