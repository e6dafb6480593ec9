"""
What a later release wrote for the same workflows is what migration makes of the old logs.

Ids, times, ports and places in stack traces differ between any two runs of one workflow, and
are put away first. What else differs is a row of `KNOWN`, with its reason; nothing else is
tolerated.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from wfx import codec
from wfx.events import Event, RunCreated, StepCreated, data_to_wire
from wfx.memory import MemoryWorld
from wfx_migrate import migrate
from wfx_migrate.v1.failures import error_text
from wfx_migrate.v1.values import decode, decode_arguments

ORACLE: Final = "v2-4.1.0-beta.54"
RELEASES: Final = ("v1-4.0.1-beta.3", "v1-4.0.1-beta.13", "v1-4.0.1-beta.35", "v1-4.0.1-beta.50")

Log = dict[str, list[Any]]
"""Entity, named by its kind and number → what happened to it."""

FINISHED: Final = (
    *("empty", "fatal-caught", "fatal-uncaught", "hook-anonymous", "hooks", "nested-small"),
    *("parallel", "retry-after", "retry-exhausted-uncaught", "retry-then-ok", "sequence"),
    *("sleep", "streams", "throws-at-once", "throws-deep", "values", "webhook"),
)
"""
Scenarios that end by themselves. How far the others got is chance; `paused` and
`storage-api-oddities` have no counterpart.
"""


# -- what is chance ------------------------------------------------------------------------

_CHANCE: Final = (
    (re.compile(r"\b(wrun|step|hook|wait|evnt|strm|chnk)_[0-9A-HJKMNP-TV-Z]{26}"), r"\1_ID"),
    (re.compile(r"2026-11-\d\dT[0-9:.]+(Z|\+00:00)"), "NOW"),
    (re.compile(r"localhost:\d+"), "localhost:PORT"),
    (re.compile(r"(\\n\s+at [^\"]*)"), ""),
    # Streams of the earliest release have a UUID for a name; generated tokens are drawn.
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}"), "strm_ID"),
    (re.compile(r'("(?:otherT|t)oken": )"[A-Za-z0-9_-]{21}"'), r'\1"TOKEN"'),
)


def plain(value: object) -> Any:
    """A decoded value as data to compare, without what is chance."""
    text = json.dumps(codec.encode(value), sort_keys=True)
    for pattern, shown in _CHANCE:
        text = pattern.sub(shown, text)
    return json.loads(text, object_hook=_form)


def _form(found: dict[str, Any]) -> Any:
    if found.get("$") == "str":
        # The later release replaced half characters (LEGACY: 48 of 49 values are equal).
        text = base64.b64decode(found["value"]).decode("utf-8", "surrogatepass")
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if str(found.get("class", "")).endswith(":Flattened"):
        return graph(found["fields"]["array"], found["fields"]["root"], ())
    return found


def graph(array: list[Any], root: int, above: tuple[int, ...]) -> Any:
    """A flattened value as a tree, with `up n` where it holds what is n levels above it."""
    if root in above:
        return f"up {len(above) - above.index(root)}"
    element = array[root]
    if isinstance(element, dict):
        return {key: graph(array, at, (*above, root)) for key, at in element.items()}
    return (
        [graph(array, at, (*above, root)) for at in element]
        if isinstance(element, list)
        else element
    )


def error_of(text: str) -> str:
    """The text of an error; the form of the names in it changed."""
    return re.sub(r"step//(?:\./)?workflows/flows(?:\.ts)?//", "step//", text)


def short(name: str) -> str:
    """A workflow's or step's own name."""
    return name.rpartition("//")[2]


# -- the two logs, in one form -------------------------------------------------------------


def from_migrated(events: list[Event]) -> Log:
    """A migrated log, entity by entity."""
    log: Log = {}
    for event in events:
        data = event.data
        wire = data_to_wire(data)
        happened: list[Any] = [event.type]
        if isinstance(data, (RunCreated, StepCreated)):
            name = data.workflow_name if isinstance(data, RunCreated) else data.step_name
            happened += [short(name or ""), plain(codec.decode(data.input))]
        elif event.type in ("step_retrying", "step_failed", "run_failed"):
            error = wire["error"]
            assert isinstance(error, dict)
            happened.append(error_of(error_text(error)))
        else:
            for name in ("result", "output", "payload", "metadata"):
                if name in wire:
                    happened.append(plain(codec.decode(wire[name])))
        log.setdefault(event.correlation_id or "run", []).append(happened)
    return log


def from_oracle(store: Path, run_id: str) -> Log:
    """A recorded log of the later release, entity by entity."""
    rows = [json.loads(path.read_bytes()) for path in store.glob(f"events/{run_id}-*.json")]
    rows.sort(key=lambda row: (row["createdAt"], row["eventId"]))
    log: Log = {}
    for row in rows:
        data = row.get("eventData", {})
        happened: list[Any] = [row["eventType"]]
        if row["eventType"] in ("run_created", "step_created"):
            arguments = decode_arguments(devalue(data["input"])).values
            happened += [short(data.get("workflowName", data.get("stepName"))), plain(arguments)]
        elif row["eventType"] in ("step_retrying", "step_failed", "run_failed"):
            error = data["error"]
            happened.append(error_of(error["message"] if isinstance(error, dict) else error))
        else:
            for name in ("result", "output", "payload", "metadata"):
                if name in data:
                    happened.append(plain(decode(devalue(data[name])).value))
        log.setdefault(row.get("correlationId", "run"), []).append(happened)
    return log


def devalue(packed: Any) -> Any:
    """The flattened form inside the later release's bytes."""
    data = base64.b64decode(packed["data"])
    assert data[:4] == b"devl"
    return json.loads(data[4:])


