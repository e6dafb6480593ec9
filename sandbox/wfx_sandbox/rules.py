"""
Why the sandbox says no: one row per reason, with what to do instead.

A rule's code is part of the product: findings, violations and the documentation pages
carry it, so a code is never given a second meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason for a refusal; `remedy` is what an author can do about it."""

    code: str
    title: str
    remedy: str


_IN_A_STEP = "Move this into a function marked @step, and await that."
_RENAME = "Choose another name."

RULES: Final[dict[str, Rule]] = {
    rule.code: rule
    for rule in (
        Rule("WFX200", "workflow code did what cannot be reproduced", ""),
        Rule("WFX201", "a module or function that workflow code cannot use", _IN_A_STEP),
        Rule("WFX202", "a name made from something that workflow code cannot use", _IN_A_STEP),
        Rule("WFX203", "a builtin that workflow code cannot use", _IN_A_STEP),
        Rule(
            "WFX204",
            "an exception class that only steps can name",
            "Catch wfx.StepError and look at its `type`, which names the original class.",
        ),
        Rule(
            "WFX205",
            "a call that blocks instead of waiting durably",
            "Use `await asyncio.sleep(...)`: it survives a restart.",
        ),
        Rule(
            "WFX206",
            "a workflow called inside a workflow",
            "Put the shared code into a plain `async def` and await that from both.",
        ),
        Rule("WFX207", "something of a step, used outside of one", _IN_A_STEP),
        Rule("WFX208", "host settings changed by workflow code", _IN_A_STEP),
        Rule(
            "WFX209",
            "something that the project's settings forbid",
            "Do this in a step, or change `[tool.wfx.effects]` in pyproject.toml.",
        ),
        Rule(
            "WFX210",
            "an environment variable that looks like a secret",
            "What workflow code reads is recorded in the log; read this one in a step.",
        ),
        Rule(
            "WFX211",
            "the whole environment",
            "Read the variables you need by name, or read the environment in a step.",
        ),
        Rule("WFX230", "a name that the sandbox keeps for itself", _RENAME),
        Rule(
            "WFX231",
            "a special name or attribute",
            "Workflow code can define the usual special methods, and use them through "
            "operators and builtin functions.",
        ),
        Rule("WFX232", "an attribute that leads into the interpreter", ""),
        Rule("WFX233", "a special method that workflow code cannot define", ""),
        Rule(
            "WFX234",
            "a class built in an unusual way",
            "Use plain class keywords, and no metaclass but ABCMeta.",
        ),
        Rule(
            "WFX235",
            "a base class that workflow code cannot extend",
            "Keep a reference to an object of that class instead of inheriting from it.",
        ),
        Rule(
            "WFX236",
            "a change to something that other runs share",
            "Change objects of your own classes only.",
        ),
        Rule("WFX237", "a pattern that reads a special attribute", ""),
        Rule(
            "WFX238",
            "an annotation that is more than a type",
            "Annotations may use names, dots, subscripts, `|` and constants.",
        ),
        Rule("WFX239", "syntax that the sandbox does not know", ""),
        Rule(
            "WFX240",
            "a step or workflow in a place where it has no stable name",
            "Define it at the top level of its module.",
        ),
        Rule(
            "WFX241",
            "a decorated workflow",
            "Use @workflow alone; wrap what it calls instead.",
        ),
        Rule(
            "WFX242",
            "an import of everything",
            "Import the names you use.",
        ),
        Rule(
            "WFX243",
            "a private attribute of something that is not yours",
            "Use its public names.",
        ),
        Rule("WFX244", "a workflow that is no `async def` function", "Write `async def`."),
        Rule(
            "WFX250",
            "a loop that went on for too long",
            "Let it end, or move the computation into a step. The limit is "
            "`loop_turns` in `[tool.wfx.limits]` of pyproject.toml.",
        ),
        Rule(
            "WFX251",
            "a limit of the host: stack or memory",
            "Write a loop in place of deep recursion, and move large data into a step.",
        ),
    )
}
