"""
Where the logs of a corpus come from: files, folders, patterns, and worlds.

A source is a small value that says where a log is; reading it is left to whoever judges it,
perhaps in another process. Worlds are opened read-only: the database itself refuses writes.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wfx.errors import CorruptLog, WfxError
from wfx.events import FORMAT
from wfx.recording import Recording, read_recordings
from wfx.world import RunQuery, all_items

if TYPE_CHECKING:
    from wfx.world import World

SUFFIX: Final = ".jsonl"
"""What recordings in a folder end with."""
_PAGE: Final = 1000
_RUN_BYTES: Final = 20_000
"""A guess, where asking would cost as much as reading."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file with one or more recordings."""

    path: Path
    bytes: int

    @property
    def name(self) -> str:
        """For people."""
        return str(self.path)


@dataclass(frozen=True, slots=True)
class RunSource:
    """A run in a world."""

    url: str
    """As it is opened: it may hold a password."""
    shown: str
    run_id: str
    bytes: int = _RUN_BYTES

    @property
    def name(self) -> str:
        """For people."""
        return self.shown


Source = FileSource | RunSource


# -- finding ------------------------------------------------------------------------------


def files(words: Sequence[str]) -> tuple[list[FileSource], list[str]]:
    """
    The files that these paths, folders and patterns mean, each once and in order.

    Returns:
        And what holds nothing, in sentences.
    """
    found: dict[Path, FileSource] = {}
    empty: list[str] = []
    for word in words:
        paths = _meant(word)
        if not paths:
            empty.append(_nothing(word))
        for path in paths:
            size = path.stat().st_size if path.exists() else 0
            found.setdefault(path, FileSource(path, size))
    return list(found.values()), empty


def _meant(word: str) -> list[Path]:
    path = Path(word)
    if path.is_dir():
        return sorted(each for each in path.rglob(f"*{SUFFIX}") if each.is_file())
    if not path.exists() and glob.has_magic(word):
        return sorted(
            Path(each) for each in glob.glob(word, recursive=True) if Path(each).is_file()
        )
    return [path]


def _nothing(word: str) -> str:
    if Path(word).is_dir():
        others = sum(1 for each in Path(word).rglob("*") if each.is_file())
        many = "other file is" if others == 1 else "other files are"
        beside = f" ({others} {many} there)" if others else ""
        return f"{word} holds no recordings: no file in it ends with {SUFFIX}{beside}"
    return f"nothing matches {word}"


def runs(
    world: World,
    url: str,
    *,
    open_only: bool = False,
    wanted: Callable[[str], bool] | None = None,
    since: datetime | None = None,
) -> Iterator[RunSource]:
    """
    Runs of a world, the oldest first.

    Args:
        wanted: Which recorded names of workflows; all unless given.
    """
    asked = RunQuery(created_after=since, limit=_PAGE, order="asc")
    for run in all_items(lambda cursor: world.runs.find(replace(asked, cursor=cursor))):
        if open_only and run.ended:
            continue
        if wanted is None or wanted(run.workflow_name):
            yield RunSource(url, world.url, run.run_id)


# -- reading ------------------------------------------------------------------------------


class Reader:
    """Reads sources; keeps the world open that they are in."""

    def __init__(self) -> None:
        self._worlds: dict[str, World] = {}

    def read(self, source: Source) -> Iterator[Recording | WfxError | OSError]:
        """The recordings of a source; in place of one that cannot be read, why."""
        if isinstance(source, FileSource):
            try:
                yield from read_recordings(source.path)
            except OSError as error:
                yield error
            return
        try:
            yield self._of_run(source)
        except WfxError as error:
            yield error

    def _of_run(self, source: RunSource) -> Recording:
        if source.url not in self._worlds:
            from wfx.worlds import open_world

            self._worlds[source.url] = open_world(source.url, read_only=True)
        events = list(self._worlds[source.url].events.stream(source.run_id))
        if not events:
            raise CorruptLog(where=source.run_id, reason="its log is empty")
        header: dict[str, object] = {"format": FORMAT}
        return Recording(header, events, source.name)  # type: ignore[arg-type]  # plain JSON

    def close(self) -> None:
        """Close the worlds."""
        for world in self._worlds.values():
            world.close()
        self._worlds.clear()
