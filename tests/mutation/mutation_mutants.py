"""
Variants of a module's workflow code, made on its syntax tree.

`mutants` change what a workflow may ask for; `refactors` change how it is written.
Whether a mutant changes the commands of a run is decided by running it, not here.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Variant:
    """A changed module."""

    kind: str
    line: int
    what: str
    source: str

    def __str__(self) -> str:
        return f"{self.kind} at line {self.line}: {self.what}"


def _decorated(node: ast.AST, name: str) -> bool:
    return isinstance(node, Function) and any(
        (isinstance(each, ast.Name) and each.id == name)
        or (isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == name)
        for each in node.decorator_list
    )


def _workflow_functions(tree: ast.Module) -> list[Function]:
    """Functions that run in the sandbox: workflows and plain helpers, not steps."""
    return [
        node for node in tree.body if isinstance(node, Function) and not _decorated(node, "step")
    ]


def _steps(tree: ast.Module) -> list[str]:
    return [
        node.name for node in tree.body if isinstance(node, Function) and _decorated(node, "step")
    ]


class _Maker:
    """Makes variants of one tree; each edit gets a copy, found again by its number."""

    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        for number, node in enumerate(ast.walk(self.tree)):
            node._number = number  # type: ignore[attr-defined]  # survives the copy

    def variant(
        self, kind: str, node: ast.AST, what: str, edit: Callable[[ast.AST, ast.Module], None]
    ) -> Variant | None:
        tree = copy.deepcopy(self.tree)
        number = node._number  # type: ignore[attr-defined]  # see __init__
        twin = next(each for each in ast.walk(tree) if getattr(each, "_number", None) == number)
        edit(twin, tree)
        text = ast.unparse(ast.fix_missing_locations(tree))
        return Variant(kind, getattr(node, "lineno", 0), what, text + "\n")


def _blocks(function: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every list of statements below a node, with its field."""
    for node in ast.walk(function):
        for name in ("body", "orelse", "finalbody"):
            if isinstance(getattr(node, name, None), list) and getattr(node, name):
                yield node, name


def _touches(node: ast.AST) -> bool:
    """Whether a statement asks for something or observes something."""
    return any(
        isinstance(each, ast.Await | ast.AsyncWith | ast.AsyncFor)
        or (isinstance(each, ast.Call) and _called(each) in _OBSERVING)
        for each in ast.walk(node)
    )


_OBSERVING = {"now", "uuid4", "create_hook", "create_task", "gather", "randint", "shuffle", "time"}


def _called(call: ast.Call) -> str:
    func = call.func
    return func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:70]


def mutants(source: str) -> Iterator[Variant]:
    """Every mutant of a module's workflow code."""
    maker = _Maker(source)
    steps = _steps(maker.tree)
    for function in _workflow_functions(maker.tree):
        for made in (
            *_statements(maker, function),
            *_expressions(maker, function, steps),
            *_branches(maker, function),
        ):
            if made is not None:
                yield made
    for name in steps:
        made = _renamed_step(maker, name)
        if made is not None:
            yield made


# -- statements: drop, add, swap ----------------------------------------------------------


def _statements(maker: _Maker, function: Function) -> Iterator[Variant | None]:
    for owner, field in _blocks(function):
        body: list[ast.stmt] = getattr(owner, field)
        for index, statement in enumerate(body):
            if isinstance(statement, Function) or not _touches(statement):
                continue
            if len(body) > 1 and isinstance(statement, ast.Expr | ast.Assign | ast.AugAssign):
                yield maker.variant(
                    "drop", statement, _text(statement), _dropper(owner, field, index)
                )
            if isinstance(statement, ast.Expr | ast.Assign):
                yield maker.variant(
                    "add", statement, f"twice: {_text(statement)}", _doubler(owner, field, index)
                )
                for what, imported, text in _ADDED:
                    edit = _adder(owner, field, index, imported, text)
                    yield maker.variant("add", statement, f"{what} before", edit)
            if index + 1 < len(body) and not isinstance(body[index + 1], Function):
                yield maker.variant(
                    "swap", statement, _text(statement), _swapper(owner, field, index)
                )


