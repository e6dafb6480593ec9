"""Passwords in URLs."""

from __future__ import annotations

import pytest

from wfx.passwords import hide_password


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:p@ss/w@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:p@ss:w@h/d", "postgresql://u:***@h/d"),
        ("postgresql://h/d?user=u&password=p&x=1", "postgresql://h/d?user=u&password=***&x=1"),
        ("postgresql:///d?sslpassword=p", "postgresql:///d?sslpassword=***"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("mysql://u:p@h/d", "mysql://u:***@h/d"),
        ("v1:postgresql://u:p@h/d", "v1:postgresql://u:***@h/d"),
        ("postgresql:u:p@h/d", "postgresql:u:***@h/d"),
        ("postgresql:/u:p@h/d", "postgresql:/u:***@h/d"),
        ("//u:p@h/d", "//u:***@h/d"),
        ("u:p@h/d", "u:***@h/d"),
        (r"C:\dir\a@b.db", r"C:\dir\a@b.db"),
        ("C:/dir/a@b.db", "C:/dir/a@b.db"),
        ("v1:/dir/a@b.db", "v1:/dir/a@b.db"),
        ('failed: FATAL: no role "a@b"', 'failed: FATAL: no role "a@b"'),
        ("sqlite:///dir/a@b.db", "sqlite:///dir/a@b.db"),
        ("v1:sqlite:///dir/a@b.db", "v1:sqlite:///dir/a@b.db"),
        ("sqlite:///a:b@c", "sqlite:///a:b@c"),
        ("sqlite:///a.db", "sqlite:///a.db"),
    ],
)
def test_passwords_are_hidden(text: str, shown: str) -> None:
    """Wherever they stand."""
    assert hide_password(text) == shown
