"""
Programs grown at random, run in the sandbox, and watched.

    python tests/sandbox/fuzz_programs.py --minutes 30 --seed 1

Each mixes binding forms, patterns, decorators, class features, comprehensions, annotations,
f-strings, async forms and names that shadow guards. Two judges look at it: the bytecode of
what was compiled may name nothing that the policy forbids, whatever the syntax was that named
it; and what runs may neither see a forbidden object nor make the interpreter open, import or
execute anything. The host never imports these programs.
"""

from __future__ import annotations

import argparse
import asyncio
import dis
import os
import random
import signal
import sys
import tempfile
import time
import types
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from wfx.context import entered
from wfx.errors import LoadError, Violation
from wfx_sandbox import builtins as sandbox_builtins
from wfx_sandbox import names
from wfx_sandbox.compile import compile_module
from wfx_sandbox.loader import _findings
from wfx_sandbox.program import Parts, SandboxProgram
from wfx_sandbox.project import Project
from wfx_sandbox.reaching import analyses_of

# -- growing ------------------------------------------------------------------------------

_PLAIN: Final = ["a", "b", "c", "d", "e", "f", "g", "k", "v", "_p", "_q", "self", "items"]
_TEMPTING: Final = [
    "_getattr_", "_write_", "_class_", "_class_done_", "_ann_", "_base_", "_meta_", "_set_",
    "_private_", "_receiver_", "_type_", "_left_", "_chunk_", "_refill_", "_caught_", "_shown_",
    "_unmarked_", "__builtins__", "__import__", "__build_class__", "__class__", "__dict__",
    "__globals__", "__match_args__", "__slots__", "__getattr__", "__annotations__", "__name__",
    "__all__", "__wfx_place__", "_abc_wfx_own_", "__mro_entries__", "__reduce_ex__", "__wrapped__",
    "gi_frame", "cr_frame", "tb_frame", "f_globals", "mro", "with_traceback", "print", "type",
    "super", "getattr", "ABCMeta", "model_config", "split", "__x", "__init_subclass__",
]  # fmt: skip
_ATTRIBUTES: Final = [
    *_PLAIN, "append", "keys", "items", "join", "format", "real", "args", "obj", "now", "send",
    "throw", "close", "register", "name", "value", "fget", "func", "metadata", "add_note",
]  # fmt: skip
_CALLABLES: Final = [
    "len", "list", "tuple", "dict", "set", "frozenset", "str", "repr", "type", "id", "hash",
    "isinstance", "getattr", "setattr", "hasattr", "delattr", "iter", "next", "map", "filter",
    "zip", "sorted", "property", "staticmethod", "classmethod", "super", "vars", "object",
    "dataclass", "Enum", "BaseModel", "Field", "namedtuple", "partial", "cache", "wraps",
    "contextmanager", "attrgetter", "methodcaller", "deepcopy", "copy", "Annotated",
    "SimpleNamespace", "GenericAlias", "ABCMeta", "NewType", "TypeVar", "get_args", "get_origin",
    "Future", "create_task", "ExceptionGroup", "AttributeError", "ExitStack", "compile", "dumps",
    "singledispatch", "reduce", "Protocol", "runtime_checkable", "field_validator", "see",
]  # fmt: skip
_DUNDERS: Final = [
    "__init__", "__new__", "__post_init__", "__init_subclass__", "__class_getitem__",
    "__set_name__", "__repr__", "__eq__", "__hash__", "__call__", "__getattr__", "__setattr__",
    "__get__", "__set__", "__enter__", "__exit__", "__iter__", "__next__", "__getitem__",
    "__await__", "__deepcopy__", "__format__", "__reduce_ex__", "__getattribute__",
    "__subclasshook__", "__instancecheck__", "__prepare__", "__del__", "__or__", "__contains__",
]  # fmt: skip
_BASES: Final = [
    "object", "dict", "list", "str", "int", "tuple", "set", "Exception", "ExceptionGroup",
    "Enum", "ABC", "Protocol", "BaseModel", "NamedTuple", "Generic[T]", "type", "SimpleNamespace",
]  # fmt: skip
HEADER: Final = """\
import asyncio
import copy
import re
import types
import typing
import helper
from abc import ABC, ABCMeta, abstractmethod
from asyncio import Future, create_task
from collections import namedtuple
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from functools import cache, partial, reduce, singledispatch, wraps
from json import dumps
from operator import attrgetter, methodcaller
from types import GenericAlias, SimpleNamespace
from typing import (
    Annotated, Any, Generic, NamedTuple, NewType, Protocol, TypeVar, get_args, get_origin,
    runtime_checkable,
)
from pydantic import BaseModel, Field, field_validator
from wfx import workflow
T = TypeVar("T")

def see(*values):
    return values

def gen():
    yield 1

async def coro():
    return 1

class Own(Generic[T]):
    x = 1

a, b, c, d, e = gen, coro, Own, helper, SimpleNamespace
f, g, k, v, _p, _q, items, self = Own(), "x", [1], {"k": 1}, 1, None, dict, Own
"""
PROLOGUE: Final = """\
    global a, b, c, d, e, f, g, k, v, _p, _q
    a, b, c, d, e = gen(), Own(), c, helper, asyncio.Future()
    f, g, k, v = re.compile("(?P<a>x)"), datetime.now(), ExceptionGroup("g", [ValueError(1)]), type
    _p, _q = partial(dumps), Field()
"""


