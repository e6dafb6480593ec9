"""A sample of the mutation score; the whole of it is `mutation_score.py`."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SHARE = 0.03
FILES = (
    "tests/mutation/programs/orders.py",
    "docs/examples/checkout.py",
    "docs/examples/saga.py",
    "docs/examples/agent.py",
)


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Scores of mutants and of refactors."""
    before = list(sys.path)
    sys.path.insert(0, str(HERE))
    folder = tmp_path_factory.mktemp("variants")
    try:
        score = import_module("mutation_score")
        files = {file: score.CORPUS[file] for file in FILES}
        with warnings.catch_warnings():
            # A mutant may make a coroutine and not await it.
            warnings.simplefilter("ignore", RuntimeWarning)
            yield score.measure(folder, files, SHARE)
    finally:
        sys.path[:] = before
        for name, module in list(sys.modules.items()):
            # The last variant of a module; the module itself has the same name.
            if str(getattr(module, "__file__", None)).startswith(str(folder)):
                del sys.modules[name]


def test_mutants_that_change_the_commands_are_caught(scores: Any) -> None:
    """Whether they do is decided by running them, not by the comparison that is tested."""
    mutated, _ = scores
    assert mutated.missed == []
    assert mutated.changing.total() > 15


def test_what_asks_for_the_same_raises_no_alarm(scores: Any) -> None:
    """Refactors, and mutants of what a recording does not touch."""
    mutated, refactored = scores
    assert [*mutated.alarms, *refactored.alarms] == []
    assert refactored.same.total() > 15