def _twin(tree: ast.Module, owner: ast.AST) -> ast.AST:
    number = owner._number  # type: ignore[attr-defined]  # see _Maker
    return next(each for each in ast.walk(tree) if getattr(each, "_number", None) == number)


def _dropper(owner: ast.AST, field: str, index: int) -> Callable[[ast.AST, ast.Module], None]:
    def edit(_: ast.AST, tree: ast.Module) -> None:
        body = getattr(_twin(tree, owner), field)
        gone = body[index]
        if isinstance(gone, ast.Assign):
            gone.value = ast.Constant(None)
        else:
            del body[index]

    return edit


def _doubler(owner: ast.AST, field: str, index: int) -> Callable[[ast.AST, ast.Module], None]:
    def edit(_: ast.AST, tree: ast.Module) -> None:
        body = getattr(_twin(tree, owner), field)
        body.insert(index, copy.deepcopy(body[index]))

    return edit


_ADDED = (
    ("a sleep", "import asyncio as _asyncio", "await _asyncio.sleep(7)"),
    ("a reading of the clock", "import time as _time", "_time.time()"),
)


def _adder(
    owner: ast.AST, field: str, index: int, imported: str, text: str
) -> Callable[[ast.AST, ast.Module], None]:
    def edit(_: ast.AST, tree: ast.Module) -> None:
        tree.body.insert(_after_future(tree), ast.parse(imported).body[0])
        function = ast.parse(f"async def f():\n    {text}").body[0]
        assert isinstance(function, ast.AsyncFunctionDef)
        getattr(_twin(tree, owner), field).insert(index, function.body[0])

    return edit


def _after_future(tree: ast.Module) -> int:
    last = 0
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            last = index + 1
        elif index == 0 and isinstance(node, ast.Expr):
            last = 1
    return last


def _swapper(owner: ast.AST, field: str, index: int) -> Callable[[ast.AST, ast.Module], None]:
    def edit(_: ast.AST, tree: ast.Module) -> None:
        body = getattr(_twin(tree, owner), field)
        body[index], body[index + 1] = body[index + 1], body[index]

    return edit


# -- expressions: arguments, durations, tokens, conditions, loops, outputs ------------------


def _expressions(maker: _Maker, function: Function, steps: list[str]) -> Iterator[Variant | None]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield from _calls(maker, node, steps)
        elif isinstance(node, ast.If | ast.While | ast.IfExp):
            yield maker.variant("condition", node.test, f"not {_text(node.test)}", _negate)
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARED:
            yield maker.variant("condition", node, _text(node), _compared)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            if not isinstance(node, ast.AsyncFor):
                yield maker.variant("loop", node.iter, f"one less of {_text(node.iter)}", _shorter)
        elif isinstance(node, ast.Return) and node.value is not None:
            yield maker.variant("output", node, _text(node), _other_output)


def _calls(maker: _Maker, node: ast.Call, steps: list[str]) -> Iterator[Variant | None]:
    name = _called(node)
    if name in ("sleep", "timeout") and node.args:
        yield maker.variant("duration", node.args[0], _text(node), _longer)
    if name == "wait_for" and (len(node.args) > 1 or node.keywords):
        wanted = node.args[1] if len(node.args) > 1 else node.keywords[0].value
        yield maker.variant("duration", wanted, _text(node), _longer)
    if name == "create_hook":
        if node.args:
            yield maker.variant("token", node.args[0], _text(node), _suffixed)
        for keyword in node.keywords:
            if keyword.arg == "schema":
                yield maker.variant("token", node, "without its schema", _without_keywords)
    if name in steps:
        for index, argument in enumerate(node.args):
            if isinstance(argument, ast.Constant):
                yield maker.variant("arguments", argument, _text(node), _other_constant)
            elif isinstance(argument, ast.Name | ast.Attribute | ast.BinOp | ast.JoinedStr):
                yield maker.variant(
                    "arguments", argument, f"argument {index} of {_text(node)}", _other_value
                )
        for keyword in node.keywords:
            yield maker.variant("arguments", keyword.value, _text(node), _other_value)
        for other in steps:
            if other != name:
                yield maker.variant("replace", node, f"{other} for {name}", _other_step(other))
                break
    if name == "range" and node.args:
        yield maker.variant("loop", node.args[-1], f"one more of {_text(node)}", _one_more)


