"""
Many workers, clients and everything that can go wrong, in one process and decided by a seed.

The workers are the real ones; only time, threads and the network are not. See
`docs/explanation/testing.md`; `python -m wfx.testing.simulation --help` runs it.
"""

from wfx.testing.simulation.story import Failed, Story, simulate

__all__ = ["Failed", "Story", "simulate"]
