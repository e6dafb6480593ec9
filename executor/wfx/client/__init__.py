"""
How programs start runs, watch them and talk to them.

`Client` is for ordinary code, `AsyncClient` for code on an event loop; both do the same.
The command line is written with the same functions.
"""

from __future__ import annotations

from wfx.client.asynchronous import AsyncClient
from wfx.client.handles import AsyncRunHandle, RunHandle
from wfx.client.pruning import Pruned
from wfx.client.state import Parked, RunState, WaitingFor
from wfx.client.synchronous import Client

__all__ = [
    "AsyncClient",
    "AsyncRunHandle",
    "Client",
    "Parked",
    "Pruned",
    "RunHandle",
    "RunState",
    "WaitingFor",
]
