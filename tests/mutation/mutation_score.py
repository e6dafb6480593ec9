"""
How many changes of workflow code does replay notice? `python tests/mutation/mutation_score.py`

Workflows are run and recorded. Each mutant of their code is then judged twice: it is run
live with the same inputs, and its list of commands compared with the original's, which
says whether it asks for anything else; and the recordings are replayed over it. A mutant
that asks for something else on a recording's path and replays without a divergence is
missed. A mutant, or a refactor, that asks for the same and diverges is a false alarm.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mutation_living import Case, commands, live
from mutation_mutants import Variant, mutants, refactors

from wfx.errors import WfxError
from wfx.events import RUN_ENDS, Event
from wfx.replay import VerdictKind, replay
from wfx_sandbox import load_program

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SETTINGS = "[tool.wfx.limits]\nloop_turns = 200_000\nactivation_seconds = 5\n"

ORDER = {"id": "A1", "lines": [{"sku": "desk", "count": 1, "price": 90.0}]}
LARGE = {
    "id": "B2",
    "express": True,
    "lines": [
        {"sku": "desk", "count": 2, "price": 90.0},
        {"sku": "lamp", "count": 0, "price": 20.0},
        {"sku": "sofa", "count": 1, "price": 700.0},
    ],
}
BASKET = {"id": "A1", "items": [{"sku": "desk", "price": "900.00"}, {"sku": "lamp", "price": "4"}]}
SMALL = {"id": "B2", "items": [{"sku": "lamp", "price": "40"}]}
QUESTION = "Which is farther from Earth, Mars or Saturn?"

COMBINATORS = """
gather gather_with_exceptions task_group task_group_failure wait_first_completed wait_for_in_time
wait_for_too_late timeout_block as_completed shield queue locks sleeps async_generator effects
failures
""".split()  # noqa: SIM905 (names, read as a text)

CORPUS: Mapping[str, Sequence[Case]] = {
    "tests/mutation/programs/orders.py": (
        Case("orders:fulfil", [ORDER]),
        Case("orders:fulfil", [LARGE], {"approve-B2": [{"approved": True}]}),
        Case("orders:fulfil", [LARGE], {"approve-B2": [{"approved": False}]}),
        Case("orders:fulfil", [LARGE, 5]),
        Case("orders:crawl", []),
        Case("orders:crawl", [2]),
        Case("orders:batches", []),
        Case("orders:streams", []),
        Case("orders:chat", ["Kim"], {"chat-Kim": ["hello", "dice", "bye"]}),
        Case("orders:chat", ["Ann"], {"chat-Ann": ["hello"]}),
        Case("orders:race", []),
    ),
    "tests/recordings/combinators.py": (
        *(Case(f"combinators:{name}") for name in COMBINATORS),
        Case("combinators:hook_payloads", ["t"], {"t": [{"text": "a"}, {"text": "end"}]}),
    ),
    "docs/examples/checkout.py": (
        Case("checkout:checkout", [BASKET], {"approve-A1": [{"approved": True, "by": "Kim"}]}),
        Case("checkout:checkout", [BASKET]),
        Case("checkout:checkout", [SMALL]),
    ),
    "docs/examples/saga.py": (
        Case("saga:book_trip", ["Kyoto"]),
        Case("saga:book_trip", ["Atlantis"]),
    ),
    "docs/examples/agent.py": (
        Case("agent:investigate", [QUESTION]),
        Case("agent:investigate", ["Which of them?"], {"agent-planets": ["Saturn"]}),
    ),
    "docs/examples/fan_out.py": (Case("fan_out:count_words", [15]),),
    "docs/examples/quickstart.py": (Case("quickstart:quickstart", ["Ada"]),),
}


@dataclass
class Score:
    """What was counted; each is a pair of a variant and a recording."""

    changing: Counter[str] = field(default_factory=Counter)
    """Pairs whose commands differ, by kind of mutant."""
    caught: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    """Pairs whose commands are the same, by kind of variant."""
    missed: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    unloadable: int = 0
    variants: int = 0

    @property
    def percent(self) -> float:
        """How many of the pairs that differ were caught."""
        return 100 * self.caught.total() / max(1, self.changing.total())

    def __add__(self, other: Score) -> Score:
        return Score(
            self.changing + other.changing,
            self.caught + other.caught,
            self.same + other.same,
            self.missed + other.missed,
            self.alarms + other.alarms,
            self.unloadable + other.unloadable,
            self.variants + other.variants,
        )


class Bench:
    """One module: its recordings, and a place to load its variants from."""

    def __init__(self, file: str, cases: Sequence[Case], folder: Path) -> None:
        self.module = Path(file).stem
        self.source = (ROOT / file).read_text(encoding="utf-8")
        self.file = file
        self.cases = cases
        self._folder = folder
        self._count = 0
        program = self.load(self.source)
        self.logs = [live(program, case) for case in cases]
        self.commands = [commands(log) for log in self.logs]

    def load(self, source: str) -> Any:
        """A program of this source; a folder of its own keeps versions apart."""
        self._count += 1
        folder = self._folder / f"{self.module}-{self._count}"
        folder.mkdir()
        (folder / "pyproject.toml").write_text(SETTINGS)
        (folder / f"{self.module}.py").write_text(source, encoding="utf-8")
        try:
            return load_program(self.module, app_dir=folder)
        finally:
            sys.path[:] = [each for each in sys.path if each != str(folder)]
            shutil.rmtree(folder)

    def judge(self, variants: Iterable[Variant], *, mutated: bool) -> Score:
        """Run and replay each of them."""
        score = Score()
        for variant in variants:
            score.variants += 1
            try:
                program = self.load(variant.source)
            except (WfxError, SyntaxError, BaseExceptionGroup):
                score.unloadable += 1
                continue
            for case, log, before in zip(self.cases, self.logs, self.commands, strict=True):
                self._pair(score, variant, program, case, log, before, mutated=mutated)
        return score

    def _pair(
        self,
        score: Score,
        variant: Variant,
        program: Any,
        case: Case,
        log: Sequence[Event],
        before: Sequence[Any],
        *,
        mutated: bool,
    ) -> None:
        verdict = replay(program, log)
        diverged = verdict.kind is not VerdictKind.MATCH
        asked = commands(_live(program, case))
        if not isinstance(log[-1].data, RUN_ENDS):
            # An open run: what is asked for past its end is on nobody's path.
            asked = asked[: len(before)]
        differs = asked != before
        about = f"{self.file} {case.workflow}{tuple(case.args)}: {variant}"
        if not differs:
            score.same[variant.kind] += 1
            if diverged:
                score.alarms.append(f"{about}: {verdict.divergence or verdict.reason}")
            return
        if not mutated:
            score.alarms.append(f"{about}: this is no refactor, its commands differ")
            return
        score.changing[variant.kind] += 1
        if diverged:
            score.caught[variant.kind] += 1
        else:
            score.missed.append(about)


def _live(program: Any, case: Case) -> list[Event]:
    with suppress(WfxError):  # its steps are other ones: it cannot even be started
        return live(program, case)
    return []


def chosen(variants: Iterable[Variant], share: float, seed: int) -> Iterator[Variant]:
    """Every variant with this probability, the same ones at every call."""
    draw = random.Random(seed)
    return (each for each in variants if draw.random() < share)


def measure(
    folder: Path, files: Mapping[str, Sequence[Case]], share: float = 1.0, seed: int = 1
) -> tuple[Score, Score]:
    """The scores of mutants and of refactors."""
    mutated, refactored = Score(), Score()
    for file, cases in files.items():
        bench = Bench(file, cases, folder)
        mutated += bench.judge(chosen(mutants(bench.source), share, seed), mutated=True)
        refactored += bench.judge(chosen(refactors(bench.source), share, seed), mutated=False)
    return mutated, refactored


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("files", nargs="*", help="parts of file names; all files if none")
    parser.add_argument("--share", type=float, default=1.0, help="of all variants")
    given = parser.parse_args()
    files = {
        file: cases
        for file, cases in CORPUS.items()
        if not given.files or any(part in file for part in given.files)
    }
    with tempfile.TemporaryDirectory() as folder:
        mutated, refactored = measure(Path(folder), files, given.share)
    say = sys.stdout.write
    say(f"{'mutants':<18}{'change the commands':>20}{'caught':>8}{'change nothing':>16}\n")
    for kind in sorted({*mutated.changing, *mutated.same}):
        counts = (mutated.changing[kind], mutated.caught[kind], mutated.same[kind])
        say(f"{kind:<18}{counts[0]:>20}{counts[1]:>8}{counts[2]:>16}\n")
    say(f"{'refactors':<18}{'':>20}{'':>8}{refactored.same.total():>16}\n")
    for text in mutated.missed:
        say(f"missed: {text}\n")
    for text in [*mutated.alarms, *refactored.alarms]:
        say(f"false alarm: {text}\n")
    say(
        f"{mutated.variants} mutants and {refactored.variants} refactors: "
        f"{mutated.caught.total()} of {mutated.changing.total()} changes caught "
        f"({mutated.percent:.2f} %), {len(mutated.alarms) + len(refactored.alarms)} false alarms\n"
    )


if __name__ == "__main__":
    main()
