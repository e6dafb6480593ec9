"""
The formats a log was ever in, as a chain: each knows the next one, and none knows another.

Migrating walks the chain from where a source stands to the present. A new format adds one
module beside `v1/` for the format it replaces, and one row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wfx.errors import UnsupportedFormat
from wfx_migrate.v1.model import LegacyRun, Source, ValueForm
from wfx_migrate.v1.notes import Choices, Upcast
from wfx_migrate.v1.reader import open_source
from wfx_migrate.v1.upcast import upcast

PRESENT: Final = "v2"
"""The format of `wfx.events`: run events, terminal step failures, positions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format that is not the present one."""

    name: str
    title: str
    into: str
    """The next format of the chain."""
    open: Callable[[str | Path, ValueForm], Source]
    """Open a source of this format, changing nothing."""
    upcast: Callable[[LegacyRun, Choices], Upcast]
    """Convert one run into the next format; the rows of its events are used up."""
    lift: Callable[[Upcast], Upcast] | None = None
    """Convert what an older format's upcast gave; the oldest has none."""


FORMATS: Final[Mapping[str, Format]] = {
    "v1": Format(
        name="v1",
        title="Workflow DevKit before its event-sourced redesign, and JSON Lines of its kind",
        into="v2",
        open=lambda source, values: open_source(source, values=values),
        upcast=lambda run, choices: upcast(
            run, paused=choices.paused, names=choices.names, taken=choices.taken, uses_up=True
        ),
    ),
}


def chain(name: str) -> list[Format]:
    """
    The formats from this one to the present, in order.

    Raises:
        UnsupportedFormat: There is no such format.
    """
    out: list[Format] = []
    while name != PRESENT:
        found = FORMATS.get(name)
        if found is None:
            raise UnsupportedFormat(
                found=name, supported=", ".join(FORMATS), where="the format to migrate from"
            )
        out.append(found)
        name = found.into
    return out


def convert(formats: list[Format], run: LegacyRun, choices: Choices) -> Upcast:
    """
    Take one run through the chain.

    Raises:
        Quarantine: See `wfx_migrate.v1.upcast.upcast`.
    """
    first, *others = formats
    made = first.upcast(run, choices)
    for later in others:
        assert later.lift is not None, f"{later.name} is in the middle of a chain"
        made = later.lift(made)
    return made
