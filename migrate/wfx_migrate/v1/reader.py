"""
Opening a legacy source, whatever it is: this module finds that out.

A directory, an archive of one, a PostgreSQL URL, a file of JSON Lines, or `-` for JSON
Lines on standard input. What it is not is said in words.
"""

from __future__ import annotations

import errno
import lzma
import os
import shutil
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Final

from wfx.closing import Closing
from wfx_migrate.scratch import Scratch
from wfx_migrate.v1.model import LegacyRun, Loose, NotAStore, Size, Source, SourceKind, ValueForm
from wfx_migrate.v1.reader_jsonl import open_jsonl
from wfx_migrate.v1.reader_local import NEVER_IN, open_local
from wfx_migrate.v1.room import in_temporary_files

_POSTGRES: Final = ("postgresql://", "postgres://", "postgresql+psycopg://")
_SQLITE: Final = b"SQLite format 3\0"
_ARCHIVES: Final = (b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zX")
"""How zip, gzip, bzip2 and xz files begin, whole or cut off."""
_NOWHERE: Final = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.ELOOP)
"""What the system says of names that lead to nothing and never could."""
_SUFFIXES: Final = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")
_DAMAGED: Final = (EOFError, OSError, RuntimeError, zlib.error, lzma.LZMAError)
_WHAT: Final = (
    "a data directory of the Workflow DevKit (with runs/ and events/ in it), a .tar.gz or .zip "
    "of one, JSON Lines, or the URL of its PostgreSQL database"
)


def open_source(
    source: str | Path, *, values: ValueForm = ValueForm.PLAIN, stdin: IO[bytes] | None = None
) -> Source:
    """
    Open a legacy source.

    Args:
        values: How values in JSON Lines are written.
        stdin: What `-` reads, instead of standard input.

    Raises:
        NotAStore: There is nothing there, or nothing that can be read.
        NotV1: It is of another format; the message names it.
    """
    text = str(source)
    if text.startswith(_POSTGRES):
        from wfx_migrate.v1.reader_postgres import PostgresSource

        return PostgresSource(text)
    if "://" in text:
        scheme = text.partition("://")[0]
        raise NotAStore(f"{scheme}:// is no scheme of a legacy source; expected {_WHAT}")
    if text == "-":
        with in_temporary_files():
            return _spooled(stdin or sys.stdin.buffer, values)
    path = Path(source)
    try:
        with in_temporary_files():
            return _open_path(path, values, name=str(path))
    except PermissionError as error:
        raise NotAStore(
            f"{error.filename or path} cannot be read: {error.strerror}. "
            "Give this user the right to read it"
        ) from None
    except FileNotFoundError:
        raise NotAStore(f"there is no {path}; expected {_WHAT}") from None
    except OSError as error:
        if error.errno not in _NOWHERE:
            raise
        raise NotAStore(f"there is no {path}: {error.strerror}; expected {_WHAT}") from None


def _open_path(path: Path, values: ValueForm, *, name: str) -> Source:
    if path.is_dir():
        return _open_directory(path, values, name=name)
    with path.open("rb") as file:
        head = file.read(16)
    if head == _SQLITE:
        raise NotAStore(
            f"{name} is an SQLite database, which no release of v1 wrote. If it is a world of wfx, "
            f"`wfx runs list --world sqlite:///{path}` looks into it; expected {_WHAT}"
        )
    if head.startswith(_ARCHIVES) or tarfile.is_tarfile(path):
        return _Unpacked(path, values)
    if not head:
        raise NotAStore(f"{name} is empty; expected {_WHAT}")
    found = open_jsonl(path, name=name, values=values)
    assert found is not None  # of a file it is never None
    return found


def _open_directory(path: Path, values: ValueForm, *, name: str) -> Source:
    stores = open_local(path, name=name)
    try:
        lines = open_jsonl(path, name=name, values=values, but=stores.stores if stores else ())
    except NotAStore:
        if stores is None:
            raise
        lines = None  # logs of something else
        stores.description += "; its files of JSON Lines are of something else and were left alone"
    except BaseException:
        if stores is not None:
            stores.close()
        raise
    archives = _archives_in(path, stores.stores if stores else ())
    if archives and (left := stores or lines):
        left.description += f"; beside it {_listed(archives)} not read: migrate each by itself"
    if stores is not None and lines is not None:
        return Together(stores, lines)
    found = stores or lines
    if found is None:
        raise NotAStore(_nothing_in(path, name, archives))
    return found


def _archives_in(root: Path, but: Collection[Path]) -> list[str]:
    """The archives at or below `root` that are in none of the directories `but`."""
    found: list[str] = []
    for at, below, names in os.walk(root):
        if Path(at) in but:
            below.clear()  # what lies there is kept with the store
            continue
        below[:] = [name for name in below if name not in NEVER_IN]
        inside = (Path(at, name) for name in names if name.endswith(_SUFFIXES))
        found += (path.relative_to(root).as_posix() for path in inside if path.is_file())
    return sorted(found)


def _listed(archives: list[str]) -> str:
    count = "an archive" if len(archives) == 1 else f"{len(archives)} archives"
    return f"{count} ({', '.join(archives[:3])}{' …' if len(archives) > 3 else ''})"


