"""Files that are there whole or not at all, also after the machine lost its power."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

_PREFIX_MAX: Final = 80
"""Names of files have an end, and a temporary one needs room for more."""


@contextmanager
def written_whole(file: Path) -> Iterator[IO[str]]:
    """
    A file that is there when all of it is written, or as it was before.

    Raises:
        OSError: It cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(
            dir=file.parent, prefix=f".{file.name}."[:80], suffix=".tmp"
        )
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from None
    try:
        with open(handle, "w", encoding="utf-8") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, file)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
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


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
