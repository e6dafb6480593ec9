"""
Which statements of a module are executed once per program, and not once per run.

Making a class is what costs: a pydantic model takes half a millisecond. A statement is pure
if executing it reads nothing of a run, and what it makes cannot be told from what another
run would make: imports of facades, immutable constants, functions, and classes whose body
is fields, constants and methods, as long as every global name they use is bound once, by a
pure statement, and nothing anywhere changes it. Pure statements are executed in a namespace
of their own; each run's namespace begins with the names they bind. What is shared refuses to
be changed while the workflow runs (`is_shared`).

In doubt a statement is executed per run, which is always right and only slower.
"""

from __future__ import annotations

import ast
import enum
import types
from collections.abc import Iterable, Mapping
from typing import Any, Final

from wfx_sandbox.analysis import Analysis, Project, Statement
from wfx_sandbox.state import violate
from wfx_sandbox.trees import walk
from wfx_sandbox.words import words

SHARED_MARK: Final = "_abc_wfx_shared_"
"""In the `vars` of every shared class; a subclass of a run's own does not have it."""

SHARED_GLOBALS: Final = "__wfx_shared__"
"""Global of every namespace whose functions are shared."""


def is_shared(obj: object) -> bool:
    """Whether all runs of a program have this class or function."""
    if isinstance(obj, type):
        # `Model[int]` is kept by pydantic for as long as the shared `Model` lives.
        generic = vars(obj).get("__pydantic_generic_metadata__")
        origin = generic.get("origin") if isinstance(generic, dict) else None
        return SHARED_MARK in vars(obj) or (origin is not None and SHARED_MARK in vars(origin))
    if isinstance(obj, types.FunctionType):
        # A closure made by a shared function belongs to the run that called it.
        return SHARED_GLOBALS in obj.__globals__ and "<locals>" not in obj.__code__.co_qualname
    return False


def protect(cls: Any) -> None:
    """Mark a class as shared; members of an Enum are objects that nobody may change."""
    setattr(cls, SHARED_MARK, True)
    if isinstance(cls, enum.EnumType):
        for name in ("__setattr__", "__delattr__"):
            setattr(cls, name, _refuse_change)


def check_member(obj: object) -> None:
    """Refuse a change of a shared Enum's member that goes around its `__setattr__`."""
    if isinstance(obj, enum.Enum) and is_shared(type(obj)):
        _refuse_change(obj)


def _refuse_change(member: Any, *_: object) -> None:
    violate("WFX236", f"`{member!r}` is shared by all runs and cannot be changed here.")


_MAKERS: Final = frozenset(
    words(
        """
    datetime.timedelta datetime.date datetime.datetime datetime.time datetime.timezone
    decimal.Decimal fractions.Fraction uuid.UUID re.compile zoneinfo.ZoneInfo
    pathlib.PurePath pathlib.PurePosixPath typing.TypeVar typing.NewType typing.ParamSpec
    pydantic.Field pydantic.PrivateAttr pydantic.StringConstraints
    pydantic.Discriminator pydantic.Tag
    pydantic.BeforeValidator pydantic.AfterValidator pydantic.WrapValidator
    pydantic.PlainValidator pydantic.PlainSerializer pydantic.WrapSerializer pydantic.Strict
    dataclasses.field enum.auto enum.member enum.nonmember annotated_types.Ge
    annotated_types.Gt annotated_types.Le annotated_types.Lt annotated_types.Len
    annotated_types.MaxLen annotated_types.MinLen annotated_types.MultipleOf
    annotated_types.Interval int str float bool bytes tuple frozenset
    """
    )
)
"""What may be called while a pure statement is executed: it makes immutable values."""

_SETTINGS: Final = "pydantic.ConfigDict"
"""It makes a dict."""

_DECORATORS: Final = frozenset(
    words(
        """
    staticmethod classmethod property functools.cached_property functools.total_ordering
    contextlib.contextmanager contextlib.asynccontextmanager abc.abstractmethod
    typing.override typing.overload typing.final typing.no_type_check
    typing.runtime_checkable typing_extensions.override dataclasses.dataclass enum.unique
    enum.verify pydantic.field_validator pydantic.model_validator pydantic.field_serializer
    pydantic.model_serializer pydantic.computed_field
    """
    )
)
_NEVER_BASES: Final = frozenset({"enum.Flag", "enum.IntFlag"})
"""A Flag makes members while the workflow runs."""

_CLASS_METHODS: Final = frozenset({"__init_subclass__", "__new__", "__class_getitem__"})


