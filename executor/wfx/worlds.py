"""
Which world a URL means, and how it is opened.

Worlds are found by the scheme of their URL through entry points of the group `wfx.worlds`,
so that an installed package can bring one of its own. Only `memory:` is built in.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from wfx.errors import BadWorldUrl
from wfx.passwords import hide_password

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from wfx.world import World

URL_DEFAULT: Final = "sqlite:///.wfx/world.db"
URL_VARIABLE: Final = "WFX_WORLD"
GROUP: Final = "wfx.worlds"

_ALIASES: Final[Mapping[str, str]] = {
    # Accepted by every PostgreSQL client.
    "postgres": "postgresql",
}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9.]*)(\+[A-Za-z0-9]+)?:")


def world_url(given: str | None = None) -> str:
    """The URL of the world to use: the one given, else `WFX_WORLD`, else the default."""
    return given or os.environ.get(URL_VARIABLE) or URL_DEFAULT


def open_world(url: str | None = None, *, create: bool = True, read_only: bool = False) -> World:
    """
    Open the world of this URL.

    Args:
        url: See `world_url`.
        create: Make what is missing; else a missing world is an error.
        read_only: Nothing of it may be written, and nothing is made.

    Raises:
        BadWorldUrl: Nothing here opens such a URL.
        ForeignWorld: What the URL points to is no world of ours, or one of a newer wfx.
        WorldUnavailable: It cannot be reached.
    """
    url = world_url(url)
    scheme, url = _split(url)
    if scheme == "memory":
        if url not in ("memory:", "memory://"):
            raise BadWorldUrl(
                url=url, reason="a world in memory has no name", remedy="Write memory:."
            )
        from wfx.memory import MemoryWorld

        return MemoryWorld()
    options = {"create": False, "read_only": True} if read_only else {"create": create}
    found: World = _opener(scheme, url)(url, **options)
    return found


def adapter(url: str | None, name: str) -> Any:
    """
    A function of the module whose world opens this URL, such as `upgrade`.

    Raises:
        BadWorldUrl: Nothing here opens such a URL, or its worlds have no such thing.
    """
    from importlib import import_module

    shown = world_url(url)
    scheme, plain = _split(shown)
    entry = _entry(scheme, plain) if scheme != "memory" else None
    function = None if entry is None else getattr(import_module(entry.module), name, None)
    if function is None:
        raise BadWorldUrl(
            url=hide_password(shown),
            reason=f"worlds of the kind {scheme!r} have no {name}",
            remedy="Nothing has to be done for them.",
        )
    return function


def _split(url: str) -> tuple[str, str]:
    """The scheme, and the URL with the scheme in its usual spelling and without a driver."""
    if url != url.strip():
        raise BadWorldUrl(
            url=repr(hide_password(url)),
            reason="it begins or ends with white space",
            remedy="Take that away; a file with Windows line endings may have brought it.",
        )
    found = _SCHEME.match(url)
    if found is None or len(found.group(1)) == 1:  # one letter is a drive
        raise BadWorldUrl(
            url=hide_password(url),
            reason="a world is named by a URL",
            remedy=f"For a file write sqlite:///{hide_password(url)}, for a server "
            "postgresql://user@host/database.",
        )
    given = found.group(1).lower()
    scheme = _ALIASES.get(given, given)
    return scheme, f"{scheme}:{url[found.end() :]}"


def _entry(scheme: str, url: str) -> EntryPoint:
    from importlib.metadata import entry_points

    entries = {entry.name: entry for entry in entry_points(group=GROUP)}
    entry = entries.get(scheme)
    if entry is None:
        near = difflib.get_close_matches(scheme, entries, n=1)
        known = ", ".join(sorted(entries)) or "none; is wfx-executor installed?"
        raise BadWorldUrl(
            url=hide_password(url),
            reason=f"no world is known for the scheme {scheme!r}",
            remedy=(f"Did you mean {near[0]}:? " if near else "") + f"Known schemes: {known}.",
        )
    return entry


def _opener(scheme: str, url: str) -> Any:
    return _entry(scheme, url).load()
