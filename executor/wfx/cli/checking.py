"""`wfx check`."""

from __future__ import annotations

from pathlib import Path

import click

from wfx.cli import output
from wfx.cli.errors import Exit
from wfx.cli.options import CONTEXT, app_dir_option, json_option


@click.command("check", context_settings=CONTEXT)
@click.argument("module")
@app_dir_option
@json_option
def check_command(module: str, app_dir: Path, as_json: bool) -> int:
    """
    Say what the sandbox would refuse in a module, all at once, with lines.

    MODULE is package.module or path/file.py. Nothing of it is executed.
    """
    from wfx_sandbox import check

    findings = check(module, app_dir=app_dir)
    errors = [finding for finding in findings if finding.severity == "error"]
    if as_json:
        output.json_object(
            {
                "findings": [
                    {
                        "rule": each.rule,
                        "severity": each.severity,
                        "file": each.file,
                        "line": each.line,
                        "column": each.col,
                        "function": each.function,
                        "message": each.message,
                        "remedy": each.remedy,
                    }
                    for each in findings
                ]
            }
        )
    else:
        for each in findings:
            output.line(each.render() + "\n")
        if not findings:
            output.note(f"{module}: nothing that the sandbox refuses")
        else:
            count = len(errors)
            warned = len(findings) - count
            output.note(f"{module}: {count} refused" + (f", {warned} warnings" if warned else ""))
    return Exit.FAILED if errors else Exit.DONE
