"""Everything that draws: random, secrets, uuid, os.urandom."""

import os
import random
import secrets
import uuid
from dataclasses import dataclass, field
from functools import partial
from random import Random, SystemRandom, choice
from typing import Any
from uuid import uuid4 as fresh

from pydantic import UUID4, BaseModel, Field

from wfx import workflow

AT_IMPORT = random.random()
GENERATOR = random.Random()


def default(at: float = random.random()) -> float:
    """A default argument."""
    return at


@workflow
async def functions() -> Any:
    """Every function of the module."""
    items = list(range(10))
    random.shuffle(items)
    return [
        random.random(),
        random.randint(1, 100),
        random.randrange(5),
        random.randrange(10, 20, 3),
        random.choice("abcdef"),
        random.choices([1, 2, 3], k=5),
        random.choices("ab", weights=[1, 9], k=5),
        random.choices("ab", cum_weights=[1, 10], k=5),
        items,
        random.sample(range(1000), 5),
        random.sample(["a", "b"], counts=[2, 3], k=4),
        random.uniform(1, 2),
        random.triangular(0, 10, 3),
        random.gauss(0, 1),
        random.normalvariate(5, 2),
        random.lognormvariate(0, 1),
        random.expovariate(3),
        random.vonmisesvariate(1, 2),
        random.gammavariate(2, 3),
        random.betavariate(2, 3),
        random.paretovariate(3),
        random.weibullvariate(1, 2),
        random.binomialvariate(10, 0.3),
        random.getrandbits(100),
        random.randbytes(5),
    ]


@workflow
async def generators() -> Any:
    """Random() without a seed, seeded ones, SystemRandom, state."""
    free, seeded, system = random.Random(), random.Random(7), random.SystemRandom()
    state = seeded.getstate()
    first = seeded.random()
    seeded.setstate(state)
    return [
        free.random(),
        Random().random(),
        Random("text").random(),
        Random(b"bytes").random(),
        Random(1.5).random(),
        Random(-7).random(),
        system.random(),
        SystemRandom().choice([1, 2, 3]),
        first,
        seeded.random(),
        GENERATOR.random(),
    ]


@workflow
async def reseeding() -> Any:
    """seed() with and without a value."""
    random.seed(1)
    a = random.random()
    random.seed(1)
    b = random.random()
    random.seed()
    return [a == b, a, random.random()]


@workflow
async def of_sets() -> Any:
    """Draws from what comes from a set."""
    names = {"ann", "bob", "cid", "dan", "eve"}
    order = list(names)
    random.shuffle(order)
    return [order, random.sample(sorted(names), 3), choice(tuple(names)), random.choice(list(names))]


@workflow
async def at_import() -> Any:
    """Drawn when the module is executed, which is once per run."""
    return [AT_IMPORT, default(), default() == default(), list(map(lambda f: f(), [random.random]))]


@workflow
async def secret_values() -> Any:
    """secrets and urandom derive from the run's seed."""
    return [
        secrets.token_hex(),
        secrets.token_hex(4),
        secrets.token_bytes(4),
        secrets.token_urlsafe(8),
        secrets.randbelow(10),
        secrets.randbits(20),
        secrets.choice("abc"),
        secrets.SystemRandom().random(),
        secrets.compare_digest("a", "a"),
        os.urandom(4),
    ]


@workflow
async def uuids() -> Any:
    """uuid1 and uuid4 are recorded; uuid3 and uuid5 are computed."""
    return [
        uuid.uuid1(),
        uuid.uuid4(),
        fresh(),
        uuid.uuid3(uuid.NAMESPACE_DNS, "wfx"),
        uuid.uuid5(uuid.NAMESPACE_URL, "wfx"),
        uuid.UUID(int=5),
        uuid.uuid4().hex[12] == "4",
        str(fresh()),
        partial(uuid.uuid4)(),
        [f() for f in (fresh, fresh)],
    ]


@dataclass
class Thing:
    """default_factory=uuid4."""

    id: uuid.UUID = field(default_factory=uuid.uuid4)
    draw: float = field(default_factory=random.random)


class Model(BaseModel):
    """default_factory of pydantic."""

    id: UUID4 = Field(default_factory=fresh)
    draw: float = Field(default_factory=random.random)


@workflow
async def factories() -> Any:
    """Dataclass and pydantic factories."""
    return [Thing(), Model(), Model().model_dump(mode="json")]


@workflow
async def many_draws() -> Any:
    """10,000 draws add one event."""
    total = 0.0
    for _ in range(10_000):
        total += random.random()
    return [total, sum(secrets.randbelow(10) for _ in range(1000))]
