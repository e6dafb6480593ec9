"""A log of a million events is judged like any other, in memory that can be foretold."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from wfx.codec import dumps
from wfx.corpus.code import Code
from wfx.corpus.judging import judge_source
from wfx.corpus.sources import FileSource, Reader
from wfx.ids import call_key, new_id

TURNS = 4_000
BYTES_EACH_MAX = 900
"""So much may an event take while its log is judged: a million of them less than a gigabyte."""

FLOW = """
from wfx import step, workflow


@step
async def charge(number: int) -> str:
    return f"r-{number}"


@workflow
async def long(count: int) -> str:
    last = ""
    for number in range(count):
        last = await charge(number)
    return last
"""


def lines(run_id: str) -> Iterator[str]:
    """A recording of a long run, as a worker writes it."""
    yield dumps({"format": "wfx/1", "runId": run_id, "workflow": "longflow:long"})
    events: list[tuple[str, str | None, dict[str, object]]] = [
        ("run_created", None, {"deploymentId": "d", "workflowName": "longflow:long"}),
        ("run_started", None, {}),
    ]
    events[0][2]["input"] = [TURNS]
    for turn in range(TURNS):
        step = f"step_{call_key(run_id, '', turn)}"
        call = {"scope": "", "ordinal": turn, "place": "longflow.py:13"}
        created = {"stepName": "longflow:charge", "input": [turn], "call": call}
        events.append(("step_created", step, created))
        events.append(("step_started", step, {"attempt": 1}))
        events.append(("step_completed", step, {"result": f"r-{turn}"}))
    events.append(("run_completed", None, {"output": f"r-{TURNS - 1}"}))
    for position, (kind, about, data) in enumerate(events):
        yield dumps(
            {
                "eventId": new_id("evnt"),
                "runId": run_id,
                "position": position,
                "eventType": kind,
                **({} if about is None else {"correlationId": about}),
                "createdAt": "2026-11-22T11:37:39.294899Z",
                "specVersion": 2,
                "eventData": data,
            }  # type: ignore[arg-type]  # plain JSON
        )


def test_the_memory_of_a_judgment_grows_with_the_events_only(tmp_path: Path) -> None:
    """What an event takes is bounded, with the text of its file and the table of transitions."""
    (tmp_path / "longflow.py").write_text(FLOW)
    file = tmp_path / "long.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines(new_id("wrun"))))
    code = Code(tmp_path)
    code.load("longflow:long")
    source = FileSource(file, file.stat().st_size)

    tracemalloc.start()
    try:
        [judgment] = judge_source(source, Reader(), code)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (judgment.matches, judgment.reason) == (True, None)
    assert judgment.events == 3 * TURNS + 3
    assert peak / judgment.events < BYTES_EACH_MAX
