"""A source file as the analysis sees it: its text, its tree and its place in the project."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from wfx_sandbox.callees import Callees
from wfx_sandbox.errors import Finding


@dataclass(eq=False)
class Source:
    """One local module."""

    module: str
    """Its name from the app directory, which is part of every stable name."""
    path: Path
    place: str
    """The path relative to the app directory, as shown to people."""
    text: str
    is_package: bool = False
    module_names: frozenset[str] = field(default=frozenset())
    """Names that its module level binds; set by the analysis."""

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; may raise SyntaxError."""
        return ast.parse(self.text, filename=self.place)

    @cached_property
    def callees(self) -> Callees:
        """What of it may be `str` under another name."""
        return Callees(self.tree)

    @cached_property
    def digest(self) -> str:
        """Hash of the content."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.splitlines()

    def absolute(self, node: ast.ImportFrom) -> str:
        """The module that a `from … import` names, without dots at its beginning."""
        if not node.level:
            return node.module or ""
        package = self.module.split(".")
        kept = len(package) - node.level + (1 if self.is_package else 0)
        return ".".join([*package[: max(kept, 0)], *([node.module] if node.module else [])])

    def finding(
        self,
        node: ast.AST,
        rule: str,
        message: str,
        *,
        remedy: str = "",
        severity: Literal["error", "warning"] = "error",
        function: str = "",
    ) -> Finding:
        """A finding located at `node`."""
        line = getattr(node, "lineno", 1)
        end_line = getattr(node, "end_lineno", line)
        return Finding(
            rule=rule,
            file=self.place,
            line=line,
            col=getattr(node, "col_offset", 0),
            end_col=getattr(node, "end_col_offset", None) if end_line == line else None,
            message=message,
            remedy=remedy,
            source=self._lines[line - 1] if 0 < line <= len(self._lines) else "",
            function=function or self._enclosing(line),
            severity=severity,
        )

    def _enclosing(self, line: int) -> str:
        found = ""
        body: list[ast.stmt] = self.tree.body
        while True:
            for node in body:
                if isinstance(
                    node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
                ) and node.lineno <= line <= (node.end_lineno or node.lineno):
                    found = f"{found}.{node.name}" if found else node.name
                    body = node.body
                    break
            else:
                return found
