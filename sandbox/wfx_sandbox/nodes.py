"""Pieces of syntax tree that the policy puts in, each located where the author's code is."""

from __future__ import annotations

import ast
from functools import cache

from wfx_sandbox import names
from wfx_sandbox.forms import is_str
from wfx_sandbox.trees import copied, walk


def guard(id: str, like: ast.AST) -> ast.Name:
    """A load of the guard `id`, located at `like`."""
    return ast.copy_location(ast.Name(id, ast.Load()), like)


def guard_call(of: str, like: ast.AST, *args: ast.expr) -> ast.Call:
    """A call of a guard, located at `like`."""
    node = ast.copy_location(ast.Call(guard(of, like), list(args), []), like)
    return ast.fix_missing_locations(node)


def statement_of(node: ast.expr) -> ast.stmt:
    """An expression as a statement."""
    return ast.copy_location(ast.Expr(node), node)


def made(source: str, like: ast.AST) -> list[ast.stmt]:
    """Statements of ours, each node of them located at `like`."""
    body = [copied(each) for each in _template(source)]
    for statement in body:
        for each in walk(statement):
            ast.copy_location(each, like)
    return body


@cache
def _template(source: str) -> list[ast.stmt]:
    return ast.parse(source).body


def _head(node: ast.AST) -> ast.AST:
    """The first line of a compound statement, as a location."""
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    return ast.Pass(lineno=line, col_offset=column, end_lineno=line, end_col_offset=column + 1)


def countdown(like: ast.AST) -> list[ast.stmt]:
    """One turn of a loop less, and a question to the tank when a chunk of them is used up."""
    return made(
        "_left_ -= 1\nif not _left_:\n    _left_ = _chunk_ = _refill_(_chunk_)", _head(like)
    )


def countdown_start(like: ast.AST) -> ast.stmt:
    """The chunk that a function with loops begins with."""
    return made("_left_ = _chunk_ = 1", _head(like))[0]


def receiver_check(receiver: str, stores: bool, like: ast.AST) -> ast.stmt:
    """
    Instances of own classes pass at the price of a look at their class.

    A handler costs nothing until it is entered, so the guard is called only for the rest:
    classes given for `self`, objects of the host, members of an Enum that is being made.
    """
    of = "_written_" if stores else "_receiver_"
    source = (
        f"try:\n    _type_({receiver}).{names.OWN_MARK}\nexcept _unmarked_:\n    {of}({receiver})"
    )
    return made(source, _head(like))[0]


def callee(node: ast.expr) -> ast.expr:
    """What is called with one argument, if it may be `str` under another name."""
    if isinstance(node, ast.Name):  # looked at in place, which costs next to nothing
        test = ast.Compare(copied(node), [ast.Is()], [guard("_strtype_", node)])
        made = ast.copy_location(ast.IfExp(test, guard("_str_", node), node), node)
        return ast.fix_missing_locations(made)
    return guard_call("_callee_", node, node)


def as_function(node: ast.expr) -> ast.expr:
    """What is handed on to be called, if it may be `str`."""
    return guard("_str_", node) if is_str(node) else callee(node)
