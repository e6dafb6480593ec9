"""
Which calls of a module may be of `str` under another name.

`make = str`, `self.make = str`, `from helpers import make`: called with an object, each would show
its address. What is called is looked at where it may be one of these; functions, methods and
classes that the module defines, builtins, and what the standard library has stay native.
"""

from __future__ import annotations

import ast
import datetime
import re
import sys
from collections import deque
from typing import Final

from wfx_sandbox.trees import walk

HOST_METHODS: Final = frozenset(
    name
    for each in (str, bytes, int, float, list, dict, set, deque, datetime.datetime, re.Pattern)
    for name in dir(each)
    if not name.startswith("_")
)
"""Methods of what workflow code mostly calls methods of."""


class Callees:
    """What a module binds, sorted by whether it can be `str`."""

    def __init__(self, tree: ast.Module) -> None:
        self._variables: set[str] = set()
        self._attributes: set[str] = set()
        """Attributes that are assigned somewhere, and those of classes that are no methods."""
        self._defined: set[str] = set()
        self._libraries: set[str] = set()
        """Names of imported modules of the standard library."""
        for each in walk(tree):
            self._add(each)

    def _add(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            self._variables.add(node.id)
        elif isinstance(node, ast.arg):
            self._variables.add(node.arg)
        elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            self._variables.add(node.name)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            self._attributes.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg:  # `SimpleNamespace(make=str)`
            self._attributes.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._defined.add(node.name)
        elif isinstance(node, ast.ClassDef):
            self._defined.add(node.name)
            for statement in node.body:
                if isinstance(statement, ast.Assign | ast.AnnAssign):
                    self._attributes.update(
                        each.id for each in walk(statement) if isinstance(each, ast.Name)
                    )
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in sys.stdlib_module_names:
                    self._libraries.add(alias.asname or alias.name.partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            names = {alias.asname or alias.name for alias in node.names}
            known = not node.level and (node.module or "").partition(".")[0]
            if known not in sys.stdlib_module_names:
                self._variables |= names

    @property
    def reused(self) -> frozenset[str]:
        """Names of Python's own methods that are given to attributes here."""
        return frozenset(self._attributes & HOST_METHODS)

    def may_be_str(self, node: ast.expr) -> bool:
        """Whether what is called, or handed on to be called, may be the class `str`."""
        if isinstance(node, ast.Name):
            return node.id in self._variables
        if isinstance(node, ast.Attribute):
            if node.attr in self._attributes:
                return True
            if isinstance(node.value, ast.Name) and node.value.id in self._libraries:
                return False
            return node.attr not in self._defined and node.attr not in HOST_METHODS
        return not isinstance(node, ast.Lambda | ast.Constant | ast.Starred)
