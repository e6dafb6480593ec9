"""
The records of one run, byte for byte, in a temporary file.

They are needed again when the run is written, and to prove it; in between, a run of a
million records would hold as many pieces of memory. Few bytes never touch the disk.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Collection, Iterable, Iterator
from operator import itemgetter
from typing import Final

from wfx.world import SourceRecord
from wfx_migrate.v1.room import Shelf, Sorted, lost

_MEMORY_BYTES: Final = 4 * 1024 * 1024


class Spool(Collection[SourceRecord]):
    """Source records that are read back one by one, in the order in which they came."""

    def __init__(self, records: Iterable[SourceRecord] = ()) -> None:
        # Kept beyond any block, and closed with the last that refers to it.
        self._file = tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES)  # noqa: SIM115
        self._starts = array("Q", [0])
        self.names: Shelf[str] = Shelf()
        """What each is called."""
        for record in records:
            self.append(record)

    def append(self, record: SourceRecord) -> None:
        """
        Add one more.

        Raises:
            SourceLost: There is no room for it.
        """
        end = self._starts[-1]
        try:
            self._file.seek(end)
            self._file.write(record.data)
        except OSError as error:
            raise lost(error) from None
        self._starts.append(end + len(record.data))
        self.names.append(record.source)

    @property
    def size(self) -> int:
        """How many bytes they have."""
        return self._starts[-1]

    def by_name(self) -> Iterator[SourceRecord]:
        """All of them, sorted by their names."""
        places: Sorted[tuple[str, int]] = Sorted(itemgetter(0))
        for index, name in enumerate(self.names):
            places.add((name, index))
        for name, index in places:
            yield self._read(name, index)

    def _read(self, name: str, index: int) -> SourceRecord:
        start = self._starts[index]
        self._file.seek(start)
        return SourceRecord(name, self._file.read(self._starts[index + 1] - start))

    def __iter__(self) -> Iterator[SourceRecord]:
        for index, name in enumerate(self.names):
            yield self._read(name, index)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __contains__(self, record: object) -> bool:
        return any(record == mine for mine in self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Collection):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # it grows

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def __del__(self) -> None:
        self._file.close()


def names(records: Collection[SourceRecord]) -> Collection[str]:
    """What records are called; their bytes are not read."""
    if isinstance(records, Spool):
        return records.names
    return [record.source for record in records]


def size_of(records: Collection[SourceRecord]) -> int:
    """How many bytes records have."""
    if isinstance(records, Spool):
        return records.size
    return sum(len(record.data) for record in records)


def by_name(records: Iterable[SourceRecord]) -> Iterable[SourceRecord]:
    """Records sorted by their names."""
    if isinstance(records, Spool):
        return records.by_name()
    return sorted(records, key=lambda record: record.source)
