"""
Which global names a piece of source uses, and where.

Names bound in a function belong to it; those of a class body are seen by the body itself but
not by its methods, as in Python. Annotations of functions are left out, because the sandbox
drops them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Use:
    """One load of a global name."""

    name: str
    node: ast.expr
    """The name with the attributes after it: `a.b.c`."""
    attributes: tuple[str, ...]
    when: Literal["now", "called", "caught"]
    """At execution of the statement, when a function is called, or as `except name:`."""
    called: bool = False
    method: bool = False


def stored_names(nodes: list[ast.stmt]) -> set[str]:
    """Names that these statements bind in their own scope."""
    return {name for node in nodes for name in _stored(node)}


def _stored(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name.split(".")[0]
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        yield node.id
    elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    elif type(node).__name__ == "TypeAlias":
        yield node.name.id  # type: ignore[attr-defined]  # 3.12+
    if isinstance(node, _COMPREHENSIONS):
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                yield inner.target.id
        return
    for child in ast.iter_child_nodes(node):
        yield from _stored(child)


def _declared(body: list[ast.stmt]) -> set[str]:
    """Names declared `global` anywhere in this scope."""
    found: set[str] = set()
    for node in body:
        for each in ast.walk(node):
            if isinstance(each, ast.Global):
                found.update(each.names)
    return found


class _Collector(ast.NodeVisitor):
    def __init__(self) -> None:
        self.uses: list[Use] = []
        self._scopes: list[frozenset[str]] = []
        self._when: Literal["now", "called"] = "now"
        self._in_method = False
        self._in_class = False
        self._caught = False

    def _add(self, name: str, node: ast.expr, attributes: tuple[str, ...], called: bool) -> None:
        if any(name in scope for scope in self._scopes):
            return
        when: Literal["now", "called", "caught"] = "caught" if self._caught else self._when
        self.uses.append(Use(name, node, attributes, when, called, self._in_method))

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load | ast.Del):
            self._add(node.id, node, (), False)

    def _chain(self, node: ast.expr, called: bool) -> bool:
        attributes: list[str] = []
        inner = node
        while isinstance(inner, ast.Attribute):
            attributes.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            self._add(inner.id, node, tuple(reversed(attributes)), called)
            return True
        return False

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not self._chain(node, False):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if not (isinstance(node.func, ast.Name | ast.Attribute) and self._chain(node.func, True)):
            self.visit(node.func)
        for each in node.args:
            self.visit(each)
        for keyword in node.keywords:
            self.visit(keyword.value)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            before, self._caught = self._caught, True
            self.visit(node.type)
            self._caught = before
        for each in node.body:
            self.visit(each)

    def _function(self, node: _Function) -> None:
        if not isinstance(node, ast.Lambda):
            for decorator in node.decorator_list:
                self.visit(decorator)
            if self._in_class and node.decorator_list and node.returns is not None:
                self.visit(node.returns)  # kept, for computed fields
        args = node.args
        for default in [*args.defaults, *args.kw_defaults]:
            if default is not None:
                self.visit(default)
        parameters = {a.arg for a in [*args.posonlyargs, *args.args, *args.kwonlyargs]}
        parameters.update(a.arg for a in (args.vararg, args.kwarg) if a is not None)
        parameters.update(each.name for each in getattr(node, "type_params", ()))
        body: list[ast.stmt] = [ast.Expr(node.body)] if isinstance(node, ast.Lambda) else node.body
        local = (parameters | stored_names(body)) - _declared(body)
        before = self._when, self._in_method, self._in_class
        self._when = "called"
        self._in_method = self._in_method or self._in_class
        self._in_class = False
        self._scopes.append(frozenset(local))
        for each in body:
            self.visit(each)
        self._scopes.pop()
        self._when, self._in_method, self._in_class = before

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if self._in_class:
            for each in ast.walk(_unquoted(node.annotation)):
                if isinstance(each, ast.Name):
                    self._add(each.id, each, (), False)
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for each in [*node.decorator_list, *node.bases]:
            self.visit(each)
        for keyword in node.keywords:
            self.visit(keyword.value)
        before = self._in_class
        self._in_class = True
        parameters = frozenset(each.name for each in getattr(node, "type_params", ()))
        self._scopes.append(parameters)
        # Names of the class body are not subtracted: `x = x` reads the global, and a use
        # too many only makes one more statement run.
        for statement in node.body:
            self.visit(statement)
        self._scopes.pop()
        self._in_class = before

    def _comprehension(self, node: ast.expr) -> None:
        targets: set[str] = set()
        for generator in node.generators:  # type: ignore[attr-defined]  # comprehensions only
            targets.update(_stored(generator.target))
        self._scopes.append(frozenset(targets))
        self.generic_visit(node)
        self._scopes.pop()

    visit_ListComp = _comprehension
    visit_SetComp = _comprehension
    visit_DictComp = _comprehension
    visit_GeneratorExp = _comprehension


def _unquoted(node: ast.expr) -> ast.expr:
    """The annotation, with text in it parsed, as far as it parses."""
    wrapper = ast.Tuple([node], ast.Load())
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            try:
                wrapper.elts.append(ast.parse(each.value, mode="eval").body)
            except SyntaxError:
                continue
    return wrapper


def global_uses(node: ast.AST) -> list[Use]:
    """Every load of a global name in `node`."""
    collector = _Collector()
    collector.visit(node)
    return collector.uses


def rebound_names(node: ast.AST) -> frozenset[str]:
    """Global names that functions in `node` assign."""
    return frozenset(
        name for each in ast.walk(node) if isinstance(each, ast.Global) for name in each.names
    )


def annotation_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Names in a function's annotations, quoted ones too."""
    annotations = [
        arg.annotation
        for arg in ast.walk(node.args)
        if isinstance(arg, ast.arg) and arg.annotation is not None
    ]
    if node.returns is not None:
        annotations.append(node.returns)
    return {
        each.id
        for annotation in annotations
        for each in ast.walk(_unquoted(annotation))
        if isinstance(each, ast.Name)
    }


def bound_names(statement: ast.stmt) -> set[str]:
    """Names that a statement of module level binds or changes the content of."""
    found = stored_names([statement])
    for target in _targets(statement):
        inner = target
        while isinstance(inner, ast.Attribute | ast.Subscript):
            inner = inner.value
        if isinstance(inner, ast.Name):
            found.add(inner.id)
    return found


def _targets(statement: ast.stmt) -> list[ast.expr]:
    found: list[ast.expr] = []
    for each in ast.walk(statement):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return found
        if isinstance(each, ast.Assign):
            found.extend(each.targets)
        elif isinstance(each, ast.AugAssign | ast.AnnAssign):
            found.append(each.target)
    return found
