"""`wfx worker`."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click

from wfx.cli.options import CONTEXT, app_dir_option, world_option
from wfx.workers.bodies import SLOTS_DEFAULT

_ADDRESS: Final = re.compile(r"(?:(?P<host>\[[0-9a-fA-F:]+\]|[^:\[\]]*):)?(?P<port>\d{1,5})")
_HOST_DEFAULT: Final = "127.0.0.1"
_GRACE_SECONDS: Final = 8.0
"""Less than what process managers usually give (10 s and more)."""


class _Address(click.ParamType):  # type: ignore[type-arg]  # not generic in older clicks
    name = "HOST:PORT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        found = _ADDRESS.fullmatch(str(value))
        if found is None or int(found["port"]) > 65535:
            self.fail(f"{value!r} is no address such as 127.0.0.1:9090.", param, ctx)
        return (found["host"] or _HOST_DEFAULT).strip("[]"), int(found["port"])


def _queues(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...] | None:
    names = tuple(name.strip() for text in value for name in text.split(","))
    if not all(names):
        raise click.BadParameter("a queue's name is empty")
    return names or None


@click.command("worker", context_settings=CONTEXT)
@click.argument("modules", nargs=-1, required=True, metavar="MODULE...")
@click.option(
    "--queues",
    multiple=True,
    callback=_queues,
    metavar="NAME[,NAME]",
    help="Execute steps of these queues only; of all unless given. Repeatable.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 10_000),
    default=SLOTS_DEFAULT,
    show_default=True,
    help="Steps at the same time.",
)
@click.option(
    "--http",
    type=_Address(),
    help="Serve /live, /ready and /metrics (Prometheus) there. Port 0: a free one.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Lines for people, or one JSON object a line.",
)
@click.option(
    "--grace",
    type=click.FloatRange(0),
    default=_GRACE_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long running steps may go on after SIGTERM before they are left to others.",
)
@world_option
@app_dir_option
def worker_command(
    modules: tuple[str, ...],
    queues: tuple[str, ...] | None,
    concurrency: int,
    http: tuple[str, int] | None,
    log_format: str,
    grace: float,
    world: str | None,
    app_dir: Path,
) -> int:
    """
    Execute all runs of these modules until Ctrl-C or SIGTERM.

    MODULE is package.module or path/file.py. Several workers may share a world: each takes
    what it has the code of, and leaves the rest to others.

    The first signal lets running steps end (--grace), gives everything else back and leaves;
    the second leaves at once. Nothing is lost either way: an attempt that did not end is
    made again by another worker.

    A database that cannot be reached, or is read-only, when the worker starts or later, is
    waited for.
    """
    from wfx.cli.serving import Serving, serve
    from wfx.cli.supervision import tell
    from wfx.client.programs import Programs
    from wfx.worlds import world_url

    url = world_url(world)
    tell(world=url, json_log=log_format == "json")
    how = Serving(
        queues=queues,
        slots=concurrency,
        http=http,
        json_log=log_format == "json",
        finish=timedelta(seconds=grace),
    )
    return serve(url, Programs(app_dir), modules, how)
