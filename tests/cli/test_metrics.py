"""What a worker counts: its text, and the world that counts what is asked of it."""

from __future__ import annotations

import pytest

from wfx.cli.endpoint import Endpoint
from wfx.cli.metering import MeteredWorld
from wfx.cli.metrics import METRICS, Metrics, queue_gauges
from wfx.clock import ManualClock
from wfx.errors import LeaseLost
from wfx.memory import MemoryWorld
from wfx.queues import QueueState
from wfx.testing import scenes as s
from wfx.world import Hold, Task, TaskKind


def test_the_text_is_that_of_prometheus() -> None:
    """Counters, histograms with growing buckets, gauges; labels are escaped."""
    metrics = Metrics()
    metrics.add("wfx_steps_total", step='a"b\\c\nd', event="started")
    metrics.add("wfx_steps_total", 2, step="x", event="failed")
    for seconds in (0.0009, 0.02, 700):
        metrics.observe("wfx_append_seconds", seconds)
    state = QueueState(queue="gpu", ready=3, oldest_ready_at=s.START)
    lines = metrics.text(queue_gauges([state], s.START + 90 * s.SECOND)).splitlines()

    assert 'wfx_steps_total{step="a\\"b\\\\c\\nd",event="started"} 1' in lines
    assert 'wfx_steps_total{step="x",event="failed"} 2' in lines
    assert 'wfx_append_seconds_bucket{le="0.001"} 1' in lines
    assert 'wfx_append_seconds_bucket{le="0.025"} 2' in lines
    assert 'wfx_append_seconds_bucket{le="600"} 2' in lines
    assert 'wfx_append_seconds_bucket{le="+Inf"} 3' in lines
    assert "wfx_append_seconds_sum 700.0209" in lines
    assert "wfx_append_seconds_count 3" in lines
    assert 'wfx_queue_tasks{queue="gpu",state="ready"} 3' in lines
    assert 'wfx_queue_oldest_ready_seconds{queue="gpu"} 90' in lines
    assert [line.split()[2] for line in lines if line.startswith("# TYPE")] == list(METRICS)


def test_a_metered_world_counts_claims_losses_and_refusals() -> None:
    """And passes everything on."""
    clock = ManualClock()
    world = MemoryWorld(clock)
    metrics = Metrics()
    claimed: list[Task] = []
    lost: list[Hold] = []
    metered = MeteredWorld(world, metrics, claimed=claimed.append, lost=lost.extend)
    scene = s.new_run(world, clock)

    (task,) = metered.queue.claim("ann", kinds=[TaskKind.RUN])
    assert claimed == [task]
    clock.advance(s.LEASE)
    world.queue.claim("bob", kinds=[TaskKind.RUN])
    assert metered.queue.extend("ann", [task.hold]) == set()
    assert lost == [task.hold]
    with pytest.raises(LeaseLost):
        metered.events.create(scene.run_id, s.run_started(), fence=[task.hold])

    lines = metrics.text().splitlines()
    assert 'wfx_claims_total{kind="run"} 1' in lines
    assert "wfx_leases_lost_total 1" in lines
    assert 'wfx_append_errors_total{code="lease-lost"} 1' in lines


def test_a_free_port_is_found_and_told() -> None:
    """Port 0 asks for it; the address is told as a URL."""
    with Endpoint("127.0.0.1", 0, {}) as four:
        assert four.url.startswith("http://127.0.0.1:")
