"""`wfx doctor`."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path
from typing import Final

import click

from wfx import __version__
from wfx.cli import output
from wfx.cli.errors import Exit
from wfx.cli.options import CONTEXT, app_dir_option, json_option
from wfx.errors import LoadError

_LIBRARIES: Final = ("pydantic", "pydantic-core", "RestrictedPython", "typing-extensions", "tzdata")


@click.command("doctor", context_settings=CONTEXT)
@app_dir_option
@json_option
def doctor_command(app_dir: Path, as_json: bool) -> int:
    """
    Check that the sandbox holds on this Python, with these libraries and settings.

    Walks everything that workflow code can reach by plain names, the modules listed in
    `[tool.wfx] passthrough` included, and names what would let it out.
    """
    from wfx_sandbox.audit import audit
    from wfx_sandbox.settings import read_settings

    settings = read_settings(app_dir)
    versions = {"wfx": __version__, "Python": platform.python_version()}
    versions |= {name: version for name in _LIBRARIES if (version := _version(name)) is not None}
    try:
        found = audit(settings.passthrough)
    except ImportError as error:
        raise LoadError(
            f"cannot import {error.name}: {settings.path} passes it through, but {error}. "
            "Install it here, or take it out of `passthrough`."
        ) from error
    if as_json:
        output.json_object(
            {
                "versions": dict(versions),
                "passthrough": list(settings.passthrough),
                "objects": found.objects,
                "reached": [{"path": each.path, "what": each.what} for each in found.reached],
            }
        )
    else:
        for name, version in versions.items():
            output.line(f"{name} {version}")
        for each in found.reached:
            output.line(str(each))
        if found.reached:
            output.note(
                f"{len(found.reached)} ways out of the sandbox. If they begin with a module of "
                "`passthrough`, do not pass it through: use it in steps. If not, this version "
                "of Python or of a library is newer than this wfx; please report it."
            )
        else:
            output.note(f"{found.objects:,} objects looked at, nothing leads out of the sandbox")
    return Exit.FAILED if found.reached else Exit.DONE


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
