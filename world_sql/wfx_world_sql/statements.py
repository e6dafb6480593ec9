"""
Every statement of a world, made from its tables for one database.

SQLAlchemy takes longer to import than a short workflow to run. So the statements are made
here once, and `compiled.py` keeps their texts, which go to the driver as they are:

    python -m wfx_world_sql.statements

writes it anew, and a test compares the two. Parameters stand in the text in the order that
the comment above each field of `Sql` tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    case,
    cast,
    delete,
    extract,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    text,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ClauseElement, ColumnElement

from wfx_world_sql.tables import (
    EVENT,
    FOUND_BY_ID,
    HOOK,
    LEGACY_RECORD,
    METADATA,
    QUARANTINE,
    QUEUE_LIMIT,
    QUEUE_START,
    RUN,
    STEP,
    STREAM_CHUNK,
    TASK,
    WAIT,
    WORKER,
)

_P: Final = bindparam
_ZERO: Final[ColumnElement[int]] = literal_column("0")
_CODE_REASONS: Final = ("divergence", "violation")


class _Postgresql:
    """How PostgreSQL says it."""

    name = "postgresql"
    # Any other dialect of it writes a cast around each parameter.
    dialect = postgresql.psycopg2.dialect(paramstyle="format")  # type: ignore[no-untyped-call]  # no types there

    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Whether a column is one of a list that is one parameter."""
        return column == func.any(_P(name))

    def named_pairs(self, table: Any, id: str) -> str:
        """The rows of (run id, entity id) pairs that are two lists of one length."""
        return (
            f"SELECT {_names(table)} FROM unnest(CAST(:run_ids AS text[]), CAST(:ids AS text[])) "
            f"AS named (run_id, id) JOIN {table.name} ON {table.name}.run_id = named.run_id "
            f"AND {table.name}.{id} = named.id"
        )

    def pair_among(
        self, first: ColumnElement[Any], second: ColumnElement[Any], name: str
    ) -> ColumnElement[bool]:
        """Whether two columns are a pair of two lists that are two parameters."""
        pairs = text(
            f"SELECT * FROM unnest(CAST(:{name}_firsts AS text[]), CAST(:{name}_seconds AS text[]))"
        )
        return tuple_(first, second).in_(pairs)

    def now(self) -> ColumnElement[int]:
        """The injected clock's time if there is one, or else the server's."""
        seconds = extract("epoch", func.clock_timestamp())
        server = cast(seconds * literal_column("1000000"), BigInteger)
        return func.coalesce(cast(_P("now"), BigInteger), server)


class _Sqlite:
    """How SQLite says it."""

    name = "sqlite"
    dialect = sqlite.dialect(paramstyle="qmark")

    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Whether a column is one of a list that is one parameter."""
        return column.in_(select(func.json_each(_P(name)).table_valued("value").c.value))

    def named_pairs(self, table: Any, id: str) -> str:
        """The rows of (run id, entity id) pairs that are one list of pairs."""
        # Cross: the list must stand outside, and be read once.
        return (
            f"SELECT {_names(table)} FROM json_each(:pairs) AS named CROSS JOIN {table.name} "
            f"ON {table.name}.run_id = json_extract(named.value, '$[0]') "
            f"AND {table.name}.{id} = json_extract(named.value, '$[1]')"
        )

    def pair_among(
        self, first: ColumnElement[Any], second: ColumnElement[Any], name: str
    ) -> ColumnElement[bool]:
        """Whether two columns are a pair of two lists that are two parameters."""
        pairs = text(
            f"SELECT firsts.value, seconds.value FROM json_each(:{name}_firsts) AS firsts "
            f"JOIN json_each(:{name}_seconds) AS seconds ON firsts.key = seconds.key"
        )
        return tuple_(first, second).in_(pairs)

    def now(self) -> ColumnElement[int]:
        """The process's clock."""
        return cast(_P("now"), BigInteger)


def _names(table: Any) -> str:
    return ", ".join(f"{table.name}.{column.name}" for column in _columns(table))


Database = _Postgresql | _Sqlite
DATABASES: Final = (_Sqlite(), _Postgresql())

_STEP_MOVES: Final = (
    *("status", "attempt", "failures", "output", "error", "retry_after"),
    *("first_started_at", "completed_at", "updated_at", "last_position"),
)
_HOOK_MOVES: Final = ("status", "received", "disposed_at", "last_position")
_WAIT_MOVES: Final = ("status", "completed_at", "last_position")
_RUN_ENDS_AT: Final = ("next_position", "last_command", "last_delivered")
_RUN_MOVES: Final = (
    *("status", "output", "error", "error_code", "cancel_reason"),
    *("started_at", "completed_at", "updated_at", *_RUN_ENDS_AT),
)
_TASK_MOVES: Final = (
    *("claimable_at", "owner", "fence", "deaths", "abandoned"),
    *("parked", "parked_detail", "parked_digests"),
)


