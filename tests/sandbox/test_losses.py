"""What would change in plain Python before the workflow begins, and cannot change here, is said."""

from __future__ import annotations

from typing import Any

import pytest

HEAD = "import urllib.request, json, logging, logging.handlers\nfrom wfx import step, workflow\n"
MAIN = "\n@workflow\nasync def main():\n    return TABLE\n"


def found(lab: Any, *lines: str, **files: str) -> list[str]:
    """What `check` finds of rule WFX224, as `file:line severity name`."""
    from wfx_sandbox import check

    lab.write(flow=HEAD + "\n".join(lines) + MAIN, **files)
    return [
        f"{each.file}:{each.line} {each.severity} {each.message.split('`')[1]}"
        for each in check("flow", app_dir=lab.app_dir)
        if each.rule == "WFX224"
    ]


FACTORY = """TABLE = {}
def register(name):
    opener = urllib.request.build_opener()
    def add(function):
        TABLE[name] = function
        return function
    return add
"""

SURE = {
    "a factory of decorators that makes a client": FACTORY + "@register('a')\ndef f(): ...",
    "a decorator that opens a file": (
        "TABLE = {}\ndef register(f):\n    open('x')\n    TABLE['a'] = f\n    return f\n"
        "@register\ndef f(): ..."
    ),
    "a call": "TABLE = {}\nTABLE.update(json.load(open('x')))",
    "a call in a block": "TABLE = {}\nwith open('x') as file:\n    TABLE.update(json.load(file))",
    "a condition": "TABLE = []\nif urllib.request.getproxies():\n    TABLE.append(1)",
    "a function that fills it": ("TABLE = []\ndef fill():\n    TABLE.extend(open('x'))\nfill()"),
    "a function that calls another one": (
        "TABLE = []\ndef add(x):\n    TABLE.append(x)\n"
        "def fill():\n    add(open('x').read())\nfill()"
    ),
    "a global rebound": (
        "TABLE = 0\ndef count(f):\n    global TABLE\n    TABLE += 1\n"
        "    open('x')\n    return f\n@count\ndef f(): ..."
    ),
    "a decorator of a step": FACTORY + "@register('a')\n@step\ndef f() -> int: ...",
    "an item of an item": "TABLE = {'a': {}}\nfor x in open('x'):\n    TABLE['a'].update(x)",
    "a decorated class": FACTORY + "@register('a')\nclass A: ...",
    "a class that registers itself": (
        "TABLE = {}\nclass Base:\n    def __init_subclass__(cls):\n        TABLE[1] = cls\n"
        "class A(Base):\n    opener = urllib.request.build_opener()"
    ),
    "a class that fills one of its own": (
        "class Plugin:\n    known = []\n    @classmethod\n    def add(cls, x):\n"
        "        cls.known.append(x)\nTABLE = Plugin.known\n"
        "Plugin.known.append(urllib.request.build_opener())"
    ),
    "a client beside it": "TABLE = {}\nclient, _ = open('x'), TABLE.setdefault('a', 1)",
    "setattr": "class T: ...\nTABLE = T()\nsetattr(TABLE, 'x', open('x'))",
}


@pytest.mark.parametrize("case", SURE)
def test_what_cannot_run_and_surely_changes_something_is_refused(lab: Any, case: str) -> None:
    """An error at the statement that is left out."""
    assert [each.partition(" ")[2].partition(" ")[0] for each in found(lab, SURE[case])] == [
        "error"
    ]


PERHAPS = {
    "a table handed on": "TABLE = {}\ndef fill(x, y): ...\nfill(TABLE, open('x'))",
    "a table with a client": "TABLE = {}\nclient = urllib.request.Request(TABLE)",
    "another name for it": (
        "TABLE = {}\ndef add(f):\n    open('x')\n    table = TABLE\n    table[1] = f\n"
        "@add\ndef f(): ..."
    ),
    "something done later": (
        "TABLE = []\ndef timed(f):\n    open('x')\n    def inner():\n        TABLE.append(1)\n"
        "        return f()\n    return inner\n@timed\ndef f(): ..."
    ),
    "a table in a table": "TABLE = {'a': {}}\nclient = urllib.request.Request(TABLE['a'])",
    "an unknown method": (
        "class T:\n    def scan(self, x): ...\nTABLE = T()\nTABLE.scan(open('x'))"
    ),
}


