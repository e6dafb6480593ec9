"""The child of a fork finds no lock that a thread of its parent held."""

from __future__ import annotations

import subprocess
import sys

import pytest

FORKS = """
import os, signal, sys, threading

from wfx.events import NewEvent, RunCreated
from wfx_world_sql import open_world

world = open_world(sys.argv[1])

def write():
    created = RunCreated(deployment_id="d", workflow_name="m:w", input=[])
    world.events.create(None, NewEvent(created))

write()
work = {"read": lambda: world.runs.list(limit=5), "write": write}[sys.argv[2]]
stopped = threading.Event()

def go_on():
    while not stopped.is_set():
        work()

threads = [threading.Thread(target=go_on) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(20):
    child = os.fork()
    if not child:
        signal.alarm(30)  # it would wait for ever
        world.runs.list(limit=3)
        write()
        os._exit(7)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != 7:
        print("a child ended with", status)
        break
stopped.set()
for thread in threads:
    thread.join()
world.close()
"""


@pytest.mark.parametrize("at_work", ["read", "write"])
def test_a_process_forks_while_its_threads_use_a_world(sql_url: str, at_work: str) -> None:
    """What the threads were doing goes on, and the child does as it likes."""
    program = [sys.executable, "-W", "ignore", "-c", FORKS, sql_url, at_work]
    done = subprocess.run(program, capture_output=True, text=True, timeout=100)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


FORKS_AT_ONCE = """
import faulthandler, os, sys, threading

from wfx.events import NewEvent, RunCreated
from wfx_world_sql import open_world

faulthandler.dump_traceback_later(60, exit=True)
world = open_world(sys.argv[1])
stopped = threading.Event()

def work():
    while not stopped.is_set():
        world.runs.list(limit=5)
        created = RunCreated(deployment_id="d", workflow_name="m:w", input=[])
        world.events.create(None, NewEvent(created))

def fork():
    for _ in range(15):
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)

at_work = [threading.Thread(target=work) for _ in range(2)]
forking = [threading.Thread(target=fork) for _ in range(3)]
for thread in at_work + forking:
    thread.start()
for thread in forking:
    thread.join()
stopped.set()
for thread in at_work:
    thread.join()
world.close()
"""


def test_several_threads_fork_at_once(sql_url: str) -> None:
    """None of them leaves the world shut for the others, nor for those that use it."""
    program = [sys.executable, "-W", "ignore", "-c", FORKS_AT_ONCE, sql_url]
    done = subprocess.run(program, capture_output=True, text=True, timeout=100)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


CHILD_CLOSES = """
import os, sys

from wfx_world_sql import open_world

world = open_world(sys.argv[1])
world.runs.list(limit=1)
child = os.fork()
if not child:
    world.close()
    os._exit(0)
os.waitpid(child, 0)
connection, used = world._database.take()
print(used, connection.ask(("SELECT 1", ())))
"""


def test_a_child_that_closes_a_world_leaves_the_connections_of_its_parent(sql_url: str) -> None:
    """What its parent had open goes on as it was."""
    program = [sys.executable, "-W", "ignore", "-c", CHILD_CLOSES, sql_url]
    done = subprocess.run(program, capture_output=True, text=True, timeout=100)
    assert (done.stdout, done.stderr) == ("True [[(1,)]]\n", "")