def _word(word: str) -> ColumnElement[str]:
    """A word of ours that stands in the text, so that partial indexes are seen to fit."""
    return literal_column(f"'{word}'")


def _columns(table: Any) -> list[Any]:
    return [column for column in table.columns if column.name != "number" or table is STREAM_CHUNK]


def _fill(db: Database, table: Any) -> Any:
    """What writes many new rows: COPY where there is one."""
    if not isinstance(db, _Postgresql):
        return _insert(table)
    into = _text(db, _insert(table))[0].partition(" VALUES ")[0]
    return text(f"{into.replace('INSERT INTO', 'COPY')} FROM STDIN")


def _insert(table: Any) -> Any:
    names = [column.name for column in table.columns if column.identity is None]
    return insert(table).values({name: _P(name) for name in names}).inline()


def _update(table: Any, names: tuple[str, ...], *keys: str) -> Any:
    moved = update(table).values({name: _P(name) for name in names})
    return moved.where(and_(*(table.c[key] == _P(f"key_{key}") for key in keys)))


def _without(table: Any, *payloads: str) -> list[Any]:
    """A table's columns, with NULL for its payloads."""
    return [
        null().label(column.name) if column.name in payloads else column
        for column in _columns(table)
    ]


def _append(db: Database) -> Iterator[tuple[str, Any]]:
    yield "now", select(db.now())
    yield (
        "run_lock",
        select(db.now(), *_columns(RUN)).where(RUN.c.run_id == _P("run_id")).with_for_update(),
    )
    if isinstance(db, _Postgresql):
        # A row that is not there yet cannot be locked, but its name can.
        yield "name_lock", text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 9))")
    else:
        yield "name_lock", None
    yield (
        "runs_lock",
        select(*_columns(RUN))
        .where(db.among(RUN.c.run_id, "run_ids"))
        .order_by(RUN.c.run_id)
        .with_for_update(),
    )
    yield (
        "tasks_lock",
        select(*_columns(TASK))
        .where(db.among(TASK.c.task_id, "task_ids"))
        .order_by(TASK.c.task_id)
        .with_for_update(),
    )
    for name, table, key in (
        ("steps_load", STEP, STEP.c.step_id),
        ("hooks_load", HOOK, HOOK.c.hook_id),
        ("waits_load", WAIT, WAIT.c.wait_id),
    ):
        yield (
            name,
            select(*_columns(table)).where(table.c.run_id == _P("run_id"), db.among(key, "ids")),
        )
    # The same for many runs at once.
    yield "steps_of_runs", text(db.named_pairs(STEP, "step_id"))
    yield "hooks_of_runs", select(*_columns(HOOK)).where(db.among(HOOK.c.hook_id, "ids"))
    yield "waits_of_runs", text(db.named_pairs(WAIT, "wait_id"))
    yield (
        "created_data_of_runs",
        select(EVENT.c.run_id, EVENT.c.data).where(
            db.among(EVENT.c.run_id, "run_ids"), EVENT.c.position == literal_column("0")
        ),
    )
    if isinstance(db, _Postgresql):
        # Whoever wants a token waits here for others who want it, and then sees their hooks.
        # Stripes, not tokens: a server has room for a few thousand locks.
        yield (
            "tokens_lock",
            text(
                "SELECT pg_advisory_xact_lock(7, stripe) "
                "FROM unnest(CAST(:stripes AS integer[])) AS stripe"
            ),
        )
    else:
        yield "tokens_lock", None
    yield (
        "tokens_load",
        select(*_columns(HOOK)).where(
            db.among(HOOK.c.token, "tokens"), HOOK.c.status == _word("active")
        ),
    )
    yield (
        "events_stored",
        select(*_columns(EVENT)).where(
            EVENT.c.run_id == _P("run_id"),
            EVENT.c.position >= _P("first"),
            EVENT.c.position <= _P("last"),
            db.among(EVENT.c.event_id, "event_ids"),
        ),
    )
    yield (
        "events_known",
        # Without the run's id, or SQLite would rather look at all of the run's events.
        select(*_columns(EVENT)).where(
            db.among(EVENT.c.event_id, "event_ids"),
            EVENT.c.event_type.in_([_word(kind) for kind in FOUND_BY_ID]),
        ),
    )
    create_run: Any = postgresql.insert(RUN) if db.name == "postgresql" else sqlite.insert(RUN)
    yield (
        "run_insert",
        create_run.values({c.name: _P(c.name) for c in RUN.columns}).on_conflict_do_nothing(),
    )
    yield "run_move", _update(RUN, _RUN_MOVES, "run_id")
    yield "run_extend", _update(RUN, _RUN_ENDS_AT, "run_id")
    yield "event_insert", _insert(EVENT)
    yield "step_insert", _insert(STEP)
    yield "step_move", _update(STEP, _STEP_MOVES, "run_id", "step_id")
    yield "hook_insert", _insert(HOOK)
    yield "hook_move", _update(HOOK, _HOOK_MOVES, "hook_id")
    yield "wait_insert", _insert(WAIT)
    yield "wait_move", _update(WAIT, _WAIT_MOVES, "run_id", "wait_id")
    yield "task_insert", _insert(TASK)
    yield "task_move", _update(TASK, _TASK_MOVES, "task_id")
    yield "run_bind", _update(RUN, ("execution_context",), "run_id")
    yield "task_bind", _update(TASK, ("name",), "task_id")
    named = select(STEP.c.step_id).where(
        STEP.c.run_id == _P("of_run_id"), STEP.c.step_name == _P("step_name")
    )
    yield (
        "steps_bind",
        update(TASK)
        .values(name=_P("name"))
        .where(
            TASK.c.run_id == _P("key_run_id"),
            TASK.c.kind == _word("step"),
            TASK.c.task_id.in_(named),
        ),
    )
    yield "task_delete", delete(TASK).where(TASK.c.task_id == _P("task_id"))
    yield (
        "run_wake",
        update(TASK)
        .values(claimable_at=_P("at"))
        .where(
            TASK.c.task_id == _P("task_id"),
            TASK.c.owner.is_(None),
            TASK.c.parked.is_(None),
            or_(TASK.c.claimable_at.is_(None), TASK.c.claimable_at > _P("later_than")),
        ),
    )
    yield (
        "close_hooks",
        update(HOOK)
        .values(status=_word("disposed"), disposed_at=_P("at"))
        .where(HOOK.c.run_id == _P("key_run_id"), HOOK.c.status == _word("active")),
    )
    yield (
        "close_waits",
        update(WAIT)
        .values(status=_word("cancelled"), completed_at=_P("at"))
        .where(WAIT.c.run_id == _P("key_run_id"), WAIT.c.status == _word("waiting")),
    )
    kept = and_(TASK.c.kind == _word("step"), TASK.c.owner.is_not(None))
    yield "close_tasks", delete(TASK).where(TASK.c.run_id == _P("run_id"), ~kept)
    yield (
        "abandon_tasks",
        update(TASK).values(abandoned=text("TRUE")).where(TASK.c.run_id == _P("run_id")),
    )
    if isinstance(db, _Postgresql):
        yield "notify", text("SELECT pg_notify('wfx', '')")
    else:
        yield "notify", None


