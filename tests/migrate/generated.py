"""
Generated v1 stores: legal ones, and ways to damage them.

`legal` plays a workflow as the old runtime did, with its order of writing rows and events,
and gives the files of a data directory. A `Damage` changes these files in one way, and says
what migration must make of it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Final

from wfx_migrate.v1.encoding import encode
from wfx_migrate.v1.js import Undefined

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
Files = dict[str, bytes]


class Era(Enum):
    """What of the old releases changes what is in the files."""

    B = "flat errors, bare arguments, event before row"
    C = "structured errors, bare arguments, row before event"
    D = "structured errors, wrapped arguments, row before event"


@dataclass
class Player:
    """One store in the making."""

    random: random.Random
    era: Era
    files: Files = field(default_factory=dict)
    now: datetime = datetime(2025, 6, 1, tzinfo=UTC)

    def tick(self, most: int = 400) -> str:
        """A later moment; sometimes the same one."""
        self.now += timedelta(milliseconds=self.random.choice((0, 1, self.random.randint(1, most))))
        return iso(self.now)

    def id(self, prefix: str) -> str:
        milliseconds = int(self.now.timestamp() * 1000)
        digits = []
        for _ in range(10):
            digits.append(ALPHABET[milliseconds & 31])
            milliseconds >>= 5
        tail = "".join(self.random.choices(ALPHABET, k=16))
        return f"{prefix}_{''.join(reversed(digits))}{tail}"

    def event(self, run: str, kind: str, about: str | None = None, data: Any = None) -> str:
        at = self.tick(20)
        event_id = self.id("evnt")
        row: dict[str, Any] = {"eventType": kind}
        if about is not None:
            row["correlationId"] = about
        if data is not None:
            row["eventData"] = data
        row |= {"runId": run, "eventId": event_id, "createdAt": at}
        self.files[f"events/{run}-{event_id}.json"] = text(row)
        return at

    def value(self, depth: int = 0) -> Any:
        """A value of some kind, in Python."""
        r = self.random
        kinds: list[Callable[[], Any]] = [
            lambda: None,
            lambda: r.choice((True, False)),
            lambda: r.randint(-(10**6), 10**6),
            lambda: r.choice((0.5, -0.0, float("inf"), float("nan"))),
            lambda: r.choice(("", "a", "ü☃🚀", "a\0b", "\ud800", '"\\')),
            lambda: 2**70 + r.randint(0, 9),
            lambda: datetime(2024, 2, 29, 12, r.randint(0, 59), tzinfo=UTC),
            lambda: b"\0\xff" * r.randint(0, 3),
        ]
        if depth < 3:
            kinds += [
                lambda: [self.value(depth + 1) for _ in range(r.randint(0, 3))],
                lambda: {f"k{i}": self.value(depth + 1) for i in range(r.randint(0, 3))},
                lambda: {i: self.value(depth + 1) for i in range(r.randint(0, 2))},
                lambda: {r.randint(0, 5) for _ in range(r.randint(0, 3))},
            ]
        return r.choice(kinds)()

    def arguments(self) -> Any:
        values = [self.value() for _ in range(self.random.randint(0, 3))]
        if self.era is Era.D:
            return encode({"args": values, "closureVars": Undefined()})
        return encode(values)

    def error(self, message: str) -> Any:
        stack = f"Error: {message}\n    at step (flows.ts:1:1)"
        return stack if self.era is Era.B else {"message": f"Error: {message}", "stack": stack}


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def text(row: Any) -> bytes:
    return json.dumps(row, indent=2, ensure_ascii=True).encode()


def legal(seed: int, runs: int = 2) -> Files:
    """A store as the old runtime writes it."""
    r = random.Random(seed)
    play = Player(r, r.choice(list(Era)))
    for _ in range(r.randint(1, runs)):
        _run(play)
    if r.random() < 0.5:
        play.files["version.txt"] = b"@workflow/world-local@4.0.1-beta.20"
    return play.files


def _run(play: Player) -> None:
    r = play.random
    run = play.id("wrun")
    created = play.tick()
    row: dict[str, Any] = {
        "runId": run,
        "status": "pending",
        "deploymentId": "dpl_local",
        "workflowName": f"workflow//flows.ts//w{r.randint(0, 3)}",
        "executionContext": {"traceCarrier": {}},
        "input": encode([play.value() for _ in range(r.randint(0, 2))]),
        "createdAt": created,
        "updatedAt": created,
    }
    if r.random() < 0.05:
        play.files[f"runs/{run}.json"] = text(row)
        return
    row["status"] = "running"
    row["startedAt"] = row["updatedAt"] = play.tick()
    for _ in range(r.randint(0, 4)):
        r.choice((_step, _step, _hook, _wait))(play, run)
    end = r.choice(("completed", "completed", "failed", "cancelled", "running", "paused"))
    row["status"] = end
    row["updatedAt"] = play.tick()
    if end in ("completed", "failed", "cancelled"):
        row["completedAt"] = row["updatedAt"]
    if end == "completed":
        row["output"] = encode(play.value())
    if end == "failed":
        row["error"] = play.error("the workflow threw")
    play.files[f"runs/{run}.json"] = text(row)


def _step(play: Player, run: str) -> None:
    r = play.random
    step = play.id("step")
    created = play.tick()
    row: dict[str, Any] = {
        "runId": run,
        "stepId": step,
        "stepName": f"step//flows.ts//s{r.randint(0, 3)}",
        "status": "pending",
        "input": play.arguments(),
        "attempt": 0,
        "createdAt": created,
        "updatedAt": created,
    }
    path = f"steps/{run}-{step}.json"
    for attempt in range(1, r.randint(1, 3) + 1):
        play.event(run, "step_started", step)
        row["attempt"] = attempt
        row["status"] = "running"
        row.setdefault("startedAt", play.tick(5))
        row["updatedAt"] = row["startedAt"]
        outcome = r.choice(("completed", "completed", "retry", "failed", "nothing"))
        if outcome == "nothing":
            break
        if outcome == "retry":
            play.event(run, "step_failed", step, {"error": "Error: again", "stack": ""})
            row["status"] = "pending"
            if r.random() < 0.3:
                row["retryAfter"] = iso(play.now + timedelta(seconds=1))
            continue
        if outcome == "failed":
            data = {"error": "FatalError: no", "stack": "FatalError: no", "fatal": True}
            play.event(run, "step_failed", step, data)
            row["error"] = play.error("no")
            row["completedAt"] = play.tick(5)
        else:
            result = encode(play.value())
            row["output"] = result
            if play.era is Era.B:
                play.event(run, "step_completed", step, {"result": result})
                row["completedAt"] = play.tick(5)
            else:
                row["completedAt"] = play.tick(5)
                play.event(run, "step_completed", step, {"result": result})
        row["status"] = outcome
        row["updatedAt"] = row["completedAt"]
        break
    play.files[path] = text(row)


def _hook(play: Player, run: str) -> None:
    r = play.random
    hook = play.id("hook")
    row = {
        "runId": run,
        "hookId": hook,
        "token": f"tok-{hook}",
        "metadata": encode({"n": r.randint(0, 9)}),
        "ownerId": "local-owner",
        "projectId": "local-project",
        "environment": "local",
        "createdAt": play.tick(),
    }
    play.files[f"hooks/{hook}.json"] = text(row)
    play.event(run, "hook_created", hook)
    for _ in range(r.randint(0, 2)):
        play.event(run, "hook_received", hook, {"payload": encode(play.value())})


def _wait(play: Player, run: str) -> None:
    wait = play.id("wait")
    play.event(run, "wait_created", wait, {"resumeAt": iso(play.now + timedelta(seconds=2))})
    if play.random.random() < 0.7:
        play.now += timedelta(seconds=2)
        play.event(run, "wait_completed", wait)


# -- damages -------------------------------------------------------------------------------


class Outcome(Enum):
    """What migration must make of a damage."""

    QUARANTINED = "the run is quarantined"
    NOTED = "the run is quarantined, or migrates with a note"
    ANY = "what it is depends on what was damaged; nothing is lost"
    HARMLESS = "everything migrates"


@dataclass(frozen=True)
class Damage:
    """One way to damage a store."""

    name: str
    outcome: Outcome
    inflict: Callable[[Files, random.Random], bool]
    """Change the files; whether there was anything to damage."""


def _pick(files: Files, r: random.Random, folder: str, **wanted: Any) -> str | None:
    found = [
        name
        for name, data in sorted(files.items())
        if name.startswith(folder + "/")
        and all(json.loads(data).get(key) == value for key, value in wanted.items())
    ]
    return r.choice(found) if found else None


def _edit(folder: str, change: Callable[[dict[str, Any]], object], **wanted: Any) -> Any:
    def inflict(files: Files, r: random.Random) -> bool:
        name = _pick(files, r, folder, **wanted)
        if name is None:
            return False
        row = json.loads(files[name])
        change(row)
        files[name] = text(row)
        return True

    return inflict


def _set(folder: str, values: dict[str, Any], **wanted: Any) -> Any:
    return _edit(folder, lambda row: row.update(values), **wanted)


def _pop(folder: str, name: str, **wanted: Any) -> Any:
    return _edit(folder, lambda row: row.pop(name, None), **wanted)


def _remove(folder: str, **wanted: Any) -> Any:
    def inflict(files: Files, r: random.Random) -> bool:
        name = _pick(files, r, folder, **wanted)
        if name is None:
            return False
        del files[name]
        return True

    return inflict


def _replace(folder: str, make: Callable[[bytes], bytes]) -> Any:
    def inflict(files: Files, r: random.Random) -> bool:
        name = _pick(files, r, folder)
        if name is None:
            return False
        files[name] = make(files[name])
        return True

    return inflict


def _again(folder: str, **wanted: Any) -> Any:
    """An event is there twice, the second time under another id and a moment later."""

    def inflict(files: Files, r: random.Random) -> bool:
        name = _pick(files, r, folder, **wanted)
        if name is None:
            return False
        row = json.loads(files[name])
        row["eventId"] = row["eventId"][:-4] + "ZZZZ"
        files[f"events/{row['runId']}-{row['eventId']}.json"] = text(row)
        return True

    return inflict


def _run_without_row(files: Files, r: random.Random) -> bool:
    name = _pick(files, r, "runs")
    assert name is not None
    run = name.removeprefix("runs/").removesuffix(".json")
    if not any(other != name and run in other for other in files):
        return False
    del files[name]
    return True


def _after_the_end(files: Files, r: random.Random) -> bool:
    name = _pick(files, r, "runs", status="completed")
    if name is None:
        return False
    run = json.loads(files[name])["runId"]
    play = Player(r, Era.D, files, now=datetime(2025, 12, 1, tzinfo=UTC))
    _wait(play, run)
    return True


def _all_at_once(files: Files, r: random.Random) -> bool:
    for name, data in files.items():
        if name.startswith("events/"):
            files[name] = text(json.loads(data) | {"createdAt": "2025-06-01T00:00:00.500Z"})
    return True


def _clock_back(files: Files, r: random.Random) -> bool:
    back = _edit("events", lambda row: row.update(createdAt="2025-05-31T00:00:00.000Z"))
    return bool(back(files, r))


def _add(name: str, data: bytes) -> Any:
    def inflict(files: Files, r: random.Random) -> bool:
        files[name] = data
        return True

    return inflict


def _foreign_row(files: Files, r: random.Random) -> bool:
    name = _pick(files, r, "events")
    if name is None:
        return False
    row = json.loads(files[name]) | {"runId": "wrun_01JZZZZZZZZZZZZZZZZZZZZZZZ"}
    files[name] = text(row)
    return True


_Q, _N, _A, _H = Outcome.QUARANTINED, Outcome.NOTED, Outcome.ANY, Outcome.HARMLESS

DAMAGES: Final = (
    Damage("an event cut off", _Q, _replace("events", lambda data: data[: len(data) // 2])),
    Damage("a run row cut off", _Q, _replace("runs", lambda data: data[:-1])),
    Damage("an empty step row", _Q, _replace("steps", lambda data: b"")),
    Damage("zeros instead of a row", _Q, _replace("steps", lambda data: b"\0" * len(data))),
    Damage("a list instead of an event", _Q, _replace("events", lambda data: b"[]")),
    Damage("bytes that are no text", _Q, _replace("events", lambda data: b"\xff" + data)),
    Damage("no run row", _Q, _run_without_row),
    Damage("no step row", _N, _remove("steps")),
    Damage("no step_started", _N, _remove("events", eventType="step_started")),
    Damage("no step_completed", _N, _remove("events", eventType="step_completed")),
    Damage("no hook_created", _N, _remove("events", eventType="hook_created")),
    Damage("no wait_created", _A, _remove("events", eventType="wait_created")),
    Damage("no hook row", _N, _remove("hooks")),
    Damage("step_completed twice", _N, _again("events", eventType="step_completed")),
    Damage("step_started twice", _N, _again("events", eventType="step_started")),
    Damage("hook_created twice", _N, _again("events", eventType="hook_created")),
    Damage("wait_completed twice", _N, _again("events", eventType="wait_completed")),
    Damage("a step row that failed", _N, _set("steps", {"status": "failed"}, status="completed")),
    Damage(
        "a step row that is pending", _N, _set("steps", {"status": "pending"}, status="completed")
    ),
    Damage("a step row with more attempts", _Q, _set("steps", {"attempt": 9})),
    Damage(
        "another output in a step row", _N, _set("steps", {"output": ["other"]}, status="completed")
    ),
    Damage(
        "a completed run without completedAt", _N, _pop("runs", "completedAt", status="completed")
    ),
    Damage("a running run without startedAt", _N, _pop("runs", "startedAt", status="running")),
    Damage("a failed run without error", _N, _pop("runs", "error", status="failed")),
    Damage("an unknown status", _Q, _set("runs", {"status": "exploded"})),
    Damage("an unknown event type", _Q, _set("events", {"eventType": "step_exploded"})),
    Damage("an event of a later format", _Q, _set("events", {"specVersion": 2})),
    Damage("a date that is none", _Q, _set("events", {"createdAt": "soon"})),
    Damage("an event without correlationId", _Q, _pop("events", "correlationId")),
    Damage("an index that leads nowhere", _Q, _set("steps", {"input": [[7]]})),
    Damage("a value of an unknown type", _N, _set("runs", {"input": [[1], ["Temporal", 2], "x"]})),
    Damage("a value that is no array", _Q, _set("runs", {"output": {"a": 1}}, status="completed")),
    Damage("a row of another run", _Q, _foreign_row),
    Damage("an event after the end", _N, _after_the_end),
    Damage("all events at once", _A, _all_at_once),
    Damage("a clock that goes back", _A, _clock_back),
    Damage("a foreign file", _H, _add("notes.md", b"hello")),
    Damage("a file left by a crash", _H, _add("steps/wrun_X-step_Y.json.tmp.01J", b"{")),
    Damage("a chunk of nobody's stream", _H, _add("streams/chunks/a-b.json", b"\0x")),
)


def write(files: Files, directory: Path) -> None:
    """Put the files into a directory."""
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
