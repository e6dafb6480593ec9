"""How types are spelled in annotations: quoted, and of which pieces of syntax."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from wfx_sandbox import names

Refuse = Callable[[ast.AST, str, str], None]
"""Collects a finding: where, which rule, what."""


def is_type(node: ast.expr, refuse: Refuse) -> bool:
    """Whether an annotation can be kept as text: names, dots, subscripts and constants."""
    for each in ast.walk(node):
        allowed = isinstance(
            each,
            ast.Name
            | ast.Attribute
            | ast.Subscript
            | ast.Tuple
            | ast.List
            | ast.Constant
            | ast.BinOp
            | ast.BitOr
            | ast.Load
            | ast.Starred
            | ast.UnaryOp
            | ast.USub,
        )
        if isinstance(each, ast.Attribute) and not names.is_plain(each.attr):
            allowed = False
        if isinstance(each, ast.Name) and each.id.startswith("_"):
            allowed = not names.is_dunder(each.id) and not names.is_reserved(each.id)
        if not allowed:
            refuse(
                each if hasattr(each, "lineno") else node,
                "WFX238",
                "this annotation names something defined further down, and is more than a type.",
            )
            return False
    return True


class Unquoting(ast.NodeTransformer):
    """Replaces quoted types inside an annotation by what they say, except in Literal."""

    def __init__(self, refuse: Refuse) -> None:
        self._refuse = refuse

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        base = node.value
        spelled = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
        if spelled == "Literal":
            return node
        if spelled == "Annotated" and isinstance(node.slice, ast.Tuple) and node.slice.elts:
            node.slice.elts[0] = self.visit(node.slice.elts[0])
            return node
        node.slice = self.visit(node.slice)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return node

    def visit_Constant(self, node: ast.Constant) -> Any:
        if not isinstance(node.value, str):
            return node
        try:
            parsed = ast.parse(node.value.strip(), mode="eval").body
        except SyntaxError:
            self._refuse(node, "WFX238", f"the annotation {node.value!r} is not a type.")
            return ast.copy_location(ast.Constant(None), node)
        for each in ast.walk(parsed):
            if hasattr(each, "lineno"):
                ast.copy_location(each, node)
        if not is_type(parsed, self._refuse):
            return ast.copy_location(ast.Constant(None), node)
        return self.visit(parsed)
