"""What the sandbox refuses and what it offers, from its own tables."""

from __future__ import annotations

from wfx_sandbox.modules.passthrough import NAMES
from wfx_sandbox.modules.refused import REFUSED_BUILTINS
from wfx_sandbox.modules.table import _INTERCEPTED
from wfx_sandbox.rules import RULES


def rule_table() -> str:
    """One row per rule, then the refused builtins."""
    rows = ["| rule | refused | instead |", "|---|---|---|"]
    rows += [f"| {rule.code} | {rule.title} | {rule.remedy} |" for rule in RULES.values()]
    rows += ["", "Builtins of WFX203:", "", "| builtin | why | instead |", "|---|---|---|"]
    rows += [f"| `{name}` | {why} | {remedy} |" for name, (why, remedy) in REFUSED_BUILTINS.items()]
    return "\n".join(rows)


def facade_table() -> str:
    """The modules workflow code can use."""
    same = ", ".join(f"`{name}`" for name in sorted(NAMES) if not name.startswith("_"))
    recorded = ", ".join(f"`{name}`" for name in sorted(_INTERCEPTED))
    return (
        f"**As they are**, name by name: {same}.\n\n"
        f"**Intercepted**, so that what they answer is recorded or derived: {recorded}."
    )
