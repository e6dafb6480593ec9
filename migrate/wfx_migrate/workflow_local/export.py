"""
Writing a store: run by run into a directory beside the target, which takes its name at the
end. What was there half-way is never seen under it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ulid import ULID

from wfx.clock import to_us
from wfx.errors import WfxError
from wfx.events import HookCreated
from wfx.projection import Fold
from wfx.values import Json
from wfx.world import StreamInfo, all_items
from wfx_migrate.v1.encoding import encode
from wfx_migrate.v1.streams import DATA, END, chunk_of, id_of, streams_of
from wfx_migrate.workflow_local.order import Order
from wfx_migrate.workflow_local.rows import event_data, event_row, hook_row, run_row, step_row
from wfx_migrate.workflow_local.values import PREFIX, devl

if TYPE_CHECKING:
    from wfx.world import World

VERSION: Final = "@workflow/world-local@4.1.0-beta.30"
"""What version.txt says: the release whose layout this is."""

_PAGE: Final = 500
_CHUNKS: Final = 1_000
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_VALUES: Final = ("input", "output", "result", "metadata")


class NotExportable(WfxError):
    """The store cannot be written, or a run cannot lie in one."""

    code = "not-exportable"


@dataclass(slots=True)
class Exported:
    """What was written."""

    runs: int = 0
    events: int = 0
    steps: int = 0
    hooks: int = 0
    streams: int = 0
    renamed: int = 0
    """Events that got another id, so that they sort as they happened."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Event type that has no counterpart there → how many."""


