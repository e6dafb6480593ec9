"""Runs, steps, hooks and waits, as a world shows them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from wfx.world.paging import PAGE_DEFAULT, Order, Page, ResolveData
from wfx.world.tasks import ParkReason

if TYPE_CHECKING:
    from wfx.entities import (
        Hook,
        HookStatus,
        Run,
        RunStatus,
        Step,
        StepStatus,
        Wait,
        WaitStatus,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs are asked for, in which order, and how much of them; see `Runs.list`."""

    status: RunStatus | None = None
    workflow_name: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    parked: bool | ParkReason | None = None
    queue: str | None = None
    limit: int = PAGE_DEFAULT
    cursor: str | None = None
    order: Order = "desc"
    resolve_data: ResolveData = "none"


class Runs(Protocol):
    """Runs as entities."""

    def get(self, run_id: str, resolve_data: ResolveData = "all") -> Run:
        """Raises NotFound."""
        ...

    def list(
        self,
        *,
        status: RunStatus | None = None,
        workflow_name: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        parked: bool | ParkReason | None = None,
        queue: str | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
        order: Order = "desc",
        resolve_data: ResolveData = "none",
    ) -> Page[Run]:
        """
        Runs by time of creation (newest first unless `order` is "asc").

        Args:
            parked: Only runs that are parked (for this reason), or only the others.
            queue: Only runs that have an open step in this queue.
        """
        return self.find(
            RunQuery(
                status=status,
                workflow_name=workflow_name,
                created_after=created_after,
                created_before=created_before,
                parked=parked,
                queue=queue,
                limit=limit,
                cursor=cursor,
                order=order,
                resolve_data=resolve_data,
            )
        )

    def find(self, query: RunQuery) -> Page[Run]:
        """What `list` gives for this query."""
        ...


class Steps(Protocol):
    """Steps as entities."""

    def get(self, run_id: str, step_id: str, resolve_data: ResolveData = "all") -> Step:
        """Raises NotFound."""
        ...

    def list(
        self,
        run_id: str,
        *,
        status: StepStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
        resolve_data: ResolveData = "none",
    ) -> Page[Step]:
        """Steps of a run in the order they were created."""
        ...

    def get_many(self, run_id: str, step_ids: Collection[str]) -> dict[str, Step]:
        """Some steps of a run with their payloads, by id; unknown ones are left out."""
        ...


class Hooks(Protocol):
    """Hooks as entities."""

    def get(self, hook_id: str) -> Hook:
        """Raises NotFound."""
        ...

    def get_by_token(self, token: str) -> Hook:
        """
        The active hook of this token, or else the one disposed last.

        Raises:
            NotFound: The token was never seen.
        """
        ...

    def list(
        self,
        *,
        run_id: str | None = None,
        status: HookStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Hook]:
        """Hooks in the order they were created."""
        ...


class Waits(Protocol):
    """Waits as entities."""

    def get(self, run_id: str, wait_id: str) -> Wait:
        """Raises NotFound."""
        ...

    def list(
        self,
        run_id: str,
        *,
        status: WaitStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Wait]:
        """Waits of a run by (resumeAt, creation)."""
        ...
