"""Choosing runs of a world, redacting their logs, and keeping them in a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import eq
from pathlib import Path
from typing import TYPE_CHECKING

from wfx.cli import output
from wfx.cli.errors import Exit
from wfx.cli.lookup import known_run
from wfx.cli.opening import existing
from wfx.cli.quiet import own_stdout
from wfx.corpus.code import Code
from wfx.corpus.keeping import file_name, kept_lines, redacted, shapes_in
from wfx.corpus.shapes import Candidate, chosen, shape_of
from wfx.corpus.sources import Reader, RunSource, runs
from wfx.corpus.valuepaths import ValuePath, parse
from wfx.errors import WfxError
from wfx.files import written_whole
from wfx.recording import Recording
from wfx.worlds import world_url

if TYPE_CHECKING:
    from wfx.values import Json
    from wfx.world import World


def record(
    run_ids: Sequence[str],
    folder: Path,
    *,
    sample: int | None,
    workflow: str | None,
    since: datetime | None,
    paths: Sequence[str],
    maps: Mapping[str, str],
    url: str | None,
    app_dir: Path,
    as_json: bool,
) -> int:
    """
    `wfx record`: the exit code.

    Raises:
        BadPath: A path of a value cannot be understood.
        NotFound: There is no such run.
        OSError: The folder cannot be written.
    """
    from wfx_sandbox import read_settings

    wanted = [parse(path) for path in dict.fromkeys([*read_settings(app_dir).redact, *paths])]
    opened = world_url(url)
    with existing(url, read_only=True) as client:
        world = client.world
        if sample is None:
            ids = [known_run(client, run_id).run_id for run_id in run_ids]
        else:
            ids = _sampled(world, opened, folder, sample, workflow, since)
        done = _Done(folder, as_json)
        folder.mkdir(parents=True, exist_ok=True)
        code = Code(app_dir, maps=maps)
        for recording in _read(world, opened, ids, done):
            _keep(recording, wanted, code, done)
    unused = [path for path in paths if not done.found.get(path)] if done.written else []
    return done.tell(unused, nothing=f"{world.url} has no run of a shape that {folder} lacks")


def _sampled(
    world: World,
    url: str,
    folder: Path,
    limit: int,
    workflow: str | None,
    since: datetime | None,
) -> list[str]:
    wanted = None if workflow is None else partial(eq, workflow)
    there = shapes_in(folder)

    def candidates() -> Iterator[Candidate]:
        for source in runs(world, url, wanted=wanted, since=since):
            if source.run_id not in there:
                events = list(world.events.stream(source.run_id))
                yield Candidate(source.run_id, shape_of(events), len(events))

    return [each.run_id for each in chosen(candidates(), limit, there=there.values())]


def _read(world: World, url: str, ids: Sequence[str], done: _Done) -> Iterator[Recording]:
    reader = Reader()
    try:
        for run_id in ids:
            for read in reader.read(RunSource(url, world.url, run_id)):
                if isinstance(read, Recording):
                    yield read
                else:
                    done.skipped(run_id, str(read))
    finally:
        reader.close()


def _keep(recording: Recording, paths: Sequence[ValuePath], code: Code, done: _Done) -> None:
    events = recording.events
    found: Mapping[str, int] = {}
    if paths:
        try:
            with own_stdout():
                made = redacted(recording, paths, code)
        except WfxError as error:
            done.skipped(recording.run_id, str(error))
            return
        events, found = made.events, made.found
        for path, count in made.kept.items():
            done.note(f"{recording.run_id}: {count} values at {path} are true, false or of an enum")
    file = done.folder / file_name(recording)
    lines = [f"{line}\n" for line in kept_lines(events)]
    if not file.exists() or file.read_text("utf-8", errors="replace") != "".join(lines):
        with written_whole(file) as out:
            out.writelines(lines)
    done.wrote(recording, file, found)


class _Done:
    """What was recorded, and what was not."""

    def __init__(self, folder: Path, as_json: bool) -> None:
        self.folder = folder
        self.found: dict[str, int] = {}
        self.written: list[Json] = []
        self._skipped: list[Json] = []
        self._as_json = as_json

    def wrote(self, recording: Recording, file: Path, found: Mapping[str, int]) -> None:
        """A run was recorded."""
        for path, count in found.items():
            self.found[path] = self.found.get(path, 0) + count
        self.written.append(
            {
                "runId": recording.run_id,
                "recording": str(file),
                "workflow": recording.workflow_name,
                "events": len(recording.events),
                "redacted": sum(found.values()),
            }
        )
        if not self._as_json:
            values = f", {sum(found.values())} values redacted" if found else ""
            output.line(f"{recording.run_id} {file}: {len(recording.events)} events{values}")

    def skipped(self, run_id: str, reason: str) -> None:
        """A run was not recorded."""
        self._skipped.append({"runId": run_id, "reason": reason})
        if not self._as_json:
            output.error(reason if run_id in reason else f"{run_id}: {reason}")

    def note(self, text: str) -> None:
        """Something about a run."""
        output.note(text)

    def tell(self, unused: Sequence[str], *, nothing: str) -> int:
        """The rest of the result, and the exit code."""
        for path in unused:
            output.note(f"{path} leads to no value in these runs")
        if self._as_json:
            output.json_object({"recordings": self.written, "skipped": self._skipped})
        elif not self.written and not self._skipped:
            output.note(nothing)
        return Exit.FAILED if self._skipped else Exit.DONE
