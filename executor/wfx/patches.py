"""
What a corpus of logs says about the patches of today's code: who still needs the old way.

It says so of the logs that it was given: of a corpus in CI what the corpus holds, of a
world all its open runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class PatchState(StrEnum):
    """Which way a run goes at a patch."""

    NEW = "new"
    OLD = "old"
    DEPRECATED = "deprecated"
    """The code has no old way any more."""


@dataclass(frozen=True, slots=True)
class PatchAdvice:
    """What the logs say about one patch."""

    name: str
    new: int
    """Logs that go the new way."""
    old: int
    deprecated: int
    """Logs that come to its `deprecate_patch`."""

    @property
    def text(self) -> str:
        """What to do about it."""
        if self.deprecated:
            return (
                f'deprecate_patch("{self.name}") can be deleted when no worker has the code with '
                "patched(…) any more"
            )
        if self.old:
            runs = "1 log goes" if self.old == 1 else f"{self.old:,} logs go"
            return f'patched("{self.name}") is needed: {runs} the old way'
        return (
            f'patched("{self.name}"): no log goes the old way. Delete that branch and write '
            f'deprecate_patch("{self.name}") in place of the condition'
        )


class PatchTally:
    """Counts what became of patches, log by log."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, PatchState]] = Counter()

    def add(self, patches: Mapping[str, PatchState]) -> None:
        """Count one log."""
        self._seen.update(patches.items())

    def advice(self) -> list[PatchAdvice]:
        """What the logs say about each patch that the code evaluated in them, by name."""
        seen = self._seen
        return [
            PatchAdvice(
                name,
                new=seen[name, PatchState.NEW],
                old=seen[name, PatchState.OLD],
                deprecated=seen[name, PatchState.DEPRECATED],
            )
            for name in sorted({name for name, _ in seen})
        ]
