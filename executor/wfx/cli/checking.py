"""`wfx check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wfx.cli import output
from wfx.cli.errors import Exit
from wfx.cli.options import CONTEXT, app_dir_option, json_option

if TYPE_CHECKING:
    from wfx_sandbox.errors import Finding


@click.command("check", context_settings=CONTEXT)
@click.argument("modules", nargs=-1, required=True, metavar="MODULE...")
@app_dir_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How findings are written; github: annotations of a pull request.",
)
@json_option
def check_command(modules: tuple[str, ...], app_dir: Path, form: str, as_json: bool) -> int:
    """
    Say what the sandbox would refuse in modules, all at once, with lines.

    MODULE is package.module or path/file.py. Nothing of it is executed. Warnings are of what
    works but surprises; they leave the exit code at 0.
    """
    from wfx_sandbox import check
    from wfx_sandbox.report import as_github, as_text
    from wfx_sandbox.report import as_json as objects

    found = {module: check(module, app_dir=app_dir) for module in modules}
    findings = list(dict.fromkeys(each for some in found.values() for each in some))
    if as_json or form == "json":
        output.json_object({"findings": objects(findings)})
    elif form == "github":
        for annotation in as_github(findings, _below_here(app_dir)):
            output.line(annotation)
    else:
        if findings:
            output.line(as_text(findings))
        for module, some in found.items():
            output.note(f"{module}: {_count(some)}")
    return Exit.FAILED if any(each.severity == "error" for each in findings) else Exit.DONE


def _below_here(app_dir: Path) -> str:
    """The app directory as the repository's root sees it, where CI runs commands."""
    here = Path.cwd()
    resolved = app_dir.resolve()
    return str(resolved.relative_to(here)) if resolved.is_relative_to(here) else ""


def _count(findings: list[Finding]) -> str:
    warnings = sum(each.severity == "warning" for each in findings)
    refused = len(findings) - warnings
    told = f"{refused} refused" if refused else "nothing that the sandbox refuses"
    if warnings:
        told += f", {warnings} warning" + ("s" if warnings > 1 else "")
    return told
