"""
Exceptions as error objects of the log, and back.

    {"type": "module:qualname", "message": str, "args"?: [encoded], "state"?: {name: encoded},
     "cause"?: {…}, "exceptions"?: [{…}], "notes"?: [str], "stack"?: traceback text}

An error can always be written: what of it cannot be encoded is left out. It is rebuilt as
what it was when that takes no code of its class: the exception is made by its builtin base,
then gets its `args` and its attributes. Otherwise it becomes a StepError that has the
recorded type and text.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, Final

from wfx.codec.decoding import take
from wfx.codec.encoding import Pass, put
from wfx.codec.forms import DEPTH_MAX
from wfx.codec.registry import HOST, ClassRegistry
from wfx.errors import StepError
from wfx.values import Json

CAUSES_MAX: Final = 10
CHILDREN_MAX: Final = 1_000
NOTES_MAX: Final = 100
MESSAGE_LENGTH_MAX: Final = 20_000
STACK_LENGTH_MAX: Final = 40_000

STACK_ATTRIBUTE: Final = "__wfx_stack__"
"""Where a rebuilt exception keeps the text of the traceback it was recorded with."""

_BESIDE_DICT: Final[tuple[tuple[type[BaseException], tuple[str, ...]], ...]] = (
    (OSError, ("filename", "filename2")),
    (ImportError, ("name", "path")),
    (NameError, ("name",)),
    (AttributeError, ("name",)),
)
"""Attributes that builtin exceptions keep neither in `args` nor in `__dict__`."""

_PASSING: Final = re.compile(
    r" at 0x[0-9A-Fa-f]+(?=>)"
    r"|\n    For further information visit https://errors\.pydantic\.dev/\S+"
)
"""Addresses, and the links of pydantic, which depend on its version and on the environment."""

_NEVER_REBUILT: Final = (StopIteration, StopAsyncIteration, RecursionError, MemoryError)
"""They mean something to whatever runs the coroutine they are raised in."""

_set: Final = object.__setattr__  # past a `__setattr__` of the class: some are frozen
_OURS: Final = ("wfx", "wfx_sandbox", "wfx_world_sql", "wfx_migrate")
"""The packages whose frames say nothing to the author of a workflow."""

_RECEIVED: Final = "\nand was received here:\n\n"
"""Between where a step raised an error and where the workflow let it pass."""
_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement


# -- writing ------------------------------------------------------------------------------


def encode_error(exc: BaseException, *, registry: ClassRegistry = HOST) -> dict[str, Json]:
    """The error object of an exception. Never fails."""
    into = Pass(registry)
    try:
        return put_error(exc, into, 0, include_stack=True)
    except Exception:
        # Code of the exception's own failed in a way that nobody could foresee.
        return {"type": _type(exc, into), "message": _message(exc)}


def put_error(
    exc: BaseException, into: Pass, depth: int, *, include_stack: bool
) -> dict[str, Json]:
    """`encode_error` for an exception that may lie inside a value."""
    into.active.add(id(exc))
    try:
        return _put(exc, into, depth, include_stack=include_stack)
    finally:
        into.active.discard(id(exc))


def _put(exc: BaseException, into: Pass, depth: int, *, include_stack: bool) -> dict[str, Json]:
    if type(exc) is StepError:
        # What could not be rebuilt here is passed on as what it was, not as our wrapper.
        out: dict[str, Json] = {"type": _plain(exc.type), "message": _plain(exc.message)}
    else:
        out = {"type": _type(exc, into), "message": _message(exc)}
        if isinstance(exc, BaseExceptionGroup):
            out["message"] = _plain(exc.message)
            out["exceptions"] = [
                put_error(child, into, depth + 1, include_stack=False)
                for child in exc.exceptions[:CHILDREN_MAX]
                if id(child) not in into.active and depth < CAUSES_MAX
            ]
        elif (args := _args(exc, into, depth)) is not None:
            out["args"] = args
        if state := _state(exc, into, depth):
            out["state"] = state
    cause = exc.__cause__
    if cause is not None and id(cause) not in into.active and len(into.active) <= CAUSES_MAX:
        out["cause"] = put_error(cause, into, depth, include_stack=False)
    if notes := _notes(exc):
        out["notes"] = notes
    if include_stack and (stack := _stack(exc)):
        out["stack"] = stack
    return out


def _type(exc: BaseException, into: Pass) -> str:
    cls = type(exc)
    try:
        return into.registry.tag(cls)
    except Exception:
        return f"{cls.__module__}:{cls.__qualname__}"


def _message(exc: BaseException) -> str:
    try:
        return _plain(str(exc))
    except Exception as error:
        return f"(the text of this {type(exc).__name__} cannot be made: {type(error).__name__})"


def _plain(text: object, length_max: int = MESSAGE_LENGTH_MAX) -> str:
    """Text for people: bounded, and without surrogates."""
    # What means nothing in a log, and would differ when the run is replayed.
    shown = _PASSING.sub("", text if isinstance(text, str) else ascii(text))
    if len(shown) > length_max:
        half = length_max // 2
        shown = f"{shown[:half]}\n… {len(shown) - 2 * half} characters left out …\n{shown[-half:]}"
    return shown.encode("utf-8", "backslashreplace").decode()


def _args(exc: BaseException, into: Pass, depth: int) -> list[Json] | None:
    try:
        return [
            put(_PASSING.sub("", arg) if type(arg) is str else arg, into, depth + 1)
            for arg in exc.args
        ]
    except Exception:
        return None


def _state(exc: BaseException, into: Pass, depth: int) -> dict[str, Json]:
    attributes: dict[str, object] = {
        name: getattr(exc, name, None)
        for cls, names in _BESIDE_DICT
        if isinstance(exc, cls)
        for name in names
    }
    attributes = {name: item for name, item in attributes.items() if item is not None}
    attributes |= exc.__dict__
    out: dict[str, Json] = {}
    for name, item in attributes.items():
        if name in ("__notes__", STACK_ATTRIBUTE) or not isinstance(name, str):
            continue
        try:
            out[name] = put(item, into, depth + 1)
        except Exception:
            continue
    return out


def _notes(exc: BaseException) -> list[Json]:
    notes = getattr(exc, "__notes__", None)
    if not isinstance(notes, list | tuple):
        return []
    return [_plain(note) for note in notes[:NOTES_MAX]]


def _stack(exc: BaseException) -> str:
    """
    The traceback's text without our own frames, after the one it was recorded with.

    It is left out if all of its frames are ours.
    """
    recorded = exc.stack if isinstance(exc, StepError) else getattr(exc, STACK_ATTRIBUTE, None)
    text = ""
    if exc.__traceback__ is not None or not recorded:
        try:
            with _imports_nothing(exc):
                shown = traceback.TracebackException.from_exception(exc, compact=True)
            if _without_own_frames(shown, _own_folders(), 0):
                text = "".join(shown.format())
        except Exception:
            text = ""
    return _plain(_RECEIVED.join(part for part in (recorded, text) if part), STACK_LENGTH_MAX)


@contextlib.contextmanager
def _imports_nothing(exc: BaseException) -> Iterator[None]:
    """
    Keep Python from importing what an ImportError names.

    From 3.12 on it does, to suggest a name, whoever raised the error and whatever it names.

    Raises:
        ValueError: If the class of one hides its `name_from`.
    """
    hidden: list[tuple[Any, object]] = []
    waiting: list[BaseException | None] = [exc]
    seen: set[int] = set()
    try:
        while waiting:
            error = waiting.pop()
            if error is None or id(error) in seen:
                continue
            seen.add(id(error))
            waiting += [error.__cause__, error.__context__]
            if isinstance(error, BaseExceptionGroup):
                waiting += error.exceptions
            if isinstance(error, ImportError) and getattr(error, "name_from", None) is not None:
                member: Any = vars(ImportError).get("name_from")
                if member is None:
                    continue  # before 3.12
                hidden.append((error, member.__get__(error)))
                member.__set__(error, None)
                if getattr(error, "name_from", None) is not None:
                    raise ValueError("an ImportError whose class decides about name_from")
        yield
    finally:
        for error, name in hidden:
            vars(ImportError)["name_from"].__set__(error, name)


def _own_folders() -> tuple[str, ...]:
    """Where those of our packages lie that this process has imported."""
    files = (getattr(sys.modules.get(name), "__file__", None) for name in _OURS)
    return tuple(os.path.dirname(os.path.abspath(file)) + os.sep for file in files if file)


def _without_own_frames(shown: Any, own: tuple[str, ...], depth: int) -> bool:
    """Take our frames out; whether any are left, there or in what led to it."""
    shown.stack[:] = [frame for frame in shown.stack if not frame.filename.startswith(own)]
    left = bool(shown.stack)
    for frame in shown.stack:
        frame.filename = _short(frame.filename)
    inner = [shown.__cause__, shown.__context__, *(getattr(shown, "exceptions", None) or ())]
    for other in inner:
        if other is not None and depth < DEPTH_MAX:
            left = _without_own_frames(other, own, depth + 1) or left
    return left


def _short(filename: str) -> str:
    """A file as it is imported: below the folder of the process or of an import path."""
    roots = [os.getcwd(), *(root for root in sys.path if os.path.isabs(root))]
    inside = [root for root in roots if filename.startswith(root.rstrip(os.sep) + os.sep)]
    # The log is read on other machines, and by people who need not know this one's folders.
    return os.path.relpath(filename, max(inside, key=len)) if inside else filename


# -- reading ------------------------------------------------------------------------------


def decode_error(obj: Json, *, registry: ClassRegistry = HOST) -> Exception:
    """
    The exception of an error object; a StepError if it cannot be rebuilt. Never fails.

    Older logs' errors, which are a text or have no `type`, become StepErrors as well.
    """
    return _take(obj, registry, 0)


def _take(obj: Json, registry: ClassRegistry, depth: int) -> Exception:
    if not isinstance(obj, dict):
        return StepError(obj if isinstance(obj, str) else f"{obj!r}")
    exc = _rebuilt(obj, registry, depth)
    stack = obj.get("stack")
    stack = stack if isinstance(stack, str) else None
    if exc is None:
        recorded, message = obj.get("type"), obj.get("message")
        exc = StepError(
            message if isinstance(message, str) else "" if message is None else f"{message!r}",
            type=recorded if isinstance(recorded, str) else "Exception",
            stack=stack,
        )
    elif stack is not None:
        exc.__dict__[STACK_ATTRIBUTE] = stack
    cause = obj.get("cause")
    if cause is not None and depth <= CAUSES_MAX:
        _set(exc, "__cause__", _take(cause, registry, depth + 1))
    notes = obj.get("notes")
    if isinstance(notes, list) and notes:
        exc.__dict__["__notes__"] = [note for note in notes if isinstance(note, str)]
    return exc


def _rebuilt(obj: Mapping[str, Json], registry: ClassRegistry, depth: int) -> Exception | None:
    tag = obj.get("type")
    cls = registry.resolve(tag) if isinstance(tag, str) else None
    if not isinstance(cls, type) or not issubclass(cls, Exception):
        return None
    if issubclass(cls, _NEVER_REBUILT):
        return None
    try:
        args = _args_of(cls, obj, registry, depth)
        if args is None:
            return None
        state = obj.get("state")
        values = (
            {name: take(item, registry) for name, item in state.items()}
            if isinstance(state, dict)
            else {}
        )
        exc = _make(cls, args)
        for name, item in values.items():
            if any(issubclass(cls, base) and name in names for base, names in _BESIDE_DICT):
                _set(exc, name, item)
            else:
                exc.__dict__[name] = item
    except Exception:
        return None
    return exc


def _args_of(
    cls: type[Exception], obj: Mapping[str, Json], registry: ClassRegistry, depth: int
) -> tuple[object, ...] | None:
    if issubclass(cls, ExceptionGroup):
        children = obj.get("exceptions")
        if not isinstance(children, list) or not children or depth > CAUSES_MAX:
            return None
        return obj.get("message"), [_take(child, registry, depth + 1) for child in children]
    args = obj.get("args")
    return tuple(take(arg, registry) for arg in args) if isinstance(args, list) else None


def _make(cls: type[Exception], args: tuple[object, ...]) -> Exception:
    """An instance of `cls` made by the class in C below it, and by nothing else."""
    base: Any = cls
    while base.__flags__ & _HEAP_TYPE:
        base = base.__base__
    exc: Exception = base.__new__(cls, *args)
    # Sets what lies beside `args`: a UnicodeDecodeError's range, an OSError's errno. It may
    # want other arguments than those that a subclass passed on; then there is nothing to set.
    with contextlib.suppress(Exception):
        base.__init__(exc, *args)
    if not isinstance(exc, BaseExceptionGroup):
        _set(exc, "args", args)
    return exc
