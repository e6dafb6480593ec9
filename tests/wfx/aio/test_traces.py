"""The order of turns, requests and waits is the same on every version of Python."""

from __future__ import annotations

import json

import pytest


def test_every_trace_is_the_one_on_file(traces):
    """The file was made on 3.11; a difference means that old logs would not replay."""
    assert traces.digests() == json.loads(traces.GOLDEN.read_text())


def test_the_same_seed_gives_the_same_trace_twice(traces):
    """Nothing of one run is seen in the next."""
    assert traces.random_trace(7) == traces.random_trace(7)


@pytest.mark.parametrize("seed", range(0, 400, 50))
def test_random_programs_leave_no_error_behind(traces, seed):
    """No callback raises, and no program hangs, except by a wait of its own."""
    for s in range(seed, seed + 50):
        trace = traces.random_trace(s)
        assert not [line for line in trace if line.startswith("callback raised")]
        assert trace.count("stuck") == 0
