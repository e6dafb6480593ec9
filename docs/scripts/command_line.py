"""Every command's help, as `--help` prints it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from wfx.cli import main as program

_WIDTH = 88


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    """A command and all below it, with their full names."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from commands(below, (*path, name))


def help_of(name: str, command: click.Command) -> str:
    """What `NAME --help` prints."""
    context: click.Context | None = None
    for part in name.split():
        context = click.Context(
            command, info_name=part, parent=context, terminal_width=_WIDTH, max_content_width=_WIDTH
        )
    assert context is not None
    return command.get_help(context).rstrip()


def command_pages() -> str:
    """A section per command."""
    sections = []
    for name, command in commands(program, ("wfx",)):
        sections.append(f"## `{name}`\n\n```text\n{help_of(name, command)}\n```")
    return "\n\n".join(sections)
