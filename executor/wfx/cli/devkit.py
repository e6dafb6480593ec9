"""What `wfx export --format workflow-local` does: a store, and what became of everything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wfx.cli import output
from wfx.cli.lookup import known_run

if TYPE_CHECKING:
    from wfx.values import Json


def export_store(target: Path, run_ids: tuple[str, ...], url: str | None, *, as_json: bool) -> None:
    """
    Write runs as a store of the Workflow DevKit.

    Raises:
        NotExportable: The directory is not empty, or there is nothing to write.
        NotFound: There is no such run.
    """
    from wfx.cli.opening import existing
    from wfx_migrate import workflow_local

    with existing(url, read_only=True) as client:
        ids = [known_run(client, run_id).run_id for run_id in run_ids] or None
        done = workflow_local.export(client.world, target, ids)
    left_out: dict[str, Json] = dict(sorted(done.left_out.items()))
    if as_json:
        counts: dict[str, Json] = {
            "directory": str(target),
            "runs": done.runs,
            "events": done.events,
            "steps": done.steps,
            "hooks": done.hooks,
            "streams": done.streams,
            "renamed": done.renamed,
            "leftOut": left_out,
        }
        output.json_object(counts)
        return
    output.line(
        f"{target}: {done.runs} runs, {done.events} events, {done.steps} steps, "
        f"{done.hooks} open hooks, {done.streams} streams"
    )
    if left_out:
        named = ", ".join(f"{count} {name}" for name, count in left_out.items())
        output.line(f"left out, for want of a counterpart there: {named}")
    if done.renamed:
        events = "event got another id" if done.renamed == 1 else "events got other ids"
        output.line(f"{done.renamed} {events}, to sort as the log is ordered")
