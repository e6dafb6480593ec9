"""
What workflow code can observe of the world, and what becomes of each observation.

One row per capability. The table drives the run (`wfx_sandbox.policing`), `wfx check` (a
forbidden name is a finding with its line) and the reference page. A mode is chosen per project,
in `[tool.wfx.effects]` of its `pyproject.toml`; what is not chosen is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from wfx_sandbox.words import words

Mode = Literal["record", "derive", "forbid"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One kind of observation."""

    name: str
    covers: str
    recorded: str
    """What a recorded one leaves in the log."""
    derived: str = ""
    """From what it is derived; empty if it cannot be."""
    spelled: tuple[str, ...] = ()
    """How source names it, imports resolved; `x.*` is everything of `x`."""
    effects: tuple[str, ...] = ()
    """The `effect` of its events."""

    @property
    def modes(self) -> tuple[Mode, ...]:
        """What it can be set to."""
        return MODES if self.derived else ("record", "forbid")


CAPABILITIES: Final[Mapping[str, Capability]] = {
    each.name: each
    for each in (
        Capability(
            name="clock",
            covers="the time of day and stopwatches: `time`, `datetime.now`, `date.today`",
            recorded="one reading per activation; each later reading in it adds a microsecond",
            spelled=words(
                """
                time.time time.time_ns time.monotonic time.monotonic_ns time.perf_counter
                time.perf_counter_ns time.process_time time.process_time_ns time.thread_time
                time.gmtime time.localtime time.ctime time.asctime time.strftime
                datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today
                datetime.date.today
                """
            ),
            effects=("clock",),
        ),
        Capability(
            name="random",
            covers="`random`, `secrets`, `os.urandom`",
            recorded="one seed of 16 bytes per run, at the first draw; all draws come from it",
            derived="the run's id: nothing is recorded, and whoever knows the id knows the draws",
            spelled=("random.*", "secrets.*", "os.urandom"),
            effects=("seed",),
        ),
        Capability(
            name="uuid",
            covers="`uuid.uuid1`, `uuid.uuid4`",
            recorded="every value, those of one activation in one event",
            derived="the run's id and a count: nothing is recorded, the ids can be foretold",
            spelled=("uuid.uuid1", "uuid.uuid4"),
            effects=("uuid",),
        ),
        Capability(
            name="environment",
            covers="`os.environ`, `os.getenv`; names that look like secrets are always refused",
            recorded="the value, at the first read of each name in a run",
            spelled=("os.environ.*", "os.environ", "os.getenv"),
            effects=("env",),
        ),
        Capability(
            name="host",
            covers="process id, host name, user, number of processors, working directory",
            recorded="the value, at the first read of each in a run",
            spelled=words(
                "os.getpid os.getppid os.cpu_count os.getcwd socket.gethostname getpass.getuser"
            ),
            effects=("host",),
        ),
        Capability(
            name="platform",
            covers="`platform`: operating system, machine, Python",
            recorded="the value, at the first read of each in a run",
            spelled=("platform.*",),
            effects=("platform",),
        ),
    )
}

BY_EFFECT: Final[Mapping[str, str]] = {
    effect: each.name for each in CAPABILITIES.values() for effect in each.effects
}

_EXACT: Final[Mapping[str, str]] = {
    name: each.name for each in CAPABILITIES.values() for name in each.spelled
}


def capability_of(spelled: str) -> str | None:
    """The capability that a dotted name uses, imports resolved, or None."""
    found = _EXACT.get(spelled)
    while found is None and "." in spelled:
        spelled = spelled.rpartition(".")[0]
        found = _EXACT.get(f"{spelled}.*")
    return found


def forbidden(capability: str) -> str:
    """The message for a forbidden capability."""
    return f"this project forbids `{capability}`: {CAPABILITIES[capability].covers}."


__all__ = [
    "BY_EFFECT",
    "CAPABILITIES",
    "MODES",
    "Capability",
    "Mode",
    "capability_of",
    "forbidden",
]
