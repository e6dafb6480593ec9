"""Judgments as SARIF 2.1.0, the form of static analysis that code hosts show."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from wfx import __version__
from wfx.cli.verdicts.text import details
from wfx.divergence.telling import unstyled

if TYPE_CHECKING:
    from wfx.corpus.judgment import Judgment, Place
    from wfx.values import Json

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES: Final[dict[str, tuple[str, str]]] = {
    "divergence": (
        "Today's code does not make the decisions of a recorded run.",
        "Runs that began with the recorded code cannot go on with this one.",
    ),
    "unjudged": (
        "A recorded run could not be judged.",
        "Its log cannot be read, or the code that it is of cannot be loaded.",
    ),
}


def lines(judgments: Iterable[Judgment]) -> Iterator[str]:
    """One run of one tool, with a result for each judgment that is no match."""
    results: list[Json] = [_result(each) for each in judgments if not each.matches]
    rules: list[Json] = [
        {"id": name, "shortDescription": {"text": short}, "fullDescription": {"text": full}}
        for name, (short, full) in _RULES.items()
    ]
    driver: dict[str, Json] = {"name": "wfx replay", "version": __version__, "rules": rules}
    run: dict[str, Json] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    yield json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(judgment: Judgment) -> dict[str, Json]:
    rule = "unjudged" if judgment.report is None else "divergence"
    text = f"{judgment.recording}: {judgment.verdict}\n{unstyled(details(judgment))}"
    result: dict[str, Json] = {
        "ruleId": rule,
        "ruleIndex": list(_RULES).index(rule),
        "level": "error",
        "message": {"text": text},
        "partialFingerprints": {"wfx/v1": _fingerprint(judgment)},
    }
    places = [place for place in (judgment.place, judgment.recorded_at) if place is not None]
    if places:
        result["locations"] = [_location(places[0])]
    if len(places) > 1:
        related = _location(places[1])
        related["message"] = {"text": "the recorded event"}
        result["relatedLocations"] = [related]
    return result


def _fingerprint(judgment: Judgment) -> str:
    """The same for the same finding in later runs, whatever line it has moved to."""
    report = judgment.report
    said = judgment.reason if report is None else f"{report.expected}\n{report.actual}"
    return hashlib.sha256(f"{judgment.recording}\n{said}".encode()).hexdigest()[:32]


def _location(place: Place) -> dict[str, Json]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.file)},
            "region": {"startLine": place.line},
        }
    }
