"""
Room for the many parts of one run: lists, sorted lists and mappings that go to disk.

A run has as many rows and events as it likes, and memory should not follow. Each of these
holds a small number of things in memory and the rest, pickled, in temporary files of its own,
which nobody else ever reads. Of a run of usual size nothing touches the disk.
"""

from __future__ import annotations

import errno
import pickle
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import merge
from itertools import chain, islice
from typing import IO, Any, Final, Generic, TypeVar

from wfx_migrate.v1.model import SourceLost

T = TypeVar("T")

SMALL: Final = 20_000
SMALL_BYTES: Final = 16 * 1024 * 1024
"""A run of so many records and bytes is held in memory."""
HELD: Final = 2_000
"""How many things of a larger one each of them has in memory at most."""
HELD_BYTES: Final = 4 * 1024 * 1024
"""About how many bytes of records they stand for."""
_CACHED: Final = 40
"""Blocks of things by number that are in memory at most."""
_BLOCK: Final = 50
"""How many things of each sorted part are in memory while the parts are merged."""


class _Pickled:
    """Lists of things in a file, one after the other."""

    def __init__(self) -> None:
        with _on_disk():
            # Kept beyond any block, and closed with the last that refers to it.
            self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115

    def put(self, things: list[Any]) -> int:
        """Where they are."""
        with _on_disk():
            start = self._file.seek(0, 2)
            pickle.dump(things, self._file, pickle.HIGHEST_PROTOCOL)
        return start

    def take(self, start: int) -> tuple[list[Any], int]:
        """What was put there, and where the next are."""
        self._file.seek(start)
        found: list[Any] = pickle.load(self._file)
        return found, self._file.tell()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()


@contextmanager
def _on_disk() -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise lost(error) from None


_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def in_temporary_files() -> Iterator[None]:
    """
    Work with files of our own.

    Raises:
        SourceLost: There is no room for them.
    """
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        if getattr(error, "errno", None) in _FULL or "is full" in str(error):
            raise lost(error) from None
        raise


