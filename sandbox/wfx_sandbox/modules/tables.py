"""`io`, `csv`, `shlex` and `statistics` as far as they look at what they are given only."""

from __future__ import annotations

import csv
import operator
import shlex
import statistics
from collections.abc import Mapping
from typing import Any, Final, SupportsIndex

from wfx_sandbox.modules.randomness import Random
from wfx_sandbox.modules.takers import Writer


class DictWriter(csv.DictWriter):  # type: ignore[type-arg]  # generic for type checkers only
    """`csv.DictWriter`, whose complaint names unknown fields in their order."""

    def __init__(
        self,
        f: Any,
        fieldnames: Any,
        restval: Any = "",
        extrasaction: Any = "raise",
        dialect: Any = "excel",
        **settings: Any,
    ) -> None:
        super().__init__(f, fieldnames, restval, extrasaction)
        self.writer: Any = Writer(f, dialect, **settings)

    def _dict_to_list(self, rowdict: Mapping[Any, Any]) -> Any:
        if self.extrasaction == "raise":
            wrong = [each for each in rowdict if each not in self.fieldnames]
            if wrong:
                listed = ", ".join(map(repr, wrong))
                raise ValueError(f"dict contains fields not in fieldnames: {listed}")
        return (rowdict.get(key, self.restval) for key in self.fieldnames)


def split(s: str, comments: bool = False, posix: bool = True) -> list[str]:
    """`shlex.split`, which would read the terminal for want of a text."""
    if s is None:
        raise ValueError("s argument must not be None")
    return shlex.split(s, comments, posix)


class NormalDist(statistics.NormalDist):
    """`statistics.NormalDist`, whose samples come from the run's seed."""

    __slots__ = ()

    @classmethod
    def _of(cls, made: Any) -> Any:
        return cls(made.mean, made.stdev) if isinstance(made, statistics.NormalDist) else made

    def samples(self, n: SupportsIndex, *, seed: Any = None) -> list[float]:
        """`n` random numbers of this distribution."""
        draw = Random(seed)
        return [draw.normalvariate(self.mean, self.stdev) for _ in range(operator.index(n))]

    def __add__(self, other: Any) -> Any:
        return self._of(super().__add__(other))

    def __sub__(self, other: Any) -> Any:
        return self._of(super().__sub__(other))

    def __mul__(self, other: Any) -> Any:
        return self._of(super().__mul__(other))

    def __truediv__(self, other: Any) -> Any:
        return self._of(super().__truediv__(other))

    def __pos__(self) -> Any:
        return self._of(super().__pos__())

    def __neg__(self) -> Any:
        return self._of(super().__neg__())

    def __rsub__(self, other: Any) -> Any:
        return self._of(super().__rsub__(other))

    __radd__ = __add__
    __rmul__ = __mul__


for _class, _module in ((DictWriter, "csv"), (NormalDist, "statistics")):
    _class.__module__ = _module

CSV: Final[Mapping[str, Any]] = {"DictWriter": DictWriter}
SHLEX: Final[Mapping[str, Any]] = {"split": split}
STATISTICS: Final[Mapping[str, Any]] = {"NormalDist": NormalDist}
