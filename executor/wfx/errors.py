"""
What can go wrong, one class per next move.

Every error carries attributes for programs, a sentence for people and a `code` that has a
page in `docs/reference/errors/`. Errors a world answers with also carry `status`, the
number of the same meaning in HTTP: 404 there is no such thing, 409 this was done before or
someone was faster, 410 it ended. The numbers are never mixed up, because each asks the
caller for something else: look again, read again, stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from wfx.divergence.report import DivergenceReport
    from wfx.events import EventData


class WfxError(Exception):
    """Base of all errors that wfx raises on purpose."""

    code: ClassVar[str] = "wfx-error"


# -- what a world answers -----------------------------------------------------------------


class WorldError(WfxError):
    """A world refused, or could not do, what it was asked."""

    status: ClassVar[int] = 500


class NotFound(WorldError):
    """There is no such run, step, hook, wait or task."""

    code = "not-found"
    status = 404

    def __init__(self, *, what: str, id: str, hint: str = "") -> None:
        self.what = what
        self.id = id
        super().__init__(f"there is no {what} {id!r} in this world" + (f": {hint}" if hint else ""))


class AlreadyExists(WorldError):
    """This was done before; the writer may go on as if it had done it."""

    code = "already-exists"
    status = 409

    def __init__(self, *, what: str, id: str, hint: str = "") -> None:
        self.what = what
        self.id = id
        super().__init__(f"{what} {id} is there already" + (f": {hint}" if hint else ""))


class IdTaken(AlreadyExists):
    """A run cannot be brought in: an id or a token in its log belongs to another run here."""

    code = "id-taken"

    def __init__(self, *, run_id: str, what: str, id: str, holder: str) -> None:
        self.run_id = run_id
        self.what = what
        self.id = id
        self.holder = holder
        if what == "token":
            why = f"its token {id!r} leads to an active hook of {holder}"
            remedy = (
                "Bring it in when that hook is disposed or its run has ended (`wfx cancel "
                f"{holder}` ends it), or bring it into another world."
            )
        else:
            why = f"{what} {id} is there already, and belongs to {holder}"
            remedy = (
                "An id names one thing in a world. If its log is a copy, give this id another "
                "name in it; or bring it into another world."
            )
        WorldError.__init__(
            self, f"{run_id} cannot be brought in, and nothing of it was written: {why}. {remedy}"
        )


class PositionConflict(WorldError):
    """Another writer appended since the position the writer last saw; read again."""

    code = "position-conflict"
    status = 409

    def __init__(self, *, run_id: str, expected: int, actual: int) -> None:
        self.run_id = run_id
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"cannot append to {run_id} after position {expected}: "
            f"its log goes on to position {actual}"
        )


class LeaseLost(WorldError):
    """The writer does not hold the claim that entitles to this event; it must stop."""

    code = "lease-lost"
    status = 409

    def __init__(self, *, task_id: str, fence: int | None, holder: str | None = None) -> None:
        self.task_id = task_id
        self.fence = fence
        self.holder = holder
        held = f"it is held by {holder}" if holder else "nobody holds it"
        named = "no claim on it was named" if fence is None else f"claim {fence} on it has ended"
        super().__init__(f"cannot write for task {task_id}: {named}; {held}")


class RunGone(WorldError):
    """The run ended; nothing more is created on it."""

    code = "run-gone"
    status = 410

    def __init__(self, *, run_id: str, run_status: str) -> None:
        self.run_id = run_id
        self.run_status = run_status
        super().__init__(f"{run_id} ended ({run_status}), so nothing more can happen on it")


class EntityGone(WorldError):
    """The step, hook or wait ended; go on without it."""

    code = "entity-gone"
    status = 410

    def __init__(self, *, what: str, id: str, run_id: str, entity_status: str) -> None:
        self.what = what
        self.id = id
        self.run_id = run_id
        self.entity_status = entity_status
        super().__init__(f"{what} {id} of {run_id} ended ({entity_status})")


class WorldUnavailable(WorldError):
    """The database cannot be reached, is full, or refuses to write."""

    code = "world-unavailable"
    status = 503

    def __init__(self, *, url: str, reason: str, remedy: str, transient: bool = False) -> None:
        self.url = url
        self.reason = reason
        self.remedy = remedy
        self.transient = transient
        """Whether the same call may succeed a moment later, as after a restart."""
        super().__init__(f"the world {url} cannot be used: {reason}. {remedy}")


class NoWorld(WorldUnavailable):
    """There is no world there yet."""


class ForeignWorld(WorldError):
    """What the URL points to is no world of ours, or one of a newer wfx."""

    code = "foreign-world"
    status = 503

    def __init__(self, *, url: str, reason: str, remedy: str) -> None:
        self.url = url
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"{url} is not a world this wfx can use: {reason}. {remedy}")


class BadWorldUrl(ForeignWorld):
    """A world's URL cannot be understood."""

    code = "bad-world-url"


