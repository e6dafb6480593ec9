"""Statements that list rows: a select whose filters are chosen when it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Query: TypeAlias = tuple[str, Sequence[Any]]
"""The text of a statement, and its parameters."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A select in pieces."""

    head: str
    filters: Mapping[str, str]
    tail: str
    joint: str
    """What stands between the head and the first filter: WHERE or AND."""


def chosen(
    listing: Listing,
    parameters: Sequence[Any],
    filters: Iterable[tuple[str, Sequence[Any] | None]],
    limit: int,
) -> Query:
    """A listing with those filters whose parameters are not None."""
    words = [listing.head]
    joint = listing.joint
    values = list(parameters)
    for name, wanted in filters:
        if wanted is not None:
            words += [joint, listing.filters[name]]
            values += wanted
            joint = "AND"
    words.append(listing.tail)
    return " ".join(words), [*values, limit]
