"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _needed(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _number() -> sa.Column[Any]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("number", kind, sa.Identity(), primary_key=True, nullable=False)


def upgrade() -> None:
    """Make all tables."""
    text, integer, us = sa.Text(), sa.Integer(), sa.BigInteger()
    op.create_table(
        "run",
        _needed("run_id", _ID),
        _needed("workflow_name", text),
        _needed("deployment_id", text),
        _needed("status", text),
        sa.Column("execution_context", text),
        sa.Column("output", text),
        sa.Column("error", text),
        sa.Column("error_code", text),
        sa.Column("cancel_reason", text),
        _needed("created_at", us),
        sa.Column("started_at", us),
        sa.Column("completed_at", us),
        _needed("updated_at", us),
        _needed("next_position", integer),
        _needed("last_command", integer),
        _needed("last_delivered", integer),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_index("run_by_time", "run", ["created_at", "run_id"])
    op.create_index("run_by_status", "run", ["status", "created_at", "run_id"])
    op.create_table(
        "step",
        _needed("run_id", _ID),
        _needed("step_id", _ID),
        sa.Column("step_name", text),
        _needed("status", text),
        _needed("attempt", integer),
        _needed("failures", integer),
        _needed("input", text),
        sa.Column("kwargs", text),
        sa.Column("output", text),
        sa.Column("error", text),
        _needed("queue", text),
        sa.Column("retry_after", us),
        sa.Column("call", text),
        _needed("created_at", us),
        sa.Column("first_started_at", us),
        sa.Column("completed_at", us),
        _needed("updated_at", us),
        _needed("first_position", integer),
        _needed("last_position", integer),
        sa.PrimaryKeyConstraint("run_id", "step_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hook",
        _number(),
        _needed("hook_id", _ID),
        _needed("run_id", _ID),
        sa.Column("token", _ID),
        sa.Column("token_whole", text),
        _needed("status", text),
        sa.Column("schema", text),
        sa.Column("metadata", text),
        _needed("received", integer),
        _needed("created_at", us),
        sa.Column("disposed_at", us),
        _needed("first_position", integer),
        _needed("last_position", integer),
    )
    active = sa.text("status = 'active'")
    op.create_index("hook_by_id", "hook", ["hook_id"], unique=True)
    op.create_index("hook_by_run", "hook", ["run_id"])
    op.create_index("hook_by_token", "hook", ["token", "disposed_at"])
    op.create_index(
        "hook_of_token",
        "hook",
        ["token"],
        unique=True,
        sqlite_where=active,
        postgresql_where=active,
    )
    op.create_table(
        "wait",
        _needed("run_id", _ID),
        _needed("wait_id", _ID),
        _needed("status", text),
        sa.Column("delay", us),
        _needed("resume_at", us),
        _needed("created_at", us),
        sa.Column("completed_at", us),
        _needed("first_position", integer),
        _needed("last_position", integer),
        sa.PrimaryKeyConstraint("run_id", "wait_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("wait_by_moment", "wait", ["run_id", "resume_at", "first_position"])
    op.create_table(
        "event",
        _needed("run_id", _ID),
        _needed("position", integer),
        _needed("event_id", _ID),
        _needed("event_type", text),
        sa.Column("correlation_id", _ID),
        _needed("created_at", us),
        _needed("data", text),
        sa.Column("legacy", text),
        sa.PrimaryKeyConstraint("run_id", "position"),
        sqlite_with_rowid=False,
    )
    found_by_id = sa.text(
        "event_type IN ('run_started', 'run_completed', 'run_failed', 'run_cancelled', "
        "'step_retrying', 'hook_received', 'hook_conflict')"
    )
    op.create_index(
        "event_by_id",
        "event",
        ["event_id"],
        sqlite_where=found_by_id,
        postgresql_where=found_by_id,
    )
    op.create_table(
        "task",
        _number(),
        _needed("task_id", _ID),
        _needed("kind", text),
        _needed("run_id", _ID),
        _needed("name", text),
        _needed("queue", text),
        sa.Column("claimable_at", us),
        sa.Column("owner", text),
        _needed("fence", sa.BigInteger()),
        _needed("deaths", integer),
        _needed("abandoned", sa.Boolean()),
        sa.Column("parked", text),
        sa.Column("parked_detail", text),
        _needed("parked_digests", text),
    )
    unparked, parked = sa.text("parked IS NULL"), sa.text("parked IS NOT NULL")
    owned = sa.text("owner IS NOT NULL")
    op.create_index("task_by_id", "task", ["task_id"], unique=True)
    op.create_index(
        "task_ready",
        "task",
        ["claimable_at", "number"],
        sqlite_where=unparked,
        postgresql_where=unparked,
    )
    op.create_index("task_parked", "task", ["parked"], sqlite_where=parked, postgresql_where=parked)
    op.create_index("task_by_run", "task", ["run_id"])
    op.create_index("task_by_owner", "task", ["owner"], sqlite_where=owned, postgresql_where=owned)
    op.create_table(
        "stream_chunk",
        _needed("run_id", _ID),
        _needed("stream", _ID),
        _needed("number", integer),
        sa.Column("data", sa.LargeBinary()),
        sa.Column("step_id", _ID),
        sa.Column("attempt", integer),
        _needed("created_at", us),
        sa.PrimaryKeyConstraint("run_id", "stream", "number"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "legacy_record",
        _needed("run_id", _ID),
        _needed("number", integer),
        sa.Column("source", text),
        _needed("data", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("run_id", "number"),
    )
