"""Opening the world of a worker, however long its database takes to be there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from wfx.errors import WorldUnavailable

if TYPE_CHECKING:
    from wfx.world import World

_PAUSE_SECONDS_FIRST: Final = 0.25
_PAUSE_SECONDS_MAX: Final = 5.0


async def reach(
    open_it: Callable[[], World],
    *,
    stop: asyncio.Event,
    out_of_reach: Callable[[WorldUnavailable], None],
) -> World | None:
    """
    Open a world, again and again until that succeeds; None if `stop` is set before.

    Args:
        out_of_reach: Is told why it cannot be opened yet, once.

    Raises:
        WorldError: It cannot be opened, and trying again would not change that.
    """
    pause, told = _PAUSE_SECONDS_FIRST, False
    stopping = asyncio.ensure_future(stop.wait())
    try:
        while not stop.is_set():
            opening = _in_a_thread(open_it)
            await asyncio.wait((opening, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not opening.done():
                return None
            try:
                return opening.result()
            except WorldUnavailable as error:
                if not error.transient:
                    raise
                if not told:
                    told = True
                    out_of_reach(error)
            await asyncio.wait((stopping,), timeout=pause)
            pause = min(2 * pause, _PAUSE_SECONDS_MAX)
        return None
    finally:
        stopping.cancel()


def _in_a_thread(open_it: Callable[[], World]) -> asyncio.Future[World]:
    """
    What `open_it` gives.

    A server that does not answer at all takes long to be given up. Nobody waits for this
    thread: the process may end before.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[World] = loop.create_future()

    def tell(world: World | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        elif world is not None:
            future.set_result(world)

    def work() -> None:
        world: World | None = None
        raised: Exception | None = None
        try:
            world = open_it()
        except Exception as error:
            raised = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, world, raised)

    threading.Thread(target=work, name="wfx-reach", daemon=True).start()
    return future
