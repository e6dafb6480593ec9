"""The documentation is true where a machine can tell: generated parts, links, codes, code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import wfx

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
ERRORS = DOCS / "reference" / "errors"

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def page_id(page: Path) -> str:
    """A page's name from the root of the project."""
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """What a link to a heading of the page may end with."""
    found = set()
    for heading in _HEADING.findall(_BLOCK.sub("", page.read_text(encoding="utf-8"))):
        kept = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(kept.replace(" ", "-"))
    return found


def error_codes() -> dict[str, type]:
    """The class of every error code, as the script that lists them finds it."""
    sys.path.insert(0, str(DOCS / "scripts"))
    try:
        from error_codes import error_codes as found  # type: ignore[import-not-found]  # a script
    finally:
        sys.path.remove(str(DOCS / "scripts"))
    codes: dict[str, type] = found()
    return codes


def test_generated_parts_are_fresh() -> None:
    """Diagrams, tables and help texts are what the code says now."""
    ran = subprocess.run(
        [sys.executable, "docs/scripts/generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == ("", "", 0)


def test_every_error_code_has_a_page_and_every_page_a_code() -> None:
    """Whoever reads a code in a message finds its page."""
    pages = {page.stem for page in ERRORS.glob("*.md")} - {"README"}
    assert pages == set(error_codes())


@pytest.mark.parametrize("page", sorted(ERRORS.glob("[!R]*.md")), ids=lambda page: page.stem)
def test_an_error_page_names_its_class_and_says_what_to_do(page: Path) -> None:
    """Code, class, status, what happened, what to do."""
    cls = error_codes()[page.stem]
    status = getattr(cls, "status", 500)
    named = f"`{cls.__module__}.{cls.__qualname__}`"
    named += f" · status {status}" if status != 500 else ""

    lines = page.read_text(encoding="utf-8").splitlines()

    assert lines[0] == f"# {page.stem}"
    assert lines[2] == named
    assert [line for line in lines if line.startswith("## ")] == [
        "## What happened",
        "## What to do",
    ]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file, and its anchor a heading, that is there."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    wrong = []
    for link in _LINK.findall(text):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_python_in_pages_is_python(page: Path) -> None:
    """Every block of Python parses."""
    for language, block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            ast.parse(block)


def test_every_page_can_be_reached_from_the_readme() -> None:
    """No page is written for nobody."""
    seen: set[Path] = set()
    queue = [ROOT / "README.md"]
    while queue:
        page = queue.pop()
        if page in seen or not page.is_file() or page.suffix != ".md":
            continue
        seen.add(page)
        text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
        for link in _LINK.findall(text):
            if not link.startswith("http"):
                queue.append((page.parent / link.partition("#")[0]).resolve())
    assert {page_id(page) for page in PAGES} == {page_id(page) for page in seen}


def test_the_decisions_are_all_listed() -> None:
    """The list of decisions has them all, in order."""
    pages = sorted(page.name for page in (DOCS / "decisions").glob("[0-9]*.md"))
    listed = re.findall(
        r"\((\d{4}-[^)]+)\)", (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    )
    assert listed == pages
    assert [int(name[:4]) for name in pages] == list(range(1, len(pages) + 1))


def sources() -> list[tuple[Path, str]]:
    """Every module of the packages, with its text."""
    roots = ("executor", "sandbox", "world_sql", "migrate")
    paths = [path for root in roots for path in sorted((ROOT / root).rglob("*.py"))]
    return [(path, path.read_text(encoding="utf-8")) for path in paths]


def test_rules_that_the_code_names_are_in_the_writers_protocol() -> None:
    """`PROTOCOL 7` in a comment leads somewhere."""
    page = (DOCS / "explanation" / "writers-protocol.md").read_text(encoding="utf-8")
    numbers = set(re.findall(r"^(\d+)\. ", page, re.MULTILINE))
    wrong = [
        f"{page_id(path)}: PROTOCOL {number}"
        for path, text in sources()
        for number in re.findall(r"PROTOCOL (\d+)", text)
        if number not in numbers
    ]
    assert not wrong


def test_pages_that_the_code_names_are_there() -> None:
    """Messages and comments name pages by their path, decisions by their number."""
    decisions = {page.name[:4] for page in (DOCS / "decisions").glob("[0-9]*.md")}
    wrong = [
        f"{page_id(path)}: {named}"
        for path, text in sources()
        for named in re.findall(r"docs/[\w/-]+\.md|decisions/\d{4}", text)
        if not ((ROOT / named).is_file() or named[-4:] in decisions)
    ]
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_lines_can_be_read_in_an_editor(page: Path) -> None:
    """Prose is wrapped; tables, links and code may be long."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    text = re.sub(r"<!-- generated.*?<!-- end of", "", text, flags=re.DOTALL)
    long = [
        line
        for line in text.splitlines()
        if len(line) > 120 and not line.startswith(("|", "- [", "<!--"))
    ]
    assert not long


def test_the_python_page_names_what_wfx_has() -> None:
    """Functions and errors, as its first sentence says."""
    page = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]*) \|", page.partition("## Client")[0], re.MULTILINE)
    functions_and_errors = rows[rows.index("`priority`") + 1 :]
    named = set(re.findall(r"`([A-Za-z_]+)", " ".join(functions_and_errors)))
    named |= set(re.findall(r"\[`(\w+)`\]\(errors/", page))

    assert {"step_context", "HookClosed", "RunFailed"} <= named
    assert sorted(name for name in named if not hasattr(wfx, name)) == []
