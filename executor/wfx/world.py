"""
What a world is: where logs live, and the work that is ready.

`MemoryWorld` and `SqlWorld` implement these protocols; `wfx.testing.world_conformance`
proves it for any implementation. All writes are `events.create`, `create_batch`,
`create_group` and what `queue.due` appends; entities and tasks change in the same
transaction and nowhere else. What an append does is decided by `wfx.admission`, so worlds
only load and write. What follows from other methods has its body here: a world inherits it.

Worlds are synchronous and safe to call from several threads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Generic, Literal, Protocol, TypeAlias, TypeVar

from wfx.closing import Closing
from wfx.frozen import quick

if TYPE_CHECKING:
    from wfx.entities import (
        Entity,
        Hook,
        HookStatus,
        Run,
        RunStatus,
        Step,
        StepStatus,
        Wait,
        WaitStatus,
    )
    from wfx.errors import WfxError
    from wfx.events import Event, NewEvent
    from wfx.queues import QueueLimits, QueueState, WorkerInfo
    from wfx.values import Json

T = TypeVar("T")

Hold: TypeAlias = tuple[str, int]
"""A task's id and the fence number of the claim on it that a writer holds."""

ResolveData: TypeAlias = Literal["all", "none"]
Order: TypeAlias = Literal["asc", "desc"]

LEASE_DEFAULT: Final = timedelta(seconds=15)
PAGE_DEFAULT: Final = 100


class TaskKind(StrEnum):
    """What kind of work a task is. Its id is that of the run, step or wait."""

    RUN = "run"
    STEP = "step"
    WAIT = "wait"


class ParkReason(StrEnum):
    """Why a task cannot go on by itself."""

    DIVERGENCE = "divergence"
    VIOLATION = "violation"
    RUNAWAY = "runaway"
    HELD = "held"


CODE_REASONS: Final = frozenset({ParkReason.DIVERGENCE, ParkReason.VIOLATION})
"""Reasons that are a program's: a program with another digest may try once."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Ready, claimed, sleeping or parked work."""

    task_id: str
    kind: TaskKind
    run_id: str
    name: str
    """The workflow's or step's name; empty for a wait."""
    queue: str = "default"
    priority: int = 0
    """Smaller goes first."""
    key: str = ""
    """What the limits per key of its queue count it under; empty for none."""
    ready_at: datetime | None = None
    """When it may be claimed; None when there is nothing to do."""
    owner: str | None = None
    fence: int = 0
    lease_until: datetime | None = None
    deaths: int = 0
    """Claims in a row that ended by expiry before anything was appended or released."""
    abandoned: bool = False
    """A running step whose run ended or that was cancelled: kept for its late outcome."""
    parked: ParkReason | None = None
    parked_detail: Json = None
    """A report for people and programs: at least `{"message": …}`."""
    parked_digests: tuple[str, ...] = ()
    """Digests of the programs that could not go on."""

    @property
    def hold(self) -> Hold:
        """What a writer that holds the present claim names."""
        return (self.task_id, self.fence)


@quick
@dataclass(frozen=True, slots=True)
class Head:
    """Where a run's log ends."""

    run: Run
    next_position: int
    last_command: int = -1
    """Position of the last command or effect."""
    last_delivered: int = -1
    """Position of the last event that is delivered to workflow code."""


@quick
@dataclass(frozen=True, slots=True)
class Append:
    """One batch of events for one run: what `events.create_batch` is given."""

    run_id: str | None
    events: Sequence[NewEvent]
    after: int | None = None
    fence: Collection[Hold] = ()


@quick
@dataclass(frozen=True, slots=True)
class EventResult:
    """What became of one appended event."""

    event: Event | None
    """As it stands in the log; None when the world dropped it."""
    entity: Entity | None = None
    """What it made or moved."""
    stored: bool = field(default=False, compare=False)
    """The batch was in the log before: this is what is stored, and says nothing about claims."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a listing; hand `cursor` back for those that follow."""

    items: list[T]
    cursor: str | None = None


