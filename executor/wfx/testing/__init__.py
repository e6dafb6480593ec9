"""
What tests of workflows and of worlds stand on; needs pytest.

`wfx.testing.world_conformance` is the suite that every world passes. Nothing is loaded
before it is asked for.
"""
