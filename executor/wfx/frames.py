"""
Today's source around a place, and whether what was recorded there is still there.

A place is `orders.py:31`, of the file as it was when the log was written. Lines move, so
what was asked for there is looked for by the name that its call must have.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from wfx.divergence import Frame

_AROUND: Final = 2
_BLOCK_LINES_MAX: Final = 8
_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Sourced:
    """One source file of today: its name in places, and its text."""

    file: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, from 0."""
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module | None:
        """Its syntax; None when it has none."""
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError):
            return None

    def calls(self, name: str) -> list[int]:
        """Numbers of the lines that name this function to call it, or to hand it on."""
        if self.tree is None:
            return []
        found = {
            node.lineno
            for node in ast.walk(self.tree)
            if (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load))
            or (isinstance(node, ast.Attribute) and node.attr == name)
        }
        return sorted(found)

    def statements(self, lines: Collection[int]) -> list[ast.stmt]:
        """
        The fewest statements of one block that have all of these lines; none if they are
        many, or in different functions.
        """
        first, last = min(lines, default=0), max(lines, default=0)
        found: list[ast.stmt] = []
        for block in self._blocks():
            inside = [
                each
                for each in block
                if each.lineno <= last and (each.end_lineno or each.lineno) >= first
            ]
            if inside and _covers(inside, first) and _covers(inside, last):
                found = inside  # blocks further in come later
        if not found or any(isinstance(each, _DEFINITIONS) for each in found):
            return []
        long = (found[-1].end_lineno or 0) - found[0].lineno >= _BLOCK_LINES_MAX
        return [] if long else found

    def _blocks(self) -> Iterator[list[ast.stmt]]:
        for node in ast.walk(self.tree) if self.tree is not None else ():
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list):
                    yield block

    def condition(self, line: int) -> ast.If | ast.While | ast.For | ast.AsyncFor | None:
        """The innermost condition or loop around this line, within its function."""
        found: ast.If | ast.While | ast.For | ast.AsyncFor | None = None
        for node in self._statements(line):
            if isinstance(node, _DEFINITIONS):
                found = None
            elif isinstance(node, ast.If | ast.While | ast.For | ast.AsyncFor):
                found = node
        return found

    def extent(self, line: int) -> tuple[int, int]:
        """The first and last line of the statement that has this line; of a block, its head."""
        first = last = line
        for node in self._statements(line):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body:
                first, last = node.lineno, max(node.lineno, body[0].lineno - 1)
            else:
                first, last = node.lineno, node.end_lineno or node.lineno
        return first, last

    def _statements(self, line: int) -> Iterator[ast.stmt]:
        """Statements that have this line, from the outermost in."""
        inside: list[ast.AST] = [] if self.tree is None else [self.tree]
        while inside:
            node = inside.pop()
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.stmt):
                    if child.lineno <= line <= (child.end_lineno or child.lineno):
                        yield child
                        inside.append(child)
                elif isinstance(child, ast.excepthandler | ast.match_case):
                    inside.append(child)

    def code_of(self, statements: Sequence[ast.stmt]) -> str:
        """The lines of neighbouring statements, without their common indentation."""
        first, last = statements[0], statements[-1]
        lines = self.lines[first.lineno - 1 : last.end_lineno or last.lineno]
        indent = len(lines[0]) - len(lines[0].lstrip())
        return "\n".join(line[indent:] if not line[:indent].strip() else line for line in lines)

    def place_of(self, statements: Sequence[ast.stmt]) -> str:
        """`orders.py:31`, or `orders.py:31-33`."""
        first = statements[0].lineno
        last = statements[-1].end_lineno or first
        return f"{self.file}:{first}" + (f"-{last}" if last > first else "")


def _covers(statements: Sequence[ast.stmt], line: int) -> bool:
    return any(each.lineno <= line <= (each.end_lineno or each.lineno) for each in statements)


def split_place(place: str) -> tuple[str, int]:
    """`orders.py:31` as file and number; 0 if there is none."""
    file, _, number = place.rpartition(":")
    return (file, int(number)) if file and number.isdigit() else (place, 0)


def frame_now(source: Sourced, place: str) -> Frame:
    """The frame of a place of today's code."""
    return _frame(source, split_place(place)[1], place, None)


def frame_then(source: Sourced, place: str, name: str | None) -> Frame:
    """
    The frame of a recorded place in today's file.

    Args:
        name: What is called there, by which the line is found again; None if no name
            tells.
    """
    line = split_place(place)[1]
    if not 0 < line <= len(source.lines):
        note = f"{source.file} has only {len(source.lines)} lines today"
        return Frame(place, note=note)
    if name is None or _names(source, line, name):
        return _frame(source, line, place, None)
    calls = source.calls(name)
    if not calls:
        note = f"line {line} when it was recorded; today {source.file} has no call of {name}"
        return _frame(source, line, place, note, marked=False)
    nearest = min(calls, key=lambda each: abs(each - line))
    note = f"line {line} when it was recorded; today {name} is called in line {nearest}"
    return _frame(source, nearest, f"{source.file}:{nearest}", note)


def _names(source: Sourced, line: int, name: str) -> bool:
    first, last = source.extent(line)
    return any(first <= each <= last for each in source.calls(name))


def _frame(
    source: Sourced, line: int, place: str, note: str | None, *, marked: bool = True
) -> Frame:
    first, last = max(1, line - _AROUND), min(len(source.lines), line + _AROUND)
    lines = tuple((number, source.lines[number - 1]) for number in range(first, last + 1))
    return Frame(place, lines, line if marked else None, note)
