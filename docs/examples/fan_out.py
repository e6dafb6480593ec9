"""
A fan-out: one step per item, all at the same time, and a summary of what they found.

    wfx run docs/examples/fan_out.py:count_words
    wfx run docs/examples/fan_out.py:count_words 1000

A page that cannot be read does not stop the others.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from wfx import StepError, step, workflow


@dataclass(frozen=True)
class Page:
    """One page and how many words it has."""

    number: int
    words: int


@dataclass(frozen=True)
class Summary:
    """What the workflow returns."""

    pages: int
    words: int
    longest: Page
    unreadable: list[int]


class UnreadablePage(Exception):
    """A page that no retry makes readable."""


@step(max_retries=0)
async def read(number: int) -> Page:
    """Read one page."""
    await asyncio.sleep(0.01)
    if number % 50 == 13:
        raise UnreadablePage(f"page {number} is a coffee stain")
    return Page(number, 200 + number * 37 % 101)


async def read_if_possible(number: int) -> Page | int:
    """The page, or its number if it cannot be read."""
    try:
        return await read(number)
    except (UnreadablePage, StepError):
        return number


@workflow
async def count_words(count: int = 100) -> Summary:
    """Read all pages of a book at the same time."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(read_if_possible(number)) for number in range(count)]
    results = [task.result() for task in tasks]
    pages = [page for page in results if isinstance(page, Page)]
    return Summary(
        pages=len(pages),
        words=sum(page.words for page in pages),
        longest=max(pages, key=lambda page: (page.words, page.number)),
        unreadable=[number for number in results if isinstance(number, int)],
    )
