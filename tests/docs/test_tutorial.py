"""What the tutorial and the README tell people to type works."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from wfx import Client

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial" / "README.md"


def test_the_workflow_of_the_tutorial_runs(tmp_path: Path) -> None:
    """As it stands on the page, with the payload of the page, and it gives that result."""
    text = TUTORIAL.read_text(encoding="utf-8")
    code = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[0]
    # Nobody has to go to the market in a test.
    (tmp_path / "dinner.py").write_text(
        code.replace("asyncio.sleep(2)", "asyncio.sleep(0)").replace(
            "asyncio.sleep(1)", "asyncio.sleep(0)"
        )
    )

    with Client("memory:", app_dir=tmp_path) as client:
        run = client.start("dinner.py:dinner", "Ada")
        with client.worker("dinner"), closing(client.world.watch()) as watch:
            while not client.world.hooks.list(run_id=run.run_id).items:
                watch.wait(1.0)
            client.resume_hook("dinner-Ada", {"coming": True, "friends": 2})
            result = run.result(timeout=30)

    assert str(result).startswith("dinner for 4: fresh ")
    assert '"dinner for 4: fresh ' in text


def test_the_readme_has_each_command_once_and_alone_on_its_line() -> None:
    """`.ci/run` takes the two commands from these lines and runs them."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("pip install")] == [
        "pip install . && wfx run docs/examples/quickstart.py:quickstart Ada",
        "pip install -e '.[dev]' && pytest",
    ]