def _queue(db: Database) -> Iterator[tuple[str, Any]]:
    claimable = select(*_columns(TASK)).where(
        TASK.c.claimable_at <= select(db.now()).scalar_subquery()
    )
    filters = {
        "kinds": db.among(TASK.c.kind, "kinds"),
        "queues": db.among(TASK.c.queue, "queues"),
        "names": db.among(TASK.c.name, "names"),
        "run_id": TASK.c.run_id == _P("run_id"),
    }
    order = (TASK.c.claimable_at, TASK.c.number)
    lock = {"skip_locked": True}
    # Those that have no limits, or none that is used up.
    free = and_(
        or_(TASK.c.kind != _word("step"), ~db.among(TASK.c.queue, "full_queues")),
        or_(TASK.c.kind != _word("step"), ~db.pair_among(TASK.c.queue, TASK.c.queue_key, "full")),
    )
    plain = TASK.c.priority == _ZERO
    # One query for each sort of priority, since each has an index in the order it wants. A
    # database sees that a partial one fits when the text has its words.
    for name, band in (
        ("urgent", and_(TASK.c.priority != _ZERO, TASK.c.priority < _ZERO)),
        ("ready", plain),
        ("patient", and_(TASK.c.priority != _ZERO, TASK.c.priority > _ZERO)),
    ):
        yield (
            f"claim_{name}",
            _Listing(
                claimable.where(TASK.c.parked.is_(None), band),
                {**filters, "free": free},
                order=order if name == "ready" else (TASK.c.priority, *order),
                limit=True,
                lock=lock,
            ),
        )
    yield from _limits(db)
    yield (
        "claim_parked",
        _Listing(
            claimable.where(
                TASK.c.parked.is_not(None),
                TASK.c.parked.in_([_word(reason) for reason in _CODE_REASONS]),
            ),
            {**filters, "digest": func.strpos(TASK.c.parked_digests, _P("digest")) == _ZERO}
            if isinstance(db, _Postgresql)
            else {**filters, "digest": func.instr(TASK.c.parked_digests, _P("digest")) == _ZERO},
            order=order,
            limit=True,
            lock=lock,
        ),
    )
    if isinstance(db, _Postgresql):
        # Locked in the order in which appends lock, or the two could wait for each other.
        yield (
            "extend",
            text(
                "WITH named AS (SELECT * FROM unnest(CAST(:task_ids AS text[]), "
                "CAST(:fences AS bigint[])) AS named (task_id, fence)), "
                "held AS (SELECT task.number FROM task JOIN named "
                "ON task.task_id = named.task_id AND task.fence = named.fence "
                "WHERE task.owner = :owner ORDER BY task.task_id FOR UPDATE OF task) "
                "UPDATE task SET claimable_at = :lease + COALESCE(CAST(:now AS bigint), "
                "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)) "
                "FROM held WHERE task.number = held.number RETURNING task.task_id, task.fence"
            ),
        )
    else:
        yield (
            "extend",
            text(
                "WITH named AS (SELECT ids.value AS task_id, fences.value AS fence "
                "FROM json_each(:task_ids) AS ids JOIN json_each(:fences) AS fences "
                "ON ids.key = fences.key), "
                "wanted AS (SELECT :owner AS owner, :lease + :now AS until) "
                "UPDATE task SET claimable_at = (SELECT until FROM wanted) "
                "WHERE owner = (SELECT owner FROM wanted) "
                "AND (task_id, fence) IN (SELECT task_id, fence FROM named) "
                "RETURNING task_id, fence"
            ),
        )
    yield "tasks_get", select(*_columns(TASK)).where(db.among(TASK.c.task_id, "task_ids"))
    yield "task_get", select(*_columns(TASK)).where(TASK.c.task_id == _P("task_id"))
    yield (
        "tasks_of_owner",
        select(*_columns(TASK))
        .where(TASK.c.owner == _P("owner"))
        .order_by(TASK.c.task_id)
        .with_for_update(),
    )
    yield (
        "tasks_held",
        select(*_columns(TASK))
        .where(TASK.c.run_id == _P("run_id"), TASK.c.parked == _word("held"))
        .order_by(TASK.c.task_id)
        .with_for_update(),
    )
    yield (
        "holders",
        select(TASK.c.owner, func.count())
        .where(TASK.c.owner.is_not(None))
        .group_by(TASK.c.owner)
        .order_by(TASK.c.owner),
    )
    ready_at = case((TASK.c.owner.is_(None), TASK.c.claimable_at))
    yield (
        "task_list",
        _Listing(
            select(*_columns(TASK)),
            {
                "run_id": TASK.c.run_id == _P("run_id"),
                "kind": TASK.c.kind == _P("kind"),
                "parked": TASK.c.parked.is_not(None),
                "unparked": TASK.c.parked.is_(None),
                "held": TASK.c.owner.is_not(None),
                "unheld": TASK.c.owner.is_(None),
            },
            order=(TASK.c.parked.is_not(None), ready_at.is_(None), ready_at, TASK.c.number),
            limit=True,
        ),
    )
    for name, band in (("next_ready", plain), ("next_ranked", TASK.c.priority != _ZERO)):
        yield (
            name,
            _Listing(
                select(TASK.c.claimable_at).where(
                    TASK.c.owner.is_(None),
                    TASK.c.parked.is_(None),
                    band,
                    TASK.c.claimable_at.is_not(None),
                ),
                {
                    "kinds": db.among(TASK.c.kind, "kinds"),
                    "run_id": TASK.c.run_id == _P("run_id"),
                },
                order=(TASK.c.claimable_at,),
                limit=True,
            ),
        )
    due = (
        select(TASK.c.run_id, TASK.c.task_id)
        .join(WAIT, and_(WAIT.c.run_id == TASK.c.run_id, WAIT.c.wait_id == TASK.c.task_id))
        .where(
            TASK.c.kind == _word("wait"),
            TASK.c.parked.is_(None),
            plain,
            TASK.c.claimable_at <= select(db.now()).scalar_subquery(),
        )
    )
    yield (
        "due",
        _Listing(
            due,
            {"run_id": TASK.c.run_id == _P("run_id")},
            order=(WAIT.c.resume_at, WAIT.c.first_position),
            limit=True,
        ),
    )
    yield (
        "due_waits",
        select(*_columns(WAIT))
        .join(TASK, TASK.c.task_id == WAIT.c.wait_id)
        .where(
            db.among(WAIT.c.run_id, "run_ids"),
            db.among(WAIT.c.wait_id, "wait_ids"),
            WAIT.c.status == _word("waiting"),
        )
        .order_by(WAIT.c.resume_at, WAIT.c.first_position),
    )


