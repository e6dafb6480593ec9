"""
Reading JSON Lines logs: one object a line, in any order, told apart by their fields.

Field names may be camelCase or snake_case, and those of other dialects are read as what
they mean (`lastKnownError`, `errorStack` …). A record is a line with its line end, so that
all lines together are the file again.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from wfx.world import SourceRecord
from wfx_migrate.v1.inventory import Entry, Indexed
from wfx_migrate.v1.model import (
    LegacyRun,
    Loose,
    NotAStore,
    NotV1,
    Row,
    RowKind,
    SourceKind,
    ValueForm,
)
from wfx_migrate.v1.reader_local import Gathering
from wfx_migrate.v1.text import BadJson, parse

SUFFIXES: Final = (".jsonl", ".ndjson", ".jsonlines")
_RUN_ID_IN_DAMAGED: Final = re.compile(rb'"run_?[iI]d"\s*:\s*"([^"\\]+)"')
_SNAKE: Final = re.compile(r"_([a-z0-9])")
_V2_ONLY: Final = frozenset({"run_created", "run_started", "step_created"})


class JsonLinesSource(Indexed):
    """One JSON Lines file, or several."""

    kind: Final = SourceKind.JSONL

    def __init__(
        self, files: Mapping[str, Path], *, name: str, values: ValueForm = ValueForm.PLAIN
    ) -> None:
        self.name = name
        self._files = dict(files)
        self._values = values
        super().__init__()
        try:
            readable = sum(self._take_stock(file, path) for file, path in files.items())
            if not readable:
                raise NotAStore(
                    f"{name} holds no record of a workflow: JSON Lines with runs, steps, hooks "
                    "and events were expected, one object a line"
                )
            self._inventory.finish({})
        except BaseException:
            self._inventory.close()
            raise
        many = f"{len(files)} files of JSON Lines" if len(files) > 1 else "JSON Lines"
        self.description = f"{many} (v1)"

    def _take_stock(self, file: str, path: Path) -> int:
        start = readable = 0
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                entry = _entry(file, number, line, start)
                if number == 1 or not readable:
                    _refuse_other_formats(self.name, line)
                self._inventory.add(entry)
                readable += entry.kind is not RowKind.OTHER and entry.reason is None
                start += len(line)
        return readable

    def _run(self, run_id: str) -> LegacyRun:
        gathered = Gathering(run_id, SourceKind.JSONL, self._values)
        for entry, data in self._records(run_id):
            source = gathered.record(entry, data)
            if entry.kind is not RowKind.OTHER and entry.reason is None:
                gathered.add(Row(entry.kind, source, in_one_spelling(parse(data))), len(data))
        return gathered.done()

    def _records(self, run_id: str | None) -> Iterator[tuple[Entry, bytes]]:
        # Entries come file by file, so one open file is enough.
        with contextlib.ExitStack() as opened:
            name, file = "", None
            for entry in self._inventory.of_run(run_id):
                if file is None or entry.file != name:
                    opened.close()
                    name, file = (
                        entry.file,
                        opened.enter_context(self._files[entry.file].open("rb")),
                    )
                file.seek(entry.start)
                yield entry, file.read(entry.size)

    def loose(self) -> Iterator[Loose]:
        """Empty lines, and lines that tell no run."""
        for entry, data in self._records(None):
            yield Loose(SourceRecord(entry.source, data), entry.problem)


def _entry(file: str, number: int, line: bytes, start: int) -> Entry:
    """What a line is."""

    def entry(kind: RowKind, run_id: str | None, reason: str | None = None) -> Entry:
        return Entry(file, number, kind, run_id, start, len(line), reason=reason)

    if not line.strip(b" \t\r\n\xef\xbb\xbf"):
        return entry(RowKind.OTHER, None)
    try:
        fields = parse(line)
    except BadJson as error:
        # Enough of it may be left to tell which run is damaged.
        found = _RUN_ID_IN_DAMAGED.search(line)
        run_id = found[1].decode("utf-8", "replace") if found else None
        return entry(RowKind.EVENT, run_id, str(error))
    if not isinstance(fields, dict):
        return entry(RowKind.EVENT, None, "a JSON object was expected")
    fields = in_one_spelling(fields)
    run_id = fields.get("runId")
    if not isinstance(run_id, str) or not run_id:
        return entry(RowKind.EVENT, None, "it does not say which run it is about")
    kind = kind_of(fields)
    if kind is None:
        return entry(
            RowKind.EVENT,
            run_id,
            "it is neither an event (eventType) nor the row of a step (stepId, stepName), "
            "of a hook (hookId, token) or of a run (workflowName)",
        )
    return entry(kind, run_id)


def kind_of(fields: Mapping[str, Any]) -> RowKind | None:
    """What an object is about, by its fields."""
    if "eventType" in fields:
        return RowKind.EVENT
    if "stepId" in fields and "stepName" in fields:
        return RowKind.STEP
    if "hookId" in fields and "token" in fields:
        return RowKind.HOOK
    if "workflowName" in fields:
        return RowKind.RUN
    return None


def in_one_spelling(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A row in the Workflow DevKit's own names of fields; values are left alone."""
    out = _in_camel_case(fields)
    data = out.get("eventData")
    if isinstance(data, dict):
        out["eventData"] = _in_camel_case(data)
    for ours, theirs in (("error", "lastKnownError"), ("startedAt", "firstStartedAt")):
        if theirs in out:
            value = out.pop(theirs)
            if out.get(ours) is None:
                out[ours] = value
    if isinstance(out.get("error"), str) and "errorStack" in out:
        out["error"] = {"message": out["error"], "stack": out.pop("errorStack")}
    return out


