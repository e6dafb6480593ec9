"""
The pytest plugin: recordings as tests, and a stage to play workflows on.

It is installed with wfx and does nothing before it is asked for something: an option, a
setting, a marker or the fixture `wfx`. `-p no:wfx` turns it off. Importing it imports
nothing else of wfx, so that coverage measures what it would without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from wfx.testing.plugin.collected import RecordingFile
    from wfx.testing.stage import Stage

_MARKER = (
    "wfx_replay_safe(*recordings, workflow=None, map=None): the code of today makes the decisions "
    "of these recordings (files, folders, patterns, from pytest's root directory)."
)
_FOLDERS = pytest.StashKey[list[Path]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options and settings."""
    group = parser.getgroup("wfx")
    group.addoption(
        "--wfx-recordings",
        action="append",
        default=[],
        metavar="DIR",
        help="Collect a test for each recording (*.jsonl) in this folder.",
    )
    parser.addini(
        "wfx_recordings",
        "folders whose recordings are tests, when pytest is given no paths",
        type="paths",
        default=[],
    )
    parser.addini("wfx_app_dir", "where module names begin; pytest's root directory unless given")
    parser.addini("wfx_map", "OLD=TARGET, as in wfx replay --map", type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Add the folders of recordings to what is collected."""
    config.addinivalue_line("markers", _MARKER)
    folders = [config.invocation_params.dir / each for each in config.getoption("wfx_recordings")]
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        folders += config.getini("wfx_recordings")
    config.stash[_FOLDERS] = [folder.resolve() for folder in folders]
    here = config.invocation_params.dir
    given = [(here / argument.partition("::")[0]).resolve() for argument in config.args]
    for folder in config.stash[_FOLDERS]:
        if not folder.exists():
            raise pytest.UsageError(f"wfx: there is no folder of recordings {folder}")
        if not any(folder.is_relative_to(each) for each in given):
            config.args.append(str(folder))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> RecordingFile | None:
    """A file of recordings in one of the folders."""
    folders = parent.config.stash[_FOLDERS]
    if file_path.suffix != ".jsonl" or not folders:
        return None
    if not any(file_path.is_relative_to(folder) for folder in folders):
        return None
    from wfx.testing.plugin.collected import RecordingFile

    return RecordingFile.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """A test that is marked so fails if the code is not replay-safe."""
    for marker in item.iter_markers("wfx_replay_safe"):
        from wfx.testing.plugin.collected import assert_replay_safe

        assert_replay_safe(item.config, *marker.args, **marker.kwargs)


@pytest.fixture
def wfx(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """
    A stage to play workflows on, in virtual time: see `wfx.testing.stage.Stage`.

    `@pytest.mark.parametrize("wfx", [{"seed": 7}], indirect=True)` gives it options.
    """
    from wfx.testing.stage import Stage

    with Stage(**getattr(request, "param", {})) as stage:
        yield stage
