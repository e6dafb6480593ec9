"""
Functions written out for one class: what would loop over its fields names each of them.

They are as fast as if somebody had typed them, and none can forget a field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def written(
    name: str, parameters: Sequence[str], body: Sequence[str], names: Mapping[str, object]
) -> Callable[..., Any]:
    """
    A function of this name, parameters and lines.

    Args:
        names: What its globals are.
    """
    lines = "".join(f"\n    {line}" for line in body)
    made = dict(names)
    exec(f"def {name}({', '.join(parameters)}):{lines}", made)
    function: Callable[..., Any] = made[name]  # type: ignore[assignment]  # exec made it
    return function
