"""What a finding is and looks like, and the ways in which a target fails to load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wfx.errors import LoadError
from wfx_sandbox.rules import RULES

_INDENT = " " * 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place in workflow code that the sandbox refuses, or warns of."""

    rule: str
    file: str
    line: int
    col: int
    end_col: int | None
    message: str
    remedy: str
    source: str = ""
    """The source line, for the code frame."""
    function: str = ""
    severity: Literal["error", "warning"] = "error"

    @property
    def frame(self) -> str:
        """The source line with the place underlined."""
        text = self.source.rstrip()
        stripped = text.lstrip()
        if not stripped:
            return ""
        shift = len(text) - len(stripped)
        start = max(0, self.col - shift)
        end = len(stripped) if self.end_col is None else max(start + 1, self.end_col - shift)
        width = max(1, min(end, len(stripped)) - start)
        return f"    {stripped}\n    {' ' * start}{'^' * width}"

    def render(self) -> str:
        """The finding as a person reads it."""
        where = f"{self.file}:{self.line}" + (f"  in {self.function}" if self.function else "")
        lines = [where]
        if self.frame:
            lines.append(self.frame)
        lines.append(f"{self.rule}  {self.message}")
        remedy = self.remedy or RULES[self.rule].remedy
        if remedy:
            lines.append(f"{_INDENT}{remedy}")
        return "\n".join(lines)


class TargetError(LoadError):
    """TARGET cannot be understood."""

    code = "bad-target"


class ModuleMissing(LoadError):
    """There is no such module or file."""

    code = "module-missing"


class ModuleRaised(LoadError):
    """The module raised while it was imported."""

    code = "module-raised"


class WorkflowMissing(LoadError):
    """The module has no workflow of that name."""

    code = "workflow-missing"


class ProgramRefused(LoadError):
    """The module's workflow code does what the sandbox refuses; all findings at once."""

    code = "program-refused"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = list(findings)
        count = len(self.findings)
        places = "place" if count == 1 else "places"
        super().__init__(
            f"workflow code cannot be made reproducible in {count} {places}:\n\n"
            + "\n\n".join(finding.render() for finding in self.findings)
        )
