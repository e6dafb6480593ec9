"""`wfx run` and `wfx start`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wfx.cli import output, words
from wfx.cli.options import (
    CONTEXT,
    ArgumentsCommand,
    app_dir_option,
    json_option,
    world_option,
)

if TYPE_CHECKING:
    from wfx.program import Program

input_option = click.option(
    "--input",
    "input_file",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Take the arguments from a JSON array in this file (- for stdin).",
)


@click.command("run", cls=ArgumentsCommand, context_settings=CONTEXT)
@click.argument("target", required=False)
@click.argument("args", nargs=-1, metavar="[ARG]...")
@input_option
@world_option
@app_dir_option
@click.option(
    "--no-wait",
    is_flag=True,
    help="Leave with exit code 3 when the run waits for a payload or a moment.",
)
@click.option("--resume", "run_id", metavar="RUN", help="Go on with a run that is there.")
@json_option
def run_command(
    target: str | None,
    args: tuple[str, ...],
    input_file: str | None,
    world: str | None,
    app_dir: Path,
    no_wait: bool,
    run_id: str | None,
    as_json: bool,
) -> int:
    """
    Run a workflow here, and print its result.

    TARGET is package.module:workflow or path/file.py:workflow. Each ARG is read by the
    annotation of its parameter: JSON, or a bare word where a text is wanted. Write -- before
    arguments that begin with a dash.

    A run that waits for a payload or a moment stays and waits. Ctrl-C leaves it resumable:
    go on with --resume RUN, where TARGET is only needed if the code has moved.
    """
    from wfx.cli.execution import Execution, execute

    if run_id is None:
        program, name, arguments = _read(target, args, input_file, app_dir)
    elif args or input_file is not None:
        raise click.UsageError("a run that is resumed has its arguments already")
    from wfx.cli.opening import existing
    from wfx.client import Client

    opened = Client(world, app_dir=app_dir) if run_id is None else existing(world, app_dir)
    with opened as client:
        if run_id is None:
            from wfx.launch import start_run

            begun = start_run(client.world, program, name, arguments)
            execution = Execution(client, begun, program, name, target or name, app_dir)
        else:
            execution = _resumed(client, run_id, target, world, app_dir)
        return execute(execution, given_world=world, stay=not no_wait, as_json=as_json)


@click.command("start", cls=ArgumentsCommand, context_settings=CONTEXT)
@click.argument("target")
@click.argument("args", nargs=-1, metavar="[ARG]...")
@input_option
@click.option(
    "--id", "run_id", metavar="ID", help="The run's id: the same start again finds the same run."
)
@click.option(
    "--priority", type=int, default=0, show_default=True, help="A smaller number goes first."
)
@world_option
@app_dir_option
@json_option
def start_command(
    target: str,
    args: tuple[str, ...],
    run_id: str | None,
    priority: int,
    input_file: str | None,
    world: str | None,
    app_dir: Path,
    as_json: bool,
) -> None:
    """
    Start a run for a worker to execute, and print its id.

    TARGET and ARG are those of `wfx run`; `wfx worker MODULE` executes what was started.
    """
    program, name, arguments = _read(target, args, input_file, app_dir)
    from wfx.client import Client
    from wfx.launch import check_asked, start_run

    check_asked(run_id, priority)
    with Client(world) as client:
        run_id = start_run(client.world, program, name, arguments, run_id=run_id, priority=priority)
    if as_json:
        output.json_object({"runId": run_id, "status": "pending"})
    else:
        output.line(run_id)


def _read(
    target: str | None, args: tuple[str, ...], input_file: str | None, app_dir: Path
) -> tuple[Program, str, list[object]]:
    """The program, the workflow's name and the arguments; nothing is opened or written."""
    if target is None:
        raise click.UsageError(
            "say what to run, as in `wfx run orders.py:checkout`, or resume a run with --resume"
        )
    if args and input_file is not None:
        raise click.UsageError("give the arguments as words or with --input, not both")
    from wfx.cli.quiet import own_stdout
    from wfx_sandbox import load_target

    text = None if input_file is None else _text(input_file)
    with own_stdout():
        loaded = load_target(target, app_dir=app_dir)
    program: Any = loaded.program
    signature = program.workflows[loaded.workflow_name].signature
    arguments = signature.parse_words(args) if text is None else signature.parse_json_array(text)
    return program, loaded.workflow_name, arguments


def _text(input_file: str) -> str:
    try:
        if input_file == "-":
            return sys.stdin.read()
        return Path(input_file).read_text(encoding="utf-8")
    except OSError as error:
        raise click.BadParameter(
            f"cannot read {input_file}: {error.strerror}", param_hint="'--input'"
        ) from None
    except UnicodeDecodeError as error:
        raise click.BadParameter(
            f"{input_file} is no UTF-8 text: {error.reason} at byte {error.start}",
            param_hint="'--input'",
        ) from None


def _resumed(
    client: Any, run_id: str, target: str | None, given_world: str | None, app_dir: Path
) -> Any:
    from wfx.cli.execution import Execution
    from wfx.cli.lookup import known_run
    from wfx.cli.quiet import own_stdout
    from wfx.errors import LoadError

    run = known_run(client, run_id)
    if run.ended:
        return Execution(client, run.run_id, None, run.workflow_name, target or run.workflow_name)
    try:
        with own_stdout():
            program = client.program_of_run(run.run_id, target)
    except LoadError as error:
        if target is None:
            parts = ("run", "--resume", run.run_id, "TARGET")
            command = words.command(*parts, world=given_world, app_dir=app_dir)
            error.args = (f"{error}\nIf the code has moved, say where it is: {command}",)
        raise
    return Execution(
        client,
        run.run_id,
        program,
        run.workflow_name,
        target or run.workflow_name,
        app_dir,
        resumed=True,
    )
