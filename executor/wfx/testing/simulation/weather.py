"""
What goes wrong in one simulation, and how often: drawn from its seed.

Each kind of trouble is absent in some simulations and frequent in others, because kinds that
always come together hide what only one of them shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(slots=True)
class Weather:
    """Likelihoods per call, per beat and per second, and the size of things."""

    workers: int
    hosts: int
    slots: int
    runs: int
    kept_max: int
    """Suspended runs that a worker keeps."""
    lease_seconds: float
    trouble_seconds: float
    """After this long nothing goes wrong any more."""
    slips: float
    interleaved: float
    """Others act between a call, its execution and its answer."""
    frozen: float
    """A process stands still within a call, for longer than its lease perhaps."""
    crash_before: float
    crash_after: float
    lost_request: float
    lost_answer: float
    lost_read: float
    late_request: float
    """No answer, and the request arrives later, when nobody waits for it any more."""
    news_lost: float
    news_late: float
    beats_lost: float
    slow_step: float
    kills: float
    """Per process and second, like those that follow."""
    stops: float
    outages: float
    clock_jumps: float
    world_jumps: float
    foreign_payloads: float
    cancellations: float
    """Per run."""
    limited: bool
    """The queue `scarce` has limits."""
    limit_changes: float
    """Per second."""
    crowds: float
    """Per run, that its steps all want the same at once."""
    routed: bool
    """Some workers serve some queues only."""

    def calm(self) -> None:
        """Nothing goes wrong any more; others still act in between."""
        self.crash_before = self.crash_after = self.frozen = 0
        self.lost_request = self.lost_answer = self.late_request = self.lost_read = 0
        self.news_lost = self.news_late = self.beats_lost = 0
        self.limit_changes = 0
        self.kills = self.stops = self.outages = self.clock_jumps = self.world_jumps = 0


def draw(random: Random) -> Weather:
    """The weather of one simulation."""

    def often(*rates: float) -> float:
        return 0.0 if random.random() < 0.5 else random.choice(rates)

    return Weather(
        workers=random.choice([2, 2, 3, 4]),
        hosts=random.choice([1, 2]),
        slots=random.choice([1, 2, 4, 100]),
        runs=random.choice([1, 1, 2, 3]),
        kept_max=random.choice([0, 1, 1000, 1000]),
        lease_seconds=random.choice([2.0, 5.0, 15.0]),
        trouble_seconds=random.choice([5.0, 20.0, 60.0]),
        slips=random.choice([0.0, 0.2, 0.6]),
        interleaved=random.choice([0.0, 0.1, 0.3, 0.6]),
        frozen=often(0.005, 0.02),
        crash_before=often(0.005, 0.03),
        crash_after=often(0.005, 0.03),
        lost_request=often(0.01, 0.1),
        lost_answer=often(0.01, 0.1, 0.3),
        lost_read=often(0.01, 0.05),
        late_request=often(0.01, 0.1),
        news_lost=often(0.1, 0.5),
        news_late=often(0.1, 0.5),
        beats_lost=often(0.2, 0.6),
        slow_step=often(0.1, 0.3),
        kills=often(0.01, 0.05),
        stops=often(0.01, 0.05),
        outages=often(0.01, 0.05),
        clock_jumps=often(0.05, 0.3),
        world_jumps=often(0.03),
        foreign_payloads=often(0.1, 0.5),
        cancellations=often(0.3),
        limited=random.random() < 0.5,
        limit_changes=often(0.1),
        crowds=often(0.3, 0.8),
        routed=random.random() < 0.3,
    )