def _nothing_in(path: Path, name: str, archives: list[str]) -> str:
    if not any(path.iterdir()):
        return f"{name} is an empty directory; expected {_WHAT}"
    if archives:
        return (
            f"{name} has no legacy store in it, but {_listed(archives)}: give one of them at a "
            "time, or unpack them"
        )
    return f"{name} has no legacy store in it; expected {_WHAT}"


class Together(Closing):
    """
    A folder with data directories and JSON Lines.

    A run that both have is in the first; the other's records of it are quarantined, because
    nobody can say how the two go together.
    """

    def __init__(self, *parts: Source) -> None:
        self.parts = parts
        self.kind = parts[0].kind
        self.name = parts[0].name
        self.description = " and ".join(part.description for part in parts)

    def size(self) -> Size:
        """How many runs and records there are."""
        sizes = [part.size() for part in self.parts]
        return Size(sum(size.runs for size in sizes), sum(size.records for size in sizes))

    def run_ids(self) -> list[str]:
        """The ids of all runs, in order."""
        return sorted({run_id for part in self.parts for run_id in part.run_ids()})

    def runs(self, only: frozenset[str] | None = None) -> Iterator[LegacyRun]:
        """One run after the other; of one that two parts have, what the first has."""
        for part, before in self.each():
            yield from (run for run in part.runs(only) if run.run_id not in before)

    def each(self) -> Iterator[tuple[Source, frozenset[str]]]:
        """The parts, and of each the ids of its runs that a part before it has too."""
        before: set[str] = set()
        for part in self.parts:
            ids = set(part.run_ids())
            yield part, frozenset(before.intersection(ids))
            before.update(ids)

    def loose(self) -> Iterator[Loose]:
        """What belongs to no run."""
        for part in self.parts:
            yield from part.loose()

    def close(self) -> None:
        """Let go of all parts."""
        for part in self.parts:
            part.close()


def parts_of(source: Source) -> Iterator[tuple[Source, frozenset[str]]]:
    """
    What is to be migrated one after the other: records that belong to no run are kept with
    runs of their own kind. With each, the ids of runs that another part has too.
    """
    if isinstance(source, _Copied):
        yield from parts_of(source.inner)
    elif isinstance(source, Together):
        yield from source.each()
    else:
        yield source, frozenset()


class _Copied(Closing):
    """A source that lies in a temporary copy, removed with it."""

    kind: SourceKind

    def __init__(self) -> None:
        self._directory = Scratch()
        self._inner: Source | None = None

    def _opened(self, inner: Source, name: str) -> None:
        self._inner = inner
        self.kind = inner.kind
        self.name = name
        self.description = inner.description

    @property
    def inner(self) -> Source:
        """The copy."""
        assert self._inner is not None
        return self._inner

    def size(self) -> Size:
        """How many runs and records there are."""
        return self.inner.size()

    def run_ids(self) -> Iterable[str]:
        """The ids of all runs, in order."""
        return self.inner.run_ids()

    def runs(self, only: frozenset[str] | None = None) -> Iterator[LegacyRun]:
        """One run after the other."""
        return self.inner.runs(only)

    def loose(self) -> Iterator[Loose]:
        """What belongs to no run."""
        return self.inner.loose()

    def close(self) -> None:
        """Remove the copy."""
        if self._inner is not None:
            self._inner.close()
        self._directory.close()


class _Unpacked(_Copied):
    """An archive."""

    def __init__(self, path: Path, values: ValueForm) -> None:
        super().__init__()
        try:
            root = self._directory.path
            _unpack(path, root)
            self._opened(_open_path(root, values, name=str(path)), str(path))
            self.description = f"an archive with {self.description}"
        except BaseException:
            self.close()
            raise


def _unpack(path: Path, root: Path) -> None:
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK" and not zipfile.is_zipfile(path)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    if not info.is_dir():
                        with archive.open(info) as member:
                            _put(root, info.filename, member)
        else:
            with tarfile.open(path) as tar:
                for part in tar:
                    content = tar.extractfile(part) if part.isfile() else None
                    if content is not None:
                        with content:
                            _put(root, part.name, content)
    except (tarfile.TarError, zipfile.BadZipFile, *_DAMAGED) as error:
        if isinstance(error, PermissionError):
            raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise NotAStore(
                f"there is no room in {root.parent} to unpack {path}; make room there, or name "
                "another directory in TMPDIR"
            ) from None
        if zipped:
            error = zipfile.BadZipFile("it begins like a zip file, and does not end like one")
        raise NotAStore(f"{path} cannot be unpacked: {error}. Is it complete?") from None


def _put(root: Path, name: str, content: IO[bytes]) -> None:
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts:
        raise NotAStore(f"the archive has a member outside of itself: {name}")
    target = root / inside
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(content, file)


class _Spooled(_Copied):
    """Standard input."""

    def __init__(self, stream: IO[bytes], values: ValueForm) -> None:
        super().__init__()
        try:
            path = self._directory.path / "stdin"
            with path.open("wb") as file:
                shutil.copyfileobj(stream, file)
            if not path.stat().st_size:
                raise NotAStore("standard input is empty; JSON Lines were expected")
            inner = open_jsonl(path, name="standard input", values=values)
            assert inner is not None  # of a file it is never None
            self._opened(inner, "standard input")
        except BaseException:
            self.close()
            raise


def _spooled(stream: IO[bytes], values: ValueForm) -> Source:
    return _Spooled(stream, values)
