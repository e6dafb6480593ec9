"""Recorded legacy stores, unpacked once per session."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

LEGACY = Path(__file__).resolve().parent.parent / "legacy"


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The directory of a recording by its name, for example `v1-4.0.1-beta.50/values`."""
    root = tmp_path_factory.mktemp("legacy")

    @cache
    def unpack(archive: str) -> Path:
        target = root / archive
        with tarfile.open(LEGACY / f"{archive}.tar.gz") as tar:
            tar.extractall(target, filter="data")
        inner = target / archive
        return inner if inner.is_dir() else target

    def find(name: str) -> Path:
        archive, _, inside = name.partition("/")
        return unpack(archive) / inside if inside else unpack(archive)

    return find
