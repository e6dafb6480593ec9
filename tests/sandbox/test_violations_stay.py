"""A violation ends its activation whatever workflow code does about it."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from wfx.client import Client
from wfx.errors import RunParked
from wfx.memory import MemoryWorld

HEAD = """
import asyncio
import contextlib
import os
import random
from wfx import step, workflow

@step
async def first() -> int:
    return 1

@step
async def second() -> int:
    return 2

def bad():
    os.environ["MY_" + "TOKEN"]

async def later_bad():
    await asyncio.sleep(0)
    bad()

class Hides:
    def __enter__(self):
        return self
    def __exit__(self, *exc):
        return True
    async def __aenter__(self):
        return self
    async def __aexit__(self, *exc):
        return True

@contextlib.contextmanager
def hiding():
    try:
        yield
    except BaseException:
        pass

def generates():
    try:
        yield 1
    finally:
        bad()
"""

SWALLOWERS = {
    "except BaseException": """
        try:
            bad()
        except BaseException:
            pass
        return await second()
        """,
    "bare except in a loop": """
        for _ in range(3):
            try:
                bad()
            except:
                continue
        return await second()
        """,
    "finally: return": """
        try:
            bad()
        finally:
            return 5
        """,
    "finally: break": """
        while True:
            try:
                bad()
            finally:
                break
        return await second()
        """,
    "suppress": """
        with contextlib.suppress(BaseException):
            bad()
        return await second()
        """,
    "__exit__ returns True": """
        with Hides():
            bad()
        return await second()
        """,
    "__aexit__ returns True": """
        async with Hides():
            bad()
        return await second()
        """,
    "contextmanager": """
        with hiding():
            bad()
        return await second()
        """,
    "ExitStack": """
        with contextlib.ExitStack() as stack:
            stack.push(lambda *exc: True)
            bad()
        return await second()
        """,
    "gather(return_exceptions=True)": """
        await asyncio.gather(later_bad(), second(), return_exceptions=True)
        return 5
        """,
    "a task nobody awaits": """
        asyncio.create_task(later_bad())
        return await second()
        """,
    "TaskGroup": """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(later_bad())
        except* BaseException:
            pass
        return await second()
        """,
    "timeout": """
        try:
            async with asyncio.timeout(5):
                bad()
        except BaseException:
            pass
        return await second()
        """,
    "shield": """
        try:
            await asyncio.shield(later_bad())
        except BaseException:
            pass
        return await second()
        """,
    "wait": """
        done, _ = await asyncio.wait([asyncio.create_task(later_bad())])
        for task in done:
            task.exception()
        return await second()
        """,
    "generator close": """
        generator = generates()
        next(generator)
        try:
            generator.close()
        except BaseException:
            pass
        return await second()
        """,
    "generator left to the collector": """
        generator = generates()
        next(generator)
        del generator
        return await second()
        """,
    "sort key": """
        try:
            sorted([2, 1], key=lambda _: bad())
        except BaseException:
            pass
        return await second()
        """,
    "__repr__ in an f-string": """
        class Loud:
            def __repr__(self):
                bad()
                return ""
        try:
            f"{Loud()!r}"
        except BaseException:
            pass
        return await second()
        """,
}


def source(body: str) -> str:
    """A workflow that starts with a step and a draw, then does this."""
    return (
        HEAD
        + "\n\n@workflow\nasync def main() -> object:\n    await first()\n    random.random()\n"
        + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
        + "\n"
    )


# What a generator raises while the collector takes it can only be reported.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("body", SWALLOWERS.values(), ids=SWALLOWERS)
def test_the_run_is_parked_nothing_is_appended_and_it_resumes_after_a_fix(
    lab: Any, body: str
) -> None:
    """Whoever swallows it: only facts are in the log; a program that is mended goes on."""
    world = MemoryWorld()
    lab.write(flow=source(body))
    with Client(world, app_dir=lab.app_dir) as client, pytest.raises(RunParked) as caught:
        client.run("flow:main")
    run_id = caught.value.run_id
    assert caught.value.reason == "violation"
    assert "WFX210" in caught.value.detail
    before = [event.type for event in world.events.list(run_id)]
    assert before == ["run_created", "run_started", "step_created", "step_started",
                      "step_completed"]  # fmt: skip

    lab.write(flow=source("return await second()"))
    with Client(world, app_dir=lab.app_dir) as client:
        assert client.resume(run_id, "flow:main") == 2
    after = [event.type for event in world.events.list(run_id)]
    assert after[: len(before)] == before
    assert after[-1] == "run_completed"


def test_the_same_code_stays_parked(lab: Any) -> None:
    """Without a fix nothing changes, however often it is tried."""
    world = MemoryWorld()
    lab.write(flow=source("bad()"))
    with Client(world, app_dir=lab.app_dir) as client:
        with pytest.raises(RunParked) as caught:
            client.run("flow:main")
        count = len(list(world.events.list(caught.value.run_id)))
        with pytest.raises(RunParked):
            client.resume(caught.value.run_id, "flow:main")
        assert len(list(world.events.list(caught.value.run_id))) == count


DEEP = """
def deep(n):
    return deep(n + 1)

async def deeper():
    deep(0)
"""

LIMITS = {
    "except RecursionError": "try:\n    deep(0)\nexcept RecursionError:\n    pass\nreturn 1",
    "except Exception as e": "try:\n    deep(0)\nexcept Exception as e:\n    return str(e)",
    "not caught": "deep(0)",
    "suppress": "with contextlib.suppress(Exception):\n    deep(0)\nreturn 1",
    "__exit__": "with Hides():\n    deep(0)\nreturn 1",
    "finally": "try:\n    deep(0)\nfinally:\n    return 1",
    "finally that raises": (
        "try:\n    try:\n        deep(0)\n    finally:\n        raise ValueError\n"
        "except ValueError:\n    return 1"
    ),
    "finally that calls": (
        "try:\n    try:\n        deep(0)\n    finally:\n        int('x')\n"
        "except ValueError:\n    return 1"
    ),
    "wait": "return len((await asyncio.wait([asyncio.create_task(deeper())]))[0])",
    "gather": "return len(await asyncio.gather(deeper(), return_exceptions=True))",
    "TaskGroup": (
        "try:\n    async with asyncio.TaskGroup() as g:\n        g.create_task(deeper())\n"
        "except* RecursionError:\n    pass\nreturn 1"
    ),
    "ExitStack": (
        "with contextlib.ExitStack() as stack:\n    stack.push(lambda *exc: True)\n    deep(0)\n"
        "return 1"
    ),
    "memory": "try:\n    raise MemoryError\nexcept Exception:\n    pass\nreturn 1",
}


@pytest.mark.parametrize("body", LIMITS.values(), ids=LIMITS)
def test_a_limit_of_the_machine_is_a_violation(lab: Any, body: str) -> None:
    """Deep recursion and full memory happen elsewhere on another host: nobody handles them."""
    lab.write(flow=source(body).replace("def bad", DEEP + "\ndef bad"))
    with Client(MemoryWorld(), app_dir=lab.app_dir) as client, pytest.raises(RunParked) as caught:
        client.run("flow:main")
    assert caught.value.reason == "violation"
    assert "WFX251" in caught.value.detail
