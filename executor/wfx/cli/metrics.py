"""
What a worker counts, and how Prometheus reads it.

Each metric is a row of `METRICS`; the page docs/reference/metrics.md is made from them.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from wfx.clock import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from wfx.queues import QueueState


class Metric(NamedTuple):
    """One metric."""

    kind: str
    """`counter`, `gauge` or `histogram`."""
    labels: str
    says: str


METRICS: Final = {
    "wfx_runs_total": Metric("counter", "status", "runs that this worker moved to a status"),
    "wfx_runs_parked_total": Metric("counter", "reason", "runs that this worker parked"),
    "wfx_steps_total": Metric(
        "counter", "step, event", "steps created, started, completed, failed, retried, cancelled"
    ),
    "wfx_step_attempts_lost_total": Metric(
        "counter", "step", "attempts of others that ended without an outcome, and were taken over"
    ),
    "wfx_step_seconds": Metric("histogram", "step", "from the start of an attempt to its outcome"),
    "wfx_append_seconds": Metric("histogram", "", "time that an append to the world took"),
    "wfx_append_errors_total": Metric("counter", "code", "appends that were refused or failed"),
    "wfx_claims_total": Metric("counter", "kind", "tasks that this worker claimed"),
    "wfx_leases_lost_total": Metric("counter", "", "claims that others hold now"),
    "wfx_slots": Metric("gauge", "", "steps that this worker executes at the same time"),
    "wfx_steps_running": Metric("gauge", "", "steps that this worker is executing"),
    "wfx_queue_tasks": Metric(
        "gauge", "queue, state", "tasks of the world by queue and state, as `wfx queue` shows them"
    ),
    "wfx_queue_oldest_ready_seconds": Metric(
        "gauge", "queue", "how long the oldest ready task of a queue has been ready"
    ),
    "wfx_world_up": Metric(
        "gauge", "", "1 if the world answered this scrape, and the worker does not wait for it"
    ),
}
"""Name → what it is."""

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)
_STATES: Final = ("ready", "running", "delayed", "suspended", "waits", "waits_due", "parked")

_Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Counters and histograms; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, dict[_Labels, float]] = {}
        self._buckets: dict[str, dict[_Labels, list[int]]] = {}

    def add(self, name: str, count: float = 1, **labels: str) -> None:
        """Count something."""
        with self._lock:
            counts = self._counts.setdefault(name, {})
            key = tuple(labels.items())
            counts[key] = counts.get(key, 0) + count

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Note how long something took."""
        key = tuple(labels.items())
        with self._lock:
            buckets = self._buckets.setdefault(name, {}).setdefault(key, [0] * (len(_SECONDS) + 1))
            buckets[bisect_left(_SECONDS, seconds)] += 1
            sums = self._counts.setdefault(f"{name}_sum", {})
            sums[key] = sums.get(key, 0) + seconds

    def text(self, gauges: Iterable[tuple[str, _Labels, float]] = ()) -> str:
        """All of it, in the text format of Prometheus."""
        now: dict[str, dict[_Labels, float]] = {}
        for name, labels, value in gauges:
            now.setdefault(name, {})[labels] = value
        with self._lock:
            lines = [line for name in METRICS for line in self._metric(name, now.get(name, {}))]
        return "\n".join(lines) + "\n"

    def _metric(self, name: str, gauge: dict[_Labels, float]) -> Iterable[str]:
        kind, _, says = METRICS[name]
        yield f"# HELP {name} {says}"
        yield f"# TYPE {name} {kind}"
        if kind == "histogram":
            for labels, buckets in self._buckets.get(name, {}).items():
                total = 0
                for most, count in zip((*_SECONDS, "+Inf"), buckets, strict=True):
                    total += count
                    yield _line(f"{name}_bucket", (*labels, ("le", str(most))), total)
                yield _line(f"{name}_sum", labels, self._counts[f"{name}_sum"][labels])
                yield _line(f"{name}_count", labels, total)
            return
        values = gauge if kind == "gauge" else self._counts.get(name, {})
        for labels, value in values.items():
            yield _line(name, labels, value)


def queue_gauges(
    states: Iterable[QueueState], now: datetime
) -> Iterable[tuple[str, _Labels, float]]:
    """What the queues of the world hold."""
    for state in states:
        for name in _STATES:
            labels = (("queue", state.queue), ("state", name))
            yield "wfx_queue_tasks", labels, getattr(state, name)
        oldest = state.oldest_ready_at
        age = 0.0 if oldest is None else (to_us(now) - to_us(oldest)) / 1e6
        yield "wfx_queue_oldest_ready_seconds", (("queue", state.queue),), max(0.0, age)


def _line(name: str, labels: _Labels, value: float) -> str:
    shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    number = f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return f"{name}{{{shown}}} {number}" if shown else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
