"""`wfx replay --coverage`: what a corpus shows of today's code, and what it does not need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from wfx.corpus.coverage import superfluous

Wfx = Callable[..., Any]

FLOWS = '''
"""Ways."""

from wfx import FatalError, step, workflow


@step(max_retries=0)
async def take(number: int) -> int:
    if number > 5:
        raise FatalError("too many")
    return number


async def twice(number: int) -> int:
    """Not a line that does anything."""
    return await take(number) + await take(number)


@workflow
async def ways(turns: int, stop: int) -> int:
    total = 0
    for number in range(turns):
        if number == stop:
            return total
        try:
            total += await twice(number)
        except FatalError:
            total = -1
            break
    match total:
        case 0:
            total = 7
        case _:
            pass
    while total > 1000:
        total -= 1
    if total < 0:
        raise ValueError(
            "negative"
        )
    return total
'''


def record(wfx: Wfx, name: str, *words: str) -> None:
    """Run something, and keep its log under a name."""
    run_id = wfx("run", "flows:ways", *words, "--json").json["runId"]
    assert wfx("export", run_id, "-o", f"kept/{name}.jsonl").code == 0


def never(wfx: Wfx) -> set[str]:
    """What is not exercised, as `line of the workflow: what`."""
    [file] = wfx("replay", "kept", "--coverage", "--json").json["coverage"]["files"]
    first = FLOWS.splitlines().index("async def ways(turns: int, stop: int) -> int:") + 1
    missed = [*file["missedBranches"], *file["missedExits"]]
    return {f"{each['line'] - first}: {each['never']}" for each in missed}


def test_lines_branches_and_ends_that_no_log_shows_are_told(wfx: Wfx, app: Path) -> None:
    """Each recording that is added shows more, until all is shown."""
    (app / "flows.py").write_text(FLOWS)
    (app / "kept").mkdir()
    record(wfx, "a-none", "0", "9")
    everything = never(wfx)
    assert everything == {
        "2: with a turn",
        "3: true",
        "3: false",
        "7: caught",
        "13: matched",
        "15: true",
        "17: true",
        "-4: returned",
        "4: returned",
        "18: raised",
    }
    done = wfx("replay", "kept", "--coverage")
    assert "flows.py lines 8 of 17, branches 6 of 13, exits 1 of 4\n" in done.out or done.out
    assert "never raised: raise ValueError(" in done.out
    record(wfx, "b-stop", "3", "1")
    assert "3: true" not in never(wfx)
    record(wfx, "c-error", "9", "99")
    assert never(wfx) == {"15: true"}
    record(wfx, "d-some", "3", "9")
    assert never(wfx) == {"15: true"}
    record(wfx, "e-more", "4", "9")

    done = wfx("replay", "kept", "--coverage")

    assert done.code == 0
    told = [line for line in done.out.splitlines() if " redundant" in line]
    assert told == [
        "kept/d-some.jsonl redundant: others show all of it",
        "kept/e-more.jsonl redundant: others show all of it",
    ]
    coverage = wfx("replay", "kept", "--coverage", "--json").json["coverage"]
    assert coverage["redundant"] == ["kept/d-some.jsonl", "kept/e-more.jsonl"]
    for name in coverage["redundant"]:
        Path(name).unlink()
    assert never(wfx) == {"15: true"}
    assert "in text or json" in wfx("replay", "kept", "--coverage", "--format", "sarif").error


def test_what_adds_nothing_is_superfluous() -> None:
    """The largest is kept first, then what adds most; of equals the one named first."""
    shown = {"a": "xy", "b": "xyz", "c": "z", "d": "wz", "e": "wz"}
    assert superfluous({name: frozenset(each) for name, each in shown.items()}) == ["a", "c", "e"]
