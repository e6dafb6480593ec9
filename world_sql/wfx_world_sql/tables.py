"""
The tables of a world, once: every statement and every revision is made from them.

The log is `event`; `run`, `step`, `hook` and `wait` are views of it that are kept up in the
transaction of each append, and `task` is the work that is ready. Rules that hold for all:

- Moments are whole microseconds since the epoch, so both databases compare them alike.
- JSON is ASCII text. Databases know better JSON types, but those refuse code points that
  Python strings may hold (NUL, lone surrogates).
- A run's input stays in event 0 and is not copied here: the run's row is written with each
  append, and SQLite would write the whole input with it.
- `first_position` and `last_position` say where the events about an entity lie, which
  saves an index over all events by what they are about.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Text,
    and_,
    literal_column,
)
from sqlalchemy import Table as TableOf
from sqlmodel import Field, SQLModel

METADATA: Final = MetaData()

# Ids are compared byte by byte, so that sorting in Python and in the database agree: locks
# are taken in that order.
_ID: Final = Text().with_variant(Text(collation="C"), "postgresql")


class Table(SQLModel):
    """Base of the tables; a metadata of its own, so that nobody else's tables mix in."""

    metadata: ClassVar[MetaData] = METADATA


def _key(kind: Any = _ID) -> Any:
    return Field(sa_column=Column(kind, primary_key=True, nullable=False, autoincrement=False))


def _needed(kind: Any) -> Any:
    return Field(sa_column=Column(kind, nullable=False))


def _maybe(kind: Any) -> Any:
    return Field(default=None, sa_column=Column(kind, nullable=True))


def _number() -> Any:
    """The order in which rows were made."""
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Field(default=None, sa_column=Column(kind, Identity(), primary_key=True))


class RunTable(Table, table=True):
    """A run, and where its log ends."""

    __tablename__: ClassVar[str] = "run"

    run_id: str = _key()
    workflow_name: str = _needed(Text)
    deployment_id: str = _needed(Text)
    status: str = _needed(Text)
    execution_context: str | None = _maybe(Text)
    output: str | None = _maybe(Text)
    error: str | None = _maybe(Text)
    error_code: str | None = _maybe(Text)
    cancel_reason: str | None = _maybe(Text)
    created_at: int = _needed(BigInteger)
    started_at: int | None = _maybe(BigInteger)
    completed_at: int | None = _maybe(BigInteger)
    updated_at: int = _needed(BigInteger)
    next_position: int = _needed(Integer)
    last_command: int = _needed(Integer)
    last_delivered: int = _needed(Integer)


class StepTable(Table, table=True):
    """A step."""

    __tablename__: ClassVar[str] = "step"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}

    run_id: str = _key()
    step_id: str = _key()
    step_name: str | None = _maybe(Text)
    status: str = _needed(Text)
    attempt: int = _needed(Integer)
    failures: int = _needed(Integer)
    input: str = _needed(Text)
    kwargs: str | None = _maybe(Text)
    output: str | None = _maybe(Text)
    error: str | None = _maybe(Text)
    queue: str = _needed(Text)
    retry_after: int | None = _maybe(BigInteger)
    call: str | None = _maybe(Text)
    created_at: int = _needed(BigInteger)
    first_started_at: int | None = _maybe(BigInteger)
    completed_at: int | None = _maybe(BigInteger)
    updated_at: int = _needed(BigInteger)
    first_position: int = _needed(Integer)
    last_position: int = _needed(Integer)


class HookTable(Table, table=True):
    """A hook; at most one active hook has a token."""

    __tablename__: ClassVar[str] = "hook"

    number: int | None = _number()
    hook_id: str = _needed(_ID)
    run_id: str = _needed(_ID)
    token: str | None = _maybe(_ID)
    """A short token, or the hash of a long one: PostgreSQL's indexes take no long values."""
    token_whole: str | None = _maybe(Text)
    """The token, where `token` is a hash."""
    status: str = _needed(Text)
    schema_: str | None = Field(default=None, sa_column=Column("schema", Text, nullable=True))
    metadata_: str | None = Field(default=None, sa_column=Column("metadata", Text, nullable=True))
    received: int = _needed(Integer)
    created_at: int = _needed(BigInteger)
    disposed_at: int | None = _maybe(BigInteger)
    first_position: int = _needed(Integer)
    last_position: int = _needed(Integer)