def numbered(log: Log) -> Log:
    """The log with entities numbered by their ids, which go up as they were asked for."""
    out: Log = {}
    counts: dict[str, int] = {}
    for id in sorted(log, key=lambda id: (id != "run", id.partition("_")[2])):
        kind = "run" if id == "run" else kind_of(log[id])
        counts[kind] = counts.get(kind, -1) + 1
        out["run" if id == "run" else f"{kind} {counts[kind]}"] = log[id]
    return out


def kind_of(happened: list[Any]) -> str:
    return str(happened[0][0]).partition("_")[0]


# -- the known differences -----------------------------------------------------------------


def requested_twice(mine: Log, theirs: Log) -> None:
    """The later release may write step_created twice when two of its workers race."""
    for happened in theirs.values():
        while len(happened) > 1 and happened[0] == happened[1]:
            del happened[1]


def class_name_twice(mine: Log, theirs: Log) -> None:
    """The first releases put the class name before a fatal error's text once more."""
    end = mine["run"][-1]
    if end[0] == "run_failed":
        assert end[1].startswith("FatalError: ")
        end[1] = end[1].removeprefix("FatalError: ")


def sleeps_are_steps(mine: Log, theirs: Log) -> None:
    """In the first class a sleep is a library step; it is kept as one (D-16)."""
    for id, happened in list(mine.items()):
        if happened[0][:2] == ["step_created", "sleep"]:
            assert [event[0] for event in happened[-2:]] == ["step_started", "step_completed"]
            mine[id] = [["wait_created"], ["wait_completed"]]


def other_exhaustion(mine: Log, theirs: Log) -> None:
    """How often a step is tried, and what is said when that was in vain, changed twice."""
    text = re.compile(r"(failed after \w+ retries|exceeded max retries) ?.*")
    for log in (mine, theirs):
        for happened in log.values():
            retries = [event for event in happened if event[0] == "step_retrying"]
            if retries:
                assert all(event == retries[0] for event in retries)
                kept = [
                    event for event in happened if event[0] not in ("step_retrying", "step_started")
                ]
                happened[:] = [kept[0], retries[0], *kept[1:]]
            happened[-1][1:] = [text.sub("gave up", str(part)) for part in happened[-1][1:]]


