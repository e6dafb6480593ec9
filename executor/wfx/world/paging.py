"""Pages of a listing, and what every listing may be asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeAlias, TypeVar

T = TypeVar("T")

ResolveData: TypeAlias = Literal["all", "none"]
Order: TypeAlias = Literal["asc", "desc"]

PAGE_DEFAULT: Final = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a listing; hand `cursor` back for those that follow."""

    items: list[T]
    cursor: str | None = None


def all_items(page: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """All items of a listing, a page at a time; `page` gives the one of a cursor."""
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield from found.items
        cursor = found.cursor
        if cursor is None:
            return


def cursor_parts(cursor: str | None, count: int) -> list[str] | None:
    """The parts of a cursor that a page ended with; the first of them is a number."""
    if cursor is None:
        return None
    parts = cursor.split(":", count - 1)
    if len(parts) != count or not parts[0].lstrip("-").isdigit():
        raise ValueError(f"{cursor!r} is no cursor of this world; use the one a page came with")
    return parts