class WaitTable(Table, table=True):
    """A wait."""

    __tablename__: ClassVar[str] = "wait"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}

    run_id: str = _key()
    wait_id: str = _key()
    status: str = _needed(Text)
    delay: int | None = _maybe(BigInteger)
    resume_at: int = _needed(BigInteger)
    created_at: int = _needed(BigInteger)
    completed_at: int | None = _maybe(BigInteger)
    first_position: int = _needed(Integer)
    last_position: int = _needed(Integer)


class EventTable(Table, table=True):
    """An event; the primary key is the order of the log."""

    __tablename__: ClassVar[str] = "event"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}

    run_id: str = _key()
    position: int = _key(Integer)
    event_id: str = _needed(_ID)
    event_type: str = _needed(Text)
    correlation_id: str | None = _maybe(_ID)
    created_at: int = _needed(BigInteger)
    data: str = _needed(Text)
    legacy: str | None = _maybe(Text)


class TaskTable(Table, table=True):
    """Work: ready, claimed, sleeping or parked."""

    __tablename__: ClassVar[str] = "task"

    number: int | None = _number()
    task_id: str = _needed(_ID)
    kind: str = _needed(Text)
    run_id: str = _needed(_ID)
    name: str = _needed(Text)
    queue: str = _needed(Text)
    claimable_at: int | None = _maybe(BigInteger)
    """When it may be claimed next: while it is claimed, when the lease runs out."""
    owner: str | None = _maybe(Text)
    fence: int = _needed(BigInteger)
    deaths: int = _needed(Integer)
    abandoned: bool = _needed(Boolean)
    parked: str | None = _maybe(Text)
    parked_detail: str | None = _maybe(Text)
    parked_digests: str = _needed(Text)
    priority: int = Field(
        sa_column=Column(Integer, nullable=False, server_default=literal_column("0"))
    )
    key: str = Field(
        sa_column=Column("queue_key", Text, nullable=False, server_default=literal_column("''"))
    )


class QueueLimitTable(Table, table=True):
    """The limits of a queue; periods in microseconds."""

    __tablename__: ClassVar[str] = "queue_limit"

    queue: str = _key()
    concurrency: int | None = _maybe(Integer)
    rate_count: int | None = _maybe(Integer)
    rate_period: int | None = _maybe(BigInteger)
    concurrency_per_key: int | None = _maybe(Integer)
    rate_per_key_count: int | None = _maybe(Integer)
    rate_per_key_period: int | None = _maybe(BigInteger)


class QueueStartTable(Table, table=True):
    """Attempts that one claim started in a queue that has a rate."""

    __tablename__: ClassVar[str] = "queue_start"

    number: int | None = _number()
    queue: str = _needed(_ID)
    key: str = Field(sa_column=Column("queue_key", Text, nullable=False))
    at: int = _needed(BigInteger)
    count: int = _needed(Integer)


class WorkerTable(Table, table=True):
    """A worker that said it is there."""

    __tablename__: ClassVar[str] = "worker"

    owner: str = _key()
    workflows: str = _needed(Text)
    queues: str | None = _maybe(Text)
    slots: int = _needed(Integer)
    since: int = _needed(BigInteger)
    seen_until: int = _needed(BigInteger)


class StreamChunkTable(Table, table=True):
    """A chunk of a stream; one without data is its end."""

    __tablename__: ClassVar[str] = "stream_chunk"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}

    run_id: str = _key()
    stream: str = _key()
    number: int = _key(Integer)
    data: bytes | None = _maybe(LargeBinary)
    step_id: str | None = _maybe(_ID)
    attempt: int | None = _maybe(Integer)
    created_at: int = _needed(BigInteger)


class LegacyRecordTable(Table, table=True):
    """What migration and import keep beside a run; the one without a source is the certificate."""

    __tablename__: ClassVar[str] = "legacy_record"

    run_id: str = _key()
    number: int = _key(Integer)
    source: str | None = _maybe(Text)
    data: bytes = _needed(LargeBinary)