class SchemaOutdated(ForeignWorld):
    """The world's tables are of an older revision and want `wfx world upgrade`."""

    code = "schema-outdated"


# -- data ---------------------------------------------------------------------------------


class IllegalEvent(WfxError):
    """The transition table has no row for this event: a corrupt log or a bug of a writer."""

    code = "illegal-event"

    def __init__(
        self, *, event_type: str, subject: str, status: str | None, position: int | None = None
    ) -> None:
        self.event_type = event_type
        self.subject = subject
        self.status = status
        self.position = position
        where = "" if position is None else f" at position {position}"
        state = "does not exist yet" if status is None else f"is {status}"
        super().__init__(f"illegal event {event_type}{where}: {subject} {state}")


class CorruptLog(WfxError):
    """The data is impossible: a recording or a log that no wfx wrote like this."""

    code = "corrupt-log"

    def __init__(self, *, where: str, reason: str) -> None:
        self.where = where
        self.reason = reason
        super().__init__(f"corrupt log, {where}: {reason}")


class UnsupportedFormat(WfxError):
    """A log of a newer format than this wfx knows."""

    code = "unsupported-format"

    def __init__(self, *, found: str, supported: str, where: str) -> None:
        self.found = found
        self.supported = supported
        super().__init__(
            f"{where} has format {found!r}; this wfx reads {supported!r}. Upgrade wfx to read it."
        )


