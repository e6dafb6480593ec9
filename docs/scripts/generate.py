"""
Writes the generated parts of the documentation, or says which of them are stale.

    python docs/scripts/generate.py           write them
    python docs/scripts/generate.py --check   exit 1 if one of them is not what it would be

A generated part stands between `<!-- generated: NAME -->` and `<!-- end of NAME -->`. What
is around it is written by hand and left alone. A folder of generated pages holds nothing else.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from command_line import command_pages
from error_codes import error_index
from event_log import event_table, field_tables, permits_table
from metrics import metric_table
from project_settings import effect_table, limit_table
from sandbox_rules import facade_table, rule_pages, rule_table
from states import hook_states, run_states, step_states, wait_states
from value_forms import form_table

DOCS: Final = Path(__file__).resolve().parent.parent

PARTS: Final[Mapping[str, Mapping[str, Callable[[], str]]]] = {
    "explanation/event-log.md": {
        "states of a run": run_states,
        "states of a step": step_states,
        "states of a hook": hook_states,
        "states of a wait": wait_states,
        "what a run permits": permits_table,
    },
    "reference/events.md": {
        "event types": event_table,
        "event data": field_tables,
    },
    "reference/command-line.md": {"commands": command_pages},
    "reference/errors/README.md": {"error codes": error_index},
    "reference/configuration.md": {"effects": effect_table, "limits": limit_table},
    "reference/metrics.md": {"metrics": metric_table},
    "reference/sandbox.md": {"rules": rule_table, "modules": facade_table},
    "reference/values.md": {"forms": form_table},
}


FOLDERS: Final[Mapping[str, Callable[[], Mapping[str, str]]]] = {"reference/rules": rule_pages}
"""Folders all of whose pages are generated."""


def filled(text: str, parts: Mapping[str, Callable[[], str]], where: str) -> str:
    """`text` with all its generated parts made anew."""
    for name, make in parts.items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(text):
            raise SystemExit(f"{where} has no place for {name!r}: write {begin} and {end} in it")
        part = f"{begin}\n\n{make().strip()}\n\n{end}"
        text = pattern.sub(lambda _, part=part: part, text)  # type: ignore[misc]  # mypy cannot infer a lambda's defaults
    return text


def _folder(folder: Path, pages: Mapping[str, str], check: bool) -> list[str]:
    """The pages of a generated folder that are not what they would be; written unless `check`."""
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    stale = sorted(name for name in {*there, *pages} if there.get(name) != pages.get(name))
    for name in stale if not check else ():
        folder.mkdir(exist_ok=True)
        if name in pages:
            (folder / name).write_text(pages[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return [str((folder / name).relative_to(DOCS)) for name in stale]


def main(arguments: list[str]) -> int:
    """Write, or check, all parts; 1 if a check found a stale one."""
    stale = []
    for name, parts in PARTS.items():
        path = DOCS / name
        before = path.read_text(encoding="utf-8")
        after = filled(before, parts, name)
        if before == after:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(after, encoding="utf-8")
    for name, make_pages in FOLDERS.items():
        stale += _folder(DOCS / name, make_pages(), "--check" in arguments)
    for name in stale:
        said = "is stale; run docs/scripts/generate.py" if "--check" in arguments else "written"
        sys.stdout.write(f"docs/{name} {said}\n")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