def assembled(head: list[str], body: list[str]) -> str:
    """A program; what one statement raises does not end it."""
    tried = "".join(
        f"    try:\n{each}    except Exception as caught:\n        see(caught)\n" for each in body
    )
    return (
        f"{HEADER}\n{''.join(head)}\n@workflow\nasync def main(canary):\n{PROLOGUE}{tried}"
        "    see(a, b, c, d, e, f, g, k, v, _p, _q)\n"
    )


class Grower:
    """One program."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._depth = 0
        self._tempting = self._random.choice((0.0, 0.0, 0.02, 0.08))
        self._newer = sys.version_info >= (3, 12)

    def program(self) -> str:
        """Its source."""
        return assembled(*self.statements())

    def statements(self) -> tuple[list[str], list[str]]:
        """Statements of module level and of the workflow that parse, each by itself."""
        head = [self._parsing("", False) for _ in range(self._random.randint(1, 5))]
        body = [self._parsing("        ", True) for _ in range(self._random.randint(3, 9))]
        return head, body

    def _parsing(self, indent: str, asynchronous: bool) -> str:
        for _ in range(8):
            self._depth = 1
            made = self._statement(indent, asynchronous, False)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    compile(assembled(*(([], [made]) if indent else ([made], []))), "x", "exec")
            except (SyntaxError, SystemError, ValueError, RecursionError, MemoryError):
                continue
            return made
        return f"{indent}pass\n"

    def _pick(self, *options: Any) -> Any:
        return self._random.choice(options)

    def _name(self) -> str:
        tempted = self._random.random() < self._tempting
        return str(self._random.choice(_TEMPTING if tempted else _PLAIN))

    def _attribute(self) -> str:
        tempted = self._random.random() < self._tempting
        return str(self._random.choice(_TEMPTING if tempted else _ATTRIBUTES))

    def _names(self, most: int = 3) -> str:
        return ", ".join(self._name() for _ in range(self._random.randint(0, most)))

    # -- expressions -----------------------------------------------------------------------

    def _expression(self, deep: int = 0) -> str:
        if deep > 3 or self._random.random() < 0.25:
            return str(
                self._pick(
                    self._name, lambda: self._random.choice(_CALLABLES), lambda: "1",
                    lambda: "'x{0._p}'", lambda: repr(self._attribute()), lambda: "None",
                    lambda: "helper", lambda: "asyncio",
                )()
            )  # fmt: skip
        x = lambda: self._expression(deep + 1)  # noqa: E731
        name = self._name
        return str(
            self._pick(
                lambda: f"{x()}.{self._attribute()}",
                lambda: f"{self._random.choice(_CALLABLES)}({self._arguments(deep)})",
                lambda: f"{x()}({self._arguments(deep)})",
                lambda: f"{x()}.{self._attribute()}({self._arguments(deep)})",
                lambda: f"getattr({x()}, {self._attribute()!r}, None)",
                lambda: f"{x()}[{x()}]",
                lambda: f"({x()} {self._pick('+', '|', '%', 'and', 'or', '==', 'in', 'is')} {x()})",
                lambda: f"[{x()} for {name()} in {x()} if {x()}]",
                lambda: f"{{{x()} for {name()}, {name()} in {x()}}}",
                lambda: f"{{{x()}: {x()} for {name()} in {x()}}}",
                lambda: f"({x()} for {name()} in {x()})",
                lambda: f"(lambda {self._parameters()}: {x()})",
                lambda: f"({name()} := {x()})",
                lambda: "f'{" + name() + ":{" + name() + "}}{" + name() + "!r}'",
                lambda: f"({x()} if {x()} else {x()})",
                lambda: f"{{**{x()}, {self._attribute()!r}: {x()}}}",
                lambda: f"[*{x()}, {x()}]",
                lambda: f"type({x()})",
                lambda: f"super({name()}, {name()}).{self._attribute()}",
                lambda: f"Annotated[{x()}, {x()}]",
                lambda: f"see({x()})",
            )()
        )

    def _arguments(self, deep: int) -> str:
        parts = [self._expression(deep + 1) for _ in range(self._random.randint(0, 2))]
        if self._random.random() < 0.15:
            parts.append(f"**{{{self._random.choice(_TEMPTING)!r}: {self._expression(deep + 1)}}}")
        if self._random.random() < 0.15:
            parts.append(f"{self._name()}={self._expression(deep + 1)}")
        return ", ".join(parts)

    def _parameters(self) -> str:
        found = list(dict.fromkeys(self._name() for _ in range(self._random.randint(0, 3))))
        shape = self._random.random()
        if found and shape < 0.2:
            found[-1] = f"*{found[-1]}"
        elif found and shape < 0.35:
            found[-1] = f"**{found[-1]}"
        elif len(found) > 1 and shape < 0.5:
            found.insert(1, "/")
        elif len(found) > 1 and shape < 0.6:
            found.insert(1, "*")
        return ", ".join(found)

    def _pattern(self, deep: int = 0) -> str:
        if deep > 2:
            return self._name()
        x = lambda: self._pattern(deep + 1)  # noqa: E731
        return str(
            self._pick(
                lambda: f"({x()} as {self._name()})",
                lambda: f"[{x()}, *{self._name()}]",
                lambda: f"{{'k': {x()}, **{self._name()}}}",
                lambda: f"{self._name()}({self._attribute()}={x()})",
                lambda: f"object({self._attribute()}={x()})",
                lambda: f"{self._name()}({x()})",
                lambda: "1 | 'x'",
                self._name,
            )()
        )

    # -- statements ------------------------------------------------------------------------

    def _block(
        self, count: int, indent: str, *, asynchronous: bool = False, loop: bool = False
    ) -> str:
        self._depth += 1
        made = [self._statement(indent, asynchronous, loop) for _ in range(max(1, count))]
        self._depth -= 1
        return "".join(made)

    def _inner(self, indent: str, asynchronous: bool = False, loop: bool = False) -> str:
        return self._block(
            self._random.randint(1, 2), indent + "    ", asynchronous=asynchronous, loop=loop
        )

    def _statement(self, indent: str, asynchronous: bool, loop: bool) -> str:
        x, name, inner = self._expression, self._name, self._inner
        simple = [
            lambda: f"{name()} = {x()}\n",
            lambda: f"{name()}, {name()} = {x()}\n",
            lambda: f"{name()}, *{name()} = {x()}\n",
            lambda: f"{name()}.{self._attribute()} = {x()}\n",
            lambda: f"{name()}[{x()}] = {x()}\n",
            lambda: f"{name()} += {x()}\n",
            lambda: f"{name()}.{self._attribute()} += {x()}\n",
            lambda: f"{name()}: {self._annotation()} = {x()}\n",
            lambda: f"{name()}: {self._annotation()}\n",
            lambda: f"see({x()})\n",
            lambda: f"{x()}\n",
            lambda: f"del {name()}\n",
            lambda: f"del {name()}.{self._attribute()}\n",
            lambda: f"import {self._pick('json', 're', 'os', 'helper', 'os.path')} as {name()}\n",
            lambda: f"from {self._pick('json', 'os', 'helper')} import {name()} as {name()}\n",
            lambda: f"assert {x()}, {x()}\n",
            lambda: f"global {name()}\n",
        ]
        if self._newer:
            simple.append(lambda: f"type {name()}[{name()}: {x()}] = {x()}\n")
        if asynchronous:
            simple.append(lambda: f"await {x()}\n")
        if loop:
            simple.append(lambda: self._pick("break\n", "continue\n"))
        if self._depth > 4 or self._random.random() < 0.45:
            return indent + str(self._random.choice(simple)())
        prefix = "async " if asynchronous and self._random.random() < 0.3 else ""
        compound = [
            lambda: f"if {x()}:\n{inner(indent, asynchronous, loop)}",
            lambda: (
                f"{prefix}for {self._pick(name(), f'{name()}, {name()}')} in {x()}:\n"
                f"{inner(indent, asynchronous, True)}"
            ),
            lambda: f"while {x()}:\n{inner(indent, asynchronous, True)}{indent}    break\n",
            lambda: f"{prefix}with {x()} as {name()}:\n{inner(indent, asynchronous, loop)}",
            lambda: (
                f"try:\n{inner(indent, asynchronous, loop)}"
                f"{indent}except {self._pick('Exception', 'BaseException', 'TypeError')} "
                f"as {name()}:\n{inner(indent, asynchronous, loop)}"
                f"{indent}finally:\n{inner(indent, asynchronous)}"
            ),
            lambda: (
                f"try:\n{inner(indent, asynchronous)}"
                f"{indent}except* ValueError as {name()}:\n{inner(indent, asynchronous)}"
            ),
            lambda: (
                f"match {x()}:\n{indent}    case {self._pattern()}:\n"
                f"{inner(indent + '    ', asynchronous, loop)}"
            ),
            lambda: self._function(indent),
            lambda: self._function(indent),
            lambda: self._class(indent),
            lambda: self._class(indent),
            lambda: self._class(indent),
        ]
        return indent + str(self._random.choice(compound)())

    def _decorators(self, indent: str) -> str:
        if self._random.random() < 0.6:
            return ""
        return f"@{self._random.choice([*_CALLABLES, self._name()])}\n{indent}"

    def _type_parameters(self) -> str:
        if not self._newer or self._random.random() < 0.8:
            return ""
        return f"[{self._name()}: {self._expression(2)}]"

    def _function(self, indent: str, name: str = "", first: str = "") -> str:
        asynchronous = self._random.random() < 0.3
        parameters = ", ".join(part for part in (first, self._parameters()) if part)
        returns = f" -> {self._annotation()}" if self._random.random() < 0.3 else ""
        extra = ""
        if self._random.random() < 0.04:
            extra = f"{indent}    nonlocal {self._name()}\n"
        if self._random.random() < 0.3:
            extra += f"{indent}    yield {self._expression()}\n"
        elif self._random.random() < 0.5:
            extra += f"{indent}    return {self._expression()}\n"
        return (
            f"{self._decorators(indent)}{'async ' if asynchronous else ''}def "
            f"{name or self._name()}{self._type_parameters()}({parameters}){returns}:\n"
            f"{self._inner(indent, asynchronous)}{extra}"
        )

    def _class(self, indent: str) -> str:
        inside = indent + "    "
        bases = [self._random.choice(_BASES) for _ in range(self._random.randint(0, 2))]
        if self._random.random() < 0.1:
            bases.append(
                self._pick("metaclass=ABCMeta", f"metaclass={self._name()}", "frozen=True")
            )
        body = ""
        for _ in range(self._random.randint(1, 4)):
            body += inside + str(
                self._pick(
                    lambda: f"{self._name()}: {self._annotation()} = {self._expression()}\n",
                    lambda: f"{self._name()}: {self._annotation()}\n",
                    lambda: f"{self._name()} = {self._expression()}\n",
                    lambda: f"__match_args__ = ({self._attribute()!r},)\n",
                    lambda: f"__slots__ = ({self._attribute()!r},)\n",
                    lambda: f"{self._name()}, __match_args__ = 1, ({self._attribute()!r},)\n",
                    lambda: self._function(inside, self._random.choice(_DUNDERS), "self"),
                    lambda: self._function(inside, "", "self"),
                    lambda: f"[{self._name()} for {self._name()} in {self._expression()}]\n",
                )()
            )
        if self._depth < 4 and self._random.random() < 0.2:
            body += self._statement(inside, False, False)
        return (
            f"{self._decorators(indent)}class {self._name()}{self._type_parameters()}"
            f"({', '.join(dict.fromkeys(bases))}):\n{body}"
        )

    def _annotation(self) -> str:
        return str(
            self._pick(
                "int", "str", "Any", "list[int]", "'a | b'", "'see(1)'", "dict[str, Any]",
                f"Annotated[int, {self._expression(3)}]", f"'{self._attribute()}'", "T",
                f"'a.{self._attribute()}'", "type", "'list[d]'", self._expression(2),
            )
        )  # fmt: skip


# -- judging what was compiled ------------------------------------------------------------

_GUARDS: Final = frozenset(
    name for name in sandbox_builtins.namespace(lambda *_: None) if names.is_reserved(name)
)
_ATTRIBUTE_OPS: Final = frozenset(
    {"LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "DELETE_ATTR", "LOAD_SUPER_ATTR"}
)
_OURS_TO_BIND: Final = frozenset({"_left_", "_chunk_"})


def named_in_bytecode(code: types.CodeType) -> Iterator[str]:
    """What a code object does that the policy does not allow."""
    previous: list[dis.Instruction] = []
    instructions = list(dis.get_instructions(code))
    # An inlined comprehension of a class body puts back what it hid, though it binds nothing.
    hidden = {each.argval for each in instructions if each.opname == "LOAD_FAST_AND_CLEAR"}
    for each in instructions:
        name = each.argval
        if each.opname in (
            "LOAD_ATTR",
            "LOAD_METHOD",
            "STORE_ATTR",
            "DELETE_ATTR",
            "LOAD_SUPER_ATTR",
        ):
            special = name in names.INTERPRETER or (
                name in names.GUARDED and each.opname.startswith("LOAD")
            )
            if name != names.OWN_MARK and (
                special or names.is_dunder(name) or names.is_reserved(name)
            ):
                yield f"{each.opname} {name}"
        elif each.opname.startswith(("STORE_", "DELETE_")) and isinstance(name, str):
            restored = each.opname == "STORE_FAST" and name in hidden
            if names.is_reserved(name) and name not in _OURS_TO_BIND and not restored:
                yield f"{each.opname} {name}"
        elif each.opname == "MATCH_CLASS":
            listed = next((p.argval for p in reversed(previous) if isinstance(p.argval, tuple)), ())
            for attribute in listed:
                if isinstance(attribute, str) and not names.is_plain(attribute):
                    yield f"MATCH_CLASS {attribute}"
        previous = [*previous[-3:], each]
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from named_in_bytecode(constant)
    yield from (
        f"argument {name}"
        for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if names.is_reserved(name)
    )


# -- judging what runs --------------------------------------------------------------------

_DANGEROUS: Final[tuple[Any, ...]] = (
    open, exec, eval, compile, __import__, input, globals, locals, vars, type, memoryview,
)  # fmt: skip
_WATCHED: Final = (
    "open", "os.", "subprocess.", "socket.", "sys._getframe", "sys.settrace", "gc.", "ctypes.",
    "code.__new__", "function.__new__", "object.__getattr__", "import", "compile", "exec",
    "builtins.input", "shutil.", "urllib.", "marshal.",
)  # fmt: skip


class Escape(BaseException):
    """Workflow code reached what it must not have."""


class _Watch:
    """An audit hook, which cannot be removed, so it is switched on and off."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on or not event.startswith(_WATCHED):
            return
        self.on = False  # asking for the frame is an event too
        frame = sys._getframe(1)
        self.on = True
        if names.PLACE in frame.f_globals:
            if event == "import":
                return  # asked through our importer
            self.seen.append(f"{event} {args!r:.100}")