def _limits(db: Database) -> Iterator[tuple[str, Any]]:
    limits = select(*QUEUE_LIMIT.columns)
    yield "limits", limits
    yield (
        "limits_lock",
        limits.where(db.among(QUEUE_LIMIT.c.queue, "queues"))
        .order_by(QUEUE_LIMIT.c.queue)
        .with_for_update(),
    )
    yield (
        "limits_set",
        _upsert(db, QUEUE_LIMIT, "queue"),
    )
    yield "limits_drop", delete(QUEUE_LIMIT).where(QUEUE_LIMIT.c.queue == _P("key_queue"))
    clock = select(db.now().label("at")).cte("clock")
    held = (
        select(TASK.c.queue, TASK.c.queue_key, func.count(), _ZERO, _ZERO)
        .where(
            TASK.c.owner.is_not(None),
            TASK.c.kind == _word("step"),
            TASK.c.claimable_at > clock.c.at,
            db.among(TASK.c.queue, "held_queues"),
        )
        .group_by(TASK.c.queue, TASK.c.queue_key)
    )

    def within(period: ColumnElement[int]) -> ColumnElement[int]:
        since = clock.c.at - func.coalesce(period, _ZERO)
        return func.sum(case((QUEUE_START.c.at > since, QUEUE_START.c["count"]), else_=_ZERO))

    started = (
        select(
            QUEUE_START.c.queue,
            QUEUE_START.c.queue_key,
            _ZERO,
            within(QUEUE_LIMIT.c.rate_period),
            within(QUEUE_LIMIT.c.rate_per_key_period),
        )
        .select_from(QUEUE_START)
        .join(QUEUE_LIMIT, QUEUE_LIMIT.c.queue == QUEUE_START.c.queue)
        .join(clock, text("TRUE"))
        .where(db.among(QUEUE_START.c.queue, "started_queues"))
        .group_by(QUEUE_START.c.queue, QUEUE_START.c.queue_key)
    )
    yield "queue_uses", union_all(held, started)
    yield "start_insert", _insert(QUEUE_START)
    yield (
        "start_prune",
        delete(QUEUE_START).where(
            QUEUE_START.c.queue == _P("key_queue"), QUEUE_START.c.at <= _P("before")
        ),
    )
    yield from _overview(clock)
    yield "worker_put", _upsert(db, WORKER, "owner")
    yield "worker_drop", delete(WORKER).where(WORKER.c.owner == _P("key_owner"))
    yield "worker_prune", delete(WORKER).where(WORKER.c.seen_until <= _P("before"))
    yield (
        "workers",
        select(*WORKER.columns)
        .where(WORKER.c.seen_until > select(db.now()).scalar_subquery())
        .order_by(WORKER.c.owner),
    )


