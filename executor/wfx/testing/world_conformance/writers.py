"""Several writers at once: threads on one handle, and two handles on one store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from wfx.errors import AlreadyExists, LeaseLost, PositionConflict
from wfx.ids import new_id
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance

if TYPE_CHECKING:
    from wfx.clock import ManualClock
    from wfx.world import World

T = TypeVar("T")
THREADS = 8


def race(work: Callable[[int], T]) -> list[T]:
    """What each thread returned that did this at the same moment."""
    gate = threading.Barrier(THREADS)

    def run(number: int) -> T:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


class Writers(Conformance):
    """Whoever comes second is told so."""

    def test_of_many_threads_that_append_after_one_position_one_wins(self, scene: s.Scene) -> None:
        """The others are refused with 409, and the log has one more event."""

        def append(number: int) -> bool:
            try:
                scene.append(s.step_created(scene.id("step", number)), after=1)
            except PositionConflict:
                return False
            return True

        assert sorted(race(append)) == [False] * (THREADS - 1) + [True]
        assert scene.types() == ["run_created", "run_started", "step_created"]

    def test_of_many_threads_that_create_one_run_one_wins(self, world: World) -> None:
        """One run is made."""
        run_id = new_id("wrun")

        def create(_: int) -> bool:
            try:
                world.events.create(run_id, s.run_created())
            except AlreadyExists:
                return False
            return True

        assert sum(race(create)) == 1
        assert len(world.events.list(run_id)) == 1

    def test_many_threads_repeat_one_append(self, scene: s.Scene) -> None:
        """All are answered with the same event."""
        event = s.effect_recorded()

        answers = race(lambda _: scene.append(event)[0].event)

        assert all(answer == answers[0] for answer in answers)
        assert scene.end == 2

    def test_facts_of_many_threads_all_land_densely(self, scene: s.Scene) -> None:
        """None refuses another."""
        hook_id = scene.id("hook")
        scene.append(s.hook_created(hook_id))

        def send(number: int) -> None:
            for place in range(10):
                scene.append(s.hook_received(hook_id, [number, place]), fence=[])

        race(send)

        log = scene.log()
        assert [event.position for event in log] == list(range(3 + 10 * THREADS))
        assert scene.world.hooks.get(hook_id).received == 10 * THREADS
        payloads = [getattr(event.data, "payload", None) for event in log[3:]]
        for number in range(THREADS):
            own = [payload for payload in payloads if payload and payload[0] == number]
            assert own == [[number, place] for place in range(10)]

    def test_many_threads_claim_no_task_twice(self, world: World, clock: ManualClock) -> None:
        """And together they claim all of them."""
        runs = {s.new_run(world, clock).run_id for _ in range(40)}

        def claim(number: int) -> list[str]:
            claimed: list[str] = []
            while tasks := world.queue.claim(f"owner {number}", limit=3):
                claimed += [task.task_id for task in tasks]
            return claimed

        claimed = [task_id for own in race(claim) for task_id in own]
        assert len(claimed) == 40
        assert set(claimed) == runs

    def test_many_threads_sweep_each_wait_once(self, scene: s.Scene) -> None:
        """Their counts add up."""
        scene.append(*(s.wait_created(id, s.START) for id in scene.ids("wait", 50)))

        assert sum(race(lambda _: scene.world.queue.due(10))) == 50
        assert scene.types().count("wait_completed") == 50

    def test_many_threads_that_want_one_token_give_one_hook(
        self, world: World, clock: ManualClock
    ) -> None:
        """The other runs get hook_conflict, and none an error."""
        runs = [s.started_run(world, clock) for _ in range(THREADS)]

        def open_hook(number: int) -> str:
            run = runs[number]
            return s.event_of(run.append(s.hook_created(run.id("hook"), "t"))[0]).type

        assert sorted(race(open_hook)) == ["hook_conflict"] * (THREADS - 1) + ["hook_created"]

    def test_chunks_of_many_threads_are_numbered_densely(self, scene: s.Scene) -> None:
        """Each keeps its own order."""

        def write(number: int) -> list[int]:
            return [
                scene.world.streams.write(scene.run_id, "out", b"%d" % number) for _ in range(10)
            ]

        indexes = race(write)

        assert sorted(index for own in indexes for index in own) == list(range(10 * THREADS))
        assert all(own == sorted(own) for own in indexes)
        chunks, _ = scene.world.streams.read(scene.run_id, "out", limit=1_000)
        assert [chunk.index for chunk in chunks] == list(range(10 * THREADS))

    def test_a_watch_is_woken_by_another_thread(self, scene: s.Scene) -> None:
        """A payload that arrives ends the waiting; closing the watch ends it too."""
        hook_id = scene.id("hook")
        scene.append(s.hook_created(hook_id))
        scene.world.queue.release(scene.hold, read_through=scene.end)
        watch = scene.world.watch()
        woken: list[bool] = []
        waiter = threading.Thread(target=lambda: woken.append(watch.wait(20)))
        waiter.start()

        scene.append(s.hook_received(hook_id), fence=[])

        waiter.join(20)
        assert woken == [True]
        watch.close()
        assert watch.wait(20) is False

    def test_a_second_handle_sees_what_the_first_wrote(self, scene: s.Scene, second: World) -> None:
        """Log, entities and tasks."""
        scene.running_step(1)

        assert s.everything(second, scene.run_id) == s.everything(scene.world, scene.run_id)

    def test_a_second_handle_is_fenced_like_the_first(self, scene: s.Scene, second: World) -> None:
        """It takes the run over, and the first cannot write any more."""
        scene.clock.advance(s.LEASE + s.SECOND)
        (task,) = second.queue.claim("bob")
        second.events.create(scene.run_id, s.effect_recorded(), fence=[task.hold])

        with s.refused(second, scene.run_id, LeaseLost, 409):
            scene.append(s.effect_recorded())

    def test_of_two_handles_that_append_after_one_position_one_wins(
        self, scene: s.Scene, second: World
    ) -> None:
        """Over and over, with both writing at once."""
        worlds = [scene.world, second]

        def append(number: int) -> int:
            won = 0
            for position in range(1, 11):
                try:
                    worlds[number % 2].events.create(
                        scene.run_id, s.effect_recorded([number]), position, [scene.hold]
                    )
                    won += 1
                except PositionConflict:
                    pass
            return won

        wins = sum(race(append))

        assert wins == scene.end - 1
        assert [event.position for event in scene.log()] == list(range(wins + 2))

    def test_two_handles_claim_no_task_twice(
        self, world: World, clock: ManualClock, second: World
    ) -> None:
        """And together they claim all of them."""
        runs = {s.new_run(world, clock).run_id for _ in range(40)}
        worlds = [world, second]

        def claim(number: int) -> list[str]:
            claimed: list[str] = []
            while tasks := worlds[number % 2].queue.claim(f"owner {number}", limit=3):
                claimed += [task.task_id for task in tasks]
            return claimed

        claimed = [task_id for own in race(claim) for task_id in own]
        assert len(claimed) == 40
        assert set(claimed) == runs

    def test_a_watch_is_woken_by_another_handle(self, scene: s.Scene, second: World) -> None:
        """What the first appends, the second's watch learns."""
        hook_id = scene.id("hook")
        scene.append(s.hook_created(hook_id))
        scene.world.queue.release(scene.hold, read_through=scene.end)
        watch = second.watch()
        try:
            scene.append(s.hook_received(hook_id), fence=[])
            assert watch.wait(20)
        finally:
            watch.close()
