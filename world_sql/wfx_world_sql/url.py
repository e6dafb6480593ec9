"""What the URL of a world says, and how it is shown without its password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from wfx.errors import BadWorldUrl
from wfx.passwords import hide_password

_POSTGRESQL: Final = re.compile(r"^postgres(ql)?(\+\w+)?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Location:
    """Where a world is."""

    dialect: Literal["sqlite", "postgresql"]
    target: str
    """For SQLite the file, for PostgreSQL what libpq connects with; it may hold a password."""
    shown: str
    """The URL for people."""


def parse(url: str) -> Location:
    """
    Read the URL of a world.

    Raises:
        BadWorldUrl: If it names no SQLite file and no PostgreSQL database.
    """
    shown = hide_password(url)
    if _POSTGRESQL.match(url):
        rest = url.split("://", 1)[1]
        return Location("postgresql", f"postgresql://{rest}", hide_password(f"postgresql://{rest}"))
    scheme, _, rest = url.partition(":")
    if scheme.lower() == "sqlite":
        return Location("sqlite", str(_file(rest, shown)), shown)
    if scheme.lower() in ("postgres", "postgresql"):
        reason = "two slashes stand before the host"
    else:
        reason = "its scheme is neither sqlite nor postgresql"
    raise BadWorldUrl(
        url=shown,
        reason=reason,
        remedy="Write sqlite:///path/to/world.db or postgresql://user@host/database.",
    )


def _file(rest: str, shown: str) -> Path:
    """The file of a URL without its scheme."""
    name = rest.removeprefix("///")
    if reason := _mistake(rest, name):
        raise BadWorldUrl(
            url=shown,
            reason=reason,
            remedy="Write sqlite:///path/to/world.db for a path from the working directory, or "
            "sqlite:////path/to/world.db, with four slashes, for one from the root.",
        )
    return Path(name)


def _mistake(rest: str, name: str) -> str | None:
    """What is wrong with a URL of a file; None if nothing is."""
    host = rest.removeprefix("//").split("/")[0]
    if rest.strip("/") == "":
        return "it names no file"
    if not rest.startswith("//"):
        return "three slashes stand before the file"
    if host:
        return f"{host!r} stands for a host"
    if name == ":memory:" or name.startswith("file:"):
        return "a world needs a file that outlives the process"
    if name.endswith("/"):
        return "it names a directory"
    if name.startswith("~"):
        return "a ~ stands for itself in a URL, and not for a home directory"
    if "?" in name:
        return "a SQLite world takes no options"
    if "\0" in name:
        return "the path has a NUL character"
    return None