@pytest.mark.parametrize("case", PERHAPS)
def test_what_may_change_something_is_warned_of(lab: Any, case: str) -> None:
    """Nobody can tell from the form, and the program may be right."""
    lines = found(lab, PERHAPS[case])
    assert [each.partition(" ")[2].partition(" ")[0] for each in lines] == ["warning"]


NOTHING = {
    "a decorator of a library": (
        "TABLE = {}\napp = urllib.request.build_opener()\n@app.get('/')\ndef f():\n    return TABLE"
    ),
    "reads": "TABLE = {'a': 1}\nopener = urllib.request.Request(TABLE['a'], **TABLE)",
    "a length": "TABLE = [1]\nopen('x', str(len(TABLE)))",
    "settings": (
        "from dataclasses import dataclass\n@dataclass\nclass S:\n    a: int = 1\n"
        "TABLE = S()\nclient = urllib.request.Request(TABLE)"
    ),
    "a constant": "TABLE = 5\nclient = urllib.request.Request(TABLE)",
    "handlers of a logger": (
        "TABLE = logging.getLogger(__name__)\n"
        "TABLE.addHandler(logging.handlers.RotatingFileHandler('x'))"
    ),
    "a decorator that reads it": (
        "TABLE = {}\ndef known(f):\n    open('x')\n    f.n = TABLE.get(f.__name__)\n    return f\n"
        "@known\ndef f(): ..."
    ),
    "what only steps use": FACTORY.replace("TABLE", "OTHER")
    + "TABLE = 1\n@register('a')\ndef f(): ...",
    "a method that only steps call": (
        "TABLE = []\nclass Client:\n    def get(self):\n        TABLE.append(open('x'))\n"
        "class Bound(Client):\n    opener = urllib.request.build_opener()\nclient = Bound()"
    ),
}


@pytest.mark.parametrize("case", NOTHING)
def test_what_changes_nothing_is_not_told(lab: Any, case: str) -> None:
    """Ordinary programs keep clients, applications and handlers of loggers beside workflows."""
    assert found(lab, NOTHING[case]) == []


def test_what_another_module_would_change_is_found_there(lab: Any) -> None:
    """The finding names the file and line of the statement, and the name as it is bound."""
    table = FACTORY.replace("register", "reg").replace("def reg", "import urllib.request\ndef reg")
    assert found(
        lab,
        "import plugins",
        "from registry import TABLE",
        registry=table,
        plugins="from registry import reg\n\n@reg('a')\ndef f(): ...\n",
    ) == ["plugins.py:3 error TABLE"]


def test_the_message_names_cause_and_remedy(lab: Any) -> None:
    """As people read it."""
    lines = SURE["a factory of decorators that makes a client"]
    assert lab.findings(HEAD + lines + MAIN) == [
        (
            "10 WFX224 this changes `TABLE`, which workflow code uses, but it does not run in the "
            "sandbox, because it uses `urllib.request`."
        )
    ]


def test_a_step_is_given_to_the_decorators_above_it(lab: Any, fake_run: Any) -> None:
    """A table of steps is full, and what is in it is called through the log."""
    run = fake_run()
    source = """
        from wfx import step, workflow

        TOOLS = {}

        def tool(function):
            TOOLS[function.__name__] = function
            return function

        @tool
        @step
        async def double(n: int) -> int:
            return 2 * n

        @workflow
        async def main(name: str) -> int:
            return await TOOLS[name](4)
        """
    assert lab.run(source, "double", run=run) == 8
    assert run.steps == [("flow:double", "flow.py:16")]