def _overview(clock: Any) -> Iterator[tuple[str, Any]]:
    """The tasks of each queue, counted as `wfx.claims.standing` does."""
    at = TASK.c.claimable_at
    unparked = TASK.c.parked.is_(None)
    wait = TASK.c.kind == _word("wait")
    work = and_(unparked, TASK.c.kind != _word("wait"))
    ready = and_(work, at <= clock.c.at, text("NOT task.abandoned"))
    standings = (
        ready,
        and_(work, TASK.c.owner.is_not(None), or_(at > clock.c.at, text("task.abandoned"))),
        and_(work, TASK.c.owner.is_(None), at > clock.c.at),
        and_(work, at.is_(None)),
        and_(unparked, wait, at > clock.c.at),
        and_(unparked, wait, at <= clock.c.at),
        TASK.c.parked.is_not(None),
    )
    one: ColumnElement[int] = literal_column("1")
    yield (
        "overview",
        select(
            TASK.c.queue,
            *(func.sum(case((standing, one), else_=_ZERO)) for standing in standings),
            func.min(case((ready, at))),
        )
        .select_from(TASK)
        .join(clock, text("TRUE"))
        .group_by(TASK.c.queue)
        .order_by(TASK.c.queue),
    )


def _upsert(db: Database, table: Any, key: str) -> Any:
    insert_: Any = postgresql.insert if db.name == "postgresql" else sqlite.insert
    made = insert_(table).values({column.name: _P(column.name) for column in table.columns})
    others = [column.name for column in table.columns if column.name != key]
    return made.on_conflict_do_update(
        index_elements=[key], set_={name: made.excluded[name] for name in others}
    )