def _in_camel_case(fields: Mapping[str, Any]) -> dict[str, Any]:
    new = _renamed(tuple(fields))
    return dict(fields) if new is None else dict(zip(new, fields.values(), strict=True))


@lru_cache(maxsize=1_000)
def _renamed(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """These names in camelCase; None if they are so already."""
    new = tuple(map(_camel, names))
    return None if new == names else new


def _camel(name: str) -> str:
    return _SNAKE.sub(lambda found: found[1].upper(), name)


def _refuse_other_formats(name: str, line: bytes) -> None:
    try:
        fields = parse(line)
    except BadJson:
        return
    if not isinstance(fields, dict):
        return
    if isinstance(fields.get("format"), str):
        raise NotV1(
            f"{name} is a recording in format {fields['format']!r}; `wfx import` reads it, "
            "and `wfx replay` runs code over it"
        )
    version = fields.get("specVersion", fields.get("spec_version"))
    event_type = fields.get("eventType", fields.get("event_type"))
    if version is not None or event_type in _V2_ONLY:
        raise NotV1(
            f"{name} holds the event log of a later format "
            f"({event_type or 'a row'}, specVersion {version}); only logs from before it are v1"
        )


def open_jsonl(
    root: Path, *, name: str, values: ValueForm, but: Collection[Path] = ()
) -> JsonLinesSource | None:
    """
    A file of JSON Lines, or a folder of them; None if a folder has none.

    Args:
        but: Directories of the folder that are something else.
    """
    if root.is_file():
        return JsonLinesSource({root.name: root}, name=name, values=values)
    files = {path.relative_to(root).as_posix(): path for path in sorted(_files(root, but))}
    return JsonLinesSource(files, name=name, values=values) if files else None


def _files(root: Path, but: Collection[Path]) -> Iterator[Path]:
    """The files of JSON Lines at or below `root` that are in none of the directories `but`."""
    for at, below, names in os.walk(root):
        if Path(at) in but:
            below.clear()  # nothing in it is looked at
            continue
        found = (Path(at, name) for name in names if name.endswith(SUFFIXES))
        yield from (path for path in found if path.suffix in SUFFIXES and path.is_file())
