"""Hooks: tokens are reserved, found again and freed."""

from __future__ import annotations

import pytest

from wfx.errors import AlreadyExists, EntityGone, NotFound
from wfx.events import HookConflict
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance


class Hooks(Conformance):
    """One active hook per token in the whole world."""

    def test_a_hook_is_found_by_its_token(self, scene: s.Scene) -> None:
        """With its schema and metadata."""
        hook_id = scene.id("hook")
        scene.append(s.hook_created(hook_id, "approve-1"))

        hook = scene.world.hooks.get_by_token("approve-1")

        assert hook == scene.world.hooks.get(hook_id)
        assert (hook.hook_id, hook.run_id, hook.status) == (hook_id, scene.run_id, "active")
        assert (hook.schema, hook.metadata) == ({"type": "object"}, {"a": 1})

    def test_a_token_that_was_never_seen_is_not_found(self, scene: s.Scene) -> None:
        """404."""
        with pytest.raises(NotFound):
            scene.world.hooks.get_by_token("never")
        with pytest.raises(NotFound):
            scene.world.hooks.get("hook_never")

    def test_payloads_are_kept_in_order_and_counted(self, scene: s.Scene) -> None:
        """Several may come; none of them ends the hook."""
        hook_id = scene.id("hook")
        scene.append(s.hook_created(hook_id))

        for payload in (1, 2, 3):
            scene.append(s.hook_received(hook_id, payload), fence=[])

        assert [getattr(event.data, "payload", None) for event in scene.log()[3:]] == [1, 2, 3]
        assert scene.world.hooks.get(hook_id).received == 3

    def test_a_taken_token_gives_hook_conflict_in_place_of_hook_created(
        self, scene: s.Scene
    ) -> None:
        """The event keeps its id and says who has the token; no hook is made."""
        holder = s.started_run(scene.world, scene.clock)
        holder.append(s.hook_created(holder.id("hook"), "taken"))
        new = s.hook_created(scene.id("hook"), "taken")

        (result,) = scene.append(new)

        event = s.event_of(result)
        assert event.data == HookConflict(token="taken", conflicting_run_id=holder.run_id)
        assert (event.event_id, event.correlation_id) == (new.event_id, scene.id("hook"))
        assert result.entity is None
        assert scene.world.hooks.get_by_token("taken").run_id == holder.run_id
        with pytest.raises(NotFound):
            scene.world.hooks.get(scene.id("hook"))

    def test_a_run_conflicts_with_itself(self, scene: s.Scene) -> None:
        """Two hooks of one run under one token, in two appends."""
        a, b = scene.ids("hook", 2)
        scene.append(s.hook_created(a, "t"))

        (result,) = scene.append(s.hook_created(b, "t"))

        assert s.event_of(result).type == "hook_conflict"

    def test_of_two_hooks_in_one_batch_the_first_gets_the_token(self, scene: s.Scene) -> None:
        """The second is a conflict with the same run."""
        a, b = scene.ids("hook", 2)

        results = scene.append(s.hook_created(a, "t"), s.hook_created(b, "t"))

        assert s.types_of(results) == ["hook_created", "hook_conflict"]
        assert s.event_of(results[1]).data == HookConflict(
            token="t", conflicting_run_id=scene.run_id
        )
        assert scene.world.hooks.get_by_token("t").hook_id == a

    def test_a_token_freed_earlier_in_a_batch_can_be_taken_in_it(self, scene: s.Scene) -> None:
        """Dispose and create travel together, for old and for new hooks."""
        a, b, c = scene.ids("hook", 3)
        scene.append(s.hook_created(a, "t"))

        results = scene.append(
            s.hook_disposed(a), s.hook_created(b, "t"), s.hook_disposed(b), s.hook_created(c, "t")
        )

        assert s.types_of(results) == [
            "hook_disposed",
            "hook_created",
            "hook_disposed",
            "hook_created",
        ]
        assert scene.world.hooks.get_by_token("t").hook_id == c

    def test_a_payload_does_not_take_its_token_from_a_batch(self, scene: s.Scene) -> None:
        """A token is still taken after a payload for it came in the same batch."""
        a, b = scene.ids("hook", 2)
        scene.append(s.hook_created(a, "t"))

        results = scene.append(s.hook_received(a), s.hook_created(b, "t"))

        assert s.types_of(results) == ["hook_received", "hook_conflict"]

    def test_a_disposed_hook_frees_its_token_for_others(self, scene: s.Scene) -> None:
        """The next run gets it."""
        scene.append(s.hook_created(scene.id("hook"), "t"))
        scene.append(s.hook_disposed(scene.id("hook")))
        other = s.started_run(scene.world, scene.clock)

        (result,) = other.append(s.hook_created(other.id("hook"), "t"))

        assert s.event_of(result).type == "hook_created"
        assert scene.world.hooks.get_by_token("t").run_id == other.run_id

    def test_the_end_of_a_run_frees_its_tokens(self, scene: s.Scene) -> None:
        """However it ended."""
        scene.append(s.hook_created(scene.id("hook"), "t"))
        scene.append(s.run_cancelled(), fence=[])
        other = s.started_run(scene.world, scene.clock)

        (result,) = other.append(s.hook_created(other.id("hook"), "t"))

        assert s.event_of(result).type == "hook_created"

    def test_a_token_without_active_hook_names_the_one_disposed_last(self, scene: s.Scene) -> None:
        """So that a sender can be told that it came too late, and for which run."""
        a, b = scene.ids("hook", 2)
        for hook_id in (a, b):
            scene.append(s.hook_created(hook_id, "t"))
            scene.clock.advance(s.SECOND)
            scene.append(s.hook_disposed(hook_id))

        hook = scene.world.hooks.get_by_token("t")

        assert (hook.hook_id, hook.status) == (b, "disposed")
        assert hook.disposed_at == s.START + 2 * s.SECOND

    def test_a_payload_for_a_disposed_hook_is_gone(self, scene: s.Scene) -> None:
        """410, naming the run."""
        hook_id = scene.id("hook")
        scene.append(s.hook_created(hook_id))
        scene.append(s.hook_disposed(hook_id))

        with s.refused(scene.world, scene.run_id, EntityGone, 410) as caught:
            scene.append(s.hook_received(hook_id), fence=[])
        assert getattr(caught.value, "run_id", None) == scene.run_id

    def test_a_hook_that_met_a_conflict_receives_nothing(self, scene: s.Scene) -> None:
        """404: there is no such hook."""
        a, b = scene.ids("hook", 2)
        scene.append(s.hook_created(a, "t"), s.hook_created(b, "t"))

        with s.refused(scene.world, scene.run_id, NotFound, 404):
            scene.append(s.hook_received(b), fence=[])

    def test_hooks_are_listed_in_the_order_they_were_created(self, scene: s.Scene) -> None:
        """Of one run and of all runs, by status, page by page."""
        ids = scene.ids("hook", 5)
        scene.append(*(s.hook_created(id, f"t{place}") for place, id in enumerate(ids)))
        scene.append(s.hook_disposed(ids[1]))
        scene.clock.advance(s.SECOND)
        other = s.started_run(scene.world, scene.clock)
        other.append(s.hook_created(other.id("hook"), "x"))
        hooks = scene.world.hooks

        first = hooks.list(run_id=scene.run_id, limit=3)
        second = hooks.list(run_id=scene.run_id, limit=3, cursor=first.cursor)

        assert [hook.hook_id for hook in first.items + second.items] == ids
        assert second.cursor is None
        active = hooks.list(run_id=scene.run_id, status=scene.world.hooks.get(ids[0]).status)
        assert [hook.hook_id for hook in active.items] == [ids[0], *ids[2:]]
        assert hooks.list().items[-1].run_id == other.run_id
        assert len(hooks.list().items) == 6

    def test_an_already_created_hook_is_told_before_its_own_token(self, scene: s.Scene) -> None:
        """409 AlreadyExists, not a conflict with itself."""
        hook_id = scene.id("hook")
        scene.append(s.hook_created(hook_id))

        with s.refused(scene.world, scene.run_id, AlreadyExists, 409):
            scene.append(s.hook_created(hook_id))
