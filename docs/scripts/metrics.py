"""What a worker counts, from the table that says so."""

from __future__ import annotations

from wfx.cli.metrics import METRICS


def metric_table() -> str:
    """One row per metric."""
    rows = ["| metric | type | labels | |", "|---|---|---|---|"]
    for name, metric in METRICS.items():
        labels = ", ".join(f"`{label}`" for label in metric.labels.split(", ") if label)
        rows.append(f"| `{name}` | {metric.kind} | {labels} | {metric.says} |")
    return "\n".join(rows)
