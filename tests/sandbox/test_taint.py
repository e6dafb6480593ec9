"""What only steps use never runs in the sandbox; what workflow code uses of it is found."""

from __future__ import annotations

from typing import Any

import pytest

from wfx.errors import Violation
from wfx_sandbox import ProgramRefused

HTTPX = """
class HTTPError(Exception): ...
class Client:
    def get(self, url):
        return url + "!"
def get(url):
    return url + "?"
"""

STEP_ONLY = """
    from __future__ import annotations
    import os
    from pathlib import Path
    import fakehttpx
    from fakehttpx import HTTPError
    from wfx import step, workflow

    KEY = os.environ["KEY_OF_TAINT_TEST"]
    client = fakehttpx.Client()
    HERE = Path(__file__).parent
    os.environ.setdefault("SEEN_BY_TAINT_TEST", "1")

    class Retrying(fakehttpx.Client):
        pass

    @step
    async def fetch(url: str, client_class: type[fakehttpx.Client] | None = None) -> str:
        assert KEY and HERE.is_dir()
        try:
            return client.get(url)
        except HTTPError:
            return ""

    def typed(response: fakehttpx.Response) -> fakehttpx.Response:
        return response

    @workflow
    async def main() -> str:
        return typed(await fetch("a"))
"""


@pytest.fixture
def installed(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library outside of the project."""
    library = lab.app_dir.parent / "library"
    library.mkdir()
    (library / "fakehttpx.py").write_text(HTTPX)
    monkeypatch.syspath_prepend(str(library))
    monkeypatch.delitem(__import__("sys").modules, "fakehttpx", raising=False)


def test_step_only_statements_are_not_executed(
    lab: Any, installed: None, monkeypatch: pytest.MonkeyPatch, fake_run: Any
) -> None:
    """Keys, clients, paths and side effects stay on the host; nothing of them is recorded."""
    monkeypatch.setenv("KEY_OF_TAINT_TEST", "k")
    run = fake_run()
    assert lab.run(STEP_ONLY, run=run) == "a!"
    assert run.read == []


def test_findings_name_line_cause_and_remedy(lab: Any) -> None:
    """All at once, without importing anything."""
    assert lab.findings(
        """
        import time, os
        import requests
        from os import listdir
        from wfx import step, workflow, step_context

        session = requests.Session()

        def make():
            return requests.Session()

        other = make()

        def helper(url):
            return session.get(url)

        def unused(url):
            return requests.get(url)

        @workflow
        async def main(url):
            requests.get(url)
            helper(url)
            time.sleep(1)
            open("x")
            listdir(".")
            other.get()
            step_context()
            try:
                pass
            except requests.HTTPError:
                pass
        """
    ) == [
        "14 WFX202 `session` is made from `requests` (line 6), which workflow code cannot use.",
        (
            "21 WFX201 `requests` does I/O, so workflow code cannot use it: "
            "replaying would do it again."
        ),
        "23 WFX205 `time.sleep` blocks the whole worker instead of waiting durably.",
        (
            "24 WFX203 `open` reads or changes files, so workflow code cannot use it: "
            "replaying would do it again."
        ),
        (
            "25 WFX201 `os.listdir` reads or changes files, so workflow code cannot use it: "
            "replaying would do it again."
        ),
        "26 WFX202 `other` is made from `requests` (line 11), which workflow code cannot use.",
        "27 WFX201 `wfx.step_context` exists only while a step's body runs.",
        (
            "30 WFX204 `requests.HTTPError` is not available to workflow code, "
            "so it cannot be caught here."
        ),
    ]


def test_a_refused_program_shows_every_place_with_its_source(lab: Any, installed: None) -> None:
    """The error's text is what a person needs to fix all of it."""
    lab.write(
        flow="""
        import fakehttpx as requests
        from wfx import workflow

        @workflow
        async def place_order(url):
            r = requests.get(url)
            return r
        """
    )
    with pytest.raises(ProgramRefused) as caught:
        lab.load()
    assert str(caught.value) == (
        "workflow code cannot be made reproducible in 1 place:\n"
        "\n"
        "flow.py:6  in place_order\n"
        "    r = requests.get(url)\n"
        "        ^^^^^^^^^^^^\n"
        "WFX201  `fakehttpx` is not known to be reproducible, so workflow code cannot use it: "
        "a replay might do its work again, or see something else.\n"
        "        Move this call into a function marked @step, and await that."
    )


def test_a_method_that_only_steps_call_may_use_anything(lab: Any, installed: None) -> None:
    """A model with a `save` method is fine as long as workflow code does not call that."""
    source = """
        import fakehttpx
        from pydantic import BaseModel
        from wfx import step, workflow

        class Page(BaseModel):
            url: str
            def fetch(self):
                return fakehttpx.get(self.url)

        @step
        def load(page: Page) -> str:
            return page.fetch()

        @workflow
        async def main(direct: bool):
            page = Page(url="u")
            return page.fetch() if direct else await load(page)
        """
    assert lab.run(source, False) == "u?"
    with pytest.raises(Violation) as caught:
        lab.run(source, True)
    assert caught.value.place == "flow.py:8"
    assert caught.value.rule == "WFX201"


def test_a_class_that_only_a_step_returns_arrives_as_itself(lab: Any) -> None:
    """Workflow code names neither the class nor its module."""
    assert lab.run(
        """
        import billing.steps as billing
        from wfx import workflow

        @workflow
        async def main():
            receipt = await billing.charge(3)
            match receipt.lines:
                case [first, *_]:
                    return [receipt.total(), type(receipt).__name__, first.n]
        """,
        billing__steps="""
        from __future__ import annotations
        import fcntl
        from wfx import step
        from .models import Receipt, Line

        @step
        def charge(n: int) -> Receipt:
            return Receipt(lines=[Line(n=n)])
        """,
        billing__models="""
        from dataclasses import dataclass, field

        @dataclass
        class Line:
            n: int

        @dataclass
        class Receipt:
            lines: list[Line] = field(default_factory=list)

            def total(self) -> int:
                return sum(each.n for each in self.lines)
        """,
    ) == [3, "Receipt", 3]


def test_steps_made_by_calls_are_steps(lab: Any, fake_run: Any) -> None:
    """`step(f)`, `step(...)(f)` and `workflow(f)` at module level; the raw function stays out."""
    run = fake_run()
    source = """
        import wfx

        def raw(n):
            with open("/dev/null"):
                return n + 1

        plus = wfx.step(raw, name="flow:plus")
        plus_too = wfx.step(max_retries=1, name="flow:plus_too")(raw)

        async def body(n: int) -> int:
            return await plus(n) + await plus_too(n)

        main = wfx.workflow(body)
        """
    assert lab.run(source, 1, run=run) == 4
    assert run.steps == [("flow:plus", "flow.py:11"), ("flow:plus_too", "flow.py:11")]


def test_what_workflow_code_needs_at_module_level_runs_once_per_run(lab: Any) -> None:
    """Plain state, classes and their registration; a run never sees another one's."""
    source = """
        import logging
        from wfx import workflow

        logging.basicConfig(level=10)
        HANDLERS = {}
        SEEN = []

        def register(name):
            def decorate(f):
                HANDLERS[name] = f
                return f
            return decorate

        @register("a")
        def handle(x):
            return x * 2

        HANDLERS["b"] = lambda x: x
        SEEN.append("module")

        @workflow
        async def main():
            SEEN.append("run")
            return [SEEN, sorted(HANDLERS), HANDLERS["b"](1)]
        """
    for _ in range(2):
        result = lab.run(source)
        assert result[0] == ["module", "run"]
        assert result[2] == 1


def test_nested_steps_and_odd_workflows_are_found(lab: Any) -> None:
    """What has no stable name, or no `await`, is said before it is imported."""
    assert lab.findings(
        """
        from wfx import step, workflow

        def outer():
            @step
            def inner(): ...

        class C:
            @workflow
            async def method(self): ...

        @workflow
        def plain(): ...

        @workflow
        async def generator():
            yield 1

        def other(f): return f

        @other
        @workflow
        async def decorated(): ...
        """
    ) == [
        "5 WFX240 the step `inner` is defined inside `outer`.",
        "9 WFX240 the workflow `method` is defined inside `C`.",
        "12 WFX244 the workflow `plain` is a plain `def`.",
        "15 WFX244 the workflow `generator` is a generator.",
        "20 WFX241 the workflow `decorated` has a decorator that is not ours.",
    ]


def test_a_secret_read_for_workflow_code_is_found_by_its_name(lab: Any) -> None:
    """At module level too, if workflow code uses the value."""
    assert lab.findings(
        """
        import os
        from os import environ, getenv
        from wfx import step, workflow

        FOR_STEPS = os.environ["API_KEY"]
        FOR_ALL = environ.get("DB_PASSWORD", "")

        @step
        def s(): return FOR_STEPS

        @workflow
        async def main():
            return [FOR_ALL, getenv("a_token"), os.environ["HOME"]]
        """
    ) == [
        "6 WFX210 the environment variable `DB_PASSWORD` looks like a secret (*PASSWORD*).",
        "13 WFX210 the environment variable `a_token` looks like a secret (*TOKEN*).",
    ]
