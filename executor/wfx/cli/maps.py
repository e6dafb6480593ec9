"""`--map OLD=TARGET` as it is typed."""

from __future__ import annotations

import click


def renames_of(maps: tuple[str, ...]) -> dict[str, str]:
    """Recorded names to today's. Raises UsageError."""
    renames = {}
    for text in maps:
        old, equals, new = text.partition("=")
        if not (old and equals and new):
            raise click.UsageError(f"--map {text!r} is not OLD=TARGET")
        renames[old] = new
    return renames