class EncodeError(WfxError, TypeError):
    """A value cannot be written to the log; `path` names the place inside it."""

    code = "value-not-encodable"

    def __init__(self, *, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class DecodeError(WfxError, ValueError):
    """A recorded value cannot be turned back into a Python value."""

    code = "value-not-decodable"

    def __init__(self, *, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class InvalidArguments(WfxError, TypeError):
    """The arguments do not fit the signature of a workflow or step."""

    code = "invalid-arguments"

    def __init__(self, *, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"{name}: {reason}")


class InvalidPayload(WfxError, ValueError):
    """A payload does not fit the schema its hook was created with; nothing was appended."""

    code = "invalid-payload"

    def __init__(self, *, token: str, reason: str) -> None:
        self.token = token
        self.reason = reason
        super().__init__(f"the payload for hook {token!r} does not fit its schema: {reason}")


# -- the author's code --------------------------------------------------------------------


class LoadError(WfxError):
    """A target, module or workflow cannot be loaded."""

    code = "load-error"


class NotInRun(WfxError):
    """Something that only exists inside a run was used outside of one."""

    code = "not-in-run"

    def __init__(self, *, what: str) -> None:
        self.what = what
        super().__init__(
            f"{what} works only inside a running workflow; start one with `wfx run` or a Client"
        )


class Divergence(WfxError):
    """Today's code does not make the decisions that the log recorded."""

    code = "divergence"

    def __init__(
        self,
        *,
        run_id: str,
        position: int,
        expected: str,
        actual: str,
        expected_place: str | None = None,
        actual_place: str | None = None,
        asked: EventData | None = None,
        remedy: str = "The workflow changed after this run began. Run it with the code it began "
        "with, or see docs/reference/errors/divergence.md.",
    ) -> None:
        self.run_id = run_id
        self.position = position
        self.expected = expected
        self.actual = actual
        self.expected_place = expected_place
        self.actual_place = actual_place
        self.asked = asked
        """What the code asked for instead; None when it asked for nothing."""
        self.report: DivergenceReport | None = None
        """The whole story, as soon as somebody has made it: see `wfx.divergence.report`."""
        then = f" ({expected_place})" if expected_place else ""
        now = f" ({actual_place})" if actual_place else ""
        super().__init__(
            f"{run_id} diverged at position {position}: the log says {expected}{then}, "
            f"the code {actual}{now}. {remedy}"
        )


class Violation(BaseException):
    """
    Workflow code did what the sandbox cannot make reproducible.

    It derives from BaseException, and whoever raises it also calls
    `RunContext.violate`, so that no `except` of the workflow can hide it: the activation
    is dropped, the run is parked, and it resumes after a fix of the code.
    """

    code = "violation"

    def __init__(
        self, message: str, *, rule: str = "WFX200", place: str | None = None, remedy: str = ""
    ) -> None:
        self.message = message
        self.rule = rule
        self.place = place
        self.remedy = remedy
        where = f"{place}: " if place else ""
        super().__init__(f"{where}{rule} {message}" + (f" {remedy}" if remedy else ""))


class Dropped(BaseException):
    """Raised into what is left of a coroutine that was dropped; nobody may observe it."""


# -- what workflow and step code raises or catches ----------------------------------------


class StepError(WfxError):
    """
    A step failed with an exception that cannot be rebuilt here.

    `type` is the recorded type (`module:qualname`), `message` its text, `stack` the
    recorded traceback text, if there was one.
    """

    code = "step-failed"

    def __init__(self, message: str, *, type: str = "Exception", stack: str | None = None) -> None:
        self.message = message
        self.type = type
        self.stack = stack
        super().__init__(message)


class StepTimeout(StepError, TimeoutError):
    """Every attempt of a step ran longer than its `timeout`, in seconds."""

    code = "step-timeout"

    def __init__(
        self, message: str, *, type: str = "wfx:StepTimeout", stack: str | None = None
    ) -> None:
        super().__init__(message, type=type, stack=stack)


class StepLost(StepError):
    """A step lost more attempts to crashes than its `max_lost` allows."""

    code = "step-lost"

    def __init__(
        self, message: str, *, type: str = "wfx:StepLost", stack: str | None = None
    ) -> None:
        super().__init__(message, type=type, stack=stack)


class FatalError(WfxError):
    """Raised by a step: fail now, retries would not help."""

    code = "fatal"


class RetryableError(WfxError):
    """
    Raised by a step: try again, not before `retry_after`.

    Args:
        retry_after: Seconds, or a `timedelta`, from the failure to the next attempt; the
            step's own backoff if None.
    """

    code = "retryable"

    def __init__(self, *args: object, retry_after: object = None) -> None:
        self.retry_after = retry_after
        super().__init__(*args)


class HookConflict(WfxError):
    """The token belongs to an active hook of another run (409)."""

    code = "hook-conflict"
    status: ClassVar[int] = 409

    def __init__(self, token: str, conflicting_run_id: str | None = None) -> None:
        self.token = token
        self.conflicting_run_id = conflicting_run_id
        super().__init__(f"hook token {token!r} is held by {conflicting_run_id}")


class HookClosed(WfxError):
    """A payload was awaited from a hook that this run has disposed."""

    code = "hook-closed"

    def __init__(self, token: str) -> None:
        self.token = token
        super().__init__(f"hook {token!r} was disposed, so no payload will come")


class RunFailed(WfxError):
    """The run a client waited for failed; `error` has what it failed with."""

    code = "run-failed"

    def __init__(self, *, run_id: str, type: str, message: str, stack: str | None = None) -> None:
        self.run_id = run_id
        self.type = type
        self.message = message
        self.stack = stack
        kind = type.rpartition(":")[2]
        super().__init__(
            f"{run_id} failed: {kind}: {message}" if message else f"{run_id} failed: {kind}"
        )


class RunCancelled(WfxError):
    """The run a client waited for was cancelled."""

    code = "run-cancelled"

    def __init__(self, *, run_id: str, reason: str | None = None) -> None:
        self.run_id = run_id
        self.reason = reason
        super().__init__(f"{run_id} was cancelled" + (f": {reason}" if reason else ""))


class RunParked(WfxError):
    """The run cannot go on by itself; `reason` and `detail` say why."""

    code = "run-parked"

    def __init__(self, *, run_id: str, reason: str, detail: str) -> None:
        self.run_id = run_id
        self.reason = reason
        self.detail = detail
        super().__init__(f"{run_id} is parked ({reason}): {detail}")


class NotBindable(WfxError):
    """The recorded names of a run cannot be bound like this."""

    code = "not-bindable"

    def __init__(self, run_id: str, reason: str) -> None:
        self.run_id = run_id
        self.reason = reason
        super().__init__(f"{run_id} cannot be bound: {reason}")


class RunHeld(WfxError):
    """Another process is activating this run right now."""

    code = "run-held"

    def __init__(self, *, run_id: str, holder: str) -> None:
        self.run_id = run_id
        self.holder = holder
        super().__init__(
            f"{run_id} is being run by {holder}; stop that process first, or wait for it"
        )
