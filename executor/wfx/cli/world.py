"""`wfx world`: making worlds and keeping their tables up to date."""

from __future__ import annotations

from typing import Any

import click

from wfx.cli import output
from wfx.cli.options import CONTEXT, Group, json_option, world_option


@click.group("world", cls=Group, context_settings=CONTEXT)
def world_command() -> None:
    """Make a world, or bring its tables to this wfx's revision."""


@world_command.command("init", context_settings=CONTEXT)
@world_option
@json_option
def init(world: str | None, as_json: bool) -> None:
    """
    Make a world in an empty database.

    Other commands do that too where nothing is there yet; this one makes it in time. Doing it
    again changes nothing.
    """
    from wfx.worlds import open_world

    with open_world(world, create=True) as opened:
        url = opened.url
    if as_json:
        output.json_object({"world": url})
    else:
        output.line(f"{url} is ready")


@world_command.command("upgrade", context_settings=CONTEXT)
@world_option
@json_option
def upgrade(world: str | None, as_json: bool) -> None:
    """
    Bring a world's tables to the revision of this wfx.

    Stop the workers and make a backup first.
    """
    from wfx.worlds import adapter, hide_password, world_url

    url = world_url(world)
    done: Any = adapter(world, "upgrade")(url)
    shown = hide_password(url)
    if as_json:
        output.json_object({"world": shown, "before": done.before, "after": done.after})
    elif done.before == done.after:
        output.line(f"{shown} has revision {done.after}; nothing to upgrade")
    else:
        output.line(f"{shown} upgraded from revision {done.before or 'none'} to {done.after}")
