"""The stage itself: runs are started, fed and watched from a test, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, TypeVar, cast, overload

from wfx.authoring import Step, Workflow
from wfx.client.hooks import send_payload
from wfx.client.programs import Programs
from wfx.client.state import RunState, outcome, run_state
from wfx.clock import ManualClock, from_us
from wfx.closing import Closing
from wfx.codec import decode
from wfx.entities import HookStatus
from wfx.errors import NotFound, RunFailed, WfxError
from wfx.events import NewEvent, RunCancelled, StepCreated
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.recording import write_recording
from wfx.testing.stage.replaced import Entropy, ReplacedProgram
from wfx.testing.stage.replaying import Replaying
from wfx.testing.virtual import VirtualLoop, VirtualWakeups
from wfx.workers.observer import Observer
from wfx.workers.worker import Worker

if TYPE_CHECKING:
    from wfx.activation import Output
    from wfx.events import Event
    from wfx.program import Program

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

_FAR: Final = timedelta(days=36_500)
_SLACK: Final = timedelta(milliseconds=1)
_BASE32: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISSING: Final = object()


class _StageLoop(VirtualLoop):
    """Asks whether the play is over, when nothing is ready any more and before time passes."""

    rest: Callable[[], bool] | None = None

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None or timeout > 0:
            if True in [ask() for ask in self.idle]:
                return []
            if self.rest is not None and self.rest():
                return []
        return super().select(timeout)


class _NoTimers(VirtualWakeups):
    """Looks at the world when the loop is idle: nobody else writes to it."""

    def _again(self, what: str, seconds: float, call: Callable[[], None]) -> None:
        """Time passes in fewer steps without it."""


class Waiting(AssertionError):
    """A run waits for what the test has not given it."""


class StagedRun(Generic[R_co]):
    """A run on a stage."""

    def __init__(self, stage: Stage, run_id: str) -> None:
        self._stage = stage
        self.run_id = run_id
        self.printed: list[str] = []
        """What workflow code printed."""

    def result(self) -> R_co:
        """
        Play on until the run ends, however far time has to go; what the workflow returned.

        Raises:
            Waiting: It waits for a payload that was not sent.
            Divergence, Violation: It cannot go on.
            Exception: What the workflow raised.
        """
        self._stage.play(self)
        try:
            return cast("R_co", outcome(self._stage.world, self.run_id)[1])
        except RunFailed as failed:
            if failed.__cause__ is None:
                raise
            raise failed.__cause__ from None

    def cancel(self, reason: str | None = None) -> None:
        """Cancel it, as `Client.cancel` does, and play until all rests. Raises RunGone."""
        self._stage.world.events.create(self.run_id, NewEvent(RunCancelled(reason=reason)))
        self._stage.settle()

    @property
    def ended(self) -> bool:
        """Whether it has ended by now."""
        return self._stage.world.runs.get(self.run_id, "none").ended

    @property
    def state(self) -> RunState:
        """Where it stands: its status, what it waits for."""
        return run_state(self._stage.world, self.run_id)

    @property
    def log(self) -> list[Event]:
        """Its log by now."""
        return self._stage.world.events.list(self.run_id)

    def calls(self, step: Step[..., Any] | str) -> list[tuple[Any, ...]]:
        """The positional arguments of each request of a step, in order."""
        name = step_name(step)
        return [
            tuple(decode(value) for value in cast("list[Any]", event.data.input))
            for event in self.log
            if isinstance(event.data, StepCreated) and event.data.step_name == name
        ]

    def record(self, path: str | Path) -> None:
        """Write its log as a recording, for `wfx replay`."""
        with Path(path).open("w", encoding="utf-8") as file:
            write_recording(self._stage.world, self.run_id, file)


class Stage(Closing):
    """
    Plays workflows in virtual time, in a world of its own.

    Args:
        app_dir: Where module names begin. If None, where the module of a workflow says.
        seed: Decides run ids, uuids and random draws: the same seed, the same values.
        start: What time it is in the beginning.
        always_replay: After each commit lead a fresh coroutine through the log so far: it
            must make the same decisions. Finds what survives between activations and
            should not, such as state outside of the log.
    """

    def __init__(
        self,
        *,
        app_dir: str | Path | None = None,
        seed: int | str = 0,
        start: datetime = datetime(2026, 1, 1, tzinfo=UTC),
        always_replay: bool = False,
    ) -> None:
        self._loop = _StageLoop(ManualClock(start), limit=_FAR)
        self.world = MemoryWorld(self._loop.clock)
        self.always_replay = always_replay
        self._programs = Programs(None if app_dir is None else Path(app_dir))
        self._entropy = Entropy(seed)
        self._bodies: dict[str, Callable[..., Any]] = {}
        self._staffed: dict[str, ReplacedProgram] = {}
        self._workers: list[tuple[Worker, asyncio.Task[None]]] = []
        self._done: asyncio.Future[None] | None = None
        self._runs: dict[str, StagedRun[Any]] = {}
        self._payloads: dict[str, list[object]] = {}
        self._later: list[tuple[datetime, str, object]] = []

    def close(self) -> None:
        """End the play."""
        for worker, serving in self._workers:
            worker.stop()
            self._loop.run_until_complete(asyncio.wait([serving]))
        self._loop.close()

    # -- before the play ------------------------------------------------------------------

    def step(
        self,
        step: Step[..., Any] | str,
        call: Callable[..., Any] | None = None,
        *,
        returns: object = _MISSING,
        raises: BaseException | None = None,
    ) -> None:
        """
        Replace a step: by a function (plain or async), by what it returns or raises.

        Its arguments are validated as ever, and its result too; what it raises is tried
        again as ever, in virtual time, unless it is a FatalError. A step that is not
        replaced does what it does.

        Args:
            step: The decorated function, or its name in the log.
        """
        given = [call is not None, returns is not _MISSING, raises is not None]
        if sum(given) != 1:
            raise TypeError("replace a step by one thing: a function, returns=… or raises=…")
        self._bodies[step_name(step)] = call or _body(returns, raises)

    def send(self, token: str, payload: object, *, after: timedelta | None = None) -> None:
        """
        Send a payload to the hook of this token: now, or as soon as it is opened.

        Args:
            after: Not before so much time has passed.

        Raises:
            InvalidPayload: An open hook's schema does not let it pass.
        """
        if after is not None:
            self._later.append((self.now + after, token, payload))
            self._later.sort(key=lambda each: each[0])
            self._loop.call_later(after / timedelta(seconds=1), _nothing)  # time stops there
        elif self._is_open(token):
            send_payload(self.world, token, payload)
        else:
            self._payloads.setdefault(token, []).append(payload)

    # -- the play -------------------------------------------------------------------------

    @overload
    def run(self, workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def run(self, workflow: str, /, *args: object, **kwargs: object) -> Any: ...
    def run(self, workflow: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Start a run and play it to its end: see `StagedRun.result`."""
        return self.start(workflow, *args, **kwargs).result()

    @overload
    def start(
        self, workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> StagedRun[R]: ...
    @overload
    def start(self, workflow: str, /, *args: object, **kwargs: object) -> StagedRun[Any]: ...
    def start(self, workflow: Any, /, *args: Any, **kwargs: Any) -> StagedRun[Any]:
        """
        Start a run, and play until it rests; no time passes.

        Args:
            workflow: The decorated function, or a TARGET such as `orders.py:checkout`.
        """
        loaded, name = self._programs.of_workflow(workflow)
        program = self._staffed.get(name)
        if program is None:
            program = ReplacedProgram(loaded, self._bodies, self._entropy)
            self._staffed.update(dict.fromkeys(program.workflows, program))
            self._staff(program)
        self._check_bodies(program)
        run_id = start_run(self.world, program, name, args, kwargs, run_id=self._run_id())
        run: StagedRun[Any] = StagedRun(self, run_id)
        self._runs[run_id] = run
        self.settle()
        return run

    @property
    def now(self) -> datetime:
        """What time it is on the stage."""
        return from_us(self._loop.clock.now_us())

    def settle(self) -> None:
        """Play until nothing can happen without time passing."""
        self._drive(lambda: True)

    def advance(self, by: timedelta | None = None, **units: float) -> None:
        """
        Let time pass: a timedelta, or its units, as in `advance(days=1)`.

        A thousandth of a second more than that, so that what began at once and takes a day
        is over after a day: each reading of a clock takes a microsecond.
        """
        end = self.now + (timedelta() if by is None else by) + timedelta(**units) + _SLACK
        self._drive(lambda: False, until=end)

    def play(self, run: StagedRun[Any]) -> None:
        """
        Play until a run has ended.

        Raises:
            Waiting: It waits for what will not come.
        """

        def over() -> bool:
            if run.ended:
                return True
            state = run.state
            waiting = state.waiting_for
            if waiting.until is None and not waiting.steps and not self._later:
                tokens = ", ".join(repr(hook.token) for hook in waiting.hooks) or "nothing"
                raise Waiting(
                    f"{run.run_id} waits for a payload to {tokens}, and none was sent: "
                    "say send(token, payload)"
                )
            return False

        self._drive(over)

    # -- behind the scenes ----------------------------------------------------------------

    def _drive(self, over: Callable[[], bool], *, until: datetime | None = None) -> None:
        """Let the loop go on until, with nothing ready, it is over or so late."""
        done = self._done = self._loop.create_future()

        def rest() -> bool:
            try:
                if self._feed():
                    return True
                if not (over() if until is None else self.now >= until):
                    return False
                if not done.done():
                    done.set_result(None)
            except Exception as error:
                self._fail(error)
            return True

        self._loop.rest = rest
        if until is not None:
            # Time stops there on its way.
            seconds = (until - self.now) / timedelta(seconds=1)
            self._loop.call_later(max(0.0, seconds), _nothing)
        try:
            self._loop.run_until_complete(done)
        finally:
            self._loop.rest = None

    def _fail(self, error: BaseException) -> None:
        """The play cannot go on: whoever plays is told."""
        if self._done is not None and not self._done.done():
            self._done.set_exception(error)

    def _staff(self, program: Program) -> None:
        """A worker for this program."""
        given = self._loop.for_worker()
        given["wakeups"] = _NoTimers(self._loop)
        worker = Worker(
            self.world,
            [program],
            observer=_Prompter(self, program),
            entropy=self._entropy,
            lease=_FAR,
            **given,
        )
        serving = self._loop.create_task(worker.serve())
        serving.add_done_callback(self._served)
        self._workers.append((worker, serving))

    def _served(self, serving: asyncio.Task[None]) -> None:
        if not serving.cancelled() and (error := serving.exception()) is not None:
            self._fail(error)

    def _feed(self) -> bool:
        """Send what is due and what hooks wait for; whether anything was sent."""
        while self._later and self._later[0][0] <= self.now:
            _, token, payload = self._later.pop(0)
            self._payloads.setdefault(token, []).append(payload)
        sent = False
        for token in list(self._payloads):
            if self._is_open(token):
                for payload in self._payloads.pop(token):
                    send_payload(self.world, token, payload)
                    sent = True
        return sent

    def _is_open(self, token: str) -> bool:
        try:
            return self.world.hooks.get_by_token(token).status is HookStatus.ACTIVE
        except NotFound:
            return False

    def _run_id(self) -> str:
        drawn = int.from_bytes(self._entropy(16), "big")
        return "wrun_" + "".join(_BASE32[drawn >> (5 * place) & 31] for place in range(25, -1, -1))

    def _check_bodies(self, program: Program) -> None:
        unknown = sorted(set(self._bodies) - set(program.steps))
        if unknown and len(unknown) == len(self._bodies):
            raise WfxError(
                f"no step of this workflow's program is called {', '.join(unknown)}; it has "
                f"{', '.join(sorted(program.steps)) or 'none'}"
            )


def step_name(step: Step[..., Any] | str) -> str:
    """A step's name in the log."""
    return step if isinstance(step, str) else step.spec.name


def _body(returns: object, raises: BaseException | None) -> Callable[..., Any]:
    def body(*_args: object, **_kwargs: object) -> object:
        if raises is not None:
            raise raises
        return returns

    return body


def _nothing() -> None:
    pass


class _Prompter(Observer):
    """Keeps what runs print, tells why one is parked, and has logs replayed."""

    def __init__(self, stage: Stage, program: Program) -> None:
        self._stage = stage
        self._program = program
        self._replaying = Replaying(stage.world) if stage.always_replay else None

    def output(self, run_id: str, lines: Sequence[Output]) -> None:
        run = self._stage._runs.get(run_id)
        if run is not None:
            run.printed.extend(line.text for line in lines)

    def parked(self, run_id: str, error: BaseException) -> None:
        self._stage._fail(error)

    def appended(self, events: Sequence[Event]) -> None:
        if self._replaying is not None and events:
            self._replaying.check(self._program, events)
