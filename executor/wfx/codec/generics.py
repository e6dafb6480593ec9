"""
The type arguments of a generic pydantic model, as JSON and back.

`Page[Order]` is a class that exists in no module. Its tag is that of `Page`, and its
arguments are kept beside it: a class tag, null for None, `"..."`, `{"of": tag, "args": […]}`,
`{"union": […]}`, `{"or": […]}` (written with a bar) or `{"literal": […]}`.
"""

from __future__ import annotations

import functools
import operator
import types
import typing
from typing import Any, Literal, Union

from wfx.codec.refused import Refused
from wfx.codec.registry import HOST, ClassRegistry
from wfx.values import Json


def type_to_json(what: Any, registry: ClassRegistry) -> Json:
    """The JSON of a type argument. Raises Refused."""
    if what is None or what is type(None):
        return None
    if what is ...:
        return "..."
    generic = getattr(what, "__pydantic_generic_metadata__", None)
    if generic is not None and generic["origin"] is not None:
        return {
            "of": registry.tag(generic["origin"]),
            "args": [type_to_json(arg, registry) for arg in generic["args"]],
        }
    origin = typing.get_origin(what)
    if origin is None and isinstance(what, type):
        return registry.tag(what)
    args = typing.get_args(what)
    if origin is Literal and all(type(arg) in (str, int, bool, type(None)) for arg in args):
        return {"literal": list(args)}
    if origin is Union or origin is types.UnionType:
        # `Union[int, str]` and `int | str` make two classes of a model before Python 3.14.
        kind = "union" if origin is Union else "or"
        return {kind: [type_to_json(arg, registry) for arg in args]}
    if isinstance(origin, type):
        return {
            "of": registry.tag(origin),
            "args": [type_to_json(arg, registry) for arg in args],
        }
    raise Refused(
        f"a model with the type argument {what!r} cannot be written to the log; "
        "give the model a name: class Name(Model[…]): …"
    )


def type_from_json(tree: Json, registry: ClassRegistry) -> Any:
    """The type that `type_to_json` wrote. Raises Refused."""
    if tree is None:
        return None
    if tree == "...":
        return ...
    if isinstance(tree, str):
        found = registry.resolve(tree) or (
            HOST.resolve(tree) if tree.startswith(("builtins:", "typing:")) else None
        )
        if found is None:
            raise Refused(f"there is no class {tree!r} here")
        return found
    if isinstance(tree, dict):
        if isinstance(args := tree.get("literal"), list):
            return Literal[tuple(args)]
        if isinstance(args := tree.get("union"), list):
            members = tuple(type_from_json(arg, registry) for arg in args)
            return Union[members]  # noqa: UP007 (as many as there are)
        if isinstance(args := tree.get("or"), list):
            return functools.reduce(operator.or_, (type_from_json(arg, registry) for arg in args))
        if isinstance(args := tree.get("args"), list):
            origin = type_from_json(tree.get("of"), registry)
            return origin[tuple(type_from_json(arg, registry) for arg in args)]
    raise Refused(f"{tree!r} is not a type argument")
