"""`wfx worker`."""

from __future__ import annotations

from pathlib import Path

import click

from wfx.cli.options import CONTEXT, app_dir_option, world_option


@click.command("worker", context_settings=CONTEXT)
@click.argument("modules", nargs=-1, required=True, metavar="MODULE...")
@world_option
@app_dir_option
def worker_command(modules: tuple[str, ...], world: str | None, app_dir: Path) -> None:
    """
    Execute all runs of these modules until Ctrl-C or SIGTERM.

    MODULE is package.module or path/file.py. Several workers may share a world.
    """
    from wfx.cli.serving import serve
    from wfx.cli.supervision import tell
    from wfx.client import Client
    from wfx.worlds import world_url

    tell(world=world_url(world))
    with Client(world, app_dir=app_dir) as client:
        serve(client, modules)
