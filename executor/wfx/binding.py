"""
What the code is called today that a migrated run was begun with.

The names in a migrated log are those that the old program wrote and never change. A
migration binds them to Python workflows and steps (`wfx migrate --map OLD=module:function`);
the binding is kept where the run says how it was made, `executionContext.legacy.names`. A
run that was migrated without it is bound later (`wfx release RUN --map …`), by a `run_bound`
in its log; the run shows both together. Or the port carries the recorded names itself:
`@workflow(name="workflow//flows.ts//checkout")`, `@step(name=…)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from wfx.events import Event, RunBound, RunCreated

if TYPE_CHECKING:
    from wfx.values import Json

STAR: Final = "*"
"""Stands in a pattern of recorded names, and in its target, for a part of a name."""
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SLEEP: Final = re.compile(r"step//(?:.*/)?workflow/dist/stdlib(?:\.\w+)?//sleep")


def is_migrated(context: Mapping[str, Json] | None) -> bool:
    """Whether a run with this `executionContext` was begun by a program of another format."""
    return context is not None and isinstance(context.get("legacy"), dict)


def names_of(context: Mapping[str, Json] | None) -> dict[str, str]:
    """Recorded names of workflow and steps → what they are bound to."""
    legacy = (context or {}).get("legacy")
    return _texts(legacy.get("names")) if isinstance(legacy, dict) else {}


def taken_of(context: Mapping[str, Json] | None) -> dict[str, str]:
    """Tokens of hooks that a migration disposed → the runs that have these tokens."""
    legacy = (context or {}).get("legacy")
    return _texts(legacy.get("taken")) if isinstance(legacy, dict) else {}


def _texts(value: Json) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {key: text for key, text in pairs if isinstance(text, str)}


def with_names(context: Mapping[str, Json], names: Mapping[str, str]) -> dict[str, Json]:
    """The `executionContext` of a migrated run with these names bound too."""
    legacy = context.get("legacy")
    made: dict[str, Json] = dict(legacy) if isinstance(legacy, dict) else {}
    made["names"] = {**names_of(context), **names}
    return {**context, "legacy": made}


def names_in(events: Iterable[Event]) -> dict[str, str]:
    """Recorded names → what they are bound to, as a log says in all."""
    names: dict[str, str] = {}
    for event in events:
        if isinstance(event.data, RunCreated):
            if not is_migrated(event.data.execution_context):
                break  # nothing can be bound in it
            names.update(names_of(event.data.execution_context))
        elif isinstance(event.data, RunBound):
            names.update(event.data.names)
    return names


def bound(name: str, context: Mapping[str, Json] | None) -> str:
    """What a recorded name of this run is bound to; the name itself if it is not."""
    return name if context is None else names_of(context).get(name, name)


def named(names: Mapping[str, str], recorded: str) -> str | None:
    """
    What a recorded name is to be bound to; None if nothing is said of it.

    A name that is given may be a pattern: each `*` in it stands for anything but a `/`, and
    the stars of its target for the same as Python would write it; a recorded name that is
    Python's, `module:function`, is written so already. What is given as it is recorded goes
    before patterns, and a longer pattern before a shorter one:

        workflow//./workflows/*.ts//*  →  flows.*:*
        workflow//./workflows/order-mail.ts//sendReceipt is flows.order_mail:send_receipt
    """
    given = names.get(recorded)
    if given is not None:
        return given
    for pattern in sorted((name for name in names if STAR in name), key=len, reverse=True):
        found = _pattern(pattern).fullmatch(recorded)
        if found is not None:
            parts = names[pattern].split(STAR)
            pythons = ":" in recorded and "/" not in recorded
            said = ["", *(part if pythons else in_python(part) for part in found.groups())]
            return "".join(star + part for star, part in zip(said, parts, strict=False))
    return None


class Names(Mapping[str, str]):
    """
    What recorded names, and modules, are called today: `named`, as a mapping.

    Iterating gives what was given: names and patterns.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = dict(given)
        self._found: dict[str, str | None] = {}
        """Of names that were asked for before."""

    def __getitem__(self, recorded: str) -> str:
        if recorded not in self._found:
            self._found[recorded] = named(self._given, recorded)
        found = self._found[recorded]
        if found is None:
            raise KeyError(recorded)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    @cached_property
    def of_modules(self) -> Names:
        """Those that say what a whole module is called; classes are named by their modules."""
        return Names({old: new for old, new in self._given.items() if ":" not in new})


def in_python(name: str) -> str:
    """`chargeCard` and `charge-card` as Python names are written: `charge_card`."""
    return _WORDS.sub("_", name).replace("-", "_").lower()


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("([^/]+)".join(map(re.escape, text.split(STAR))))


def unbound(recorded: str) -> str:
    """What to do about a workflow that nobody has said the Python name of."""
    return (
        f"its workflow {recorded!r} is bound to no Python workflow. Bind it, and its steps: "
        f"wfx release RUN --map {recorded}=module:function …; or let the port bear the name: "
        f'@workflow(name="{recorded}")'
    )


def rebound(context: dict[str, Json], today: Callable[[str], str]) -> dict[str, Json]:
    """The `executionContext` with names bound to what those targets are called today."""
    legacy = context.get("legacy")
    names = names_of(context)
    if not isinstance(legacy, dict) or not names:
        return context
    moved: dict[str, Json] = {old: today(new) for old, new in names.items()}
    return {**context, "legacy": {**legacy, "names": moved}}


def is_library_sleep(step_name: str | None) -> bool:
    """Whether a step is the sleep that the first releases of v1 had in place of waits."""
    return step_name is not None and _SLEEP.fullmatch(step_name) is not None
