"""What the sandbox refuses and what it offers, from its own tables."""

from __future__ import annotations

import textwrap

from wfx_sandbox.modules.passthrough import NAMES
from wfx_sandbox.modules.refused import REFUSED_BUILTINS
from wfx_sandbox.modules.table import _INTERCEPTED
from wfx_sandbox.rules import RULES, Rule


def rule_table() -> str:
    """One row per rule, then the refused builtins."""
    rows = ["| rule | refused | instead |", "|---|---|---|"]
    rows += [
        f"| [{rule.code}](rules/{rule.code}.md) | {rule.title} | {rule.remedy} |"
        for rule in RULES.values()
    ]
    rows += ["", "Builtins of WFX203:", "", "| builtin | why | instead |", "|---|---|---|"]
    rows += [f"| `{name}` | {why} | {remedy} |" for name, (why, remedy) in REFUSED_BUILTINS.items()]
    return "\n".join(rows)


def rule_page(rule: Rule) -> str:
    """A page of its own for one rule: what, why, what to do, and both examples."""
    verb = "A warning: this works, but may surprise." if rule.warns else "Refused."
    parts = [f"# {rule.code}", f"{verb} {rule.title[0].upper()}{rule.title[1:]}."]
    parts += ["## Why", textwrap.fill(rule.why, 99)]
    if rule.remedy:
        parts += ["## What to do", textwrap.fill(rule.remedy, 99)]
    if rule.wrong:
        parts += ["## Example", f"```python\n{rule.wrong}\n```"]
    if rule.right:
        parts += ["Instead:", f"```python\n{rule.right}\n```"]
    parts.append("All rules are in [sandbox](../sandbox.md#rules).")
    return "\n\n".join(parts) + "\n"


def rule_pages() -> dict[str, str]:
    """By file name, the pages of all rules."""
    return {f"{rule.code}.md": rule_page(rule) for rule in RULES.values()}


def facade_table() -> str:
    """The modules workflow code can use."""
    same = ", ".join(f"`{name}`" for name in sorted(NAMES) if not name.startswith("_"))
    recorded = ", ".join(f"`{name}`" for name in sorted(_INTERCEPTED))
    return (
        f"**As they are**, name by name: {same}.\n\n"
        f"**Intercepted**, so that what they answer is recorded or derived: {recorded}."
    )
