"""`wfx migrate`: legacy logs into a world, and their originals back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import click

from wfx.cli.maps import names_option, recorded_names
from wfx.cli.options import CONTEXT, json_option

_FORMATS: Final = ("v1",)
"""What `--from` and `--to` know; a test holds it against `wfx_migrate.formats`."""
_PAGES: Final = (".html", ".htm", ".json")


@click.command("migrate", context_settings=CONTEXT)
@click.argument("path", metavar="SOURCE|DIR")
@click.option("--from", "origin", metavar="FORMAT", help="Migrate from this format: v1.")
@click.option(
    "--to",
    "target",
    metavar="URL|FORMAT",
    help="The world to write; or v1, to give the originals of migrated runs back.",
)
@click.option(
    "--world",
    "world",
    metavar="URL",
    help="The world, in either direction. Else WFX_WORLD, else sqlite:///.wfx/world.db.",
)
@click.option(
    "--dry-run", is_flag=True, help="Read, convert, check, and look at the target; write nothing."
)
@click.option(
    "--paused",
    type=click.Choice(["hold", "running", "cancel", "refuse"]),
    default="hold",
    show_default=True,
    help="What becomes of runs that are paused: parked as paused, parked like every open run, "
    "cancelled, or quarantined.",
)
@names_option
@click.option("--only", "only", multiple=True, metavar="RUN", help="Only this run. Repeatable.")
@click.option(
    "--values",
    type=click.Choice(["plain", "flat"]),
    default="plain",
    show_default=True,
    help="How values in JSON Lines are written: plain JSON, or the flattened form.",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the whole report: a page (.html) or JSON (.json). Repeatable.",
)
@json_option
@click.pass_context
def migrate_command(
    context: click.Context,
    path: str,
    origin: str | None,
    target: str | None,
    world: str | None,
    dry_run: bool,
    paused: str,
    maps: tuple[str, ...],
    only: tuple[str, ...],
    values: str,
    reports: tuple[Path, ...],
    as_json: bool,
) -> int:
    """
    Bring legacy logs into a world, or give their originals back.

    \b
    wfx migrate --from v1 SOURCE [--to URL]
    wfx migrate --to v1 DIR [--world URL]

    SOURCE is a data directory of the Workflow DevKit, a .tar.gz or .zip of one, the URL of
    its PostgreSQL database, JSON Lines (a file, a folder, or - for standard input). Nothing
    in it is changed. Each run is written in one transaction with the records it was made of
    and a certificate, or quarantined whole for a reason. It may be stopped at any moment and
    started again, and doing it twice changes nothing. Open runs are parked until `wfx release`.

    With --to v1, the original files and rows of migrated runs are written to DIR, a directory
    that is empty or not there, byte for byte.

    Exit code 0 when everything was migrated, 1 when anything was quarantined or could not be
    read, 2 when there is no source that could be.
    """
    if target in _FORMATS:
        given = {"--from": origin, "--dry-run": dry_run, "--map": maps, "--report": reports}
        _refuse(given, f"--to {target} gives originals back and does not go with")
        from wfx.cli.migration import give_back

        return give_back(Path(path), world, only, as_json=as_json)
    if origin is None:
        raise click.UsageError(
            f"say --from {_FORMATS[0]} to migrate {path}, or --to {_FORMATS[0]} to give "
            f"originals back there"
        )
    if origin not in _FORMATS:
        raise click.UsageError(f"--from {origin!r} is no format; there is {', '.join(_FORMATS)}")
    if target is not None and world is not None:
        raise click.UsageError("--to and --world are the same here; give one of them")
    _check_reports(reports)
    from wfx.cli.migration import bring_in

    return bring_in(
        path,
        target or world,
        format=origin,
        dry_run=dry_run,
        paused=paused,
        names=recorded_names(maps),
        only=frozenset(only) or None,
        values=values,
        reports=reports,
        as_json=as_json,
    )


def _check_reports(files: Iterable[Path]) -> None:
    for file in files:
        if file.suffix.lower() not in _PAGES:
            raise click.UsageError(f"--report {file}: its name ends in .html or .json")
        if not file.absolute().parent.is_dir():
            raise click.UsageError(f"--report {file}: there is no directory {file.parent}")


def _refuse(given: Mapping[str, object], why: str) -> None:
    for option, value in given.items():
        if value:
            raise click.UsageError(f"{why} {option}")