class QuarantineTable(Table, table=True):
    """Runs that could not be brought in, and why; `legacy_record` has what is kept of them."""

    __tablename__: ClassVar[str] = "quarantine"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}

    run_id: str = _key()
    report: str = _needed(Text)


class RemainsTable(Table, table=True):
    """Runs that were deleted, and of whose many rows some are left to be taken away."""

    __tablename__: ClassVar[str] = "remains"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}

    run_id: str = _key()


REVISION: Final = TableOf(
    "wfx_revision",
    METADATA,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="wfx_revision_pkc"),
)
"""Which revision the tables have. Alembic makes the same; its default name may be taken."""


def table(model: type[SQLModel]) -> Any:
    """The SQLAlchemy table of a model."""
    return METADATA.tables[str(model.__tablename__)]


RUN: Final = table(RunTable)
STEP: Final = table(StepTable)
HOOK: Final = table(HookTable)
WAIT: Final = table(WaitTable)
EVENT: Final = table(EventTable)
TASK: Final = table(TaskTable)
QUEUE_LIMIT: Final = table(QueueLimitTable)
QUEUE_START: Final = table(QueueStartTable)
WORKER: Final = table(WorkerTable)
STREAM_CHUNK: Final = table(StreamChunkTable)
LEGACY_RECORD: Final = table(LegacyRecordTable)
QUARANTINE: Final = table(QuarantineTable)
REMAINS: Final = table(RemainsTable)

FOUND_BY_ID: Final = (
    "run_started",
    "run_completed",
    "run_failed",
    "run_cancelled",
    "step_retrying",
    "hook_received",
    "hook_conflict",
)
"""
Types of events that are looked for by their id when an append is repeated: those of which
an entity may have several, or of which no entity says where in the log they are.
"""

_ACTIVE: Final = HOOK.c.status == "active"
_UNPARKED: Final = TASK.c.parked.is_(None)
_PLAIN: Final = and_(_UNPARKED, TASK.c.priority == literal_column("0"))
_RANKED: Final = and_(_UNPARKED, TASK.c.priority != literal_column("0"))
_OWNED: Final = TASK.c.owner.is_not(None)

Index("run_by_time", RUN.c.created_at, RUN.c.run_id)
Index("run_by_status", RUN.c.status, RUN.c.created_at, RUN.c.run_id)
Index("run_by_workflow", RUN.c.workflow_name, RUN.c.created_at, RUN.c.run_id)
Index("queue_start_by_time", QUEUE_START.c.queue, QUEUE_START.c.at)
Index("hook_by_id", HOOK.c.hook_id, unique=True)
Index("hook_by_run", HOOK.c.run_id)
Index("hook_by_token", HOOK.c.token, HOOK.c.disposed_at)
Index(
    "hook_of_token",
    HOOK.c.token,
    unique=True,
    sqlite_where=_ACTIVE,
    postgresql_where=_ACTIVE,
)
Index("wait_by_moment", WAIT.c.run_id, WAIT.c.resume_at, WAIT.c.first_position)
Index(
    "event_by_id",
    EVENT.c.event_id,
    sqlite_where=EVENT.c.event_type.in_(FOUND_BY_ID),
    postgresql_where=EVENT.c.event_type.in_(FOUND_BY_ID),
)
Index("task_by_id", TASK.c.task_id, unique=True)
Index(
    "task_ready",
    TASK.c.claimable_at,
    TASK.c.number,
    sqlite_where=_PLAIN,
    postgresql_where=_PLAIN,
)
# Most worlds have no priorities, and this index then has no entries.
Index(
    "task_ranked",
    TASK.c.priority,
    TASK.c.claimable_at,
    TASK.c.number,
    sqlite_where=_RANKED,
    postgresql_where=_RANKED,
)
Index("task_parked", TASK.c.parked, sqlite_where=~_UNPARKED, postgresql_where=~_UNPARKED)
Index("task_by_run", TASK.c.run_id)
Index("task_by_owner", TASK.c.owner, sqlite_where=_OWNED, postgresql_where=_OWNED)
