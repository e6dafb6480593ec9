"""The parts of the command line that are functions of their arguments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import BaseModel

from wfx.cli import output
from wfx.cli.words import error_line, span
from wfx.codec import encode
from wfx.errors import BadWorldUrl, RunFailed
from wfx.plain import plain
from wfx.worlds import open_world, world_url


class Color(Enum):
    """A colour."""

    RED = 1


class Item(BaseModel):
    """A model."""

    name: str
    price: Decimal


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": [1, None, True, 1.5, "x"]}, {"a": [1, None, True, 1.5, "x"]}),
        (Item(name="tea", price=Decimal("1.10")), {"name": "tea", "price": "1.10"}),
        ((1, (2,)), [1, [2]]),
        ({1: "a", 2: "b"}, {"1": "a", "2": "b"}),
        ({(1, 2): "a"}, [[[1, 2], "a"]]),
        ({"$": 1}, {"$": 1}),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (timedelta(seconds=90, microseconds=5), 90.000005),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (Color.RED, "RED"),
        (2**80, 2**80),
        (float("inf"), "inf"),
        (Path("a/b"), "a/b"),
        (ValueError("no"), "builtins:ValueError: no"),
    ],
)
def test_values_are_shown_as_plain_json(value: object, shown: object) -> None:
    """Without the log's forms."""
    assert plain(encode(value)) == shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.25, "0.2 s"),
        (1, "1 s"),
        (42.4, "42 s"),
        (60, "1 min"),
        (3599, "59 min 59 s"),
        (7200, "2 h"),
        (90000, "1 d 1 h"),
    ],
)
def test_a_span_has_its_two_largest_units(seconds: float, words: str) -> None:
    """For people."""
    assert span(seconds) == words


def test_the_world_is_the_given_one_or_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the default."""
    monkeypatch.delenv("WFX_WORLD", raising=False)
    assert world_url() == "sqlite:///.wfx/world.db"
    monkeypatch.setenv("WFX_WORLD", "memory:")
    assert world_url() == "memory:"
    assert world_url("sqlite:///a.db") == "sqlite:///a.db"
    assert open_world().url == "memory:"
    with pytest.raises(BadWorldUrl, match="no world is known for the scheme 'redis'"):
        open_world("redis://localhost")
    with pytest.raises(BadWorldUrl, match="a world in memory has no name"):
        open_world("memory:mine")
    with pytest.raises(BadWorldUrl, match=r"'sqlite:///a\.db\\r' .* begins or ends with white"):
        open_world("sqlite:///a.db\r")


def test_an_error_is_one_line() -> None:
    """Its class and its message."""
    assert error_line({"type": "shop:Declined", "message": "no"}) == "Declined: no"
    assert error_line({"type": "builtins:KeyError", "message": ""}) == "KeyError"
    assert RunFailed(run_id="wrun_1", type="a:B", message="c").code == "run-failed"


def test_control_characters_are_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    """An error text cannot colour, clear or rename the terminal of whoever reads it."""
    output.error("no \x1b[31mred\x07 \x9b1A\r\n\tnext")
    output.line("a\x00b")
    shown = capsys.readouterr()
    assert shown.err == "Error: no \\x1b[31mred\\x07 \\x9b1A\\x0d\n\tnext\n"
    assert shown.out == "a\\x00b\n"
