"""
`hashlib` and `hmac` with the algorithms that every Python has.

What else there is depends on the OpenSSL of the machine.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

from wfx_sandbox.state import violate


def _known(name: Any) -> Any:
    """An algorithm by its name, if it is one of those; any other object as it is."""
    if isinstance(name, str) and name.lower().replace("-", "_") not in _EVERYWHERE:
        violate(
            "WFX201",
            f"`{name!s}` is an algorithm that not every machine has.",
            "Use one of `hashlib.algorithms_guaranteed`, or do this in a step.",
        )
    return name


_EVERYWHERE: Final = frozenset(hashlib.algorithms_guaranteed)


def new_hash(name: str, data: Any = b"", **settings: Any) -> Any:
    """`hashlib.new`."""
    return hashlib.new(_known(name), data, **settings)


def pbkdf2_hmac(hash_name: str, *args: Any, **settings: Any) -> bytes:
    """`hashlib.pbkdf2_hmac`."""
    return hashlib.pbkdf2_hmac(_known(hash_name), *args, **settings)


class HMAC(hmac.HMAC):
    """`hmac.HMAC`."""

    def __init__(self, key: Any, msg: Any = None, digestmod: Any = "") -> None:
        super().__init__(key, msg, _known(digestmod) if digestmod else digestmod)


HMAC.__module__ = "hmac"


def new_hmac(key: Any, msg: Any = None, digestmod: Any = "") -> HMAC:
    """`hmac.new`."""
    return HMAC(key, msg, digestmod)


def digest(key: Any, msg: Any, digest: Any) -> bytes:
    """`hmac.digest`."""
    return hmac.digest(key, msg, _known(digest))


HASHLIB: Final[Mapping[str, Any]] = {"new": new_hash, "pbkdf2_hmac": pbkdf2_hmac}
HMACS: Final[Mapping[str, Any]] = {"HMAC": HMAC, "new": new_hmac, "digest": digest}
