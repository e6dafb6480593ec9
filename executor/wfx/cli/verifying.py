"""Holding a world against its own logs, and migrated runs against their certificates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from wfx.cli import output
from wfx.cli.errors import Exit
from wfx.cli.lookup import known_or_kept, quarantine_of
from wfx.entities import entity_to_wire
from wfx.errors import CorruptLog, IllegalEvent, NotFound
from wfx.projection import Fold
from wfx.world import all_items

if TYPE_CHECKING:
    from wfx.client import Client
    from wfx.entities import Entity, Run
    from wfx.values import Json
    from wfx.world import Head, World

T = TypeVar("T")

_PAGE: Final = 500
_SHOWN_MAX: Final = 50
_EVENT_BYTES: Final = 4096
"""About how much memory an event stands for, when it is not known."""


@dataclass(slots=True)
class _Verified:
    """What was looked at, and what is wrong with it."""

    runs: int = 0
    migrated: int = 0
    kept: int = 0
    """In quarantine; `runs` are those that are not."""
    damaged: int = 0
    """Of `kept`."""
    found: list[tuple[str, list[str]]] = field(default_factory=list)
    """Ids and problems, in sentences."""


def verify_runs(client: Client, run_ids: tuple[str, ...], *, as_json: bool) -> int:
    """
    `wfx world verify`: the exit code.

    Raises:
        NotFound: There is no such run.
    """
    done = _verify(client, [known_or_kept(client, run_id) for run_id in run_ids])
    if as_json:
        output.json_object(_object(client.world, done))
    else:
        for line in _lines(client.world, done):
            output.line(line)
    return Exit.FAILED if done.found else Exit.DONE


def _verify(client: Client, given: Sequence[str]) -> _Verified:
    done = _Verified()
    for run_id in given or _everything(client.world):
        if quarantine_of(client, run_id) is not None:
            done.kept += 1
            if problems := _kept_badly(client.world, run_id):
                done.damaged += 1
                done.found.append((run_id, problems))
            continue
        try:
            certified, problems = verify_run(client.world, run_id)
        except NotFound:
            if given:
                raise
            continue  # it was deleted since it was listed
        done.runs += 1
        done.migrated += certified
        if problems:
            done.found.append((run_id, problems))
    return done


def _object(world: World, done: _Verified) -> dict[str, Json]:
    return {
        "world": world.url,
        "runs": done.runs,
        "migrated": done.migrated,
        "quarantined": done.kept,
        "problems": [
            {"runId": run_id, "problems": list(problems)} for run_id, problems in done.found
        ],
    }


def _lines(world: World, done: _Verified) -> Iterator[str]:
    for run_id, problems in done.found[:_SHOWN_MAX]:
        yield from (f"{run_id} {problem}" for problem in problems)
    if len(done.found) > _SHOWN_MAX:
        yield f"… and {len(done.found) - _SHOWN_MAX} more runs; --json has all of them"
    if not done.runs and not done.kept:
        yield f"nothing to verify: {world.url} has no runs"
        return
    bad = len(done.found) - done.damaged
    line = f"{done.runs - bad} of {done.runs} runs are what their logs say"
    line += f"; {done.migrated} migrated, with certificates"
    if done.kept:
        whole = done.kept - done.damaged
        line += f"; of {done.kept} in quarantine the records of {whole} are whole"
    yield line


def verify_run(world: World, run_id: str) -> tuple[bool, list[str]]:
    """
    Whether a run was migrated, and what is wrong with it, in sentences.

    Raises:
        NotFound: There is no such run, or it was deleted meanwhile.
    """
    from wfx_migrate import Room, check

    problems: list[str] = []
    run = world.runs.get(run_id)
    expected = 0
    # A run may have more entities than memory has room for.
    count = _head(world, run_id).next_position
    room = Room.of(count, count * _EVENT_BYTES)
    folded = Fold(steps=room.dict(), hooks=room.dict(), waits=room.dict())
    try:
        for event in world.events.stream(run_id):
            if event.position != expected:
                raise CorruptLog(
                    where=f"{run_id} position {event.position}",
                    reason=f"position {expected} was expected here",
                )
            folded.add(event)
            expected += 1
    except (CorruptLog, IllegalEvent) as error:
        problems.append(f"its log is illegal: {error}")
    else:
        problems += _differences(world, run, folded)
    certified = world.archive.certificate(run_id) is not None
    if certified:
        problems += [problem.reason for problem in check(world, run_id)]
    if problems:
        _head(world, run_id)  # of a run that was deleted meanwhile anything may be missing
    return certified, problems


def _head(world: World, run_id: str) -> Head:
    """Where a run's log ends. Raises NotFound."""
    head = world.events.heads([run_id]).get(run_id)
    if head is None:
        raise NotFound(what="run", id=run_id)
    return head


def _kept_badly(world: World, run_id: str) -> list[str]:
    """What is wrong with what is in quarantine."""
    from wfx_migrate import check_quarantine

    return [problem.reason for problem in check_quarantine(world, run_id)]


def _differences(world: World, run: Run, folded: Fold) -> Iterator[str]:
    """Where what the world shows is not what the log says."""
    if folded.run is None:
        yield "its log is empty"
        return
    yield from _compare([run], {run.run_id: folded.run}, lambda each: each.run_id)
    id = run.run_id
    steps = all_items(
        lambda cursor: world.steps.list(id, limit=_PAGE, cursor=cursor, resolve_data="all")
    )
    yield from _compare(steps, folded.steps, lambda each: each.step_id)
    hooks = all_items(lambda cursor: world.hooks.list(run_id=id, limit=_PAGE, cursor=cursor))
    yield from _compare(hooks, folded.hooks, lambda each: each.hook_id)
    waits = all_items(lambda cursor: world.waits.list(id, limit=_PAGE, cursor=cursor))
    yield from _compare(waits, folded.waits, lambda each: each.wait_id)


E = TypeVar("E", bound="Entity")


def _compare(
    shown: Iterable[E], folded: Mapping[str, E], id_of: Callable[[E], str]
) -> Iterator[str]:
    missing = set(folded)
    for entity in shown:
        id = id_of(entity)
        missing.discard(id)
        expected = folded.get(id)
        if expected is None:
            yield f"{id} is not in its log"
        elif entity != expected:
            here, there = entity_to_wire(entity), entity_to_wire(expected)
            names = [name for name in {**here, **there} if here.get(name) != there.get(name)]
            yield f"{id} is shown otherwise than its log says: {', '.join(sorted(names))}"
    yield from (f"{id} is in its log only" for id in sorted(missing))


def _everything(world: World) -> Iterator[str]:
    """All runs, then all that is in quarantine."""
    yield from _all_runs(world)
    for kept in all_items(lambda cursor: world.archive.quarantined(limit=_PAGE, cursor=cursor)):
        yield kept.run_id


def _all_runs(world: World) -> Iterator[str]:
    for run in all_items(lambda cursor: world.runs.list(limit=_PAGE, cursor=cursor, order="asc")):
        yield run.run_id
