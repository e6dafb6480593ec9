"""
Replaying a corpus where everything is different that must not matter.

Each permutation is a process of its own with another hash seed, time zone, locale, and a
clock that is days away. What the code asks for must not change. It cannot, as long as
workflow code is all in the sandbox; modules that a project passes through can depend on any
of these.
"""

from __future__ import annotations

import contextlib
import locale
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Final

from wfx.corpus.judgment import Judgment
from wfx.corpus.pool import judge_all
from wfx.errors import WfxError
from wfx.replay import VerdictKind

if TYPE_CHECKING:
    from wfx.corpus.code import Code
    from wfx.corpus.sources import Source

PAIRS_EACH: Final = 10
"""Pairs of facts of each log that are tried the other way round, for each permutation."""

_ZONES: Final = (
    "Asia/Tokyo",
    "America/Lima",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Europe/Berlin",
)
_LOCALES: Final = ("C", "tr_TR.UTF-8", "de_DE.UTF-8", "C.UTF-8", "en_US.UTF-8")
_DAYS: Final = (400, -4000, 1, 12_000, -30)
_SEED_STEP: Final = 104_729


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is different in one permutation."""

    hash_seed: int
    zone: str
    locale: str
    days: int
    """How far the clock is away."""

    def __str__(self) -> str:
        return (
            f"PYTHONHASHSEED={self.hash_seed} TZ={self.zone} LC_ALL={self.locale} and the clock "
            f"{abs(self.days)} days {'ahead' if self.days > 0 else 'behind'}"
        )


def surroundings(count: int) -> list[Surroundings]:
    """So many permutations, the same ones each time."""
    return [
        Surroundings(
            1 + number * _SEED_STEP % 4_294_967_295,
            _ZONES[number % len(_ZONES)],
            _LOCALES[number % len(_LOCALES)],
            _DAYS[number % len(_DAYS)],
        )
        for number in range(count)
    ]


def permuted(
    judgments: Iterable[Judgment],
    sources: Sequence[Source],
    code: Code,
    *,
    count: int,
    jobs: int | None,
) -> Iterator[Judgment]:
    """The judgments; one that is not the same in all permutations says in which."""
    found = list(judgments)
    different: dict[int, Judgment] = {}
    for each in surroundings(count):
        for at, other in enumerate(_elsewhere(each, sources, code, jobs)):
            if at not in different and found[at].matches:
                changed = _changed(found[at], other, each)
                if changed is not None:
                    different[at] = changed
    for at, judgment in enumerate(found):
        yield different.get(at, judgment)


def _changed(here: Judgment, there: Judgment, where: Surroundings) -> Judgment | None:
    told = f"only with {where}: here it matches"
    if not there.matches:
        return replace(there, verdict=VerdictKind.DIVERGED, note=told)
    if (there.next, there.output) == (here.next, here.output):
        return None
    asked = ", ".join(there.next) or "nothing new"
    expected = ", ".join(here.next) or "nothing new"
    return replace(
        there,
        verdict=VerdictKind.DIVERGED,
        reason=f"the code would go on with {asked}, and here with {expected}",
        note=told,
    )


def _elsewhere(
    where: Surroundings, sources: Sequence[Source], code: Code, jobs: int | None
) -> list[Judgment]:
    """The judgments of a process in these surroundings."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": str(where.hash_seed),
        "TZ": where.zone,
        "LC_ALL": where.locale,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    asked = pickle.dumps((where, list(sources), code.app_dir, code.target, code.maps, jobs))
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=asked,
        stdout=subprocess.PIPE,
        env=environment,
        check=False,
    )
    if done.returncode:
        raise WfxError(
            f"the process that replays with {where} ended with exit code {done.returncode}"
        )
    judgments: list[Judgment] = pickle.loads(done.stdout)
    return judgments


def _shift_clock(days: int) -> None:
    """Let this process believe that it is another day."""
    seconds = days * 86_400
    real, real_ns = time.time, time.time_ns
    changed: Mapping[str, object] = {
        "time": lambda: real() + seconds,
        "time_ns": lambda: real_ns() + seconds * 1_000_000_000,
    }
    for name, function in changed.items():
        setattr(time, name, function)


def answer(asked: IO[bytes], told: IO[bytes]) -> None:
    """In the process: judge what is asked for."""
    from wfx.corpus.code import Code

    where, sources, app_dir, target, maps, jobs = pickle.load(asked)
    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_ALL, "")
    _shift_clock(where.days)
    code = Code(app_dir, target=target, maps=maps)
    pickle.dump(list(judge_all(sources, code, jobs=jobs)), told)


if __name__ == "__main__":
    answer(sys.stdin.buffer, sys.stdout.buffer)
