"""`wfx hook send` and `wfx hook list`."""

from __future__ import annotations

import sys

import click

from wfx.cli import output
from wfx.cli.options import CONTEXT, Group, json_option, world_option


@click.group("hook", cls=Group, context_settings=CONTEXT)
def hook_command() -> None:
    """Send payloads to runs that wait for them."""


@hook_command.command("send", context_settings={**CONTEXT, "ignore_unknown_options": True})
@click.argument("token")
@click.argument("payload", metavar="JSON")
@click.option(
    "--event-id",
    metavar="ID",
    help="Names this delivery: sending it again under the same name changes nothing.",
)
@world_option
@json_option
def send(token: str, payload: str, event_id: str | None, world: str | None, as_json: bool) -> None:
    """
    Send a payload to the hook of this token.

    JSON is the payload, or - to read it from stdin. It is checked against the hook's schema;
    what does not fit is refused, and nothing is changed.
    """
    tree = _payload(payload)
    from wfx.cli.lookup import with_near_tokens
    from wfx.cli.opening import existing
    from wfx.errors import NotFound

    with existing(world) as client:
        try:
            event = client.resume_hook(token, tree, event_id=event_id)
        except NotFound as unknown:
            raise with_near_tokens(client, unknown) from None
    if as_json:
        output.json_object(
            {"eventId": event.event_id, "runId": event.run_id, "hookId": event.correlation_id}
        )
    else:
        output.line(f"{event.run_id} has the payload for {token} (position {event.position})")


def _payload(given: str) -> object:
    from wfx.codec import loads
    from wfx.errors import DecodeError

    text = given
    if given == "-":
        try:
            text = sys.stdin.read()
        except UnicodeDecodeError as error:
            raise click.UsageError(f"stdin is no text: {error.reason}") from None
    try:
        return loads(text)
    except DecodeError as error:
        reason = error.reason
    hint = ""
    if given != "-" and text.strip() and text.strip()[0] not in '{["':
        import json
        import shlex

        hint = f" A text is written with quotes: {shlex.quote(json.dumps(text))}."
    where = "stdin" if given == "-" else "JSON"
    shown = text if len(text) <= 80 else f"{text[:79]}…"
    raise click.UsageError(f"{where} {shown!r} cannot be read: {reason}.{hint}")


@hook_command.command("list", context_settings=CONTEXT)
@click.option("--run", "run_id", metavar="RUN", help="Only hooks of this run.")
@click.option("--all", "everything", is_flag=True, help="Disposed hooks too.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@world_option
@json_option
def list_hooks(
    run_id: str | None, everything: bool, limit: int, world: str | None, as_json: bool
) -> None:
    """List the hooks that take payloads now."""
    from wfx.cli.lookup import known_run
    from wfx.cli.opening import existing
    from wfx.entities import HookStatus, entity_to_wire

    with existing(world, read_only=True) as client:
        if run_id is not None:
            known_run(client, run_id)
        status = None if everything else HookStatus.ACTIVE
        page = client.world.hooks.list(run_id=run_id, status=status, limit=limit)
    if as_json:
        output.json_object({"hooks": [entity_to_wire(hook) for hook in page.items]})
        return
    if not page.items:
        output.note("no hooks" if everything else "no run waits for a payload")
        return
    rows = [
        (hook.token or "?", hook.run_id, str(hook.status), str(hook.received))
        for hook in page.items
    ]
    output.table([("TOKEN", "RUN", "STATUS", "RECEIVED"), *rows])
    if page.cursor is not None:
        output.note(f"… and more; see --limit (now {limit})")
