"""Calls that differ between machines are answered by the run's record."""

from __future__ import annotations

from typing import Any

import pytest

from wfx.errors import Violation


def test_every_clock_is_the_runs_clock(lab: Any) -> None:
    """time and datetime agree, move on with each reading, and are in UTC."""
    result = lab.body(
        "import time, datetime as d",
        "from datetime import datetime, date, timezone, UTC",
        "class Mine(datetime): pass",
        "a = time.time_ns()",
        "now = datetime.now",
        "result = [a, now().isoformat(), now(UTC).isoformat(), type(now()).now().isoformat(),",
        "  date.today().isoformat(), d.datetime.utcnow().isoformat(), time.monotonic() < 1,",
        "  Mine.now().year, datetime.fromtimestamp(0).isoformat(),",
        "  datetime(2026, 1, 1).timestamp(), datetime(2026, 1, 1).astimezone().isoformat(),",
        "  time.localtime(0).tm_hour, time.strftime('%Y', time.gmtime(0)), time.tzname]",
    )
    assert result == [
        1_767_225_600_000_001_000,
        "2026-01-01T00:00:00.000002",
        "2026-01-01T00:00:00.000003+00:00",
        "2026-01-01T00:00:00.000005",
        "2026-01-01",
        "2026-01-01T00:00:00.000007",
        True,
        2026,
        "1970-01-01T00:00:00",
        1767225600.0,
        "2026-01-01T00:00:00+00:00",
        0,
        "1970",
        ("UTC", "UTC"),
    ]


DRAWS = (
    "import random, secrets, os, uuid",
    "r = random.Random()",
    "x = list(range(9)); random.shuffle(x)",
    "result = [random.random(), random.randint(1, 9), random.choice('abc'), x,",
    "  random.sample(range(99), 3), random.gauss(0, 1), random.choices('ab', k=4),",
    "  secrets.token_hex(4), os.urandom(3), r.random(), random.SystemRandom().randrange(9),",
    "  secrets.token_urlsafe(3), random.uniform(0, 1), uuid.uuid4(), uuid.uuid1()]",
)


def test_random_values_derive_from_the_seed(lab: Any, fake_run: Any) -> None:
    """The same seed gives the same values, another seed others."""
    first = lab.body(*DRAWS, run=fake_run())
    again = lab.body(*DRAWS, run=fake_run())
    other = lab.body(*DRAWS, run=fake_run(seed=b"t" * 16))
    assert first == again
    assert first[0] != other[0]
    assert first[7] != other[7]


def test_a_seeded_generator_does_not_need_the_run(lab: Any) -> None:
    """Values that must stay the same for as long as there are logs."""
    result = lab.body(
        "import random",
        "r = random.Random(42)",
        "x = list(range(5)); r.shuffle(x)",
        "result = [r.getrandbits(8), r.randint(0, 99), x, r.choice('abcdef')]",
    )
    assert result == lab.body(
        "import random",
        "r = random.Random(42)",
        "x = list(range(5)); r.shuffle(x)",
        "result = [r.getrandbits(8), r.randint(0, 99), x, r.choice('abcdef')]",
    )
    assert result[2] != list(range(5))


def test_surroundings_are_read_by_key(lab: Any, fake_run: Any) -> None:
    """Each read goes through the run, with an effect and a key."""
    run = fake_run(env={"HOME": "/h"})
    result = lab.body(
        "import os, platform, socket",
        "from os import environ, getenv",
        "result = [os.environ['HOME'], environ.get('NOPE', 'd'), getenv('HOME'),",
        "  'HOME' in environ, os.getpid(), os.cpu_count(), os.getcwd(), platform.node(),",
        "  socket.gethostname(), os.path.join('a', 'b')]",
        run=run,
    )
    assert result == [
        "/h", "d", "/h", True, "host pid", "host cpu_count", "host cwd", "platform node",
        "host hostname", "a/b",
    ]  # fmt: skip
    assert run.read[:2] == [("env", "HOME"), ("env", "NOPE")]