def all_items(page: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """All items of a listing, a page at a time; `page` gives the one of a cursor."""
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield from found.items
        cursor = found.cursor
        if cursor is None:
            return


def cursor_parts(cursor: str | None, count: int) -> list[str] | None:
    """The parts of a cursor that a page ended with; the first of them is a number."""
    if cursor is None:
        return None
    parts = cursor.split(":", count - 1)
    if len(parts) != count or not parts[0].lstrip("-").isdigit():
        raise ValueError(f"{cursor!r} is no cursor of this world; use the one a page came with")
    return parts


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


@dataclass(frozen=True, slots=True)
class StreamChunk:
    """One chunk of a run's output stream."""

    run_id: str
    stream: str
    index: int
    data: bytes
    step_id: str | None = None
    attempt: int | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A stream of a run."""

    stream: str
    chunks: int
    closed: bool


@quick
@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A record of a legacy source, byte for byte."""

    source: str
    """Where it came from, for example `runs/wrun_….json`."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """A run to be brought in whole, see `ArchiveStore.write`."""

    run_id: str
    events: Collection[Event]
    source_records: Collection[SourceRecord] = ()
    certificate: Mapping[str, Json] | None = None
    parked: Mapping[str, Json] | None = None
    chunks: Collection[StreamChunk] = ()
    closed: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Brought:
    """A run as it was brought in, to be compared or hashed; see `ArchiveStore.several`."""

    run_id: str
    source_records: list[SourceRecord]
    certificate: dict[str, Json] | None
    lines: list[str]
    """Its log as text, as `Events.lines` has it."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What `archive.write` kept beside a run."""

    source_records: list[SourceRecord] = field(default_factory=list)
    certificate: dict[str, Json] | None = None
    quarantine: dict[str, Json] | None = None
    """Why it is no run of this world but kept beside; see `ArchiveStore.quarantine`."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A run that could not be brought in; its records are kept until it can."""

    run_id: str
    report: dict[str, Json]
    """Why, and what its source says of it."""


class Events(Protocol):
    """The logs."""

    def create(
        self,
        run_id: str | None,
        event: NewEvent,
        after: int | None = None,
        fence: Collection[Hold] = (),
    ) -> EventResult:
        """
        Append one event: `create_batch` of one.

        With `run_id` None and a RunCreated, the world makes the run's id.
        """
        return self.create_batch(run_id, [event], after, fence)[0]

    def create_batch(
        self,
        run_id: str | None,
        events: Sequence[NewEvent],
        after: int | None = None,
        fence: Collection[Hold] = (),
    ) -> list[EventResult]:
        """
        Append all of them or none, in one transaction.

        A batch whose event ids are all in the log already returns what is stored; that is
        true of a run_created without a run id too.

        Args:
            after: The last position the writer has seen; what refuses what is in
                PROTOCOL 1 and `wfx.admission`.
            fence: The claims the writer holds.

        Raises:
            NotFound: There is no such run, step, hook or wait.
            AlreadyExists: The run or entity is there already, made by another event.
            PositionConflict: Something was appended past `after` that matters.
            LeaseLost: An event needs a claim that the writer does not hold.
            RunGone: The run ended.
            EntityGone: The target of a fact ended.
            IllegalEvent: The transition table does not let an event follow; a writer's bug.
            WorldUnavailable: The database cannot be reached or cannot write.
        """
        ...

    def create_group(self, appends: Sequence[Append]) -> list[list[EventResult] | WfxError]:
        """
        Append several batches in one transaction, each of them whole or not at all.

        What becomes of each is what `create_batch` would make of it: batches of one run, or
        that want one token, take effect in the order given. A refused one changes nothing
        and takes no other down; its error is the answer in its place.

        Raises:
            WorldUnavailable: As `create_batch`; what became of each is not known.
        """
        ...

    def stream(self, run_id: str, from_position: int = 0) -> Iterator[Event]:
        """
        All events of a run from a position on, in order, in bounded memory.

        Raises:
            NotFound: There is no such run (when the first event is asked for).
        """
        ...

    def lines(self, run_id: str) -> Iterator[str]:
        """
        The log as text, event by event, in bounded memory: the lines of a recording.

        Made of what the world keeps, without a look into it, for those who compare or hash.

        Raises:
            NotFound: There is no such run (when the first line is asked for).
        """
        ...

    def list_by_correlation_id(self, run_id: str, correlation_id: str) -> list[Event]:
        """All events about one step, hook or wait of this run, in order."""
        ...

    def heads(self, run_ids: Collection[str]) -> dict[str, Head]:
        """Where the logs of these runs end; unknown runs are left out, payloads too."""
        ...

    def list(
        self,
        run_id: str,
        from_position: int = 0,
        limit: int | None = None,
        order: Order = "asc",
    ) -> list[Event]:
        """
        Events of a run from a position on (downward from it with "desc"; -1: the end).

        Raises:
            NotFound: There is no such run.
        """
        ...


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


class Streams(Protocol):
    """Ordered output of runs, readable while it is written."""

    def write(
        self,
        run_id: str,
        stream: str,
        data: bytes,
        *,
        step_id: str | None = None,
        attempt: int | None = None,
    ) -> int:
        """Append a chunk; its index. Raises NotFound for an unknown run, EntityGone when closed."""
        ...

    def close(self, run_id: str, stream: str) -> None:
        """No more chunks. Doing it twice does nothing. Raises NotFound for an unknown run."""
        ...

    def read(
        self, run_id: str, stream: str, from_index: int = 0, limit: int = PAGE_DEFAULT
    ) -> tuple[list[StreamChunk], bool]:
        """
        Chunks from an index on, and whether the stream is closed after them.

        A stream that nobody wrote to is empty and open. Raises NotFound for an unknown run.
        """
        ...

    def list(self, run_id: str) -> list[StreamInfo]:
        """The streams of a run by name. Raises NotFound for an unknown run."""
        ...


class ArchiveStore(Protocol):
    """Runs brought in whole, with ids and times kept."""

    def write(
        self,
        run_id: str,
        events: Collection[Event],
        source_records: Collection[SourceRecord] = (),
        certificate: Mapping[str, Json] | None = None,
        *,
        parked: Mapping[str, Json] | None = None,
        chunks: Collection[StreamChunk] = (),
        closed: Collection[str] = (),
    ) -> None:
        """
        Write a run's whole log in one transaction, folding its entities.

        A run that is still open gets its task, and so do its open steps and waits; if
        `parked` is given all of them are parked as `held` with this detail, so that nothing
        happens on the run before it is released (`wfx.admission.tasks_of`).

        Collections are read piece by piece, perhaps more than once: they may be larger than
        memory.

        Args:
            chunks: What the run's streams hold, those of each stream in order.
            closed: The streams that have ended.

        Raises:
            AlreadyExists: The run is there already with another log; the same log is
                accepted again and changes nothing. Or the token of one of its active hooks
                belongs to another run.
            CorruptLog, IllegalEvent: It is no legal log.
        """
        self.write_all(
            [Incoming(run_id, events, source_records, certificate, parked, chunks, closed)]
        )

    def write_all(self, runs: Sequence[Incoming]) -> None:
        """
        `write` for several runs, in one transaction: all of them or none.

        Raises:
            AlreadyExists, CorruptLog, IllegalEvent: See `write`; of any of them.
        """
        ...

    def read(self, run_id: str) -> Archive:
        """
        What was kept beside a run; empty when nothing was. Or what is in quarantine.

        All of it is in memory at once: of what may be large, ask for its parts.

        Raises:
            NotFound: There is no such run, in quarantine neither.
        """
        why, certificate = self.why_quarantined(run_id), self.certificate(run_id)
        return Archive(list(self.records(run_id)), certificate, why)

    def records(self, run_id: str) -> Iterator[SourceRecord]:
        """
        The source records that were kept beside a run, in order, in bounded memory.

        Raises:
            NotFound: There is no such run, in quarantine neither (when the first is asked for).
        """
        ...

    def certificate(self, run_id: str) -> dict[str, Json] | None:
        """What the run was certified with. Raises NotFound, as `read` does."""
        ...

    def why_quarantined(self, run_id: str) -> dict[str, Json] | None:
        """The report that something is in quarantine with; None of a run. Raises NotFound."""
        ...

    def several(self, run_ids: Collection[str]) -> list[Brought]:
        """
        Runs with all that was brought in of them, by id; unknown ones are left out.

        All of it is in memory at once: of runs that may be large, ask for `records` and
        `lines`.
        """
        ...

    def quarantine(
        self, run_id: str, source_records: Collection[SourceRecord], report: Mapping[str, Json]
    ) -> None:
        """
        Keep the records of a run that cannot be brought in, with the reason.

        It is no run of this world: it has no log and no task. What was in quarantine under
        this id is replaced, and `write` replaces it by the run.

        Raises:
            AlreadyExists: The run is there.
        """
        ...

    def quarantined(
        self, *, limit: int = PAGE_DEFAULT, cursor: str | None = None
    ) -> Page[Quarantined]:
        """What is in quarantine, by id."""
        ...


class World(Closing, Protocol):
    """A place where logs live."""

    url: str
    """For people: without a password."""
    events: Events
    runs: Runs
    steps: Steps
    hooks: Hooks
    waits: Waits
    queue: Queue
    streams: Streams
    archive: ArchiveStore

    def watch(self) -> Watch:
        """A new watch, for one thread."""
        ...

    def check_writable(self) -> None:
        """
        Check that the world can be written now.

        Raises:
            WorldUnavailable: It cannot, as on a standby or a read-only disk.
        """
        ...

    def close(self) -> None:
        """Close all connections."""
        ...
