"""What the URL of a world says, and how it is shown without its password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from wfx.errors import ForeignWorld

_POSTGRESQL: Final = re.compile(r"^postgres(ql)?(\+\w+)?://", re.IGNORECASE)
# Greedy: a password may hold an @ or a / that should have been written %40 or %2F.
_PASSWORD: Final = re.compile(r"^([^:/?#]+://[^:@/?#]*):.*@", re.DOTALL)
_PASSWORD_OPTION: Final = re.compile(r"((?:ssl)?password=)[^&\s]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Location:
    """Where a world is."""

    dialect: Literal["sqlite", "postgresql"]
    target: str
    """For SQLite the file, for PostgreSQL what libpq connects with; it may hold a password."""
    shown: str
    """The URL for people."""


def hide_password(url: str) -> str:
    """A URL or a text with one as it may be shown and logged."""
    return _PASSWORD_OPTION.sub(r"\1***", _PASSWORD.sub(r"\1:***@", url))


def parse(url: str) -> Location:
    """
    Read the URL of a world.

    Raises:
        ForeignWorld: If it names no SQLite file and no PostgreSQL database.
    """
    shown = hide_password(url)
    if _POSTGRESQL.match(url):
        rest = url.split("://", 1)[1]
        return Location("postgresql", f"postgresql://{rest}", hide_password(f"postgresql://{rest}"))
    scheme, separator, rest = url.partition("://")
    if separator and scheme.lower() == "sqlite":
        return Location("sqlite", str(_file(rest, shown)), shown)
    raise ForeignWorld(
        url=shown,
        reason="its scheme is neither sqlite nor postgresql",
        remedy="Write sqlite:///path/to/world.db or postgresql://user@host/database.",
    )


def _file(rest: str, shown: str) -> Path:
    remedy = (
        "Write sqlite:///path/to/world.db for a path from the working directory, or "
        "sqlite:////path/to/world.db, with four slashes, for one from the root."
    )
    if not rest.startswith("/"):
        reason = "it names no file" if not rest else f"{rest.split('/')[0]!r} stands for a host"
        raise ForeignWorld(url=shown, reason=reason, remedy=remedy)
    name = rest[1:]
    if name in ("", "/", ":memory:") or name.startswith("file:"):
        raise ForeignWorld(
            url=shown, reason="a world needs a file that outlives the process", remedy=remedy
        )
    if "?" in name:
        raise ForeignWorld(url=shown, reason="a SQLite world takes no options", remedy=remedy)
    if "\0" in name:
        raise ForeignWorld(url=shown, reason="the path has a NUL character", remedy=remedy)
    return Path(name)
