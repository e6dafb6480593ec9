"""
A last look at what the policy made, before it is compiled.

The policy's visitors decide; this only asserts what must hold whatever they did: no attribute
is named natively that needs a guard, and no guard's name is bound. A visitor that forgets a
part of a node is caught here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from wfx_sandbox import names
from wfx_sandbox.policy import Policy
from wfx_sandbox.trees import walk

_COUNTDOWN: Final = frozenset({"_left_", "_chunk_"})


def verify(statements: list[ast.stmt], policy: Policy) -> None:
    """Refuse what the policy should have refused or replaced."""
    for statement in statements:
        for node, name in unjudged(statement):
            policy.refuse(node, "WFX239", f"`{name}` stands where the sandbox does not judge it.")


def unjudged(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Nodes that must not be there, with the name each has."""
    for node in walk(tree):
        if isinstance(node, ast.Attribute):
            if not _may_stay(node):
                yield node, node.attr
        elif isinstance(node, ast.Name):
            bound = not isinstance(node.ctx, ast.Load)
            if bound and names.is_reserved(node.id) and node.id not in _COUNTDOWN:
                yield node, node.id
        elif isinstance(node, ast.arg):
            if names.is_reserved(node.arg):
                yield node, node.arg
        elif isinstance(node, ast.MatchClass):
            for attr in node.kwd_attrs:
                if not names.is_plain(attr):
                    yield node, attr
        else:
            for field in ("name", "rest"):
                name = getattr(node, field, None)
                if isinstance(name, str) and names.is_reserved(name):
                    yield node, name


def _may_stay(node: ast.Attribute) -> bool:
    attr = node.attr
    if attr == names.OWN_MARK:
        return isinstance(node.ctx, ast.Load)
    if names.is_dunder(attr) or names.is_reserved(attr) or attr in names.INTERPRETER:
        return False
    return not isinstance(node.ctx, ast.Load) or attr not in names.GUARDED
