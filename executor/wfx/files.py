"""Files that are there whole or not at all, also after the machine lost its power."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

_NAME_MAX: Final = 40
"""Names of files have an end, of mostly 255 bytes, and a temporary one needs room for more."""


@contextmanager
def written_whole(file: Path) -> Iterator[IO[str]]:
    """
    A file that is there when all of it is written, or as it was before.

    Raises:
        OSError: It cannot be written.
    """
    name = file.parent / f".{file.name[:_NAME_MAX]}.{secrets.token_hex(8)}.tmp"
    try:
        # Not a private one of `tempfile`: it has the rights that a new file has here.
        with name.open("x", encoding="utf-8") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, file)
    except BaseException as error:
        with suppress(OSError):
            name.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror, str(file)) from None
        raise


def keep_names(directory: Path) -> None:
    """
    Make sure that the names of files which were put into a directory are on the disk too.

    Raises:
        OSError: They cannot be written.
    """
    if os.name == "nt":
        return  # a directory cannot be opened there, and its names need no call of ours
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
