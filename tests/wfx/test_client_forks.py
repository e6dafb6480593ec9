"""Clients that are used before a fork, and then by the child: a web server that loads first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ORDERS = """
from wfx import create_hook, step, workflow

@step
async def double(number: int) -> int:
    return number * 2

@workflow
async def doubled(number: int) -> int:
    return await double(number)

@workflow
async def waits(token: str) -> object:
    return await create_hook(token)
"""

ORDINARY = """
import os, sys, threading
from orders import doubled, waits
from wfx import Client

with Client(sys.argv[1]) as client:
    handle = client.start(waits, "here")
    said = []
    waiting = threading.Thread(target=lambda: said.append(handle.result(60)))
    waiting.start()
    assert client.run(doubled, 1) == 2
    child = os.fork()
    if not child:
        with client:
            assert client.run(doubled, 2) == 4
            other = client.start(waits, "there")
            cancelling = threading.Timer(0.1, other.cancel)
            cancelling.start()
            try:
                other.result(60)
            except Exception as error:
                print(type(error).__name__, flush=True)
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    with client.worker(waits):
        while client.state(handle.run_id).waiting_for.hooks == []:
            pass
        client.resume_hook("here", "said")
        waiting.join()
    print(*said)
"""

ON_A_LOOP = """
import asyncio, os, sys
from orders import doubled
from wfx import AsyncClient

client = AsyncClient(sys.argv[1])

async def main(number):
    handle = await client.start(doubled, number)
    async with client.worker(doubled):
        return await handle.result(60)

assert asyncio.run(main(1)) == 2
child = os.fork()
if not child:
    print(asyncio.run(main(2)), flush=True)
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
print(asyncio.run(main(3)))
asyncio.run(client.close())
"""


@pytest.mark.parametrize(
    ("program", "said"), [(ORDINARY, "RunCancelled\nsaid\n"), (ON_A_LOOP, "4\n6\n")]
)
def test_a_client_works_in_the_child_of_a_fork(
    tmp_path: Path, sql_url: str, program: str, said: str
) -> None:
    """As well as in the parent, whose threads and connections the child leaves alone."""
    (tmp_path / "orders.py").write_text(ORDERS)
    done = subprocess.run(
        # Of several threads Python warns; that they are not needed in the child is the point.
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, sql_url],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stdout, done.stderr) == (said, "")
