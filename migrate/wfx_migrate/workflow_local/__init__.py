"""
Out again: a store of the Workflow DevKit, made of runs of ours.

The layout is that of `@workflow/world-local` 4.1.0-beta.30, specVersion 2, which the
runtime and the command line of `workflow` 4.1.0-beta.54 read. What has no counterpart there
is decided in `values` (values), `rows` (events and entities) and `order` (ids and times),
and counted by `export`.
"""

from __future__ import annotations

from wfx_migrate.workflow_local.export import Exported, NotExportable, export

__all__ = ["Exported", "NotExportable", "export"]
