"""
A world that counts what is asked of it, for a worker's metrics.

It stands between the worker and its world, so that neither knows of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from wfx.errors import WfxError
from wfx.world import TaskKind, World

if TYPE_CHECKING:
    from wfx.cli.metrics import Metrics
    from wfx.world import Hold, Task, Watch


class MeteredWorld(World):
    """
    Passes everything on.

    Args:
        claimed: Is told of every task that was claimed.
        lost: Is told of claims that are not held any more.
    """

    def __init__(
        self,
        world: World,
        metrics: Metrics,
        *,
        claimed: Callable[[Task], None],
        lost: Callable[[Collection[Hold]], None],
    ) -> None:
        self._world = world
        self._metrics = metrics
        self._claimed = claimed
        self._lost = lost
        self.url = world.url
        self.events: Any = _Part(self, world.events)
        self.queue: Any = _Queue(self, world.queue)
        self.runs = world.runs
        self.steps = world.steps
        self.hooks = world.hooks
        self.waits = world.waits
        self.streams = world.streams
        self.archive = world.archive
        self.retention = world.retention

    def watch(self) -> Watch:
        """See `World.watch`."""
        return self._world.watch()

    def check_writable(self) -> None:
        """See `World.check_writable`."""
        self._world.check_writable()

    def close(self) -> None:
        """See `World.close`."""
        self._world.close()

    def ask(self, name: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call, and note how that went."""
        appends = name.startswith("create")
        began = time.perf_counter()
        try:
            answer = function(*args, **kwargs)
        except WfxError as error:
            if appends:
                self._metrics.add("wfx_append_errors_total", code=error.code)
            raise
        if name == "create_group":
            for refused in answer:
                if isinstance(refused, WfxError):
                    self._metrics.add("wfx_append_errors_total", code=refused.code)
        if appends:
            self._metrics.observe("wfx_append_seconds", time.perf_counter() - began)
        return answer

    def note_claims(self, tasks: Collection[Task]) -> None:
        """Count claimed tasks, and attempts that they show to be lost."""
        for task in tasks:
            self._metrics.add("wfx_claims_total", kind=str(task.kind))
            if task.kind is TaskKind.STEP and task.deaths:
                self._metrics.add("wfx_step_attempts_lost_total", step=task.name)
            self._claimed(task)

    def note_lost(self, holds: Collection[Hold]) -> None:
        """Count claims that are not held any more."""
        if holds:
            self._metrics.add("wfx_leases_lost_total", len(holds))
            self._lost(holds)


class _Part:
    def __init__(self, meter: MeteredWorld, part: Any) -> None:
        self._meter = meter
        self._part = part

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._part, name)

        def ask(*args: Any, **kwargs: Any) -> Any:
            return self._meter.ask(name, function, *args, **kwargs)

        return ask


class _Queue(_Part):
    def claim(self, *args: Any, **kwargs: Any) -> Any:
        tasks = self._meter.ask("claim", self._part.claim, *args, **kwargs)
        self._meter.note_claims(tasks)
        return tasks

    def extend(self, owner: str, holds: Collection[Hold], *args: Any) -> Any:
        held = self._meter.ask("extend", self._part.extend, owner, holds, *args)
        self._meter.note_lost(set(holds) - held)
        return held
