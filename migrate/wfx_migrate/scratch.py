"""
Folders for files that are needed while a source is read, and that outlive nobody.

Each is removed by whoever made it. What a killed process left is removed by the next one
that makes one: a folder is locked as long as it is in use, and it has a name that is looked
at only if it could be locked, and only after it was.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Final

from wfx.closing import Closing

_PREFIX: Final = "wfx-migrate-"


class Scratch(Closing):
    """
    A new folder in the temporary folder; `path` is where it is.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self) -> None:
        _sweep()
        made = tempfile.mkdtemp(prefix=_PREFIX)
        handle = os.open(made, os.O_RDONLY)
        self.path = Path(made)
        # Not every file system has locks; there it keeps the name that nobody looks at.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.path = self.path.rename(made + _suffix())
        self._remove = weakref.finalize(self, _remove, self.path, handle)

    def close(self) -> None:
        """Remove it."""
        self._remove()


def _suffix() -> str:
    """Of this host: over a network, locks of another one may not be seen here."""
    return f"@{socket.gethostname().replace('/', '-')}"


def _remove(path: Path, handle: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    os.close(handle)


def _sweep() -> None:
    """Remove what processes of this user and host left when they were killed."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.name.endswith(_suffix()):
                _remove_if_left(Path(entry.path))


def _remove_if_left(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return  # Another user's, or gone meanwhile.
    try:
        if os.fstat(handle).st_uid == os.geteuid():
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
    except OSError:
        return  # In use.
    finally:
        os.close(handle)
