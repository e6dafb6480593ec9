"""What is known of a module before anything runs: its statements, their needs, what is refused."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from wfx_sandbox import scopes
from wfx_sandbox.errors import Finding
from wfx_sandbox.source import Source

Kind = Literal["import", "step", "workflow", "function", "class", "bind", "effect", "compound"]


class Project(Protocol):
    """What the analysis asks about modules other than the one it looks at."""

    def kind_of(self, module: str) -> Literal["facade", "local", "wfx", "refused"]:
        """How the sandbox serves an import of this module."""
        ...

    def offers(self, module: str, attributes: tuple[str, ...]) -> bool:
        """Whether the facade of `module` has this path of attributes."""
        ...


@dataclass(frozen=True, slots=True)
class Taint:
    """Why workflow code cannot have a name."""

    subject: str
    """`httpx`, `os.listdir`, `open`: what stands at the beginning."""
    message: str
    remedy: str
    rule: str
    line: int = 0
    via: str = ""
    """The name it was made into, if it was."""

    @property
    def text(self) -> str:
        """What whoever uses the name is told."""
        if not self.via:
            return self.message
        return (
            f"`{self.via}` is made from `{self.subject}` (line {self.line}), "
            "which workflow code cannot use."
        )


@dataclass(slots=True)
class Statement:
    """One statement of module level, imports split by name."""

    node: ast.stmt
    kind: Kind
    binds: frozenset[str]
    uses: list[scopes.Use]
    module: str = ""
    """For imports: the module, absolute."""
    imported: str | None = None
    """For `from` imports: the name."""
    rebinds: frozenset[str] = frozenset()
    """Global names that functions in it assign."""
    needed: bool = False
    outer_decorators: list[ast.expr] = field(default_factory=list)
    """For steps: what is given the step itself."""
    local: bool = False
    """For imports: whether of a module of the project."""
    changes: bool = False
    """It runs for what it does and not for what it binds."""
    hard: bool = False
    """Workflow code reaches it; otherwise only the hope that a value may need it."""


@dataclass(slots=True)
class Demand:
    """What importers want of a module."""

    names: set[str] = field(default_factory=set)
    everything: bool = False
    changes: set[int] = field(default_factory=set)
    """Places of statements that change what is needed, see `changes.py`."""


@dataclass(eq=False)
class Analysis:
    """The verdict over one module."""

    source: Source
    statements: list[Statement]
    taints: dict[str, Taint]
    placeholders: dict[str, Taint]
    findings: list[Finding]
    call_taints: dict[str, Taint]
    """Names that fail when they are called."""
    unclean: Mapping[int, Taint]
    """Places of statements that cannot be executed, and why."""
    demands: dict[str, Demand]
    """Local modules that the needed part of this one imports."""
    steps: set[str]
    workflows: set[str]
