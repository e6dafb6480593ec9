"""Opening a world for a command that makes none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfx.client import Client


def existing(url: str | None, app_dir: Path | None = None, *, read_only: bool = False) -> Client:
    """
    A client of a world that is there; closing the client closes it.

    The default world is made on first use, so before that it is an empty one.

    Raises:
        WorldUnavailable: There is none, or it cannot be reached.
    """
    from wfx.client import Client
    from wfx.worlds import URL_DEFAULT, open_world, world_url

    if world_url(url) == URL_DEFAULT and not Path(URL_DEFAULT.removeprefix("sqlite:///")).exists():
        from wfx.memory import MemoryWorld

        nothing = MemoryWorld()
        nothing.url = URL_DEFAULT
        return Client(nothing, app_dir=app_dir, close_world=True)
    world = open_world(url, create=False, read_only=read_only)
    return Client(world, app_dir=app_dir, close_world=True)
