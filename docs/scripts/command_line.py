"""Every command's help, as `--help` prints it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from wfx.cli import cli

_WIDTH = 88


def contexts(
    command: click.Command, name: str, parent: click.Context | None
) -> Iterator[click.Context]:
    """A command's context and those of all below it."""
    settings = {**command.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield context
    if isinstance(command, click.Group):
        for below_name in command.list_commands(context):
            below = command.get_command(context, below_name)
            if below is not None and not below.hidden:
                yield from contexts(below, below_name, context)


def command_pages() -> str:
    """A section per command."""
    return "\n\n".join(
        f"## `{context.command_path}`\n\n```text\n{context.get_help().rstrip()}\n```"
        for context in contexts(cli, "wfx", None)
    )
