"""Judgments as JUnit XML, which CI systems read as the results of tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from wfx.cli.verdicts.text import details
from wfx.divergence.telling import unstyled
from wfx.replay import VerdictKind

if TYPE_CHECKING:
    from wfx.corpus.judgment import Judgment

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may have, however they are written."""


def lines(judgments: Iterable[Judgment]) -> Iterator[str]:
    """One suite; a divergence is a failure, what cannot be judged an error."""
    listed = list(judgments)
    failures = sum(each.verdict is VerdictKind.DIVERGED for each in listed)
    errors = sum(each.verdict is VerdictKind.UNJUDGED for each in listed)
    counts = {"tests": str(len(listed)), "failures": str(failures), "errors": str(errors)}
    suites = ElementTree.Element("testsuites", {"name": "wfx replay", **counts})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "wfx replay", **counts})
    for each in listed:
        _case(suite, each)
    ElementTree.indent(suites)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield ElementTree.tostring(suites, encoding="unicode")


def _case(suite: ElementTree.Element, judgment: Judgment) -> None:
    path = PurePath(judgment.recording)
    folders = [part for part in path.parent.parts if part != path.anchor]
    about = {
        "classname": ".".join(folders) or judgment.workflow or "wfx",
        "name": path.name,
    }
    if judgment.place is not None:
        about.update(file=judgment.place.file, line=str(judgment.place.line))
    case = ElementTree.SubElement(suite, "testcase", {k: _xml(v) for k, v in about.items()})
    if judgment.matches:
        return
    report = judgment.report
    kind = "error" if report is None else "failure"
    message = (judgment.reason or "") if report is None else report.message
    told = ElementTree.SubElement(
        case, kind, {"type": str(judgment.verdict), "message": _xml(message)}
    )
    told.text = _xml(unstyled(details(judgment)))


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
