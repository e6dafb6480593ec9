"""The stage of `traces.py`, for the tests beside it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "wfx_aio_traces", Path(__file__).with_name("traces.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def traces() -> ModuleType:
    """The module with the programs and their traces."""
    return sys.modules.get("wfx_aio_traces") or _load()


@pytest.fixture
def stage(traces: ModuleType):  # type: ignore[no-untyped-def]  # a class of that module
    """A fresh loop with fake steps and a virtual clock."""
    stage = traces.make_stage(turns=False)
    yield stage
    stage.drop()


@pytest.fixture
def play(stage):  # type: ignore[no-untyped-def]  # see above
    """Run a coroutine on the stage to its end, and give its result or raise its exception."""

    def run(coroutine):  # type: ignore[no-untyped-def]  # see above
        root = stage.play(coroutine)
        assert root.done(), f"stuck: {stage.trace}"
        assert stage.callback_errors == []
        return root.result()

    return run
