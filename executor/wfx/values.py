"""What an encoded value is: plain JSON, the only thing that crosses the sandbox's wall."""

from __future__ import annotations

from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
