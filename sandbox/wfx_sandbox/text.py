"""
Text of values without addresses.

The repr of a function, a generator or a host object contains its address, which differs
between processes. Text made by `repr`, `str`, f-strings, `%`, `format`, `print` and logging
shows the object's serial number in the run in its place, which is also its `id()`. Where the
object cannot be found any more, the address is left out: to number addresses themselves
would depend on when memory is used again.
"""

from __future__ import annotations

import gc
import pprint
import re
import string
from collections import UserString, deque
from decimal import Decimal
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, Final

from wfx_sandbox.modules import clock
from wfx_sandbox.names import RUN_PREFIX
from wfx_sandbox.state import state

_ADDRESS: Final = re.compile(r" at 0x([0-9A-Fa-f]+)(?=>)")
_PRIVATE: Final = re.compile(rf"\b{RUN_PREFIX}\d+\.")
"""The private names of a run's modules, which count in the process (see importer.py)."""

_LINK: Final = re.compile(r"\n    For further information visit https://errors\.pydantic\.dev/\S+")
"""Of pydantic's errors: it has a version in it, and a variable of the environment hides it."""

_PLAIN: Final = frozenset({str, int, float, bool, bytes, complex, type(None), Decimal})
_CLOSED: Final = (FunctionType, ModuleType, type, CodeType, FrameType, str, bytes, int, float)
"""What is not looked into for objects whose address was shown: whole namespaces hang on it."""
_VISITS_MAX: Final = 20_000


def scrubbed(text: str, about: object = None) -> str:
    """The text of `about` with serial numbers of objects instead of their addresses."""
    if RUN_PREFIX in text:
        text = _PRIVATE.sub("", text)
    if "errors.pydantic.dev" in text:
        text = _LINK.sub("", text)
    if " at 0x" not in text:
        return text
    wanted = {int(each, 16) for each in _ADDRESS.findall(text)}
    found = _objects(about, wanted)

    def number(match: re.Match[str]) -> str:
        obj = found.get(int(match[1], 16))
        return "" if obj is None else f" #{state().serial(obj)}"

    return _ADDRESS.sub(number, text)


def _objects(root: object, wanted: set[int]) -> dict[int, object]:
    """The objects with these addresses among those that `root` refers to."""
    found: dict[int, object] = {}
    seen: set[int] = set()
    waiting: deque[object] = deque([root])
    while waiting and len(found) < len(wanted) and len(seen) < _VISITS_MAX:
        each = waiting.popleft()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if id(each) in wanted:
            found[id(each)] = each
        if not isinstance(each, _CLOSED):
            waiting.extend(gc.get_referents(each))
    return found


def shown(value: Any) -> Any:
    """What `str(value)` and `f"{value}"` work on: `value`, or its text if it has one only."""
    kind: Any = type(value)
    if kind in _PLAIN or isinstance(value, str):
        return value
    if kind.__format__ is object.__format__:
        return scrubbed(str(value), value)
    return value


def formattable(value: Any) -> Any:
    """What `f"{value:spec}"` works on: moments in time are formatted by us."""
    return clock.formattable(value)


class _Number:
    """A number whose format `n` does not ask the process's locale."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __format__(self, spec: str) -> str:
        if not spec.endswith("n"):
            return format(self._value, spec)
        return format(self._value, spec[:-1] + ("d" if isinstance(self._value, int) else "g"))


_FORMATS: Final = (int.__format__, float.__format__, complex.__format__, Decimal.__format__)


def formattable_number(value: Any) -> Any:
    """What `f"{value:spec}"` works on, if the specification may be `n`."""
    kind: Any = type(value)
    return _Number(value) if kind.__format__ in _FORMATS else formattable(value)


def formatted(value: Any, spec: str = "", /) -> str:
    """The builtin `format`."""
    if not spec:
        return format(shown(value))
    return format((formattable_number if spec.endswith("n") else formattable)(value), spec)


def represented(value: Any) -> Any:
    """What `!r` formats: `value` itself, or its repr."""
    return value if type(value) in _PLAIN else _Verbatim(show(value))


class _Verbatim:
    """Its repr is a given text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def show(value: Any, /) -> str:
    """The builtin `repr`."""
    return scrubbed(repr(value), value)


