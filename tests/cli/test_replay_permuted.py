"""`wfx replay --permute`: what must not matter is different, and orders are turned round."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wfx.corpus.permuting import surroundings

Wfx = Callable[..., Any]

FLOWS = """
import asyncio

import leaky
from wfx import step, workflow


@step
async def say(text: str) -> str:
    return text


@workflow
async def careful() -> list[str]:
    return await asyncio.gather(say("a"), say("b"), say("c"))


@workflow
async def leaks() -> str:
    return await say(leaky.observe())


@workflow
async def races() -> str:
    done = []

    async def one(text: str) -> None:
        await say(text)
        done.append(text)

    await asyncio.gather(one("a"), one("b"))
    return await say("-".join(done))
"""

OBSERVED = {
    "hash seed": "str(hash('a text'))",
    "zone": "time.tzname[0]",
    "clock": f"str(time.time() > {time.time() + 100 * 86_400})",
}


@pytest.fixture
def flows(app: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Workflows that use a module which is passed through, and which observes something."""
    library = app / "site-packages"
    library.mkdir()
    monkeypatch.syspath_prepend(str(library))
    (app / "flows.py").write_text(FLOWS)
    (app / "pyproject.toml").write_text('[tool.wfx]\npassthrough = ["leaky"]\n')

    def observing(what: str) -> None:
        (library / "leaky.py").write_text(
            f"import time\n\n\ndef observe() -> str:\n    return {what}\n"
        )

    observing("''")
    yield observing
    sys.modules.pop("leaky", None)


def record(wfx: Wfx, name: str) -> str:
    """Run a workflow and export its log; the name of the file."""
    run_id = wfx("run", f"flows:{name}", "--json").json["runId"]
    assert wfx("export", run_id, "-o", f"{name}.jsonl").code == 0
    return f"{name}.jsonl"


@pytest.mark.parametrize("what", OBSERVED)
def test_what_depends_on_the_process_is_found(
    wfx: Wfx, flows: Callable[[str], None], what: str
) -> None:
    """It matches here, and not with another hash seed, zone or clock."""
    flows(OBSERVED[what])
    file = record(wfx, "leaks")
    assert wfx("replay", file).code == 0

    done = wfx("replay", file, "--permute", "1")

    assert done.code == 1
    assert done.out.splitlines()[0].endswith(" diverged")
    assert f"only with {surroundings(1)[0]}: here it matches" in done.out
    assert "the log has  step" in done.out


def test_code_in_the_sandbox_is_the_same_everywhere(wfx: Wfx, flows: Callable[[str], None]) -> None:
    """And code whose way depends on who was faster is told of; that is no divergence."""
    careful, races = record(wfx, "careful"), record(wfx, "races")

    done = wfx("replay", careful, races, "--permute", "2", "--json")

    assert done.code == 0, done.out
    told = {each["recording"]: each.get("orders", []) for each in done.json["recordings"]}
    assert told[careful] == []
    assert len(told[races]) == 1
    assert told[races][0].startswith("the order decides: had step flows:say of flows.py:")
    assert told[races][0].endswith(
        """ask for step 'flows:say' with ["b-a"] instead of step 'flows:say' with ["a-b"]"""
    )


def test_permutations_are_the_same_each_time() -> None:
    """And no two alike."""
    assert surroundings(20) == surroundings(20)
    assert len({str(each) for each in surroundings(20)}) == 20
