"""A project directory, and a run just big enough to execute workflow code in."""

from __future__ import annotations

import asyncio
import sys
import textwrap
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest

import wfx_sandbox
from wfx.codec import HOST, decode, encode
from wfx.context import entered
from wfx.errors import Violation


class FakeRun:
    """A RunContext that answers from a script and remembers what it was asked."""

    def __init__(self, *, env: dict[str, str] | None = None, seed: bytes = b"s" * 16) -> None:
        self.run_id = "wrun_test"
        self.created_at = datetime(2026, 1, 1, tzinfo=UTC)
        self.activation = 0
        self.registry: Any = None
        self.state: dict[str, object] = {}
        self.shown: list[tuple[str, str]] = []
        self.steps: list[tuple[str, str]] = []
        self.read: list[tuple[str, str]] = []
        self.violation: Violation | None = None
        self._env = env or {}
        self._seed = seed
        self._us = 1_767_225_600_000_000
        self._uuids = 0

    def now_us(self) -> int:
        self._us += 1
        return self._us

    def seed(self) -> bytes:
        return self._seed

    def uuid(self, make: Callable[[], str]) -> str:
        self._uuids += 1
        return str(uuid.UUID(int=self._uuids))

    def ambient(self, effect: str, key: str, read: Callable[[], Any]) -> Any:
        self.read.append((effect, key))
        return self._env.get(key) if effect == "env" else f"{effect} {key}"

    def patched(self, name: str, *, deprecated: bool = False) -> bool:
        return True

    def output(self, text: str, stream: str) -> None:
        self.shown.append((stream, text))

    def violate(self, violation: Violation) -> NoReturn:
        self.violation = violation
        raise violation

    async def call_step(
        self, spec: Any, args: tuple[Any, ...], kwargs: dict[str, Any], place: str
    ) -> Any:
        self.steps.append((spec.name, place))
        given = [decode(encode(a, registry=self.registry), registry=HOST) for a in args]
        named = {
            k: decode(encode(v, registry=self.registry), registry=HOST) for k, v in kwargs.items()
        }
        result = spec.func(*given, **named)
        if spec.is_async:
            result = await result
        return decode(encode(result, registry=HOST), registry=self.registry)


class Lab:
    """Writes modules into a directory, loads and runs them."""

    def __init__(self, app_dir: Path) -> None:
        self.app_dir = app_dir

    def write(self, **files: str) -> None:
        """Write modules: `billing__steps` is billing/steps.py, INIT is __init__.py."""
        for name, text in files.items():
            path = self.app_dir.joinpath(*name.split("__")).with_suffix(".py")
            if path.name == "INIT.py":
                path = path.with_name("__init__.py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    def load(self, target: str = "flow") -> wfx_sandbox.LoadedTarget:
        """Load a target of the directory."""
        return wfx_sandbox.load_target(target, app_dir=self.app_dir)

    def run(self, source: str, *args: Any, run: FakeRun | None = None, **files: str) -> Any:
        """Run the one workflow of this source; the decoded result."""
        self.write(flow=source, **files)
        return self.call(self.load(), *args, run=run)

    def call(self, loaded: wfx_sandbox.LoadedTarget, *args: Any, run: FakeRun | None = None) -> Any:
        """Run a loaded workflow once, on the standard library's event loop."""
        run = run or FakeRun()

        async def main() -> Any:
            instance = loaded.program.instantiate(run)
            encoded = [encode(each, registry=HOST) for each in args]
            return await instance.call(loaded.workflow_name, encoded, {})

        with entered(run):
            tree = asyncio.run(main())
        return decode(tree, registry=HOST)

    def body(self, *lines: str, run: FakeRun | None = None) -> Any:
        """Run these lines as the body of a workflow; `result` is returned."""
        indented = "\n".join(f"    {line}" for text in lines for line in text.splitlines())
        source = f"from wfx import workflow\n\n@workflow\nasync def main():\n{indented}\n"
        return self.run(source + "    return result\n", run=run)

    def findings(self, source: str, **files: str) -> list[str]:
        """What `check` finds, as `line rule message`."""
        self.write(flow=source, **files)
        return [
            f"{each.line} {each.rule} {each.message}"
            for each in wfx_sandbox.check("flow", app_dir=self.app_dir)
        ]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """An empty project."""
    before = list(sys.path)
    app_dir = tmp_path / "app"
    app_dir.mkdir()
    yield Lab(app_dir)
    sys.path[:] = before


@pytest.fixture
def fake_run() -> type[FakeRun]:
    """The class of fake runs."""
    return FakeRun
