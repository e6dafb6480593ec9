"""Runs that a client knows of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from wfx.client.asynchronous import AsyncClient
    from wfx.client.state import RunState
    from wfx.client.synchronous import Client
    from wfx.entities import RunStatus

R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True)
class RunHandle(Generic[R_co]):
    """A run that a client knows of."""

    run_id: str
    client: Client

    def status(self) -> RunStatus:
        """Where the run stands. Raises NotFound."""
        return self.client.status(self.run_id)

    def state(self) -> RunState:
        """The run itself, why it is parked, what it waits for. Raises NotFound."""
        return self.client.state(self.run_id)

    def result(self, timeout: float | None = None) -> R_co:
        """
        Wait until the run ends, and return what the workflow returned.

        Args:
            timeout: Seconds to wait; for ever if None. The run goes on after a timeout.

        Raises:
            RunFailed: It failed; what the workflow raised is the cause.
            RunCancelled: It was cancelled.
            RunParked: It cannot go on by itself.
            TimeoutError: It has not ended in time.
            WfxError: The client was closed meanwhile.
        """
        return cast("R_co", self.client.result(self.run_id, timeout))

    def cancel(self, reason: str | None = None) -> None:
        """Cancel the run. Doing it twice does nothing. Raises RunGone when it has ended."""
        self.client.cancel(self.run_id, reason)


@dataclass(frozen=True, slots=True)
class AsyncRunHandle(Generic[R_co]):
    """A run that a client knows of; see `RunHandle`."""

    run_id: str
    client: AsyncClient

    async def status(self) -> RunStatus:
        """Where the run stands. Raises NotFound."""
        return await self.client.status(self.run_id)

    async def state(self) -> RunState:
        """The run itself, why it is parked, what it waits for. Raises NotFound."""
        return await self.client.state(self.run_id)

    async def result(self, timeout: float | None = None) -> R_co:
        """Wait until the run ends, and return its result; see `RunHandle.result`."""
        return cast("R_co", await self.client.result(self.run_id, timeout))

    async def cancel(self, reason: str | None = None) -> None:
        """Cancel the run. Doing it twice does nothing. Raises RunGone when it has ended."""
        await self.client.cancel(self.run_id, reason)
