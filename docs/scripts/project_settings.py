"""What `[tool.wfx]` of a project can say, from the tables that read it."""

from __future__ import annotations

import ast
import inspect

from wfx_sandbox.effects import CAPABILITIES
from wfx_sandbox.modules.ambient import SECRET_PATTERNS
from wfx_sandbox.settings import Limits


def effect_table() -> str:
    """One row per capability."""
    rows = [
        "| `[tool.wfx.effects]` | covers | `record` | `derive`: from | may be |",
        "|---|---|---|---|---|",
    ]
    for name, each in CAPABILITIES.items():
        modes = ", ".join(f"`{mode}`" for mode in each.modes)
        rows.append(f"| `{name}` | {each.covers} | {each.recorded} | {each.derived} | {modes} |")
    patterns = " ".join(f"`{pattern}`" for pattern in SECRET_PATTERNS)
    return "\n".join([*rows, "", f"`secret_env` is, unless it is set: {patterns}."])


def limit_table() -> str:
    """One row per limit."""
    body = ast.parse(inspect.getsource(Limits)).body[0].body  # type: ignore[attr-defined]  # a class
    rows = ["| `[tool.wfx.limits]` | default | |", "|---|---|---|"]
    for node, after in zip(body, body[1:], strict=False):  # noqa: RUF007  (two kinds of nodes)
        if isinstance(node, ast.AnnAssign) and isinstance(after, ast.Expr):
            default = getattr(Limits(), node.target.id)  # type: ignore[union-attr]  # plain fields
            note = " ".join(str(after.value.value).split())  # type: ignore[attr-defined]  # a docstring
            shown = "none" if default is None else f"{default:,}"
            rows.append(f"| `{node.target.id}` | {shown} | {note} |")  # type: ignore[union-attr]  # as above
    return "\n".join(rows)
