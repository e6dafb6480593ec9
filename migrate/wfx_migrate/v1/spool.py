"""
The records of one run, byte for byte, in a temporary file.

They are needed again when the run is written, and to prove it; in between, a run of a
million records would hold as many pieces of memory. Few bytes never touch the disk.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, overload

from wfx.world import SourceRecord
from wfx_migrate.v1.model import SourceLost

_MEMORY_BYTES: Final = 4 * 1024 * 1024


class Spool(Sequence[SourceRecord]):
    """Source records that are read back one by one, in the order in which they came."""

    def __init__(self, records: Iterable[SourceRecord] = ()) -> None:
        # Kept beyond any block, and closed with the last that refers to it.
        self._file = tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES)  # noqa: SIM115
        self._starts = array("Q", [0])
        self.names: list[str] = []
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
            raise SourceLost(
                f"the records of the source cannot be kept in {tempfile.gettempdir()}: "
                f"{error.strerror}; make room there, or name another directory in TMPDIR"
            ) from None
        self._starts.append(end + len(record.data))
        self.names.append(record.source)

    @property
    def size(self) -> int:
        """How many bytes they have."""
        return self._starts[-1]

    def by_name(self) -> Iterator[SourceRecord]:
        """All of them, sorted by their names."""
        for index in sorted(range(len(self)), key=self.names.__getitem__):
            yield self._read(index)

    def _read(self, index: int) -> SourceRecord:
        start = self._starts[index]
        self._file.seek(start)
        return SourceRecord(self.names[index], self._file.read(self._starts[index + 1] - start))

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> SourceRecord: ...

    @overload
    def __getitem__(self, index: slice) -> list[SourceRecord]: ...

    def __getitem__(self, index: int | slice) -> SourceRecord | list[SourceRecord]:
        places = range(len(self))[index]
        return self._read(places) if isinstance(places, int) else [*map(self._read, places)]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # it grows

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def __del__(self) -> None:
        self._file.close()


def names(records: Sequence[SourceRecord]) -> list[str]:
    """What records are called; their bytes are not read."""
    if isinstance(records, Spool):
        return records.names
    return [record.source for record in records]


def size_of(records: Sequence[SourceRecord]) -> int:
    """How many bytes records have."""
    if isinstance(records, Spool):
        return records.size
    return sum(len(record.data) for record in records)


def by_name(records: Iterable[SourceRecord]) -> Iterable[SourceRecord]:
    """Records sorted by their names."""
    if isinstance(records, Spool):
        return records.by_name()
    return sorted(records, key=lambda record: record.source)
