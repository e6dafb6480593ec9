"""URLs of worlds."""

from __future__ import annotations

from pathlib import Path

import pytest

from wfx.errors import BadWorldUrl
from wfx_world_sql import open_world
from wfx_world_sql.postgres import PostgresDatabase
from wfx_world_sql.url import Location, parse


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
    ("url", "reason"),
    [
        ("", "its scheme is neither sqlite nor postgresql"),
        ("world.db", "its scheme is neither sqlite nor postgresql"),
        ("mysql://host/db", "its scheme is neither sqlite nor postgresql"),
        ("postgresql:", "two slashes stand before the host"),
        ("postgresql:/", "two slashes stand before the host"),
        ("sqlite:", "it names no file"),
        ("sqlite://", "it names no file"),
        ("sqlite:///", "it names no file"),
        ("sqlite:////", "it names no file"),
        ("sqlite:world.db", "three slashes stand before the file"),
        ("sqlite:/world.db", "three slashes stand before the file"),
        ("sqlite://host/world.db", "'host' stands for a host"),
        ("sqlite:///:memory:", "a world needs a file that outlives the process"),
        ("sqlite:///file:world.db", "a world needs a file that outlives the process"),
        ("sqlite:///folder/", "it names a directory"),
        ("sqlite:///~/world.db", "a ~ stands for itself in a URL, and not for a home directory"),
        ("sqlite:///world.db?mode=ro", "a SQLite world takes no options"),
        ("sqlite:///a\0b", "the path has a NUL character"),
    ],
)
def test_a_url_that_names_no_world_is_refused(url: str, reason: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(BadWorldUrl, match=r"Write sqlite:///path/to/world\.db") as refused:
        parse(url)
    assert refused.value.reason == reason


@pytest.mark.parametrize("name", ["a b.db", "a%20b.db", "a#b.db", "日本.db", "a:b@c.db"])
def test_a_file_is_called_as_the_url_says(name: str) -> None:
    """Nothing in it is decoded."""
    assert parse(f"sqlite:///{name}").target == name


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("[::1", 'end of string reached when looking for matching "]" in IPv6 host address'),
        ("h:port/d", "'port' is no port"),
        ("h:99999/d", "'99999' is no port"),
        ("h:0/d", "'0' is no port"),
        ("h:-1/d", "'-1' is no port"),
        ("h:5432,i:x/d", "'x' is no port"),
        ("h/d?nonsense=1", 'invalid URI query parameter: "nonsense"'),
        ("h/d e", 'unexpected spaces found in "d e", use percent-encoded spaces (%20) instead'),
        ("u:hid%den@h/d", "it is no UTF-8 text"),
        ("u:hid%gen@h/d", "a % in it is not followed by two hexadecimal digits"),
        ("u:hid@den@h/d", "it has more than one @"),
        ("127.0.0.1:1/d?sslmode=bogus", 'connection is bad: invalid sslmode value: "bogus"'),
        ("h:1/d?connect_timeout=soon", "bad value for connect_timeout: 'soon'"),
    ],
)
def test_an_address_that_no_server_has_is_a_mistake_in_the_url(rest: str, reason: str) -> None:
    """It is not worth another try, and what may be of the password is not shown."""
    with pytest.raises(BadWorldUrl) as refused:
        open_world(f"postgresql://{rest}")
    assert refused.value.reason.startswith(reason)
    assert "Write postgresql://user:password@host:port/database" in refused.value.remedy
    assert "hid" not in str(refused.value)
    assert "en@" not in str(refused.value)


@pytest.mark.parametrize("host", ["[::1]", "h,i", "%2Ftmp"])
def test_addresses_of_all_kinds_are_taken(host: str) -> None:
    """IPv6, several hosts, a folder with a socket."""
    PostgresDatabase(f"postgresql://{host}:5432/d", "shown", None)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "postgresql://ann:sec ret@h/d",
            "unexpected spaces found in a part of it, use percent-encoded spaces (%20) instead",
        ),
        ("postgresql://ann:sec/ret@h/d", "a part of it is no port"),
        ("postgresql:ann:sec@h/d", "two slashes stand before the host"),
    ],
)
def test_no_part_of_a_password_is_quoted(url: str, reason: str) -> None:
    """A character that should have been escaped makes it look like something else."""
    with pytest.raises(BadWorldUrl) as refused:
        open_world(url)
    assert refused.value.reason == reason
    assert "sec" not in str(refused.value)
    assert "ret" not in str(refused.value)
