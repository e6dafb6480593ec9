"""
The records of one run, byte for byte, in a temporary file if they are many.

They are needed again when the run is written, and to prove it; in between, a run of a
million records would hold as many pieces of memory.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Collection, Iterable, Iterator
from operator import attrgetter, itemgetter
from typing import IO, Final

from wfx.world import SourceRecord
from wfx_migrate.v1.room import Shelf, Sorted, lost

_MEMORY_BYTES: Final = 4 * 1024 * 1024


class Spool(Collection[SourceRecord]):
    """Source records that are read back one by one, in the order in which they came."""

    def __init__(self, records: Iterable[SourceRecord] = ()) -> None:
        self._held: list[SourceRecord] | None = []
        """All of them while they are few."""
        self._file: IO[bytes] | None = None
        self._names: Shelf[str] = Shelf()
        self._starts = array("Q", [0])
        self._sorted = True
        self._last = ""
        for record in records:
            self.append(record)

    def append(self, record: SourceRecord) -> None:
        """
        Add one more.

        Raises:
            SourceLost: There is no room for it.
        """
        held, name = self._held, record.source
        self._sorted = self._sorted and self._last <= name
        self._last = name
        if held is None:
            self._write(record)
            return
        held.append(record)
        self._starts.append(self._starts[-1] + len(record.data))
        if self._starts[-1] >= _MEMORY_BYTES:
            self._held, self._starts = None, array("Q", [0])
            for one in held:
                self._write(one)

    def _write(self, record: SourceRecord) -> None:
        end = self._starts[-1]
        try:
            if self._file is None:
                # Kept beyond any block, and closed with the last that refers to it.
                self._file = tempfile.TemporaryFile()  # noqa: SIM115
            self._file.seek(end)
            self._file.write(record.data)
        except OSError as error:
            raise lost(error) from None
        self._starts.append(end + len(record.data))
        self._names.append(record.source)

    @property
    def names(self) -> Collection[str]:
        """What each is called."""
        if self._held is None:
            return self._names
        return [record.source for record in self._held]

    @property
    def size(self) -> int:
        """How many bytes they have."""
        return self._starts[-1]

    def by_name(self) -> Iterator[SourceRecord]:
        """All of them, sorted by their names."""
        if self._sorted:
            yield from self
            return
        if self._held is not None:
            yield from sorted(self._held, key=attrgetter("source"))
            return
        places: Sorted[tuple[str, int]] = Sorted(itemgetter(0))
        for index, name in enumerate(self._names):
            places.add((name, index))
        for name, index in places:
            yield self._read(name, index)

    def _read(self, name: str, index: int) -> SourceRecord:
        assert self._file is not None  # it has what has a name
        start = self._starts[index]
        self._file.seek(start)
        return SourceRecord(name, self._file.read(self._starts[index + 1] - start))

    def __iter__(self) -> Iterator[SourceRecord]:
        if self._held is not None:
            yield from self._held
            return
        for index, name in enumerate(self._names):
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

    def __del__(self) -> None:
        if self._file is not None:
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
    return sorted(records, key=attrgetter("source"))
