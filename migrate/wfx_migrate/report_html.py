"""A migration's report as one HTML page: what happened, run by run, readable without tools."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import IO, Final

from wfx import codec
from wfx.values import Json
from wfx_migrate.report import Report
from wfx_migrate.v1.upcast import TABLE

_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:.5em 0 1.5em}td,th{border:1px solid #ccc;padding:.2em .6em;
text-align:left;vertical-align:top}th{background:#f3f3f3}details{border:1px solid #ddd;
border-radius:4px;margin:.4em 0;padding:.3em .8em}summary{cursor:pointer}code{font-size:90%}
.migrated,.would{color:#16661d}.skipped{color:#666}.quarantined,.refused{color:#a01414;font-weight:600}
td.n{text-align:right}ul{margin:.2em 0}h3{margin:.6em 0 .1em;font-size:100%}
"""


def write_html(report: Report, file: IO[str]) -> None:
    """Write the whole report as a page."""
    for part in _page(report):
        file.write(part)


def _page(report: Report) -> Iterator[str]:
    summary = report.summary()
    yield '<!doctype html>\n<html lang="en"><meta charset="utf-8">\n'
    yield f"<title>Migration of {_text(report.source)}</title>\n<style>{_STYLE}</style>\n"
    yield f"<h1>Migration of <code>{_text(report.source)}</code></h1>\n"
    into = f"into <code>{_text(report.target)}</code>" if report.target else "(dry run)"
    yield f"<p>{_text(report.description)}, {into}. "
    done = "would migrate; nothing was written" if report.dry_run else "was migrated"
    everything = f"Everything {done}." if report.ok else f"<b>Not everything {done}.</b>"
    yield f"{everything}</p>\n"
    if report.stopped:
        yield f'<p class="quarantined">It stopped before its end: {_text(report.stopped)}</p>\n'
    yield from _counts("Runs", summary["runs"], report.totals.runs.total())
    yield from _counts("Source records", summary["records"], None)
    yield from _counts("Noticed", summary["notes"], None)
    yield (
        f"<p>{report.totals.events} events in the new logs, {report.totals.synthesised} of them "
        f"synthesised; {report.totals.parked} open runs parked; "
        f"{report.totals.ties} ties and {report.totals.inversions} inversions of the clock.</p>\n"
    )
    if report.problems:
        yield "<h2>Wrong in the source, beside its runs</h2>\n<ul>"
        yield from (f"<li>{_text(str(problem))}</li>" for problem in report.problems)
        yield "</ul>\n"
    yield "<h2>Runs</h2>\n"
    for run in report.runs():
        yield from _run(run)
    yield "<h2>What events are made of</h2>\n<table><tr><th>event<th>made of<th>decisions</tr>\n"
    for row in TABLE:
        yield "<tr>" + "".join(f"<td>{_text(cell)}" for cell in row) + "</tr>\n"
    yield "</table></html>\n"


def _counts(title: str, counts: Json, total: int | None) -> Iterator[str]:
    if not isinstance(counts, dict) or not counts:
        return
    yield f"<h2>{_text(title)}</h2>\n<table>"
    for name, number in counts.items():
        yield f'<tr><td>{_text(name)}<td class="n">{_text(number)}</tr>'
    if total is not None:
        yield f'<tr><th>all<th class="n">{total}</tr>'
    yield "</table>\n"


def _run(run: dict[str, Json]) -> Iterator[str]:
    verdict = str(run["verdict"])
    shown = " open" if verdict in ("quarantined", "refused") else ""
    yield f"<details{shown}><summary><code>{_text(run['runId'])}</code> "
    yield f'<span class="{verdict.split()[0]}">{_text(verdict)}</span> '
    yield f"{_text(run.get('workflowName') or '')} "
    status, legacy = run.get("status"), run.get("legacyStatus")
    if status:
        yield _text(status if status == legacy else f"{legacy} → {status}")
    yield f" · {_text(run['records'])} records, {_text(run['events'])} events</summary>\n"
    yield from _list("Why", run.get("reasons"))
    if run.get("parked"):
        yield f"<p>Parked: {_text(run['parked'])}</p>"
    yield from _list("Unknown", run.get("unknown"))
    yield from _table("Noticed", run.get("notes"), ("kind", "where", "text", "decision"))
    yield from _table(
        "Synthesised events",
        run.get("synthesised"),
        ("position", "eventType", "correlationId", "fields", "inferred", "unknown"),
    )
    yield from _table(
        f"Rows against the log: {_text(run.get('fieldsEqual', 0))} of "
        f"{_text(run.get('fieldsCompared', 0))} fields equal, these differ",
        run.get("differences"),
        ("entity", "field", "legacy", "log", "reason"),
    )
    if run.get("omitted"):
        yield f"<p>{_text(run['omitted'])} lines were left out.</p>"
    if run.get("certificate"):
        yield f"<h3>Certificate</h3><code>{_text(codec.dumps(run['certificate']))}</code>"
    yield "</details>\n"


def _list(title: str, items: Json) -> Iterator[str]:
    if isinstance(items, list) and items:
        yield f"<h3>{_text(title)}</h3><ul>"
        yield from (f"<li>{_text(item)}</li>" for item in items)
        yield "</ul>"


def _table(title: str, rows: Json, columns: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(rows, list) or not rows:
        return
    yield f"<h3>{title}</h3><table><tr>"
    yield "".join(f"<th>{_text(name)}" for name in columns) + "</tr>\n"
    for row in rows:
        if isinstance(row, dict):
            yield "<tr>" + "".join(f"<td>{_cell(row.get(name))}" for name in columns) + "</tr>\n"
    yield "</table>"


def _cell(value: Json) -> str:
    if isinstance(value, dict):
        return "<br>".join(f"{_text(key)}: {_text(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "<br>".join(_text(item) for item in value)
    return "" if value is None else _text(value)


def _text(value: Json) -> str:
    shown = value if isinstance(value, str) else codec.dumps(value)
    return escape(shown.encode("utf-8", "backslashreplace").decode())
