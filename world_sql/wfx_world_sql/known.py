"""
What is known of a run without asking: what this process's own last appends left.

While nobody else writes, a read would find what was written last, so an append need not ask
for it. Whether somebody else wrote, SQLite tells under the lock that the append holds anyway
(see `SqliteConnection.recall`). A server does not tell, and there nothing is kept. Only appends
are understood here: whatever else a process writes makes it forget everything. See
decisions/0014.

Kept is what the next step of a run asks for: its log's end, its task, its open steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from wfx.admission import Admission, Needs
from wfx.entities import STEP_ENDED, Step
from wfx.events import (
    EffectRecorded,
    StepCompleted,
    StepCreated,
    StepFailed,
    StepRetrying,
    StepStarted,
)
from wfx.world import Append, Head, Task

RUNS_MAX: Final = 1000
"""Of so many runs something is kept at once."""
STEPS_MAX: Final = 100
"""A run with more open steps than this is asked for anew each time."""

_UNDERSTOOD: Final = frozenset(
    {StepCreated, StepStarted, StepRetrying, StepCompleted, StepFailed, EffectRecorded}
)
"""Events that the run, its open steps and the claims of the writer decide about."""


@dataclass(slots=True)
class Known:
    """What is known of one run; what is not here may be there all the same."""

    head: Head | None = None
    steps: dict[str, Step] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Where in the log the events about an entity lie: the first and the last; of steps kept."""

    def suffices(self, batch: Append) -> bool:
        """
        Whether this tells all that a batch is judged by, unless it is refused.

        It does for steps of a writer that has read the log to its end: nothing of its batch
        is in the log yet, and it makes no step that is there. If one does, the database
        refuses the row, and the append is made again with nothing known.
        """
        head = self.head
        if head is None or batch.after != head.next_position - 1:
            return False
        for task_id, _ in batch.fence:
            if task_id not in self.tasks:
                return False
        return _UNDERSTOOD.issuperset([type(event.data) for event in batch.events])

    def steps_to_ask(self, needs: Needs, after: int | None) -> list[str]:
        """
        Those steps of a batch that have to be looked for.

        A writer that has read the log to its end makes no step that is there. If one does,
        the database refuses the row, and the append is made again with nothing known.
        """
        unknown = [id for id in needs.step_ids if id not in self.steps]
        if unknown and self.head is not None and after == self.head.next_position - 1:
            return [id for id in unknown if id not in needs.new_step_ids]
        return unknown

    def learn(self, admitted: Admission) -> bool:
        """
        Take in what an append wrote.

        Returns:
            Whether what is known is worth keeping.
        """
        if admitted.head is None or admitted.closes_run or admitted.wakes_run or admitted.bound:
            return False
        self.head = admitted.head
        tasks, steps, spans = self.tasks, self.steps, self.spans
        for task in admitted.tasks_new:
            tasks[task.task_id] = task
        tasks.update(admitted.tasks_changed)
        for task_id in admitted.tasks_gone:
            tasks.pop(task_id, None)
        for id, step in admitted.steps.items():
            if step.status in STEP_ENDED:
                steps.pop(id, None)
                spans.pop(id, None)
            else:
                first, last = admitted.spans[id]
                steps[id] = step
                spans[id] = (spans[id][0] if id in spans else first, last)
        if len(spans) > len(steps):
            self.spans = {id: span for id, span in spans.items() if id in steps}
        return len(steps) <= STEPS_MAX