def show_ascii(value: Any, /) -> str:
    """The builtin `ascii`."""
    return scrubbed(ascii(value), value)


def line(value: Any) -> str:
    """`str(value)` for print and logging."""
    return scrubbed(str(value), value)


def callee(value: Any) -> Any:
    """What is called with one argument: `str` shows no addresses."""
    return text_of if value is str else value


CALLED_KEYWORDS: Final = frozenset(
    {"key", "default", "fallback", "function", "dict_factory", "tuple_factory"}
)
"""Arguments by whose names one gives a function to be called."""


def options(given: Any) -> Any:
    """What stands behind `**` in a call."""
    if type(given) is not dict:
        return given
    taken = [name for name in CALLED_KEYWORDS if given.get(name) is str]
    return {**given, **dict.fromkeys(taken, text_of)} if taken else given


def text_of(*args: Any, **kwargs: Any) -> str:
    """`str` where it is handed on as a function: `map(str, …)`, `key=str`."""
    if not args and len(kwargs) == 1 and "object" in kwargs:
        args, kwargs = (kwargs["object"],), {}
    return str(shown(args[0])) if len(args) == 1 and not kwargs else str(*args, **kwargs)


def text_of_one(value: Any, /) -> str:
    """`str` for who looks at how many arguments a function has."""
    return str(shown(value))


def remainder(left: Any, right: Any) -> Any:
    """`left % right`, which makes text if `left` is text."""
    return _scrubbed_remainder(left % right, right)


def remainder_in_place(left: Any, right: Any) -> Any:
    """What `left %= right` assigns."""
    left %= right
    return _scrubbed_remainder(left, right)


def item_remainder(obj: Any, key: Any, right: Any) -> None:
    """`obj[key] %= right`."""
    obj[key] = remainder_in_place(obj[key], right)


def _shows_no_object(right: Any) -> bool:
    """Whether text and numbers are all there is to format: what looks like an address is text."""
    kind = type(right)
    if kind is tuple:
        return all(type(each) in _PLAIN for each in right)
    if kind is dict:
        return all(type(each) in _PLAIN for each in right.values())
    return kind in _PLAIN


def _scrubbed_remainder(made: Any, right: Any) -> Any:
    kind = type(made)
    if kind is int or kind is float or _shows_no_object(right):
        return made
    if kind is str:
        return scrubbed(made, right)
    if kind is bytes or kind is bytearray:  # `%a` and `%r`
        return kind(scrubbed(made.decode("latin-1"), right).encode("latin-1"))
    if isinstance(made, UserString):
        made.data = scrubbed(made.data, right)
    return made


class UserText(UserString):
    """`collections.UserString`."""

    def __init__(self, seq: Any) -> None:
        super().__init__(shown(seq))


UserText.__name__ = UserText.__qualname__ = "UserString"
UserText.__module__ = "collections"


class Template(string.Template):
    """`string.Template`."""

    def substitute(self, mapping: Any = None, /, **named: Any) -> str:
        """The text with its placeholders replaced."""
        given = {} if mapping is None else mapping
        return scrubbed(super().substitute(given, **named), (given, named))

    def safe_substitute(self, mapping: Any = None, /, **named: Any) -> str:
        """The text with the placeholders that are known replaced."""
        given = {} if mapping is None else mapping
        return scrubbed(super().safe_substitute(given, **named), (given, named))


def pformat(value: Any, *args: Any, **kwargs: Any) -> str:
    """`pprint.pformat`."""
    return scrubbed(pprint.pformat(value, *args, **kwargs), value)


_ATOMS: Final = frozenset({str, int, float, bytes, complex})


def same(left: Any, right: Any) -> bool:
    """`left is right`; numbers and text count as the same object if they are equal.

    Whether two equal texts are one object depends on interning and on whether a value came
    straight from a step or out of the log.
    """
    if left is right:
        return True
    kind = type(left)
    return kind in _ATOMS and type(right) is kind and bool(left == right)
