"""
How a user's module becomes a program.

Two loads of one source: the host imports it normally, for its steps; the sandbox analyses it,
compiles what its workflows need under a policy, and executes that once per run. Importing this
package costs nothing; the compiler is loaded with the first program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wfx_sandbox.errors import Finding, ProgramRefused
    from wfx_sandbox.loader import LoadedTarget, check, load_program, load_target
    from wfx_sandbox.program import SandboxProgram
    from wfx_sandbox.report import as_github, as_json, as_text
    from wfx_sandbox.rules import RULES, Rule
    from wfx_sandbox.settings import Settings, read_settings

_HOMES = {
    "Finding": "errors",
    "LoadedTarget": "loader",
    "ProgramRefused": "errors",
    "RULES": "rules",
    "Rule": "rules",
    "SandboxProgram": "program",
    "Settings": "settings",
    "as_github": "report",
    "as_json": "report",
    "as_text": "report",
    "check": "loader",
    "load_program": "loader",
    "load_target": "loader",
    "read_settings": "settings",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module(f"wfx_sandbox.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'wfx_sandbox' has no attribute {name!r}")


__all__ = [
    "RULES",
    "Finding",
    "LoadedTarget",
    "ProgramRefused",
    "Rule",
    "SandboxProgram",
    "Settings",
    "as_github",
    "as_json",
    "as_text",
    "check",
    "load_program",
    "load_target",
    "read_settings",
]
