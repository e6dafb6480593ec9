"""What `check` says: examples of every rule, warnings, and the three forms of output."""

from __future__ import annotations

import json
from typing import Any

import pytest

import wfx_sandbox
from wfx.errors import Violation
from wfx_sandbox.rules import RULES
from wfx_sandbox.settings import Limits, Settings

HEAD = "from wfx import StepError, step, workflow\n"


def said(lab: Any, source: str) -> set[str]:
    """The rules that `check`, or else a run of the workflow, names."""
    lab.write(flow=HEAD + source + "\n")
    found = {each.rule for each in wfx_sandbox.check("flow", app_dir=lab.app_dir)}
    if found:
        return found
    settings = Settings(limits=Limits(loop_turns=100_000))
    loaded = wfx_sandbox.load_target("flow:main", app_dir=lab.app_dir, settings=settings)
    try:
        lab.call(loaded)
    except Violation as violation:
        return {violation.rule}
    except Exception:
        return set()  # a step that fails here is none of the sandbox's affair
    return set()


WITH_EXAMPLES = [code for code, rule in RULES.items() if rule.wrong]


@pytest.mark.parametrize("code", WITH_EXAMPLES)
def test_the_wrong_example_of_a_rule_is_refused_by_it(lab: Any, code: str) -> None:
    """The documentation shows what happens."""
    assert code in said(lab, RULES[code].wrong)


@pytest.mark.parametrize("code", [code for code in WITH_EXAMPLES if RULES[code].right])
def test_the_right_example_of_a_rule_is_not_refused(lab: Any, code: str) -> None:
    """The remedy is one."""
    source = RULES[code].right
    if "urlopen" in source or "opener.open" in source or "open(" in source:
        lab.write(flow=HEAD + source + "\n")
        assert wfx_sandbox.check("flow", app_dir=lab.app_dir) == []
    else:
        assert said(lab, source) == set()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_says_why(rule: Any) -> None:
    """No refusal without a reason."""
    assert rule.why.endswith(".")
    assert rule.title
    assert not rule.remedy or rule.remedy.endswith(".")


SURPRISING = """
import random
import secrets
import time
from datetime import datetime
from uuid import uuid4
from wfx import workflow

SALT = random.random()

def stamp(at=datetime.now()):
    return at

@workflow
async def main():
    end = time.time() + 5
    while time.time() < end:
        pass
    for _ in range(3):
        for _ in range(3):
            datetime.now()
    while True:
        time.monotonic()
        await other()
    later = [lambda: time.time() for _ in range(3)]
    return secrets.token_hex(), SALT, stamp(), uuid4()

async def other():
    return 1
"""


def test_what_works_but_surprises_is_a_warning(lab: Any) -> None:
    """The clock in a loop, secrets, values of module level; a loop that waits is fine."""
    lab.write(flow=SURPRISING)
    found = wfx_sandbox.check("flow", app_dir=lab.app_dir)
    assert [(each.line, each.rule) for each in found] == [
        (8, "WFX222"), (10, "WFX222"), (16, "WFX220"), (20, "WFX220"), (25, "WFX221"),
    ]  # fmt: skip
    assert {each.severity for each in found} == {"warning"}
    assert all(RULES[each.rule].warns for each in found)
    assert lab.load()


FORGETFUL = """
import asyncio
from wfx import step, workflow

@step
def charge(amount):
    return amount

async def twice():
    await charge(1)
    charge(2)

def plain():
    return 1

@workflow
async def main(charges):
    asyncio.sleep(5)
    twice()
    plain()
    kept = charge(3)
    asyncio.create_task(twice())
    for charge_ in charges:
        charge_(1)
    async def inner(charge):
        charge(1)
    return await kept
"""


def test_a_call_that_nobody_awaits_is_a_warning(lab: Any) -> None:
    """The statement that does nothing; what is kept, started or shadowed is fine."""
    lab.write(flow=FORGETFUL)
    found = wfx_sandbox.check("flow", app_dir=lab.app_dir)
    assert [(each.line, each.rule) for each in found] == [
        (10, "WFX223"), (17, "WFX223"), (18, "WFX223"),
    ]  # fmt: skip
    assert "`asyncio.sleep(...)` is not awaited" in found[1].message


FINDINGS = """
import httpx
from wfx import workflow

@workflow
async def main(url):
    return httpx.get(url,
        timeout=3)
"""


def findings(lab: Any) -> list[Any]:
    """Those of one wrong module."""
    lab.write(flow=FINDINGS)
    return wfx_sandbox.check("flow", app_dir=lab.app_dir)


def test_as_text(lab: Any) -> None:
    """Place, code frame, code, message, remedy."""
    assert wfx_sandbox.as_text(findings(lab)) == (
        "flow.py:6  in main\n"
        "    return httpx.get(url,\n"
        "           ^^^^^^^^^\n"
        "WFX201  `httpx` does I/O, so workflow code cannot use it: replaying would do it again.\n"
        "        Move this call into a function marked @step, and await that."
    )


def test_as_json(lab: Any) -> None:
    """One object per finding, that json can write."""
    (found,) = json.loads(json.dumps(wfx_sandbox.as_json(findings(lab))))
    assert found == {
        "rule": "WFX201",
        "title": "a module or function that workflow code cannot use",
        "severity": "error",
        "file": "flow.py",
        "line": 6,
        "column": 11,
        "endColumn": 20,
        "function": "main",
        "message": "`httpx` does I/O, so workflow code cannot use it: replaying would do it again.",
        "remedy": "Move this call into a function marked @step, and await that.",
        "source": "    return httpx.get(url,",
    }


def test_as_github(lab: Any) -> None:
    """A workflow command per finding, with everything in it escaped."""
    assert wfx_sandbox.as_github(findings(lab), "services/app") == [
        (
            "::error file=services/app/flow.py,line=6,col=12,endColumn=20,"
            "title=WFX201 a module or function that workflow code cannot use::"
            "`httpx` does I/O, so workflow code cannot use it: replaying would do it again. "
            "Move this call into a function marked @step, and await that."
        )
    ]


def test_patches_are_known(lab: Any) -> None:
    """In workflows and in what they call."""
    source = """
from wfx import deprecate_patch, patched

def way() -> str:
    deprecate_patch("done")
    return "new" if patched("way") else "old"

@workflow
async def main() -> str:
    return way()
"""
    assert said(lab, source) == set()