def _reads(db: Database) -> Iterator[tuple[str, Any]]:
    page = select(*_columns(EVENT)).where(EVENT.c.run_id == _P("run_id"))
    upward = page.where(EVENT.c.position >= _P("first"))
    yield "events_up", upward.order_by(EVENT.c.position).limit(_P("limit"))
    downward = page.where(EVENT.c.position <= _P("last"))
    yield "events_down", downward.order_by(EVENT.c.position.desc()).limit(_P("limit"))
    yield (
        "events_about",
        page.where(
            EVENT.c.position >= _P("first"),
            EVENT.c.position <= _P("last"),
            EVENT.c.correlation_id == _P("correlation_id"),
        ).order_by(EVENT.c.position),
    )
    yield (
        "span",
        union_all(
            *(
                select(table.c.first_position, table.c.last_position).where(
                    table.c.run_id == _P(f"{table.name}_run_id"), key == _P(key.name)
                )
                for table, key in (
                    (STEP, STEP.c.step_id),
                    (HOOK, HOOK.c.hook_id),
                    (WAIT, WAIT.c.wait_id),
                )
            )
        ),
    )
    plain = _without(RUN, "output")
    yield "run_end", select(RUN.c.next_position).where(RUN.c.run_id == _P("run_id"))
    yield "heads", select(*plain).where(db.among(RUN.c.run_id, "run_ids"))
    yield "run_plain", select(*plain).where(RUN.c.run_id == _P("run_id"))
    first = and_(EVENT.c.run_id == RUN.c.run_id, EVENT.c.position == literal_column("0"))
    whole = select(*_columns(RUN), EVENT.c.data).select_from(RUN).join(EVENT, first)
    yield "run_whole", whole.where(RUN.c.run_id == _P("run_id"))
    yield (
        "run_created_data",
        select(EVENT.c.data).where(
            EVENT.c.run_id == _P("run_id"), EVENT.c.position == literal_column("0")
        ),
    )
    is_parked = (
        select(TASK.c.number)
        .where(TASK.c.task_id == RUN.c.run_id, TASK.c.parked.is_not(None))
        .exists()
    )
    is_parked_for = (
        select(TASK.c.number)
        .where(TASK.c.task_id == RUN.c.run_id, TASK.c.parked == _P("reason"))
        .exists()
    )
    is_in_queue = (
        select(TASK.c.number)
        .where(
            TASK.c.run_id == RUN.c.run_id,
            TASK.c.kind == _word("step"),
            TASK.c.queue == _P("queue"),
        )
        .exists()
    )
    key = (RUN.c.created_at, RUN.c.run_id)
    run_filters = {
        "status": RUN.c.status == _P("status"),
        "workflow_name": RUN.c.workflow_name == _P("workflow_name"),
        "created_after": RUN.c.created_at > _P("created_after"),
        "created_before": RUN.c.created_at < _P("created_before"),
        "parked": is_parked,
        "parked_for": is_parked_for,
        "unparked": ~is_parked,
        "queue": is_in_queue,
        "past_up": text("(run.created_at, run.run_id) > (:created_at, :run_id)"),
        "past_down": text("(run.created_at, run.run_id) < (:created_at, :run_id)"),
    }
    for name, base in (("plain", select(*plain)), ("whole", whole)):
        yield f"runs_{name}_up", _Listing(base, run_filters, order=key, limit=True)
        down = tuple(column.desc() for column in key)
        yield f"runs_{name}_down", _Listing(base, run_filters, order=down, limit=True)
    step_plain = _without(STEP, "input", "kwargs", "output")
    for name, columns in (("plain", step_plain), ("whole", _columns(STEP))):
        yield (
            f"step_{name}",
            select(*columns).where(STEP.c.run_id == _P("run_id"), STEP.c.step_id == _P("step_id")),
        )
        # The log has the steps in the order they were created, so no index needs to.
        made = (
            select(*columns)
            .select_from(EVENT)
            .join(
                STEP,
                and_(STEP.c.run_id == EVENT.c.run_id, STEP.c.step_id == EVENT.c.correlation_id),
            )
            .where(
                EVENT.c.run_id == _P("run_id"),
                EVENT.c.position > _P("past"),
                EVENT.c.event_type == _word("step_created"),
            )
        )
        yield (
            f"steps_{name}",
            _Listing(
                made,
                {"status": STEP.c.status == _P("status")},
                order=(EVENT.c.position,),
                limit=True,
            ),
        )
    yield "hook_get", select(*_columns(HOOK)).where(HOOK.c.hook_id == _P("hook_id"))
    yield (
        "hook_of_token",
        select(*_columns(HOOK))
        .where(HOOK.c.token == _P("token"))
        .order_by(
            HOOK.c.status,  # "active" comes before "disposed"
            HOOK.c.disposed_at.desc(),
            HOOK.c.number.desc(),
        )
        .limit(literal_column("1")),
    )
    yield (
        "hooks",
        _Listing(
            select(HOOK.c.number, *_columns(HOOK)).where(HOOK.c.number > _P("past")),
            {
                "run_id": HOOK.c.run_id == _P("run_id"),
                "status": HOOK.c.status == _P("status"),
            },
            order=(HOOK.c.number,),
            limit=True,
        ),
    )
    yield (
        "wait_get",
        select(*_columns(WAIT)).where(
            WAIT.c.run_id == _P("run_id"), WAIT.c.wait_id == _P("wait_id")
        ),
    )
    yield (
        "waits",
        _Listing(
            select(*_columns(WAIT)).where(WAIT.c.run_id == _P("run_id")),
            {
                "status": WAIT.c.status == _P("status"),
                "past": text("(wait.resume_at, wait.first_position) > (:resume_at, :position)"),
            },
            order=(WAIT.c.resume_at, WAIT.c.first_position),
            limit=True,
        ),
    )