def lost(error: Exception) -> SourceLost:
    """What it means that temporary files cannot be written."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return SourceLost(
        f"the records of the source cannot be kept in {tempfile.gettempdir()}: {reason}; "
        "make room there, or name another directory in TMPDIR"
    )


class Shelf(Collection[T]):
    """A list that is written at its end, and read from its beginning."""

    def __init__(
        self, things: Iterable[T] = (), *, held: int = HELD, held_bytes: int = HELD_BYTES
    ) -> None:
        self._most, self._most_bytes = held, held_bytes
        self._file: _Pickled | None = None
        self._starts: list[int] = []
        self._held: list[T] = []
        self._bytes = self._count = 0
        for thing in things:
            self.append(thing)

    def append(self, thing: T, size: int = 0) -> None:
        """
        Add one more.

        Raises:
            SourceLost: There is no room for it.
        """
        self._held.append(thing)
        self._count += 1
        self._bytes += size
        if len(self._held) >= self._most or self._bytes >= self._most_bytes:
            if self._file is None:
                self._file = _Pickled()
            self._starts.append(self._file.put(self._held))
            self._held = []
            self._bytes = 0

    def __iter__(self) -> Iterator[T]:
        for start in self._starts:
            assert self._file is not None  # it has what starts there
            yield from self._file.take(start)[0]
        yield from self._held

    def __len__(self) -> int:
        return self._count

    def __contains__(self, thing: object) -> bool:
        return any(thing == mine for mine in self)

    def clear(self) -> None:
        """Let go of all of it."""
        self._file = None
        self._starts, self._held = [], []
        self._bytes = self._count = 0


class _Blocks(Generic[T]):
    """Things on disk by their numbers, from 0. Read as they were written, each is read once."""

    def __init__(self, held: int) -> None:
        self._size = max(1, held // _CACHED)
        """How many things are written, and read, at once."""
        self._cached = min(held, _CACHED)
        self._file = _Pickled()
        self._starts: list[int] = []
        self._last: list[T] = []
        """Those of the last block that are not written yet."""
        self._read: dict[int, list[T]] = {}
        """The blocks that were read last, the newest at the end."""

    def append(self, thing: T) -> int:
        """The number of one more."""
        number = len(self._starts) * self._size + len(self._last)
        self._last.append(thing)
        if len(self._last) >= self._size:
            self._starts.append(self._file.put(self._last))
            self._last = []
        return number

    def __getitem__(self, number: int) -> T:
        block, place = divmod(number, self._size)
        if block == len(self._starts):
            return self._last[place]
        found = self._read.pop(block, None)
        if found is None:
            if len(self._read) >= self._cached:
                del self._read[next(iter(self._read))]
            found = self._file.take(self._starts[block])[0]
        self._read[block] = found
        return found[place]


class Sorted(Generic[T]):
    """Things by their keys; those of one key in the order in which they came."""

    def __init__(self, key: Callable[[T], Any], held: int = HELD) -> None:
        self.key = key
        self._most = held
        self._file: _Pickled | None = None
        self._parts: list[tuple[int, int]] = []
        """Where each sorted part begins, and how many blocks it has."""
        self._apart = True
        """Whether each part begins where the one before ends, or later."""
        self._last: Any = None
        """The key of the last thing of the last part."""
        self._held: list[T] = []

    def add(self, thing: T) -> None:
        """
        Add one more.

        Raises:
            SourceLost: There is no room for it.
        """
        self._held.append(thing)
        if len(self._held) >= self._most:
            self._put_away()

    def _put_away(self) -> None:
        if self._file is None:
            self._file = _Pickled()
        self._held.sort(key=self.key)
        self._apart = self._follows()
        self._last = self.key(self._held[-1])
        rest = iter(self._held)
        blocks = iter(lambda: list(islice(rest, _BLOCK)), [])
        starts = [self._file.put(block) for block in blocks]
        self._parts.append((starts[0], len(starts)))
        self._held = []

    def __iter__(self) -> Iterator[T]:
        self._held.sort(key=self.key)
        if not self._parts:
            return iter(self._held)
        parts = (self._part(start, blocks) for start, blocks in self._parts)
        if self._follows():
            return chain(chain.from_iterable(parts), self._held)
        return merge(*parts, self._held, key=self.key)

    def _follows(self) -> bool:
        """Whether what is held, and sorted, comes after all that is on disk."""
        if not (self._parts and self._held):
            return self._apart
        return self._apart and bool(self._last <= self.key(self._held[0]))

    def _part(self, start: int, blocks: int) -> Iterator[T]:
        assert self._file is not None  # it has what starts there
        for _ in range(blocks):
            things, start = self._file.take(start)
            yield from things


class Groups(Generic[T]):
    """Things by what they are about; of each key in the order in which they came."""

    def __init__(self, held: int = HELD) -> None:
        self._most = held
        self._held: dict[str, list[T]] = {}
        self._count = 0
        """How many are held."""
        self._blocks: _Blocks[T] | None = None
        self._database: sqlite3.Connection | None = None

    def add(self, key: str, thing: T) -> None:
        """
        Add one more.

        Raises:
            SourceLost: There is no room for it.
        """
        self._held.setdefault(key, []).append(thing)
        self._count += 1
        if self._count >= self._most:
            self._put_away()

    def _put_away(self) -> None:
        if self._database is None:
            self._database = _database("place (key TEXT, number INTEGER)")
            self._database.execute("CREATE INDEX place_key ON place (key, number)")
        blocks = self._blocks = self._blocks or _Blocks(self._most)
        with _on_disk():
            self._database.execute("BEGIN")
            self._database.executemany(
                "INSERT INTO place VALUES (?,?)",
                (
                    (key, blocks.append(thing))
                    for key, things in self._held.items()
                    for thing in things
                ),
            )
            self._database.execute("COMMIT")
        self._held, self._count = {}, 0

    def __iter__(self) -> Iterator[str]:
        """The keys, in the order in which they came."""
        if self._database is not None:
            query = "SELECT key FROM place GROUP BY key ORDER BY min(number)"
            for (key,) in self._database.execute(query):
                yield key
        yield from (key for key in self._held if not self._on_disk(key))

    def _on_disk(self, key: str) -> bool:
        if self._database is None:
            return False
        query = "SELECT 1 FROM place WHERE key = ? LIMIT 1"
        return self._database.execute(query, (key,)).fetchone() is not None

    def __contains__(self, key: str) -> bool:
        return key in self._held or self._on_disk(key)

    def of(self, key: str) -> Iterator[T]:
        """The things of a key, piece by piece; none if there is no such key."""
        if self._database is not None and self._blocks is not None:
            query = "SELECT number FROM place WHERE key = ? ORDER BY number"
            for (number,) in self._database.execute(query, (key,)):
                yield self._blocks[number]
        yield from self._held.get(key, ())

    def __del__(self) -> None:
        if self._database is not None:
            self._database.close()


def _database(table: str) -> sqlite3.Connection:
    """A table in a file that is removed when it is closed."""
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode=OFF")
    database.execute("PRAGMA cache_size=-4096")
    database.execute(f"CREATE TABLE {table}")
    return database


class Kept(MutableMapping[str, T]):
    """A dict of which the latest entries are in memory. A value that was put in stays as it is."""

    def __init__(self, held: int = HELD) -> None:
        self._most = held
        self._held: dict[str, T] = {}
        self._database = _database("kept (key TEXT PRIMARY KEY, value BLOB)")

    def __getitem__(self, key: str) -> T:
        try:
            return self._held[key]
        except KeyError:
            pass
        query = "SELECT value FROM kept WHERE key = ?"
        found = self._database.execute(query, (key,)).fetchone()
        if found is None:
            raise KeyError(key)
        value: T = pickle.loads(found[0])
        return value

    def __setitem__(self, key: str, value: T) -> None:
        self._held[key] = value
        if len(self._held) >= self._most:
            self._put_away(self._most // 2)

    def _put_away(self, count: int) -> None:
        oldest = list(islice(self._held.items(), count))
        with _on_disk():
            self._database.execute("BEGIN")
            self._database.executemany(
                "INSERT INTO kept VALUES (?,?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                ((key, pickle.dumps(value, pickle.HIGHEST_PROTOCOL)) for key, value in oldest),
            )
            self._database.execute("COMMIT")
        for key, _ in oldest:
            del self._held[key]

    def __delitem__(self, key: str) -> None:
        there = self._held.pop(key, None) is not None
        gone = self._database.execute("DELETE FROM kept WHERE key = ?", (key,)).rowcount
        if not (there or gone):
            raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        if key in self._held:
            return True
        query = "SELECT 1 FROM kept WHERE key = ?"
        return self._database.execute(query, (key,)).fetchone() is not None

    def __iter__(self) -> Iterator[str]:
        self._put_away(len(self._held))
        last = 0
        query = "SELECT rowid, key FROM kept WHERE rowid > ? ORDER BY rowid LIMIT 500"
        while found := self._database.execute(query, (last,)).fetchall():
            for _, key in found:
                yield key
            last = found[-1][0]

    def __len__(self) -> int:
        self._put_away(len(self._held))
        (count,) = self._database.execute("SELECT count(*) FROM kept").fetchone()
        return int(count)

    def __del__(self) -> None:
        self._database.close()

    def clear(self) -> None:
        """Let go of all of it."""
        self._held.clear()
        self._database.execute("DELETE FROM kept")


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a run is held in memory."""

    small: bool
    """All of it."""
    held: int

    @classmethod
    def of(cls, count: int, size: int) -> Room:
        """For a run of so many records and bytes."""
        if count <= SMALL and size <= SMALL_BYTES:
            return cls(True, sys.maxsize)
        average = max(1, size // max(1, count))
        return cls(False, max(16, min(HELD, HELD_BYTES // average)))

    def shelf(self) -> Shelf[Any]:
        """A list."""
        return Shelf(held=self.held, held_bytes=sys.maxsize if self.small else HELD_BYTES)

    def sorted(self, key: Callable[[T], Any]) -> Sorted[T]:
        """Things by their keys."""
        return Sorted(key, self.held)

    def groups(self) -> Groups[Any]:
        """Things by what they are about."""
        return Groups(self.held)

    def dict(self) -> MutableMapping[str, Any]:
        """A dict."""
        return {} if self.small else Kept(self.held)