def _look(value: object, depth: int = 0) -> None:
    kind = type(value)
    if issubclass(kind, types.ModuleType) and names.PLACE not in vars(value):
        raise Escape(f"a module: {value!r}")
    if issubclass(kind, types.FrameType | types.CodeType | types.CellType):
        raise Escape(f"a {kind.__name__}")
    if any(value is each for each in _DANGEROUS):
        raise Escape(repr(value))
    if isinstance(value, asyncio.AbstractEventLoop):
        raise Escape("the loop")
    if depth < 3 and kind in (list, tuple):
        for each in value:  # type: ignore[attr-defined]  # a list or a tuple
            _look(each, depth + 1)
    elif depth < 3 and kind is dict:
        for each in value.values():  # type: ignore[attr-defined]  # a dict
            _look(each, depth + 1)


class _Run:
    """A run context that answers from nothing."""

    def __init__(self) -> None:
        self.run_id, self.created_at = "wrun_fuzz", datetime(2026, 1, 1, tzinfo=UTC)
        self.registry: Any = None
        self.state: dict[str, object] = {}
        self.violation: Violation | None = None
        self.activation = 1
        self._us = 1_767_225_600_000_000

    def now_us(self) -> int:
        self._us += 1
        return self._us

    def seed(self) -> bytes:
        return b"s" * 16

    def uuid(self, make: Any) -> str:
        return "00000000-0000-0000-0000-000000000001"

    def ambient(self, effect: str, key: str, read: Any) -> Any:
        return None

    def patched(self, name: str, *, deprecated: bool = False) -> bool:
        return True

    def output(self, text: str, stream: str) -> None:
        pass

    def violate(self, violation: Violation) -> Any:
        self.violation = violation
        raise violation


