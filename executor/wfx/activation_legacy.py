"""
The execution of a run whose log was migrated: replayed in its first part, live after it.

The old program recorded what its steps returned, and nothing else that it observed. While
a migrated command is left to be made, what the code observes is therefore derived, the same
at every replay, and told as unjudged: the clock from the time of the fact that is being
delivered, random values and uuids from the run's id. The surroundings (an environment
variable, the platform) cannot be derived: they are read, and recorded by the first native
commit, so that every later replay sees the same. From the first request on that the
migrated part does not have, everything is recorded as in any run.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal

from wfx.activation import Execution, Watched
from wfx.authoring import caller_place
from wfx.binding import is_migrated, names_of
from wfx.clock import to_us
from wfx.codec import decode, encode
from wfx.errors import WfxError
from wfx.events import (
    Call,
    EffectRecorded,
    Event,
    HookCreated,
    HookDisposed,
    NewEvent,
    RunBound,
    RunCreated,
    RunStarted,
    StepCancelled,
    StepCompleted,
    StepCreated,
    StepFailed,
    WaitCancelled,
    WaitCompleted,
    WaitCreated,
)
from wfx.ids import call_key
from wfx.matching_legacy import LegacyMatcher, slept_until

if TYPE_CHECKING:
    from wfx.clock import Clock
    from wfx.program import Program
    from wfx.values import Json

SURROUNDINGS_SCOPE: Final = "(migrated)"
"""The scope under which what the migrated part read of its surroundings is recorded."""

_SEED_BYTES: Final = 16


def execution_of(
    program: Program,
    created: Event,
    *,
    clock: Clock,
    entropy: Callable[[int], bytes],
    watched: Watched | None = None,
) -> Execution:
    """
    The coroutine of a run, of the kind that its log asks for.

    Raises:
        CorruptLog, UnsupportedFormat: As `Execution`.
    """
    migrated = isinstance(created.data, RunCreated) and is_migrated(created.data.execution_context)
    kind = LegacyExecution if migrated else Execution
    return kind(program, created, clock=clock, entropy=entropy, watched=watched)


class LegacyExecution(Execution):
    """See `Execution`; of a run that was migrated."""

    _matcher: LegacyMatcher

    def __init__(
        self,
        program: Program,
        created: Event,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        watched: Watched | None = None,
    ) -> None:
        super().__init__(program, created, clock=clock, entropy=entropy, watched=watched)
        self._names: dict[str, str] = {}
        self._beginning = created
        self._recorded_name = self._created.workflow_name
        self._bind(names_of(self._created.execution_context))
        self._matcher = LegacyMatcher(
            self.run_id, names=self._names, anonymous_token=self._anonymous_token
        )
        self._derive_next = False
        """The next clock reading belongs to a migrated wait."""
        self._step_names: dict[str, str] = {}
        """Steps that the old program asked for and the code too, by id."""
        self._uuids: dict[str, int] = {}
        """How many were derived, by scope."""
        self._unrecorded: list[NewEvent] = []
        """What was read of the surroundings and is in no log yet."""

    @property
    def unjudged(self) -> list[str]:
        """See `Execution.unjudged`."""
        return list(self._matcher.unjudged)

    def _unjudge(self, what: str) -> None:
        place = caller_place(3)
        self._matcher.unjudged[f"{what} ({place})" if place else what] = None

    def _bind(self, names: Mapping[str, str]) -> None:
        """Recorded names are called this from now on, the workflow's own among them."""
        self._names.update(names)
        today = self._names.get(self._recorded_name, self._recorded_name)
        self._created = replace(self._created, workflow_name=today)

    # -- deliveries -----------------------------------------------------------------------

    def catch_up(self, events: Sequence[Event]) -> None:
        """See `Execution.catch_up`; what was bound later holds from the beginning."""
        for event in events:
            if isinstance(event.data, RunBound):
                self._bind(event.data.names)
        super().catch_up(events)

    def _deliver(self, event: Event) -> None:
        self._matcher.moment_us = to_us(event.created_at)
        self._matcher.position = event.position
        super()._deliver(event)

    def _receive(self, event: Event) -> None:
        data, id = event.data, event.correlation_id or ""
        if isinstance(data, RunStarted) and not self.started:
            self._fit_arguments()
        if isinstance(data, (StepCompleted, StepFailed)) and id in self._waits:
            # The library's sleep was a step once.
            event = replace(event, data=WaitCompleted())
        elif isinstance(data, StepCompleted) and event.legacy is not None and id in self._steps:
            event = replace(event, data=self._fitting(event, data, self._step_names[id]))
        super()._receive(event)

    def _fit_arguments(self) -> None:
        """The run's arguments as today's workflow wants them, which began no run yet."""
        name = self._created.workflow_name
        spec = self.program.workflows.get(name)
        given = self._created.input
        if spec is None or not isinstance(given, list):
            return
        try:
            values = [decode(value, path=f"input[{i}]") for i, value in enumerate(given)]
            fitting, _ = spec.signature.validate(*spec.signature.bind(tuple(values), {}))
            encoded = [encode(value, path=f"input[{i}]") for i, value in enumerate(fitting)]
        except WfxError as error:
            raise self._matcher.misfit(
                self._beginning, "a run with these arguments", f"does not take them: {error}"
            ) from None
        self._created = replace(self._created, input=list(encoded))

    def _fitting(self, event: Event, data: StepCompleted, step_name: str) -> StepCompleted:
        """A recorded result as today's step promises it: a model where the log has an object."""
        spec = self.program.steps.get(step_name)
        if spec is None:
            return data
        try:
            result = spec.signature.validate_result(decode(data.result, path="result"))
            return StepCompleted(result=encode(result, path="result"))
        except WfxError as error:
            raise self._matcher.misfit(
                event,
                "a result that the step returned",
                f"promises another kind of result: {error}",
            ) from None

    # -- requests -------------------------------------------------------------------------

    def _request(
        self,
        prefix: Literal["step", "wait", "hook"],
        asked: StepCreated | WaitCreated | HookCreated,
        call: Call,
    ) -> tuple[str, StepCreated | WaitCreated | HookCreated]:
        entity_id, found = super()._request(prefix, asked, call)
        if found.call is None:
            found = self._taken_up(entity_id, found, asked)
            if isinstance(found, WaitCreated):
                self._derive_next = True
                if found.call is not None:
                    entity_id = self._wait_id(found.call)
        if not self._matcher.in_prefix and self._unrecorded:
            # They head what follows: the code read them before it asked for that.
            self.outbox[:0] = self._unrecorded
            self._unrecorded = []
        return entity_id, found

    def _taken_up(
        self,
        entity_id: str,
        recorded: StepCreated | WaitCreated | HookCreated,
        asked: StepCreated | WaitCreated | HookCreated,
    ) -> StepCreated | WaitCreated | HookCreated:
        """What a migrated request is to the code that asks for it again."""
        match recorded, asked:
            case StepCreated(), WaitCreated():
                return self._sleep(entity_id, asked)
            case StepCreated(), StepCreated():
                self._step_names[entity_id] = asked.step_name or ""
            case HookCreated(token=None), HookCreated():
                return replace(recorded, token=asked.token)
        return recorded

    def _wait_id(self, call: Call) -> str:
        return f"wait_{call_key(self.run_id, call.scope, call.ordinal)}"

    def _sleep(self, step_id: str, asked: WaitCreated) -> WaitCreated:
        """
        A sleep that was a step: done, it is a wait; open, a wait takes its place.

        The step is cancelled, since nobody has its body any more.
        """
        event = self._matcher.made[step_id]
        until = slept_until(event)
        outcome = self._matcher.outcome(step_id)
        if until is None:
            until = event.created_at if outcome is None else outcome.created_at
        if outcome is not None:
            return replace(asked, resume_at=until, call=None)
        assert asked.call is not None  # the request was just made, with its call
        made = replace(asked, resume_at=until)
        found = self._matcher.replaced(step_id, asked.call)
        if found is not None:
            return found
        self.outbox.append(NewEvent(StepCancelled(), step_id))
        self.outbox.append(NewEvent(made, self._wait_id(asked.call)))
        # A copy: what heads the outbox itself would be given another moment.
        return replace(made)

    def _cancel(self, entity_id: str, data: StepCancelled | WaitCancelled | HookDisposed) -> None:
        if isinstance(data, WaitCancelled) and entity_id.startswith("step_"):
            data = StepCancelled()
        super()._cancel(entity_id, data)

    # -- effects --------------------------------------------------------------------------

    def _next_reading(self, recorded_us: int | None) -> int:
        if (self._derive_next or self._matcher.in_prefix) and not self._clock_read:
            recorded_us = max(self._matcher.moment_us, self._last_us + 1, self._floor_us)
        self._derive_next = False
        return super()._next_reading(recorded_us)

    def now_us(self) -> int:
        """See `RunContext.now_us`."""
        self._check()
        if self._matcher.in_prefix:
            self._unjudge("the clock")
            return self._next_reading(None)
        return super().now_us()

    def seed(self) -> bytes:
        """See `RunContext.seed`."""
        self._check()
        if self._seed is None and self._matcher.in_prefix:
            self._unjudge("random values")
            self._seed = self._derived("seed")[:_SEED_BYTES]
        return super().seed()

    def uuid(self, make: Callable[[], str]) -> str:
        """See `RunContext.uuid`."""
        self._check()
        if not self._matcher.in_prefix:
            return super().uuid(make)
        self._unjudge("a uuid")
        scope = self._loop.current_scope().path
        number = self._uuids[scope] = self._uuids.get(scope, 0) + 1
        return str(uuids.UUID(bytes=self._derived(f"uuid\0{scope}\0{number}")[:16], version=4))

    def _derived(self, what: str) -> bytes:
        return sha256(f"{self.run_id}\0{what}".encode()).digest()

    def ambient(self, effect: str, key: str, read: Callable[[], Json]) -> Json:
        """See `RunContext.ambient`."""
        self._check()
        known = (effect, key)
        if known in self._ambient or not self._matcher.in_prefix:
            return super().ambient(effect, key, read)
        self._unjudge(f"{effect} {key!r}")
        found = self._matcher.carried(effect, key, scope=SURROUNDINGS_SCOPE)
        if found is None:
            value = read()
            call = Call(SURROUNDINGS_SCOPE, 0, caller_place())
            made = EffectRecorded(effect=effect, key=key, values=[value], call=call)
            self._unrecorded.append(NewEvent(made))
        else:
            value = found[0]
        self._ambient[known] = value
        return value
