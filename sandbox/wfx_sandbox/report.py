"""The findings of `check` as text, as JSON, and as annotations of a GitHub workflow."""

from __future__ import annotations

from collections.abc import Sequence

from wfx.values import Json
from wfx_sandbox.errors import Finding
from wfx_sandbox.rules import RULES


def as_text(findings: Sequence[Finding]) -> str:
    """Every finding with its code frame, an empty line between them."""
    return "\n\n".join(
        ("warning: " if each.severity == "warning" else "") + each.render() for each in findings
    )


def as_json(findings: Sequence[Finding]) -> list[Json]:
    """One object per finding. Lines begin with 1, columns with 0, as in Python's own tools."""
    return [
        {
            "rule": each.rule,
            "title": RULES[each.rule].title,
            "severity": each.severity,
            "file": each.file,
            "line": each.line,
            "column": each.col,
            "endColumn": each.end_col,
            "function": each.function,
            "message": each.message,
            "remedy": each.remedy or RULES[each.rule].remedy,
            "source": each.source,
        }
        for each in findings
    ]


def as_github(findings: Sequence[Finding], directory: str = "") -> list[str]:
    """
    Workflow commands that put each finding beside its line in a pull request.

    Args:
        directory: Path of the app directory in the repository, to go before the file names.
    """
    return [_annotation(each, directory) for each in findings]


def _annotation(finding: Finding, directory: str) -> str:
    prefix = f"{directory.rstrip('/')}/" if directory.strip("./") else ""
    place = {
        "file": prefix + finding.file,
        "line": str(finding.line),
        "col": str(finding.col + 1),
        **({} if finding.end_col is None else {"endColumn": str(finding.end_col)}),
        "title": f"{finding.rule} {RULES[finding.rule].title}",
    }
    shown = ",".join(f"{key}={_property(value)}" for key, value in place.items())
    remedy = finding.remedy or RULES[finding.rule].remedy
    text = f"{finding.message} {remedy}".strip()
    return f"::{finding.severity} {shown}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


__all__ = ["as_github", "as_json", "as_text"]
