"""The pytest plugin, in processes of its own, as people run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "test-a-workflow.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.M)

MAKE = """
def test_record(wfx):
    wfx.step(charge, returns="r-1")
    run = wfx.start(checkout, Order(id=7, amount=9.5))
    wfx.send("approve-7", {"ok": True})
    assert run.result()["paid"]
    run.record("recordings/checkout-paid.jsonl")
"""


def run_pytest(folder: Path, *words: str, plugin: bool = True) -> tuple[int, str]:
    """pytest in a folder, with our plugin only; its exit code and what it printed."""
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]),
    }
    # On a CI machine pytest prints each failure whole in its summary, a second time.
    for name in ("PYTEST_ADDOPTS", "CI", "BUILD_NUMBER"):
        environment.pop(name, None)
    mine = ["-p", "wfx.testing.plugin"] if plugin else []
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *mine, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The module of the page, the tests of the page, and a recording."""
    (tmp_path / "orders.py").write_text(BLOCKS[0])
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    (tmp_path / "recordings").mkdir()
    return tmp_path


def test_the_examples_of_the_page_pass_and_a_change_fails_the_recordings(project: Path) -> None:
    """One after the other, since each makes what the next one needs."""
    tests = project / "test_orders.py"
    tests.write_text(BLOCKS[1] + "".join(f"\n\n{block}" for block in BLOCKS[2:3]) + "\n\n" + MAKE)
    code, told = run_pytest(project, "-q")
    assert (code, "6 passed" in told) == (0, True), told

    # With the recording there, the marker holds, and the folder is collected.
    tests.write_text(BLOCKS[1] + "\n\n" + BLOCKS[3])
    code, told = run_pytest(project, "--wfx-recordings", "recordings", "-v")
    assert (code, "6 passed" in told) == (0, True), told
    assert "recordings/checkout-paid.jsonl::replay PASSED" in told, told

    # A change that runs on their way do not survive.
    source = (project / "orders.py").read_text()
    (project / "orders.py").write_text(source.replace("str(uuid4())", "f'key-{uuid4()}'"))
    code, told = run_pytest(project, "--wfx-recordings", "recordings", "-q", "-k", "replay or way")
    assert code == 1
    assert "2 failed" in told, told
    assert told.count("recordings/checkout-paid.jsonl wrun_") >= 2
    assert told.count("the log has  step 'orders:charge'") == 2
    assert "Traceback" not in told


def test_settings_collect_recordings_only_when_no_paths_are_given(project: Path) -> None:
    """A recording that cannot be judged fails, and says why; an absent folder is usage."""
    (project / "recordings" / "broken.jsonl").write_text("{}\n")
    (project / "test_none.py").write_text("def test_nothing():\n    pass\n")
    (project / "pytest.ini").write_text("[pytest]\nwfx_recordings = recordings\n")

    code, told = run_pytest(project, "-q")
    assert (code, "1 failed, 1 passed" in told) == (1, True), told
    assert "recordings/broken.jsonl line 1: a recording begins with a header" in told
    code, told = run_pytest(project, "-q", "-p", "xdist.plugin", "-n", "2")
    assert (code, "1 failed, 1 passed" in told) == (1, True), told
    code, told = run_pytest(project, "-q", "test_none.py")
    assert (code, "1 passed" in told) == (0, True), told

    code, told = run_pytest(project, "--wfx-recordings", "absent")
    assert (code, "there is no folder of recordings" in told) == (4, True), told


def test_the_marker_fails_when_it_names_nothing(project: Path) -> None:
    """Else a test would go on passing when its recordings are moved."""
    (project / "test_marked.py").write_text(
        "import pytest\n\n\n"
        "@pytest.mark.wfx_replay_safe('gone/*.jsonl')\ndef test_safe():\n    pass\n"
    )
    code, told = run_pytest(project, "-q")
    assert (code, "nothing matches gone/*.jsonl" in told) == (1, True), told


def test_a_setting_that_says_nothing_is_told(project: Path) -> None:
    """A mapping without a target would be passed over."""
    (project / "pytest.ini").write_text("[pytest]\nwfx_map = shop\n")
    (project / "recordings" / "one.jsonl").write_text("")
    code, said = run_pytest(project, "--wfx-recordings", "recordings")
    assert code == 1
    assert "wfx_map 'shop' is neither OLD=TARGET nor a file with such lines" in said
    assert "Traceback" not in said


def test_the_plugin_imports_nothing_until_it_is_used(project: Path) -> None:
    """So that coverage sees wfx being imported, and pytest starts as fast as without it."""
    (project / "test_modules.py").write_text(
        "import sys\n\n\ndef test_modules():\n"
        "    ours = sorted(name for name in sys.modules if name.split('.')[0].startswith('wfx'))\n"
        "    assert ours == ['wfx', 'wfx.testing', 'wfx.testing.plugin']\n"
    )
    code, told = run_pytest(project, "-q", "-W", "error")
    assert (code, "1 passed" in told) == (0, True), told


def test_the_entry_point_names_the_plugin() -> None:
    """Whoever installs wfx has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"wfx": "wfx.testing.plugin"}
