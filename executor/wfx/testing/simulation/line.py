"""
A world as one party of a simulation sees it: a line on which requests and answers get lost.

A call has four moments: it is sent, it arrives and is executed, it is answered, the answer
arrives. Between any two of them others may act, the process may stand still or die, and the
line may fail. A request that was lost may still arrive later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wfx.closing import Closing
from wfx.errors import WorldError
from wfx.testing.faults import Crash, unanswered

if TYPE_CHECKING:
    from collections.abc import Collection

    from wfx.testing.simulation.judge import Judge
    from wfx.testing.simulation.schedule import Schedule, Turns
    from wfx.testing.simulation.weather import Weather
    from wfx.world import Watch

_PARTS: Final = ("events", "runs", "steps", "hooks", "waits", "queue", "streams", "archive")
_WRITES: Final = frozenset(
    {
        "create",
        "create_batch",
        "create_group",
        "claim",
        "extend",
        "release",
        "park",
        "unpark",
        "due",
        "revoke",
    }
)
_APPENDS: Final = frozenset({"create", "create_batch", "create_group"})


class Party:
    """
    Somebody who talks to the world: a process or a client.

    Attributes:
        owner: The name it claims under; a client claims nothing.
        dead: It takes no further turns and reaches no world.
        stopping: It was asked to stop.
        over: It died, stopped, or gave up.
        queues: Those it serves; all if None.
    """

    def __init__(self, schedule: Schedule, owner: str) -> None:
        self.schedule = schedule
        self.owner = owner
        self.dead = False
        self.stopping = False
        self.over = False
        self.out_of_reach_until_us = 0
        self.queues: Collection[str] | None = None

    @property
    def turns(self) -> Turns | None:
        """Who takes no turn while a call is under way."""
        return None

    def note(self, what: str) -> None:
        """Write a line of the trace."""
        self.schedule.note(self.owner, what)

    def freeze(self, seconds: float) -> None:
        """Stand still for so long."""

    def die(self) -> None:
        """Take no further turn."""
        self.dead = True


class Line(Closing):
    """The world, for one party."""

    def __init__(self, party: Party, judge: Judge, weather: Weather) -> None:
        self.url = "simulated:"
        self._party = party
        self._judge = judge
        self._weather = weather
        self._schedule = party.schedule
        for part in _PARTS:
            setattr(self, part, _Part(self, part))

    def watch(self) -> Watch:
        """There is none: news is brought by the simulation."""
        raise AssertionError("a simulated process is told of news")

    def close(self) -> None:
        """Nothing: the world belongs to the simulation."""

    def ask(self, part: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One call, with whatever happens to it."""
        self._check_alive()
        party, chance, weather = self._party, self._schedule.chance, self._weather
        writes = name in _WRITES
        self._on_the_way()
        if party.out_of_reach_until_us > self._schedule.now_us:
            raise unanswered()
        if not writes and chance(weather.lost_read):
            self._judge.saw("a read without an answer")
            raise unanswered()
        if writes and chance(weather.lost_request):
            party.note(f"{name}: the request is lost")
            self._judge.saw("request lost")
            raise unanswered()
        if writes and chance(weather.late_request):
            party.note(f"{name}: no answer; the request will arrive late")
            self._schedule.after(
                self._schedule.random.choice([0.01, 0.2, 3.0, 30.0]),
                lambda: self._arrive_late(part, name, args, kwargs),
            )
            raise unanswered()
        mortal = name in _APPENDS and party.turns is not None
        if mortal and chance(weather.crash_before):
            self._crash("before a commit")
        error: WorldError | None = None
        try:
            heard = self._judge.execute(party, part, name, args, kwargs)
        except WorldError as refused:
            error = refused
        if mortal and error is None and chance(weather.crash_after):
            self._crash("after a commit")
        self._on_the_way()
        if writes and chance(weather.lost_answer):
            party.note(f"{name}: the answer is lost")
            self._judge.saw("answer lost")
            raise unanswered()
        if error is not None:
            self._judge.refused(party, part, name, args, kwargs, error)
            raise error
        self._judge.answered(party, heard)
        return heard.answer

    def _on_the_way(self) -> None:
        if self._schedule.chance(self._weather.interleaved):
            self._schedule.others(self._party.turns)
        if self._party.turns is not None and self._schedule.chance(self._weather.frozen):
            seconds = self._schedule.random.uniform(0.1, 3 * self._weather.lease_seconds)
            self._party.note(f"stands still for {seconds:.1f} s")
            self._party.freeze(seconds)
            self._schedule.others(self._party.turns, seconds)
        self._check_alive()

    def _check_alive(self) -> None:
        if self._party.dead:
            raise Crash("it died before")

    def _crash(self, when: str) -> None:
        self._party.note(f"dies {when}")
        self._judge.saw(f"crash {when}")
        self._party.die()
        raise Crash(when)

    def _arrive_late(
        self, part: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._party.note(f"{name}: a late request arrives")
        try:
            self._judge.execute(self._party, part, name, args, kwargs, late=True)
        except WorldError as error:
            self._party.note(f"… and is refused: {error}")
            self._judge.saw(f"late request refused ({type(error).__name__})")
        else:
            self._judge.saw("late request executed")


class _Part:
    """The runs, queue … of a world."""

    def __init__(self, line: Line, part: str) -> None:
        self._line = line
        self._part = part

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._line.ask(self._part, name, args, kwargs)

        return call
