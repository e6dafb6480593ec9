"""A part of a value that cannot be written or read, on its way up to where the path is known."""

from __future__ import annotations


class Refused(Exception):
    """Collects the path from the inside out, and the identities of what it passed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self._parts: list[str] = []
        self._owners: list[int] = []

    def inside(self, part: str, owner: object = None) -> Refused:
        """This refusal, seen from the container `owner` that has it at `part`."""
        self._parts.append(part)
        self._owners.append(id(owner))
        return self

    def describe(self) -> tuple[str, str]:
        """
        The path and the reason.

        A container that was passed twice holds itself: then the path ends where it comes
        up again, because all that follows only repeats.
        """
        parts, owners = self._parts[::-1], self._owners[::-1]
        first: dict[int, int] = {}
        for index, owner in enumerate(owners):
            if owner in first and owner != id(None):
                return "".join(parts[:index]), (
                    "this is a value that contains itself"
                    + (f", the one at {''.join(parts[: first[owner]])}" if first[owner] else "")
                    + "; pass data without cycles, with references by index or key"
                )
            first[owner] = index
        return "".join(parts), self.reason
