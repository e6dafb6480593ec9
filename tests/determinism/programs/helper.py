"""A local module."""

TOTAL: list[int] = []
NUMBER = 0


def bump() -> None:
    """Change a global."""
    global NUMBER
    NUMBER += 1
