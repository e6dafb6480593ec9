"""Opening a world for a command that makes none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfx.client import Client


def existing(url: str | None) -> Client:
    """
    A client of a world that is there; closing the client closes it.

    Raises:
        WorldUnavailable: There is none, or it cannot be reached.
    """
    from wfx.client import Client
    from wfx.worlds import open_world

    return Client(open_world(url, create=False), close_world=True)
