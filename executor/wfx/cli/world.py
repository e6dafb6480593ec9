"""`wfx world`: making worlds, keeping their tables up to date, checking what is in them."""

from __future__ import annotations

from typing import Any

import click

from wfx.cli import output
from wfx.cli.options import CONTEXT, Group, json_option, world_option


@click.group("world", cls=Group, context_settings=CONTEXT)
def world_command() -> None:
    """Make a world, bring its tables to this wfx's revision, check what is in it."""


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
    from wfx.passwords import hide_password
    from wfx.worlds import adapter, world_url

    url = world_url(world)
    done: Any = adapter(world, "upgrade")(url)
    shown = hide_password(url)
    if as_json:
        output.json_object({"world": shown, "before": done.before, "after": done.after})
    elif done.before == done.after:
        output.line(f"{shown} has revision {done.after}; nothing to upgrade")
    else:
        output.line(f"{shown} upgraded from revision {done.before or 'none'} to {done.after}")


@world_command.command("vacuum", context_settings=CONTEXT)
@world_option
@json_option
def vacuum(world: str | None, as_json: bool) -> None:
    """
    Give back the space of runs that were deleted.

    Without it, new runs use that space again, and nothing is lost. A SQLite file is written
    anew: that needs as much room again for a while, and everybody else who writes waits; do
    it when no worker runs. PostgreSQL's tables stay in use, and keep most of their space for
    new runs; it does the same by itself now and then.
    """
    from wfx.cli import words
    from wfx.passwords import hide_password
    from wfx.worlds import adapter, world_url

    url = world_url(world)
    done: Any = adapter(world, "vacuum")(url)
    shown = hide_password(url)
    if as_json:
        output.json_object({"world": shown, "before": done.before, "after": done.after})
    else:
        output.line(f"{shown} has {words.size(done.after)}; it had {words.size(done.before)}")


@world_command.command("verify", context_settings=CONTEXT)
@click.argument("run_ids", nargs=-1, metavar="[RUN]...")
@world_option
@json_option
def verify(run_ids: tuple[str, ...], world: str | None, as_json: bool) -> int:
    """
    Check that logs are legal and that runs are what their logs say.

    Each log is folded again and compared with the run, steps, hooks and waits that the world
    shows; a migrated run is held against its certificate too: the hashes of its source
    records and of its log. Nothing is changed. Exit code 1 when anything is wrong.
    """
    from wfx.cli.opening import existing
    from wfx.cli.verifying import verify_runs

    with existing(world, read_only=True) as client:
        return verify_runs(client, run_ids, as_json=as_json)