def _streams(db: Database) -> Iterator[tuple[str, Any]]:
    of = (STREAM_CHUNK.c.run_id == _P("run_id"), STREAM_CHUNK.c.stream == _P("stream"))
    yield (
        "stream_last",
        select(STREAM_CHUNK.c.number, STREAM_CHUNK.c.data.is_(None))
        .where(*of)
        .order_by(STREAM_CHUNK.c.number.desc())
        .limit(literal_column("1")),
    )
    yield "chunk_insert", _insert(STREAM_CHUNK)
    yield (
        "chunks",
        select(*_columns(STREAM_CHUNK))
        .where(*of, STREAM_CHUNK.c.number >= _P("first"))
        .order_by(STREAM_CHUNK.c.number)
        .limit(_P("limit")),
    )
    yield (
        "stream_list",
        select(
            STREAM_CHUNK.c.stream,
            func.count(STREAM_CHUNK.c.data),
            func.count() - func.count(STREAM_CHUNK.c.data),
        )
        .where(STREAM_CHUNK.c.run_id == _P("run_id"))
        .group_by(STREAM_CHUNK.c.stream)
        .order_by(STREAM_CHUNK.c.stream),
    )
    for name, table in (
        ("event_fill", EVENT),
        ("step_fill", STEP),
        ("record_fill", LEGACY_RECORD),
        ("chunk_fill", STREAM_CHUNK),
    ):
        yield name, _fill(db, table)
    yield (
        "records",
        select(LEGACY_RECORD.c.number, LEGACY_RECORD.c.source, LEGACY_RECORD.c.data)
        .where(
            LEGACY_RECORD.c.run_id == _P("run_id"),
            LEGACY_RECORD.c.number > _P("past"),
            LEGACY_RECORD.c.source.is_not(None),
        )
        .order_by(LEGACY_RECORD.c.number)
        .limit(_P("limit")),
    )
    # It is the last of all.
    newest = select(func.max(LEGACY_RECORD.c.number)).where(LEGACY_RECORD.c.run_id == _P("of_run"))
    yield (
        "certificate",
        select(LEGACY_RECORD.c.data).where(
            LEGACY_RECORD.c.run_id == _P("run_id"),
            LEGACY_RECORD.c.source.is_(None),
            LEGACY_RECORD.c.number == newest.scalar_subquery(),
        ),
    )
    yield "records_delete", delete(LEGACY_RECORD).where(LEGACY_RECORD.c.run_id == _P("run_id"))
    yield "quarantine_insert", _insert(QUARANTINE)
    yield "quarantine_delete", delete(QUARANTINE).where(QUARANTINE.c.run_id == _P("run_id"))
    yield (
        "quarantine_get",
        select(QUARANTINE.c.report).where(QUARANTINE.c.run_id == _P("run_id")),
    )
    yield (
        "quarantine_among",
        select(QUARANTINE.c.run_id).where(db.among(QUARANTINE.c.run_id, "run_ids")),
    )
    yield (
        "quarantine_list",
        select(QUARANTINE.c.run_id, QUARANTINE.c.report)
        .where(QUARANTINE.c.run_id > _P("after"))
        .order_by(QUARANTINE.c.run_id)
        .limit(_P("limit")),
    )