def shareable(analyses: Mapping[str, Analysis], project: Project) -> dict[str, frozenset[int]]:
    """For every module, the places of its statements that are executed once per program."""
    mutated = {name for each in analyses.values() for name in _mutated(each)}
    rounding = any(_sets_decimals(each) for each in analyses.values())
    together = any(each.changes for analysis in analyses.values() for each in analysis.statements)
    modules = {
        name: _Module(
            analysis, project, mutated, imports=not together, computes=not rounding
        ).candidates()
        for name, analysis in analyses.items()
    }
    names = {
        name: {bound for index in found for bound in analyses[name].statements[index].binds}
        for name, found in modules.items()
    }
    changed = True
    while changed:
        changed = False
        for name, found in modules.items():
            for index, needs in list(found.items()):
                if all(need in names.get(module, ()) for module, need in needs):
                    continue
                del found[index]
                names[name] -= analyses[name].statements[index].binds
                changed = True
    return {name: frozenset(found) for name, found in modules.items()}


def _sets_decimals(analysis: Analysis) -> bool:
    """Whether a module may change the context that decimal operators round by."""
    return any(
        isinstance(each, ast.alias) and each.name in ("decimal", "getcontext", "setcontext")
        for statement in analysis.statements
        if statement.kind == "import"
        for each in walk(statement.node)
    )


def _mutated(analysis: Analysis) -> Iterable[str]:
    """Names whose value something in the module changes after it was made."""
    for statement in analysis.statements:
        if not statement.needed:
            continue
        for node in walk(statement.node):
            if isinstance(node, ast.Global):
                yield from node.names
            elif isinstance(node, ast.Attribute | ast.Subscript):
                if isinstance(node.ctx, ast.Load):
                    continue
                if isinstance(node, ast.Attribute):
                    yield node.attr if _root(node) not in ("self", "") else ""
                yield _root(node)
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("setattr", "delattr")
                and node.args
            ):
                yield _root(node.args[0])


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


