"""
Who is alive: an owner's file lock, which the operating system drops when it dies.

A claim names its owner. A process on the same host can tell at once whether that owner
still lives, instead of waiting for its lease to end: it tries the owner's lock. Where the
lock's folder is not shared (another host, another container) nothing is concluded, and the
lease decides. An error here costs time, never correctness: fences decide who may write.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from wfx.closing import Closing
from wfx.errors import RunHeld
from wfx.workers import supervisor

if TYPE_CHECKING:
    from wfx.world import World

_FOLDER = "wfx-owners"
_FOLDER_ID = "folder-id"


class Presence(Closing):
    """
    This process as an owner of claims.

    Attributes:
        owner: `host/pid/folder/nonce`, the name under which it claims.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / _FOLDER
        self._make_folder()
        self._folder_id = self._read_folder_id()
        nonce = uuid4().hex[:12]
        host = socket.gethostname().replace("/", "-")
        self.owner = f"{host}/{supervisor.process_id()}/{self._folder_id}/{nonce}"
        self._path = self._folder / f"{nonce}.lock"
        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _make_folder(self) -> None:
        if not self._folder.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(OSError):
                # Shared by all users of the host, as the temporary folder itself is.
                self._folder.chmod(0o1777)

    def _read_folder_id(self) -> str:
        """What tells this folder from that of another host or container."""
        path = self._folder / _FOLDER_ID
        fresh = self._folder / f"{uuid4().hex}.tmp"
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            fresh.write_text(uuid4().hex[:12])
            try:
                # A hard link is made by one process only, and never half-written.
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
            return path.read_text().strip()

    def is_dead(self, owner: str) -> bool:
        """Whether this owner has surely ended; False when that cannot be told from here."""
        parts = owner.split("/")
        if owner == self.owner or len(parts) != 4 or parts[2] != self._folder_id:
            return False
        path = self._folder / f"{parts[3]}.lock"
        try:
            with path.open("r") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                with contextlib.suppress(OSError):
                    path.unlink()
                return True
        except FileNotFoundError:
            return True
        except OSError:
            # Locked by its owner, or not ours to open.
            return False

    def close(self) -> None:
        """End this presence: the lock is given up and its file removed."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._file.close()


def owner_parts(owner: str) -> tuple[str, int] | None:
    """The host and the process id of an owner; None if it is not one of ours."""
    parts = owner.split("/")
    return (parts[0], int(parts[1])) if len(parts) == 4 and parts[1].isdigit() else None


def describe_owner(owner: str) -> str:
    """An owner in words: `process 123 on myhost`."""
    parts = owner_parts(owner)
    return owner if parts is None else f"process {parts[1]} on {parts[0]}"


def check_free(world: World, run_id: str, presence: Presence) -> None:
    """
    Check that nobody alive is activating this run.

    Raises:
        RunHeld: A process holds its claim; it is named.
    """
    task = world.queue.get(run_id)
    if task is None or task.owner is None or presence.is_dead(task.owner):
        return
    if task.lease_until is not None and task.lease_until <= world.queue.now():
        return
    raise RunHeld(run_id=run_id, holder=describe_owner(task.owner))
