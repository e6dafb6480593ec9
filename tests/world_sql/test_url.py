"""URLs of worlds."""

from __future__ import annotations

from pathlib import Path

import pytest

from wfx.errors import ForeignWorld
from wfx_world_sql.url import Location, hide_password, parse


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///a/b.db", Location("sqlite", str(Path("a/b.db")), "sqlite:///a/b.db")),
        ("sqlite:////a/b.db", Location("sqlite", "/a/b.db", "sqlite:////a/b.db")),
        (
            "postgresql://me@host/db",
            Location("postgresql", "postgresql://me@host/db", "postgresql://me@host/db"),
        ),
        (
            "postgres://me:secret@host/db",
            Location("postgresql", "postgresql://me:secret@host/db", "postgresql://me:***@host/db"),
        ),
        (
            "postgresql+psycopg://host/db",
            Location("postgresql", "postgresql://host/db", "postgresql://host/db"),
        ),
    ],
)
def test_a_url_is_read(url: str, expected: Location) -> None:
    """The target is for the driver, what is shown is for people."""
    assert parse(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "world.db",
        "mysql://host/db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://host/world.db",
        "sqlite:///world.db?mode=ro",
        "sqlite:///file:world.db",
        "sqlite:///a\0b",
    ],
)
def test_a_url_that_names_no_world_is_refused(url: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(ForeignWorld, match=r"Write sqlite:///path/to/world\.db"):
        parse(url)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:p@ss/w@h/d", "postgresql://u:***@h/d"),
        ("postgresql://h/d?user=u&password=p&x=1", "postgresql://h/d?user=u&password=***&x=1"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("mysql://u:p@h/d", "mysql://u:***@h/d"),
        ("sqlite:///a:b@c", "sqlite:///a:b@c"),
    ],
)
def test_passwords_are_hidden(text: str, shown: str) -> None:
    """Wherever they stand."""
    assert hide_password(text) == shown
