"""
Legacy formats to the present one, with proof.

`migrate` converts a source into a world and reports on every record of it; `check` holds a
migrated run against its certificate at any later time; `restore` gives the originals back.

One run goes through these stages, each a module that knows only the ones before it:

    v1.reader    yields a run: its rows, its events, every record byte for byte
    v1.upcast    converts it, purely, saying in `legacy` and in notes what it decided
    plan         folds the new log and compares it with the rows: write or quarantine
    apply        writes it in one transaction, reads it back, holds it against its certificate
    quarantine   keeps what cannot be converted, until it can
    report       counts every record, and tells run by run what became of it

`formats` is the chain that a later format joins with one module of its own.
"""

from __future__ import annotations

from wfx_migrate.apply import check
from wfx_migrate.migrate import Options, Progress, migrate
from wfx_migrate.quarantine import check_quarantine
from wfx_migrate.report import Report, Verdict, write_json
from wfx_migrate.report_html import write_html
from wfx_migrate.restore import NotRestorable, Restored, restore
from wfx_migrate.v1.model import NotAStore, NotV1, SourceError, ValueForm
from wfx_migrate.v1.notes import Paused
from wfx_migrate.v1.reader import open_source
from wfx_migrate.v1.room import Room

__all__ = [
    "NotAStore",
    "NotRestorable",
    "NotV1",
    "Options",
    "Paused",
    "Progress",
    "Report",
    "Restored",
    "Room",
    "SourceError",
    "ValueForm",
    "Verdict",
    "check",
    "check_quarantine",
    "migrate",
    "open_source",
    "restore",
    "write_html",
    "write_json",
]