def _without(head: list[str], body: list[str], lines: set[int]) -> tuple[list[str], list[str]]:
    """The statements that have none of these lines of the assembled program."""
    kept: tuple[list[str], list[str]] = ([], [])
    line = HEADER.count("\n") + 2
    for each in head:
        end = line + each.count("\n")
        if not lines & set(range(line, end)):
            kept[0].append(each)
        line = end
    line += 3 + PROLOGUE.count("\n")
    for each in body:
        end = line + each.count("\n") + 3
        if not lines & set(range(line, end)):
            kept[1].append(each)
        line = end
    if len(kept[0]) == len(head) and len(kept[1]) == len(body):
        return head[:-1], body[:-1]  # found where nothing of these stands
    return kept


class Fuzzer:
    """Grows, compiles and runs programs in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._watch = _Watch()
        (directory / "helper.py").write_text("import os\nv = 1\n\nclass K:\n    pass\n")

    def try_one(self, seed: int) -> str:
        """
        How the program of this seed ended.

        Raises:
            Escape: If it got out.
        """
        head, body = Grower(seed).statements()
        ended = self._try(head, body)
        # Most modules raise while they are executed; then the workflow is tried without.
        return self._try([], body) if ended == "raised" and head else ended

    def _try(self, head: list[str], body: list[str]) -> str:
        for _ in range(12):
            text = assembled(head, body)
            (self._directory / "flow.py").write_text(text, encoding="utf-8")
            project = Project(self._directory)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    analyses = analyses_of(project, "flow", {})
                    findings, modules = _findings(analyses, project)
            except (LoadError, SyntaxError):
                return "syntax"
            errors = [each for each in findings if each.severity == "error"]
            if not errors:
                break
            # What is refused goes, so that the rest is tried.
            head, body = _without(head, body, {each.line for each in errors})
        else:
            return "refused"
        for module in modules.values():
            for found in named_in_bytecode(module.code):
                raise Escape(f"bytecode: {found}")
        parts = Parts(
            project=project,
            main="flow",
            modules=modules,
            unshared=lambda: {name: compile_module(each)[0] for name, each in analyses.items()},
            steps={},
            placeholders={name: each.placeholders for name, each in analyses.items()},
            workflow_places={"flow:main": ("flow", "main")},
        )
        return self._run(parts)

    def _run(self, parts: Parts) -> str:
        run: Any = _Run()
        before = dict(sandbox_builtins._BASE)
        guards_before = _GUARDS

        async def main() -> None:
            program = SandboxProgram(parts, digest="", workflows={}, steps={})
            instance = program.instantiate(run)
            module = vars(instance._modules.load("flow"))
            original = module.get("see")

            def see(*values: object) -> object:
                for each in values:
                    _look(each)
                return values

            if original is not None:
                module["see"] = see
            try:
                await asyncio.wait_for(instance.call("flow:main", ["c"], {}), 1)
            finally:
                for name, value in module.items():
                    if name in guards_before:
                        raise Escape(f"the guard {name} is shadowed")
                    if not names.is_dunder(name):
                        _look(value)
                instance.close()

        self._watch.seen.clear()
        self._watch.on = True
        ended = "ran"
        try:
            with warnings.catch_warnings(), entered(run):
                warnings.simplefilter("ignore")
                asyncio.run(main())
        except Escape:
            raise
        except Violation:
            ended = "violation"
        except BaseException as error:
            ended = "raised" if not isinstance(error, KeyboardInterrupt) else "interrupted"
        finally:
            self._watch.on = False
        if self._watch.seen:
            raise Escape(f"audit: {self._watch.seen[0]}")
        if dict(sandbox_builtins._BASE) != before:
            raise Escape("the builtins of all runs were changed")
        return "violation" if run.violation is not None else ended


# -- for a long time ----------------------------------------------------------------------


def _child(first: int, count: int, report: int) -> None:
    """Try some programs; what happened goes to the pipe, also if the interpreter dies."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (the process ends soon)
    logging = __import__("logging")
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as directory:
        fuzzer = Fuzzer(Path(directory))
        for seed in range(first, first + count):
            os.write(report, f"{seed} begun\n".encode())
            signal.alarm(4)
            try:
                ended = fuzzer.try_one(seed)
            except Escape as escape:
                ended = f"ESCAPE {escape}".replace("\n", " ")[:300]
            except RecursionError:
                ended = "raised"
            except Exception as error:
                ended = f"OURS {type(error).__name__}: {error}".replace("\n", " ")[:300]
            signal.alarm(0)
            os.write(report, f"{seed} {ended}\n".encode())


