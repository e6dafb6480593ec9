"""Payloads come back as they were handed in, whatever is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wfx.events import (
    Call,
    EffectRecorded,
    HookCreated,
    NewEvent,
    RunCancelled,
    RunCompleted,
    RunFailed,
    StepCompleted,
    StepCreated,
    StepRetrying,
)
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance
from wfx.world import ParkReason

if TYPE_CHECKING:
    from wfx.clock import ManualClock
    from wfx.values import Json
    from wfx.world import World

AWKWARD: dict[str, Json] = {
    "NUL": "a\0b",
    "lone surrogates": "\ud800 and \udfff",
    "emoji": "\N{OWL}\N{ZERO WIDTH JOINER}\N{WOMAN}",
    "huge int": 10**400,
    "negative huge int": -(2**64) - 1,
    "int at 64 bits": 2**63,
    "floats": [0.1, -0.0, 1e308, 5e-324, 1.0],
    "int and float": [1, 1.0],
    "nothing": [None, [], {}, "", False, True],
    "null": None,
    "false": False,
    "zero": 0,
    "empty string": "",
    "empty list": [],
    "empty dict": {},
    "key with NUL and dots": {"a\0.b": {"$": 1, "": 2}},
    "key order": {"b": 1, "a": 2},
    "quotes": "'\"\\ % :name ? {x} \r\n\t\u2028",
    "deep": [[[[[[[[1]]]]]]]],
    "long": "x" * 100_000,
}


class Values(Conformance):
    """Every place in an event that holds a value keeps it exactly."""

    @pytest.mark.parametrize("value", list(AWKWARD.values()), ids=list(AWKWARD))
    def test_values_survive_in_events_and_entities(
        self, world: World, clock: ManualClock, value: Json
    ) -> None:
        """Arguments, results, errors, payloads, metadata, effects, reasons and reports."""
        held: dict[str, Json] = {"message": value}
        made = world.events.create(
            None, s.run_created(input=[value], kwargs=held, execution_context=held)
        )
        scene = s.Scene(world, clock, s.event_of(made).run_id)
        scene.claim = scene.claimed_by("ann")
        step, hook = scene.id("step", 1), scene.id("hook", 2)
        call = Call("main", 0, str(value)[:50])
        batch = [
            s.run_started(),
            NewEvent(StepCreated(step_name="a", input=[value], kwargs=held, call=call), step),
            s.step_started(step),
            NewEvent(StepRetrying(error=held), step),
            NewEvent(HookCreated(token="t", schema=held, metadata=value, call=call), hook),
            s.hook_received(hook, value),
            NewEvent(EffectRecorded(effect="x", key=str(value)[:50], values=[value], call=call)),
        ]
        scene.append(*batch, fence=[scene.hold, (step, 1)])
        (claim,) = world.queue.claim("ann", names=["a"])
        ended = [
            s.step_started(step, 2),
            NewEvent(StepCompleted(result=value), step),
            NewEvent(RunCompleted(output=value)),
        ]
        scene.append(*ended, fence=[scene.hold, claim.hold])

        read = scene.log()
        assert [repr(event.data) for event in read[1:]] == [repr(e.data) for e in batch + ended]
        assert repr(getattr(read[0].data, "input", None)) == repr([value])
        run = world.runs.get(scene.run_id)
        assert repr((run.input, run.kwargs, run.output)) == repr(([value], held, value))
        assert repr(run.execution_context) == repr(held)
        kept = world.steps.get(scene.run_id, step)
        assert repr((kept.input, kept.kwargs, kept.output)) == repr(([value], held, value))
        assert repr((kept.error, kept.call)) == repr((held, call))
        found = world.hooks.get(hook)
        assert repr((found.schema, found.metadata)) == repr((held, value))

    @pytest.mark.parametrize("value", list(AWKWARD.values()), ids=list(AWKWARD))
    def test_values_survive_in_failures_and_parking(self, scene: s.Scene, value: Json) -> None:
        """Errors of runs, reasons of cancellations, reports of parked tasks, legacy notes."""
        report: dict[str, Json] = {"message": value}
        other = s.started_run(scene.world, scene.clock)
        parked = s.started_run(scene.world, scene.clock)
        reason = str(value)[:50]

        scene.append(NewEvent(RunFailed(error=report), legacy=report))
        other.append(NewEvent(RunCancelled(reason=reason)))
        parked.world.queue.park(parked.hold, ParkReason.DIVERGENCE, report)

        assert repr(scene.world.runs.get(scene.run_id).error) == repr(report)
        assert repr(scene.log()[-1].legacy) == repr(report)
        assert scene.world.runs.get(other.run_id).cancel_reason == reason
        assert repr(parked.task().parked_detail) == repr(report)

    @pytest.mark.parametrize("token", ["a\0b", "\ud800", "\N{OWL}", "", "' --", "x" * 5_000])
    def test_tokens_of_any_characters_are_found(self, scene: s.Scene, token: str) -> None:
        """Exactly this token, and it conflicts with itself."""
        a, b = scene.ids("hook", 2)
        scene.append(s.hook_created(a, token))

        hook = scene.world.hooks.get_by_token(token)

        assert (hook.hook_id, hook.token) == (a, token)
        (result,) = scene.append(s.hook_created(b, token))
        assert s.event_of(result).type == "hook_conflict"

    @pytest.mark.parametrize("name", ["a\0b", "\ud800", "\N{OWL}:wörk", "' --"])
    def test_names_of_any_characters_are_claimed(
        self, world: World, clock: ManualClock, name: str
    ) -> None:
        """Workflows, steps and queues."""
        scene = s.started_run(world, clock, name)
        step_id = scene.id("step")
        scene.append(s.step_created(step_id, name, name))

        (claim,) = world.queue.claim("bob", names=[name], queues=[name])

        assert (claim.task_id, claim.name, claim.queue) == (step_id, name, name)
        assert [run.run_id for run in world.runs.list(workflow_name=name).items] == [scene.run_id]

    def test_moments_keep_their_microseconds(self, scene: s.Scene) -> None:
        """Far in the future and long ago."""
        ids = scene.ids("wait", 3)
        moments = [
            s.START.replace(year=9999, microsecond=999_999),
            s.START.replace(year=1971, microsecond=1),
            s.START.replace(microsecond=123_456),
        ]
        scene.append(*(s.wait_created(id, at) for id, at in zip(ids, moments, strict=True)))

        assert [scene.world.waits.get(scene.run_id, id).resume_at for id in ids] == moments
        assert [getattr(event.data, "resume_at", None) for event in scene.log()[2:]] == moments
