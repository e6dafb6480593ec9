"""
The only place that prints.

stdout is the result and stderr everything else, so that a result can be piped.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Final, TextIO

import click

from wfx.cli.streams import to_nothing

if TYPE_CHECKING:
    from wfx.values import Json

_GAP: Final = "  "
_CONTROLS: Final = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"
}
"""What would move the cursor, ring or colour, shown as it is written in Python."""


class ResultLost(Exception):
    """stdout cannot be written, for example because it is a file on a full disk."""

    code = "result-lost"


def _out(text: str) -> None:
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ResultLost(f"cannot write the result: {error.strerror or error}") from None


def prepare() -> None:
    """Make both streams take any text: what they cannot show is escaped, as in JSON."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def printable(text: str) -> str:
    """Text of anybody (errors, names, values) as a terminal may have it."""
    return text.translate(_CONTROLS)


def line(text: str = "") -> None:
    """A line of the result."""
    _out(f"{printable(text)}\n")


_STYLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "strong": {"bold": True},
    "dim": {"dim": True},
    "then": {"fg": "red"},
    "now": {"fg": "green"},
    "code": {"fg": "cyan"},
    "match": {"fg": "green", "bold": True},
    "diverged": {"fg": "red", "bold": True},
    "unjudged": {"fg": "yellow", "bold": True},
}


def styled(parts: Iterable[tuple[str, str]]) -> None:
    """A line of the result whose parts have styles, shown where colours can be seen."""
    _out(_shown(parts, has_colours()) + "\n")


def styled_note(parts: Iterable[tuple[str, str]]) -> None:
    """The same for the person who waits."""
    sys.stderr.write(_shown(parts, has_colours(sys.stderr)) + "\n")


def _shown(parts: Iterable[tuple[str, str]], seen: bool) -> str:
    return "".join(
        click.style(printable(text), **_STYLES[style]) if seen and style else printable(text)
        for text, style in parts
    )


def value(tree: Json) -> None:
    """A result that is a value: JSON, over several lines if it holds anything."""
    line(json.dumps(tree, ensure_ascii=False, indent=2))


def json_object(tree: Mapping[str, Json]) -> None:
    """The result of `--json`: one object on one line."""
    line(json.dumps(tree, ensure_ascii=False))


def json_list(key: str, items: Iterable[Json]) -> None:
    """`{key: […]}` as one object, written item by item, whatever its size."""
    _out(f"{{{json.dumps(key)}: [")
    for index, item in enumerate(items):
        _out((",\n" if index else "\n") + json.dumps(item, ensure_ascii=False))
    _out("]}\n")


class _Result(io.TextIOBase):
    """stdout, one part of the result after the other."""

    def write(self, text: str) -> int:
        _out(text)
        return len(text)


def as_file() -> IO[str]:
    """The result as a file to write to."""
    return _Result()  # type: ignore[return-value]  # of TextIOBase, only `write` is asked for


def raw(data: bytes) -> None:
    """Bytes of the result, at once."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        _out(data.decode(errors="replace"))
    else:
        sys.stdout.flush()
        buffer.write(data)
    flush()


def table(rows: Sequence[Sequence[str]]) -> None:
    """Rows in aligned columns; the first row is the heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        line(_GAP.join(cells).rstrip())


def note(text: str = "") -> None:
    """Something for the person who waits."""
    print(printable(text), file=sys.stderr, flush=True)  # noqa: T201


def log_writer() -> Callable[[str], None]:
    """Writes lines to stderr as it is now, from any thread, whatever becomes of it later."""
    stream = sys.stderr
    lock = threading.Lock()

    def write(text: str) -> None:
        with lock, contextlib.suppress(OSError, ValueError):
            stream.write(f"{text}\n")
            stream.flush()

    return write


def error(text: str) -> None:
    """What went wrong."""
    note(f"Error: {text}")


def write(text: str) -> None:
    """Text of a workflow, as it wrote it."""
    sys.stderr.write(text)
    sys.stderr.flush()


def is_terminal() -> bool:
    """Whether progress can be drawn on stderr."""
    return _draws(sys.stderr)


def has_colours(stream: TextIO | None = None) -> bool:
    """Whether stdout, or this, may be coloured: `NO_COLOR` and `FORCE_COLOR` decide first."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return _draws(stream or sys.stdout)


def is_result_terminal() -> bool:
    """Whether the result is read by a person."""
    return _draws(sys.stdout)


def _draws(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") not in (None, "", "dumb", "unknown")


def leave_line() -> None:
    """Go on below what stands in the last line of a terminal: a question, or what was drawn."""
    if is_terminal():
        note()


def flush() -> None:
    """Write out what is buffered, while errors of it can still be told."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ResultLost(f"cannot write the result: {error.strerror or error}") from None
    sys.stderr.flush()


def close_quietly() -> None:
    """Nobody reads stdout any more: keep Python from complaining when it exits."""
    to_nothing(sys.stdout)
