"""Who is alive, as an owner's file lock tells."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from wfx.workers.presence import Presence, describe_owner


def test_an_owner_lives_as_long_as_its_lock(tmp_path: Path) -> None:
    """Others see it end at once; it never sees itself as dead."""
    me, other = Presence(tmp_path), Presence(tmp_path)
    assert not me.is_dead(other.owner)
    assert not me.is_dead(me.owner)
    other.close()
    assert me.is_dead(other.owner)
    assert me.is_dead(other.owner)
    me.close()


def test_a_process_that_was_killed_is_dead(tmp_path: Path) -> None:
    """The operating system drops the lock with the process, whatever it was doing."""
    code = (
        "import sys, time; from pathlib import Path; from wfx.workers.presence import Presence;"
        "presence = Presence(Path(sys.argv[1])); print(presence.owner, flush=True);"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with (
        Presence(tmp_path) as me,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout is not None
        owner = process.stdout.readline().strip()
        assert not me.is_dead(owner)
        process.kill()
        process.wait()
        assert me.is_dead(owner)


def test_nothing_is_concluded_about_owners_of_another_folder(tmp_path: Path) -> None:
    """Another host or container: the lease decides."""
    here, there = Presence(tmp_path / "here"), Presence(tmp_path / "there")
    there.close()
    assert not here.is_dead(there.owner)
    assert not here.is_dead("an owner of some other kind")
    here.close()


def test_an_owner_in_words() -> None:
    """Process and host; what is no name of ours stays as it is."""
    assert describe_owner("myhost/123/folder/nonce") == "process 123 on myhost"
    assert describe_owner("cli") == "cli"


def test_presences_of_one_folder_agree_on_its_name(tmp_path: Path) -> None:
    """However many come at once, the folder has one id."""
    presences = [Presence(tmp_path) for _ in range(20)]
    assert len({presence.owner.split("/")[2] for presence in presences}) == 1
    assert len({presence.owner for presence in presences}) == 20
    for presence in presences:
        presence.close()
