"""What `wfx release` does: parked runs go on, migrated ones under the names of their port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wfx.binding import bound, is_migrated, named
from wfx.cli import output, words
from wfx.cli.errors import Exit, sentence
from wfx.cli.lookup import known_run
from wfx.cli.opening import existing
from wfx.cli.quiet import own_stdout
from wfx.errors import Divergence, LoadError, NotBindable, NotFound, RunGone
from wfx.world import all_items

if TYPE_CHECKING:
    from wfx.client import Client
    from wfx.entities import Run
    from wfx.values import Json

_PAGE: Final = 500
_NOT_YET: Final = (NotBindable, LoadError, Divergence)
"""Why the code does not fit a run; it stays parked."""


def release_one(
    run_id: str, names: Mapping[str, str], url: str | None, *, app_dir: Path, as_json: bool
) -> int:
    """
    `wfx release RUN`: the exit code.

    Raises:
        NotFound: There is no such run.
        RunGone: It has ended.
        NotBindable, LoadError, Divergence: The code does not fit it; see `Client.bind`.
    """
    with existing(url, app_dir=app_dir) as client:
        run = known_run(client, run_id)
        if run.ended:
            raise RunGone(run_id=run_id, run_status=str(run.status))
        unjudged = _bind(client, run_id, names) if names else []
        released = client.release(run_id)
    if as_json:
        shown: dict[str, Json] = {"runId": run_id, "released": released}
        if names:
            shown["notCompared"] = list(unjudged)
        output.json_object(shown)
        return Exit.DONE
    output.line(f"{run_id} released" if released else f"{run_id} was not parked")
    for each in unjudged:
        output.line(f"  not in the log, so not compared: {each}")
    if not names and (name := _unbound_name(run)):
        parts = ("release", run_id, "--map", f"{name}=module:function")
        command = words.command(*parts, world=url, app_dir=app_dir)
        output.note(
            f"It was migrated and its workflow {name!r} is bound to nothing: only a workflow that "
            f"bears this name goes on with it. To bind it: {command}"
        )
    return Exit.DONE


def release_all(
    workflow: str | None,
    reason: str | None,
    names: Mapping[str, str],
    url: str | None,
    *,
    app_dir: Path,
    as_json: bool,
) -> int:
    """`wfx release --all-parked`: the exit code."""
    released: list[str] = []
    refused: list[tuple[str, str]] = []
    others = 0
    with existing(url, app_dir=app_dir) as client:
        for run in _parked(client, workflow, reason):
            if names and not _is_named(run, names):
                others += 1
                continue
            try:
                if names:
                    _bind(client, run.run_id, names)
                if client.release(run.run_id):
                    released.append(run.run_id)
            except _NOT_YET as error:
                refused.append((run.run_id, sentence(error)))
            except (NotFound, RunGone):
                continue  # it ended meanwhile
    if as_json:
        shown: list[Json] = [{"runId": id, "released": True} for id in released]
        shown += [{"runId": id, "released": False, "reason": why} for id, why in refused]
        output.json_object({"runs": shown, "notNamed": others})
    else:
        for id in released:
            output.line(f"{id} released")
        for id, why in refused:
            output.line(f"{id} not released: {why}")
        if not released and not refused:
            output.note("nothing to release: no run is parked" if not others else "nothing to do")
        if others:
            output.note(f"{others} parked runs are of workflows that no --map names")
    return Exit.FAILED if refused else Exit.DONE


def _bind(client: Client, run_id: str, names: Mapping[str, str]) -> list[str]:
    with own_stdout():
        return client.bind(run_id, names).unjudged


def _is_named(run: Run, names: Mapping[str, str]) -> bool:
    """Whether a run's workflow is one of those that are bound."""
    return named(names, run.workflow_name) is not None and is_migrated(run.execution_context)


def _unbound_name(run: Run) -> str | None:
    """The recorded name of a migrated run that is none of Python's."""
    name = bound(run.workflow_name, run.execution_context)
    return name if is_migrated(run.execution_context) and ":" not in name else None


def _parked(client: Client, workflow: str | None, reason: str | None) -> Iterator[Run]:
    parked = True if reason is None else reason
    listed = partial(client.list_runs, parked=parked, workflow=workflow, limit=_PAGE)
    return (run for run in all_items(lambda cursor: listed(cursor=cursor)) if not run.ended)
