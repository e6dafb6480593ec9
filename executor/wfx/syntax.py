"""
The syntax of one of today's source files, asked by line numbers.

What calls what is told by names alone, within the file: enough to point people at a line,
not to decide anything.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_BLOCK_LINES_MAX: Final = 8
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS: Final = (*_FUNCTIONS, ast.ClassDef)


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
        return [] if self.tree is None else _naming(self.tree, {name})

    def ways(self, line: int, name: str) -> list[int]:
        """Lines of the function around this one that lead to `name`, also by way of others."""
        function = self._function(line)
        return [] if function is None else _naming(function, self._leading_to(name))

    def callers(self, line: int) -> list[int]:
        """Lines that name the function around this one."""
        function = self._function(line)
        return [] if function is None else self.calls(function.name)

    def _leading_to(self, name: str) -> set[str]:
        """The name, and those of functions of this file that call it in the end."""
        functions = [
            node
            for node in (ast.walk(self.tree) if self.tree is not None else ())
            if isinstance(node, _FUNCTIONS)
        ]
        found, before = {name}, 0
        while len(found) > before:
            before = len(found)
            found |= {each.name for each in functions if _naming(each, found)}
        return found

    def _function(self, line: int) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        found = None
        for node in self._statements(line):
            if isinstance(node, _FUNCTIONS):
                found = node
        return found

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

    def in_one_loop(self, lines: Collection[int]) -> bool:
        """Whether a loop goes around all of these lines."""
        return any(
            isinstance(node, ast.For | ast.AsyncFor | ast.While)
            and all(node.lineno <= line <= (node.end_lineno or 0) for line in lines)
            for node in self._statements(min(lines))
        )

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


def _naming(tree: ast.AST, names: Collection[str]) -> list[int]:
    """Lines that use one of these names."""
    found = {
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.Attribute) and node.attr in names)
    }
    return sorted(found)


def split_place(place: str) -> tuple[str, int]:
    """`orders.py:31` as file and number; 0 if there is none."""
    file, _, number = place.rpartition(":")
    return (file, int(number)) if file and number.isdigit() else (place, 0)
