"""
`random`, `secrets`, `uuid` and `os.urandom`: derived from the run's recorded seed.

Only `getrandbits` and `random` of Python's generator are promised to stay as they are, so
everything else is written here over these two: a log does not depend on the Python version.
"""

from __future__ import annotations

import base64
import hmac
import math
import random
import uuid
from bisect import bisect
from collections.abc import MutableSequence, Sequence
from itertools import accumulate
from typing import Any

from wfx_sandbox.state import run, state
from wfx_sandbox.words import words


class Random:
    """`random.Random`; without a seed it draws from the run's."""

    def __init__(self, x: Any = None) -> None:
        self.seed(x)

    def seed(self, a: Any = None, version: int = 2) -> None:
        """Start again from `a`, or from the run's seed."""
        if a is None:
            a = generator().getrandbits(128)
        if not isinstance(a, int | float | str | bytes | bytearray):
            raise TypeError("the only supported seed types are int, float, str, bytes, bytearray")
        if isinstance(a, float):
            a = repr(a)
        self._core = random.Random(a)

    def getstate(self) -> Any:
        """The state, for `setstate`."""
        return self._core.getstate()

    def setstate(self, state: Any) -> None:
        """Go back to a state."""
        self._core.setstate(state)

    def random(self) -> float:
        """A float in [0, 1)."""
        return self._core.random()

    def getrandbits(self, k: int, /) -> int:
        """`k` random bits."""
        return self._core.getrandbits(k)

    def randbytes(self, n: int) -> bytes:
        """`n` random bytes."""
        return self._core.getrandbits(n * 8).to_bytes(n, "little") if n else b""

    def _below(self, n: int) -> int:
        if n <= 0:
            raise ValueError("empty range")
        k = n.bit_length()
        drawn = self._core.getrandbits(k)
        while drawn >= n:
            drawn = self._core.getrandbits(k)
        return drawn

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        """A number of range(start, stop, step)."""
        numbers = range(start) if stop is None else range(start, stop, step)
        if not numbers:
            raise ValueError(f"empty range in randrange({start}, {stop}, {step})")
        return numbers[self._below(len(numbers))]

    def randint(self, a: int, b: int) -> int:
        """A number from a to b, both included."""
        return self.randrange(a, b + 1)

    def choice(self, seq: Sequence[Any]) -> Any:
        """One element."""
        if not len(seq):
            raise IndexError("Cannot choose from an empty sequence")
        return seq[self._below(len(seq))]

    def choices(
        self,
        population: Sequence[Any],
        weights: Sequence[float] | None = None,
        *,
        cum_weights: Sequence[float] | None = None,
        k: int = 1,
    ) -> list[Any]:
        """`k` elements, with replacement."""
        n = len(population)
        if cum_weights is None:
            if weights is None:
                return [population[math.floor(self.random() * n)] for _ in range(k)]
            cum_weights = list(accumulate(weights))
        elif weights is not None:
            raise TypeError("Cannot specify both weights and cumulative weights")
        if len(cum_weights) != n:
            raise ValueError("The number of weights does not match the population")
        total = cum_weights[-1] + 0.0
        if total <= 0.0:
            raise ValueError("Total of weights must be greater than zero")
        return [population[bisect(cum_weights, self.random() * total, 0, n - 1)] for _ in range(k)]

    def shuffle(self, x: MutableSequence[Any]) -> None:
        """Shuffle in place."""
        for i in reversed(range(1, len(x))):
            j = self._below(i + 1)
            x[i], x[j] = x[j], x[i]

    def sample(self, population: Sequence[Any], k: int, *, counts: Any = None) -> list[Any]:
        """`k` different elements."""
        pool = list(population)
        if counts is not None:
            pool = [each for each, n in zip(pool, counts, strict=True) for _ in range(n)]
        if not 0 <= k <= len(pool):
            raise ValueError("Sample larger than population or is negative")
        for i in range(k):
            j = i + self._below(len(pool) - i)
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:k]

    def uniform(self, a: float, b: float) -> float:
        """A float between a and b."""
        return a + (b - a) * self.random()

    def triangular(self, low: float = 0.0, high: float = 1.0, mode: float | None = None) -> float:
        """Triangular distribution."""
        u = self.random()
        if high == low:
            return low
        c = 0.5 if mode is None else (mode - low) / (high - low)
        if u > c:
            u, c, low, high = 1.0 - u, 1.0 - c, high, low
        return low + (high - low) * math.sqrt(u * c)

    def normalvariate(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        """Normal distribution, by Box and Muller: two draws, no state kept."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self.random()))
        return mu + sigma * radius * math.cos(2.0 * math.pi * self.random())

    gauss = normalvariate

    def lognormvariate(self, mu: float, sigma: float) -> float:
        """Log normal distribution."""
        return math.exp(self.normalvariate(mu, sigma))

    def expovariate(self, lambd: float = 1.0) -> float:
        """Exponential distribution."""
        return -math.log(1.0 - self.random()) / lambd

    def vonmisesvariate(self, mu: float, kappa: float) -> float:
        """Circular data distribution, by Best and Fisher."""
        if kappa <= 1e-6:
            return 2.0 * math.pi * self.random()
        s = 0.5 / kappa
        r = s + math.sqrt(1.0 + s * s)
        while True:
            z = math.cos(math.pi * self.random())
            d = z / (r + z)
            u = self.random()
            if u < 1.0 - d * d or u <= (1.0 - d) * math.exp(d):
                break
        q = 1.0 / r
        f = (q + z) / (1.0 + q * z)
        angle = math.acos(max(-1.0, min(1.0, f)))
        return (mu + (angle if self.random() > 0.5 else -angle)) % (2.0 * math.pi)

    def gammavariate(self, alpha: float, beta: float) -> float:
        """Gamma distribution, by Marsaglia and Tsang."""
        if alpha <= 0.0 or beta <= 0.0:
            raise ValueError("gammavariate: alpha and beta must be > 0.0")
        if alpha < 1.0:
            boost = (1.0 - self.random()) ** (1.0 / alpha)
            return float(self.gammavariate(alpha + 1.0, beta) * boost)
        d = alpha - 1.0 / 3.0
        c = 1.0 / math.sqrt(9.0 * d)
        while True:
            x = self.normalvariate()
            v = (1.0 + c * x) ** 3
            u = 1.0 - self.random()
            if v > 0.0 and math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
                return d * v * beta

    def betavariate(self, alpha: float, beta: float) -> float:
        """Beta distribution."""
        y = self.gammavariate(alpha, 1.0)
        return y / (y + self.gammavariate(beta, 1.0)) if y else 0.0

    def binomialvariate(self, n: int = 1, p: float = 0.5) -> int:
        """How many of `n` trials succeed: `n` draws."""
        if n < 0:
            raise ValueError("n must be non-negative")
        if not 0.0 <= p <= 1.0:
            raise ValueError("p must be in the range 0.0 <= p <= 1.0")
        return sum(self.random() < p for _ in range(n))

    def paretovariate(self, alpha: float) -> float:
        """Pareto distribution."""
        return float((1.0 - self.random()) ** (-1.0 / alpha))

    def weibullvariate(self, alpha: float, beta: float) -> float:
        """Weibull distribution."""
        return float(alpha * (-math.log(1.0 - self.random())) ** (1.0 / beta))


_METHODS = words(
    """
    seed random getrandbits randbytes randrange randint choice choices shuffle sample
    uniform triangular normalvariate gauss lognormvariate expovariate paretovariate
    weibullvariate vonmisesvariate gammavariate betavariate binomialvariate getstate setstate
"""
)


def generator() -> Random:
    """The run's generator."""
    found: Any = state().generator
    if found is None:
        found = state().generator = Random(run("random").seed() + b"random")  # type: ignore[assignment]  # ours
    result: Random = found
    return result


def _secret() -> Random:
    found: Any = state().secrets
    if found is None:
        found = state().secrets = Random(run("secrets").seed() + b"secrets")  # type: ignore[assignment]  # ours
    result: Random = found
    return result


def _module_function(name: str) -> Any:
    def function(*args: Any, **kwargs: Any) -> Any:
        return getattr(generator(), name)(*args, **kwargs)

    function.__name__ = function.__qualname__ = name
    return function


class SystemRandom(Random):
    """`random.SystemRandom`: from the run's seed like everything else."""

    def __init__(self, x: Any = None) -> None:
        super().__init__(_secret().getrandbits(128))


RANDOM: dict[str, Any] = {
    "Random": Random,
    "SystemRandom": SystemRandom,
    **{name: _module_function(name) for name in _METHODS},
}


def urandom(size: int, /) -> bytes:
    """`os.urandom`."""
    return _secret().randbytes(size)


def _token_bytes(nbytes: int | None = None) -> bytes:
    return urandom(32 if nbytes is None else nbytes)


def _token_hex(nbytes: int | None = None) -> str:
    return _token_bytes(nbytes).hex()


def _token_urlsafe(nbytes: int | None = None) -> str:
    return base64.urlsafe_b64encode(_token_bytes(nbytes)).rstrip(b"=").decode("ascii")


SECRETS: dict[str, Any] = {
    "token_bytes": _token_bytes,
    "token_hex": _token_hex,
    "token_urlsafe": _token_urlsafe,
    "randbelow": lambda n: _secret()._below(n),
    "randbits": lambda k: _secret().getrandbits(k),
    "choice": lambda seq: _secret().choice(seq),
    "compare_digest": hmac.compare_digest,
    "SystemRandom": SystemRandom,
}


def _uuid1(node: int | None = None, clock_seq: int | None = None) -> uuid.UUID:
    return uuid.UUID(run("uuid").uuid(lambda: str(uuid.uuid1(node, clock_seq))))


def _uuid4() -> uuid.UUID:
    return uuid.UUID(run("uuid").uuid(lambda: str(uuid.uuid4())))


UUID: dict[str, Any] = {
    "UUID": uuid.UUID,
    "SafeUUID": uuid.SafeUUID,
    "uuid1": _uuid1,
    "uuid3": uuid.uuid3,
    "uuid4": _uuid4,
    "uuid5": uuid.uuid5,
    "NAMESPACE_DNS": uuid.NAMESPACE_DNS,
    "NAMESPACE_URL": uuid.NAMESPACE_URL,
    "NAMESPACE_OID": uuid.NAMESPACE_OID,
    "NAMESPACE_X500": uuid.NAMESPACE_X500,
    "RESERVED_NCS": uuid.RESERVED_NCS,
    "RFC_4122": uuid.RFC_4122,
}
