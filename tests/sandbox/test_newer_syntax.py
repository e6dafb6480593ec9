"""Syntax that only newer Pythons have."""

from __future__ import annotations

import sys
from typing import Any

import pytest


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with 3.12")
def test_type_parameters_and_aliases_run(lab: Any) -> None:
    """`type X = ...`, `def f[T]`, `class C[T]`, with a model and a dataclass."""
    assert lab.run(
        """
        from dataclasses import dataclass
        from pydantic import BaseModel
        from wfx import workflow

        type Names = list[str]

        def first[T](items: list[T]) -> T:
            return items[0]

        class Box[T](BaseModel):
            content: T

        @dataclass
        class Pair[A, B: int]:
            a: A
            b: B

        class M(BaseModel):
            names: Names = []

        @workflow
        async def main():
            return [first([3]), Box[int](content="4").content, Pair("x", 1).b, M(names=["n"]).names]
        """
    ) == [3, 4, 1, ["n"]]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with 3.12")
def test_a_type_parameter_cannot_shadow_a_guard(lab: Any) -> None:
    """It is a binding like any other."""
    found = lab.findings(
        """
        from wfx import workflow

        def f[_getattr_](x): return x._y

        @workflow
        async def main(): return f(1)
        """
    )
    assert found == ["3 WFX230 the name `_getattr_` is reserved for the sandbox."]


def test_a_node_that_nobody_has_judged_is_refused() -> None:
    """What a later grammar brings has no visitor, and is not let through."""
    import ast
    from pathlib import Path

    from wfx_sandbox.policy import Policy
    from wfx_sandbox.source import Source

    class Unheard(ast.stmt):
        """A statement of a Python to come."""

        _fields = ("value",)

    class TemplateStr(ast.expr):
        """As in Python 3.14."""

        _fields = ("values",)

    source = Source("flow", Path("flow.py"), "flow.py", "pass\n")
    policy = Policy(source)
    unheard = Unheard(value=ast.Constant(1), lineno=1, col_offset=0)
    template = TemplateStr(values=[], lineno=1, col_offset=0)
    policy.visit(ast.Module([unheard, ast.Expr(template, lineno=1, col_offset=0)], []))
    assert {each.rule for each in policy.findings} == {"WFX239"}
    assert [each.message.split("`")[1] for each in policy.findings][-2:] == [
        "Unheard",
        "TemplateStr",
    ]
