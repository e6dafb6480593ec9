"""What lies beside the runs of a source: records that belong to none of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from wfx.world import SourceRecord
from wfx_migrate.v1.model import Loose, Problem

_PAGE_RECORDS: Final = 1_000
_PAGE_BYTES: Final = 8 * 1024 * 1024


class Beside:
    """
    The records that belong to no run: they are kept with the runs that are written, a page
    with each until there are no more.
    """

    def __init__(self, loose: Iterator[Loose]) -> None:
        self._loose = loose
        self._page: dict[str, SourceRecord] = {}
        self.count = 0
        """How many there were so far."""
        self.problems: list[Problem] = []

    def page(self) -> list[SourceRecord]:
        """Some that are not kept yet."""
        if not self._page:
            size = 0
            for record in self._records():
                self._page[record.source] = record
                size += len(record.data)
                if size >= _PAGE_BYTES or len(self._page) >= _PAGE_RECORDS:
                    break
        return list(self._page.values())

    def kept(self, sources: Iterable[str]) -> None:
        """These are kept now."""
        for source in sources:
            self._page.pop(source, None)

    def rest(self) -> Iterator[str]:
        """The names of those that were never kept; to be called at the end."""
        yield from self._page
        for record in self._records():
            yield record.source

    def _records(self) -> Iterator[SourceRecord]:
        for found in self._loose:
            self.count += 1
            if found.problem is not None:
                self.problems.append(found.problem)
            if found.record is not None:
                yield found.record
