"""What Alembic runs: the revisions, on the connection that the caller opened and locked."""

from __future__ import annotations

from alembic import context

from wfx_world_sql.schema import VERSION_TABLE
from wfx_world_sql.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    # The caller's transaction holds all of it: either every revision lands or none.
    transactional_ddl=False,
    transaction_per_migration=False,
)
context.run_migrations()
