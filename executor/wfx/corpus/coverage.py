"""
What of today's workflow code a corpus exercises: lines, branches, and ends.

What there is, is read from the code that the sandbox compiled and from its source; what was
exercised, from the arcs of the replays. A branch that begins on the line of its condition
cannot be told apart, and is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import TYPE_CHECKING, Any, cast

from wfx.corpus.tracing import LEFT, Arc

if TYPE_CHECKING:
    from wfx.program import Program
    from wfx.values import Json


@dataclass(frozen=True, slots=True)
class Way:
    """A way that code can take from a line: a side of a condition, a handler, an end."""

    line: int
    what: str
    """In words that follow `never`: `true`, `returned`."""
    source: str
    origins: frozenset[int]
    """Lines that it is taken from; empty for any."""
    targets: frozenset[int]
    """Lines that it leads to; with `negated` all others."""
    negated: bool = False

    def taken(self, arcs: Iterable[tuple[int, int]]) -> bool:
        """Whether one of these arcs goes this way."""
        return any(
            (not self.origins or before in self.origins)
            and (after not in self.origins)
            and ((after in self.targets) is not self.negated)
            for before, after in arcs
        )


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """What of one file is exercised."""

    file: str
    lines: tuple[int, ...]
    """Lines of workflow code that do something."""
    missed: tuple[int, ...]
    branches: int
    exits: int
    """Returns and raises."""
    missed_branches: tuple[Way, ...]
    missed_exits: tuple[Way, ...]

    def to_json(self) -> dict[str, Json]:
        """For `--format json`."""
        return {
            "file": self.file,
            "lines": len(self.lines),
            "missedLines": list(self.missed),
            "branches": self.branches,
            "missedBranches": [_shown(way) for way in self.missed_branches],
            "exits": self.exits,
            "missedExits": [_shown(way) for way in self.missed_exits],
        }


def _shown(way: Way) -> Json:
    return {"line": way.line, "never": way.what, "source": way.source}


def covered(programs: Iterable[Program], arcs: Iterable[Arc]) -> list[FileCoverage]:
    """What these arcs exercise of the workflow code of these programs, by file."""
    of_file: dict[str, set[tuple[int, int]]] = {}
    for file, before, after in arcs:
        of_file.setdefault(file, set()).add((before, after))
    found: dict[str, FileCoverage] = {}
    for program in programs:
        for file, functions in _functions(program).items():
            source = program.source(file)
            if source is not None and file not in found:
                found[file] = _covered(file, source, functions, of_file.get(file, set()))
    return [found[file] for file in sorted(found)]


def _functions(program: Program) -> dict[str, list[CodeType]]:
    """The functions that the sandbox compiled, by file."""
    found: dict[str, list[CodeType]] = {}
    for module in cast("Any", program).parts.modules.values():
        for code in (module.code, module.shared_code):
            if code is not None:
                found.setdefault(module.place, []).extend(_inner(code))
    return found


def _inner(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if not constant.co_name.startswith("<"):
                yield constant
            yield from _inner(constant)


def _covered(
    file: str, source: str, functions: Sequence[CodeType], arcs: set[tuple[int, int]]
) -> FileCoverage:
    starts = {code.co_firstlineno for code in functions}
    lines = {
        line
        for code in functions
        for _, _, line in code.co_lines()
        if line is not None and line > code.co_firstlineno
    }
    reached = {after for _, after in arcs}
    branches: list[Way] = []
    exits: list[Way] = []
    text = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if starts & set(range(first, node.lineno + 1)):
                for way, is_exit in _ways(node, text):
                    (exits if is_exit else branches).append(way)
    lines -= {line for line in lines if _is_docstring(text[line - 1])}
    return FileCoverage(
        file,
        tuple(sorted(lines)),
        tuple(sorted(lines - reached)),
        len(branches),
        len(exits),
        tuple(way for way in branches if not way.taken(arcs)),
        tuple(way for way in exits if not way.taken(arcs)),
    )


def _is_docstring(line: str) -> bool:
    return line.lstrip()[:3] in ('"""', "'''")


def _ways(
    function: ast.FunctionDef | ast.AsyncFunctionDef, text: Sequence[str]
) -> Iterator[tuple[Way, bool]]:
    """The ways of one function, without those of functions in it; and whether each is an end."""
    queue: list[ast.AST] = list(function.body)
    while queue:
        node = queue.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        queue.extend(ast.iter_child_nodes(node))
        if isinstance(node, (ast.If, ast.While)):
            yield from _sides(node, node.test, node.body, ("true", "false"), text)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            yield from _sides(node, node.iter, node.body, ("with a turn", "over"), text)
        elif isinstance(node, ast.ExceptHandler):
            yield from _reached(node, node.body, "caught", text)
        elif isinstance(node, ast.match_case):
            yield from _reached(node.pattern, node.body, "matched", text)
        elif isinstance(node, (ast.Return, ast.Raise)):
            what = "returned" if isinstance(node, ast.Return) else "raised"
            yield (
                Way(node.lineno, what, _line(node, text), frozenset(), frozenset({node.lineno})),
                True,
            )


def _sides(
    node: ast.stmt,
    test: ast.expr,
    body: Sequence[ast.stmt],
    words: tuple[str, str],
    text: Sequence[str],
) -> Iterator[tuple[Way, bool]]:
    origins = frozenset(range(node.lineno, (test.end_lineno or node.lineno) + 1))
    inside = frozenset({body[0].lineno})
    if inside & origins:
        return  # on one line
    source = _line(node, text)
    if not (isinstance(node, ast.While) and isinstance(test, ast.Constant)):
        yield Way(node.lineno, words[1], source, origins, inside, negated=True), False
    yield Way(node.lineno, words[0], source, origins, inside), False


def _reached(
    node: ast.AST, body: Sequence[ast.stmt], what: str, text: Sequence[str]
) -> Iterator[tuple[Way, bool]]:
    line = getattr(node, "lineno", body[0].lineno)
    if body[0].lineno != line:
        way = Way(line, what, _line(node, text), frozenset(), frozenset({body[0].lineno}))
        yield way, False


def _line(node: ast.AST, text: Sequence[str]) -> str:
    return text[getattr(node, "lineno", 1) - 1].strip()


def superfluous(exercised: Mapping[str, frozenset[Any]]) -> list[str]:
    """Recordings that add nothing to the others, of which as few as possible are kept."""
    kept: set[Any] = set()
    left = dict(exercised)
    while left:
        name = max(left, key=lambda each: (len(left[each] - kept), -list(left).index(each)))
        if not left[name] - kept:
            break
        kept |= left.pop(name)
    return [name for name in exercised if name in left]


__all__ = ["LEFT", "FileCoverage", "Way", "covered", "superfluous"]
