"""The builtins of workflow code, guards included; each name is listed by hand."""

from __future__ import annotations

import builtins
import types
from collections.abc import Callable
from typing import Any, Final

from wfx_sandbox import collecting, hashing, kinds, receivers, tank, text
from wfx_sandbox.guards import attributes, classes, dispatch, identity, stores
from wfx_sandbox.guards.annotations import annotation
from wfx_sandbox.modules import bases, output, takers
from wfx_sandbox.modules.refused import REFUSED_BUILTINS
from wfx_sandbox.placeholder import Placeholder
from wfx_sandbox.sets import OrderedFrozenSet, OrderedSet, from_view
from wfx_sandbox.words import words

_PLAIN: Final = words(
    """
    None True False Ellipsis NotImplemented __build_class__ __debug__ abs aiter all anext
    any bin bool bytearray bytes callable chr classmethod complex dict dir divmod
    enumerate filter float hex int isinstance issubclass iter len list max min
    next object oct ord pow property range repr reversed round slice sorted staticmethod str
    sum super tuple zip ArithmeticError AssertionError AttributeError BaseException
    BaseExceptionGroup BlockingIOError BrokenPipeError BufferError BytesWarning
    ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError
    ConnectionResetError DeprecationWarning EOFError EncodingWarning EnvironmentError
    Exception ExceptionGroup FileExistsError FileNotFoundError FloatingPointError
    FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError
    IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError
    MemoryError ModuleNotFoundError NameError NotADirectoryError NotImplementedError OSError
    OverflowError PendingDeprecationWarning PermissionError ProcessLookupError
    PythonFinalizationError RecursionError ReferenceError ResourceWarning RuntimeError
    RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError
    SystemExit TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError
    UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning
    ValueError Warning ZeroDivisionError
"""
)


class _Interrupt(BaseException):
    """`KeyboardInterrupt`: Python's own would stop the worker, as Ctrl-C does."""


_Interrupt.__name__ = _Interrupt.__qualname__ = "KeyboardInterrupt"


def namespace(importer: Callable[..., Any]) -> dict[str, Any]:
    """A run's builtins."""
    names = dict(_BASE)
    names["__import__"] = importer
    return names


def _base() -> dict[str, Any]:
    names: dict[str, Any] = {
        name: getattr(builtins, name) for name in _PLAIN if hasattr(builtins, name)
    }
    names.update(
        {
            name: Placeholder(message, remedy, "WFX203")
            for name, (message, remedy) in REFUSED_BUILTINS.items()
        }
    )
    names.update(
        {
            "print": output.write_line,
            "map": takers.Map,
            "KeyboardInterrupt": _Interrupt,
            "type": kinds.InertType,
            "repr": text.show,
            "_shown_": text.shown,
            "_repr_": text.represented,
            "_spec_": text.formattable,
            "_number_": text.formattable_number,
            "_str_": text.text_of,
            "_strtype_": str,
            "_callee_": text.callee,
            "_options_": text.options,
            "_rem_": text.remainder,
            "_irem_": text.remainder_in_place,
            "_item_rem_": text.item_remainder,
            "_attribute_rem_": attributes.attribute_remainder,
            "_is_": text.same,
            "ascii": text.show_ascii,
            "format": text.formatted,
            "id": identity.serial_id,
            "hash": hashing.stable_hash,
            "getattr": attributes.get_attribute_or,
            "hasattr": attributes.has_attribute,
            "setattr": stores.set_attribute,
            "delattr": stores.delete_attribute,
            "set": OrderedSet,
            "frozenset": OrderedFrozenSet,
            "_getattr_": attributes.get_attribute,
            "_write_": stores.write,
            "_base_": classes.base,
            "_meta_": classes.metaclass,
            "_class_": classes.class_made,
            "_class_done_": classes.class_done,
            "_ann_": annotation,
            "_set_": OrderedSet,
            "_view_": from_view,
            "_registers_": dispatch.registers,
            "_private_": receivers.private,
            "_receiver_": receivers.receiver,
            "_written_": receivers.written,
            "_type_": type,
            "_unmarked_": AttributeError,
            "_refill_": tank.refill,
            "_turn_": tank.turn,
            "_turns_": tank.turns,
            "_span_": tank.span,
            "_caught_": tank.caught,
            "_lost_": collecting.stay_lost,
            "iter": tank.iterate,
            "dir": identity.directory,
        }
    )
    for name, value in names.items():
        if isinstance(value, types.FunctionType) and not name.startswith("_"):
            value.__name__ = value.__qualname__ = name  # as `print.__name__` says it
    return names


bases.admit(OrderedSet, OrderedFrozenSet)
_BASE: Final = _base()
