"""
The command `wfx`.

One module per group of commands; each reads its words, asks a `Client`, and hands a value
to `output`. Nothing that takes time is imported before a command needs it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import click

from wfx import __version__
from wfx.cli import output, signals, streams
from wfx.cli.errors import Exit, code_of, debug_text, exit_code, sentence
from wfx.cli.options import CONTEXT, Group
from wfx.cli.supervision import supervised
from wfx.workers import supervisor

_COMMANDS: Final = {
    "run": "running",
    "start": "running",
    "worker": "worker",
    "runs": "runs",
    "queue": "queue",
    "hook": "hook",
    "cancel": "control",
    "release": "control",
    "export": "recordings",
    "import": "recordings",
    "record": "record",
    "replay": "replaying",
    "check": "checking",
    "doctor": "doctor",
    "migrate": "migrating",
    "world": "world",
}
"""Command → module of this package that has it, in the order of `wfx --help`."""


class _Root(Group):
    """Loads a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        found: Any = getattr(import_module(f"wfx.cli.{module}"), f"{cmd_name}_command")
        assert isinstance(found, click.Command)
        return found


@click.group(cls=_Root, context_settings=CONTEXT, invoke_without_command=True)
@click.version_option(__version__, prog_name="wfx", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """
    Run ordinary async Python durably: every step, wait and message is an event in a log.

    \b
    wfx run orders.py:checkout '{"id": 7}'   run a workflow here
    wfx run --resume RUN                     go on after Ctrl-C or a crash
    wfx runs                                 what there is

    Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, diverged
    or refused, 2 usage, 3 suspended.
    """
    if context.invoked_subcommand is None:
        output.line(context.get_help())


def invoke(words: Sequence[str]) -> int:
    """Do what the words of a command line say; the exit code."""
    output.prepare()
    try:
        code = _invoke(list(words))
        output.flush()
    except BrokenPipeError:
        # The reader has what it wanted, as in `wfx runs | head -1`.
        output.close_quietly()
        return Exit.FAILED
    except output.ResultLost as error:
        output.close_quietly()
        output.error(str(error))
        return Exit.FAILED
    return code


def _invoke(words: list[str]) -> int:
    context: click.Context | None = None
    try:
        with cli.make_context("wfx", words) as context:
            code = cli.invoke(context)
    except click.exceptions.Exit as leave:
        return int(leave.exit_code)
    except click.ClickException as error:
        _usage(error)
        if "--json" in words:
            output.json_object({"error": {"code": "usage", "message": error.format_message()}})
        return int(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        output.leave_line()  # which has ^C, or a question
        output.error("interrupted")
        return Exit.FAILED
    except (BrokenPipeError, output.ResultLost):
        raise
    except Exception as error:
        return _failed(error, as_json=_wants_json(context))
    return int(code) if isinstance(code, int) else Exit.DONE


def _wants_json(context: click.Context | None) -> bool:
    return context is not None and bool(context.meta.get("wfx.json"))


def _usage(error: click.ClickException) -> None:
    context = getattr(error, "ctx", None)
    if isinstance(context, click.Context):
        output.note(context.get_usage())
        output.note(f"Try '{context.command_path} --help' for help.")
        output.note()
    output.error(error.format_message())


def _failed(error: Exception, *, as_json: bool) -> int:
    text = sentence(error)
    if debug := debug_text(error):
        output.note(debug)
    output.error(text)
    if as_json:
        output.json_object({"error": {"code": code_of(error), "message": text}})
    return exit_code(error)


def main() -> int:
    """The console script."""
    streams.open_all()
    signals.ignore_at_the_end()
    with streams.forgiving_stderr():
        code = supervised(sys.argv[1:], _work)
        signals.leave_at_once(code)
        return code


def _work(words: Sequence[str]) -> int:
    """Do the work; does not return while a step's thread would keep it."""
    code = invoke(words)
    if supervisor.cell is not None:
        supervisor.cell.orderly()
    signals.leave_at_once(code)
    if any(thread.name.startswith("wfx-step") for thread in threading.enumerate()):
        # A step body in a thread cannot be ended; its attempt is in the log, and counts as
        # lost. Waiting for it would make Ctrl-C wait for it.
        os._exit(code)
    return code
