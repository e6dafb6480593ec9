"""What the how-to pages tell people to type works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from wfx import Client

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"


def blocks(page: str, language: str) -> list[str]:
    """The blocks of a page in this language."""
    text = (HOW_TO / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_runs_start_runs_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql_url: str
) -> None:
    """The parent gets what its children report, on both databases."""
    (code,) = blocks("come-from-another-system.md", "python")
    (tmp_path / "parents_and_children.py").write_text(code)
    monkeypatch.setenv("WFX_WORLD", sql_url)

    with Client(app_dir=tmp_path) as client:
        run = client.start("parents_and_children:parent", ["a", "b"])
        with client.worker("parents_and_children"):
            assert run.result(timeout=60) == ["parcel of a", "parcel of b"]
            client.result("parcel-b", timeout=60)  # the parent may end before its children


def test_a_backup_is_whole_while_somebody_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what is in no file but the log beside the database."""
    (tmp_path / "hello.py").write_text(
        "from wfx import workflow\n\n\n@workflow\nasync def hello() -> int:\n    return 1\n"
    )
    monkeypatch.chdir(tmp_path)
    (commands,) = [each for each in blocks("deploy.md", "console") if "VACUUM" in each]
    wfx = f'"{sys.executable}" -m wfx'
    script = commands.replace("python -c", f'"{sys.executable}" -c').replace("\nwfx", f"\n{wfx}")

    with Client("sqlite:///world.db", app_dir=tmp_path) as client:
        client.run("hello:hello")
        done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 of 1 runs are what their logs say")
