"""Assigning and deleting attributes, however they are spelled."""

from __future__ import annotations

import calendar
import csv
import functools
import json
import textwrap
import types
from collections.abc import Callable
from typing import Any, Final

from wfx.errors import Violation
from wfx_sandbox import names, text
from wfx_sandbox.callees import HOST_METHODS
from wfx_sandbox.guards.own import described, is_own, receiver
from wfx_sandbox.modules.output import Logger
from wfx_sandbox.names import OWN_MARK
from wfx_sandbox.sharing import check_member, is_shared
from wfx_sandbox.state import state, violate


def _check_stored(name: Any) -> str:
    if type(name) is not str:
        raise TypeError(f"attribute name must be string, not '{type(name).__name__}'")
    if names.is_dunder(name):
        violate("WFX231", f"the attribute `{name}` cannot be assigned.")
    if names.is_reserved(name) or name in names.INTERPRETER or name in names.UNSTORABLE:
        violate("WFX230", f"the attribute name `{name}` is reserved.")
    return name


def bound_store(obj: Any, name: str) -> Callable[..., None]:
    """`super().__setattr__` and `object.__setattr__`, as frozen dataclasses use them."""
    if isinstance(obj, super):
        method = getattr(obj, name)

        def bound(attribute: Any, *value: Any) -> None:
            check_member(receiver(obj))
            method(_check_stored(attribute), *value)

        return bound
    if isinstance(obj, type):
        function = getattr(obj, name)

        def unbound(instance: Any, attribute: Any, *value: Any) -> None:
            if isinstance(instance, type):
                violate("WFX236", "a class cannot be changed through `object`.")
            check_member(instance)
            function(write(instance), _check_stored(attribute), *value)

        return unbound
    write(obj)
    own = getattr(obj, name)

    def method_of_own(attribute: Any, *value: Any) -> None:
        own(_check_stored(attribute), *value)

    return method_of_own


def set_attribute(obj: Any, name: Any, value: Any) -> None:
    """The builtin `setattr`."""
    if value is str and name in HOST_METHODS:
        value = text.text_of  # it will be called as if it were a method of Python's own
    setattr(write(obj), _check_stored(name), value)


def delete_attribute(obj: Any, name: Any) -> None:
    """The builtin `delattr`."""
    delattr(write(obj), _check_stored(name))


_WRITABLE: Final[tuple[type, ...]] = (
    BaseException,
    types.SimpleNamespace,
    textwrap.TextWrapper,
    calendar.Calendar,
    csv.DictReader,
    json.JSONEncoder,
    json.JSONDecoder,
    Logger,
    functools.partial,
)
"""Classes of the host whose objects are always made by the run that has them."""


def write(obj: Any) -> Any:
    """`obj`, if workflow code may assign its attributes."""
    if getattr(type(obj), OWN_MARK, False) is True:
        return obj
    if is_shared(obj):
        violate("WFX236", f"{described(obj)} is shared by all runs and cannot be changed here.")
    if isinstance(obj, Violation):
        violate("WFX236", "a violation is reported as it was found.")
    if isinstance(obj, super) or is_own(obj) or isinstance(obj, _WRITABLE):
        return obj
    if any(obj is context for context in state().decimal_contexts):
        return obj
    return violate("WFX236", f"{described(obj)} is shared by all runs and cannot be changed here.")
