"""Options that several commands have, and a group that suggests near names."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from wfx.world import ParkReason

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

PARK_REASONS: Final = tuple(reason.value for reason in ParkReason)
"""Why a run may be parked."""
_NUMBER = re.compile(r"-(\d|\.\d)")

CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def world_option(function: F) -> F:
    """`--world URL`."""
    return click.option(
        "--world",
        "world",
        metavar="URL",
        help="Where runs live: sqlite:///path/world.db or postgresql://user@host/database. "
        "Else WFX_WORLD, else sqlite:///.wfx/world.db.",
    )(function)


def json_option(function: F) -> F:
    """`--json`."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        callback=_note_json,
        is_eager=True,
        help="Print the result as one JSON object.",
    )(function)


def _note_json(context: click.Context, _: click.Parameter, wanted: bool) -> bool:
    # Where errors are told, `--json` asks for an object too; see `wfx.cli.invoke`.
    context.meta["wfx.json"] = context.meta.get("wfx.json", False) or wanted
    return wanted


def app_dir_option(function: F) -> F:
    """`--app-dir DIR`."""
    return click.option(
        "--app-dir",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=Path(),
        metavar="DIR",
        help="Where module names begin; the working directory unless given.",
    )(function)


class Group(click.Group):
    """A group of commands that suggests the nearest name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click; a command is asked for, where click would take the help for an error."""
        if not args and not self.invoke_without_command and not ctx.resilient_parsing:
            raise click.UsageError(f"say which: {', '.join(self.list_commands(ctx))}", ctx)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See click; an unknown name gets a suggestion."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            names = self.list_commands(ctx)
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]!r}?" if near else f"There is: {', '.join(names)}."
            raise click.UsageError(f"there is no command {name!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)


class ArgumentsCommand(click.Command):
    """A command whose arguments may be negative numbers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["context_settings"] = {
            **kwargs.get("context_settings", {}),
            "ignore_unknown_options": True,
        }
        super().__init__(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click; a misspelt option is still one, and not an argument."""
        known = [opt for parameter in self.get_params(ctx) for opt in parameter.opts]
        head = args[: args.index("--")] if "--" in args else args
        for word in head:
            name = word.partition("=")[0]
            if word.startswith("-") and word != "-" and not _NUMBER.match(word):
                if name in known or (not name.startswith("--") and name[:2] in known):
                    continue
                near = difflib.get_close_matches(name, known, n=3)
                raise click.NoSuchOption(name, possibilities=near, ctx=ctx)
        return super().parse_args(ctx, args)
