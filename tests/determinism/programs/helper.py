"""A local module."""

TOTAL: list[int] = []
NUMBER = 0


def bump() -> None:
    """Change a global."""
    global NUMBER
    NUMBER += 1


def give_text(to: object) -> None:
    """An attribute that has the name of a method of text."""
    to.title = str  # type: ignore[attr-defined]  # that is the point