def metadata_is_gone(mine: Log, theirs: Log) -> None:
    """From world-local beta.11 a hook's row, with its metadata, dies with the run (D-14)."""
    for happened in theirs.values():
        if happened[0][0] == "hook_created":
            del happened[0][1:]


def either_hook(mine: Log, theirs: Log) -> None:
    """Of two hooks with generated tokens, the recorder sent to one by chance."""
    for log in (mine, theirs):
        hooks = sorted(id for id in log if id.startswith("hook_"))
        both = sorted((log[id] for id in hooks), key=len)
        for id, happened in zip(hooks, both, strict=True):
            log[id] = happened


Change = Callable[[Log, Log], None]

_FIRST: Final = ("v1-4.0.1-beta.3", "v1-4.0.1-beta.13")
_LATER: Final = ("v1-4.0.1-beta.35", "v1-4.0.1-beta.50")

KNOWN: Final[tuple[tuple[tuple[str, ...], tuple[str, ...], Change], ...]] = (
    (RELEASES, ("parallel", "nested-small", "values"), requested_twice),
    (_FIRST, ("fatal-uncaught", "retry-exhausted-uncaught"), class_name_twice),
    (RELEASES[:1], ("sleep",), sleeps_are_steps),
    (RELEASES[:3], ("retry-exhausted-uncaught",), other_exhaustion),
    (_LATER, ("hooks",), metadata_is_gone),
    (_LATER, ("hook-anonymous",), either_hook),
)
"""Releases, scenarios, and what is put away there."""

BROKEN: Final = {("v1-4.0.1-beta.3", "streams"): "getWritable() did not work yet: the run failed"}


# -- tests ---------------------------------------------------------------------------------


def runs_of(store: Path) -> list[str]:
    """The runs in a store."""
    return sorted(path.stem for path in (store / "runs").glob("*.json"))


def recordings() -> list[tuple[str, str]]:
    """Every finished scenario of every release."""
    missing = {
        ("v1-4.0.1-beta.35", scenario)
        for scenario in (
            *("empty", "nested-small", "retry-after", "streams", "throws-at-once"),
            *("throws-deep", "values", "webhook"),
        )
    }
    found = [(release, scenario) for release in RELEASES for scenario in FINISHED]
    return [one for one in found if one not in missing and one not in BROKEN]


@pytest.mark.parametrize(("release", "scenario"), recordings())
def test_a_finished_run_equals_what_the_later_release_wrote(
    recorded: Callable[[str], Path], release: str, scenario: str
) -> None:
    """The same events, values and errors for every entity, but for the known differences."""
    store, oracle = recorded(f"{release}/{scenario}"), recorded(f"{ORACLE}/{scenario}")
    world = MemoryWorld()
    with migrate(store, world) as report:
        assert report.ok
    (mine_id,), (theirs_id,) = runs_of(store), runs_of(oracle)
    mine = from_migrated(world.events.list(mine_id))
    theirs = from_oracle(oracle, theirs_id)

    for releases, scenarios, put_away in KNOWN:
        if release in releases and scenario in scenarios:
            put_away(mine, theirs)

    assert numbered(mine) == numbered(theirs)


@pytest.mark.parametrize("release", RELEASES)
def test_cancelled_runs_end_like_those_of_the_later_release(
    recorded: Callable[[str], Path], release: str
) -> None:
    """The same events of the run, and its steps that were running still completed after it."""
    store, oracle = recorded(f"{release}/cancelled"), recorded(f"{ORACLE}/cancelled")
    world = MemoryWorld()
    migrate(store, world).close()

    mine = [from_migrated(world.events.list(run_id))["run"] for run_id in runs_of(store)]
    theirs = [from_oracle(oracle, run_id)["run"] for run_id in runs_of(oracle)]

    assert [[event[0] for event in log] for log in mine] == [
        [event[0] for event in log] for log in theirs
    ]