_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip


def _become(node: ast.AST, other: ast.AST) -> None:
    node.__class__ = other.__class__
    node.__dict__.clear()
    node.__dict__.update(other.__dict__)


def _negate(node: ast.AST, _: ast.Module) -> None:
    _become(node, ast.UnaryOp(ast.Not(), copy.copy(node)))


def _compared(node: ast.AST, _: ast.Module) -> None:
    assert isinstance(node, ast.Compare)
    node.ops[0] = _COMPARED[type(node.ops[0])]()


def _shorter(node: ast.AST, _: ast.Module) -> None:
    listed = ast.Call(ast.Name("list", ast.Load()), [copy.copy(node)], [])
    part = ast.Slice(None, ast.UnaryOp(ast.USub(), ast.Constant(1)), None)
    _become(node, ast.Subscript(listed, part, ast.Load()))


def _longer(node: ast.AST, _: ast.Module) -> None:
    _become(node, ast.BinOp(copy.copy(node), ast.Mult(), ast.Constant(2)))


def _suffixed(node: ast.AST, _: ast.Module) -> None:
    _become(node, ast.BinOp(copy.copy(node), ast.Add(), ast.Constant("-2")))


def _without_keywords(node: ast.AST, _: ast.Module) -> None:
    assert isinstance(node, ast.Call)
    node.keywords = [each for each in node.keywords if each.arg != "schema"]


def _one_more(node: ast.AST, _: ast.Module) -> None:
    _become(node, ast.BinOp(copy.copy(node), ast.Add(), ast.Constant(1)))


def _other_constant(node: ast.AST, _: ast.Module) -> None:
    assert isinstance(node, ast.Constant)
    value = node.value
    if isinstance(value, bool):
        node.value = not value
    elif isinstance(value, str):
        node.value = value + "x"
    elif isinstance(value, (int, float)):
        node.value = value + 1
    else:
        node.value = "other"


def _other_value(node: ast.AST, tree: ast.Module) -> None:
    """`_other(value)`, which changes what it can without changing its type."""
    helper = ast.parse(_OTHER).body
    tree.body[_after_future(tree) : _after_future(tree)] = helper
    _become(node, ast.Call(ast.Name("_other", ast.Load()), [copy.copy(node)], []))


_OTHER = """
def _other(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, list):
        return value[:-1]
    if hasattr(value, "model_copy"):
        names = type(value).model_fields
        return value.model_copy(update={name: _other(getattr(value, name)) for name in names})
    return value
"""


def _other_step(name: str) -> Callable[[ast.AST, ast.Module], None]:
    def edit(node: ast.AST, _: ast.Module) -> None:
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        node.func.id = name

    return edit


def _other_output(node: ast.AST, _: ast.Module) -> None:
    assert isinstance(node, ast.Return)
    assert node.value is not None
    value = node.value
    node.value = ast.Tuple([value, ast.Constant("other")], ast.Load())


# -- moving across a branch -----------------------------------------------------------------


def _branches(maker: _Maker, function: Function) -> Iterator[Variant | None]:
    for owner, field in _blocks(function):
        body: list[ast.stmt] = getattr(owner, field)
        for index, statement in enumerate(body):
            if not isinstance(statement, ast.If | ast.For | ast.While | ast.Try | ast.AsyncWith):
                continue
            after = body[index + 1] if index + 1 < len(body) else None
            if after is not None and _touches(after) and not isinstance(after, ast.Return):
                yield maker.variant(
                    "move",
                    after,
                    f"into the block above: {_text(after)}",
                    _into(owner, field, index),
                )
            last = statement.body[-1]
            if len(statement.body) > 1 and _touches(last) and not isinstance(last, ast.Return):
                yield maker.variant(
                    "move", last, f"out of its block: {_text(last)}", _out_of(owner, field, index)
                )


def _into(owner: ast.AST, field: str, index: int) -> Callable[[ast.AST, ast.Module], None]:
    def edit(_: ast.AST, tree: ast.Module) -> None:
        body = getattr(_twin(tree, owner), field)
        body[index].body.append(body.pop(index + 1))

    return edit


