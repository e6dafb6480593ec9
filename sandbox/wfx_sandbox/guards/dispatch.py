"""`@f.register` of `singledispatch`, which goes by an annotation that is stripped here."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any


def registers(found: Any, annotation: Callable[[], Any]) -> Any:
    """
    What decorates the function where `found` does without being called.

    Args:
        found: `f.register`, of whatever `f` is.
        annotation: Evaluates the annotation of the function's first annotated argument; only
            for `singledispatch`, since others may be written for a type checker alone.
    """
    owner = getattr(found, "__self__", None)
    plain = type(found) is types.FunctionType and found.__globals__ is vars(functools)
    if not plain and not isinstance(owner, functools.singledispatchmethod):
        return found
    cls = annotation()
    return found(type(None) if cls is None else cls)