def export(world: World, target: Path, run_ids: Iterable[str] | None = None) -> Exported:
    """
    Write runs as a store of the Workflow DevKit into a directory that is empty or not there.

    Args:
        run_ids: Only these runs; all of the world if None.

    Raises:
        NotExportable: The directory has something in it, there are no runs, or an id cannot
            be the name of a file.
        NotFound: There is no such run.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NotExportable(f"{target} is not an empty directory; give the name of a new one")
    if not target.absolute().parent.is_dir():
        raise NotExportable(f"there is no directory {target.absolute().parent} to write to")
    made = Exported()
    whole = target.absolute()
    temporary = whole.with_name(f".{whole.name}.{ULID()}.tmp")
    temporary.mkdir()
    try:
        for run_id in _all_runs(world) if run_ids is None else dict.fromkeys(run_ids):
            _Run(world, run_id, temporary, made).write()
        if not made.runs:
            raise NotExportable(f"{world.url} has no runs to export")
        (temporary / "version.txt").write_text(VERSION, encoding="ascii")
        if target.exists():
            target.rmdir()
        temporary.rename(whole)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return made


def _all_runs(world: World) -> Iterator[str]:
    for run in all_items(lambda cursor: world.runs.list(limit=_PAGE, cursor=cursor, order="asc")):
        yield run.run_id


class _Run:
    """One run on its way out."""

    def __init__(self, world: World, run_id: str, root: Path, made: Exported) -> None:
        self.world = world
        self.run_id = run_id
        self.root = root
        self.made = made
        self.folded = Fold()
        self.values: dict[str | None, dict[str, Json]] = {}
        """Id of the step or hook, or None of the run → its values as its events have them."""
        self.hooks: dict[str, dict[str, Json] | None] = {}
        """Hook → the `legacy` of its creation."""

    def write(self) -> None:
        self._write_events()
        made, folded = self.made, self.folded
        if folded.run is None:
            raise NotExportable(f"{self.run_id} has no events")
        for step in folded.steps.values():
            self._put(
                "steps", f"{self.run_id}-{step.step_id}", step_row(step, self._of(step.step_id))
            )
        open_hooks = [hook for hook in folded.hooks.values() if not hook.ended]
        for hook in open_hooks:
            row = hook_row(hook, self._of(hook.hook_id), self.hooks.get(hook.hook_id))
            self._put("hooks", hook.hook_id, row)
        self._write_streams()
        # The run last: a reader that looks meanwhile finds none that lacks a part.
        self._put("runs", self.run_id, run_row(folded.run, self._of(None)))
        made.runs += 1
        made.steps += len(folded.steps)
        made.hooks += len(open_hooks)

    def _of(self, id: str | None) -> dict[str, Json]:
        return self.values.get(id, {})

    def _write_events(self) -> None:
        order = Order()
        for event in self.world.events.stream(self.run_id):
            self.folded.add(event)
            data = event_data(event)
            if data is None:
                self.made.left_out[event.type] += 1
                continue
            kept: dict[str, Json] = {name: data[name] for name in _VALUES if name in data}
            if kept:
                self.values.setdefault(event.correlation_id, {}).update(kept)
            if isinstance(event.data, HookCreated) and event.correlation_id is not None:
                self.hooks[event.correlation_id] = event.legacy
            event_id, at = order.place(
                event.event_id, event.created_at, seed=f"{self.run_id}\0{event.position}"
            )
            row = event_row(event, data, event_id, at)
            self._put("events", f"{self.run_id}-{event_id}", row)
            self.made.events += 1
        self.made.renamed += order.changed

    # -- streams --------------------------------------------------------------------------

    def _write_streams(self) -> None:
        """The chunks of a migrated run as they were, and all that were written since."""
        ids: dict[str, None] = {}
        kept: Counter[str] = Counter()
        for record in self.world.archive.records(self.run_id):
            ids |= dict.fromkeys(streams_of(record))
            chunk = chunk_of(record)
            if chunk is not None:
                name = f"{_name(chunk.stream_id)}-{_name(chunk.chunk_id)}"
                data = (END if chunk.last else DATA) + chunk.data
                self._put_bytes(f"streams/chunks/{name}.json", data)
                ids[chunk.stream_id] = None
                kept[chunk.stream] += 1
        for stream in self.world.streams.list(self.run_id):
            stream_id = id_of(self.run_id, stream.stream)
            if stream.chunks + stream.closed > kept[stream.stream]:
                ids[stream_id] = None
                self._write_stream(stream, stream_id, kept[stream.stream])
        if ids:
            self._put("streams/runs", self.run_id, {"streams": list(ids)})
            self.made.streams += len(ids)

    def _write_stream(self, stream: StreamInfo, stream_id: str, index: int) -> None:
        """The chunks from an index on, and the end."""
        assert self.folded.run is not None
        since = self.folded.run.created_at
        if index:
            # Chunks are read in the order of their ids; those that were kept have older ones.
            newer, _ = self.world.streams.read(self.run_id, stream.stream, index, 1)
            since = (newer[0].created_at if newer else None) or self.folded.run.updated_at
        number = int(ULID(_milliseconds(since).to_bytes(6, "big") + bytes(10)))
        while True:
            chunks, _ = self.world.streams.read(self.run_id, stream.stream, index, _CHUNKS)
            for chunk in chunks:
                self._put_chunk(stream_id, number + index, DATA + _line(chunk.data))
                index += 1
            if not chunks:
                break
        if stream.closed:
            self._put_chunk(stream_id, number + index, END)

    def _put_chunk(self, stream_id: str, number: int, data: bytes) -> None:
        chunk_id = f"{stream_id}-chnk_{ULID.from_int(number)}"
        self._put_bytes(f"streams/chunks/{_name(chunk_id)}.json", data)

    # -- files ----------------------------------------------------------------------------

    def _put(self, folder: str, name: str, row: dict[str, Json]) -> None:
        text = json.dumps(row, ensure_ascii=False, indent=2)
        escaped = _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
        self._put_bytes(f"{folder}/{_name(name)}.json", escaped.encode("utf-8"))

    def _put_bytes(self, name: str, data: bytes) -> None:
        path = self.root / name
        try:
            path.write_bytes(data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def _line(data: bytes) -> bytes:
    """A chunk as a line of the flattened form: a text where it is one, else bytes."""
    try:
        value: object = data.decode("utf-8")
    except UnicodeDecodeError:
        value = data
    return devl(encode(value)).removeprefix(PREFIX) + b"\n"


def _milliseconds(at: datetime) -> int:
    return max(to_us(at) // 1000, 0)


def _name(name: str) -> str:
    if "/" in name or "\\" in name or "\0" in name or len(name.encode("utf-8")) > 240:
        raise NotExportable(f"{name!r} cannot be the name of a file")
    return name
