"""
What workflow code gets in place of something it cannot have.

Importing it, naming it in an annotation or passing it around does no harm; every use fails
with the file and line, what it was, and what to do.
"""

from __future__ import annotations

from typing import NoReturn

from wfx_sandbox.state import violate


class Placeholder:
    """Stands for one refused thing; fails on use."""

    __slots__ = ("_message", "_remedy", "_rule")

    def __init__(self, message: str, remedy: str, rule: str = "WFX201") -> None:
        object.__setattr__(self, "_message", message)
        object.__setattr__(self, "_remedy", remedy)
        object.__setattr__(self, "_rule", rule)

    def _fail(self) -> NoReturn:
        violate(self._rule, self._message, self._remedy)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)  # probes of typing, copy and pydantic are no use
        self._fail()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        self._fail()

    def __delattr__(self, name: str) -> NoReturn:
        self._fail()

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        self._fail()

    def __getitem__(self, key: object) -> NoReturn:
        self._fail()

    def __setitem__(self, key: object, value: object) -> NoReturn:
        self._fail()

    def __delitem__(self, key: object) -> NoReturn:
        self._fail()

    def __iter__(self) -> NoReturn:
        self._fail()

    def __next__(self) -> NoReturn:
        self._fail()

    def __await__(self) -> NoReturn:
        self._fail()

    def __aiter__(self) -> NoReturn:
        self._fail()

    def __enter__(self) -> NoReturn:
        self._fail()

    def __exit__(self, *exc: object) -> NoReturn:
        self._fail()

    def __aenter__(self) -> NoReturn:
        self._fail()

    def __aexit__(self, *exc: object) -> NoReturn:
        self._fail()

    def __len__(self) -> NoReturn:
        self._fail()

    def __bool__(self) -> NoReturn:
        self._fail()

    def __contains__(self, item: object) -> NoReturn:
        self._fail()

    def __eq__(self, other: object) -> NoReturn:
        self._fail()

    def __hash__(self) -> int:
        return id(type(self))

    def __str__(self) -> NoReturn:
        self._fail()

    def __format__(self, spec: str) -> NoReturn:
        self._fail()

    def __int__(self) -> NoReturn:
        self._fail()

    def __float__(self) -> NoReturn:
        self._fail()

    def __index__(self) -> NoReturn:
        self._fail()

    def __instancecheck__(self, instance: object) -> NoReturn:
        self._fail()

    def __subclasscheck__(self, cls: type) -> NoReturn:
        self._fail()

    def __mro_entries__(self, bases: object) -> NoReturn:
        self._fail()

    def __or__(self, other: object) -> object:
        return self

    def __ror__(self, other: object) -> object:
        return self

    def _operate(self, *others: object) -> NoReturn:
        self._fail()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _operate
    __rtruediv__ = __floordiv__ = __mod__ = __lt__ = __le__ = __gt__ = __ge__ = __and__ = _operate

    def __repr__(self) -> str:
        return "<not available to workflow code>"
