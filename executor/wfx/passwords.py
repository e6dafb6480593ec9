"""What of a URL, or of a text with one, people may see."""

from __future__ import annotations

import re
from typing import Final

# Greedy: a password may hold an @ or a / that should have been written %40 or %2F.
# `v1:` stands before the URL of a legacy database.
_BEFORE_HOST: Final = re.compile(r"^((?:v1:)?[^:/?#]+://[^:@/?#]*):.*@", re.DOTALL)
# Typed without a scheme, or with too few slashes: no path, and no sentence.
_MISTYPED: Final = re.compile(
    r"^(?!\S*://|[A-Za-z]:[/\\]|v1:)((?:[^\s:/?#]+:)?/{0,2}[^\s:@/?#]+):\S*@"
)
_AS_OPTION: Final = re.compile(r"((?:ssl)?password=)[^&\s]*", re.IGNORECASE)


def hide_password(text: str) -> str:
    """The text without the password of its URL."""
    for before in (_BEFORE_HOST, _MISTYPED):
        text = before.sub(r"\1:***@", text)
    return _AS_OPTION.sub(r"\1***", text)