class _Module:
    """Finds the candidates of one module, and what each needs to be pure too."""

    def __init__(
        self,
        analysis: Analysis,
        project: Project,
        mutated: set[str],
        *,
        imports: bool,
        computes: bool,
    ) -> None:
        self._computes = computes
        """Whether an operator gives the same wherever it is executed."""
        self._imports = imports
        """Whether importing a local module does nothing but bind its names."""
        self._analysis = analysis
        self._project = project
        self._mutated = mutated
        self._bindings: dict[str, list[Statement]] = {}
        for statement in analysis.statements:
            for name in statement.binds:
                self._bindings.setdefault(name, []).append(statement)

    def candidates(self) -> dict[int, set[tuple[str, str]]]:
        """By place of the statement, the (module, name) it needs."""
        found: dict[int, set[tuple[str, str]]] = {}
        here = self._analysis.source.module
        for index, statement in enumerate(self._analysis.statements):
            if not statement.needed or not self._settled(statement) or not self._pure(statement):
                continue
            if statement.kind == "import":
                local = self._project.kind_of(statement.module) == "local"
                found[index] = {(statement.module, statement.imported or "")} if local else set()
                continue
            used = {use.name for use in statement.uses} - statement.binds
            found[index] = {(here, name) for name in used if name in self._bindings}
            if used & self._analysis.placeholders.keys():
                del found[index]
        return found

    def _settled(self, statement: Statement) -> bool:
        """Whether each name is bound here and nowhere else, and stays what it is."""
        return bool(statement.binds) and all(
            len(self._bindings[name]) == 1
            and name not in self._mutated
            and name not in self._analysis.placeholders
            for name in statement.binds
        )

    def _pure(self, statement: Statement) -> bool:
        node = statement.node
        if statement.kind == "import":
            kind = self._project.kind_of(statement.module)
            if kind == "local":
                if not self._imports:
                    return False
                # The name of a submodule is a module of the run.
                inner = f"{statement.module}.{statement.imported}"
                return statement.imported is not None and self._project.kind_of(inner) != "local"
            if statement.imported is not None:
                return kind in ("facade", "wfx") and self._project.offers(
                    statement.module, (statement.imported,)
                )
            return kind in ("facade", "wfx")
        if statement.kind == "function":
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            return self._function(node)
        if statement.kind == "class":
            assert isinstance(node, ast.ClassDef)
            return self._class(node)
        if statement.kind == "bind" and isinstance(node, ast.Assign):
            return all(isinstance(each, ast.Name) for each in node.targets) and self._value(
                node.value
            )
        if statement.kind == "bind" and isinstance(node, ast.AnnAssign):
            return (
                isinstance(node.target, ast.Name)
                and node.value is not None
                and self._value(node.value)
            )
        return False

    # -- pieces of statements --------------------------------------------------------------

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
        if not isinstance(node, ast.Lambda) and not all(
            self._decorator(each) for each in node.decorator_list
        ):
            return False
        for each in walk(node):
            if isinstance(each, ast.Import | ast.ImportFrom | ast.ClassDef | ast.Global):
                return False  # these ask for the run's own modules
            if isinstance(each, ast.Attribute) and not isinstance(each.ctx, ast.Load):
                base = each.value
                if isinstance(base, ast.Call) or (
                    isinstance(base, ast.Attribute) and base.attr == "__class__"
                ):
                    return False  # `type(self).count += 1`
        defaults = [*node.args.defaults, *node.args.kw_defaults]
        return all(each is None or self._value(each) for each in defaults)

    def _decorator(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Call):
            arguments = [*node.args, *(each.value for each in node.keywords)]
            return self._decorator(node.func) and all(self._value(each) for each in arguments)
        if isinstance(node, ast.Attribute) and node.attr in ("setter", "getter", "deleter"):
            return isinstance(node.value, ast.Name)
        return self._spelled(node) in _DECORATORS

    def _class(self, node: ast.ClassDef) -> bool:
        bases = [*node.bases, *(each.value for each in node.keywords)]
        if not all(self._value(each) for each in bases):
            return False
        if any(self._spelled(each) in _NEVER_BASES for each in node.bases):
            return False
        if any(self._spelled(each) == "typing.NamedTuple" for each in node.bases) and any(
            isinstance(each, ast.AnnAssign) and each.value is not None for each in node.body
        ):
            return False  # `_field_defaults` is a dict that anybody may look at
        return all(self._decorator(each) for each in node.decorator_list) and all(
            self._in_class(each) for each in node.body
        )

    def _in_class(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.Pass):
            return True
        if isinstance(node, ast.Expr):
            return isinstance(node.value, ast.Constant)
        if isinstance(node, ast.Assign):
            value = node.value
            if isinstance(value, ast.Call) and self._spelled(value.func) == _SETTINGS:
                # What `model_config` gives is a copy.
                named = [getattr(each, "id", "") for each in node.targets]
                return named == ["model_config"] and self._arguments(value)
            return all(isinstance(each, ast.Name) for each in node.targets) and self._value(value)
        if isinstance(node, ast.AnnAssign):
            return (
                isinstance(node.target, ast.Name)
                and self._value(node.annotation)
                and (node.value is None or self._value(node.value))
            )
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self._function(node) and not self._changes_class(node)
        return isinstance(node, ast.ClassDef) and self._class(node)

    def _changes_class(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether a class method assigns attributes of its class."""
        positional = [*node.args.posonlyargs, *node.args.args]
        spelled = {self._spelled(each) for each in node.decorator_list}
        if not positional or not (node.name in _CLASS_METHODS or "classmethod" in spelled):
            return False
        return any(
            isinstance(each, ast.Attribute | ast.Subscript)
            and not isinstance(each.ctx, ast.Load)
            and _root(each) == positional[0].arg
            for each in walk(node)
        )

    def _value(self, node: ast.expr) -> bool:
        """Whether an expression makes something immutable, and reads nothing of a run."""
        if isinstance(node, ast.Constant | ast.Name):
            return True
        if isinstance(node, ast.Attribute):
            return self._value(node.value)
        if isinstance(node, ast.Tuple):
            return all(self._value(each) for each in node.elts)
        if isinstance(node, ast.UnaryOp):
            return self._computes and self._value(node.operand)
        if isinstance(node, ast.BinOp):
            if not self._computes and not isinstance(node.op, ast.BitOr):
                return False
            return self._value(node.left) and self._value(node.right)
        if isinstance(node, ast.Subscript):
            return self._value(node.value) and self._type_arguments(node.slice)
        if isinstance(node, ast.Lambda):
            return self._function(node)
        if isinstance(node, ast.Call):
            return self._spelled(node.func) in _MAKERS and self._arguments(node)
        return False

    def _arguments(self, node: ast.Call) -> bool:
        return all(map(self._value, [*node.args, *(each.value for each in node.keywords)]))

    def _type_arguments(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Tuple | ast.List):  # `Callable[[int], str]`
            return all(self._type_arguments(each) for each in node.elts)
        return self._value(node)

    def _spelled(self, node: ast.expr) -> str:
        """The dotted name with imports resolved; a plain name if it is a builtin."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        binding = self._bindings.get(node.id)
        if binding is None:
            return ".".join([node.id, *reversed(attributes)])
        if len(binding) != 1 or binding[0].kind != "import":
            return ""
        module = binding[0].module
        if binding[0].imported is not None:
            module = f"{module}.{binding[0].imported}"
        return ".".join([module, *reversed(attributes)])


__all__ = ["SHARED_GLOBALS", "SHARED_MARK", "check_member", "is_shared", "protect", "shareable"]
