"""What stands for classes in workflow code."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from wfx_sandbox import kinds


class Late:
    """A class that a facade hands out which is not made yet."""


def test_a_class_is_the_same_in_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in one that asks while another one is still making the facades."""
    began, goes_on = threading.Event(), threading.Event()

    def make_all() -> None:
        began.set()
        goes_on.wait(10)
        kinds.give(Late)

    monkeypatch.setattr(kinds, "_given", {*kinds._given})
    monkeypatch.setattr(kinds, "_makers", [make_all])
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(kinds.type_of, Late())
        assert began.wait(10)
        second = threads.submit(kinds.type_of, Late())
        wait([second], timeout=0.1)
        goes_on.set()
        assert (first.result(), second.result()) == (Late, Late)
