"""`--map OLD=TARGET` and `--map FILE`, as they are typed and read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from wfx.binding import STAR

F = TypeVar("F", bound="Callable[..., Any]")

_BOUND: Final = "OLD=module:function"
_TODAY: Final = "OLD=TARGET"
_MORE: Final = (
    "A * in OLD stands for a part of a name, and a * in the target for the same part, as Python "
    "writes it. A FILE has one of these on each line. Repeatable."
)


def names_option(function: F) -> F:
    """`--map OLD=module:function`, read by `recorded_names`."""
    help = f"Bind a recorded workflow or step name to a Python one. {_MORE}"
    return _option(_BOUND, help)(function)


def today_option(help: str) -> Callable[[F], F]:
    """`--map OLD=TARGET`, read by `todays_names`; `help` says what for."""
    return _option(_TODAY, f"{help} {_MORE}")


def _option(form: str, help: str) -> Callable[[F], F]:
    return click.option("--map", "maps", multiple=True, metavar=f"{form}|FILE", help=help)


def recorded_names(maps: Iterable[str]) -> dict[str, str]:
    """Recorded names to the Python functions they are bound to. Raises UsageError."""
    names = {}
    for where, text, old, new in _read(maps, _BOUND):
        module, colon, function = new.partition(":")
        if not (module and colon and function):
            raise click.UsageError(f"{where} {text!r} is not {_BOUND}")
        names[old] = new
    return names


def todays_names(
    maps: Iterable[str], *, said: str = "--map", folder: Path = Path()
) -> dict[str, str]:
    """
    Recorded names, and modules, to today's names, modules and files. Raises UsageError.

    Args:
        said: Where they are given.
        folder: Where files of them are named from.
    """
    names = {}
    for where, text, old, new in _read(maps, _TODAY, said, folder):
        file, colon, function = new.partition(":")
        if STAR in file and (file.endswith(".py") or "/" in file):
            module = file.removesuffix(".py").replace("/", ".")
            raise click.UsageError(
                f"{where} {text!r}: the path of a file has no *; write the module: "
                f"{module}{colon}{function}"
            )
        names[old] = new
    return names


def _read(
    maps: Iterable[str], form: str, given: str = "--map", folder: Path = Path()
) -> Iterator[tuple[str, str, str, str]]:
    """Where each is said, what is said, the old name and the new one."""
    for where, text in _lines(maps, form, given, folder):
        old, _, new = text.rpartition("=")
        if not (old and new):
            raise click.UsageError(f"{where} {text!r} is not {form}")
        if (stars := new.count(STAR)) not in (0, old.count(STAR)):
            raise click.UsageError(
                f"{where} {text!r} has {old.count(STAR)} * before the = and {stars} after it; "
                "each stands for the same there and here"
            )
        yield where, text, old, new


def _lines(maps: Iterable[str], form: str, given: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Where each is said, and what."""
    for text in maps:
        if "=" in text:
            yield given, text
            continue
        file = Path(text)
        try:
            lines = (folder / file).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise click.UsageError(
                f"{given} {text!r} is neither {form} nor a file with such lines"
            ) from None
        for number, line in enumerate(lines, start=1):
            if (said := line.strip()) and not said.startswith("#"):
                yield f"{file}:{number}:", said
