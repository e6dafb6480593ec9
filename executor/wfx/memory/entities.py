"""
Runs, steps, hooks and waits as a `MemoryWorld` shows them: by id, and in pages.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator

from wfx.clock import to_us
from wfx.entities import (
    Hook,
    HookStatus,
    Run,
    Step,
    StepStatus,
    Wait,
    WaitStatus,
    without_data,
)
from wfx.errors import NotFound
from wfx.memory.contents import Contents
from wfx.world import (
    PAGE_DEFAULT,
    Order,
    Page,
    ParkReason,
    ResolveData,
    RunQuery,
    Runs,
    TaskKind,
    cursor_parts,
)


class MemoryRuns(Runs):
    """Runs as entities."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def get(self, run_id: str, resolve_data: ResolveData = "all") -> Run:
        """The run of this id."""
        with self._contents.lock:
            run = self._contents.log(run_id).head.run
            return run if resolve_data == "all" else without_data(run)

    def find(self, query: RunQuery) -> Page[Run]:
        """Runs by time of creation."""
        at = cursor_parts(query.cursor, 2)

        def wanted(run: Run) -> bool:
            name, after, before = query.workflow_name, query.created_after, query.created_before
            return (
                (query.status is None or run.status is query.status)
                and (name is None or run.workflow_name == name)
                and (after is None or run.created_at > after)
                and (before is None or run.created_at < before)
                and (query.parked is None or self._is_parked(run.run_id, query.parked))
                and (query.queue is None or self._is_in(run.run_id, query.queue))
            )

        with self._contents.lock:
            found: list[Run] = []
            for _, run_id in self._keys(query.order, (int(at[0]), at[1]) if at else None):
                run = self._contents.logs[run_id].head.run
                if not wanted(run):
                    continue
                if len(found) == query.limit:
                    last = found[-1]
                    more = f"{to_us(last.created_at)}:{last.run_id}"
                    break
                found.append(run)
            else:
                more = None
            whole = query.resolve_data == "all"
            return Page(found if whole else [without_data(run) for run in found], more)

    def _keys(self, order: Order, past: tuple[int, str] | None) -> Iterator[tuple[int, str]]:
        keys = self._contents.run_keys
        if order == "asc":
            places = range(bisect_right(keys, past) if past else 0, len(keys))
        else:
            places = range((bisect_left(keys, past) if past else len(keys)) - 1, -1, -1)
        return (keys[place] for place in places)

    def _is_parked(self, run_id: str, wanted: bool | ParkReason) -> bool:
        task = self._contents.tasks.get(run_id)
        reason = None if task is None else task.parked
        return (reason is not None) is wanted if isinstance(wanted, bool) else reason is wanted

    def _is_in(self, run_id: str, queue: str) -> bool:
        return any(
            task.kind is TaskKind.STEP and task.queue == queue
            for task in self._contents.tasks.of_run(run_id)
        )


class MemorySteps:
    """Steps as entities."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def get(self, run_id: str, step_id: str, resolve_data: ResolveData = "all") -> Step:
        """The step of this id."""
        with self._contents.lock:
            step = self._contents.log(run_id).steps.get(step_id)
            if step is None:
                raise NotFound(what="step", id=step_id, hint=f"the run is {run_id}")
            return step if resolve_data == "all" else without_data(step)

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
        at = cursor_parts(cursor, 1)
        with self._contents.lock:
            log = self._contents.log(run_id)
            found: list[Step] = []
            for place in range(int(at[0]) if at else 0, len(log.step_ids)):
                step = log.steps[log.step_ids[place]]
                if status is not None and step.status is not status:
                    continue
                if len(found) == limit:
                    return Page(found, str(place))
                found.append(step if resolve_data == "all" else without_data(step))
            return Page(found)

    def get_many(self, run_id: str, step_ids: Collection[str]) -> dict[str, Step]:
        """Some steps of a run with their payloads, by id."""
        with self._contents.lock:
            steps = self._contents.log(run_id).steps
            return {step_id: steps[step_id] for step_id in step_ids if step_id in steps}


class MemoryHooks:
    """Hooks as entities."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def get(self, hook_id: str) -> Hook:
        """The hook of this id."""
        with self._contents.lock:
            run_id = self._contents.run_of_hook.get(hook_id)
            if run_id is None:
                raise NotFound(what="hook", id=hook_id)
            return self._contents.logs[run_id].hooks[hook_id]

    def get_by_token(self, token: str) -> Hook:
        """The active hook of this token, or else the one disposed last."""
        with self._contents.lock:
            hook = self._contents.active_by_token.get(token)
            hook = hook or self._contents.disposed_by_token.get(token)
            if hook is None:
                raise NotFound(what="hook with the token", id=token)
            return hook

    def list(
        self,
        *,
        run_id: str | None = None,
        status: HookStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Hook]:
        """Hooks in the order they were created."""
        at = cursor_parts(cursor, 2)
        with self._contents.lock:
            keys = self._contents.hook_keys
            past = (int(at[0]), int(at[1]) + 1, "", "") if at else None
            found: list[Hook] = []
            last = ""
            for place in range(bisect_left(keys, past) if past else 0, len(keys)):
                created_us, number, of_run, hook_id = keys[place]
                hook = self._contents.logs[of_run].hooks[hook_id]
                if run_id not in (None, of_run) or status not in (None, hook.status):
                    continue
                if len(found) == limit:
                    return Page(found, last)
                found.append(hook)
                last = f"{created_us}:{number}"
            return Page(found)


class MemoryWaits:
    """Waits as entities."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def get(self, run_id: str, wait_id: str) -> Wait:
        """The wait of this id."""
        with self._contents.lock:
            wait = self._contents.log(run_id).waits.get(wait_id)
            if wait is None:
                raise NotFound(what="wait", id=wait_id, hint=f"the run is {run_id}")
            return wait

    def list(
        self,
        run_id: str,
        *,
        status: WaitStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Wait]:
        """Waits of a run by (resumeAt, creation)."""
        at = cursor_parts(cursor, 2)
        past = (int(at[0]), int(at[1])) if at else None
        with self._contents.lock:
            waits = list(self._contents.log(run_id).waits.values())
        keys = sorted((to_us(wait.resume_at), order) for order, wait in enumerate(waits))
        found: list[Wait] = []
        last = ""
        for key in keys[bisect_right(keys, past) if past else 0 :]:
            wait = waits[key[1]]
            if status is not None and wait.status is not status:
                continue
            if len(found) == limit:
                return Page(found, last)
            found.append(wait)
            last = f"{key[0]}:{key[1]}"
        return Page(found)
