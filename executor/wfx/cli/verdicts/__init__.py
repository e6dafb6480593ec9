"""
Judgments as text, JSON, JUnit XML, SARIF and GitHub annotations.

Each form is one function from judgments to the lines that are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wfx.corpus.judgment import Judgment

Form = Callable[[Iterable["Judgment"]], Iterator[str]]

FORMATS: Final = ("text", "json", "junit", "sarif", "github")


def form_of(name: str) -> Form:
    """The function that writes a form of other programs."""
    from wfx.cli.verdicts import github, junit, sarif

    return {
        "junit": junit.lines,
        "sarif": sarif.lines,
        "github": github.lines,
    }[name]
