"""Loops of workflow code are counted: an endless one is a violation, the same on replay."""

from __future__ import annotations

from typing import Any

import pytest

import wfx_sandbox
from wfx.errors import Violation
from wfx_sandbox.settings import Limits, Settings

ENDLESS = {
    "while": "while True: pass",
    "while with continue": "while True:\n    if n < 0: break\n    continue",
    "for": "for _ in Forever(): pass",
    "for over count": "for _ in itertools.count(): pass",
    "range": "for _ in range(10**15): pass",
    "huge range": "for _ in range(10**30): pass",
    "range by name": "r = range(10**30)\nfor _ in r: pass",
    "comprehension": "[_ for _ in range(10**15)]",
    "comprehension over a name": "r = range(10**15)\n{_: 1 for _ in r}",
    "generator expression": "any(False for _ in range(10**15))",
    "C over an own iterator": "sum(Forever())",
    "C over old-style items": "sum(Indexed())",
    "C over a generator": "sum(forever())",
    "C over count": "sum(itertools.count())",
    "C over cycle": "max(itertools.cycle([1, 2]))",
    "C over repeat": "list(itertools.repeat(1))",
    "C over map": "list(map(abs, itertools.count()))",
    "in": "-1 in itertools.count()",
    "deque": "collections.deque(itertools.count(), maxlen=1)",
    "two-argument iter": "list(iter(lambda: 1, 2))",
    "reduce": "functools.reduce(lambda a, b: b, itertools.count())",
    "from import": "sum(endless())",
    "class body": "class C:\n    while True: pass",
    "lambda": "f = lambda: [1 for _ in range(10**15)]\nf()",
    "mutual": "grow([1])",
    "async generator": "async for _ in aforever(): pass",
    "async comprehension": "[_ async for _ in aforever()]",
    "loops in a called function": "for _ in range(10**6): two()",
}

SOURCE = """
import collections
import functools
import itertools
from itertools import count as endless
from wfx import workflow

class Forever:
    def __iter__(self): return self
    def __next__(self): return 1

class Indexed:
    def __getitem__(self, key): return 1

def forever():
    while True: yield 1

async def aforever():
    while True: yield 1

def grow(items):
    for item in items: items.append(item)

def two():
    for _ in (1, 2): pass

@workflow
async def main():
    n = 0
    BODY
"""


def load(lab: Any, body: str, turns: int) -> Any:
    """The workflow with this body, allowed so many turns."""
    indented = body.replace("\n", "\n    ")
    lab.write(flow=SOURCE.replace("BODY", indented))
    settings = Settings(limits=Limits(loop_turns=turns))
    return wfx_sandbox.load_target("flow", app_dir=lab.app_dir, settings=settings)


@pytest.mark.parametrize("body", ENDLESS.values(), ids=ENDLESS)
def test_what_never_ends_is_a_violation(lab: Any, body: str) -> None:
    """In source, and in C over iterators of ours."""
    loaded = load(lab, body, 100_000)
    with pytest.raises(Violation) as caught:
        lab.call(loaded)
    assert caught.value.rule == "WFX250"
    assert "looped more than 100,000 times" in caught.value.message
    assert (caught.value.place or "").startswith("flow.py:")


def test_the_turn_at_which_it_ends_is_always_the_same(lab: Any) -> None:
    """A violation can be seen again."""
    body = "seen = []\ntry:\n    while True:\n        n += 1\nfinally:\n    print(n)"
    shown = []
    for _ in range(3):
        run = type(lab).__init__.__globals__["FakeRun"]()
        with pytest.raises(Violation):
            lab.call(load(lab, body, 12_345), run=run)
        shown.append(run.shown)
    assert shown[0] == shown[1] == shown[2]


def test_every_activation_has_a_tank_of_its_own(lab: Any, fake_run: Any) -> None:
    """A run may loop for as long as it likes, if it waits in between."""
    body = "for part in range(50):\n    step()\n    for _ in range(5_000): pass\nreturn 1"
    loaded = load(lab, body, 20_000)
    run = fake_run()
    source = SOURCE.replace("BODY", body)

    def step() -> None:
        run.activation += 1

    assert source

    async def main() -> Any:
        instance = loaded.program.instantiate(run)
        vars(instance._modules.load("flow"))["step"] = step
        return await instance.call(loaded.workflow_name, [], {})

    import asyncio

    from wfx.context import entered

    with entered(run):
        assert asyncio.run(main()) == 1


def test_short_loops_take_about_what_they_use(lab: Any) -> None:
    """Many calls with short loops do not empty the tank before its time."""
    body = "for _ in range(10_000): two()\nreturn 1"
    assert lab.call(load(lab, body, 400_000)) == 1


def test_counting_iterators_give_what_the_real_ones_give(lab: Any) -> None:
    """Values, order, laziness, ends."""
    lab.write(
        flow="""
        import itertools
        from wfx import workflow

        def gives():
            for n in range(600):
                if n == 599:
                    raise ValueError("too far")
                yield n

        @workflow
        async def main():
            ids = itertools.count(5, 2)
            numbers = [next(ids) for _ in range(50)]
            rounds = itertools.cycle("ab")
            letters = "".join(next(rounds) for _ in range(7))
            thrice = list(itertools.repeat("x", 3))
            nothing = list(itertools.cycle([]))
            fed = iter([1, 2, 0, 3])
            until = list(iter(lambda: next(fed), 0))
            first = list(itertools.islice(itertools.cycle(gives()), 598))
            wide = [n for n in range(1000)]
            jumped = [n for n in range(10_000, 0, -7)]
            loop = []
            for n in range(3, 5000, 3):
                loop.append(n)
            return [
                numbers == list(range(5, 105, 2)), letters, thrice, nothing, until,
                len(first), wide == list(range(1000)), jumped == list(range(10_000, 0, -7)),
                loop == list(range(3, 5000, 3)), list(zip(itertools.count(), "ab")),
            ]
        """
    )
    assert lab.call(lab.load()) == [
        True, "abababa", ["x"] * 3, [], [1, 2], 598, True, True, True, [(0, "a"), (1, "b")],
    ]  # fmt: skip


def test_functions_without_loops_are_left_alone(lab: Any) -> None:
    """Their code is what Python makes of them."""
    text = "def f(a, b):\n    if a:\n        return a + b\n    return [b]\n"
    lab.write(flow=text + "\nfrom wfx import workflow\n\n@workflow\nasync def main():\n    f\n")
    loaded = lab.load()
    plain: dict[str, Any] = {}
    exec(compile(text, "flow.py", "exec"), plain)
    code = loaded.program.parts.modules["flow"].shared_code
    ours = next(c for c in code.co_consts if getattr(c, "co_name", "") == "f")
    assert ours.co_code == plain["f"].__code__.co_code
