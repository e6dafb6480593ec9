"""Judgments as one JSON object, written judgment by judgment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from wfx.patches import PatchTally
from wfx.plain import plain
from wfx.replay import VerdictKind

if TYPE_CHECKING:
    from wfx.corpus.judgment import Judgment
    from wfx.values import Json


def lines(
    judgments: Iterable[Judgment], *, more: Callable[[], dict[str, Json]] = dict
) -> Iterator[str]:
    """
    `{"recordings": […], "summary": {…}, "patches"?: […]}`.

    Args:
        more: Further members, asked for at the end.
    """
    patches = PatchTally()
    counts = dict.fromkeys(VerdictKind, 0)
    before = '{"recordings": ['
    for each in judgments:
        counts[each.verdict] += 1
        patches.add(each.patches)
        yield f"{before}{json.dumps(shown(each), ensure_ascii=False)}"
        before = ","
    ended: dict[str, Json] = {"summary": {str(kind): count for kind, count in counts.items()}}
    told: list[Json] = [{**asdict(each), "text": each.text} for each in patches.advice()]
    if told:
        ended["patches"] = told
    ended.update(more())
    yield f"{before if '[' in before else ''}], {json.dumps(ended, ensure_ascii=False)[1:]}"


def shown(judgment: Judgment) -> dict[str, Json]:
    """The object of a judgment."""
    tree: dict[str, Json] = {
        "recording": judgment.recording,
        "runId": judgment.run_id,
        "workflow": judgment.workflow,
        "verdict": str(judgment.verdict),
        "events": judgment.events,
    }
    if judgment.report is not None:
        tree["divergence"] = judgment.report.to_json()
        tree["place"] = None if judgment.place is None else str(judgment.place)
    elif judgment.reason is not None:
        tree["reason"] = judgment.reason
    elif judgment.ended == "run_completed":
        tree["output"] = plain(judgment.output)
    elif judgment.ended is None:
        tree["next"] = list(judgment.next)
    if judgment.ended is not None:
        tree["ended"] = judgment.ended
    if judgment.orders:
        tree["orders"] = list(judgment.orders)
    if judgment.note is not None:
        tree["note"] = judgment.note
    if judgment.patches:
        tree["patches"] = {name: str(state) for name, state in judgment.patches.items()}
    if judgment.unjudged:
        tree["notCompared"] = list(judgment.unjudged)
    return tree
