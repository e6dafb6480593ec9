"""A migrated run that holds every kind of value of v1 goes on in the sandbox."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from wfx.client import Client
from wfx.client.driving import Drive, Left, drive
from wfx.codec import decode
from wfx.memory import MemoryWorld
from wfx.replay import VerdictKind, replay
from wfx_migrate import migrate
from wfx_migrate.v1.js import RegExp
from wfx_sandbox import load_target

OURS = "b64 badDate buffer cyc error f32 f64 headers i16 params regex url"
"""The kinds that are classes of `wfx_migrate.v1.js` in Python."""
HERE = Path(__file__).parent
RELEASES = ("v1-4.0.1-beta.3", "v1-4.0.1-beta.13", "v1-4.0.1-beta.50")


@pytest.mark.parametrize("release", RELEASES)
def test_a_run_with_every_kind_of_value_goes_on(
    recorded: Callable[[str], Path], tmp_path: Path, release: str
) -> None:
    """Each arrives in workflow code, is compared, given to new steps, returned, and replays."""
    store = shutil.copytree(recorded(f"{release}/values"), tmp_path / "store")
    (path,) = (store / "runs").iterdir()
    row = json.loads(path.read_text())
    for name in ("output", "completedAt"):
        del row[name]
    path.write_text(json.dumps(row | {"status": "running"}))
    world = MemoryWorld()
    with migrate(store, world) as report:
        assert report.ok
    run_id = world.runs.list().items[0].run_id
    program = load_target("values_port:values", app_dir=HERE).program
    Client(world).release(run_id)

    assert drive(Drive(world, program, run_id)) is Left.ENDED

    run = world.runs.get(run_id)
    assert run.error is None
    assert decode(run.output) == {
        "described": '/a(b|c)+\\/"d"/giu https://example.com/p?q=1#f',
        "header": "1",
        "changed": [],
        "made": RegExp("new", "g"),
        "ours": sorted(OURS.split()),
    }
    found = replay(program, world.events.list(run_id))
    assert (found.kind, found.divergence, found.reason) == (VerdictKind.MATCH, None, None)
