"""Walking and copying syntax trees, several times as fast as `ast.walk` and `copy.deepcopy`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeVar

_N = TypeVar("_N", bound=ast.AST)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below, and the node itself, in no particular order."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        for value in node.__dict__.values():
            if isinstance(value, ast.AST):
                waiting.append(value)
            elif type(value) is list:
                waiting.extend([each for each in value if isinstance(each, ast.AST)])


def copied(node: _N) -> _N:
    """A copy that shares nothing with the original."""
    new = type(node).__new__(type(node))  # without __init__, which asks for all fields
    fields = new.__dict__
    for name, value in node.__dict__.items():
        if isinstance(value, ast.AST):
            fields[name] = copied(value)
        elif type(value) is list:
            fields[name] = [copied(each) if isinstance(each, ast.AST) else each for each in value]
        else:
            fields[name] = value
    return new