class _Listing:
    """A select whose filters are chosen at run time; compiled piece by piece."""

    def __init__(
        self,
        base: Any,
        filters: Mapping[str, Any],
        *,
        order: tuple[Any, ...],
        limit: bool,
        lock: dict[str, Any] | None = None,
    ) -> None:
        self.base = base
        self.filters = filters
        self.order = order
        self.limit = limit
        self.lock = lock

    def pieces(self, db: Database) -> tuple[str, dict[str, str], str]:
        """The text before the filters, the filters, the text after them."""
        # A filter is compiled within the whole select, so that it names columns as there.
        marker = "1 = 1 /* filters */"
        ordered = self.base.where(text(marker)).order_by(*self.order)
        if self.limit:
            ordered = ordered.limit(_P("limit"))
        if self.lock is not None:
            ordered = ordered.with_for_update(**self.lock)
        head, tail = _text(db, ordered)[0].split(marker)
        head = head.rstrip().removesuffix("AND").removesuffix("WHERE").rstrip()
        chosen = {}
        for name, expression in self.filters.items():
            whole = _text(db, self.base.where(text(marker), expression))[0]
            chosen[name] = whole.split(marker)[1].strip().removeprefix("AND").strip()
        return head, chosen, tail.strip()


def _text(db: Database, statement: ClauseElement) -> tuple[str, list[str]]:
    """A statement's text on one line, and its parameters in the order of the text."""
    compiled: Any = statement.compile(dialect=db.dialect)
    words = " ".join(str(compiled).split())
    parameters = list(getattr(compiled, "positiontup", None) or [])
    if words.endswith(" OFFSET ?"):  # SQLite's dialect adds it to every limit
        words = words.removesuffix(" OFFSET ?")
        parameters.pop()
    return words, parameters


def statements(db: Database) -> dict[str, Any]:
    """All statements for one database by name."""
    made: dict[str, Any] = {}
    parts: tuple[Callable[[Any], Iterator[tuple[str, Any]]], ...] = (
        _append,
        _queue,
        _reads,
        _streams,
    )
    for part in parts:
        made.update(part(db))
    return made


def schema(db: Database) -> list[str]:
    """What makes the tables in an empty database."""
    made = []
    for table in METADATA.sorted_tables:
        made.append(_text(db, CreateTable(table))[0])
        made += [
            _text(db, CreateIndex(index))[0]
            for index in sorted(table.indexes, key=lambda index: str(index.name))
        ]
    return made


_HEADER: Final = '''"""
The texts of all statements, made by `wfx_world_sql.statements` from the tables.

Do not edit: change the tables or the statements, then run
`python -m wfx_world_sql.statements`.
"""

# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Listing:
    """A select whose filters are chosen when it runs."""

    head: str
    filters: dict[str, str]
    tail: str
    joint: str
    """What stands between the head and the first filter: WHERE or AND."""


@dataclass(frozen=True, slots=True)
class Sql:
    """The statements for one database."""

'''


def source() -> str:
    """The source of `compiled.py`."""
    out = [_HEADER]
    for name, statement in statements(DATABASES[1]).items():
        if isinstance(statement, _Listing):
            out.append(f"    {name}: Listing\n")
        else:
            parameters = _text(DATABASES[1], statement)[1]
            out.append(f"    # {', '.join(parameters) or 'no parameters'}\n    {name}: str\n")
    out.append("    schema: tuple[str, ...]\n")
    for db in DATABASES:
        out.append(f"\n\n{db.name.upper()}: Final = Sql(\n")
        for name, statement in statements(db).items():
            if isinstance(statement, _Listing):
                head, filters, tail = statement.pieces(db)
                joint = "AND" if " WHERE " in head else "WHERE"
                out.append(f"    {name}=Listing(\n        {_quoted(head)},\n        {{\n")
                for key, words in filters.items():
                    out.append(f"            {_quoted(key)}: {_quoted(words)},\n")
                out.append(f"        }},\n        {_quoted(tail)},\n        {_quoted(joint)},\n")
                out.append("    ),\n")
            else:
                words = "" if statement is None else _text(db, statement)[0]
                out.append(f"    {name}={_quoted(words)},\n")
        out.append("    schema=(\n")
        out += [f"        {_quoted(words)},\n" for words in schema(db)]
        out.append("    ),\n)\n")
    return "".join(out)


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    Path(__file__).with_name("compiled.py").write_text(source(), encoding="utf-8")
