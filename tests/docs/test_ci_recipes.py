"""The recipes for CI are what they say: YAML that can be read, and commands that work."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wfx.worlds import open_world

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-to" / "replay-in-ci.md").read_text(encoding="utf-8")
HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)

FLOW = "from wfx import workflow\n\n\n@workflow\nasync def hello() -> int:\n    return {}\n"


def commands() -> list[str]:
    """Every command of ours on the page and in the hooks, as a shell is given it."""
    found = re.findall(r"(?:run:|-|entry:) (wfx (?:replay|check).*)$", PAGE + HOOKS, re.MULTILINE)
    arguments = dict(re.findall(r"entry: (.*)\n  args: \[(.*)\]", HOOKS))
    whole = [f"{each} {arguments[each]}" if each in arguments else each for each in found]
    return sorted({each.replace("wfx check", "wfx check flows") for each in whole})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a recording, a world, and `wfx` on its path."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "bin").mkdir()
    script = folder / "bin" / "wfx"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wfx "$@"\n')
    script.chmod(0o755)
    (folder / "flows.py").write_text(FLOW.format(1))
    run(folder, "wfx run flows:hello && wfx record --sample 1 --to recordings")
    return folder


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """What a CI would run."""
    world = f"sqlite:///{folder / 'world.db'}"
    environment = {
        **os.environ,
        "WFX_WORLD": world,
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    if not (folder / "world.db").exists():
        open_world(world).close()
    return subprocess.run(
        ["sh", "-ec", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_recipes_are_yaml() -> None:
    """Each block, and the hooks of the repository."""
    yaml = pytest.importorskip("yaml", reason="pip install -e '.[dev]' brings it")
    read: list[Any] = [yaml.safe_load(block) for block in BLOCKS]
    assert len(read) == 5
    github, sarif, gitlab, deploy, commit = read
    steps = [step.get("run") for step in github["jobs"]["replay"]["steps"]]
    assert steps[-1] == "wfx replay recordings --format github"
    assert sarif["jobs"]["replay"]["steps"][-1]["with"] == {"sarif_file": "replay.sarif"}
    assert gitlab["replay"]["artifacts"]["reports"] == {"junit": "replay.xml"}
    assert deploy["replay open runs"]["script"][-1].startswith("wfx replay --world")
    hooks = yaml.safe_load(HOOKS)
    assert [hook["id"] for hook in hooks] == ["wfx-replay", "wfx-check"]
    required = {"id", "name", "entry", "language"}
    assert all(required <= set(hook) for hook in [*hooks, *commit["repos"][0]["hooks"]])


@pytest.mark.parametrize("command", commands())
def test_a_command_of_a_recipe_lets_good_code_pass(project: Path, command: str) -> None:
    """Exit code 0; nothing to judge in a world without open runs is exit code 2, and is said."""
    (project / "flows.py").write_text(FLOW.format(1))
    done = run(project, command)
    if "--open" in command:
        assert (done.returncode, "no such runs" in done.stderr) == (2, True), done
    else:
        assert done.returncode == 0, done


@pytest.mark.parametrize("command", [each for each in commands() if " recordings" in each])
def test_a_command_of_a_recipe_stops_a_change_that_breaks(project: Path, command: str) -> None:
    """Exit code 1, and what it writes says so."""
    (project / "flows.py").write_text(FLOW.format(2))
    done = run(project, command)
    written = [word for word in shlex.split(command) if word.startswith("replay.")]
    told = (project / written[0]).read_text() if written else done.stdout
    assert done.returncode == 1
    assert "flows.py" in told


def test_the_ci_of_wfx_replays_the_recordings_of_released_versions() -> None:
    """As the page says."""
    said = re.search(r"wfx replay tests/recordings --app-dir \S+(?=`)", PAGE)
    assert said is not None
    assert said[0] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
