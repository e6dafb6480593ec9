"""Failures inside the shipped suite are explained like those of tests in here."""

import pytest

pytest.register_assert_rewrite("wfx.testing.world_conformance")
