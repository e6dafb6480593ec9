"""The queue: who may do what now, and how a thread learns of new work."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from wfx.world.paging import PAGE_DEFAULT
from wfx.world.tasks import Hold, ParkReason, Task, TaskKind

if TYPE_CHECKING:
    from wfx.queues import QueueLimits, QueueState, WorkerInfo
    from wfx.values import Json

LEASE_DEFAULT: Final = timedelta(seconds=15)


class Watch(Protocol):
    """Wakes a thread when the world may have new work or a run ended."""

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; whether something may have changed."""
        ...

    def close(self) -> None:
        """Give up its connection; a waiting thread returns."""
        ...


class Queue(Protocol):
    """The tasks: who may do what now. All times are by the world's clock."""

    def claim(
        self,
        owner: str,
        *,
        kinds: Collection[TaskKind] = (TaskKind.RUN, TaskKind.STEP),
        queues: Collection[str] | None = None,
        names: Collection[str] | None = None,
        run_id: str | None = None,
        limit: int = 1,
        lease: timedelta = LEASE_DEFAULT,
        digest: str | None = None,
    ) -> list[Task]:
        """
        Claim tasks that are ready, each under a new fence number.

        By priority, then the oldest first. A step that would go past a limit of its queue is
        left, and what comes after it is taken (`wfx.claims.Quota`).

        Ready is what is due and unclaimed, or claimed under a lease that ran out. A parked
        task is ready only when it is parked for a reason of the code (CODE_REASONS) and
        `digest` is given and not among those that could not go on; the claim ends the
        parking and keeps the list. Claiming a task whose lease ran out adds to `deaths`. An
        abandoned step whose lease ran out is deleted, not claimed (PROTOCOL 16).

        Args:
            names: Only runs of these workflows and steps of these names.
        """
        ...

    def extend(
        self, owner: str, holds: Collection[Hold], lease: timedelta = LEASE_DEFAULT
    ) -> set[Hold]:
        """Extend the leases of these claims in one statement; those still held."""
        ...

    def release(
        self, hold: Hold, *, read_through: int = -1, ready_at: datetime | None = None
    ) -> None:
        """
        Give a claim up.

        A run's task stays ready if a delivered event lies past `read_through` or the run is
        still pending; otherwise it sleeps until something is delivered, or until `ready_at`
        if that is given. A step's task is ready again at once, or at `ready_at`; that of an
        abandoned step is deleted.

        Raises:
            LeaseLost: The claim ended before.
        """
        ...

    def release_many(self, holds: Mapping[Hold, int]) -> None:
        """
        Give several claims up in one transaction, each read through its position.

        Each is what `release` would make of it; a claim that ended before is passed over.
        """
        ...

    def park(self, hold: Hold, reason: ParkReason, detail: Json, digest: str | None = None) -> None:
        """
        Give a claim up and keep others from claiming the task.

        Raises:
            LeaseLost: The claim ended before.
        """
        ...

    def unpark(self, task_id: str) -> bool:
        """
        Make a parked task ready again and forget its reports; whether it was parked.

        If it is a run's and parked as held, all other held tasks of the run are released
        with it.

        Raises:
            NotFound: There is no such task.
        """
        ...

    def due(self, limit: int = 10_000, run_id: str | None = None) -> int:
        """
        Append `wait_completed` for waits whose moment has come; how many.

        In one transaction, per run in the order (resumeAt, position), so that timers never
        fire out of order (PROTOCOL 19). The runs become ready.
        """
        ...

    def next_ready(
        self, *, kinds: Collection[TaskKind] | None = None, run_id: str | None = None
    ) -> datetime | None:
        """
        When the earliest unclaimed, unparked task with a `ready_at` is ready.

        Leases that will run out are not counted.
        """
        ...

    def get(self, task_id: str) -> Task | None:
        """The task, or None when it is done or never was."""
        ...

    def get_many(self, task_ids: Collection[str]) -> dict[str, Task]:
        """Those of the tasks that are there, by id."""
        ...

    def list(
        self,
        *,
        run_id: str | None = None,
        kind: TaskKind | None = None,
        parked: bool | None = None,
        held: bool | None = None,
        limit: int = PAGE_DEFAULT,
    ) -> list[Task]:
        """
        Tasks by `ready_at`; then those without one, then those that are parked.

        Args:
            held: Only tasks under a claim, or only the others.
        """
        ...

    def holders(self) -> dict[str, int]:
        """Owners with claims, and how many each has."""
        ...

    def revoke(self, owner: str) -> int:
        """
        End the claims of an owner that is surely dead; how many it had.

        Its tasks are ready at once and their `deaths` grow; abandoned ones are deleted.
        """
        ...

    def overview(self) -> Sequence[QueueState]:
        """The queues that have tasks, by name. The runs' own tasks are in `default`."""
        ...

    def limits(self) -> dict[str, QueueLimits]:
        """The limits of those queues that have any."""
        ...

    def set_limits(self, queue: str, limits: QueueLimits) -> None:
        """From now on these limits hold for a queue, for claims of all workers."""
        ...

    def enlist(self, worker: WorkerInfo) -> None:
        """Say that a worker is there, or still there; those not seen for long are forgotten."""
        ...

    def leave(self, owner: str) -> None:
        """A worker is there no more."""
        ...

    def workers(self) -> Sequence[WorkerInfo]:
        """The workers that may be believed to be there, by owner."""
        ...

    def now(self) -> datetime:
        """The world's clock."""
        ...
