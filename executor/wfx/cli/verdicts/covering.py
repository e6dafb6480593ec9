"""What a corpus exercises, gathered from its judgments, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from wfx.corpus.coverage import FileCoverage, covered, superfluous
from wfx.divergence.telling import Line, Part
from wfx.errors import LoadError

if TYPE_CHECKING:
    from wfx.corpus.code import Code
    from wfx.corpus.coverage import Way
    from wfx.corpus.judgment import Judgment
    from wfx.corpus.shapes import Feature
    from wfx.corpus.tracing import Arc
    from wfx.values import Json

_SHOWN_MAX: Final = 20


class Gathered:
    """What the judgments of a corpus say about coverage."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._exercised: dict[str, frozenset[Arc | Feature]] = {}
        self._targets: dict[str, None] = {}

    def add(self, judgment: Judgment) -> None:
        """Another judgment. What does not match exercises nothing that can be relied on."""
        if judgment.matches:
            self._exercised[judgment.recording] = judgment.exercised
            if judgment.target is not None:
                self._targets[judgment.target] = None

    def files(self) -> list[FileCoverage]:
        """What is exercised, by file."""
        programs = []
        for target in self._targets:
            try:
                programs.append(self._code.load(target)[0])
            except LoadError:
                continue  # it could be loaded a moment ago; what it judged is told
        arcs = [
            (each[0], each[1], each[2])
            for exercised in self._exercised.values()
            for each in exercised
            if len(each) == 3 and isinstance(each[1], int) and isinstance(each[2], int)
        ]
        return covered(programs, [(str(file), before, after) for file, before, after in arcs])

    def redundant(self) -> list[str]:
        """Recordings that add nothing to the others."""
        return superfluous(self._exercised)

    def to_json(self) -> dict[str, Json]:
        """For `--format json`."""
        return {
            "files": [each.to_json() for each in self.files()],
            "redundant": list(self.redundant()),
        }

    def lines(self) -> Iterator[Line]:
        """For people."""
        for each in self.files():
            hit = len(each.lines) - len(each.missed)
            branches = each.branches - len(each.missed_branches)
            exits = each.exits - len(each.missed_exits)
            counts = (
                f"lines {hit} of {len(each.lines)}, branches {branches} of {each.branches}, "
                f"exits {exits} of {each.exits}"
            )
            whole = not (each.missed or each.missed_branches or each.missed_exits)
            yield (Part(f"{each.file} "), Part(counts, "match" if whole else "strong"))
            if each.missed:
                yield (Part(f"  lines never reached: {ranges(each.missed)}"),)
            for way in (*each.missed_branches, *each.missed_exits):
                yield _missed(each.file, way)
        redundant = self.redundant()
        for name in redundant[:_SHOWN_MAX]:
            yield (Part(f"{name} "), Part("redundant", "dim"), Part(": others show all of it"))
        if len(redundant) > _SHOWN_MAX:
            yield (Part(f"… and {len(redundant) - _SHOWN_MAX} more; --json has all of them"),)


def _missed(file: str, way: Way) -> Line:
    return (
        Part(f"  {file}:{way.line} never {way.what}: "),
        Part(way.source, "code"),
    )


def ranges(lines: tuple[int, ...]) -> str:
    """`3-5, 9`."""
    parts: list[list[int]] = []
    for line in lines:
        if parts and line == parts[-1][-1] + 1:
            parts[-1][-1:] = [parts[-1][-1], line] if len(parts[-1]) == 1 else [line]
        else:
            parts.append([line])
    return ", ".join("-".join(map(str, part)) for part in parts)
