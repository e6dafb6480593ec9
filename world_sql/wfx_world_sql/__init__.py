"""The SQL world: logs, entities and tasks in SQLite or PostgreSQL."""

from __future__ import annotations

from wfx_world_sql.schema import HEAD, Upgrade, upgrade
from wfx_world_sql.vacuum import Vacuumed, vacuum
from wfx_world_sql.world import SqlWorld, open_world

__all__ = ["HEAD", "SqlWorld", "Upgrade", "Vacuumed", "open_world", "upgrade", "vacuum"]
