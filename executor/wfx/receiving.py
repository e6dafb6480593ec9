"""Where a run's code receives payloads: in the order of the log, one receiver each."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Protocol

from wfx.codec import decode
from wfx.errors import HookClosed, HookConflict

if TYPE_CHECKING:
    from wfx.codec import ClassRegistry
    from wfx.values import Json


class Receiving(Protocol):
    """The run of a hook, as its handle sees it."""

    registry: ClassRegistry

    def create_future(self) -> asyncio.Future[None]:
        """A future of the run's loop."""
        ...

    def dispose_hook(self, hook_id: str) -> None:
        """Give a hook's token up."""
        ...


class OpenHook:
    """The requesting end of a hook; see `wfx.context.HookHandle`."""

    def __init__(self, run: Receiving, hook_id: str, token: str) -> None:
        self.hook_id = hook_id
        self.token = token
        self.disposed = False
        self._run = run
        self._payloads: deque[Json] = deque()
        self._receivers: deque[asyncio.Future[None]] = deque()
        self._conflict: HookConflict | None = None

    @property
    def waiting(self) -> bool:
        """Whether somebody awaits a payload."""
        return any(not receiver.done() for receiver in self._receivers)

    def put(self, payload: Json) -> None:
        """A payload arrived."""
        self._payloads.append(payload)
        self._wake_next()

    def refuse(self, conflict: HookConflict) -> None:
        """The token was taken."""
        self._conflict = conflict
        self._wake_all()

    def _wake_next(self) -> None:
        while self._receivers:
            receiver = self._receivers.popleft()
            if not receiver.done():
                receiver.set_result(None)
                return

    def _wake_all(self) -> None:
        while self._receivers:
            self._wake_next()

    async def receive(self) -> object:
        """See `HookHandle.receive`."""
        while True:
            if self._conflict is not None:
                raise HookConflict(self._conflict.token, self._conflict.conflicting_run_id)
            if self._payloads:
                payload = self._payloads.popleft()
                return decode(payload, registry=self._run.registry, path=f"payload of {self.token}")
            if self.disposed:
                raise HookClosed(self.token)
            receiver: asyncio.Future[None] = self._run.create_future()
            self._receivers.append(receiver)
            try:
                await receiver
            except asyncio.CancelledError:
                # A payload that woke this receiver goes to the next one.
                if receiver.done() and not receiver.cancelled() and self._payloads:
                    self._wake_next()
                raise

    def dispose(self) -> None:
        """See `HookHandle.dispose`."""
        if self.disposed:
            return
        self.disposed = True
        self._wake_all()
        if self._conflict is None:
            self._run.dispose_hook(self.hook_id)
