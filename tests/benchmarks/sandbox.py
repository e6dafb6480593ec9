"""
What the sandbox costs: six kinds of code against plain Python, loading, and a run's namespace.

    python tests/benchmarks/sandbox.py [--rounds N] [--json]

Both versions of a kind run in turns in one process; printed are the medians and the median
of the ratios of the same rounds. The machine's noise is in the times, not in the ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import wfx_sandbox
from wfx.context import entered

KINDS = """
class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y
        self._sum = x + y

    def moved(self, by):
        self.x = self.x + by
        self.y = self.y + by
        self._sum = self.x + self.y
        return self

    def norm(self):
        return self._sum + self.x * self.x + self.y * self.y


class Account:
    def __init__(self):
        self._balance = 0
        self._history = []
        self._limit = 10

    def deposit(self, amount):
        self._balance += amount
        if self._balance > self._limit:
            self._balance -= self._limit
        return self._balance


def add(a, b):
    return a + b


def arithmetic(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total


def countdown(n):
    total = 0
    while n:
        n -= 1
        total += n & 3
    return total


def calls(n):
    total = 0
    for i in range(n):
        total = add(total, i)
    return total


def items(n):
    table = {k: k for k in range(100)}
    listed = list(range(100))
    total = 0
    for i in range(n):
        total += table[i % 100] + listed[i % 100]
        listed[i % 100] = i
    return total


def attribute_reads(n):
    p = Point(1, 2)
    total = 0
    for i in range(n):
        total += p.x + p.y + p.x
    return total


def private_reads(n):
    p = Point(1, 2)
    total = 0
    for i in range(n):
        total += p.norm()
    return total


def attribute_writes(n):
    p = Point(1, 2)
    for i in range(n):
        p.moved(i)
    return p.x


def objects(n):
    a = Account()
    total = 0
    for i in range(n):
        total += a.deposit(3)
    return total


def sets(n):
    seen = set()
    for i in range(n):
        seen.add(i % 1000)
    return sum(seen) + len(seen | {1, 2, 3})


def comprehensions(n):
    return sum([i for i in range(n)]) + sum(i for i in range(n))
"""

NAMES = (
    "arithmetic", "countdown", "calls", "items", "attribute_reads", "private_reads",
    "attribute_writes", "objects", "sets", "comprehensions",
)  # fmt: skip

MODELS = """
from __future__ import annotations

from enum import Enum

from pydantic import BaseModel, Field
from wfx import step, workflow


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


class Order(BaseModel, frozen=True):
    id: str
    amount: int = Field(ge=0)
    size: Size = Size.SMALL


class Receipt(BaseModel):
    order: Order
    note: str | None = None


@step
async def charge(order: Order) -> Receipt:
    return Receipt(order=order)


@workflow
async def main(order: Order) -> Receipt:
    return await charge(order)
"""

FILLER = '''

def helper_{n}(values: list[int], factor: int = 2) -> dict[str, int]:
    """Some work."""
    found = {{}}
    for value in values:
        if value % factor:
            found[str(value)] = value * factor
    return found
'''


class _Run:
    """The least that executing a module and calling plain functions asks of a run."""

    def __init__(self) -> None:
        self.run_id = "wrun_bench"
        self.created_at = datetime(2026, 1, 1, tzinfo=UTC)
        self.registry: Any = None
        self.state: dict[str, object] = {}
        self.activation = 1


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _pairs(rounds: int, plain: Callable[[], object], ours: Callable[[], object]) -> dict[str, Any]:
    plain(), ours()
    taken = [(_timed(plain), _timed(ours)) for _ in range(rounds)]
    return {
        "plain_ms": statistics.median(a for a, _ in taken) * 1000,
        "sandbox_ms": statistics.median(b for _, b in taken) * 1000,
        "ratio": statistics.median(b / a for a, b in taken),
    }


def _program(directory: Path, name: str, source: str) -> Any:
    (directory / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
    return wfx_sandbox.load_program(name, app_dir=directory)


def code(directory: Path, rounds: int, turns: int) -> dict[str, Any]:
    """Every kind of code, sandboxed and plain."""
    keep = "\n\n@workflow\nasync def main():\n    return [" + ", ".join(NAMES) + "]\n"
    program = _program(directory, "kinds", "from wfx import workflow\n" + KINDS + keep)
    plain: dict[str, Any] = {}
    exec(KINDS, plain)
    run: Any = _Run()
    found = {}
    with entered(run):
        instance = program.instantiate(run)
        ours = vars(instance._modules.load("kinds"))
        for name in NAMES:
            run.activation += 1

            def sandboxed(name: str = name) -> None:
                run.activation += 1
                ours[name](turns)

            found[name] = _pairs(rounds, lambda name=name: plain[name](turns), sandboxed)  # type: ignore[misc]  # mypy cannot infer a lambda's defaults
    return found


def loading(directory: Path, rounds: int) -> dict[str, Any]:
    """A module of 150 lines, and one run's namespace of it."""
    source = MODELS + "".join(FILLER.format(n=n) for n in range(13))
    used = ", ".join(f"helper_{n}" for n in range(13))
    source += f"\n\nHELPERS = ({used})\n"
    source = source.replace(
        "    return await charge(order)", "    HELPERS\n    return await charge(order)"
    )
    times = []
    for number in range(rounds):
        text = source + f"\n# {number}\n"  # another content: nothing comes from a cache
        name = f"orders_{number}"
        (directory / f"{name}.py").write_text(text, encoding="utf-8")
        start = time.perf_counter()
        wfx_sandbox.check(name, app_dir=directory)
        checked = time.perf_counter() - start
        start = time.perf_counter()
        compile(text, name, "exec")
        times.append((checked, time.perf_counter() - start))
    program = _program(directory, "orders", source)
    runs = []
    for _ in range(rounds * 5):
        run: Any = _Run()
        with entered(run):
            start = time.perf_counter()
            instance = program.instantiate(run)
            runs.append(time.perf_counter() - start)
        instance.close()
    return {
        "lines": source.count("\n"),
        "analyse_and_compile_ms": statistics.median(a for a, _ in times) * 1000,
        "plain_compile_ms": statistics.median(b for _, b in times) * 1000,
        "instantiate_ms": statistics.median(runs) * 1000,
    }


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--turns", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        result = {
            "python": ".".join(map(str, sys.version_info[:3])),
            "code": code(directory, options.rounds, options.turns),
            "loading": loading(directory, options.rounds),
        }
    if options.json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
        return 0
    sys.stdout.write(f"Python {result['python']}\n")
    for kind, each in result["code"].items():
        sys.stdout.write(
            f"{kind:16} {each['plain_ms']:8.2f} ms {each['sandbox_ms']:8.2f} ms "
            f"{each['ratio']:6.2f} x\n"
        )
    for what, value in result["loading"].items():
        sys.stdout.write(f"{what:24} {value:8.3f}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
