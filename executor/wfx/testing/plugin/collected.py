"""Recordings as tests, and the assertion that a change is replay-safe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import pytest

from wfx.cli.maps import todays_names
from wfx.cli.verdicts.text import details
from wfx.corpus.code import Code, from_here
from wfx.corpus.judging import judge_source
from wfx.corpus.sources import FileSource, Reader, files
from wfx.divergence.telling import unstyled
from wfx.errors import LoadError
from wfx.replay import VerdictKind

if TYPE_CHECKING:
    from wfx.corpus.judgment import Judgment

_CODE: Final = pytest.StashKey[dict[object, Code]]()


class NotReplaySafe(AssertionError):
    """Today's code does not make the recorded decisions; the text says where."""


class RecordingFile(pytest.File):
    """A file of recordings."""

    def collect(self) -> Iterator[RecordingItem]:
        """One test: that today's code makes the decisions in it."""
        yield RecordingItem.from_parent(self, name="replay")


class RecordingItem(pytest.Item):
    """Replays the recordings of a file."""

    def runtest(self) -> None:
        """Judge them."""
        code = code_of(self.config, None, {})
        shown = Path(from_here(self.path))
        wrong = _wrong([FileSource(shown, self.path.stat().st_size)], code)
        if wrong:
            raise NotReplaySafe("\n".join(wrong))

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """The report is the failure's text."""
        if isinstance(excinfo.value, (NotReplaySafe, LoadError, pytest.UsageError)):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it is, for the report."""
        return self.path, 0, self.name


def code_of(config: pytest.Config, workflow: str | None, maps: Mapping[str, str]) -> Code:
    """Today's code as the settings say where it is; loaded once."""
    known = config.stash.setdefault(_CODE, {})
    key = (workflow, tuple(sorted(maps.items())))
    if key not in known:
        try:
            maps_given = config.getini("wfx_map")
            settings = todays_names(maps_given, said="wfx_map", folder=config.rootpath)
        except click.UsageError as error:
            raise pytest.UsageError(error.message) from None
        app_dir = config.rootpath / (config.getini("wfx_app_dir") or "")
        known[key] = Code(app_dir, target=workflow, maps={**settings, **maps})
    return known[key]


def assert_replay_safe(
    config: pytest.Config,
    *recordings: str | Path,
    workflow: str | None = None,
    map: Mapping[str, str] | None = None,
) -> None:
    """Fail unless there are such recordings and all of them match."""
    __tracebackhide__ = True
    found, empty = files([from_here(config.rootpath / each) for each in recordings])
    if empty or not found:
        pytest.fail("\n".join(empty) or "wfx_replay_safe names no recordings", pytrace=False)
    wrong = _wrong(found, code_of(config, workflow, map or {}))
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def _wrong(sources: Iterable[FileSource], code: Code) -> list[str]:
    reader = Reader()
    return [
        _told(judgment)
        for source in sources
        for judgment in judge_source(source, reader, code)
        if judgment.verdict is not VerdictKind.MATCH
    ]


def _told(judgment: Judgment) -> str:
    head = f"{judgment.recording} {judgment.run_id or ''} {judgment.verdict}"
    return f"{head}\n{unstyled(details(judgment))}"
