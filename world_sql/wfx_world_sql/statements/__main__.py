"""Write `wfx_world_sql.compiled` anew."""

from __future__ import annotations

from pathlib import Path

from wfx_world_sql import compiled
from wfx_world_sql.statements.source import sources

if __name__ == "__main__":
    for name, source in sources().items():
        Path(compiled.__file__).with_name(name).write_text(source, encoding="utf-8")
