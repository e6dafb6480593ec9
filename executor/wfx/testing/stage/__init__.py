"""
A stage: workflows played in virtual time, with their steps replaced and their hooks fed.

    def test_an_order_that_nobody_approves_is_given_up(wfx):
        wfx.step(charge, returns=Receipt(id="r-1"))
        run = wfx.start(checkout, Order(id=7))
        wfx.advance(days=2)
        assert run.result() == "given up"

Everything is as in a worker: the sandbox, the log, validation, retries. But time passes only
when nothing else can happen, and then at once.
"""

from __future__ import annotations

from wfx.testing.stage.play import Stage, StagedRun, Waiting

__all__ = ["Stage", "StagedRun", "Waiting"]
