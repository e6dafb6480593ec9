"""Priorities, limits of queues, and workers that say they are there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Give tasks a priority and a key, and make the tables of queues and workers."""
    op.add_column(
        "task",
        sa.Column("priority", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column(
        "task",
        sa.Column("queue_key", sa.Text(), nullable=False, server_default=sa.text("''")),
    )
    op.drop_index("task_ready", "task")
    plain = sa.text("parked IS NULL AND priority = 0")
    ranked = sa.text("parked IS NULL AND priority != 0")
    op.create_index(
        "task_ready",
        "task",
        ["claimable_at", "number"],
        sqlite_where=plain,
        postgresql_where=plain,
    )
    op.create_index(
        "task_ranked",
        "task",
        ["priority", "claimable_at", "number"],
        sqlite_where=ranked,
        postgresql_where=ranked,
    )
    op.create_index("run_by_workflow", "run", ["workflow_name", "created_at", "run_id"])
    op.create_table(
        "queue_limit",
        sa.Column("queue", _ID, nullable=False),
        sa.Column("concurrency", sa.Integer()),
        sa.Column("rate_count", sa.Integer()),
        sa.Column("rate_period", sa.BigInteger()),
        sa.Column("concurrency_per_key", sa.Integer()),
        sa.Column("rate_per_key_count", sa.Integer()),
        sa.Column("rate_per_key_period", sa.BigInteger()),
        sa.PrimaryKeyConstraint("queue"),
    )
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "queue_start",
        sa.Column("number", number, sa.Identity(), primary_key=True, nullable=False),
        sa.Column("queue", _ID, nullable=False),
        sa.Column("queue_key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
    )
    op.create_index("queue_start_by_time", "queue_start", ["queue", "at"])
    op.create_table(
        "worker",
        sa.Column("owner", _ID, nullable=False),
        sa.Column("workflows", sa.Text(), nullable=False),
        sa.Column("queues", sa.Text()),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("seen_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )
