"""A select whose filters are chosen when it runs, and the pieces it is kept in till then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from wfx_world_sql.listing import Listing
from wfx_world_sql.statements.clauses import P, text_of
from wfx_world_sql.statements.dialects import Dialect


class Filterable:
    """A select, and the filters that may be added to it; its last parameter is its limit."""

    def __init__(
        self,
        base: Any,
        filters: Mapping[str, Any],
        *,
        order: tuple[Any, ...],
        skip_locked: bool = False,
    ) -> None:
        self._base = base
        self._filters = filters
        self._order = order
        self._skip_locked = skip_locked

    def pieces(self, db: Dialect) -> Listing:
        """Its text, cut where the filters go."""
        # A filter is compiled within the whole select, so that it names columns as there.
        marker = "1 = 1 /* filters */"
        ordered = self._base.where(text(marker)).order_by(*self._order).limit(P("limit"))
        if self._skip_locked:
            ordered = ordered.with_for_update(skip_locked=True)
        head, tail = text_of(db.dialect, ordered)[0].split(marker)
        head = head.rstrip().removesuffix("AND").removesuffix("WHERE").rstrip()
        filters = {}
        for name, expression in self._filters.items():
            whole = text_of(db.dialect, self._base.where(text(marker), expression))[0]
            filters[name] = whole.split(marker)[1].strip().removeprefix("AND").strip()
        return Listing(head, filters, tail.strip(), "AND" if " WHERE " in head else "WHERE")