def _out_of(owner: ast.AST, field: str, index: int) -> Callable[[ast.AST, ast.Module], None]:
    def edit(_: ast.AST, tree: ast.Module) -> None:
        body = getattr(_twin(tree, owner), field)
        body.insert(index + 1, body[index].body.pop())

    return edit


# -- steps ----------------------------------------------------------------------------------


def _renamed_step(maker: _Maker, name: str) -> Variant | None:
    definition = next(
        node for node in maker.tree.body if isinstance(node, Function) and node.name == name
    )

    def edit(_: ast.AST, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if isinstance(node, Function) and node.name == name:
                node.name = f"{name}_2"
            elif isinstance(node, ast.Name) and node.id == name:
                node.id = f"{name}_2"

    return maker.variant("rename", definition, name, edit)


# -- refactors ------------------------------------------------------------------------------


def refactors(source: str) -> Iterator[Variant]:
    """Variants that ask for the same."""
    maker = _Maker(source)
    yield Variant("reformat", 0, "the whole module", ast.unparse(maker.tree) + "\n")
    for function in _workflow_functions(maker.tree):
        for made in (
            *_renamed_locals(maker, function),
            *_extracted(maker, function),
            *_pure(maker, function),
        ):
            if made is not None:
                yield made


def _locals(function: Function) -> list[str]:
    """Names that this function alone binds: no parameters, nothing of functions inside."""
    inner = {
        name.id
        for node in ast.walk(function)
        if isinstance(node, Function | ast.Lambda) and node is not function
        for name in ast.walk(node)
        if isinstance(name, ast.Name)
    }
    bound = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return sorted(bound - inner)


def _renamed_locals(maker: _Maker, function: Function) -> Iterator[Variant | None]:
    for name in _locals(function):

        def edit(twin: ast.AST, _: ast.Module, name: str = name) -> None:
            for node in ast.walk(twin):
                if isinstance(node, ast.Name) and node.id == name:
                    node.id = f"{name}_renamed"

        yield maker.variant("rename a local", function, name, edit)


def _extracted(maker: _Maker, function: Function) -> Iterator[Variant | None]:
    """`x = await f(a)` becomes `x = await _extracted(f, a)`, with what it names as arguments."""
    known = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    known |= {
        n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    known |= {n.name for n in ast.walk(function) if isinstance(n, Function) and n is not function}
    known |= {n.name for n in ast.walk(function) if isinstance(n, ast.ExceptHandler) and n.name}
    own = [
        n for n in ast.walk(function) if isinstance(n, Function | ast.Lambda) and n is not function
    ]
    inside = {id(each) for node in own for each in ast.walk(node)}
    for node in ast.walk(function):
        if not isinstance(node, ast.Await) or id(node) in inside:
            continue
        if any(
            isinstance(each, ast.comprehension | ast.NamedExpr | ast.Lambda)
            for each in ast.walk(node)
        ):
            continue
        names = sorted({n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in known})

        def edit(twin: ast.AST, tree: ast.Module, names: list[str] = names) -> None:
            helper = ast.parse(f"async def _extracted({', '.join(names)}):\n    return 0").body[0]
            assert isinstance(helper, ast.AsyncFunctionDef)
            helper.body = [ast.Return(copy.copy(twin))]  # type: ignore[arg-type]  # an await
            tree.body.insert(_before_functions(tree), helper)
            call = ast.parse(f"_extracted({', '.join(names)})", mode="eval").body
            _become(twin, ast.Await(call))

        yield maker.variant("extract a helper", node, _text(node), edit)


def _before_functions(tree: ast.Module) -> int:
    """Before the first workflow."""
    return next(i for i, node in enumerate(tree.body) if _decorated(node, "workflow"))


def _pure(maker: _Maker, function: Function) -> Iterator[Variant | None]:
    for owner, field in _blocks(function):
        for index, statement in enumerate(getattr(owner, field)):
            if not _touches(statement):
                continue

            def edit(
                _: ast.AST,
                tree: ast.Module,
                owner: ast.AST = owner,
                field: str = field,
                index: int = index,
            ) -> None:
                pure = ast.parse("_squares = {n: str(n * n) for n in range(5)}").body[0]
                getattr(_twin(tree, owner), field).insert(index, pure)

            yield maker.variant("add pure code", statement, _text(statement), edit)
