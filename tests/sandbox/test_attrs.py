"""A library that makes classes, let through by the project's settings."""

from __future__ import annotations

from pathlib import Path

from wfx.client import Client
from wfx.replay import VerdictKind, replay

SETTINGS = """
[tool.wfx]
passthrough = ["attrs"]
"""
MODULE = """
import attrs

from wfx import step, workflow


@attrs.define
class Point:
    x: int
    y: int = 2
    tags: list[str] = attrs.field(factory=list)


@attrs.frozen
class Fixed:
    a: int


@step
async def move(x: int) -> int:
    return x + 1


@workflow
async def go() -> list[object]:
    point = Point(1)
    point.x = await move(point.x)
    fixed = Fixed(3)
    return [
        repr(point),
        point == Point(2),
        attrs.asdict(point),
        hash(fixed) == hash(Fixed(3)),
        repr(attrs.evolve(fixed, a=4)),
    ]
"""


def test_attrs_classes_work_in_workflow_code(tmp_path: Path) -> None:
    """Defined, changed, compared, hashed and shown; and the log replays."""
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    (tmp_path / "flow_with_attrs.py").write_text(MODULE)
    with Client("memory:", app_dir=tmp_path) as client:
        handle = client.start("flow_with_attrs:go")
        client.resume(handle.run_id)
        seen = client.result(handle.run_id)
        log = client.world.events.list(handle.run_id)
        program = client.program_of_run(handle.run_id)

    assert seen == [
        "Point(x=2, y=2, tags=[])",
        True,
        {"x": 2, "y": 2, "tags": []},
        True,
        "Fixed(a=4)",
    ]
    assert replay(program, log).kind is VerdictKind.MATCH
