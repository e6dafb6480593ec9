"""Annotations: types, and no text that a library would evaluate as anything else."""

from __future__ import annotations

import ast
import typing
from typing import Any, Final

from wfx_sandbox import names
from wfx_sandbox.guards.own import behind, described, is_own_class
from wfx_sandbox.sets import ordered_type
from wfx_sandbox.state import violate

_TYPE_NODES: Final = (
    ast.Expression,
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Tuple,
    ast.List,
    ast.Constant,
    ast.BinOp,
    ast.BitOr,
    ast.Load,
    ast.UnaryOp,
    ast.USub,
)


def annotation(value: Any) -> Any:
    """A class annotation, if all text inside it is a type and nothing else."""
    _check_annotation(value, 0)
    return ordered_type(value)


def _check_annotation(value: Any, depth: int) -> None:
    if depth > 50:
        violate("WFX238", "this annotation is nested too deeply.")
    if isinstance(value, typing.ForwardRef):
        value = value.__forward_arg__
    if isinstance(value, str):
        check_type_text(value)
        return
    if isinstance(value, typing.TypeVar):
        default = getattr(value, "__default__", None)
        _check_annotation([value.__bound__, *value.__constraints__, default], depth + 1)
        return
    if isinstance(value, typing.NewType):
        _check_annotation(value.__supertype__, depth + 1)
        return
    if type(value).__name__ == "TypeAliasType":
        _check_annotation(value.__value__, depth + 1)
        return
    if isinstance(value, type) and (hasattr(value, "__total__") or hasattr(value, "_fields")):
        # TypedDict and NamedTuple can be made by calls, with text for types.
        _check_annotation(list(vars(value).get("__annotations__", {}).values()), depth + 1)
        return
    origin = getattr(value, "__origin__", None)
    if origin is typing.Literal:
        return
    if hasattr(value, "__metadata__"):
        for each in value.__metadata__:
            _check_hooks(each)
        _check_annotation(origin, depth + 1)
        return
    _check_hooks(value)
    arguments = getattr(value, "__args__", None)
    if isinstance(arguments, tuple):
        for each in arguments:
            _check_annotation(each, depth + 1)
    elif isinstance(value, list | tuple):
        for each in value:
            _check_annotation(each, depth + 1)


_SCHEMA_HOOKS: Final = (
    "__get_pydantic_core_schema__",
    "__get_pydantic_json_schema__",
    "__prepare_pydantic_annotations__",
    "__get_validators__",
    "__modify_schema__",
)


def _check_hooks(value: Any) -> None:
    """Refuse an object that tells pydantic what to do, unless its class is the host's."""
    value = behind(value)
    cls = value if isinstance(value, type) else type(value)
    for hook in _SCHEMA_HOOKS:
        for each in cls.__mro__:
            if hook in vars(each):
                host = not is_own_class(each)
                break
        else:
            host = False
        if not host and not isinstance(value, type) and getattr(value, hook, None) is not None:
            violate("WFX231", f"`{hook}` of {described(value)} would decide what pydantic does.")
        if host and not isinstance(value, type) and hook in getattr(value, "__dict__", {}):
            violate("WFX231", f"`{hook}` of {described(value)} would decide what pydantic does.")


def check_type_text(text: str) -> None:
    """Refuse text that pydantic or typing would evaluate as more than a type."""
    text = exact(text)
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        violate("WFX238", f"the annotation {text!r} is not a type.")
    for node in ast.walk(tree):
        bad = not isinstance(node, _TYPE_NODES)
        if isinstance(node, ast.Attribute):
            bad = not names.is_plain(node.attr)
        elif isinstance(node, ast.Name):
            bad = names.is_dunder(node.id) or names.is_reserved(node.id)
        if bad:
            violate("WFX238", f"the annotation {text!r} is more than a type.")


def exact(text: str) -> str:
    """What a text says, whatever methods its class has."""
    return str.__str__(text)
