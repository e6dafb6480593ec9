"""
Why the sandbox says no: one row per reason, with what to do instead.

A rule's code is part of the product: findings, violations and the documentation pages
carry it, so a code is never given a second meaning. The examples of a rule are programs that
a test runs: `wrong` is refused by this rule, `right` is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason for a refusal; `remedy` is what an author can do about it."""

    code: str
    title: str
    remedy: str
    why: str = ""
    wrong: str = ""
    right: str = ""
    warns: bool = False
    """Whether it is a warning only: the code works, but may surprise."""


_IN_A_STEP = "Move this into a function marked @step, and await that."
_RENAME = "Choose another name."


def _workflow(*lines: str, before: str = "") -> str:
    """A workflow of these lines."""
    head = f"{before}\n\n" if before else ""
    return f"{head}@workflow\nasync def main():\n" + "\n".join(f"    {line}" for line in lines)


_FETCH = """import urllib.request

@step
def fetch(url: str) -> int:
    return urllib.request.urlopen(url).status

"""

RULES: Final[dict[str, Rule]] = {
    rule.code: rule
    for rule in (
        Rule(
            "WFX200",
            "workflow code did what cannot be reproduced",
            "",
            "The event loop of a run does only what a replay can do again: no threads, no "
            "sockets, no processes, no turning in circles without waiting.",
        ),
        Rule(
            "WFX201",
            "a module or function that workflow code cannot use",
            _IN_A_STEP,
            "What reaches files, the network, other processes or the interpreter would be done "
            "again by every replay, or give another result. Importing it is fine, since steps "
            "need it; using it in workflow code is not.",
            _workflow(
                "return urllib.request.urlopen('https://example.com').status",
                before="import urllib.request",
            ),
            _FETCH + _workflow("return await fetch('https://example.com')"),
        ),
        Rule(
            "WFX202",
            "a name made from something that workflow code cannot use",
            _IN_A_STEP,
            "A client or connection of module level is made by the host, for steps. In workflow "
            "code it does not exist.",
            _workflow("return opener.open('x')",
                      before="import urllib.request\n\nopener = urllib.request.build_opener()"),
            "import urllib.request\n\nopener = urllib.request.build_opener()\n\n@step\n"
            "def fetch(url: str) -> int:\n    return opener.open(url).status\n\n"
            + _workflow("return await fetch('https://example.com')"),
        ),
        Rule(
            "WFX203",
            "a builtin that workflow code cannot use",
            _IN_A_STEP,
            "It reads or changes what is outside of the run, runs text as code, or shows the "
            "insides of the interpreter.",
            _workflow("return open('orders.csv').read()"),
            "@step\ndef read() -> str:\n    return open('orders.csv').read()\n\n"
            + _workflow("return await read()"),
        ),
        Rule(
            "WFX204",
            "an exception class that only steps can name",
            "Catch wfx.StepError and look at its `type`, which names the original class.",
            "The class belongs to a module that workflow code does not have, so nothing it "
            "catches can be of that class.",
            _workflow("try:", "    return 1", "except subprocess.TimeoutExpired:", "    return 2",
                      before="import subprocess"),
            _workflow("try:", "    return 1", "except StepError as error:",
                      "    return error.type"),
        ),
        Rule(
            "WFX205",
            "a call that blocks instead of waiting durably",
            "Use `await asyncio.sleep(...)`: it survives a restart.",
            "`time.sleep` would hold a worker for as long as it takes, and every replay again.",
            _workflow("time.sleep(60)", before="import time"),
            _workflow("await asyncio.sleep(0)", before="import asyncio"),
        ),
        Rule(
            "WFX206",
            "a workflow called inside a workflow",
            "Put the shared code into a plain `async def` and await that from both.",
            "A workflow is a run with a log of its own, and a run cannot start another one yet.",
            "@workflow\nasync def other():\n    return 1\n\n" + _workflow("return await other()"),
            "async def shared():\n    return 1\n\n" + _workflow("return await shared()"),
        ),
        Rule(
            "WFX207",
            "something of a step, used outside of one",
            _IN_A_STEP,
            "The attempt, the step's id and its streams exist while a step's body runs.",
        ),
        Rule(
            "WFX208",
            "host settings changed by workflow code",
            _IN_A_STEP,
            "The environment belongs to the whole process, and so to all runs in it.",
            _workflow("os.environ['MODE'] = 'x'", before="import os"),
            "import os\n\n@step\ndef prepare() -> None:\n    os.environ['MODE'] = 'x'\n\n"
            + _workflow("await prepare()"),
        ),
        Rule(
            "WFX209",
            "something that the project's settings forbid",
            "Do this in a step, or change `[tool.wfx.effects]` in pyproject.toml.",
            "The project has set this capability to `forbid`.",
        ),
        Rule(
            "WFX210",
            "an environment variable that looks like a secret",
            "What workflow code reads is recorded in the log; read this one in a step.",
            "The log is kept, copied and shown. `secret_env` in the project's settings has the "
            "patterns.",
            _workflow("return os.environ['API_KEY']", before="import os"),
            "import os\n\n@step\ndef sign(text: str) -> str:\n"
            "    return os.environ.get('API_KEY', '') + text\n\n"
            + _workflow("return await sign('x')"),
        ),
        Rule(
            "WFX211",
            "the whole environment",
            "Read the variables you need by name, or read the environment in a step.",
            "All of it would go into the log, secrets included.",
            _workflow("return list(os.environ)", before="import os"),
            _workflow("return os.environ.get('REGION')", before="import os"),
        ),
        Rule(
            "WFX220",
            "the clock in a loop that waits for nothing",
            "Wait with `await asyncio.sleep(...)`, or limit the loop by a number of turns.",
            "There is one recorded reading per activation, and each later one adds a microsecond: "
            "`while time.time() < deadline` turns a million times for every second.",
            _workflow("end = time.time() + 0.0001", "while time.time() < end:", "    pass",
                      before="import time"),
            _workflow("async with asyncio.timeout(5):", "    return 1", before="import asyncio"),
            warns=True,
        ),
        Rule(
            "WFX221",
            "a secret drawn in workflow code",
            "Make real secrets in a step that keeps them out of its result.",
            "All draws of a run follow from one seed, and that is in the log.",
            _workflow("return secrets.token_hex()", before="import secrets"),
            "import secrets\n\n@step\ndef make() -> None:\n    secrets.token_hex()\n\n"
            + _workflow("await make()"),
            warns=True,
        ),
        Rule(
            "WFX222",
            "a value that module level draws for every run",
            "Draw it inside the workflow, where it is seen to belong to the run.",
            "Workflow code executes its modules for each run, so that no run sees what another "
            "one left. A start time or an id of module level is the run's, not the process's.",
            _workflow("return STARTED", before="import time\n\nSTARTED = time.time()"),
            _workflow("return time.time()", before="import time"),
            warns=True,
        ),
        Rule(
            "WFX223",
            "a call that nobody awaits",
            "Write `await` before it, or start it with `asyncio.create_task(...)`.",
            "Calling a step or another `async def` only makes a coroutine: without `await` nothing "
            "of it ever happens, and the log has no trace of it.",
            _FETCH + _workflow("fetch('https://example.org')"),
            _FETCH + _workflow("await fetch('https://example.org')"),
            warns=True,
        ),
        Rule(
            "WFX224",
            "a change that happens for steps only",
            "Let what only steps can have stay out of it: make the client inside the step, or "
            "change this in a statement of its own.",
            "A statement of module level that uses a client or a file runs on the host, for steps, "
            "and not in the sandbox. If it also fills a table that workflow code uses, the table "
            "stays empty there. Where the statement only hands the table to something that may "
            "change it, this is a warning.",
            "TABLE = {}\n\ndef register(function):\n    with open('names.txt', 'a') as file:\n"
            "        file.write(function.__name__)\n    TABLE[function.__name__] = function\n"
            "    return function\n\n@register\ndef double(n):\n    return 2 * n\n\n"
            + _workflow("return TABLE['double'](1)"),
            "TABLE = {}\n\ndef register(function):\n    TABLE[function.__name__] = function\n"
            "    return function\n\n@register\ndef double(n):\n    return 2 * n\n\n"
            + _workflow("return TABLE['double'](1)"),
        ),
        Rule(
            "WFX230",
            "a name that the sandbox keeps for itself",
            _RENAME,
            "Names of the form `_x_` are used by the compiled code. `_x` and `__x` are yours.",
            _workflow("_count_ = 1", "return _count_"),
            _workflow("_count = 1", "return _count"),
        ),
        Rule(
            "WFX231",
            "a special name or attribute",
            "Workflow code can define the usual special methods, and use them through "
            "operators and builtin functions.",
            "Special attributes lead from any object to all of the interpreter.",
            _workflow("return main.__globals__"),
            _workflow("return len([1])"),
        ),
        Rule(
            "WFX232",
            "an attribute that leads into the interpreter",
            "",
            "Frames, code objects and tracebacks reach every variable of the process.",
            _workflow("generator = (n for n in 'ab')", "return generator.gi_frame"),
        ),
        Rule(
            "WFX233",
            "a special method that workflow code cannot define",
            "",
            "It is called behind the back of the guards, or at moments that differ between runs.",
            "class Order:\n    def __del__(self):\n        pass\n\n" + _workflow("return Order()"),
        ),
        Rule(
            "WFX234",
            "a class built in an unusual way",
            "Use plain class keywords, and no metaclass but ABCMeta.",
            "Classes are marked as yours while they are made, so how they are made must be seen "
            "in the source.",
            "options = {}\n\nclass Order(**options):\n    pass\n\n" + _workflow("return Order()"),
            "class Order:\n    pass\n\n" + _workflow("Order()"),
        ),
        Rule(
            "WFX235",
            "a base class that workflow code cannot extend",
            "Keep a reference to an object of that class instead of inheriting from it.",
            "A subclass sees the insides of its base, and not all of them are harmless.",
            "import asyncio\n\nclass Jobs(asyncio.Queue):\n    pass\n\n"
            + _workflow("return Jobs()"),
            "import asyncio\n\nclass Jobs:\n    def __init__(self):\n"
            "        self.queue = asyncio.Queue()\n\n" + _workflow("Jobs()"),
        ),
        Rule(
            "WFX236",
            "a change to something that other runs share",
            "Change objects of your own classes only.",
            "Modules and classes of Python, and your own classes that are made once for all "
            "runs, would carry the change into other runs. Assigning an attribute of your class "
            "by its name (`Order.count += 1`) is seen beforehand, and gives each run its own.",
            _workflow("json.dumps = None", before="import json"),
            "class Order:\n    count = 0\n\n" + _workflow("Order.count += 1"),
        ),
        Rule(
            "WFX237",
            "a pattern that reads a special attribute",
            "",
            "A class pattern reads attributes by name, without a guard.",
            _workflow("match main:", "    case object(__globals__=found):", "        return found"),
            _workflow("match 1 + 2j:", "    case complex(real=found):", "        return found"),
        ),
        Rule(
            "WFX238",
            "an annotation that is more than a type",
            "Annotations may use names, dots, subscripts, `|` and constants.",
            "Annotations of a class that are text are evaluated by the libraries that read them.",
            "from pydantic import BaseModel\n\nclass Order(BaseModel):\n    id: 'print(1) or int'\n"
            "\n" + _workflow("return Order(id=1)"),
            "from pydantic import BaseModel\n\nclass Order(BaseModel):\n    id: 'int | None'\n\n"
            + _workflow("return Order(id=1).id"),
        ),
        Rule(
            "WFX239",
            "syntax that the sandbox does not know",
            "",
            "A newer Python may have syntax that nobody has judged yet; it is refused, not let "
            "through.",
        ),
        Rule(
            "WFX240",
            "a step or workflow in a place where it has no stable name",
            "Define it at the top level of its module.",
            "The log knows steps and workflows by name, and must find them again years later.",
            "def make():\n    @step\n    def inner() -> int:\n        return 1\n"
            "    return inner\n\n" + _workflow("return await make()()"),
            "@step\ndef outer() -> int:\n    return 1\n\n" + _workflow("return await outer()"),
        ),
        Rule(
            "WFX241",
            "a decorated workflow",
            "Use @workflow alone; wrap what it calls instead.",
            "Another decorator could change what the workflow is given and what it returns.",
            "def twice(function):\n    return function\n\n@twice\n" + _workflow("return 1"),
            _workflow("return 1"),
        ),
        Rule(
            "WFX242",
            "an import of everything",
            "Import the names you use.",
            "It hides from a reader, and from the analysis, where a name comes from.",
            _workflow("return pi", before="from math import *"),
            _workflow("return pi", before="from math import pi"),
        ),
        Rule(
            "WFX243",
            "a private attribute of something that is not yours",
            "Use its public names.",
            "Private attributes of Python's own objects lead to the event loop and to modules.",
            _workflow("return asyncio.Queue()._loop", before="import asyncio"),
            "class Order:\n    def __init__(self):\n        self._paid = False\n\n"
            + _workflow("return Order()._paid"),
        ),
        Rule(
            "WFX244",
            "a workflow that is no `async def` function",
            "Write `async def`.",
            "Workflow code waits by `await`.",
            "@workflow\ndef main():\n    return 1",
            _workflow("return 1"),
        ),
        Rule(
            "WFX250",
            "a loop that went on for too long",
            "Let it end, or move the computation into a step. The limit is "
            "`loop_turns` in `[tool.wfx.limits]` of pyproject.toml.",
            "Turns of loops are counted in each activation. An endless loop would hold the worker "
            "now, and at every replay. The count is the same each time, so the violation can be "
            "seen again.",
            _workflow("while True:", "    pass"),
            _workflow("for _ in range(1000):", "    pass"),
        ),
        Rule(
            "WFX251",
            "a limit of the host: stack or memory",
            "Write a loop in place of deep recursion, and move large data into a step.",
            "How deep a stack may be and how much memory there is differs between machines and "
            "versions of Python, so neither error can be handled reproducibly.",
            "def deep(n):\n    return deep(n + 1)\n\n"
            + _workflow("try:", "    deep(0)", "except RecursionError:", "    return 1"),
            "def deep(n):\n    while n < 100:\n        n += 1\n    return n\n\n"
            + _workflow("return deep(0)"),
        ),
    )
}  # fmt: skip
