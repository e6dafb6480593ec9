"""
What workflow code may be made of: RestrictedPython's transformer, opened for modern Python.

An unknown node is refused. Every form that binds a name goes through `check_name`, so that
no binding can shadow a guard. Ordinary attribute access, calls, items and loops are left
as they are, which is why sandboxed code runs at the speed of plain Python; risky names and
every attribute store become a call of a guard (see `guards/`).
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from RestrictedPython.transformer import RestrictingNodeTransformer

from wfx_sandbox import names
from wfx_sandbox.errors import Finding
from wfx_sandbox.forms import (
    CONSUMERS,
    asks_identity,
    is_abc_meta,
    is_dict_view,
    is_docstring,
    is_exception,
    is_range,
    is_singleton,
    is_str,
    may_be_locale,
    may_be_text,
    receiver_of,
)
from wfx_sandbox.nodes import (
    as_function,
    callee,
    countdown,
    countdown_start,
    guard,
    guard_call,
    receiver_check,
    statement_of,
)
from wfx_sandbox.scopes import stored_names
from wfx_sandbox.source import Source
from wfx_sandbox.spelling import Unquoting, is_type
from wfx_sandbox.text import CALLED_KEYWORDS
from wfx_sandbox.trees import copied, walk

POLICY_VERSION: Final = "4"

_N = TypeVar("_N", bound=ast.AST)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


_NARROW: Final = frozenset(
    each.__name__
    for each in vars(builtins).values()
    if isinstance(each, type)
    and issubclass(each, Exception)
    and not issubclass(each, RecursionError | MemoryError | ExceptionGroup)
    and not issubclass(RecursionError, each)
    and not issubclass(MemoryError, each)
)
"""Builtin exceptions whose handlers cannot meet a limit of the host."""

_COUNTED_METHODS: Final = frozenset({"__next__", "__anext__", "__getitem__"})
"""What code written in C calls again and again without any loop in workflow code."""

_EXITS: Final = frozenset({"__exit__", "__aexit__"})


def _makes_text(node: ast.Call) -> bool:
    """Whether a call has the form of `str(x)`, or may have."""
    if any(isinstance(each, ast.Starred) for each in node.args):
        return True
    if any(each.arg is None for each in node.keywords):
        return True
    if node.keywords:
        return not node.args and len(node.keywords) == 1 and node.keywords[0].arg == "object"
    return len(node.args) == 1


def _gives_one_value(node: ast.Call) -> bool:
    """Whether a call has one argument and nothing else."""
    return len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred)


class Policy(RestrictingNodeTransformer):
    """Turns a module's statements into guarded ones and collects what it refuses."""

    def __init__(
        self,
        source: Source,
        bound: frozenset[str] = frozenset(),
        reused: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__()
        self.source = source
        self.findings: list[Finding] = []
        self.bound: set[str] = set(bound)
        """Module-level names bound so far; annotations that use others stay text."""
        self._classes: list[str | None] = []
        """Enclosing classes, innermost last; None for an enclosing function."""
        self._class_names: list[set[str]] = []
        """What enclosing class bodies bind, type parameters included."""
        self._native_views: set[int] = set()
        """Calls of keys() and items() whose result is only iterated over."""
        self._reused = reused
        """Names of Python's own methods that some module gives to attributes of its own."""
        self._looping: list[bool] = []
        """For every enclosing function, whether a loop of it counts down."""
        self._receivers: frozenset[str] = frozenset()
        """Names of `self` that are checked once, at the beginning of their method."""

    # -- refusing --------------------------------------------------------------------------

    def refuse(self, node: ast.AST, rule: str, message: str, remedy: str = "") -> None:
        """Collect a finding at `node`."""
        finding = self.source.finding(node, rule, message, remedy=remedy)
        if finding not in self.findings:
            self.findings.append(finding)

    def error(self, node: ast.AST, info: str) -> None:
        """What RestrictedPython itself refuses."""
        self.refuse(node, "WFX239", info)

    def warn(self, node: ast.AST, info: str) -> None:
        """RestrictedPython's warnings always come with an error."""

    def not_allowed(self, node: ast.AST) -> None:
        """Refuse syntax that no visitor knows."""
        self.refuse(node, "WFX239", f"`{type(node).__name__}` is syntax the sandbox does not know.")

    def _contents(self, node: _N) -> _N:
        visited: _N = self.node_contents_visit(node)
        return visited

    # -- names -----------------------------------------------------------------------------

    @property
    def _in_class_body(self) -> bool:
        return bool(self._classes) and self._classes[-1] is not None

    @property
    def _class_name(self) -> str | None:
        return next((c for c in reversed(self._classes) if c is not None), None)

    def check_name(
        self, node: ast.AST, name: str | None, allow_magic_methods: bool = False
    ) -> None:
        """Refuse to bind or load a name that is the sandbox's or Python's own."""
        if name is None or name == "_":
            return
        if names.is_dunder(name):
            loaded = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            defined = name in names.DEFINABLE_DUNDERS and bool(self._classes)
            if loaded:  # in a class body, `__radd__ = __add__`
                allowed = name in names.LOADABLE_NAMES or (defined and self._in_class_body)
            else:
                allowed = name in names.STORABLE_DUNDERS or defined
            if not allowed:
                self.refuse(node, "WFX231", f"`{name}` is special to Python.")
        elif names.is_reserved(name):
            self.refuse(node, "WFX230", f"the name `{name}` is reserved for the sandbox.")

    def visit_Name(self, node: ast.Name) -> ast.expr:
        self.check_name(node, node.id)
        if isinstance(node.ctx, ast.Load) and node.id == "__name__":
            # The namespace itself has a private name per run, see importer.py.
            return ast.copy_location(ast.Constant(self.source.module), node)
        return node

    def visit_Global(self, node: ast.Global) -> ast.AST:
        for each in node.names:
            self.check_name(node, each)
        return node

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.AST:
        for each in node.names:
            self.check_name(node, each)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.check_name(node, node.name)
        narrow = self._is_narrow(node.type)
        node = self._contents(node)
        if not narrow:
            node.body.insert(0, statement_of(guard_call("_caught_", node)))
        return node

    def _is_narrow(self, caught: ast.expr | None) -> bool:
        """Whether a handler of this type cannot meet what depends on the host's limits."""
        if isinstance(caught, ast.Tuple):
            return all(self._is_narrow(each) for each in caught.elts)
        return (
            isinstance(caught, ast.Name)
            and caught.id in _NARROW
            and caught.id not in self.source.module_names
        )

    def visit_Try(self, node: ast.Try) -> ast.AST:
        leaves = any(  # or raises something else in place of what is on its way
            isinstance(each, ast.Return | ast.Break | ast.Continue | ast.Raise | ast.Call)
            for statement in node.finalbody
            for each in walk(statement)
        )
        # Only what is suspended inside can be lost and closed by the collector.
        suspends = node.finalbody and any(
            isinstance(each, ast.Yield | ast.YieldFrom | ast.Await | ast.AsyncFor | ast.AsyncWith)
            for each in walk(node)
        )
        node = self._contents(node)
        if leaves:
            node.finalbody.insert(0, statement_of(guard_call("_caught_", node.finalbody[0])))
        elif suspends:
            node.finalbody.insert(0, statement_of(guard_call("_lost_", node.finalbody[0])))
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        return self._contents(node)

    def check_import_names(self, node: ast.Import | ast.ImportFrom) -> ast.AST:
        for alias in node.names:
            if alias.name == "*":
                self.refuse(node, "WFX242", "`from … import *` hides where names come from.")
                continue
            self.check_name(node, alias.asname or alias.name.split(".")[0])
            if isinstance(node, ast.ImportFrom):
                self.check_name(node, alias.name)
        return node

    # -- attributes, items, stores ---------------------------------------------------------

    def attribute_allowed(self, node: ast.AST, attr: str) -> bool:
        """Whether source may name this attribute; collects a finding if not."""
        if names.is_dunder(attr):
            if attr not in names.LOADABLE_DUNDERS:
                self.refuse(node, "WFX231", f"the attribute `{attr}` is special to Python.")
                return False
        elif names.is_reserved(attr):
            self.refuse(node, "WFX230", f"the attribute name `{attr}` is reserved for the sandbox.")
            return False
        elif attr in names.INTERPRETER:
            self.refuse(
                node,
                "WFX232",
                f"the attribute `{attr}` leads into the interpreter.",
                "Workflow code has no use for it; choose another name if it is yours.",
            )
            return False
        return True

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        allowed = self.attribute_allowed(node, node.attr)
        value = self.visit(node.value)
        node.value = value
        if not allowed:
            return node
        if isinstance(node.ctx, ast.Load):
            if names.is_plain(node.attr) and node.attr not in names.OBSERVED:
                return node
            attr = names.mangled(node.attr, self._class_name)
            private = names.is_private(attr)
            if private and self._is_receiver(node.value):
                return node
            return guard_call(
                "_private_" if private else "_getattr_", node, value, ast.Constant(attr)
            )
        if names.is_dunder(node.attr):
            self.refuse(node, "WFX231", f"the attribute `{node.attr}` cannot be assigned.")
        elif node.attr in names.UNSTORABLE:
            self.refuse(node, "WFX230", f"the attribute `{node.attr}` cannot be assigned.")
        if not self._is_receiver(node.value):
            node.value = guard_call("_write_", node.value, value)
        return node

    def _is_receiver(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._receivers

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return self._contents(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        if isinstance(node.target, ast.Attribute):
            attr = node.target.attr
            if attr in names.GUARDED or attr in names.HOST_PRIVATE:
                # It is read without a guard, and the other operand may get what it is.
                self.refuse(
                    node,
                    "WFX231",
                    f"`{attr}` cannot be changed in place.",
                    "Write it as an assignment: `x.name = x.name + …`.",
                )
        if isinstance(node.op, ast.Mod) and may_be_text(node.target, node.value):
            return self._remainder(node)
        return self._contents(node)

    def _remainder(self, node: ast.AugAssign) -> ast.AST:
        """`%=`, which may make text that shows objects."""
        target, value = node.target, node.value
        if isinstance(target, ast.Name):
            left = ast.copy_location(ast.Name(target.id, ast.Load()), node)
            made = guard_call("_irem_", node, left, self.visit(value))
            assign = ast.copy_location(ast.Assign([self.visit(target)], made), node)
            return ast.fix_missing_locations(assign)
        if isinstance(target, ast.Subscript):
            if isinstance(target.slice, ast.Slice):
                return self._contents(node)  # what a slice is cannot be text
            key = self.visit(target.slice)
            call = guard_call("_item_rem_", node, self.visit(target.value), key, self.visit(value))
        else:
            name = ast.Constant(names.mangled(target.attr, self._class_name))
            owner = self.visit(target).value  # judged as a store
            call = guard_call("_attribute_rem_", node, owner, name, self.visit(value))
        return ast.fix_missing_locations(statement_of(call))

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        node = self._contents(node)
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id in ("__match_args__", "__slots__"):
                self._check_attribute_list(node.value, slots=target.id == "__slots__")
        return node

    def _check_attribute_list(self, value: ast.expr, *, slots: bool) -> None:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            items: Sequence[ast.expr] = [value]
        elif isinstance(value, ast.Tuple | ast.List):
            items = value.elts
        elif isinstance(value, ast.Dict) and slots and None not in value.keys:
            items = [each for each in value.keys if each is not None]
        else:
            items = [value]
        for item in items:
            if slots and isinstance(item, ast.Constant) and item.value in names.SLOTS:
                continue
            if not (isinstance(item, ast.Constant) and isinstance(item.value, str)):
                self.refuse(
                    item,
                    "WFX237",
                    "this list of attribute names is computed.",
                    "Write the names as literals.",
                )
            elif not names.is_plain(item.value) and (
                names.is_dunder(item.value)
                or names.is_reserved(item.value)
                or item.value in names.INTERPRETER
            ):
                self.refuse(item, "WFX237", f"the attribute `{item.value}` cannot be listed here.")

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        annotation = node.annotation
        if self._in_class_body:
            node.annotation = self._annotation(annotation)
            node.target = self.visit(node.target)
            if node.value is not None:
                node.value = self.visit(node.value)
            return node
        node.target = self.visit(node.target)
        value = None if node.value is None else self.visit(node.value)
        if value is not None:
            assign = ast.Assign([node.target], value)
            return ast.copy_location(assign, node)
        if self._classes:  # in a function a bare annotation makes the name local
            node.annotation = ast.copy_location(ast.Constant(None), annotation)
            return node
        return ast.copy_location(ast.Pass(), node)

    def visit_Delete(self, node: ast.Delete) -> ast.AST:
        return self._contents(node)

    # -- annotations -----------------------------------------------------------------------

    def _annotation(self, node: ast.expr) -> ast.expr:
        """The annotation as a guarded expression, or as checked text if it looks ahead."""
        types = self._unquoted(node)
        if self._looks_ahead(types):
            if not is_type(types, self.refuse):
                return ast.copy_location(ast.Constant(None), node)
            return ast.copy_location(ast.Constant(ast.unparse(types)), node)
        return guard_call("_ann_", node, self.visit(types))

    def _unquoted(self, node: ast.expr) -> ast.expr:
        found: ast.expr = Unquoting(self.refuse).visit(node)
        return found

    def _looks_ahead(self, node: ast.expr) -> bool:
        ahead = set(self._class_stack_names())
        inner = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)} | {
            each.id
            for each in ast.walk(node)
            if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)
        }  # of lambdas and comprehensions
        for each in ast.walk(node):
            if (
                isinstance(each, ast.Name)
                and each.id not in inner
                and (each.id in ahead or (not self._in_function and not self._is_bound(each.id)))
            ):
                return True
        return False

    def _is_bound(self, name: str) -> bool:
        """Whether a name means something now; one imported for type checkers never does."""
        if name in self.source.module_names:
            return name in self.bound
        return hasattr(builtins, name) or any(name in each for each in self._class_names)

    def _class_stack_names(self) -> list[str]:
        return [each for each in self._classes if each is not None]

    @property
    def _in_function(self) -> bool:
        return None in self._classes

    # -- iteration, calls, with: native ----------------------------------------------------

    def guard_iter(self, node: Any) -> Any:
        return self._contents(node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self._iterated(node.iter)
        spans = not node.is_async and (isinstance(node.iter, ast.Name) or is_range(node.iter))
        node = self._contents(node)
        if spans:
            node.iter = guard_call("_span_", node.iter, node.iter)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        over_range = is_range(node.iter)
        self._iterated(node.iter)
        node = self._contents(node)
        if over_range:
            node.iter = guard_call("_turns_", node.iter, node.iter)
        else:
            self._count(node)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        node = self._contents(node)
        self._count(node)
        return node

    def _count(self, loop: ast.For | ast.AsyncFor | ast.While) -> None:
        """Put the countdown (see `tank.py`) at the head of a loop's body."""
        if self._classes and self._classes[-1] is None:
            self._looping[-1] = True
            loop.body[:0] = countdown(loop)
        else:  # names of modules and classes are seen, so nothing is counted in one
            loop.body.insert(0, statement_of(guard_call("_turn_", loop)))

    def _iterated(self, node: ast.expr) -> None:
        """A dict view that is only iterated over can stay what it is."""
        if is_dict_view(node):
            self._native_views.add(id(node))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        if function in CONSUMERS:
            for each in node.args:
                self._iterated(each)
        if is_dict_view(node):
            assert isinstance(node.func, ast.Attribute)
            node.func.value = self.visit(node.func.value)
            return node if id(node) in self._native_views else guard_call("_view_", node, node)
        looked_at = _makes_text(node) and (
            self._may_be_str(node.func) or (is_str(node.func) and not _gives_one_value(node))
        )
        node = self._contents(node)
        if looked_at:
            node.func = callee(node.func)
        for keyword in node.keywords:
            if keyword.arg is None:
                keyword.value = guard_call("_options_", keyword.value, keyword.value)
            elif keyword.arg in CALLED_KEYWORDS and (
                is_str(keyword.value) or self._may_be_str(keyword.value)
            ):
                keyword.value = as_function(keyword.value)
        if function == "str" and _gives_one_value(node):
            node.args[0] = guard_call("_shown_", node.args[0], node.args[0])
        return node

    def _may_be_str(self, node: ast.expr) -> bool:
        reused = isinstance(node, ast.Attribute) and node.attr in self._reused
        return reused or self.source.callees.may_be_str(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        if len(node.ops) > 1 and asks_identity(node):
            operands = [node.left, *node.comparators]
            if not all(isinstance(each, ast.Name | ast.Constant) for each in operands[1:-1]):
                self.refuse(
                    node,
                    "WFX239",
                    "`is` in a chain of comparisons is not known here.",
                    "Compare two values at a time: `a is b and b is c`.",
                )
            pairs = zip(operands, node.ops, operands[1:], strict=False)
            parts: list[ast.expr] = [
                ast.copy_location(ast.Compare(copied(left), [op], [copied(right)]), node)
                for left, op, right in pairs
            ]
            split = ast.copy_location(ast.BoolOp(ast.And(), parts), node)
            return self._contents(split)
        node = self._contents(node)
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.Is | ast.IsNot):
            left, right = node.left, node.comparators[0]
            if not is_singleton(left) and not is_singleton(right):
                same = guard_call("_is_", node, left, right)
                if isinstance(node.ops[0], ast.Is):
                    return same
                return ast.copy_location(ast.UnaryOp(ast.Not(), same), node)
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        node = self._contents(node)
        localized = node.format_spec is not None and may_be_locale(node.format_spec)
        if localized or not isinstance(node.value, ast.Constant):
            of = "_repr_" if node.conversion in (ord("r"), ord("a")) else "_shown_"
            if node.format_spec is not None and node.conversion == -1:
                of = "_number_" if localized else "_spec_"
            node.value = guard_call(of, node.value, node.value)
        return node

    def visit_With(self, node: ast.With) -> ast.AST:
        return self._contents(node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        return self._contents(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        node = self._contents(node)
        self._count(node)
        return node

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self._contents(node)

    def visit_TryStar(self, node: ast.AST) -> ast.AST:
        return self._contents(node)

    # -- sets ------------------------------------------------------------------------------

    def visit_Set(self, node: ast.Set) -> ast.AST:
        elements = [self.visit(each) for each in node.elts]
        display = ast.copy_location(ast.Tuple(elements, ast.Load()), node)
        return guard_call("_set_", node, display)

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        generator = ast.copy_location(
            ast.GeneratorExp(elt=node.elt, generators=node.generators), node
        )
        has_await = any(
            isinstance(each, ast.Await) or getattr(each, "is_async", 0) for each in ast.walk(node)
        )
        if has_await:  # a generator would become an async one; a list is awaited in place
            listed = ast.copy_location(ast.ListComp(node.elt, node.generators), node)
            return guard_call("_set_", node, self._contents(listed))
        return guard_call("_set_", node, self._contents(generator))

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        node = self._contents(node)
        if isinstance(node.op, ast.Mod) and may_be_text(node.left, node.right):
            return guard_call("_rem_", node, node.left, node.right)
        return node

    # -- functions -------------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: _Function) -> _Function:
        in_class = self._in_class_body
        if names.is_dunder(node.name):
            if not in_class or node.name not in names.DEFINABLE_DUNDERS:
                self.refuse(node, "WFX233", f"workflow code cannot define `{node.name}`.")
        else:
            self.check_name(node, node.name)
        dispatched = self._first_annotation(node.args)
        self._arguments(node.args)
        node.decorator_list = [self._decorator(each, dispatched) for each in node.decorator_list]
        keeps = in_class and bool(node.decorator_list) and node.returns is not None
        node.returns = self._annotation(node.returns) if keeps and node.returns else None
        self._type_parameters(node)
        if hasattr(node, "type_comment"):
            node.type_comment = None
        head: list[ast.stmt] = []
        if in_class and node.name in _COUNTED_METHODS:
            head.append(statement_of(guard_call("_turn_", node)))
        if in_class and node.name in _EXITS:
            head.append(statement_of(guard_call("_caught_", node)))
        receiver = receiver_of(node) if in_class else None
        outer = self._receivers
        if receiver is not None:
            head.append(receiver_check(*receiver, node))
            self._receivers = outer | {receiver[0]}
        self._classes.append(None)
        self._looping.append(False)
        body = self._body(node.body)
        if self._looping.pop():
            head.append(countdown_start(node))
        self._classes.pop()
        self._receivers = outer
        after_doc = 1 if body and is_docstring(body[0]) else 0
        node.body = [*body[:after_doc], *head, *body[after_doc:]]
        return node

    def _first_annotation(self, args: ast.arguments) -> ast.expr | None:
        """What `singledispatch` goes by where a function is registered without a class."""
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        return next((each.annotation for each in every if each.annotation is not None), None)

    def _decorator(self, node: ast.expr, dispatched: ast.expr | None) -> ast.expr:
        registers = isinstance(node, ast.Attribute) and node.attr == "register"
        found: ast.expr = self.visit(node)
        if not registers or dispatched is None:
            return found
        annotation = self.visit(self._unquoted(copied(dispatched)))
        arguments = ast.arguments([], [], None, [], [], None, [])
        return guard_call("_registers_", node, found, ast.Lambda(arguments, annotation))

    def _arguments(self, args: ast.arguments) -> None:
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        for extra in (args.vararg, args.kwarg):
            if extra is not None:
                every.append(extra)
        for arg in every:
            self.check_name(arg, arg.arg)
            arg.annotation = None
        args.defaults = [self.visit(each) for each in args.defaults]
        args.kw_defaults = [None if d is None else self.visit(d) for d in args.kw_defaults]

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self._arguments(node.args)
        self._classes.append(None)
        self._looping.append(False)
        node.body = self.visit(node.body)
        self._looping.pop()
        self._classes.pop()
        return node

    def _body(self, body: list[ast.stmt]) -> list[ast.stmt]:
        visited: list[ast.stmt] = []
        for statement in body:
            result = self.visit(statement)
            if result is None:
                result = ast.copy_location(ast.Pass(), statement)
            visited.extend(result if isinstance(result, list) else [result])
        return visited

    # -- classes ---------------------------------------------------------------------------

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.check_name(node, node.name)
        for keyword in node.keywords:
            if keyword.arg is None:
                self.refuse(keyword, "WFX234", f"class `{node.name}` is given `**` keywords.")
            elif keyword.arg == "metaclass":
                if not is_abc_meta(keyword.value):
                    self.refuse(keyword, "WFX234", f"class `{node.name}` has a metaclass.")
            elif names.is_dunder(keyword.arg):
                self.check_name(keyword, keyword.arg)
            keyword.value = self.visit(keyword.value)
            if keyword.arg == "metaclass":
                keyword.value = guard_call("_meta_", keyword.value, keyword.value)
        node.bases = [
            each if isinstance(each, ast.Starred) else guard_call("_base_", each, self.visit(each))
            for each in node.bases
        ]
        for base in node.bases:
            if isinstance(base, ast.Starred):
                self.refuse(base, "WFX234", f"the bases of `{node.name}` are computed.")
        own_decorators = [self.visit(each) for each in node.decorator_list]
        self._type_parameters(node)
        parameters = {each.name for each in getattr(node, "type_params", ())}
        self._class_names.append(parameters | stored_names(node.body))
        self._classes.append(node.name)
        node.body = self._body(node.body)
        self._classes.pop()
        self._class_names.pop()
        node.decorator_list = [guard("_class_done_", node), *own_decorators, guard("_class_", node)]
        return node

    # -- match -----------------------------------------------------------------------------

    def visit_Match(self, node: ast.Match) -> ast.AST:
        return self._contents(node)

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        return self._contents(node)

    def visit_MatchValue(self, node: ast.MatchValue) -> ast.AST:
        return self._contents(node)

    def visit_MatchSingleton(self, node: ast.MatchSingleton) -> ast.AST:
        return node

    def visit_MatchSequence(self, node: ast.MatchSequence) -> ast.AST:
        return self._contents(node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> ast.AST:
        self.check_name(node, node.rest)
        return self._contents(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> ast.AST:
        self.check_name(node, node.name)
        return node

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.AST:
        self.check_name(node, node.name)
        return self._contents(node)

    def visit_MatchOr(self, node: ast.MatchOr) -> ast.AST:
        return self._contents(node)

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.AST:
        for attr in node.kwd_attrs:
            if not names.is_plain(attr) or (attr == "args" and is_exception(node.cls)):
                self.refuse(
                    node,
                    "WFX237",
                    f"a pattern cannot read the attribute `{attr}`.",
                    "Read it in an ordinary expression.",
                )
        return self._contents(node)

    def visit_TemplateStr(self, node: ast.AST) -> ast.AST:
        # RestrictedPython lets it through; what a template holds nobody has judged here.
        self.not_allowed(node)
        return node

    # -- what newer grammars have ----------------------------------------------------------

    def _type_parameters(self, node: ast.AST) -> None:
        parameters = getattr(node, "type_params", None)
        if parameters:
            node.type_params = [self.visit(each) for each in parameters]  # type: ignore[attr-defined]  # 3.12+

    def visit_TypeAlias(self, node: Any) -> Any:
        self.check_name(node, node.name.id)
        self._type_parameters(node)
        node.value = guard_call("_ann_", node.value, self.visit(self._unquoted(node.value)))
        return ast.fix_missing_locations(node)

    def _type_parameter(self, node: Any) -> Any:
        self.check_name(node, node.name)
        bound = getattr(node, "bound", None)
        if bound is not None:
            node.bound = self.visit(self._unquoted(bound))
        default = getattr(node, "default_value", None)
        if default is not None:
            node.default_value = self.visit(self._unquoted(default))
        return ast.fix_missing_locations(node)

    visit_TypeVar = _type_parameter
    visit_ParamSpec = _type_parameter
    visit_TypeVarTuple = _type_parameter

    # -- modules ---------------------------------------------------------------------------

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        """One transformed statement of module level."""
        result = self.visit(node)
        if result is None:
            return []
        return result if isinstance(result, list) else [result]
