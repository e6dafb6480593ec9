"""
From analysed source to code objects, once per content.

Only the statements that the analysis found needed are compiled. A step becomes
`name = _step_("name")`, a workflow is handed to `_workflow_`, a tainted name to
`_placeholder_`; these three are globals that the importer provides per run. Pure statements
(see `sharing.py`) make a code object of their own, executed once per program.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, replace
from types import CodeType
from typing import Final

from wfx_sandbox import nodes
from wfx_sandbox.analysis import Analysis, Statement
from wfx_sandbox.errors import Finding
from wfx_sandbox.policy import POLICY_VERSION, Policy
from wfx_sandbox.trees import copied, walk
from wfx_sandbox.verify import verify


@dataclass(frozen=True, slots=True)
class CompiledModule:
    """One local module, ready to be executed in a namespace."""

    name: str
    place: str
    code: CodeType
    """What is executed per run."""
    shared_code: CodeType | None
    """What is executed once per program, before."""
    shared_names: frozenset[str]
    """What that binds."""
    is_package: bool
    classes: bool
    """Whether it defines classes, whose string annotations want finishing."""


_CACHE_MAX: Final = 256
_cache: dict[object, tuple[CompiledModule, tuple[Finding, ...]]] = {}


def compile_module(
    analysis: Analysis,
    shared: frozenset[int] = frozenset(),
    reused: frozenset[str] = frozenset(),
) -> tuple[CompiledModule, list[Finding]]:
    """
    The code of a module and what the policy refuses in it.

    Args:
        shared: Places of the statements that are executed once per program.
        reused: Names of Python's own methods that some module gives to attributes of its own.
    """
    source = analysis.source
    needed = tuple(
        (index, statement.hard, statement.kind, statement.changes, statement.node.lineno)
        for index, statement in enumerate(analysis.statements)
        if statement.needed
    )
    key = (
        source.digest,
        source.module,
        source.place,
        POLICY_VERSION,
        sys.version_info[:2],
        needed,
        tuple(sorted(analysis.placeholders)),
        shared,
        reused,
    )
    found = _cache.get(key)
    if found is None:
        if len(_cache) >= _CACHE_MAX:
            _cache.clear()
        found = _cache[key] = _compile(analysis, shared, reused)
    return found[0], list(found[1])


def _compile(
    analysis: Analysis, shared: frozenset[int], reused: frozenset[str]
) -> tuple[CompiledModule, tuple[Finding, ...]]:
    source = analysis.source
    names = frozenset(name for index in shared for name in analysis.statements[index].binds)
    once, per_run = Policy(source, reused=reused), Policy(source, names, reused)
    findings: list[Finding] = []
    body: list[ast.stmt] = []
    shared_body: list[ast.stmt] = []
    shared_names: set[str] = set()
    for name, taint in analysis.placeholders.items():
        line = max(1, taint.line)
        like = ast.Pass(lineno=line, col_offset=0, end_lineno=line, end_col_offset=0)
        body.append(_assign(name, _call("_placeholder_", like, name), like))
    if (doc := ast.get_docstring(source.tree, clean=False)) is not None:
        body.append(_assign("__doc__", ast.Constant(doc), ast.Pass(lineno=1, col_offset=0)))
    for index, statement in enumerate(analysis.statements):
        if not statement.needed:
            continue
        guarded, target = (once, shared_body) if index in shared else (per_run, body)
        before = len(guarded.findings)
        made = _statement(statement, guarded)
        if len(guarded.findings) == before:
            verify(made, guarded)
        fresh = guarded.findings[before:]
        if fresh and statement.kind == "class" and not statement.hard:
            # Nobody names this class in workflow code: without it a value of it is only
            # a value that cannot be decoded.
            del guarded.findings[before:]
            findings.extend(replace(each, severity="warning") for each in fresh)
            continue
        findings.extend(fresh)
        target.extend(made)
        guarded.bound.update(statement.binds)
        if target is shared_body:
            shared_names.update(statement.binds)
            if statement.local:
                # The run's own module is executed too: it may do more than define names.
                body.extend(_statement(statement, per_run))
    refused = any(each.severity == "error" for each in findings)
    compiled = CompiledModule(
        source.module,
        source.place,
        _code([] if refused else body, source.place),
        _code(shared_body, source.place) if shared_body and not refused else None,
        frozenset(shared_names),
        source.is_package,
        any(isinstance(e, ast.ClassDef) for each in [*body, *shared_body] for e in walk(each)),
    )
    return compiled, tuple(findings)


def _code(body: list[ast.stmt], place: str) -> CodeType:
    module = ast.fix_missing_locations(ast.Module(body, []))
    return compile(module, place, "exec", dont_inherit=True, optimize=0)


def _statement(statement: Statement, guarded: Policy) -> list[ast.stmt]:
    node = statement.node
    if statement.kind == "step":
        return [_step(statement, name, guarded) for name in sorted(statement.binds)]
    node = copied(node)  # the policy changes nodes, and the analysis keeps them
    if statement.kind == "workflow":
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.decorator_list = []
            made = guarded.statement(node)
            wrapped = ast.Call(
                nodes.guard("_workflow_", node),
                [ast.Constant(node.name), nodes.guard(node.name, node)],
                [],
            )
            return [*made, _assign(node.name, wrapped, node)]
        return _workflow_call(statement, node, guarded)
    return guarded.statement(node)


def _step(statement: Statement, name: str, guarded: Policy) -> ast.stmt:
    """What calls the step, given to the decorators above `@step` if they change something."""
    node = statement.node
    value = _call("_step_", node, name)
    for decorator in reversed(statement.outer_decorators if statement.changes else ()):
        value = ast.copy_location(
            ast.Call(guarded.visit(copied(decorator)), [value], []), decorator
        )
    return _assign(name, value, node)


def _workflow_call(statement: Statement, node: ast.stmt, guarded: Policy) -> list[ast.stmt]:
    """`checkout = workflow(f)`, `workflow(name="…")(f)`."""
    value = getattr(node, "value", None)
    function = value.args[0] if isinstance(value, ast.Call) and value.args else None
    made: list[ast.stmt] = []
    for name in sorted(statement.binds):
        inner = ast.Constant(None) if function is None else guarded.visit(copied(function))
        wrapped = ast.Call(nodes.guard("_workflow_", node), [ast.Constant(name), inner], [])
        made.append(_assign(name, wrapped, node))
    return made


def _assign(name: str, value: ast.expr, like: ast.AST) -> ast.stmt:
    node = ast.Assign([ast.Name(name, ast.Store())], value)
    return ast.fix_missing_locations(ast.copy_location(node, like))


def _call(function: str, like: ast.AST, argument: str) -> ast.expr:
    return nodes.guard_call(function, like, ast.Constant(argument))
