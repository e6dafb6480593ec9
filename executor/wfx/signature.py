"""
The signature of a workflow or step, as the host reads it.

Calls are bound to it in the workflow, without looking at values; the values are validated
by pydantic against the annotations where they are used or come from outside. pydantic is
imported by the first validation, not by building a signature.
"""

from __future__ import annotations

import difflib
import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Final

from wfx.codec import loads
from wfx.errors import DecodeError, EncodeError, InvalidArguments

_POSITIONAL: Final = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)
_NAMED: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_TEXT_FIRST: Final = frozenset({"str", "bytes", "Decimal", "Path", "PurePath"})
"""Types for which a word is taken as it is written: `1.10` is no float on its way to Decimal."""

_ANY: Final = None
"""Instead of a type adapter: no annotation, or none that can be resolved; all values fit."""


class Signature:
    """What a workflow or step takes and gives."""

    def __init__(self, func: Callable[..., Any], name: str) -> None:
        self.name = name
        self._func = func

    @classmethod
    def of(cls, func: Callable[..., Any], name: str) -> Signature:
        """The signature of `func`, which errors call `name`. Cheap: all work is done later."""
        return cls(func, name)

    # -- reading the function -------------------------------------------------------------

    @cached_property
    def _parameters(self) -> Mapping[str, inspect.Parameter]:
        return self._signature.parameters

    @cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self._func)

    @cached_property
    def _positional(self) -> tuple[inspect.Parameter, ...]:
        return tuple(p for p in self._parameters.values() if p.kind in _POSITIONAL)

    @cached_property
    def _var_positional(self) -> inspect.Parameter | None:
        return self._of_kind(inspect.Parameter.VAR_POSITIONAL)

    @cached_property
    def _var_keyword(self) -> inspect.Parameter | None:
        return self._of_kind(inspect.Parameter.VAR_KEYWORD)

    def _of_kind(self, kind: object) -> inspect.Parameter | None:
        return next((p for p in self._parameters.values() if p.kind is kind), None)

    @cached_property
    def _required_count(self) -> int | None:
        """Positional arguments a call needs; None if it also needs some by keyword."""
        needed = [p for p in self._parameters.values() if _is_required(p)]
        if any(p.kind not in _POSITIONAL for p in needed):
            return None
        return len(needed)

    @property
    def returns_nothing(self) -> bool:
        """Whether the function promises to return None."""
        return self._signature.return_annotation in (None, "None")

    @cached_property
    def text(self) -> str:
        """The signature as a person would write it: `charge(order: Order, key: str) -> Receipt`."""
        returns = self._signature.return_annotation
        arrow = "" if returns is inspect.Signature.empty else f" -> {_shown(returns)}"
        return f"{self._func.__name__}({', '.join(self._written())}){arrow}"

    def _written(self) -> list[str]:
        out: list[str] = []
        before: inspect.Parameter | None = None
        for p in self._parameters.values():
            if (
                before is not None
                and before.kind is inspect.Parameter.POSITIONAL_ONLY
                and p.kind is not inspect.Parameter.POSITIONAL_ONLY
            ):
                out.append("/")
            if (
                p.kind is inspect.Parameter.KEYWORD_ONLY
                and self._var_positional is None
                and (before is None or before.kind is not inspect.Parameter.KEYWORD_ONLY)
            ):
                out.append("*")
            out.append(_parameter_text(p))
            before = p
        if before is not None and before.kind is inspect.Parameter.POSITIONAL_ONLY:
            out.append("/")
        return out

    @cached_property
    def _short(self) -> str:
        return f"{self._func.__name__}({', '.join(self._written())})"

    # -- binding --------------------------------------------------------------------------

    def bind(
        self, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> tuple[list[object], dict[str, object]]:
        """
        The arguments in their one normal form, without looking at their values.

        What can be positional is positional; the rest is in the order of the signature, and
        names that only `**` takes follow in the order given. Defaults are not filled in, so
        that a changed default changes what later calls do, not what earlier ones said.

        Raises:
            InvalidArguments: If an argument is missing, unexpected or given twice.
        """
        if not kwargs and self._required_count is not None:
            most = len(self._positional)
            if self._required_count <= len(args) and (len(args) <= most or self._var_positional):
                return list(args), {}
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            reason = self._what_is_wrong(args, kwargs) or str(error)
        else:
            return list(bound.args), dict(bound.kwargs)
        raise InvalidArguments(name=self.name, reason=f"{reason}; the signature is {self._short}")

    def index_of(self, name: str) -> int | None:
        """
        Where a parameter's argument is in the normal form; None if it is given by keyword.

        Raises:
            ValueError: There is no such parameter.
        """
        parameter = self._parameters.get(name)
        if parameter is None or parameter in (self._var_positional, self._var_keyword):
            raise ValueError(f"{self.name} has no parameter {name!r}: {self._short}")
        positional = self._positional
        return positional.index(parameter) if parameter in positional else None

    def _what_is_wrong(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> str | None:
        taken = {p.name for p in self._positional[: len(args)]}
        by_name = [p.name for p in self._parameters.values() if p.kind in _NAMED]
        if len(args) > len(self._positional) and self._var_positional is None:
            most = len(self._positional)
            return f"takes at most {_count(most, 'positional argument')}, got {len(args)}"
        if self._var_keyword is None:
            for name in kwargs:
                if name not in by_name:
                    if name in self._parameters:
                        return f"argument {name!r} can only be given by position"
                    near = difflib.get_close_matches(name, by_name, n=1)
                    hint = f" (did you mean {near[0]!r}?)" if near else ""
                    return f"unexpected argument {name!r}{hint}"
        for name in kwargs:
            if name in taken and name in by_name:
                return f"argument {name!r} is given twice, by position and by name"
        missing = [
            p.name
            for p in self._parameters.values()
            if _is_required(p)
            and p.name not in taken
            and (p.name not in kwargs or p.kind not in _NAMED)
        ]
        return _missing(missing) if missing else None

    # -- validating -----------------------------------------------------------------------

    @cached_property
    def _annotations(self) -> dict[str, Any]:
        """Resolved annotations by name; what cannot be resolved is absent."""
        func = inspect.unwrap(self._func)
        try:
            return typing.get_type_hints(func, include_extras=True)
        except Exception:
            return self._resolvable(func)

    def _resolvable(self, func: Callable[..., Any]) -> dict[str, Any]:
        # One name that only type checkers can see must not make all others unchecked.
        out: dict[str, Any] = {}
        for name, annotation in getattr(func, "__annotations__", {}).items():
            alone = SimpleNamespace(__annotations__={name: annotation})
            try:
                out |= typing.get_type_hints(
                    alone, getattr(func, "__globals__", {}), include_extras=True
                )
            except Exception:
                continue
        return out

    @cached_property
    def _adapters(self) -> dict[str, Any]:
        return {}

    def _adapter(self, name: str) -> Any:
        """The validator for a parameter or `return`, or None when all values fit."""
        if name not in self._adapters:
            known = name in self._annotations
            self._adapters[name] = _type_adapter(self._annotations[name]) if known else _ANY
        return self._adapters[name]

    @cached_property
    def _positional_adapters(self) -> list[tuple[str, Any]]:
        """Each parameter that can be positional, but `*args`, by name."""
        return [(p.name, self._adapter(p.name)) for p in self._positional]

    def validate(
        self, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> tuple[tuple[object, ...], dict[str, object]]:
        """
        Arguments as `bind` gives them, each validated against its annotation.

        pydantic's lax mode: `"5"` fits an int. An instance of an annotated class is passed
        on as it is. Defaults are left to the call.

        Raises:
            InvalidArguments: With a sentence for each value that does not fit.
        """
        problems: list[str] = []
        out_args = [
            value if adapter is None else _validated(adapter, value, name, problems)
            for (name, adapter), value in zip(self._positional_adapters, args, strict=False)
        ]
        for value in args[len(out_args) :]:
            out_args.append(self._validated(self._var_positional, value, problems))
        out_kwargs = {}
        for name, value in kwargs.items():
            parameter = self._parameters.get(name)
            if parameter is None or parameter.kind not in _NAMED:
                parameter = self._var_keyword
            out_kwargs[name] = self._validated(parameter, value, problems, shown=name)
        if problems:
            raise InvalidArguments(
                name=self.name,
                reason=f"{'; '.join(problems)}; the signature is {self._short}",
            )
        return tuple(out_args), out_kwargs

    def _parameter_at(self, index: int) -> inspect.Parameter | None:
        return self._positional[index] if index < len(self._positional) else self._var_positional

    def _validated(
        self,
        parameter: inspect.Parameter | None,
        value: object,
        problems: list[str],
        shown: str | None = None,
    ) -> object:
        adapter = None if parameter is None else self._adapter(parameter.name)
        if parameter is None or adapter is None:
            return value
        return _validated(adapter, value, shown or parameter.name, problems)

    def validate_result(self, value: object) -> object:
        """
        What a step or workflow returned, validated against its return annotation.

        Raises:
            EncodeError: With the path `result…`. A result that does not fit what was promised
                fails for good, exactly as one that cannot be written.
        """
        adapter = self._adapter("return")
        if adapter is None:
            return value
        problems: list[str] = []
        out = _validated(adapter, value, "result", problems)
        if problems:
            path, _, reason = problems[0].partition(": ")
            more = "".join(f"; {problem}" for problem in problems[1:])
            raise EncodeError(
                path=path,
                reason=f"{reason}{more}; {self.name} promises "
                f"{_shown(self._signature.return_annotation)}",
            )
        return out

    # -- arguments of the command line ----------------------------------------------------

    def parse_words(self, words: Sequence[str]) -> list[object]:
        """
        The arguments that words of a command line stand for, validated.

        Each is read by its parameter's annotation: a text where the annotation takes only
        text, else JSON, else (a bare word that is no JSON, or JSON that does not fit) a text.

        Raises:
            InvalidArguments: If their number or one of them does not fit.
        """
        self._check_count(len(words), "given on the command line")
        problems: list[str] = []
        out = [
            self._read(self._parameter_at(index), word, problems)
            for index, word in enumerate(words)
        ]
        if problems:
            raise InvalidArguments(
                name=self.name,
                reason=f"{'; '.join(problems)}; the signature is {self._short}",
            )
        return out

    def parse_json_array(self, text: str) -> list[object]:
        """
        The arguments in a JSON array, validated.

        Raises:
            InvalidArguments: If it is no JSON (with line and column), no array, or does not fit.
        """
        try:
            tree = loads(text)
        except DecodeError as error:
            raise InvalidArguments(
                name=self.name,
                reason=f"the input cannot be read: {error.reason}; "
                f"give a JSON array of the arguments, for {self._short}",
            ) from None
        if not isinstance(tree, list):
            raise InvalidArguments(
                name=self.name,
                reason=f"the input is {_json_kind(tree)}; give a JSON array of the arguments, "
                f"for {self._short}",
            )
        self._check_count(len(tree), "in the input")
        return list(self.validate(tree, {})[0])

    def _check_count(self, count: int, where: str) -> None:
        least = sum(_is_required(p) for p in self._positional)
        most = None if self._var_positional else len(self._positional)
        by_name = [
            p.name
            for p in self._parameters.values()
            if p.kind is inspect.Parameter.KEYWORD_ONLY and _is_required(p)
        ]
        if by_name:
            reason = (
                f"{_missing(by_name)}, which can only be given by name: start it with a Client, "
                "or let it be positional"
            )
        elif count < least:
            names = [p.name for p in self._positional if _is_required(p)][count:]
            reason = f"{_missing(names)}: {_count(count, 'argument')} {where}"
        elif most is not None and count > most:
            at_most = _count(most, "argument") if most else "no arguments"
            reason = (
                f"takes {'at most ' if most else ''}{at_most}, but {count} {_are(count)} {where}"
            )
        else:
            return
        raise InvalidArguments(name=self.name, reason=f"{reason}; the signature is {self._short}")

    def _read(self, parameter: inspect.Parameter | None, word: str, problems: list[str]) -> object:
        assert parameter is not None  # _check_count saw that there is one for each word
        annotation = self._annotations.get(parameter.name, Any)
        adapter = self._adapter(parameter.name)
        readings: list[object] = []
        first: list[str] = []
        if not _takes_only_text(annotation):
            try:
                readings.append(loads(word))
            except DecodeError as error:
                if word.lstrip().startswith(("{", "[")):
                    # Meant as JSON, so that is what is wrong if it does not fit as a text.
                    first.append(f"{parameter.name}: {error.reason}")
        if word not in readings:
            readings.append(word)
        if adapter is None:
            return readings[0]
        for reading in readings:
            found: list[str] = []
            value = _validated(adapter, reading, parameter.name, found)
            if not found:
                return value
            first = first or found
        given = word if len(word) <= 60 else f"{word[:57]}..."
        problems.append(
            f"{'; '.join(first)} (given {given!r}, expected {_shown(parameter.annotation)})"
        )
        return word


# -- adapters -----------------------------------------------------------------------------


def _type_adapter(annotation: Any) -> Any:
    if annotation is Any or annotation is object:
        return _ANY
    from pydantic import ConfigDict, InstanceOf, TypeAdapter

    attempts: tuple[Callable[[], Any], ...] = (
        lambda: TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True)),
        # Models and dataclasses have a configuration of their own and take no other.
        lambda: TypeAdapter(annotation),
        lambda: TypeAdapter(InstanceOf[annotation]) if isinstance(annotation, type) else _ANY,
    )
    for attempt in attempts:
        try:
            return attempt()
        except Exception:
            continue
    return _ANY


def _validated(adapter: Any, value: object, name: str, problems: list[str]) -> object:
    """The value as the adapter gives it; what does not fit goes to `problems`."""
    try:
        return adapter.validator.validate_python(value)
    except Exception as error:
        problems += _problems(error, name)
    return value


def _problems(error: Exception, name: str) -> list[str]:
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        # A validator of the author's may raise anything.
        return [f"{name}: its validation raised {type(error).__name__}: {error}"]
    return [
        f"{name}{''.join(f'.{part}' for part in problem['loc'])}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _takes_only_text(annotation: Any) -> bool:
    if typing.get_origin(annotation) is typing.Annotated:
        return _takes_only_text(typing.get_args(annotation)[0])
    return isinstance(annotation, type) and annotation.__name__ in _TEXT_FIRST


# -- words --------------------------------------------------------------------------------


def _is_required(p: inspect.Parameter) -> bool:
    return p.default is p.empty and p.kind in (*_POSITIONAL, inspect.Parameter.KEYWORD_ONLY)


def _missing(names: Sequence[str]) -> str:
    listed = ", ".join(repr(name) for name in names)
    return f"missing argument{'s' if len(names) > 1 else ''} {listed}"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _json_kind(tree: object) -> str:
    kinds = {dict: "an object", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(tree), "a number")


def _shown(annotation: Any) -> str:
    if isinstance(annotation, str):
        return annotation
    if annotation is None or annotation is type(None):
        return "None"
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__qualname__.rpartition(".<locals>.")[2]
    shown: str = inspect.formatannotation(annotation)
    return shown.replace("typing.", "")


def _parameter_text(p: inspect.Parameter) -> str:
    out = p.name
    if p.kind is inspect.Parameter.VAR_POSITIONAL:
        out = f"*{out}"
    elif p.kind is inspect.Parameter.VAR_KEYWORD:
        out = f"**{out}"
    if p.annotation is not p.empty:
        out += f": {_shown(p.annotation)}"
    if p.default is not p.empty:
        default = repr(p.default)
        if len(default) > 40 or " at 0x" in default:
            default = "..."
        out += f" = {default}" if p.annotation is not p.empty else f"={default}"
    return out