def batch(first: int, count: int) -> list[tuple[int, str]]:
    """The endings of so many programs, tried in a process of their own."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        try:
            _child(first, count, write)
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        lines = pipe.read().splitlines()
    _, status = os.waitpid(pid, 0)
    ended: dict[int, str] = {}
    for line in lines:
        seed, _, text = line.partition(" ")
        ended[int(seed)] = text
    if status:
        last = max(ended)
        died = "timeout" if status == signal.SIGALRM else f"CRASH {status}"
        ended[last] = died
        if last + 1 < first + count:
            return [*ended.items(), *batch(last + 1, first + count - last - 1)]
    return list(ended.items())


def main() -> None:
    """Report to standard output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    deadline = time.monotonic() + 60 * options.minutes
    counts: Counter[str] = Counter()
    seed = options.seed
    while time.monotonic() < deadline:
        for each, ended in batch(seed, 200):
            counts[ended.split(" ")[0]] += 1
            if ended.startswith(("ESCAPE", "OURS", "CRASH")):
                print(each, ended, flush=True)  # noqa: T201 (a script)
        seed += 200
        if seed % 5000 == 0:
            print(f"{sum(counts.values())} programs: {dict(counts)}", flush=True)  # noqa: T201
    print(f"{sum(counts.values())} programs: {dict(counts)}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
