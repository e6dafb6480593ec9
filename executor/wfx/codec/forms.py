"""The words and limits that encoding and decoding share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TAG: Final = "$"
"""The key that makes a JSON object a form. A dict that has it as a key is written as pairs."""

DEPTH_MAX: Final = 200
"""Containers inside containers. Below what `json` and the interpreter can take on every
Python, so that whether a value fits does not depend on how deep its writer's stack is."""

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1
"""Larger integers are written in hexadecimal: `json` refuses more than 4,300 digits."""

TEXT_FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "decimal": ("decimal", "Decimal"),
    "uuid": ("uuid", "UUID"),
    "fraction": ("fractions", "Fraction"),
    "complex": ("builtins", "complex"),
    "path": ("pathlib", "PosixPath"),
    "windows_path": ("pathlib", "WindowsPath"),
    "pure_posix_path": ("pathlib", "PurePosixPath"),
    "pure_windows_path": ("pathlib", "PureWindowsPath"),
    "ipv4_address": ("ipaddress", "IPv4Address"),
    "ipv6_address": ("ipaddress", "IPv6Address"),
    "ipv4_network": ("ipaddress", "IPv4Network"),
    "ipv6_network": ("ipaddress", "IPv6Network"),
    "ipv4_interface": ("ipaddress", "IPv4Interface"),
    "ipv6_interface": ("ipaddress", "IPv6Interface"),
    "zone": ("zoneinfo", "ZoneInfo"),
}
"""Classes of the standard library that are rebuilt from their text: form → module, class.

By name, so that nothing is imported for values that nobody has.
"""

FACTORIES: Final[Mapping[str, type]] = {
    cls.__name__: cls for cls in (list, dict, set, int, str, float, bool, tuple)
}
"""What a defaultdict may make when a key is missing."""


def step_into(key: object) -> str:
    """The part of a path that leads to what `key` of a mapping or object holds."""
    if type(key) is str and key.isidentifier():
        return f".{key}"
    if type(key) is str:
        shown = ascii(key if len(key) <= 40 else key[:37] + "...")
        return f"[{shown}]"
    if type(key) in (int, bool, float, type(None)):
        return f"[{key}]"
    return f"[key of type {type(key).__qualname__}]"
