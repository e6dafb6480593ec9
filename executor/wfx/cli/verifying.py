"""Holding a world against its own logs, and migrated runs against their certificates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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


def verify_runs(client: Client, run_ids: tuple[str, ...], *, as_json: bool) -> int:
    """
    `wfx world verify`: the exit code.

    Raises:
        NotFound: There is no such run.
    """
    world = client.world
    given = [known_or_kept(client, run_id) for run_id in run_ids]
    runs = migrated = kept = 0
    found: list[tuple[str, list[str]]] = []
    damaged: set[str] = set()
    """Those of them that are in quarantine."""
    for run_id in given or _everything(world):
        if quarantine_of(client, run_id) is not None:
            kept += 1
            if problems := _kept_badly(world, run_id):
                damaged.add(run_id)
                found.append((run_id, problems))
            continue
        try:
            certified, problems = verify_run(world, run_id)
        except NotFound:
            if given:
                raise
            continue  # it was deleted since it was listed
        runs, migrated = runs + 1, migrated + certified
        if problems:
            found.append((run_id, problems))
    if as_json:
        shown: list[Json] = [
            {"runId": run_id, "problems": list(problems)} for run_id, problems in found
        ]
        output.json_object(
            {
                "world": world.url,
                "runs": runs,
                "migrated": migrated,
                "quarantined": kept,
                "problems": shown,
            }
        )
        return Exit.FAILED if found else Exit.DONE
    for run_id, problems in found[:_SHOWN_MAX]:
        for problem in problems:
            output.line(f"{run_id} {problem}")
    if len(found) > _SHOWN_MAX:
        output.line(f"… and {len(found) - _SHOWN_MAX} more runs; --json has all of them")
    if not runs and not kept:
        output.line(f"nothing to verify: {world.url} has no runs")
    else:
        bad = len(found) - len(damaged)
        line = f"{runs - bad} of {runs} runs are what their logs say"
        line += f"; {migrated} migrated, with certificates"
        if kept:
            line += f"; of {kept} in quarantine the records of {kept - len(damaged)} are whole"
        output.line(line)
    return Exit.FAILED if found else Exit.DONE


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