@pytest.mark.parametrize("name", ["STRIPE_API_KEY", "db_password", "GH_TOKEN", "MY_SECRET_1"])
def test_secrets_are_refused_and_not_read(lab: Any, fake_run: Any, name: str) -> None:
    """The log never sees them, whatever the letters' case."""
    run = fake_run(env={name: "hidden"})
    with pytest.raises(Violation) as caught:
        lab.body("import os", f"name = {name!r}", "result = os.environ.get(name)", run=run)
    assert run.read == []
    assert caught.value.rule == "WFX210"
    assert str(caught.value).startswith(
        f"flow.py:7: WFX210 the environment variable `{name}` looks like a secret ("
    )
    assert caught.value.remedy.endswith("read this one in a step.")


def test_text_goes_through_the_run(lab: Any, fake_run: Any) -> None:
    """print, logging and warnings."""
    run = fake_run()
    lab.body(
        "import logging, warnings",
        "print('a', 1, sep='-', end='!')",
        "logging.getLogger('x').info('n %d', 3)",
        "logging.debug('quiet')",
        "warnings.warn('careful')",
        "result = None",
        run=run,
    )
    assert run.shown == [
        ("stdout", "a-1!"),
        ("stderr", "INFO:x:n 3\n"),
        ("stderr", "UserWarning: careful\n"),
    ]


def test_sets_keep_the_order_of_insertion(lab: Any) -> None:
    """Displays, comprehensions, constructors, operators, views, pop, repr, pydantic fields."""
    result = lab.body(
        "from pydantic import BaseModel",
        "class M(BaseModel):",
        "    s: set[str] = set()",
        "    f: frozenset[str] | None = None",
        "a = {'z', 'y', 'x'}",
        "b = set('yw')",
        "d = {'q': 1, 'p': 2}",
        "c = set(a); c.discard('y'); c |= {'v'}",
        "m = M(s=['c', 'a', 'c', 'b'], f=frozenset(['2', '1']))",
        "result = [list(a), list(a | b), list(a & b), list(a - b), list(a ^ b), repr(a), a.pop(),",
        "  list(d.keys() | {'r'}), list(d.keys() & {'p', 'q'}), ''.join({c for c in 'hello'}),",
        "  list(c), list(m.s), list(m.f), isinstance(a, set), isinstance(m.s, set),",
        "  isinstance(frozenset(), frozenset), m.model_dump(mode='json'), {1, 2} == {2, 1},",
        "  frozenset('ab') | {'c'}, [*{'n', 'm'}], len(a), 'x' in a]",
    )
    assert result[:6] == [
        ["z", "y", "x"], ["z", "y", "x", "w"], ["y"], ["z", "x"], ["z", "x", "w"],
        "{'z', 'y', 'x'}",
    ]  # fmt: skip
    assert result[6:13] == [
        "z", ["q", "p", "r"], ["q", "p"], "helo", ["z", "x", "v"], ["c", "a", "b"], ["2", "1"],
    ]  # fmt: skip
    assert result[13:18] == [True, True, True, {"s": ["c", "a", "b"], "f": ["2", "1"]}, True]
    assert result[19:] == [["n", "m"], 2, True]


def test_hash_id_and_default_repr_are_numbers_of_the_run(lab: Any) -> None:
    """No address and no per-process seed shows."""
    lines = (
        "class A: pass",
        "class B:",
        "    def __hash__(self): return hash(('b', 1))",
        "a, b = A(), A()",
        "result = [repr(a), id(a) == id(a), id(a) != id(b), hash(a) == hash(a), hash('text'),",
        "  hash(('t', 1.5, None)), hash(B()), str(a) == repr(a), sorted([id(b), id(a)]),",
        "  hash(frozenset('ab')) == hash(frozenset('ba'))]",
    )
    first = lab.body(*lines)
    assert first == lab.body(*lines)
    assert first[0] == "<flow.main.<locals>.A object #1>"
    assert first[4] == 1041070701488843740, "the same in every process"
    assert first[9] is True


def test_a_decimal_context_is_the_runs_own(lab: Any) -> None:
    """Precision set by one run is not seen by the next one or by the host."""
    import decimal

    lines = (
        "from decimal import Decimal, getcontext, localcontext",
        "before = str(Decimal(1) / 3)",
        "getcontext().prec = 4",
        "with localcontext() as ctx:",
        "    ctx.prec = 2",
        "    inner = str(Decimal(1) / 3)",
        "result = [len(before), str(Decimal(1) / 3), inner]",
    )
    for _ in range(2):
        assert lab.body(*lines) == [30, "0.3333", "0.33"]
    assert decimal.getcontext().prec == 28
