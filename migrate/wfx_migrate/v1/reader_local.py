"""
Reading data directories of the Workflow DevKit.

    runs/<runId>.json  steps/<runId>-<stepId>.json  events/<runId>-<eventId>.json
    hooks/<hookId>.json  streams/chunks/<streamId>-<chunkId>.json  streams/runs/<runId>.json

A directory may hold what several releases wrote over the years, and a source may be a
directory that has several such directories in it. A file that is none of these is kept as
it is. What a file's name and what its content say about its run must agree.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from wfx.world import SourceRecord
from wfx_migrate.v1.inventory import Entry, Indexed
from wfx_migrate.v1.model import (
    LegacyRun,
    Loose,
    NotAStore,
    NotV1,
    Problem,
    Row,
    RowKind,
    SourceKind,
    ValueForm,
)
from wfx_migrate.v1.room import Shelf
from wfx_migrate.v1.spool import Spool
from wfx_migrate.v1.text import BadJson, parse

_KINDS: Final = {
    "runs": RowKind.RUN,
    "steps": RowKind.STEP,
    "hooks": RowKind.HOOK,
    "events": RowKind.EVENT,
}
_ID_FIELD: Final = {
    RowKind.RUN: "runId",
    RowKind.STEP: "stepId",
    RowKind.HOOK: "hookId",
    RowKind.EVENT: "eventId",
}
_RUN_PREFIX: Final = re.compile(r"(wrun_[0-9A-Za-z]+)-.+")
_STREAM_OF_RUN: Final = re.compile(r"strm_([0-9A-HJKMNP-TV-Z]{26})_user")
_CHUNK: Final = re.compile(r"(.+)-((?:chnk|strm)_[0-9A-Z]{26})\.(?:json|bin)")
_DEPTH_MAX: Final = 4
_SMALL: Final = 32 * 1024
"""A file that is shorter is read at once."""
_NO_FILE: Final = -1
"""Where a record starts that has no bytes: a link that leads nowhere, a pipe."""
_READ: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
NEVER_IN: Final = frozenset({"node_modules", ".git", "__pycache__", ".venv"})


def is_store(directory: Path) -> bool:
    """Whether this is a data directory: one that has runs or events in the usual places."""
    return any((directory / name).is_dir() for name in ("runs", "events", "steps"))


def find_stores(directory: Path) -> list[Path]:
    """The data directories at or below a directory, in order; links are followed."""
    found: dict[str, Path] = {}

    def look(at: Path, depth: int) -> None:
        if is_store(at):
            found.setdefault(os.path.realpath(at), at)
        elif depth < _DEPTH_MAX:
            for entry in sorted(os.scandir(at), key=lambda entry: entry.name):
                if _is_directory(entry) and entry.name not in NEVER_IN:
                    look(Path(entry.path), depth + 1)

    look(directory, 0)
    return list(found.values())


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that leads to itself


class LocalSource(Indexed):
    """Data directories."""

    kind: Final = SourceKind.LOCAL

    def __init__(self, root: Path, stores: list[Path], *, name: str) -> None:
        self.name = name
        self.stores = stores
        self._root = root
        super().__init__()
        self._streams: dict[str, str] = {}
        try:
            for store in stores:
                self._take_stock(store)
            self._inventory.finish(self._streams)
            self._check_version()
        except BaseException:
            self._inventory.close()
            raise
        many = f"{len(stores)} data directories" if len(stores) > 1 else "a data directory"
        self.description = f"{many} of the Workflow DevKit (v1)"

    # -- taking stock ---------------------------------------------------------------------

    def _take_stock(self, store: Path) -> None:
        at = store.relative_to(self._root).as_posix()
        before = "" if at == "." else f"{at}/"
        for inside, unreadable in _files(store, (os.path.realpath(store),)):
            self._note(f"{before}{inside}", inside, unreadable)

    def _note(self, file: str, inside: str, unreadable: str | None) -> None:
        try:
            file.encode()
        except UnicodeEncodeError:
            file = file.encode("utf-8", "backslashreplace").decode()
            self._inventory.add(
                Entry(file, 0, RowKind.OTHER, None, reason="its name is no UTF-8 text")
            )
            return
        folder, _, name = inside.rpartition("/")
        kind = _KINDS.get(folder)
        if kind is None or not name.endswith(".json"):
            self._note_other(file, folder, name, unreadable)
            return
        stem = name.removesuffix(".json")
        match = _RUN_PREFIX.fullmatch(stem)
        run_id: str | None = None
        reason = unreadable
        if kind is RowKind.RUN:
            run_id = stem
        elif match and kind is not RowKind.HOOK:
            run_id = match[1]
        elif unreadable is None:
            # Its name does not tell the run: a hook, or ids that somebody made up.
            try:
                run_id = _run_of(parse(self._read(file)))
                reason = None if run_id else "it does not say which run it is about"
            except (BadJson, OSError) as error:
                reason = str(error)
        start = 0 if unreadable is None else _NO_FILE
        self._inventory.add(Entry(file, 0, kind, run_id, start, reason=reason))

    def _note_other(self, file: str, folder: str, name: str, unreadable: str | None) -> None:
        run_id: str | None = None
        stream: str | None = None
        if folder == "streams/chunks" and (chunk := _CHUNK.fullmatch(name)):
            stream = chunk[1]
            if owner := _STREAM_OF_RUN.match(stream):
                run_id = f"wrun_{owner[1]}"
        elif folder == "streams/runs" and name.endswith(".json"):
            run_id = name.removesuffix(".json")
            if unreadable is None:
                self._learn_streams(file, run_id)
        start = 0 if unreadable is None else _NO_FILE
        self._inventory.add(
            Entry(file, 0, RowKind.OTHER, run_id, start, stream=stream, reason=unreadable)
        )

    def _learn_streams(self, file: str, run_id: str) -> None:
        try:
            index = parse(self._read(file))
        except (BadJson, OSError):
            return
        names = index.get("streams") if isinstance(index, dict) else None
        if isinstance(names, list):
            self._streams |= {name: run_id for name in names if isinstance(name, str)}

    def _check_version(self) -> None:
        for run_id in self._inventory.run_ids():
            for entry in self._inventory.of_run(run_id):
                if entry.kind is not RowKind.RUN or entry.start == _NO_FILE:
                    continue
                try:
                    row = parse(self._read(entry.file))
                except (BadJson, OSError):
                    continue
                found = row.get("specVersion") if isinstance(row, dict) else None
                if found is not None:
                    raise NotV1(
                        f"{self.name} was written by a later release of the Workflow DevKit "
                        f"({entry.source} has specVersion {found}), which keeps an event log "
                        "of its own; only stores from before that change are v1"
                    )
                return

    def _read(self, file: str) -> bytes:
        # A store has very many small files: no `Path` and no file object for each, which would
        # ask the system three times more.
        opened = os.open(f"{self._root}/{file}", _READ)
        try:
            data = os.read(opened, _SMALL)
            if len(data) < _SMALL:
                return data
            parts = [data]
            while data := os.read(opened, _SMALL):
                parts.append(data)
            return b"".join(parts)
        finally:
            os.close(opened)

    # -- reading --------------------------------------------------------------------------

    def _run(self, run_id: str) -> LegacyRun:
        gathered = Gathering(run_id, SourceKind.LOCAL, ValueForm.FLAT)
        for entry in self._inventory.of_run(run_id):
            if entry.start == _NO_FILE:
                gathered.unreadable(entry.source, str(entry.reason))
                continue
            try:
                data = self._read(entry.file)
            except OSError as error:
                gathered.unreadable(entry.source, f"it cannot be read: {error.strerror}")
                continue
            source = gathered.record(entry, data)
            if entry.kind is not RowKind.OTHER and entry.reason is None:
                gathered.row(entry.kind, source, data, _names_agree)
        return gathered.done()

    def loose(self) -> Iterator[Loose]:
        """What belongs to no run."""
        for entry in self._inventory.of_run(None):
            if entry.start == _NO_FILE:
                yield Loose(None, entry.problem)
                continue
            try:
                yield Loose(SourceRecord(entry.source, self._read(entry.file)), entry.problem)
            except OSError as error:
                reason = f"it cannot be read: {error.strerror}"
                yield Loose(None, entry.problem or Problem(entry.source, reason))


class Gathering:
    """A `LegacyRun` in the making."""

    def __init__(self, run_id: str, kind: SourceKind, values: ValueForm) -> None:
        self._records = Spool()
        self._steps: Shelf[Row] = Shelf()
        self._hooks: Shelf[Row] = Shelf()
        self._events: Shelf[Row] = Shelf()
        self._made = LegacyRun(
            run_id=run_id,
            kind=kind,
            values=values,
            run=None,
            steps=self._steps,
            hooks=self._hooks,
            events=self._events,
            records=self._records,
        )
        self._runs: list[Row] = []
        self._others: set[str] = set()
        self._unreadable = 0

    def problem(self, where: str, reason: str) -> None:
        """Note what cannot be read."""
        self._made.problems.append(Problem(where, reason))

    def unreadable(self, where: str, reason: str) -> None:
        """Note a record whose bytes cannot be had."""
        self._unreadable += 1
        self.problem(where, reason)

    def record(self, entry: Entry, data: bytes) -> str:
        """Keep a record, converted or not; its name."""
        source = entry.source
        self._records.append(SourceRecord(source, data))
        if entry.kind is RowKind.OTHER:
            self._others.add(source)
        if entry.problem:
            self._made.problems.append(entry.problem)
        return source

    def row(self, kind: RowKind, source: str, data: bytes, check: Any = None) -> None:
        """Read a record as a row of this kind."""
        try:
            fields = parse(data)
        except BadJson as error:
            self.problem(source, str(error))
            return
        if not isinstance(fields, dict):
            self.problem(source, "a JSON object was expected")
            return
        self.add(Row(kind, source, fields), len(data), check)

    def add(self, row: Row, size: int, check: Any = None) -> None:
        """Add a row that was read from so many bytes."""
        wrong = _wrong(row, self._made.run_id) or (check(row) if check else None)
        if wrong:
            self.problem(row.source, wrong)
            return
        if row.kind is RowKind.RUN:
            self._runs.append(row)
        elif row.kind is RowKind.STEP:
            self._steps.append(row, size)
        elif row.kind is RowKind.HOOK:
            self._hooks.append(row, size)
        else:
            self._events.append(row, size)

    def done(self) -> LegacyRun:
        """The run."""
        made = self._made
        if len(self._runs) > 1:
            self.problem(self._runs[1].source, f"{self._runs[0].source} is a row of this run too")
        run = self._runs[0] if self._runs else None
        return LegacyRun(
            **{name: getattr(made, name) for name in made.__slots__ if name not in _SET_LAST},
            run=run,
            others=frozenset(self._others),
            unreadable=self._unreadable,
        )


_SET_LAST: Final = frozenset({"run", "others", "unreadable"})


def _wrong(row: Row, run_id: str) -> str | None:
    """What is wrong with a row as such."""
    found = row.fields.get("runId")
    if found != run_id:
        return f"it is about the run {found!r}, and was taken for a part of {run_id}"
    name = _ID_FIELD[row.kind]
    if not isinstance(row.fields.get(name), str):
        return f"it has no {name}"
    version = row.fields.get("specVersion")
    if version is not None:
        return f"it has specVersion {version}: a later release than v1 wrote it"
    return None


def _names_agree(row: Row) -> str | None:
    """A file is named after what is in it."""
    stem = row.source.rpartition("/")[2].removesuffix(".json")
    own = row.fields[_ID_FIELD[row.kind]]
    run_id = row.fields["runId"]
    if stem in (own, f"{run_id}-{own}"):
        return None
    return f"the file is named {stem!r}, and holds {own!r} of {run_id!r}"


def _run_of(fields: Any) -> str | None:
    run_id = fields.get("runId") if isinstance(fields, dict) else None
    return run_id if isinstance(run_id, str) and run_id else None


def _files(
    directory: str | Path, ways: tuple[str, ...], before: str = ""
) -> Iterator[tuple[str, str | None]]:
    """
    All files below a directory, in order, and why one cannot be read.

    Links are followed: whoever moved a part of a store to another disk has them.

    Args:
        ways: The directories that led here, as they really are: links must not lead back.
        before: What names begin with.
    """
    with os.scandir(directory) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        name = f"{before}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, ways, f"{name}/")
        elif entry.is_file(follow_symlinks=False):
            yield name, None
        elif entry.is_symlink():
            yield from _linked(entry.path, ways, name)
        else:
            yield name, "it is neither a file nor a directory"


def _linked(path: str, ways: tuple[str, ...], name: str) -> Iterator[tuple[str, str | None]]:
    """What a link leads to."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        yield name, f"it is a link that leads nowhere: {error.strerror}"
        return
    if stat.S_ISREG(mode):
        yield name, None
    elif stat.S_ISDIR(mode):
        real = os.path.realpath(path)
        here = os.path.realpath(os.path.dirname(path))
        if any(f"{way}{os.sep}".startswith(f"{real}{os.sep}") for way in (*ways, here)):
            yield name, "it is a link to a directory that it lies in"
        else:
            yield from _files(path, (*ways, here, real), f"{name}/")
    else:
        yield name, "it is a link to what is neither a file nor a directory"


def open_local(root: Path, *, name: str) -> LocalSource | None:
    """The data directories at or below `root`; None if there is none."""
    try:
        stores = find_stores(root)
    except PermissionError as error:
        raise NotAStore(
            f"{error.filename} cannot be read: {error.strerror}. "
            "Give this user the right to read it"
        ) from None
    return LocalSource(root, stores, name=name) if stores else None
